--- The expressions that read columns in a recipe, and the locals and functions that they need.

local lua_text = require "new.lua_text"
local names = require "new.names"

local ways = {}

-- Names that mean something else in a recipe.
local TAKEN <const> = {}
for word in ([[row params position reason kept email phone totp value password migrate
  lookup join user
  object primary named within joined found type tostring table string pairs ipairs next math
  csv cjson ndjson json xml ldif dump sqlite bson extended_json yaml]]):gmatch("%S+") do
  TAKEN[word] = true
end

---@class Ways
---@field lines string[]               of `map`, in order: locals
---@field helpers table<string, true>  functions of the recipe that they call
---@field private marks table<string, string>  see marks_of
---@field private made table<string, string>  the local of each container, by its key
---@field private taken table<string, true>
local Ways = {}
Ways.__index = Ways

---How a list says which of its items is the primary one, by its key.
local function marks_of(columns)
  local marks = {}
  for _, column in ipairs(columns) do
    local list, member = column.key:match("^(.*)%[%]%.([^.]+)$")
    local words = column.words
    if member == "primary" and column.types.boolean then
      marks[list] = "primary"
    elseif list and (words.primary or words.PRIMARY or words.Primary) and not marks[list] then
      marks[list] = member
    end
  end
  return marks
end

---@param columns Column[]  all of the export
---@return Ways
function ways.new(columns)
  return setmetatable({
    marks = marks_of(columns),
    lines = {}, helpers = {}, made = {}, taken = setmetatable({}, { __index = TAKEN }),
  }, Ways)
end

---A free name for a local.
---@param wanted string
---@return string
function Ways:name(wanted)
  local base = names.snake(wanted)
  if not lua_text.is_name(base) then base = "the_" .. base end
  return names.take(base, self.taken)
end

local function key_of(way, last)
  local parts = {}
  for i = 1, last do parts[i] = way[i].kind .. "\0" .. (way[i].name or "") end
  return table.concat(parts, "\0\0")
end

---The last name on the way to a container.
local function wanted_name(way, last)
  for i = last, 1, -1 do
    if way[i].kind == "member" then return way[i].name end
  end
  return "object"
end

local function path_of(way, last)
  local parts = {}
  for i = 1, last do parts[i] = way[i].name end
  return table.concat(parts, ".")
end

---@private
function Ways:define(way, last, helper, expression, kind)
  local key = kind .. "\0\0\0" .. key_of(way, last)
  if not self.made[key] then
    local wanted = wanted_name(way, last)
    if self.taken[names.snake(wanted)] and last > 1 then
      wanted = wanted_name(way, last - 1) .. "_" .. wanted
    end
    local name = self:name(wanted)
    self.made[key], self.helpers[helper] = name, true
    table.insert(self.lines, string.format("local %s = %s", name, expression))
  end
  return self.made[key]
end

---The table in which a step finds its member; never nil.
---@private
function Ways:container(way, last)
  if last == 0 then return "row" end
  local step = way[last]
  if step.kind == "item" then
    local list = self:expression(way, last - 1)
    local mark = self.marks[path_of(way, last - 1)]
    if not mark then
      return self:define(way, last, "object", "object(value.first(" .. list .. "))", "item")
    end
    return self:define(way, last, "primary", string.format("primary(%s, %s)", list,
      lua_text.quoted(mark)), "item")
  elseif step.kind == "json" then
    local written = self:expression(way, last - 1)
    return self:define(way, last, "object", "object(value.json(" .. written .. "))", "json")
  end
  return self:define(way, last, "object", "object(" .. self:expression(way, last) .. ")", "object")
end

local function all_of(list, step)
  local inner = step.member and ", " .. lua_text.quoted(step.member) or ""
  return string.format("all_of(%s, %s%s)", list, lua_text.quoted(step.name), inner)
end

---@private
function Ways:expression(way, last)
  local step = way[last]
  if step.kind == "all" then
    self.helpers.all_of = true
    return all_of(self:expression(way, last - 1), step)
  end
  if step.kind == "first" then return "value.first(" .. self:expression(way, last - 1) .. ")" end
  if step.kind == "pair" then
    local list = self:expression(way, last - 1)
    local object = self:define(way, last - 1, "named", string.format("named(%s, %s, %s)", list,
      lua_text.quoted(step.names[1]), lua_text.quoted(step.names[2])), "named")
    return lua_text.member(object, step.name)
  elseif step.kind == "member" then
    return lua_text.member(self:container(way, last - 1), step.name)
  end
  return self:container(way, last)
end

---An expression for which the words for nothing in its column are nil.
local function without_nothing(column, expression)
  if not column.nothing then return expression end
  local words = {}
  for i, word in ipairs(column.nothing) do words[i] = lua_text.quoted(word) end
  return string.format("value.null_if(%s, %s)", expression, table.concat(words, ", "))
end

---The expression of a column's value. Adds the locals that it needs.
---@param column Column
---@return string
function Ways:of(column)
  return without_nothing(column, self:expression(column.way, #column.way))
end

---The way to a column written out.
---@param member fun(made: string, step: Step, i: integer): string
---@param first fun(made: string, step: Step): string
local function written_out(column, member, first)
  local made = "row"
  for i, step in ipairs(column.way) do
    if step.kind == "member" then
      made = member(made, step, i)
    elseif step.kind == "pair" then
      made = string.format("named(%s, %s, %s)", made, lua_text.quoted(step.names[1]),
        lua_text.quoted(step.names[2]))
      made = lua_text.member(made, step.name)
    elseif step.kind == "all" then
      made = all_of(made, step)
    elseif step.kind == "json" then
      made = "value.json(" .. made .. ")"
    else
      made = first(made, step)
    end
  end
  return made
end

---The way to a column written out, as `prove` shows it: it fails where a part of it is missing.
---@param column Column
---@return string
function ways.raw(column)
  return written_out(column, function(made, step) return lua_text.member(made, step.name) end,
    function(made) return made .. "[1]" end)
end

---The same for a comment that may be uncommented: nil where a part of it is missing.
---@param column Column
---@return string
function ways.alone(column)
  return without_nothing(column, written_out(column, function(made, step, i)
    return lua_text.member(i == 1 and made or "(" .. made .. " or {})", step.name)
  end, function(made, step)
    return step.kind == "first" and "value.first(" .. made .. ")" or "(" .. made .. " or {})[1]"
  end))
end

---The functions, as lines of a recipe.
---@type table<string, string[]>
local HELPERS <const> = {
  object = {
    "---The table, or an empty one in place of anything else.",
    "local function object(given) return type(given) == \"table\" and given or {} end",
  },
  primary = {
    "---The item of a list that is marked as the primary one, else its first one.",
    "local function primary(list, mark)",
    "  if type(list) ~= \"table\" then return {} end",
    "  for _, item in ipairs(list) do",
    "    local is_called_so = tostring(item[mark]):lower() == \"primary\"",
    "    if item[mark] == true or is_called_so then return item end",
    "  end",
    "  return list[1] or {}",
    "end",
  },
  named = {
    "---The values of a list of names and values, by name.",
    "local function named(list, name, member)",
    "  local found = {}",
    "  for _, item in ipairs(type(list) == \"table\" and list or {}) do",
    "    if type(item[name]) == \"string\" then found[item[name]] = item[member] end",
    "  end",
    "  return found",
    "end",
  },
  all_of = {
    "---The values that the records of a list have under a name, or under another one inside.",
    "local function all_of(list, name, inner)",
    "  local found = migrate.array {}",
    "  for _, item in ipairs(list or {}) do",
    "    local one = item[name]",
    "    if inner then one = type(one) == \"table\" and one[inner] or nil end",
    "    found[#found + 1] = one",
    "  end",
    "  return found",
    "end",
  },
  within = {
    "---A text that is not longer than Auth0 accepts; nil for a longer one.",
    "local function within(given, most)",
    "  return given and value.length(given) <= most and given or nil",
    "end",
  },
}

local ORDER <const> = { "object", "primary", "named", "all_of", "within" }

---The functions that the expressions call, as lines of a recipe.
---@return string[]
function Ways:helper_lines()
  local lines = {}
  for _, helper in ipairs(ORDER) do
    if self.helpers[helper] then
      for _, line in ipairs(HELPERS[helper]) do lines[#lines + 1] = line end
      lines[#lines + 1] = ""
    end
  end
  return lines
end

return ways
