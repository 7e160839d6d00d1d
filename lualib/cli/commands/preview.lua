--- preview: shows source records next to the users they become.

local coverage_text = require "cli.text.coverage"
local result = require "cli.common.result"
local json = require "host.json"
local setup = require "cli.common.setup"
local preview_text = require "cli.text.preview"
local tables = require "cli.text.tables"

---The members of the result of --stats.
local function check_shape()
  local all, shape = require("check").empty(), { status = "complete" }
  for _, name in ipairs { "codes", "coverage", "recipe", "records", "skipped" } do
    shape[name] = all[name]
  end
  return shape
end

---Ends with the coverage of the whole source, or of the first records.
local function stats(context, recipe, settings)
  settings.limit = context.flags.n
  local report, message, kind = require("check").stats(recipe, settings, context.ui)
  if not report then return result.failure(context, message, kind) end
  return result.report(context, report, tables.text(tables.books(report)) .. "\n"
    .. tables.text(coverage_text.lines(report.coverage)))
end

---@type Command
return {
  name = "preview",
  summary = "Show source records next to the users they become",
  help = [[
Shows the first records (-n N), or one record (--at PLACE), each next to its mapped user and the
errors that Auth0 would report. With --stats it shows, for the whole source or the first N records,
which fields the users have, what their values look like, and what lookups found.]],
  positionals = setup.RECIPE_WORDS,
  shape = function()
    return { status = "complete", records = json.array {}, warnings = json.array {} }
  end,
  run = function(context)
    if context.flags.stats then context.shape = check_shape end
    local recipe, settings, kind, more = setup.recipe(context, { offline = true })
    if not recipe then return result.failure(context, settings, kind, more) end
    if context.flags.stats then return stats(context, recipe, settings) end
    local ui, flags = context.ui, context.flags
    local width, all = context.width(), json.array {}
    local which = { n = flags.n, at = flags.at }
    local warnings, message
    warnings, message, kind = require("check.preview").run(recipe, settings, which, function(shown)
      if flags.json then
        all[#all + 1] = shown
        return true
      end
      return ui:show(preview_text.of(shown, width))
    end, ui)
    if not warnings then return result.failure(context, message, kind) end
    if flags.json then
      result.write(context, { records = all, warnings = warnings, exit = 0, next = json.null })
      return 0
    end
    for _, one in ipairs(warnings) do
      ui:statement(string.format("warning: %s (%s)\n", one.message, one.code))
    end
    return 0
  end,
}
