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

---@class host.yaml.Node  of a document with its lines; it is one of the three
---@field line integer  where it begins
---@field value any      of a scalar, as `decode` has it
---@field text? string   of a scalar, as it is written, without quotes
---@field plain? boolean whether the scalar has neither quotes nor a tag
---@field items? host.yaml.Node[]               of a sequence
---@field members? table<string, host.yaml.Node> of a mapping
---@field names? string[]                       of its members, in order
---@field lines? table<string, integer>         where the name of each member is

---The same document as nodes, for those who report where something is, or type scalars otherwise.
---@param text string
---@return host.yaml.Node?
---@return string? message
---@return host.Kind? kind  "parse"
function yaml.nodes(text) end

---@class host.yaml.reader
local reader = {}

---The records of an input, one at a time: the items of a list, or the documents that are not lists.
---@param input host.file.input
---@param options? {pointer: string?, limit: integer?}  to the list in each document, such as
---  "/users"; the longest record in bytes, default 1 MiB
---@return host.yaml.reader
function yaml.reader(input, options) end

---`record, line`; nil at the end; `false, message, line, ""` for a record that ends although it cannot
---be read (an unknown tag, a duplicate key, aliases that expand to too many values); `nil, message,
---kind` for text that is not YAML, a record over the limit, more than 1000 anchors in a document;
---"missing" if there is no list at the pointer. An alias may refer to an anchor of an earlier record
---of the same document.
---@return any record
---@return integer|string|nil line  or the message
---@return integer|host.Kind|nil kind  or the line
---@return string? raw
function reader:next() end

function reader:close() end

return yaml
