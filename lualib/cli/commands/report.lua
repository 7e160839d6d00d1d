--- report: shows the report of a run.

local result = require "cli.common.result"
local report_text = require "cli.text.report"

---@type Command
return {
  name = "report",
  summary = "Show the report of a run",
  help = [[
Shows the report of a run and exits with the run's status. RUN is the run directory (default: the
newest *.run in the working directory).]],
  positionals = { { name = "RUN", optional = true } },
  run = function(context)
    return result.result(context, report_text.statement,
      require("run.session").report(context.flags.RUN))
  end,
}
