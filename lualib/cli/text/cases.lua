--- The result of tests as text: each case, what was expected and what came.

local format = require "base.format"
local json = require "host.json"
local sorted = require "base.sorted"
local tables = require "cli.text.tables"

local cases_text = {}

local INDENT <const> = "      "

---The path of a difference, and both sides below each other.
local function add_difference(lines, one)
  lines[#lines + 1] = INDENT .. one.path
  lines[#lines + 1] = INDENT .. "  expected  " .. one.expected
  lines[#lines + 1] = INDENT .. "  came      " .. one.came
end

---@param lines string[]
---@param case CaseReport
local function add_case(lines, case)
  lines[#lines + 1] = string.format("%s  %s%s", case.passed and "ok  " or "FAIL", case.name,
    case.passed and "" or string.format("  (%s:%d)", case.file, case.line))
  for _, one in ipairs(case.differences) do add_difference(lines, one) end
  for _, note in ipairs(case.notes) do lines[#lines + 1] = INDENT .. note end
end

---A golden file that was written, as a diff.
---@param lines string[]
---@param one GoldenReport
local function add_update(lines, one)
  lines[#lines + 1] = string.format("%s %s: %s (%d changed, %d added, %d removed, %d moved)",
    one.is_new and "wrote" or "updated", one.file, format.count(one.users, "user"), one.changed,
    one.added, one.removed, one.moved)
  for _, difference in ipairs(one.differences) do
    lines[#lines + 1] = "  @@ " .. difference.path
    lines[#lines + 1] = "  - " .. difference.expected
    lines[#lines + 1] = "  + " .. difference.came
  end
end

---@param report CasesReport
---@return string
function cases_text.of(report)
  local lines, file = {}, nil
  for _, case in ipairs(report.cases) do
    if case.file ~= file then
      file = case.file
      lines[#lines + 1] = string.format("%s (%s)", case.recipe, file)
    end
    add_case(lines, case)
  end
  for _, one in ipairs(report.updated) do add_update(lines, one) end
  lines[#lines + 1] = string.format("tests     %s, %s passed, %s failed",
    format.count(#report.cases, "case"), format.number(report.passed),
    format.number(report.failed))
  return tables.text(lines)
end

---What was recorded, and a case to paste if none names the cassette yet.
---@param report RecordReport
---@return string
function cases_text.recorded(report)
  local lines = {
    string.format("wrote %s: %s, %s", report.cassette, format.count(report.requests, "answer"),
      format.count(report.records, "record")),
  }
  if report.is_named then return tables.text(lines) end
  lines[#lines + 1] = "a case that reads it:"
  lines[#lines + 1] = "- name: the users of the API"
  lines[#lines + 1] = "  cassette: " .. report.name
  if next(report.params) then lines[#lines + 1] = "  params:" end
  for name, value in sorted.pairs(report.params) do
    lines[#lines + 1] = string.format("    %s: %s", name, json.encode(value))
  end
  lines[#lines + 1] = "  expect: " .. report.name .. ".ndjson"
  return tables.text(lines)
end

return cases_text
