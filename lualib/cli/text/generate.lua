--- What was generated, as text.

local format = require "base.format"
local tables = require "cli.text.tables"

local generate_text = {}

---@param report GenerateReport
---@return string
function generate_text.of(report)
  local lines = {}
  for i, one in ipairs(report.files) do
    lines[i] = string.format("%-9s %s%s", i == 1 and "users" or one.param, one.path,
      i == 1 and ": " .. format.count(report.users, "user") or "")
  end
  lines[#lines + 1] = report.logins == 0 and "logins    none: the cases have no password"
    or string.format("logins    %s: %s", report.key, format.count(report.logins, "password"))
  if #report.left > 0 then
    lines[#lines + 1] = string.format("made of   %s; %s left out, --json says why",
      format.count(report.cases, "record"), format.count(#report.left, "case"))
  end
  return tables.text(lines)
end

return generate_text
