--- Isolated users: each makes any job fail that it is in, as a job with this user alone shows.

local format = require "base.format"

local isolated = {}

local MOST <const> = 10 -- places in the text

---The text about the isolated users of a run; nil if there are none.
---@param statement Report
---@return string?
function isolated.text(statement)
  local found = statement.isolated
  if not found or found.count == 0 then return nil end
  local at = table.concat(found.at, ", ", 1, math.min(MOST, #found.at))
  local more = found.count - MOST
  return string.format("%s a job fail as a whole: %s%s", format.count(found.count, "user makes",
    "users make"), at, more > 0 and ", and " .. format.number(more) .. " more" or "")
end

return isolated
