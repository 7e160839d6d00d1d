--- verify: the tenant beside what a run sent.

local result = require "cli.common.result"
local setup = require "cli.common.setup"
local followup = require "cli.text.followup"

---@type Command
return {
  name = "verify",
  summary = "compares the tenant's users with what a run sent",
  help = [[
RUN is the run directory, default the newest NAME.run of this folder. Asks the tenant for one export
of the connection's users, or looks --sample N of them up, and says who is missing and which fields
differ. Hashes are not compared, for no tenant shows them. Ends with 3 on a difference.]],
  positionals = { { name = "RUN", optional = true } },
  run = function(context)
    local settings, message, kind = setup.settings(context)
    if not settings then return result.failure(context, message, kind) end
    return result.result(context, followup.verify,
      require("run.verify").run(context.flags.RUN, settings, context.ui, {
        sample = context.flags.sample,
      }))
  end,
}
