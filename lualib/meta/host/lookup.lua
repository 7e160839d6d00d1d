---@meta
--- Texts by key in a temporary file, in constant memory: added, indexed, then looked up.

---@class host.lookup
local lookup = {}

---@class host.lookup.lookup
local handle = {}

---@return host.lookup.lookup?
---@return string? message
---@return host.Kind? kind
function lookup.new() end

---Before `finish`. A key may have several texts. A failure closes the lookup.
---@param key string
---@param text string
---@return true?
---@return string? message
---@return host.Kind? kind  "full" if the disk is full
function handle:add(key, text) end

---Ends the adding and builds the index. A failure closes the lookup.
---@return true?
---@return string? message
---@return host.Kind? kind
function handle:finish() end

---The text of a key that was added first; nil without a message if there is none.
---@param key string
---@return string? text
---@return string? message
---@return host.Kind? kind
function handle:get(key) end

---All texts of a key in the order of adding.
---@param key string
---@return string[]?
---@return string? message
---@return host.Kind? kind
function handle:all(key) end

---@return integer  texts that were added
function handle:count() end

---Deletes the data on disk.
function handle:close() end

return lookup
