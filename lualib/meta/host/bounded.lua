---@meta
--- Lua's string and table functions for code that is not trusted. The results and messages are
--- those of Lua 5.4; the work that they do is counted against the budget of the state, which Lua's
--- count hook cannot do inside a C function.

---New tables each time the module is opened. `string` has no `dump`. A pattern that takes more than
---50 million steps raises. `table.sort` is stable and reads and writes each element once; it raises
---"invalid order function for sorting" if the function says that an element is less than itself.
---@class host.bounded
---@field string table
---@field table table
local bounded = {}

return bounded
