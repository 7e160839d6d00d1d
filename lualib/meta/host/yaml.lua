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

---@class host.yaml.reader
local reader = {}

---The records of an input, one at a time: the items of a list, or the documents that are no list.
---@param input host.file.input
---@param options? {pointer: string?, limit: integer?}  to the list in each document, such as
---  "/users"; the longest record in bytes, default 1 MiB
---@return host.yaml.reader
function yaml.reader(input, options) end

---`record, line`; nil at the end; `false, message, line, ""` for a record that ends although it cannot
---be read (an unknown tag, a duplicate key, aliases that expand to too many values); `nil, message,
---kind` for text that is not YAML, a record over the limit, more than 1000 anchors in a document;
---"missing" if there is no list at the pointer. Aliases of earlier anchors of the document are known.
---@return any record
---@return integer|string|nil line  or the message
---@return integer|host.Kind|nil kind  or the line
---@return string? raw
function reader:next() end

function reader:close() end

return yaml
