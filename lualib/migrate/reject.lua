--- A rejection, as a value that `map` may return instead of a user, or raise.

local type_name = require "base.type_name"
local redact = require "auth0.redact"

local reject = {}

---@class Reject
---@field reason string
---@field code string   default "REJECTED"
---@field path string   the field, "" for the whole user
---@field shape? string  the redacted value
local Reject = { __name = "reject" }

function Reject.__tostring(self)
  return tostring(self.reason)
end

local CODE <const> = "REJECTED"

---A text of the recipe's; anything else raises, without a place: `return migrate.reject(...)` is a
---tail call and leaves none. The pipeline then names the line of `map`.
local function words(what, value, otherwise)
  local name = type(value)
  if name == "nil" then return otherwise end
  if name == "string" or name == "number" then return tostring(value) end
  error(string.format("migrate.reject expects text as its %s, got %s", what, type_name.a(value)), 0)
end

---@param reason string
---@param code? string
---@param path? string
---@param value? any  the rejected value; only a redacted description is kept
---@return Reject
function reject.reject(reason, code, path, value)
  return setmetatable({
    reason = words("reason", reason, "rejected by the recipe"), code = words("code", code, CODE),
    path = words("path", path, ""),
    shape = value ~= nil and redact.of(value, path == "email" and "email" or nil) or nil,
  }, Reject)
end

---@param value any
---@return boolean
function reject.is_reject(value)
  return getmetatable(value) == Reject
end

return reject
