--- resume: continues a run.

local result = require "cli.common.result"
local setup = require "cli.common.setup"
local report_text = require "cli.text.report"

---@type Command
return {
  name = "resume",
  summary = "Resume a run that was interrupted, stopped or failed",
  help = [[
Continues a run where it stopped. Staged records are not read from the source again. If the run is
finished, shows its report. RUN is the run directory (default: the newest *.run in the working
directory).]],
  positionals = { { name = "RUN", optional = true } },
  shape = result.of_run,
  run = function(context)
    local settings, message, kind, more = setup.settings(context)
    if not settings then return result.failure(context, message, kind, more) end
    return result.result(context, report_text.statement,
      require("run.session").resume(context.flags.RUN, settings, context.ui))
  end,
}
