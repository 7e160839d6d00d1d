--- forget: removes a run directory.

local result = require "cli.common.result"
local followup = require "cli.text.followup"

---@type Command
return {
  name = "forget",
  summary = "Remove a run directory; the tenant is not changed",
  help = [[
Removes the files that the program wrote into the run directory RUN, after asking. The run can then
no longer be resumed, verified or undone. Other files in the directory are kept. Pages of an API
that are kept beside it go with it; RUN may also be their directory, NAME.pages.]],
  positionals = { { name = "RUN" } },
  shape = function() return require("run.forget").empty() end,
  run = function(context)
    local flags = context.flags
    return result.result(context, followup.forget,
      require("run.forget").run(flags.RUN, flags.yes, context.ui))
  end,
}
