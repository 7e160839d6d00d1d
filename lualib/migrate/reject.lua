--- A rejection, as a value that `map` may return instead of a user.

local redact = require "auth0.redact"

local reject = {}

---@class Reject
---@field reason string
---@field code string   default "REJECTED"
---@field path string   the field, "" for the whole user
---@field shape? string  the redacted value
local Reject = { __name = "reject" }

local CODE <const> = "REJECTED"

---@param reason string
---@param code? string
---@param path? string
---@param value? any  the rejected value; only a redacted description is kept
---@return Reject
function reject.reject(reason, code, path, value)
  return setmetatable({
    reason = reason and tostring(reason) or "rejected by the recipe", code = code or CODE,
    path = path or "",
    shape = value ~= nil and redact.of(value, path == "email" and "email" or nil) or nil,
  }, Reject)
end

---@param value any
---@return boolean
function reject.is_reject(value)
  return getmetatable(value) == Reject
end

return reject
