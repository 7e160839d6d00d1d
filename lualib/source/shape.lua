--- Documents of another shape than the recipe expects: what was found in place of its records.

local file = require "host.file"
local host = require "host.json"
local sorted = require "base.sorted"

local shape = {}

local MOST_NAMES <const> = 3 -- in a message
local LONGEST_READ <const> = 16 * 1024 * 1024 -- bytes of a document that is read to describe it

---@class SeenShape  of the first record
---@field arrays host.json.Array[]
---@field pointer string   to the record
---@field found boolean    a member that the recipe read was there

---"an array of 30 objects is at /users"
---@param array host.json.Array
---@return string
local function described(array)
  local what = string.format("%s of %d %s", array.keyed and "an object" or "an array", array.count,
    array.count == 1 and "object" or "objects")
  return array.pointer == "" and "the document is " .. what or what .. " is at " .. array.pointer
end

---What is known of the first record once the recipe has seen it.
---@param reader host.json.reader
---@param asked host.json.asked
---@param pointer? string  of the reader
---@return SeenShape
function shape.of(reader, asked, pointer)
  local arrays, is_element = reader:arrays()
  return {
    arrays = arrays, found = asked:found(),
    pointer = (pointer or "") .. (is_element and "/0" or ""),
  }
end

---How many of the names an array's objects have.
local function score(array, names)
  local n = 0
  for _, name in ipairs(names) do
    if array.first[name] ~= nil then n = n + 1 end
  end
  return n
end

---The array whose objects have most of the names; if the recipe found nothing in the record, else
---the largest.
local function best(seen, names)
  local chosen, most = nil, 0
  for _, array in ipairs(seen.arrays) do
    local n = score(array, names)
    if n > most then chosen, most = array, n end
  end
  if chosen or seen.found then return chosen end
  for _, array in ipairs(seen.arrays) do
    if not chosen or array.count > chosen.count then chosen = array end
  end
  return chosen
end

local function quoted(names)
  local list = {}
  for i = 1, math.min(#names, MOST_NAMES) do list[i] = '"' .. names[i] .. '"' end
  return table.concat(list, ", ")
end

---What to write in place of the reading that found nothing.
local function remedy(seen, array, is_single, lines)
  if array.keyed or not is_single then return "map its objects and return a list of users" end
  local write = string.format('write pointer = "%s%s"', seen.pointer, array.pointer)
  return lines and "read it with source.json and " .. write or write
end

---Why no record has the members that the recipe read; nil if the first one holds no such records.
---@param seen SeenShape
---@param missing string[]    names that no record has
---@param source string       "users.json"
---@param is_single boolean   there was one record
---@param lines? boolean      the source is NDJSON
---@param is_plain? boolean   say only what was found: the recipe cannot be changed
---@return string?
function shape.advice(seen, missing, source, is_single, lines, is_plain)
  local array = #missing > 0 and best(seen, missing)
  if not array then return nil end
  return string.format("no %s in record 1 of %s; %s%s", quoted(missing), source, described(array),
    is_plain and "" or ": " .. remedy(seen, array, is_single, lines))
end

---The kind of a record that is not an object: "a list of 2".
---@param record any
---@return string?
function shape.kind(record)
  local kind = type(record)
  if kind == "userdata" and record ~= host.null then return nil end
  if host.is_array(record) then return string.format("a list of %d", #record) end
  return record == host.null and "null" or "a " .. kind
end

---What a document holds that has nothing at a pointer: "; an array of 30 objects is at /users".
---@param path string
---@return string
function shape.instead(path)
  local handle <close> = path ~= "-" and file.open(path) or nil
  local reader <close> = handle and host.reader(handle, { limit = LONGEST_READ }) or nil
  local record = reader and reader:next()
  if type(record) ~= "userdata" or record == host.null then return "" end
  local found, largest = reader:arrays(), nil
  for _, array in ipairs(found) do
    if not largest or array.count > largest.count then largest = array end
  end
  if largest then return "; " .. described(largest) end
  local names = sorted.keys(record)
  if #names == 0 then return "; it is empty" end
  return string.format("; it has %s%s", quoted(names), #names > MOST_NAMES and ", …" or "")
end

return shape
