--- What `map` may return beside a user: a rejection, as a value that the stage recognises.

local redact = require "auth0.redact"

local reject = {}

---@class Reject
---@field reason string
---@field code string   default "REJECTED"
---@field path string   the field it is about, "" for the whole user
---@field shape? string  what the refused value looks like
local Reject = { __name = "reject" }

local CODE <const> = "REJECTED"

---@param reason string
---@param code? string
---@param path? string
---@param value? any  what is refused: a redacted description is kept, not the value
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
