--- plan: check, then what an import would be like.

local ending = require "cli.ending"
local prepare = require "cli.prepare"
local words = require "cli.words"

---@type Command
return {
  name = "plan",
  summary = "check, then jobs, bytes, hours and risks; leaves nothing behind",
  help = [[
Does what check does, then says what an import would send, how long it would take at the
documented rates, and what is odd. Nothing is sent, and nothing is left behind.]],
  positionals = {
    { name = "RECIPE" }, { name = "name=value", optional = true, params = true },
  },
  run = function(context)
    local recipe, settings, kind = prepare.recipe(context, { offline = true })
    if not recipe then return ending.failure(context, settings, kind) end
    local report, message
    report, message, kind = context.deps.plan.run(recipe, settings, context.ui)
    if not report then return ending.failure(context, message, kind) end
    local text = words.findings(report) .. "\n" .. words.plan(report.plan)
    return ending.report(context, report, text)
  end,
}
