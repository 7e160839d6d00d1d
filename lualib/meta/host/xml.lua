---@meta
--- XML, as records: UTF-8, UTF-16, ISO-8859-1, US-ASCII and windows-1252. Entities are never
--- expanded, but for those that XML predefines; nothing outside of the document is opened.

---@class host.xml
local xml = {}

---@class host.xml.reader
local reader = {}

---@class host.xml.Options
---@field path string[]      names of the elements from the root to a record; "*": any
---@field limit? integer     longest record in bytes, default 1 MiB
---@field encoding? string   in place of the one that the document declares

---@param input host.file.input
---@param options host.xml.Options
---@return host.xml.reader
function xml.reader(input, options) end

---The next record, a table: an attribute is `["@name"]`; a child is its text, or a table if it has
---children or attributes; a child that is repeated is a list (json.array); the text of the record,
---or of such a table, is `[1]`. What is empty, or has xsi:nil, is nil.
---`record, line` (on which the record begins, from 1); nil at the end; `false, message, line, raw`
---for a record that can be skipped (longer than the limit, deeper than 100 elements, with an
---unknown entity); `nil, message, kind` for what cannot; the message names line and column. The
---kind is "missing" if no element is at the path, although others are where it would be.
---@return table|false|nil record
---@return integer|string|nil line  or the message
---@return integer|host.Kind|nil line  of a record that can be skipped, or the kind
---@return string? raw
function reader:next() end

---The last record once more, as the document has it; nil if there is none.
---@return table?
function reader:record() end

---@class host.xml.Element  elements at one path
---@field path string        "users/user"
---@field count integer
---@field has_parts boolean  one of them has attributes or children
---@field above integer      the index of those around them; 0: it is the root

---The elements outside records so far, by their path, in the order in which they first occur: at
---most 100 paths of at most six names.
---@return host.xml.Element[]
function reader:outline() end

function reader:close() end

---The elements in the beginning of a document; with a message if that is not XML throughout.
---@param text string
---@param encoding? string  in place of the one that it declares
---@return host.xml.Element[]
---@return string? message
function xml.outline(text, encoding) end

return xml
