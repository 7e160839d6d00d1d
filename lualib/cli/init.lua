--- The command line: arguments in, words and exit status out. The program calls this with its
--- arguments and ends with the status that it returns.

local host = require "host"

---@param args string[]
---@return integer status
return function(args)
  -- Answered before anything else is loaded: scripts ask often, and want it at once.
  if args[1] == "--version" then
    io.write("auth0-migrate ", host.version, "\n")
    return 0
  end
  return require("cli.main").run(args)
end
