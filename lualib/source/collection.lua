--- Reads a collection of MongoDB, whatever its export is: what mongodump writes (BSON, also its
--- folder), or mongoexport (JSON, CSV).

local beginning = require "source.beginning"
local bson = require "source.bson"
local concat = require "source.concat"
local csv = require "source.csv"
local extended_json = require "source.extended_json"
local failure = require "base.failure"
local file = require "host.file"
local input = require "source.input"
local path = require "base.path"
local recognise = require "source.recognise"

local collection = {}

local NAME <const> = "collection.records"
local ENDINGS <const> = { "bson", "json", "ndjson", "jsonl", "csv", "tsv" }
local ABOUT_A_COLLECTION <const> = "%.metadata%.json" -- its indexes
local BSON <const>, CSV <const> = "source.bson", "source.csv"

---@type table<string, fun(path: string): Reading>
local READERS <const> = {
  [BSON] = function(name) return bson.records(name, { optional = true }) end,
  [CSV] = function(name) return csv.records(name, { detect = true, optional = true }) end,
}

---The files of a folder, a dump of a database, that have a collection of this name; else all.
local function of_folder(paths, names)
  local wanted, kept, others = {}, {}, {}
  for _, name in ipairs(names or {}) do wanted[name] = true end
  for _, one in ipairs(paths) do
    local base = path.basename(one)
    if not base:find(ABOUT_A_COLLECTION) then
      local list = wanted[base:lower():match("^[^.]*")] and kept or others
      list[#list + 1] = one
    end
  end
  return kept[1] and kept or others[1] and others or paths
end

local function open(name)
  local head = name ~= "-" and failure.check(beginning.of(name))
  local best = head and recognise.head(head)[1]
  local read = READERS[best and best.reader] or input.ending(name) == "bson" and READERS[BSON]
  if read then return read(name) end
  return extended_json.records(name, { optional = true })
end

---@param given string|string[]  a path, a glob, a folder, several separated by commas, or "-", from
---  which JSON is read
---@param names? string[]  of collections; in a folder that has one of them, only this is read
---@return Reading
function collection.records(given, names)
  local paths = input.require(NAME, given, ENDINGS)
  local stat = type(given) == "string" and file.stat(given)
  if stat and stat.type == "folder" then paths = of_folder(paths, names) end
  local parts = {}
  for i, one in ipairs(paths) do parts[i] = open(one) end
  return parts[2] and concat(table.unpack(parts)) or parts[1]
end

return collection
