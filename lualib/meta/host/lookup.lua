---@meta
--- Texts by key in a temporary file: added, indexed, then looked up. Memory is constant but for a bit
--- for each text.

---@class host.lookup
local lookup = {}

---@class host.lookup.lookup
local handle = {}

---@return host.lookup.lookup?
---@return string? message
---@return host.Kind? kind
function lookup.new() end

---Before `finish`. A key may have several texts. A failure closes the lookup.
---@param key? string  nil: a text that is only listed with the unused ones
---@param text string
---@param at? string   its place
---@return true?
---@return string? message
---@return host.Kind? kind  "full" if the disk is full
function handle:add(key, text, at) end

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

---The first text after a row that neither `get` nor `all` returned, those without a key among them,
---in the order of adding; nil without a message if there is none.
---@param row? integer  0 at first, then the one returned last
---@return integer? row
---@return string? text  or the message
---@return string|host.Kind|nil at  its place, or the kind
function handle:unused(row) end

---@return integer  texts with a key
function handle:count() end

---Deletes the data on disk.
function handle:close() end

return lookup
