--- The entry point of the command line: arguments in, exit status out.

local host = require "host"

---@param args string[]
---@return integer status
return function(args)
  -- Before any other module is loaded: scripts call this often, and it must be fast.
  if args[1] == "--version" then
    io.write("auth0-migrate ", host.version, " (", host.lua, ")\n")
    return 0
  end
  return require("cli.main").run(args, {
    env = require("cli.common.environment").take(), harden = require("host.process").harden,
  })
end
