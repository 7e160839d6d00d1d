---@meta
--- An exact set of keys on disk with a small index in memory: at most 16 bytes a key beyond some
--- 14 KB, growth included, whatever the keys' length.

---@class host.index
local index = {}

---@class host.index.set
local set = {}

---@class host.index.Field
---@field unique? boolean  its values are keys
---@field fold? boolean    upper and lower case (ASCII) are the same

---The spool holds what is added, and has no name in its folder once it is open. A set holds records
---of up to 8 fields; default: one, unique.
---@param spool string  path of a file, made anew
---@param fields? host.index.Field[]
---@return host.index.set?
---@return string? message
---@return host.Kind? kind
function index.new(spool, fields) end

---Adds a record of a value for each field; what is empty, or neither a string nor a number, counts
---as absent. Returns nil when all its keys are new; otherwise nothing is added, and the first field
---(in order) whose value is held says by whom: that record's position, the fields in which the two
---are equal and those in which they differ (bit 0 is the first field; a field that one of them lacks
---is in neither), and whether a further record holds another key of the new one.
---Failures: `false, message, kind`.
---@param position integer
---@param ... any
---@return integer|false|nil held
---@return integer|string|nil equal
---@return integer|host.Kind|nil different
---@return boolean? others
function set:add(position, ...) end

---Adds a record of the first field alone. Returns nil when `key` is new, or the position that holds
---it already (which stays). Failures: `false, message, kind`.
---@param key string
---@param position integer
---@return integer|false|nil held
---@return string? message
---@return host.Kind? kind
function set:put(key, position) end

---The position that holds `key`, or nil.
---@param key string
---@param field? integer  1-based, a unique one; default 1
---@return integer|false|nil
---@return string? message
---@return host.Kind? kind
function set:get(key, field) end

---Keys held.
---@return integer
function set:count() end

---Bytes of memory the index takes now.
---@return integer
function set:memory() end

function set:close() end

return index
