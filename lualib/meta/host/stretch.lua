---@meta
--- Values that need no attention: taken from a recipe's state, compared with earlier ones, packed
--- and counted, without a call of Lua between.

---@class host.stretch
local module = {}

---@class host.stretch.stretch
local stretch = {}

---@class host.stretch.Parts
---@field sandbox host.sandbox.state
---@field draft host.json.draft     gets the JSON of what is handed over
---@field set host.index.set        of four fields
---@field writer host.chunk.writer
---@field tally host.tally.tally
---@field coverage? host.coverage.coverage
---@field tables? host.coverage.tables
---@field largest integer           bytes; a larger value is handed over

---@param parts host.stretch.Parts
---@return host.stretch.stretch
function module.new(parts) end

---Takes the values from `position` + 1 on, until `last` is reached or one is odd (an error, another
---event, a clash, no room in the chunk): nothing is done with that one, and the results of
---`sandbox:next` for it follow.
---@param position integer
---@param last integer
---@return integer taken
---@return boolean? ok    nil: `last` is reached
---@return any ...
function stretch:take(position, last) end

return module
