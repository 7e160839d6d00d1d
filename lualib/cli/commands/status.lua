--- status: shows the progress of a run.

local json = require "host.json"
local result = require "cli.common.result"
local status_text = require "cli.text.status"

---@type Command
return {
  name = "status",
  summary = "Show the progress of a run, also of one that works in another terminal",
  help = [[
Shows the chunks, users, rate and jobs in flight of a run, whether a process works on it, and the
command that continues it if none does. Writes nothing. Exit status 0 whatever the state of the run.
RUN is the run directory (default: the newest *.run in the working directory).]],
  positionals = { { name = "RUN", optional = true } },
  shape = function() return require("report.status").empty() end,
  run = function(context)
    local status, message, kind, more = require("run.session").status(context.flags.RUN)
    if not status then return result.failure(context, message, kind, more) end
    if context.flags.json then
      result.write(context, status)
    else
      context.ui:statement(status_text.of(status))
    end
    if status.next ~= json.null then context.ui:next(status.next) end
    return 0
  end,
}
