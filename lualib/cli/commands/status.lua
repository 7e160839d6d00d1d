--- status: how far a run is, from another terminal too.

local result = require "cli.common.result"
local json = require "host.json"
local status_text = require "cli.text.status"

---@type Command
return {
  name = "status",
  summary = "how far a run is; also while it runs in another terminal",
  help = [[
RUN is the run directory, default the newest NAME.run of this folder. Reads the journal only, and
ends with 0.]],
  positionals = { { name = "RUN", optional = true } },
  run = function(context)
    local status, message, kind, more = require("run.session").status(context.flags.RUN)
    if not status then return result.failure(context, message, kind, more) end
    if context.flags.json then
      context.ui:result(assert(json.encode(status)) .. "\n")
    else
      context.ui:statement(status_text.of(status))
    end
    return 0
  end,
}
