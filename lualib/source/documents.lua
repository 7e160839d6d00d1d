--- JSON of APIs as people save it: the records themselves, in an array or one after another, or
--- pages of an answer, one after another, with their list at a known place.

local failure = require "base.failure"
local file = require "host.file"
local host = require "host.json"
local input = require "source.input"
local json = require "source.json"
local json_head = require "source.json_head"
local pointer = require "base.pointer"

local documents = {}

local NAME <const> = "documents.records"
local ENDINGS <const> = { "json", "ndjson", "jsonl" }
local HEAD <const> = 64 * 1024 -- bytes in which a file shows where its list is

---The first document of a file, as far as it goes; nil for stdin, which cannot be read twice.
local function first_of(path)
  if path == "-" then return nil end
  local handle <close> = file.open(path)
  local found = json_head.read(handle and handle:read(HEAD) or "")
  return found and found.values[1]
end

---Whether the first file begins as JSON. Stdin, which is not looked at, is taken for it.
---@param given string|string[]  as for `records`
---@param endings? string[]      of files in a folder
---@return boolean
function documents.is(given, endings)
  local path = input.require(NAME, given, endings or ENDINGS)[1]
  return path == "-" or first_of(path) ~= nil
end

---Where the first document of the first file has a list.
---@param given string|string[]  as for `records`
---@param pointers string[]  where lists may be, the best first
---@return string?
function documents.place(given, pointers)
  local first = first_of(input.require(NAME, given, ENDINGS)[1])
  for _, one in ipairs(json_head.is_object(first) and pointers or {}) do
    if type(pointer.get(first, one)) == "table" then return one end
  end
end

---@param given string|string[]  a path, a glob, a folder, several separated by commas, or "-"
---@param pointers string[]  where pages have the list: { "/result" }
---@return Records
function documents.records(given, pointers)
  local paths = input.require(NAME, given, ENDINGS)
  return json.records(paths, { pointer = documents.place(paths, pointers), optional = true })
end

local MOST_BYTES <const> = 1 << 31 -- of an element that is passed over

---A record with a member of the element around it. Anything else stays as it is.
local function marked(record, name, member)
  if type(record) ~= "userdata" or not name or not member then return record end
  local copy = { [name] = member }
  for key, value in pairs(record) do copy[key] = value end
  return copy
end

---Whether a file has a list there, which may be empty.
local function has_list(path, place)
  local handle <close> = failure.check(file.open(path))
  local reader <close> = host.reader(handle, { pointer = place, limit = MOST_BYTES })
  local record, _, kind = reader:next()
  return record ~= nil or kind ~= "missing"
end

---Yields the records of a list, with their places.
local function yield_all(path, place, mark, member)
  local records <close> = json.records(path, { pointer = place, optional = true })
  for record, at in records do coroutine.yield(marked(record, mark, member), at) end
end

---The elements of lists inside the elements of a list: the users of all organizations. The file is
---read once for each of the outer elements, so that none of them is held in memory.
---@param given string|string[]  not stdin
---@param outer string    pointer: "/orgs"
---@param inner string[]  names of the lists: { "humanUsers" }
---@param mark? string    a member of the outer element, which each record gets
---@return fun(): table?, string?  record and place
function documents.inside(given, outer, inner, mark)
  local paths = input.require(NAME, given, ENDINGS)
  if paths[1] == "-" then
    failure.raise("stdin can be read once only, and this export is read several times: save it "
      .. "to a file", "usage")
  end
  return coroutine.wrap(function()
    for _, path in ipairs(paths) do
      local marks = {}
      for element in json.records(path, { pointer = outer, limit = MOST_BYTES, optional = true }) do
        marks[#marks + 1] = mark and type(element) == "userdata" and element[mark] or false
      end
      for i, one in ipairs(marks) do
        for _, name in ipairs(inner) do
          local place = string.format("%s/%d/%s", outer, i - 1, name)
          if has_list(path, place) then yield_all(path, place, mark, one) end
        end
      end
    end
  end)
end

return documents
