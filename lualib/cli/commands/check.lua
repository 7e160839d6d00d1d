--- check: what would be rejected, before anything is sent.

local ending = require "cli.common.result"
local prepare = require "cli.common.setup"
local words = require "cli.text.report"

---@type Command
return {
  name = "check",
  summary = "maps and validates the whole source, without a network",
  help = [[
Shows what would be rejected, in Auth0's own error codes, with place and field. Ends with 3 when
a record would be rejected.]],
  positionals = prepare.RECIPE_WORDS,
  run = function(context)
    local recipe, settings, kind = prepare.recipe(context, { offline = true })
    if not recipe then return ending.failure(context, settings, kind) end
    return ending.result(context, words.findings,
      context.deps.check.run(recipe, settings, context.ui))
  end,
}
