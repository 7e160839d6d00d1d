--- Suggests the name that the user probably meant.

local sorted = require "base.sorted"
local text = require "host.text"
local type_name = require "base.type_name"

local spelling = {}

local CLOSE <const> = 3 -- one letter in this many may differ, but at least two

---The name closest to `word`, ignoring case; nil if none is close.
---@param word string
---@param names string[]
---@return string?
function spelling.find(word, names)
  local best, best_distance
  local given = word:lower():sub(1, 200)
  for _, name in ipairs(names) do
    local distance = text.distance(given, name:lower():sub(1, 200))
    if not best or distance < best_distance then best, best_distance = name, distance end
  end
  local allowed = math.max(#given > 3 and 2 or 1, #given // CLOSE)
  return best and best_distance <= allowed and best or nil
end

---`; did you mean "email"?`, or "".
---@param word string
---@param names string[]
---@return string
function spelling.hint(word, names)
  local name = spelling.find(word, names)
  return name and string.format('; did you mean "%s"?', name) or ""
end

---Raises, two levels up, if `options` has a key that is not in `known`.
---@param what string  "csv.records"
---@param options table?
---@param known string[]
function spelling.check_options(what, options, known)
  if options == nil then return end
  if type(options) ~= "table" then error(what .. ": options must be a table", 3) end
  local allowed = {}
  for _, name in ipairs(known) do allowed[name] = true end
  for name in pairs(options) do
    if not allowed[name] then
      local word = tostring(name)
      error(string.format('%s has no option "%s"%s', what, word, spelling.hint(word, known)), 3)
    end
  end
end

---Raises, two levels up, if an option is of another type than the one it must have.
---@param what string  "csv.records"
---@param options table?
---@param types table<string, string>  by option: "string"
function spelling.check_types(what, options, types)
  for name, kind in pairs(types) do
    local value = options and options[name]
    if value ~= nil and type(value) ~= kind then
      error(string.format("%s: %s must be a %s, not %s", what, name, kind, type_name.a(value)), 3)
    end
  end
end

---A module whose unknown names raise, with the nearest one: for code that is written by people.
---@param what string     its name
---@param module table    its metatable gets an __index, unless it has one
---@return table module
function spelling.strict(what, module)
  local meta = getmetatable(module)
  if meta and (type(meta) ~= "table" or meta.__index) then return module end
  local names = sorted.names(module)
  return setmetatable(module, {
    __metatable = false, __call = meta and meta.__call,
    __index = function(_, name)
      local hint = spelling.hint(tostring(name), names)
      if hint == "" then hint = "; it has " .. table.concat(names, ", ") end
      error(string.format("%s has no %s%s", what, tostring(name), hint), 2)
    end,
  })
end

return spelling
