--- What a value is, in the words of people who write recipes: JSON null and records have names.

local json = require "host.json"

local type_name = {}

---"string", "null", "record", …
---@param value any
---@return string
function type_name.of(value)
  if value == json.null then return "null" end
  local name = type(value)
  return name == "userdata" and "record" or name
end

---The same with an article, for a sentence: "a string", "null".
---@param value any
---@return string
function type_name.a(value)
  local name = type_name.of(value)
  return (name == "null" or name == "nil") and name or "a " .. name
end

return type_name
