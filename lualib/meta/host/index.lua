---@meta
--- An exact set of keys on disk with a small index in memory: at most 16 bytes a key, growth
--- included, whatever the keys' length.

---@class host.index
local index = {}

---@class host.index.set
local set = {}

---@param spool string  path of the file that holds the keys; made anew, removed on close
---@return host.index.set?
---@return string? message
---@return host.Kind? kind
function index.new(spool) end

---Adds `key` for `position`. Returns nil when it is new, or the position that holds it already
---(which stays). Failures: `false, message, kind`.
---@param key string
---@param position integer
---@return integer|false|nil held
---@return string? message
---@return host.Kind? kind
function set:put(key, position) end

---The position that holds `key`, or nil.
---@param key string
---@return integer|false|nil
---@return string? message
---@return host.Kind? kind
function set:get(key) end

---@return integer
function set:count() end

---Bytes of memory the index takes now.
---@return integer
function set:memory() end

function set:close() end

return index
