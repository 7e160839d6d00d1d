--- plan: check, then what an import would be like.

local ending = require "cli.common.result"
local plan_words = require "cli.text.plan"
local prepare = require "cli.common.setup"
local words = require "cli.text.report"

local function findings_and_plan(report)
  return words.findings(report) .. "\n" .. plan_words.of(report.plan)
end

---@type Command
return {
  name = "plan",
  summary = "check, then jobs, bytes, hours and risks; leaves nothing behind",
  help = [[
Does what check does, then says what an import would send, how long it would take at the
documented rates, and what is odd. Nothing is sent, and nothing is left behind.]],
  positionals = prepare.RECIPE_WORDS,
  run = function(context)
    local recipe, settings, kind = prepare.recipe(context, { offline = true })
    if not recipe then return ending.failure(context, settings, kind) end
    return ending.result(context, findings_and_plan,
      context.deps.plan.run(recipe, settings, context.ui))
  end,
}
