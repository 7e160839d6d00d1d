--- diff: shows which users a change of a recipe changes.

local json = require "host.json"
local result = require "cli.common.result"
local compare_text = require "cli.text.compare"
local setup = require "cli.common.setup"
local shown = require "cases.shown"

---The values of examples as they are shown.
local function describe(report, is_open)
  local look = shown.new(is_open)
  for _, field in ipairs(report.fields) do
    for _, example in ipairs(field.examples) do
      example.before, example.now = look:pair(example.before, example.now)
    end
  end
end

---The place of the first change.
local function first_place(report)
  local field, one = report.fields[1], report.outcomes[1]
  return field and field.examples[1].at or one and one.examples[1]
end

---@type Command
return {
  name = "diff",
  summary = "Show which users a change of a recipe changes",
  help = [[
Maps the whole source with the recipe and with an earlier version of it (--against), and shows how
many users change, in which fields, and the first places; also which records are now skipped or
rejected, or no longer so. Duplicates are not looked for. Exit status 3 if anything
changes.]],
  positionals = setup.RECIPE_WORDS,
  shape = function() return require("check.compare").empty() end,
  run = function(context)
    local flags = context.flags
    if not flags.against then
      return result.failure(context, "diff requires --against OLD, the earlier version", "usage",
        { add = { "--against", "OLD.lua" } })
    end
    local recipe, settings, kind, more = setup.recipe(context, { offline = true })
    if not recipe then return result.failure(context, settings, kind, more) end
    local earlier, message
    earlier, message, kind, more = setup.earlier(context, recipe, flags.against)
    if not earlier then return result.failure(context, message, kind, more) end
    local report
    report, message, kind = require("check.compare").run(recipe, earlier, settings, context.ui)
    if report then
      describe(report, flags.show_values or false)
      report.next = report.exit ~= 0 and result.preview(context, first_place(report)) or json.null
    end
    return result.result(context, compare_text.of, report, message, kind)
  end,
}
