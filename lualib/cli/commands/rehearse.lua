--- rehearse: a whole run against the built-in tenant in a child process.

local logins = require "cli.common.logins"
local report_text = require "cli.text.report"
local result = require "cli.common.result"
local setup = require "cli.common.setup"

---A rehearsal has a fast clock unless the environment sets the time scale.
local function time_scale(context, settings)
  local named = context.env "AUTH0_MIGRATE_TIME_SCALE"
  return named and named ~= "" and settings.time_scale or nil
end

---@type Command
return {
  name = "rehearse",
  summary = "Rehearse the whole run on this machine, against the built-in tenant",
  help = [[
Starts the built-in tenant as a child process, runs the whole migration against it in
NAME.rehearsal/ (replaced each time), and shows the report. --login and --logins then try logins.
Exit status as for `run`; also 3 if a login fails.]],
  positionals = setup.RECIPE_WORDS,
  run = function(context)
    local recipe, settings, kind, more = setup.recipe(context, { offline = true })
    if not recipe then return result.failure(context, settings, kind, more) end
    local flags = context.flags
    local list, message
    list, message, kind = logins.read(context, flags.login)
    if message then return result.failure(context, message, kind) end
    return result.result(context, report_text.statement, require("rehearsal").run {
      recipe = recipe, settings = settings, ui = context.ui, logins = list,
      directory = flags.run_dir or recipe.name .. ".rehearsal",
      command = result.command_line(context.args), time_scale = time_scale(context, settings),
      tenant = { existing = flags.existing, faults = flags.faults, tier = flags.tier,
        doubts = flags.doubt },
    })
  end,
}
