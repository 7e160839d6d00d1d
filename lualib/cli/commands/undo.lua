--- undo: deletes the users that a run inserted.

local result = require "cli.common.result"
local setup = require "cli.common.setup"
local followup = require "cli.text.followup"

---@type Command
return {
  name = "undo",
  summary = "Delete the users that a run inserted, and no others",
  help = [[
Shows how many users the run in the run directory RUN inserted and how long deleting them takes,
asks, and deletes them. Users that existed before the run, including updated ones, are not changed.
If it is interrupted, the same command continues.]],
  positionals = { { name = "RUN" } },
  shape = function() return require("run.undo").empty() end,
  run = function(context)
    local settings, message, kind, more = setup.settings(context)
    if not settings then return result.failure(context, message, kind, more) end
    return result.result(context, followup.undo,
      require("run.undo").run(context.flags.RUN, settings, context.ui))
  end,
}
