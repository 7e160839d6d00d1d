--- verify: compares the tenant with what a run sent.

local result = require "cli.common.result"
local setup = require "cli.common.setup"
local followup = require "cli.text.followup"

---@type Command
return {
  name = "verify",
  summary = "Compare the users in the tenant with what a run sent",
  help = [[
Exports the connection's users, or looks up --sample N of them, and shows which users are missing
and which fields differ. Password hashes are not compared: Auth0 does not return them. Exit status 3
if there is a difference. RUN is the run directory (default: the newest *.run in the working
directory).]],
  positionals = { { name = "RUN", optional = true } },
  shape = function() return require("run.verify").empty() end,
  run = function(context)
    local settings, message, kind, more = setup.settings(context)
    if not settings then return result.failure(context, message, kind, more) end
    return result.result(context, followup.verify,
      require("run.verify").run(context.flags.RUN, settings, context.ui, {
        sample = context.flags.sample,
      }))
  end,
}
