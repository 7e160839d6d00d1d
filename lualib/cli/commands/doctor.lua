--- doctor: looks beforehand at what would later show as a failed job.

local result = require "cli.common.result"
local setup = require "cli.common.setup"
local followup = require "cli.text.followup"

---@type Command
return {
  name = "doctor",
  summary = "looks at credentials, scopes, connection, limits, clock and disk; changes nothing",
  help = [[
Says of each whether it will do, what it means and what to do about it, and which source each
setting came from. --save FILE writes the connection's settings for --connection-file. Ends with 0,
with 2 for the configuration, 5 for the network, 6 for credentials and scopes.]],
  positionals = {},
  run = function(context)
    local settings, message, kind = setup.settings(context)
    if not settings then return result.failure(context, message, kind) end
    local statement = require("check.doctor").run(settings, {
      save = context.flags.save, settings = require("cli.common.settings").list(settings),
    })
    return result.report(context, statement, followup.doctor(statement))
  end,
}
