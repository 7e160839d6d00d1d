--- retry: imports what a finished run could not, after it was repaired.

local result = require "cli.common.result"
local setup = require "cli.common.setup"
local report_text = require "cli.text.report"

---@type Command
return {
  name = "retry",
  summary = "imports the users of failed.ndjson once more, after they were repaired",
  help = [[
RUN is the run directory, default the newest NAME.run of this folder. Repair the users in its
failed.ndjson, or the recipe's `fix`; lines that are taken out stay failed. The statement then
covers both imports.]],
  positionals = { { name = "RUN", optional = true } },
  run = function(context)
    local settings, message, kind = setup.settings(context)
    if not settings then return result.failure(context, message, kind) end
    return result.result(context, report_text.statement,
      require("run.session").retry(context.flags.RUN, settings, context.ui))
  end,
}
