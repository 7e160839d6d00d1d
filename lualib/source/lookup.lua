--- Joins a second source: `lookup(records, key)` keeps its records on disk, indexed by a key, in
--- constant memory.

local bad_record = require "source.bad_record"
local failure = require "base.failure"
local host = require "host.lookup"
local iterator = require "source.iterator"
local json = require "host.json"
local lookup_names = require "source.lookup_names"
local reading = require "source.reading"
local record_text = require "source.record_text"
local spelling = require "base.spelling"
local uuid = require "source.uuid"

local OPTIONS <const> = { "few" }
local METHODS <const> = { "all", "close", "count", "get", "unused" }

---@class Lookup
---@field private texts host.lookup.lookup  of record_text
---@field private names LookupNames
---@field package broken integer  records that were kept though they are
---@field private last string|string[]|false  the text that get found, or those of all
local Lookup = { __name = "lookup" }
Lookup.__index = Lookup
---`plans[row.plan]` has a value for a name, which is not shown.
setmetatable(Lookup, { __index = function(_, name)
  local near = type(name) == "string" and spelling.find(name, METHODS)
  if not near then error("a lookup is not a table: write lookup:get(value)", 2) end
  error(string.format('a lookup has no %s; did you mean "%s"?', name, near), 2)
end })

---@class LookupOptions
---@field few? boolean  most values have no record, perhaps none: that is nothing to stop at

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

---Keys are compared as text: a CSV file's "7" finds a JSON file's 7. Of UUIDs, which tools write in
---either case, some in braces, the case and the braces do not count.
local function key_text(value)
  local number = math.type(value)
  if number == "float" and math.tointeger(value) then value = math.tointeger(value) end
  if number or type(value) == "boolean" then return tostring(value) end
  if type(value) ~= "string" then return nil end
  return uuid.plain(value) or value
end

---The text of a record's key; nil for one without. A function may return anything.
local function key_of(record, key)
  local name
  if type(key) == "function" then name = key(record) else name = record[key] end
  return key_text(name)
end

---@param is_kept? boolean  broken records are kept, without a key
---@return integer read
local function load(self, next_record, key, is_kept)
  local texts, read = self.texts, 0
  for record, at in next_record do
    read = read + 1
    local place = at ~= nil and tostring(at) or "#" .. read
    local is_bad = bad_record.is(record)
    if is_bad then self.broken = self.broken + 1 end
    if is_bad and not is_kept then failure.raise(place .. ": " .. record.message, "parse") end
    local name = not is_bad and key_of(record, key) or nil
    local plain = json.materialize(record)
    if not is_bad then self.names:add(plain) end
    local text, message, kind = record_text.encode(plain)
    if text then
      failure.check(texts:add(name, text, place))
    elseif name or is_kept then
      failure.raise(place .. ": " .. message, kind)
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
---@param use? LookupUse  nil: nobody is to be told how many values had a record
local function note(notes, use, reader)
  if not notes then return end
  if use then notes.add(use) end
  -- such as columns that the key's function did not find
  for _, warning in ipairs(reader and reader:warnings() or {}) do
    table.insert(notes.warnings, warning)
  end
end

---Reads all records; those without a key are found by nothing. A broken record, whose key is
---unknown, is a failure, or is kept with the unused ones.
---@param notes? LookupNotes
---@param records RecordSource
---@param key string|fun(record: any): any  a column name, or a function of the record
---@param broken? "keep"  default: a failure
---@param options? LookupOptions
---@return Lookup
local function new(notes, records, key, broken, options)
  if type(key) ~= "string" and type(key) ~= "function" then
    error("source.lookup expects a key: a column name or a function", 3)
  end
  spelling.check_options("source.lookup", options, OPTIONS)
  local next_record = iterator.of("source.lookup", records)
  local reader = reading.is(records) and records or nil
  local self = setmetatable({
    texts = failure.check(host.new()), names = lookup_names.new(reader, notes),
    broken = 0, last = false,
  }, Lookup)
  local read = load(self, next_record, key, broken == "keep")
  if read > 0 and self.texts:count() == 0 then refuse(self.names, read, key) end
  uses[self] = {
    name = reader and reader:name(),
    key = type(key) == "string" and key or nil, hits = 0, misses = 0,
    report = function() self.names:report() end,
  }
  note(notes, not (options and options.few) and uses[self] or nil, reader)
  return self
end

---`lookup.get(value)` would look for nothing in the value.
local function check_self(self, method)
  if getmetatable(self) == Lookup then return end
  local argument = method == "unused" and "" or "value"
  error(string.format("write lookup:%s(%s), with a colon", method, argument), 3)
end

local function count(self, has_record)
  local use = uses[self]
  if has_record then use.hits = use.hits + 1 else use.misses = use.misses + 1 end
end

local function read(self, text)
  return self.names:watch(record_text.decode(text))
end

---The first record with this key, as a plain table.
---@param value any
---@return table?
function Lookup:get(value)
  check_self(self, "get")
  local name = key_text(value)
  local text = name and failure.check(self.texts:get(name))
  self.last = text or false
  count(self, text)
  return text and read(self, text) or nil
end

---All records with this key, in the order of their file.
---@param value any
---@return table[]
function Lookup:all(value)
  check_self(self, "all")
  local found, name = {}, key_text(value)
  local texts = name and failure.check(self.texts:all(name)) or {}
  self.last = texts
  for i, text in ipairs(texts) do found[i] = read(self, text) end
  count(self, found[1])
  return found
end

---What the last `get` or `all` returned, once more and as it was.
---@package
---@return table|table[]|nil
function Lookup:again()
  local last = self.last
  if type(last) ~= "table" then return last and record_text.decode(last) or nil end
  local found = {}
  for i, text in ipairs(last) do found[i] = record_text.decode(text) end
  return found
end

---An iterator over the records that neither `get` nor `all` has returned when it comes to them,
---with their places, in the order of their file; those without a key are among them.
---@return fun(): any record, string? at
function Lookup:unused()
  check_self(self, "unused")
  local row = 0
  return function()
    local following, text, at = self.texts:unused(row)
    if not following then
      if text then failure.raise(text, at) end
      return nil
    end
    row = following
    return read(self, text), at
  end
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

---@alias RecordKey string|(fun(record: any): any)  a column, or a function of a record

---@class source.lookup
---@field new fun(records: RecordSource, key: RecordKey, broken?: "keep"): Lookup  the same
---  as a call of the module; "keep" keeps broken records, which otherwise are a failure
---@field private noting function
---@overload fun(records: RecordSource, key: RecordKey, options?: LookupOptions): Lookup

---The module, called as `lookup(records, key, options)` or `lookup.new(…)`. No tail calls: an
---error names these functions. `join` keeps broken records.
---@param notes? LookupNotes
---@return source.lookup module
local function noting(notes)
  local function made(records, key, broken) return (new(notes, records, key, broken)) end
  return setmetatable({ new = made, noting = noting }, {
    __call = function(_, records, key, options)
      return (new(notes, records, key, nil, options))
    end,
  })
end

---@type source.lookup
return noting()
