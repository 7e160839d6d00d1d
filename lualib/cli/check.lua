--- check: what would be rejected, before anything is sent.

local ending = require "cli.ending"
local prepare = require "cli.prepare"
local words = require "cli.words"

---@type Command
return {
  name = "check",
  summary = "maps and validates the whole source, without a network",
  help = [[
Shows what would be rejected, in Auth0's own error codes, with place and field. Ends with 3 when
a record would be rejected.]],
  positionals = {
    { name = "RECIPE" }, { name = "name=value", optional = true, params = true },
  },
  run = function(context)
    local recipe, settings, kind = prepare.recipe(context, { offline = true })
    if not recipe then return ending.failure(context, settings, kind) end
    local report, message
    report, message, kind = context.deps.check.run(recipe, settings, context.ui)
    if not report then return ending.failure(context, message, kind) end
    return ending.report(context, report, words.findings(report))
  end,
}
