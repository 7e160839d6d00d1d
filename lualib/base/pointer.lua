--- JSON pointers into decoded values: "/results_metadata/next_cursor". Source: RFC 6901.

local json = require "host.json"

local pointer = {}

---Whether a text is a pointer; the whole document, "", is one.
---@param text any
---@return boolean
function pointer.is(text)
  return type(text) == "string" and (text == "" or text:find("^/") ~= nil)
    and not text:find("~[^01]") and not text:find("~$")
end

local function parts_of(text)
  local parts = {}
  for part in text:gmatch("/([^/]*)") do
    parts[#parts + 1] = part:gsub("~1", "/"):gsub("~0", "~")
  end
  return parts
end

local function key_in(value, part)
  if not json.is_array(value) then return part end
  local index = part:find("^%d+$") and math.tointeger(tonumber(part))
  return index and index + 1
end

---What is there; nil if nothing is.
---@param value any  decoded by host.json
---@param text string
---@return any
function pointer.get(value, text)
  for _, part in ipairs(parts_of(text)) do
    local key = type(value) == "table" and key_in(value, part)
    if not key then return nil end
    value = value[key]
  end
  return value
end

local function set(value, parts, at, new)
  local part = parts[at]
  if not part then return new end
  local copy = {}
  if type(value) == "table" then
    for name, member in pairs(value) do copy[name] = member end
    if json.is_array(value) then json.array(copy) end
  end
  local key = key_in(copy, part)
  local member = key and set(copy[key], parts, at + 1, new)
  if member == nil then return nil end
  copy[key] = member
  return copy
end

---A copy in which something else is there; objects that are missing on the way are created. What is
---not on the way is shared.
---@param value any
---@param text string
---@param new any  not nil or false
---@return any copy  nil if it would be the member of a list
function pointer.set(value, text, new)
  return set(value, parts_of(text), 1, new)
end

return pointer
