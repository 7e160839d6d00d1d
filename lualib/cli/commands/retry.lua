--- retry: imports what a finished run could not, after it was repaired.

local ending = require "cli.common.result"
local prepare = require "cli.common.setup"
local words = require "cli.text.report"

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
    local settings, message, kind = prepare.settings(context)
    if not settings then return ending.failure(context, message, kind) end
    return ending.result(context, words.statement,
      context.deps.session.retry(context.flags.RUN, settings, context.ui))
  end,
}
