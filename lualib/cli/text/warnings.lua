--- Warnings as lines: what, how often, where first, what to do.

local format = require "base.format"

local warnings_text = {}

---@param list ReportWarning[]
---@return string[]
function warnings_text.lines(list)
  local lines = {}
  for _, warning in ipairs(list) do
    lines[#lines + 1] = string.format("warning: %s (%s, %s)", warning.message, warning.code,
      format.count(warning.count, "time"))
    lines[#lines + 1] = warning.at and string.format("  first at %s%s", warning.at,
      warning.shape and ", value: " .. warning.shape or "")
    lines[#lines + 1] = warning.fix and "  " .. warning.fix
  end
  return lines
end

return warnings_text
