--- report: shows the report of a run.

local command = require "base.command"
local json = require "host.json"
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
  shape = result.of_run,
  run = function(context)
    local report, message, kind, more = require("run.session").report(context.flags.RUN)
    -- Where only looking is left, the report itself does not name it.
    if report and report.next == command.line { "report", report.directory } then
      report.next = json.null
    end
    return result.result(context, report_text.statement, report, message, kind, more)
  end,
}
