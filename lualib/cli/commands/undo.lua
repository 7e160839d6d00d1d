--- undo: deletes the users that a run inserted.

local result = require "cli.common.result"
local setup = require "cli.common.setup"
local followup = require "cli.text.followup"

---@type Command
return {
  name = "undo",
  summary = "deletes the users that a run inserted, and nobody else",
  help = [[
RUN is the run directory. Says how many users that are and how long it takes, asks, and deletes
them. Users that were there before, updated ones too, are not touched. Broken off, it goes on.]],
  positionals = { { name = "RUN" } },
  run = function(context)
    local settings, message, kind = setup.settings(context)
    if not settings then return result.failure(context, message, kind) end
    return result.result(context, followup.undo,
      require("run.undo").run(context.flags.RUN, settings, context.ui))
  end,
}
