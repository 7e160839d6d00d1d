---@meta
--- BSON, as mongodump writes it: concatenated documents, each with its size.

---@class host.bson
local bson = {}

---@class host.bson.reader
local reader = {}

---@class host.bson.ReaderOptions
---@field limit? integer  longest document in bytes; default: the longest that BSON has, 16 MiB

---Reads documents from an input of any size, one at a time.
---@param input host.file.input
---@param options? host.bson.ReaderOptions
---@return host.bson.reader
function bson.reader(input, options) end

---The next document, a plain table. Arrays are lists as `json.array` marks them, null and undefined
---are `json.null`; ids and UUIDs are text, dates ISO 8601, decimal numbers text, other binary data
---bytes. `record, place` (the 0-based number of the document as a string); nil at the end; `false,
---message, place, raw` for a document that can be stepped over or that the file's end cuts off (`raw`
---is the beginning of its bytes); `nil, message, kind` for what cannot be skipped.
---@return table|false|nil record
---@return string? place        or the message
---@return string|host.Kind|nil at  of a document that can be skipped, or the kind
---@return string? raw
function reader:next() end

---The last document once more; nil if there is none.
---@return table?
function reader:record() end

function reader:close() end

---ISO 8601: "2023-01-02T03:04:05.678Z"; years before 0 and after 9999 have a sign.
---@param milliseconds integer  since 1970
---@return string
function bson.date(milliseconds) end

---The moment that a text in ISO 8601 tells, in any zone and with any fraction of a second.
---@param text string
---@return integer? milliseconds  since 1970; nil if it tells none
function bson.moment(text) end

---@param bytes string  16 bytes
---@return string uuid  "00112233-4455-6677-8899-aabbccddeeff"
function bson.uuid(bytes) end

return bson
