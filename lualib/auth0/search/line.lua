--- Evaluates a line of a mapping as a recipe would: what is shown is what was verified. The search
--- writes the lines; of a source they contain names only, as quoted strings.

local cjson = require "cjson"
local guard = require "base.guard"
local json = require "host.json"
local password = require "auth0.password"

local line = {}

---@class LineScope
---@field record any       of the source
---@field value? string    the hash that the recipe maps now
---@field secrets table<string, string>  parameters, by name
---@field run? fun(expression: string, scope: LineScope): any  where `map` runs; nil: evaluated here

-- Ways to use a value that fail if it is nil, NAME for its expression.
local NEEDING <const> = {
  "NAME[:.%[]", "NAME %.%.", "%.%. NAME", "decode%(NAME", "format%(.*NAME", "<< NAME",
  "tonumber%(NAME",
  'NAME, "%w+"%):', 'NAME, "%w+"%) %.%.', "%.%. password%.bytes%(NAME",
}

---Whether a value is used in a way that fails if it is nil.
---@param name string  its expression as a pattern
local function is_taken_apart(text, name)
  for _, way in ipairs(NEEDING) do
    local pattern = way:gsub("NAME", (name:gsub("%%", "%%%%")))
    if text:find(pattern) then return true end
  end
  return false
end

---What has to be there so that a line does not fail: tables above its values, and values that it
---takes apart.
---@param text string
---@param values Candidate[]  of the record
---@return string[] needed  expressions, the outer ones first
local function needed_by(text, values)
  local needed, seen = {}, {}
  local function add(expression)
    if not seen[expression] then needed[#needed + 1], seen[expression] = expression, true end
  end
  for _, value in ipairs(values) do
    local name = value.field:gsub("%p", "%%%0")
    if (text .. " "):find(name .. "[^%w_]") then
      for _, expression in ipairs(value.above) do add(expression) end
      if is_taken_apart(text, name) then add(value.field) end
    end
  end
  return needed
end

---A line that reads a hash from a record: without an error if the record lacks a value.
---@param text string       an expression
---@param values Candidate[]  of the record
---@return string
function line.guarded(text, values)
  local needed = needed_by(text, values)
  needed[#needed + 1] = text
  return "custom_password_hash = " .. table.concat(needed, " and ")
end

local ASSIGNED <const> = "^custom_password_hash = (.*)$"

---The value of an expression, in a state of our own.
---@param expression string
---@param scope LineScope
local function run_here(expression, scope)
  local fn = load("return " .. expression, "=line", "t", {
    row = scope.record, value = scope.value, params = scope.secrets,
    password = password, cjson = { decode = cjson.decode },
    string = { char = string.char, format = string.format }, tonumber = tonumber,
    tostring = tostring,
  })
  local ok, hash = false, nil
  if fn then ok, hash = guard.call(fn) end
  return ok and hash or nil
end

---The user with the hash of a line; nil if the line has none for this record, or fails, or if JSON
---cannot hold the hash.
---@param text string  "custom_password_hash = password.bcrypt(row.hash)"
---@param scope LineScope
---@return User?
function line.user(text, scope)
  local hash = (scope.run or run_here)(text:match(ASSIGNED), scope)
  if not hash or not json.encode(hash) then return nil end
  return type(hash) == "string" and { password_hash = hash } or { custom_password_hash = hash }
end

return line
