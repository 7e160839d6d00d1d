--- Lua's own messages in the words of people who write recipes. Lua knows neither JSON null nor the
--- names that a recipe may have meant.

local spelling = require "base.spelling"

local lua_words = {}

---What to write in place of the name that held null.
local function instead(name)
  return string.format("; JSON null is not nil: value.null_if(%s) is nil for null", name)
end

local NAMED <const> = { field = true, global = true, ["local"] = true, upvalue = true }

-- Lua's names for null.
local NULLS <const> = { "a userdata value", "light userdata", "%f[%w]userdata%f[%W]" }

---Lua knows no null: "attempt to index a userdata value (field 'name')".
local function with_null(said)
  local doing, what, name =
    said:match("^attempt to (.+) a userdata value %((%l+) '([%a_][%w_]*)'%)$")
  if NAMED[what] then
    return string.format("attempt to %s null (%s '%s')%s", doing, what, name,
      instead(what == "field" and "record." .. name or name))
  end
  local told = said
  for _, null in ipairs(NULLS) do told = told:gsub(null, "null") end
  return told == said and said or told .. instead("x")
end

---Names that Lua gives to what has none.
local function without_riddles(said)
  said = said:gsub(" %(field '%?'%)", ""):gsub(" %(field 'integer index'%)", "")
  local found = said:match("^bad argument #1 to 'for iterator' %(table expected, got (.+)%)$")
  return found and string.format("attempt to loop over %s with pairs, which expects a table",
    found == "no value" and "nothing" or found) or said
end

---The name that was meant, of a global function or a method that does not exist. A field may be one
---of a record's.
local function with_hint(said, names)
  local what, missing = said:match("^attempt to call a nil value %((%l+) '([%a_][%w_]*)'%)$")
  if what ~= "global" and what ~= "method" then return said end
  return said .. spelling.hint(missing, names)
end

---@param said string     by Lua, or a function of its library, without a place
---@param names string[]  of functions that a recipe may call
---@return string
function lua_words.of(said, names)
  return with_hint(with_null(without_riddles(said)), names)
end

return lua_words
