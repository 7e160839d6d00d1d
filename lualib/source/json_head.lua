--- What the beginning of a JSON file holds: its documents, the last of them perhaps cut off.

local cut_json = require "source.cut_json"
local host = require "host.json"
local sorted = require "base.sorted"
local utf16 = require "source.utf16"

local json_head = {}

local OPEN <const> = { ["{"] = "}", ["["] = "]" }
local MOST_BELOW <const> = 4 -- objects around an array of records
local MOST_LOOKED_AT <const> = 20 -- elements of an array, members of an object
local MOST_DOCUMENTS <const> = 1000
local LONGEST_ADDRESS <const> = 320 -- bytes
local MOST_DEPTH <const> = 3 -- of an address in a record

---@class JsonHead
---@field values any[]       the documents, the last one as far as it goes
---@field has_lines boolean  each is on a line of its own

---The end of the document that begins at `from`, or what closes it after its last whole part.
---@return integer? last
---@return integer? whole    the end of that part
---@return string? closers
local function document_end(text, from)
  local stack, at, whole = {}, from, from
  while true do
    local found = text:find('["{}%[%],]', at)
    if not found then return nil, whole, table.concat(stack):reverse() end
    local sign = text:sub(found, found)
    at = found + 1
    if sign == '"' then
      repeat
        found = text:find('["\\]', at)
        at = found and (text:sub(found, found) == "\\" and found + 2 or found + 1)
      until not found or text:sub(found, found) == '"'
      if not found then return nil, whole, table.concat(stack):reverse() end
    elseif sign == "," then
      whole = found - 1
    elseif OPEN[sign] then
      stack[#stack + 1], whole = OPEN[sign], found
    elseif table.remove(stack) ~= sign then
      return nil
    else
      whole = found
    end
    if #stack == 0 then return found end
  end
end

---@param head string  the beginning of a file
---@return JsonHead?   nil: it is not JSON, or a scalar
function json_head.read(head)
  local text = utf16.text(cut_json.joined(head)):gsub("^\xEF\xBB\xBF", "")
  local found = { values = {}, has_lines = true }
  local from, line_end = text:find("[^ \t\r\n]"), nil
  while from do
    if not OPEN[text:sub(from, from)] then return nil end
    if #found.values > 0 and not line_end then found.has_lines = false end
    local last, whole, closers = document_end(text, from)
    if not last and not whole then return nil end
    local document = text:sub(from, last or whole) .. (closers or "")
    local value = host.decode(document)
    if value == nil then return nil end
    found.values[#found.values + 1] = value
    found.has_lines = found.has_lines and not text:sub(from, last or -1):find("\n", 1, true)
    if not last or #found.values == MOST_DOCUMENTS then break end
    from = text:find("[^ \t\r\n]", last + 1)
    line_end = text:sub(last + 1, (from or 0) - 1):find("\n", 1, true)
  end
  return found.values[1] ~= nil and found or nil
end

---Whether a value is an object, and not a list.
---@param value any
---@return boolean
function json_head.is_object(value)
  return type(value) == "table" and not host.is_array(value)
end

---Whether an object has an e-mail address, as records of people have.
---@param value any
---@param depth? integer  of the parts that are looked at, default 3
---@return boolean
function json_head.has_address(value, depth)
  depth = depth or MOST_DEPTH
  if type(value) == "string" then
    return #value <= LONGEST_ADDRESS and value:find("^[^%s@]+@[^%s@]+%.[^%s@]+$") ~= nil
  end
  local looked = 0
  if type(value) ~= "table" or depth == 0 then return false end
  for _, inner in pairs(value) do
    looked = looked + 1
    if looked > MOST_LOOKED_AT then return false end
    if json_head.has_address(inner, depth - 1) then return true end
  end
  return false
end

local function escaped(name)
  return (name:gsub("~", "~0"):gsub("/", "~1"))
end

---Objects in a list, and whether one of the first has an address.
local function look_at(list)
  local n, has_address = 0, false
  for i, element in ipairs(list) do
    if json_head.is_object(element) then
      n = n + 1
      has_address = has_address or i <= MOST_LOOKED_AT and json_head.has_address(element)
    end
  end
  return n, has_address
end

---@class JsonList
---@field pointer string
---@field count integer        objects, as far as the head goes
---@field has_address boolean  they are people, for the most part

---The list of objects inside a document that holds the records: the largest, before all one of
---people.
---@param value any
---@return JsonList?
function json_head.list(value)
  local best
  local function visit(object, pointer, depth)
    for name, inner in sorted.pairs(object) do
      local there = pointer .. "/" .. escaped(name)
      if json_head.is_object(inner) then
        if depth < MOST_BELOW then visit(inner, there, depth + 1) end
      elseif type(inner) == "table" then
        local n, has_address = look_at(inner)
        local is_better = not best or has_address and not best.has_address
          or has_address == best.has_address and n > best.count
        if n > 0 and is_better then
          best = { pointer = there, count = n, has_address = has_address }
        end
      end
    end
  end
  if json_head.is_object(value) then visit(value, "", 1) end
  return best
end

return json_head
