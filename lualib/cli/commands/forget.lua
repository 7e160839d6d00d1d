--- forget: removes a run directory.

local result = require "cli.common.result"
local followup = require "cli.text.followup"

---@type Command
return {
  name = "forget",
  summary = "removes a run directory; no tenant is touched",
  help = [[
RUN is the run directory. Removes what the program wrote there, after asking: the run can then
neither be gone on with nor verified nor undone. Other files in it stay.]],
  positionals = { { name = "RUN" } },
  run = function(context)
    local flags = context.flags
    return result.result(context, followup.forget,
      require("run.forget").run(flags.RUN, flags.yes, context.ui))
  end,
}
