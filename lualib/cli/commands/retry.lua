--- retry: imports the repaired users of a finished run again.

local result = require "cli.common.result"
local setup = require "cli.common.setup"
local report_text = require "cli.text.report"

---@type Command
return {
  name = "retry",
  summary = "Import the repaired users of failed.ndjson again",
  help = [[
Imports the failed users of a finished run again. First repair them in its failed.ndjson, or add a
`fix` to the recipe. Users whose lines you remove stay failed. The report then covers both imports.
RUN is the run directory (default: the newest *.run in the working directory).]],
  positionals = { { name = "RUN", optional = true } },
  shape = result.of_run,
  run = function(context)
    local settings, message, kind, more = setup.settings(context)
    if not settings then return result.failure(context, message, kind, more) end
    return result.result(context, report_text.statement,
      require("run.session").retry(context.flags.RUN, settings, context.ui))
  end,
}
