---@meta
--- YAML 1.1 core by libyaml. Aliases are refused where they expand beyond reason; so is nesting over 100.

---@class host.yaml
local yaml = {}

---One document. Scalars: null ~ true false, decimal integers and floats, everything else a
---string; quoted ones always strings. Sequences are marked as json.array; null is json.null.
---Several documents, duplicate keys and non-string keys are failures that name line and column.
---@param text string
---@return any value
---@return string? message
---@return host.Kind? kind  "parse"
function yaml.decode(text) end

return yaml
