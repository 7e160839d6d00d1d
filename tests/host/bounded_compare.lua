--- Calls a function of host.bounded and Lua's own, and compares all that can be seen.

local bounded = require "host.bounded"
local tap = require "tests.tap"

local LUA <const> = { string = string, table = table }
local MOST_MATCHES <const> = 40 -- of one gmatch

local compare = {}

---A message without what differs between releases of Lua 5.4, or with the way of the call.
local function plain(message)
  return (tostring(message):gsub(" to '[%w_.?]+'", ""):gsub(" in replacement string$", "")
    :gsub("^bad argument #%d %(position", "bad argument (position"))
end

---All that the iterator of gmatch returns.
local function drain(iterator)
  local all = {}
  for i = 1, MOST_MATCHES do
    local found = table.pack(iterator())
    if found.n == 0 or found[1] == nil then break end
    all[i] = found
  end
  return all
end

local function outcome(fn, name, ...)
  local result
  if name == "gmatch" then
    result = table.pack(pcall(function(...) return drain(fn(...)) end, ...))
  else
    result = table.pack(pcall(fn, ...))
  end
  if not result[1] then result[2] = plain(result[2]) end
  return result
end

---A copy of a list that is not a proxy.
local function copied(value)
  if type(value) ~= "table" or getmetatable(value) then return value end
  local copy = {}
  for k, v in pairs(value) do copy[k] = v end
  return copy
end

local function arguments(...)
  local list = table.pack(...)
  for i = 1, list.n do list[i] = copied(list[i]) end
  return list
end

local function described(name, ...)
  local words = {}
  for i, value in ipairs(table.pack(...)) do
    words[i] = type(value) == "string" and string.format("%q", value):sub(1, 80) or tostring(value)
  end
  return name .. "(" .. table.concat(words, ", ") .. ")"
end

---Fails unless both do the same: results, messages, and changes to the tables that were passed.
---@param library "string"|"table"
---@param name string
function compare.same(library, name, ...)
  local own, stock = arguments(...), arguments(...)
  local actual = outcome(bounded[library][name], name, table.unpack(own, 1, own.n))
  local expected = outcome(LUA[library][name], name, table.unpack(stock, 1, stock.n))
  local what = described(name, ...)
  tap.equal(actual, expected, what)
  tap.equal(own, stock, what)
end

return compare
