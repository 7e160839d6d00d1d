--- plan: check, and what an import would send, how long it takes, its risks.

local json = require "host.json"
local result = require "cli.common.result"
local plan_text = require "cli.text.plan"
local setup = require "cli.common.setup"
local report_text = require "cli.text.report"

local function findings_and_plan(report)
  return report_text.findings(report) .. "\n" .. plan_text.of(report.plan)
end

---@type Command
return {
  name = "plan",
  summary = "Validate the source and show jobs, size, duration and risks of an import",
  help = [[
Does what `check` does, then shows what an import would send, how long it would take at the
documented rates, and its risks. Nothing is sent and no files are kept. Exit status 3 if a record
would be rejected or a gate would stop the run.]],
  positionals = setup.RECIPE_WORDS,
  shape = function()
    local shape = require("check").empty()
    shape.plan = json.null
    return shape
  end,
  run = function(context)
    local recipe, settings, kind, more = setup.recipe(context, { offline = true })
    if not recipe then return result.failure(context, settings, kind, more) end
    local report, message, failed = require("check.plan").run(recipe, settings, context.ui)
    if report and report.exit ~= 0 then
      report.next = result.preview_first(context, report) or json.null
    end
    return result.result(context, findings_and_plan, report, message, failed)
  end,
}
