--- A record that its reader could not parse, as a value among the others: rejected as SOURCE.

local bad_record = {}

---@class BadRecord
---@field raw string      the record's text, truncated, valid UTF-8
---@field message string
local BadRecord = { __name = "broken record" }

function BadRecord.__tostring(self)
  return self.message
end

---@param raw string
---@param message string
---@return BadRecord
function bad_record.new(raw, message)
  return setmetatable({ raw = raw, message = message }, BadRecord)
end

---@param value any
---@return boolean
function bad_record.is(value)
  return getmetatable(value) == BadRecord
end

return bad_record
