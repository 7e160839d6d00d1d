--- What a change of a recipe changes, as text.

local format = require "base.format"
local tables = require "cli.text.tables"

local compare_text = {}

local COLUMN <const> = 10

local function row(name, said)
  return name .. string.rep(" ", COLUMN - #name) .. said
end

---"12 of 4 998 users change", with those that are no longer there, or new.
local function users_line(users)
  local said = string.format("%s of %s change", format.number(users.changed),
    format.count(users.before, "user"))
  if users.removed > 0 then
    said = said .. string.format(", %s no longer there", format.number(users.removed))
  end
  if users.added > 0 then said = said .. string.format(", %s new", format.number(users.added)) end
  return said
end

---@param report table  of check.compare, its values as they are to be shown
---@return string
function compare_text.of(report)
  local lines = {
    row("records", format.number(report.records.read) .. " read, "
      .. format.number(report.records.changed) .. " changed"),
    row("users", users_line(report.users)),
  }
  for _, field in ipairs(report.fields) do
    lines[#lines + 1] = string.format("  %s  %s", field.path, format.count(field.count, "user"))
    for _, example in ipairs(field.examples) do
      lines[#lines + 1] = string.format("    %s: %s, now %s", example.at, example.before,
        example.now)
    end
  end
  for _, one in ipairs(report.outcomes) do
    lines[#lines + 1] = string.format("  %s, now %s  %s", one.before, one.now,
      format.count(one.count, "record"))
    lines[#lines + 1] = "    " .. table.concat(one.examples, ", ")
  end
  return tables.text(lines)
end

return compare_text
