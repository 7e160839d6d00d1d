--- The result of tests as JUnit's XML, for the reports of CI systems.

local format = require "base.format"
local text = require "host.text"

local junit = {}

local LONGEST <const> = 8000 -- bytes of a line
local ENTITIES <const> = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

---Text without what XML cannot hold.
local function escaped(said)
  return (text.printable(said, LONGEST):gsub('[&<>"]', ENTITIES))
end

---@param case CaseReport
local function case_lines(case)
  local head = string.format('<testcase classname="%s" name="%s" file="%s" line="%d" time="%.3f"',
    escaped(case.recipe), escaped(case.name), escaped(case.file), case.line, case.seconds)
  if case.passed then return "    " .. head .. "/>\n" end
  local lines = {}
  for _, one in ipairs(case.differences) do
    lines[#lines + 1] = escaped(string.format("%s: expected %s, came %s", one.path, one.expected,
      one.came))
  end
  for _, note in ipairs(case.notes) do lines[#lines + 1] = escaped(note) end
  return string.format('    %s>\n      <failure message="%s">%s</failure>\n    </testcase>\n', head,
    format.count(#case.differences, "difference"), table.concat(lines, "\n"))
end

---@param report CasesReport
---@return string
function junit.text(report)
  local suites, by_file = {}, {}
  for _, case in ipairs(report.cases) do
    local suite = by_file[case.file]
    if not suite then
      suite = { name = case.file, tests = 0, failures = 0, seconds = 0, lines = {} }
      by_file[case.file], suites[#suites + 1] = suite, suite
    end
    suite.tests, suite.seconds = suite.tests + 1, suite.seconds + case.seconds
    suite.failures = suite.failures + (case.passed and 0 or 1)
    table.insert(suite.lines, case_lines(case))
  end
  local parts = { string.format('<?xml version="1.0" encoding="UTF-8"?>\n'
    .. '<testsuites tests="%d" failures="%d">\n', #report.cases, report.failed) }
  for _, suite in ipairs(suites) do
    parts[#parts + 1] = string.format(
      '  <testsuite name="%s" tests="%d" failures="%d" errors="0" time="%.3f">\n%s  </testsuite>\n',
      escaped(suite.name), suite.tests, suite.failures, suite.seconds, table.concat(suite.lines))
  end
  parts[#parts + 1] = "</testsuites>\n"
  return table.concat(parts)
end

return junit
