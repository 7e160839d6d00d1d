--- map: writes the users that would be sent, as NDJSON.

local result = require "cli.common.result"
local json = require "host.json"
local setup = require "cli.common.setup"
local report_text = require "cli.text.report"

local FATAL <const> = 1

---@type Command
return {
  name = "map",
  summary = "Write the mapped, validated and deduplicated users as NDJSON",
  help = [[
Writes the users to stdout, one per line, and the findings to stderr. With --json the last line on
stderr is an object with `records` and `codes`. Exit status 3 if a record was rejected.]],
  positionals = setup.RECIPE_WORDS,
  run = function(context)
    local recipe, settings, kind, more = setup.recipe(context, { offline = true })
    local ui = context.ui
    if not recipe then
      context.flags.json = false -- stdout is for users
      return result.failure(context, settings, kind, more)
    end
    local report, message
    report, message, kind = require("check").map(recipe, settings, ui, function(text)
      return ui:result(text)
    end)
    local has_enough = ui.failed and not ui.lost -- the reader of stdout closed it
    if not report and has_enough then return FATAL end
    local as_json = context.flags.json
    context.flags.json = false
    if not report then return result.failure(context, message, kind) end
    ui:lines(report_text.findings(report))
    local shown = report.exit ~= 0 and result.preview_first(context, report)
    if shown then ui:next(shown) end
    if as_json then
      ui:line(assert(json.encode { records = report.records, codes = report.codes }))
    end
    return report.exit
  end,
}
