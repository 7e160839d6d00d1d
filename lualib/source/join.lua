--- Joins two sources of any size by a key: each record of the first gets the second's record with
--- the same key, which is looked up on disk.

local bad_record = require "source.bad_record"
local failure = require "base.failure"
local iterator = require "source.iterator"
local json = require "host.json"
local lookup = require "source.lookup"
local members = require "source.members"
local reading = require "source.reading"
local spelling = require "base.spelling"
local type_name = require "base.type_name"

local OPTIONS <const> = { "key", "other", "name", "all", "outer" }
local TYPES <const> = { name = "string", all = "boolean", outer = "boolean" }
local UNUSED <const> = "unused" -- marks a record of the second source alone

---@class JoinOptions
---@field key string|fun(record: any): any  a column of the first source, or a function of a record
---@field other? string|fun(record: any): any  the same of the second; default: `key`
---@field name? string   the member that holds the second source's record; default "other"
---@field all? boolean   it holds a list of all records with the key; default: the first one
---@field outer? boolean  the second source's records that were not used come last, with
---  `unused = true` and without members of the first source

---@class Join : Reading
---@field private first Reading|fun(): any, string?
---@field private found Lookup      the second source
---@field private options JoinOptions
---@field private name_of_other string
---@field private meta table        of joined records that are made of lazy ones
---@field private read? Members     of tables that are not lazy
---@field private missing SourceWarning[]
---@field private record any        the current one of the first source
---@field private is_over? boolean
---@field private rest? fun(): any, string?  the second source's records that were not used
local Join = reading.class "joined sources"

---Raises if a key is not one.
local function check_key(name, key)
  if type(key) == "string" or type(key) == "function" then return end
  error(string.format("source.join: %s must be a column name or a function, not %s", name,
    type_name.a(key)), 4)
end

---@param options JoinOptions  a table
local function check(options)
  check_key("key", options.key)
  if options.other ~= nil then check_key("other", options.other) end
  if options.name == UNUSED then error('source.join: name cannot be "unused"', 4) end
end

---A member of the first source in the way of what the join adds.
local function refuse(self, name)
  local remedy = name == UNUSED and "rename it before the join"
    or 'choose another with the option name'
  local source = self:name() or "the first source"
  failure.raise(string.format('%s has the member "%s": %s', source, name, remedy), "usage")
end

---What notes the members that the recipe reads in vain of the first source's tables.
---@private
function Join:members()
  local optional, names = self.first:optional(), { self.name_of_other, UNUSED }
  if optional == true then return members.new("source.join", { optional = true }) end
  for name in pairs(optional) do names[#names + 1] = name end
  for _, name in ipairs(self.first:columns() or {}) do names[#names + 1] = name end
  return members.new("source.join", { optional = names })
end

---A table of the first source's record that the join can add to. A lazy record notes what is read
---in vain of it, and the table asks it.
---@private
function Join:table_of(record)
  if type(record) == "userdata" then
    return setmetatable(json.materialize(record), self.meta)
  end
  if reading.is(self.first) then
    self.read = self.read or self:members()
    return self.read:watch(record)
  end
  local copy = {} -- the recipe's own
  for name, value in next, record do copy[name] = value end
  return copy
end

---@private
function Join:with_other(record)
  local options, name = self.options, self.name_of_other
  local value
  if type(options.key) == "function" then
    value = options.key(record)
  else
    value = record[options.key]
  end
  local joined = self:table_of(record)
  if rawget(joined, name) ~= nil then refuse(self, name) end
  if options.outer and rawget(joined, UNUSED) ~= nil then refuse(self, UNUSED) end
  if options.all then
    joined[name] = json.array(self.found:all(value))
  else
    joined[name] = self.found:get(value)
  end
  return joined
end

---The next record of the second source that was not used; without `outer`, only broken ones.
---@private
function Join:alone()
  if not self.options.outer and self.found.broken == 0 then return nil end
  self.rest = self.rest or self.found:unused()
  for record, at in self.rest do
    if bad_record.is(record) then return record, at end
    if self.options.outer then
      local value = self.options.all and json.array { record } or record
      return { [self.name_of_other] = value, [UNUSED] = true }, at
    end
  end
end

local function can_join(record)
  if type(record) == "table" then return not (bad_record.is(record) or json.is_array(record)) end
  return type(record) == "userdata" and record ~= json.null
end

---The next record and its place, that of the first source's record.
---@return any record
---@return string? at
function Join:__call()
  self.record = nil
  if self.is_over then return nil end
  if not self.rest then
    local record, at = self.first()
    if can_join(record) then
      self.record = record
      return self:with_other(record), at
    end
    if record ~= nil then return record, at end
    self:report()
  end
  local record, at = self:alone()
  self.is_over = record == nil
  return record, at
end

---The first source has ended.
---@private
function Join:report()
  if not self.read then return end
  self.read:report(self.first:title(), false, function(code, message)
    table.insert(self.missing, { code = code, message = message })
  end)
  self.read = nil
end

---The first source, if it is a reading.
---@private
function Join:reader()
  return reading.is(self.first) and self.first or nil
end

---The first source's record, whatever was done with it since; one of the recipe's own as it is.
---@private
function Join:first_as_read()
  if type(self.record) == "userdata" then return json.as_read(self.record) end
  local reader = self:reader()
  return reader and reader:as_read() or self.record
end

---Nil for a record of the second source alone.
function Join:as_read()
  local read = self.record and self:first_as_read()
  if type(read) ~= "table" then return nil end
  local copy = {}
  for name, value in next, read do copy[name] = value end
  copy[self.name_of_other] = self.found:again()
  return copy
end

function Join:name()
  local reader = self:reader()
  return reader and reader:name() or nil
end

function Join:title()
  local reader = self:reader()
  return reader and reader:title() or "the joined sources"
end

function Join:optional()
  local reader = self:reader()
  return not reader or reader:optional()
end

---Those of the first source, and the joined record.
function Join:columns()
  local reader = self:reader()
  local columns = reader and reader:columns()
  if columns then columns[#columns + 1] = self.name_of_other end
  return columns
end

---Those of the first source; the lookup tells those of the second.
function Join:warnings()
  local reader, all = self:reader(), {}
  local own = reader and reader:warnings() or {}
  table.move(own, 1, #own, 1, all)
  return table.move(self.missing, 1, #self.missing, #all + 1, all)
end

function Join:progress()
  if self.rest or self.is_over then return 1.0 end
  local reader = self:reader()
  if reader then return reader:progress() end
end

function Join:close()
  local reader = self:reader()
  if reader then reader:close() end
  self.found:close()
  self.record, self.is_over = nil, true
end

---The metatable of records that are made of lazy ones.
local function asking(self, other, is_read)
  return {
    __index = function(_, name)
      if name == other or name == UNUSED or not self.record or not is_read() then return nil end
      local _ = self.record[name]
    end,
  }
end

---@param first RecordSource
---@param second RecordSource  read at once
---@param options JoinOptions
---@param parts {lookup: table, is_read: fun(): boolean}
---@return Join
local function new(first, second, options, parts)
  if type(options) ~= "table" then
    error('source.join expects options: { key = "id" }', 3)
  end
  spelling.check_options("source.join", options, OPTIONS)
  spelling.check_types("source.join", options, TYPES)
  check(options)
  if first == second then error("source.join: both sources are the same", 3) end
  local self = setmetatable({
    first = iterator.of("source.join", first), options = options, missing = {},
    name_of_other = options.name or "other",
  }, Join)
  self.meta = asking(self, self.name_of_other, parts.is_read)
  local other = iterator.of("source.join", second)
  self.found = parts.lookup.new(other, options.other or options.key, "keep")
  if reading.is(second) then second:close() end
  return self
end

---@class source.join
---@field new fun(first: RecordSource, second: RecordSource, options: JoinOptions): Join  the same
---  as a call of the module
---@field private over function
---@overload fun(first: RecordSource, second: RecordSource, options: JoinOptions): Join

---The module, called as `join(first, second, options)`. No tail calls: an error names these
---functions.
---@param used table  source.lookup, which notes what is found
---@param is_read fun(): boolean  whether it is the recipe that reads now, and not the program
---@return source.join module
local function over(used, is_read)
  local parts = { lookup = used, is_read = is_read }
  local function made(first, second, options) return (new(first, second, options, parts)) end
  return setmetatable({ new = made, over = over }, {
    __call = function(_, first, second, options) return (new(first, second, options, parts)) end,
  })
end

---@type source.join
return over(lookup, function() return true end)
