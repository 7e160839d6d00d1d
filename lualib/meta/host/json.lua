---@meta
--- Lossless JSON. Integers of 64 bits stay integers, longer ones are read as strings; `[]` and
--- `{}` differ; doubles are written in their shortest form (3.0 as `3.0`), a number out of the
--- range of a double (1e400) is read as a string; text must be UTF-8. Bytes in messages start at 1.

---@class host.json
---@field null lightuserdata  the value of JSON null
local json = {}

---Marks a list, so that an empty one is written as `[]`. Returns the same table.
---@generic T: table
---@param list T
---@return T
function json.array(list) end

---Whether a table is marked (arrays read from JSON are) or is a non-empty sequence.
---@param value any
---@return boolean
function json.is_array(value) end

---Compact JSON; object members sorted by bytes, those named in `order` first by rank.
---A table is an array if it is marked or has only the keys 1..n (n > 0).
---@param value any
---@param order? table<string,integer>
---@return string? text
---@return string? message  names the path
---@return host.Kind? kind  "parse"
function json.encode(value, order) end

---@class host.json.draft
local draft = {}

---The JSON of one value at a time, written by host.schema and read by host.chunk; `#draft` is its
---size in bytes, 0 if there is none.
---@param order? table<string,integer>  as for encode
---@return host.json.draft
function json.draft(order) end

---@return string
function draft:text() end

function draft:close() end

---Holds a text, which must be JSON, in place of a value.
---@param text string
function draft:set(text) end

function draft:clear() end

---Where the items of a list are, without decoding them.
---@param text string
---@return integer[]? places  of each item its first and its last byte
---@return string? message    names the byte
---@return host.Kind? kind    "parse"
function json.items(text) end

---@param text string
---@return any value        json.null for `null`
---@return string? message  names the byte
---@return host.Kind? kind  "parse"
function json.decode(text) end

---A digest of a value: the first 16 hexadecimal digits of the SHA-256 of its JSON, whose members are
---sorted and whose whole numbers are integers (3.0 is digested as 3).
---@param value any
---@return string? hex
---@return string? message
---@return host.Kind? kind  "parse" if JSON cannot hold the value
function json.digest(value) end

---The objects of an array's text, as a chunk's file holds them, without decoding them: for each the
---members, without braces, of a JSON object with its members named in `kept`, and in `digests` the
---digest of every member by its name, as json.digest makes it of the value.
---@param text string
---@param kept string[]
---@return string[]? outlines  '"email":"a@b.c","digests":{"email":"3ac225168df54212"}'
---@return string? message  names the byte
---@return host.Kind? kind  "parse"
function json.outlines(text, kept) end

---@class host.json.reader
local reader = {}

---@class host.json.ReaderOptions
---@field pointer? string  JSON pointer to the array ("/users"); default: the document itself, an array's elements or concatenated documents (arrays too)
---@field lines? boolean   one document per line (NDJSON); invalid lines can be skipped
---@field detect? boolean  one document per line if the text begins so: not with an array, nor with a brace alone on its line
---@field limit? integer   longest record in bytes, default 64 MiB
---@field lazy? boolean    default true
---@field asked? host.json.asked  notes the members that are read of lazy records and missing there

---Reads records from an input of any size, or a text, one at a time.
---@param input host.file.input|string
---@param options? host.json.ReaderOptions
---@return host.json.reader
function json.reader(input, options) end

---@class host.json.asked
local asked = {}

---Notes the members that are read of records and that none of them had. Several readers may share
---one; the last record counts once its reader has moved on.
---@param nested? boolean  of the objects inside records too, see `paths`; default false
---@return host.json.asked
function json.asked(nested) end

---@class host.json.Path
---@field name string    a member's; "[]": the items of a list; "*": the members of an object after its
---  first twenty that hold objects or lists
---@field above integer  the index of the path that it is below; 0: the record
---@field asked host.json.asked  of the objects there that were decoded

---The paths of objects and lists inside records, in the order in which they were found; at most 100.
---@param asked host.json.asked
---@return host.json.Path[]
function json.paths(asked) end

---Notes which members the objects inside a decoded table have: all of them, not only a sample.
---@generic T: table
---@param record T
---@param asked host.json.asked  with paths
---@return T
function json.see(record, asked) end

---Notes from here on what is read in vain of the objects inside a decoded table, as it is done for
---those inside records.
---@generic T: table
---@param record T
---@param asked host.json.asked  with paths
---@param itself? boolean  of the table itself too, unless it is a list; default false
---@return T
function json.watch(record, asked, itself) end

---What functions of these texts read of objects inside records is not noted.
---@param texts table<string, true>  by the name of their chunk: "@lualib/auth0/user.lua"; may grow
function json.unnoted(texts) end

---The names that no record had, in the order in which they were read; at most 100. A member of a
---record from before it was first missed counts if that record is one of the sample, see `names`.
---@return string[]
function asked:missing() end

---Whether a member that was read was there.
---@return boolean
function asked:found() end

---Names that records have, to suggest one: of the first thousand records, and a sample of those
---after them; at most 1000.
---@return string[]
function asked:names() end

---The next record. Objects are lazy: a userdata whose members become Lua values when they are
---read (`pairs` works, nested values are plain tables); reading one after the next call raises.
---Records that are not objects are returned as they are.
---`record, place` (place: the line with one document per line, else the 0-based index as a string
---"0"), nil at the end; `false, message, place, raw` for an invalid line; `nil, message, kind` for
---what cannot be skipped; the message names the byte. The kind is "missing" for a pointer to nothing.
---@return any record
---@return integer|string|nil place  or the message
---@return integer|string|host.Kind|nil line  of a record that can be skipped, or the kind
---@return string? raw
function reader:next() end

---The last record as its text has it, whatever was done with it since; nil if there is none.
---@return any
function reader:record() end

---@class host.json.Array
---@field pointer string  JSON pointer from the record: "/data/users"
---@field count integer   objects
---@field keyed boolean   an object whose members are objects, in place of an array
---@field first table     its first object; empty if that is larger than 64 KiB

---The arrays of objects inside the last record, at most 20, below at most 4 objects. The record is
---not decoded.
---@return host.json.Array[]
---@return boolean? is_element  the record is an element of an array
function reader:arrays() end

function reader:close() end

---A plain table with the contents of a lazy record (json's or csv's); other values unchanged.
---@param record any
---@return any
function json.materialize(record) end

---The same, but of json's as its text has it, whatever was done with its members; nil for one that
---is no longer valid.
---@param record any
---@return any
function json.as_read(record) end

return json
