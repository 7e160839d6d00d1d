--- Evaluates a line of a mapping as a recipe would: what is shown is what was verified. The search
--- writes the lines; of a source they contain names only, as quoted strings.

local cjson = require "cjson"
local guard = require "base.guard"
local password = require "auth0.password"

local line = {}

---@class LineScope
---@field record any       of the source
---@field value? string    the hash that the recipe maps now
---@field pepper? string

---Whether a value is used in a way that fails if it is nil.
local function is_taken_apart(text, field)
  local name = field:gsub("%p", "%%%0")
  return text:find(name .. "[:.%[]") or text:find("%.%. " .. name)
    or text:find("decode%(" .. name) or text:find("format%(.*" .. name)
    or text:find(name .. ', "%w+"%):')
end

---A line that reads a hash from a value: without an error if a record does not have the value.
---@param text string       an expression
---@param value Candidate
---@return string
function line.guarded(text, value)
  local needed = table.move(value.above, 1, #value.above, 1, {})
  if is_taken_apart(text, value.field) then needed[#needed + 1] = value.field end
  needed[#needed + 1] = text
  return "custom_password_hash = " .. table.concat(needed, " and ")
end

local ASSIGNED <const> = "^custom_password_hash = (.*)$"

---The user with the hash of a line; nil if the line has none for this record, or fails.
---@param text string  "custom_password_hash = password.bcrypt(row.hash)"
---@param scope LineScope
---@return User?
function line.user(text, scope)
  local fn = load("return " .. text:match(ASSIGNED), "=line", "t", {
    row = scope.record, value = scope.value, params = { pepper = scope.pepper },
    password = password, cjson = { decode = cjson.decode }, string = { format = string.format },
    tostring = tostring,
  })
  local ok, hash = false, nil
  if fn then ok, hash = guard.call(fn) end
  if not ok or not hash then return nil end
  return type(hash) == "string" and { password_hash = hash } or { custom_password_hash = hash }
end

return line
