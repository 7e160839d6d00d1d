---@meta
--- Values counted by size, by kind and by what they lose.

---@class host.tally
local module = {}

---@class host.tally.tally
local tally = {}

---@param step integer    bytes: the resolution of sizes
---@param places integer  how many places to keep, at most 8
---@return host.tally.tally
function module.new(step, places) end

---@param bytes integer
---@param kind? string  fewer than 32 bytes; at most 32 different ones
---@param at string     its place
---@param lost? integer  the number of what it loses, below 2^20; default 0, nothing
function tally:add(bytes, kind, at, lost) end

---@class host.tally.Facts
---@field users integer
---@field largest integer                bytes
---@field without integer                values without a kind
---@field sizes table<integer, integer>  numbers by size in steps
---@field kinds table<string, integer>
---@field lost table<integer, integer>   numbers by what is lost; not those that lose nothing
---@field places string[]                of the first values without a kind

---@return host.tally.Facts
function tally:facts() end

function tally:close() end

return module
