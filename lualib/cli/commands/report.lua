--- report: the statement of a run, once more.

local result = require "cli.common.result"
local report_text = require "cli.text.report"

---@type Command
return {
  name = "report",
  summary = "the statement of a run; ends with the run's status",
  help = [[
RUN is the run directory, default the newest NAME.run of this folder.]],
  positionals = { { name = "RUN", optional = true } },
  run = function(context)
    return result.result(context, report_text.statement,
      require("run.session").report(context.flags.RUN))
  end,
}
