--- JSON of APIs as people save it: the records themselves, in an array or one after another, or
--- pages of an answer, one after another, with their list at a known place.

local file = require "host.file"
local input = require "source.input"
local json = require "source.json"
local json_head = require "source.json_head"
local pointer = require "base.pointer"

local documents = {}

local NAME <const> = "documents.records"
local ENDINGS <const> = { "json", "ndjson", "jsonl" }
local HEAD <const> = 64 * 1024 -- bytes in which a file shows where its list is

---The first document of a file, as far as it goes; nil for stdin, which cannot be read twice.
---@param path string
---@return any
local function first_of(path)
  if path == "-" then return nil end
  local handle <close> = file.open(path)
  local found = json_head.read(handle and handle:read(HEAD) or "")
  return found and found.values[1]
end

---Where the first document of a file has a list.
---@param path string
---@param pointers string[]  where lists may be, the best first
---@return string?
function documents.place(path, pointers)
  local first = first_of(path)
  for _, one in ipairs(json_head.is_object(first) and pointers or {}) do
    if type(pointer.get(first, one)) == "table" then return one end
  end
end

---@param given string|string[]  a path, a glob, a folder, several separated by commas, or "-"
---@param pointers string[]  where pages have the list: { "/result" }
---@return Records
function documents.records(given, pointers)
  local paths = input.require(NAME, given, ENDINGS)
  return json.records(paths, { pointer = documents.place(paths[1], pointers), optional = true })
end

return documents
