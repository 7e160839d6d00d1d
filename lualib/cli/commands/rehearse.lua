--- rehearse: a whole run against the built-in tenant in a child process.

local command = require "base.command"
local json = require "host.json"
local logins = require "cli.common.logins"
local options = require "cli.common.options"
local report_text = require "cli.text.report"
local result = require "cli.common.result"
local setup = require "cli.common.setup"

---A rehearsal has a fast clock unless the environment sets the time scale.
local function time_scale(context, settings)
  local named = context.env "AUTH0_MIGRATE_TIME_SCALE"
  return named and named ~= "" and settings.time_scale or nil
end

---The rehearsal again, with another value of an option.
local function with_option(context)
  return function(flag, value)
    local words = options.without(context.args, flag)
    words[#words + 1], words[#words + 2] = flag, value
    return command.line(words)
  end
end

---The command that finds why a login failed; nil if the logins came from stdin.
local function prove(context, settings)
  local flags, words = context.flags, result.params(context.args)
  if flags.logins == "-" then return nil end
  for _, name in ipairs { "login", "logins" } do
    if flags[name] then
      words[#words + 1], words[#words + 2] = "--" .. name, flags[name]
    end
  end
  return command.after(settings, "prove", flags.RECIPE, table.unpack(words))
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
  shape = function()
    local shape = result.of_run()
    shape.forecast, shape.logins, shape.faults = json.null, json.null, json.null
    return shape
  end,
  run = function(context)
    local recipe, settings, kind, more = setup.recipe(context, { offline = true })
    if not recipe then return result.failure(context, settings, kind, more) end
    local flags = context.flags
    local list, message
    list, message, kind, more = logins.read(context, flags.login)
    if message then return result.failure(context, message, kind, more) end
    return result.result(context, report_text.statement, require("rehearsal").run {
      recipe = recipe, settings = settings, ui = context.ui, logins = list,
      directory = flags.run_dir or recipe.name .. ".rehearsal",
      command = command.line(context.args), with_option = with_option(context),
      prove = prove(context, settings), time_scale = time_scale(context, settings),
      tenant = { existing = flags.existing, faults = flags.faults, tier = flags.tier,
        doubts = flags.doubt },
    })
  end,
}
