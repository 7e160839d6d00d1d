--- report: the statement of a run, once more.

local ending = require "cli.ending"
local words = require "cli.words"

---@type Command
return {
  name = "report",
  summary = "the statement of a run; ends with the run's status",
  help = [[
RUN is the run directory, default the newest NAME.run of this folder.]],
  positionals = { { name = "RUN", optional = true } },
  run = function(context)
    local report, message, kind = context.deps.session.report(context.flags.RUN)
    if not report then return ending.failure(context, message, kind) end
    return ending.report(context, report, words.statement(report))
  end,
}
