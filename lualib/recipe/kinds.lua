--- The kinds of a recipe's parameters: what each accepts, and the value that it makes of a text.

local phone = require "source.phone"
local sorted = require "base.sorted"
local spelling = require "base.spelling"

local kinds = {}

---@alias ParamKind
---| "text"
---| "input"    # what readers take: a path, a pattern, a directory, several, or "-"
---| "file"     # the path of one file
---| "number"   # becomes an integer or a float
---| "boolean"  # becomes true or false
---| "country"  # of phone numbers; becomes "49" or "DE"
---| "secret"
---| string[]   # one of these texts

---@class ParamKindRules
---@field says string  what it accepts, as in "must be a number"
---@field word string  stands for a value in a command, as in `rounds=NUMBER`
---@field note? string for the help of a recipe
---@field read fun(text: string): any, string?  the value; nil if it is not accepted, and what was
---  probably meant, if known

local function any(text)
  return text
end

local function not_empty(text)
  return text ~= "" and text or nil
end

local BOOLEANS <const> = {
  ["true"] = true, yes = true, on = true, ["1"] = true,
  ["false"] = false, no = false, off = false, ["0"] = false,
}

---A decimal number. Digits that do not fit a 64-bit integer would lose some as a float.
local function number(text)
  if text:find("^[+-]?%d+$") then return math.tointeger(tonumber((text:gsub("^%+", "")))) end
  local is_decimal = text:find("^[+-]?%d*%.?%d*$") or text:find("^[+-]?%d*%.?%d*[eE][+-]?%d+$")
  local value = is_decimal and tonumber((text:gsub("^%+", ""))) or nil
  return value and value - value == 0 and value or nil
end

---@type table<string, ParamKindRules>
local RULES <const> = {
  text = { says = "a text", word = "VALUE", read = any },
  secret = { says = "a text", word = "@FILE", read = any },
  input = {
    says = "a path, a pattern, a directory or -, not empty", word = "PATH", read = not_empty,
  },
  file = { says = "the path of a file, not empty", word = "FILE", read = not_empty },
  number = {
    says = "a number such as 49 or 0.5", word = "NUMBER", note = "a number", read = number,
  },
  boolean = {
    says = "true or false (also yes, no, on, off, 1, 0)", word = "true", note = "true or false",
    read = function(text) return BOOLEANS[text:lower()] end,
  },
  country = {
    says = "a calling code or a country, such as 49, +49 or DE", word = "DE",
    note = "a country: 49 or DE", read = phone.country,
  },
}

---The names of the kinds, those that are lists of choices aside, sorted.
---@return string[]
function kinds.names()
  return sorted.keys(RULES)
end

kinds.EXPECTED = "text, input, file, number, boolean, country, secret or a list of choices"

---The rules of a list of choices.
local function choices(list)
  return {
    says = "one of " .. table.concat(list, ", "), word = list[1],
    note = "one of " .. table.concat(list, ", "),
    read = function(text)
      for _, choice in ipairs(list) do
        if choice == text then return choice end
      end
      return nil, spelling.find(text, list)
    end,
  }
end

---@param declared ParamDeclaration
---@return ParamKindRules
local function rules_of(declared)
  local kind = declared.secret and "secret" or declared.kind or "text"
  return type(kind) == "table" and choices(kind) or RULES[kind]
end

---@param declared ParamDeclaration
---@return boolean
function kinds.is_secret(declared)
  return declared.secret == true or declared.kind == "secret"
end

---Whether a value is a kind: a known name, or a list of texts that are not empty.
---@param value any
---@return boolean
function kinds.is_kind(value)
  if type(value) ~= "table" then return RULES[value] ~= nil end
  local count = 0
  for key, choice in pairs(value) do
    count = count + 1
    if math.type(key) ~= "integer" or type(choice) ~= "string" or choice == "" then return false end
  end
  return count > 0 and count == #value
end

---What is wrong with a default.
local function wrong_default(where, declared)
  local default = declared.default
  if default == nil or declared.kind == nil then return nil end
  local rules = rules_of(declared)
  if rules.read(tostring(default)) ~= nil then return nil end
  return string.format("%s.default must be %s, not \"%s\"", where, rules.says, tostring(default))
end

---What is wrong with a declaration whose fields have the right types.
---@param where string  "params.country"
---@param declared ParamDeclaration
---@return string? wrong
function kinds.check(where, declared)
  local secret = kinds.is_secret(declared)
  if secret and declared.default ~= nil then
    return where .. " is secret and cannot have a default in the recipe"
  elseif secret and declared.kind ~= nil and declared.kind ~= "secret" then
    return where .. " is secret and cannot have another kind"
  elseif declared.secret == false and declared.kind == "secret" then
    return where .. " has the kind secret and secret = false; remove one"
  end
  return wrong_default(where, declared)
end

---The value of a text.
---@param declared ParamDeclaration
---@param text string
---@return any value
---@return string? wrong  'must be a number such as 49 or 0.5, not "x"'
---@return string? near   the choice that was probably meant
function kinds.read(declared, text)
  local rules = rules_of(declared)
  local value, near = rules.read(text)
  if value ~= nil then return value end
  local hint = near and string.format('; did you mean "%s"?', near) or ""
  return nil, string.format("must be %s, not \"%s\"%s", rules.says, text, hint), near
end

---A default that was checked; nil if there is none. Without a kind it is what the recipe says.
---@param declared ParamDeclaration
---@return any
function kinds.default(declared)
  if declared.kind == nil or declared.default == nil then return declared.default end
  return (rules_of(declared).read(tostring(declared.default)))
end

---What a parameter accepts: "a number such as 49 or 0.5".
---@param declared ParamDeclaration
---@return string
function kinds.says(declared)
  return rules_of(declared).says
end

---The word for a value in a command.
---@param declared ParamDeclaration
---@return string
function kinds.word(declared)
  return rules_of(declared).word
end

---What the help of a recipe says about the kind, if anything.
---@param declared ParamDeclaration
---@return string?
function kinds.note(declared)
  return rules_of(declared).note
end

return kinds
