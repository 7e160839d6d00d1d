--- What `map` may return beside a user: a rejection, as a value that the stage recognises.

local outcome = {}

---@class Reject
---@field reason string
---@field code string   default "REJECTED"
---@field path string   the field it is about, "" for the whole user
local Reject = { __name = "reject" }

local CODE <const> = "REJECTED"

---@param reason string
---@param code? string
---@param path? string
---@return Reject
function outcome.reject(reason, code, path)
  return setmetatable({
    reason = reason and tostring(reason) or "rejected by the recipe", code = code or CODE,
    path = path or "",
  }, Reject)
end

---@param value any
---@return boolean
function outcome.is_reject(value)
  return getmetatable(value) == Reject
end

return outcome
