--- doctor: checks in advance what would otherwise fail as an import job.

local json = require "host.json"
local result = require "cli.common.result"
local setup = require "cli.common.setup"
local followup = require "cli.text.followup"

---@type Command
return {
  name = "doctor",
  summary = "Check credentials, scopes, connection, limits, clock and disk; change nothing",
  help = [[
Shows for each check whether it passes, what the result means and how to fix a failure, and where
each setting comes from. --save FILE writes the connection's settings for --connection-file. Exit
status 2 if the configuration is wrong, 5 if the tenant cannot be reached, 6 if credentials or
scopes are insufficient, otherwise 0.]],
  positionals = {},
  shape = function()
    return { checks = json.array {}, settings = json.array {}, saved = json.null }
  end,
  run = function(context)
    local settings, message, kind, more = setup.settings(context, true)
    if not settings then return result.failure(context, message, kind, more) end
    local statement = require("check.doctor").run(settings, {
      save = context.flags.save, settings = require("cli.common.settings").list(settings),
    })
    return result.report(context, statement, followup.doctor(statement))
  end,
}
