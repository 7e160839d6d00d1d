--- What the program calls with its arguments; returns the exit status.

local main = require "cli.main"

---@param args string[]
---@return integer status
return function(args)
  return main.run(args)
end
