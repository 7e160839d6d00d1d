--- How the values of a test are shown: described without their letters and digits, unless a person
--- asks to see them.

local foreign = require "base.foreign"
local json = require "host.json"
local redact = require "auth0.redact"
local text = require "host.text"
local user_rules = require "auth0.user"

local shown = {}

---@class Shown
---@field private is_open boolean
---@field is_hidden boolean  something was described that could be shown
local Shown = {}
Shown.__index = Shown

---@param is_open boolean  values are shown
---@return Shown
function shown.new(is_open)
  return setmetatable({ is_open = is_open, is_hidden = false }, Shown)
end

---@param value any  as JSON holds it; nil: nothing
---@return string
function Shown:value(value)
  if value == nil then return "nothing" end
  if value == json.null then return "null" end
  if type(value) == "boolean" then return tostring(value) end
  if self.is_open then return (json.encode(value, user_rules.ORDER)) or redact.of(value) end
  self.is_hidden = true
  return redact.of(value)
end

---Words of a recipe: a reason, a message.
---@param said string
---@return string
function Shown:words(said)
  if self.is_open then return text.printable(said) end
  local words = foreign.words(said)
  if words ~= text.printable(said) then self.is_hidden = true end
  return words
end

---Two values that differ, also where their descriptions do not.
---@param before any
---@param now any
---@return string before
---@return string now
function Shown:pair(before, now)
  local a, b = self:value(before), self:value(now)
  if a == b then b = "another " .. b end
  if type(before) == "string" and math.type(now) == "float" then
    b = b .. " (a number; in the test, write !!float before it)"
  end
  return a, b
end

return shown
