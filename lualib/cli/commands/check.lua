--- check: shows what would be rejected, before anything is sent.

local json = require "host.json"
local result = require "cli.common.result"
local setup = require "cli.common.setup"
local report_text = require "cli.text.report"

---@type Command
return {
  name = "check",
  summary = "Validate the whole source without a network",
  help = [[
Maps and validates every record and shows what would be rejected: Auth0's error code, the place in
the source and the field. Nothing is sent. Exit status 3 if a record would be rejected.]],
  positionals = setup.RECIPE_WORDS,
  shape = function() return require("check").empty() end,
  run = function(context)
    local recipe, settings, kind, more = setup.recipe(context, { offline = true })
    if not recipe then return result.failure(context, settings, kind, more) end
    local report, message, failed
    report, message, failed = require("check").run(recipe, settings, context.ui)
    if report and report.exit ~= 0 then
      report.next = result.preview_first(context, report) or json.null
    end
    return result.result(context, report_text.findings, report, message, failed)
  end,
}
