---@meta
--- YAML 1.1 core by libyaml. Aliases that expand to too many values are rejected, and so is
--- nesting over 100.

---@class host.yaml
local yaml = {}

---One document; an empty one is null. Scalars: empty, ~ and null, true, false (each also Null and
---NULL), decimal integers and floats, everything else a string (yes, 0x10, 007, +49, what does
---not fit 64 bits); quoted ones always strings. Sequences are marked as json.array; null is json.null;
---an alias is a copy. Several documents, duplicate keys, non-string keys, merge keys and tags beyond
---the core ones are failures that name line and column.
---@param text string
---@return any value
---@return string? message
---@return host.Kind? kind  "parse"
function yaml.decode(text) end

return yaml
