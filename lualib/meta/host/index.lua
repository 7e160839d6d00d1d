---@meta
--- An exact set of keys on disk with a small index in memory: at most 16 bytes per key plus
--- about 14 KB, including growth, regardless of the keys' length.

---@class host.index
local index = {}

---@class host.index.set
local set = {}

---@class host.index.Field
---@field unique? boolean  its values are keys
---@field fold? boolean    upper and lower case (ASCII) are the same

---The spool holds the records; it is unlinked once it is open. Records have up to 8 fields;
---default: one, unique.
---@param spool string  path of a file, created anew
---@param fields? host.index.Field[]
---@return host.index.set?
---@return string? message
---@return host.Kind? kind
function index.new(spool, fields) end

---Adds a record with a value for each field; an empty value, or one that is neither a string nor a
---number, is absent. Returns nil if all its keys are new. Otherwise adds nothing and returns, for the
---first field (in order) whose value exists: the position of the record that has it, the fields in
---which the two are equal and those in which they differ (bit 0 is the first field; a field that one
---of them lacks is in neither), and whether a different record has another key of the new one.
---Failures: `false, message, kind`.
---@param position integer
---@param ... any
---@return integer|false|nil held
---@return integer|string|nil equal
---@return integer|host.Kind|nil different
---@return boolean? others
function set:add(position, ...) end

---Adds a record with only the first field. Returns nil if `key` is new, else the position that has
---it (and keeps it). Failures: `false, message, kind`.
---@param key string
---@param position integer
---@return integer|false|nil held
---@return string? message
---@return host.Kind? kind
function set:put(key, position) end

---The position of `key`, or nil.
---@param key string
---@param field? integer  1-based, a unique one; default 1
---@return integer|false|nil
---@return string? message
---@return host.Kind? kind
function set:get(key, field) end

---Number of keys.
---@return integer
function set:count() end

---Current memory of the index in bytes.
---@return integer
function set:memory() end

function set:close() end

return index
