--- resume: goes on with a run.

local ending = require "cli.common.result"
local prepare = require "cli.common.setup"
local words = require "cli.text.report"

---@type Command
return {
  name = "resume",
  summary = "goes on with a run after whatever broke",
  help = [[
RUN is the run directory, default the newest NAME.run of this folder. The source is not read
again. A finished run's statement is shown once more.]],
  positionals = { { name = "RUN", optional = true } },
  run = function(context)
    local settings, message, kind = prepare.settings(context)
    if not settings then return ending.failure(context, message, kind) end
    return ending.result(context, words.statement,
      context.deps.session.resume(context.flags.RUN, settings, context.ui))
  end,
}
