--- Values as PHP's serialize() writes them, such as the roles of WordPress.

local json = require "host.json"

local php = {}

local DEPTH <const> = 100

---@class PhpText  what is left of a serialized text
---@field text string
---@field at integer

local read_value

---The match of a pattern at the current place, which it passes.
local function take(source, pattern)
  local from, to, found = source.text:find("^" .. pattern, source.at)
  if not from then return nil end
  source.at = to + 1
  return found or true
end

---A string whose length in bytes is before it: 5:"hello"
local function read_bytes(source)
  local size = math.tointeger(tonumber(take(source, "(%d+):\"")))
  local stop = size and source.at + size
  if not stop or stop > #source.text or source.text:sub(stop, stop) ~= '"' then return nil end
  local bytes = source.text:sub(source.at, stop - 1)
  source.at = stop + 1
  return bytes
end

local function read_text(source)
  local bytes = read_bytes(source)
  return bytes and take(source, ";") and bytes or nil
end

local function read_integer(source)
  local digits = take(source, "([+-]?%d+);")
  return digits and (math.tointeger(tonumber(digits)) or digits)
end

---Text for what JSON has no number for: INF, -INF and NAN.
local function read_float(source)
  local digits = take(source, "([%w.+-]+);")
  if digits == "INF" or digits == "-INF" or digits == "NAN" then return digits end
  if not digits or digits:find("[xXnN]") then return nil end
  return tonumber(digits)
end

local function read_boolean(source)
  local digit = take(source, "([01]);")
  if digit then return digit == "1" end
end

local function read_null(source)
  if take(source, ";") then return json.null end
end

local function read_key(source)
  local kind = take(source, "([is]):")
  if kind == "i" then return read_integer(source) end
  return kind and read_text(source)
end

---A property of an object that is not public has its class or "*" before it, between zero bytes.
local function plain(key)
  return type(key) == "string" and key:match("^%z[^%z]*%z(.*)$") or key
end

---The members between braces. The keys of a list, 0, 1 and so on, become those of Lua; all other
---keys are text.
local function read_members(source, depth)
  local count = math.tointeger(tonumber(take(source, "(%d+):{")))
  if not count or count > #source.text or depth > DEPTH then return nil end
  local keys, values, is_list = {}, {}, true
  for i = 1, count do
    local key = read_key(source)
    local value = key ~= nil and read_value(source, depth + 1)
    if key == nil or value == nil or key == false then return nil end
    is_list = is_list and key == i - 1
    keys[i], values[i] = plain(key), value
  end
  if not take(source, "}") then return nil end
  if is_list then return json.array(values) end
  local members = {}
  for i = 1, count do members[tostring(keys[i])] = values[i] end
  return members
end

---The properties of an object; its class is not kept.
local function read_object(source, depth)
  if not read_bytes(source) or not take(source, ":") then return nil end
  return read_members(source, depth) or nil
end

---The case of an enumeration: "Status:Active"
local function read_case(source)
  return read_text(source)
end

local KINDS <const> = {
  a = read_members, b = read_boolean, d = read_float, E = read_case, i = read_integer,
  O = read_object, s = read_text,
}

---nil: it is broken. References (r, R) and classes with a format of their own (C) are, too.
function read_value(source, depth)
  if take(source, "N") then return read_null(source) end
  local read = KINDS[take(source, "(%a):")]
  if read then return read(source, depth) end
end

---The value of a serialized text; nil if it is null, or not such a text. Lists are lists, other
---arrays and objects tables whose keys are text, null inside them is JSON's.
---@param text any
---@return any
function php.unserialize(text)
  if type(text) ~= "string" then return nil end
  local source = { text = text, at = 1 }
  local value = read_value(source, 1)
  if value == json.null or source.at ~= #text + 1 then return nil end
  return value
end

return php
