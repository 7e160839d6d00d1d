--- run: stage, plan, ask, import, finalize, report.

local ending = require "cli.common.result"
local prepare = require "cli.common.setup"
local words = require "cli.text.report"

---@type Command
return {
  name = "run",
  summary = "moves the users of a recipe into Auth0 (the word may be left out)",
  help = [[
Stages the whole source, shows the plan, asks, imports, repairs what was refused, and ends with
a statement. An unfinished run of the same recipe, source and tenant is gone on with.]],
  positionals = prepare.RECIPE_WORDS,
  run = function(context)
    if context.flags.dry_run then return require("cli.commands.plan").run(context) end
    local recipe, settings, kind = prepare.recipe(context)
    if not recipe then return ending.failure(context, settings, kind) end
    return ending.result(context, words.statement,
      context.deps.session.run(recipe, settings, context.ui))
  end,
}
