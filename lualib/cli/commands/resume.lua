--- resume: goes on with a run.

local result = require "cli.common.result"
local setup = require "cli.common.setup"
local report_text = require "cli.text.report"

---@type Command
return {
  name = "resume",
  summary = "goes on with a run after whatever broke",
  help = [[
RUN is the run directory, default the newest NAME.run of this folder. The source is not read
again. A finished run's statement is shown once more.]],
  positionals = { { name = "RUN", optional = true } },
  run = function(context)
    local settings, message, kind = setup.settings(context)
    if not settings then return result.failure(context, message, kind) end
    return result.result(context, report_text.statement,
      require("run.session").resume(context.flags.RUN, settings, context.ui))
  end,
}
