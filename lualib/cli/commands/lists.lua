--- lists: the people of a run to write to.

local lists_text = require "cli.text.lists"
local result = require "cli.common.result"

---@type Command
return {
  name = "lists",
  summary = "Lists of people to write to: who loses what, who cannot be imported",
  help = [[
Shows how many users of a run must set a new password, must enroll factors again, lose something
else, or cannot be imported, and why. With --csv DIR it writes a mailing list for each: address,
name, language, id and place in the source, outcome, what and why. The files are readable by their
owner only. Writes nothing into the run. RUN is the run directory (default: the newest *.run in the
working directory).]],
  positionals = { { name = "RUN", optional = true } },
  shape = function() return require("run.lists").empty() end,
  run = function(context)
    local flags = context.flags
    local statement, message, kind, more = require("run.lists").run(flags.RUN, {
      csv = flags.csv, force = flags.force,
    })
    return result.result(context, lists_text.of, statement, message, kind, more)
  end,
}
