--- A value that a mapping cannot do without and cannot read, as an error to raise: in `map` it
--- rejects the record.

local bad_value = {}

---@class BadValue
---@field reason string
---@field path string  the column or field, "" if it is not known
---@field given any    the value
local BadValue = { __name = "unreadable value" }

function BadValue.__tostring(self)
  return self.reason
end

---@param reason string
---@param path? string
---@param given any
---@return BadValue
function bad_value.new(reason, path, given)
  return setmetatable({ reason = reason, path = path or "", given = given }, BadValue)
end

---@param value any
---@return boolean
function bad_value.is(value)
  return getmetatable(value) == BadValue
end

return bad_value
