--- run: stage, plan, ask, import, finalize, report.

local result = require "cli.common.result"
local setup = require "cli.common.setup"
local report_text = require "cli.text.report"

---@type Command
return {
  name = "run",
  summary = "Import the users of a recipe into Auth0 (the default command)",
  help = [[
Stages the whole source, shows the plan, asks for confirmation, imports, repairs and retries failed
users, and shows a report. Resumes an unfinished run of the same recipe, source and tenant.]],
  positionals = setup.RECIPE_WORDS,
  shape = result.of_run,
  run = function(context)
    if context.flags.dry_run then
      local plan = require "cli.commands.plan"
      context.shape = plan.shape
      return plan.run(context)
    end
    local recipe, settings, kind, more = setup.recipe(context)
    if not recipe then return result.failure(context, settings, kind, more) end
    return result.result(context, report_text.statement,
      require("run.session").run(recipe, settings, context.ui))
  end,
}
