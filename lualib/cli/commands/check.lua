--- check: what would be rejected, before anything is sent.

local result = require "cli.common.result"
local setup = require "cli.common.setup"
local report_text = require "cli.text.report"

---@type Command
return {
  name = "check",
  summary = "maps and validates the whole source, without a network",
  help = [[
Shows what would be rejected, in Auth0's own error codes, with place and field. Ends with 3 when
a record would be rejected.]],
  positionals = setup.RECIPE_WORDS,
  run = function(context)
    local recipe, settings, kind, more = setup.recipe(context, { offline = true })
    if not recipe then return result.failure(context, settings, kind, more) end
    return result.result(context, report_text.findings,
      require("check").run(recipe, settings, context.ui))
  end,
}
