---@meta
--- JSON values packed into arrays no longer than a byte limit. Values are never split; the place
--- of each is recorded.

---@class host.chunk
local chunk = {}

---@class host.chunk.writer
local writer = {}

---@param limit integer  bytes of a whole array, brackets and commas included
---@param count? integer most values in one array, default no limit
---@return host.chunk.writer
function chunk.new(limit, count) end

---Adds a value, written directly to the chunk as JSON. `nil, message, "full"` if it does not fit
---in the rest of the chunk (save or reset, then add again); `"parse"` if JSON cannot hold it; if even
---an empty chunk is too small, the kind is "full" and the value's size follows:
---`nil, message, "full", bytes`.
---@param value any
---@param position integer  source position (1-based ordinal)
---@param at string         "users.csv:18"
---@param order? table<string,integer>  see host.json.encode
---@param draft? host.json.draft  the value's JSON, used unless it is empty
---@param lost? integer  the number of what the value loses, default 0
---@return integer? bytes   of the value
---@return string? message
---@return host.Kind? kind
---@return integer? too_large  bytes of a value that no chunk can hold
function writer:add(value, position, at, order, draft, lost) end

---What the values so far lose, in their order: "3*400 0 1*2" are 400 times the number 3, then 0, then
---twice 1.
---@return string?  nil: all numbers are 0
function writer:lost() end

---Values in the chunk.
---@return integer
function writer:count() end

---Current size of the array in bytes, including brackets.
---@return integer
function writer:size() end

---The array's text.
---@return string
function writer:text() end

---Writes the array to `path` (0600, flushed to disk, then renamed into place).
---@param path string
---@return string? sha256  hex
---@return string? message
---@return host.Kind? kind
function writer:save(path) end

---The places of the values so far, as a compressed string for chunk.places.
---@return string
function writer:places() end

---Empties the chunk.
function writer:reset() end

function writer:close() end

---Unpacks what writer:places returned.
---@param packed string
---@return {position: integer, at: string}[]?  in the order of the array
---@return string? message
---@return host.Kind? kind
function chunk.places(packed) end

---The values of an array's text, one by one: index, value, raw JSON text of the value. For chunk files.
---@param text string
---@return fun(): integer?, any, string
function chunk.values(text) end

return chunk
