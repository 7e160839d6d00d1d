--- Joins a second source: `lookup(records, key)` keeps its records on disk, indexed by a key, in
--- constant memory.

local bad_record = require "source.bad_record"
local failure = require "base.failure"
local host = require "host.lookup"
local json = require "host.json"
local lookup_names = require "source.lookup_names"
local reading = require "source.reading"
local spelling = require "base.spelling"
local type_name = require "base.type_name"

local METHODS <const> = { "all", "close", "count", "get" }

---@class Lookup
---@field private texts host.lookup.lookup  JSON
---@field private names LookupNames
local Lookup = { __name = "lookup" }
Lookup.__index = Lookup
---`plans[row.plan]` has a value for a name, which is not shown.
setmetatable(Lookup, { __index = function(_, name)
  local near = type(name) == "string" and spelling.find(name, METHODS)
  if not near then error("a lookup is not a table: write lookup:get(value)", 2) end
  error(string.format('a lookup has no %s; did you mean "%s"?', name, near), 2)
end })

---@class LookupUse
---@field name? string    of its file; nil: the records are not those of a reader
---@field key? string     the column
---@field hits integer    values that had a record
---@field misses integer  values that had none, nil included
---@field report fun()     adds the warnings of the end of the recipe's source

---@class LookupNotes  of all lookups of a recipe
---@field warnings {code: string, message: string}[]  of the looked-up sources
---@field add fun(use: LookupUse)  gets the use of each lookup that is made
---@field is_read fun(): boolean   whether it is the recipe that reads now, and not the program

-- Not in the lookup: a recipe could write there.
---@type table<Lookup, LookupUse>
local uses = setmetatable({}, { __mode = "k" })

---Keys are compared as text: a CSV file's "7" finds a JSON file's 7.
local function key_text(value)
  local number = math.type(value)
  if number == "float" and math.tointeger(value) then value = math.tointeger(value) end
  if number or type(value) == "boolean" then return tostring(value) end
  return type(value) == "string" and value or nil
end

local function iterator(records)
  local meta = getmetatable(records)
  if type(records) == "function" or (type(meta) == "table" and meta.__call) then return records end
  if type(records) ~= "table" then
    error("source.lookup expects records, got " .. type_name.of(records), 3)
  end
  local i = 0
  return function()
    i = i + 1
    return records[i], "#" .. i
  end
end

---@return integer read
local function load(self, next_record, key)
  local texts, read = self.texts, 0
  for record, at in next_record do
    read = read + 1
    if bad_record.is(record) then failure.raise(at .. ": " .. record.message, "parse") end
    local name
    if type(key) == "function" then name = key(record) else name = record[key] end
    name = key_text(name)
    local plain = json.materialize(record)
    self.names:add(plain)
    if name then
      local text, message, kind = json.encode(plain)
      if not text then failure.raise(at .. ": " .. message, kind) end
      failure.check(texts:add(name, text))
    end
  end
  failure.check(texts:finish())
  return read
end

---Raises that no record has the key.
local function refuse(names, read, key)
  local what = type(key) == "string" and '"' .. key .. '"' or "a key"
  failure.raise(string.format("no record of %s has %s (records read: %d)%s", names.source, what,
    read, type(key) == "string" and names:hint(key) or ""), "parse")
end

---@param notes? LookupNotes
local function note(notes, use, reader)
  if not notes then return end
  notes.add(use)
  -- such as columns that the key's function did not find
  for _, warning in ipairs(reader and reader:warnings() or {}) do
    table.insert(notes.warnings, warning)
  end
end

---Reads all records and omits those without a key. A broken record is a failure, because its key
---is unknown.
---@param notes? LookupNotes
---@param records Reading|table|fun(): any, string?
---@param key string|fun(record: any): any  a column name, or a function of the record
---@return Lookup
local function new(notes, records, key)
  if type(key) ~= "string" and type(key) ~= "function" then
    error("source.lookup expects a key: a column name or a function", 3)
  end
  local next_record = iterator(records)
  local reader = reading.is(records) and records or nil
  local self = setmetatable({
    texts = failure.check(host.new()), names = lookup_names.new(reader, notes),
  }, Lookup)
  local read = load(self, next_record, key)
  if read > 0 and self.texts:count() == 0 then refuse(self.names, read, key) end
  uses[self] = {
    name = reader and reader:name(),
    key = type(key) == "string" and key or nil, hits = 0, misses = 0,
    report = function() self.names:report() end,
  }
  note(notes, uses[self], reader)
  return self
end

---`lookup.get(value)` would look for nothing in the value.
local function check_self(self, method)
  if getmetatable(self) == Lookup then return end
  error(string.format("write lookup:%s(value), with a colon", method), 3)
end

local function count(self, has_record)
  local use = uses[self]
  if has_record then use.hits = use.hits + 1 else use.misses = use.misses + 1 end
end

---The first record with this key, as a plain table.
---@param value any
---@return table?
function Lookup:get(value)
  check_self(self, "get")
  local name = key_text(value)
  local text = name and failure.check(self.texts:get(name))
  count(self, text)
  return text and self.names:watch(json.decode(text)) or nil
end

---All records with this key, in the order of their file.
---@param value any
---@return table[]
function Lookup:all(value)
  check_self(self, "all")
  local found, name = {}, key_text(value)
  local texts = name and failure.check(self.texts:all(name)) or {}
  for i, text in ipairs(texts) do found[i] = self.names:watch(json.decode(text)) end
  count(self, found[1])
  return found
end

---@return integer  records with a key
function Lookup:count()
  return self.texts:count()
end

---Deletes the data on disk; garbage collection does the same.
function Lookup:close()
  self.texts:close()
end

Lookup.__close = Lookup.close

---The module, called as `lookup(records, key)` or `lookup.new(records, key)`. No tail calls: an
---error names these functions.
---@param notes? LookupNotes
---@return table module
local function noting(notes)
  local function made(records, key) return (new(notes, records, key)) end
  return setmetatable({ new = made, noting = noting }, {
    __call = function(_, records, key) return (new(notes, records, key)) end,
  })
end

return noting()
