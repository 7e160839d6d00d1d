--- Reads several sources one after another: `concat(a, b, ...)`.

local iterator = require "source.iterator"
local reading = require "source.reading"
local type_name = require "base.type_name"

---@class Concat : Reading
---@field private sources (Reading|fun(): any, string?)[]
---@field private prefixes string[]  of the sources' places
---@field private index integer     of the current source; above their number at the end
local Concat = reading.class "concatenated sources"

---Why a value cannot be a source; nil if it can.
local function wrong(given)
  if iterator.is_callable(given) then return nil end
  if type(given) ~= "table" then return type_name.a(given) end
  if iterator.is_callable(given[1]) then
    return "a table of sources: write them as arguments, concat(a, b)"
  end
  return given[1] == nil and next(given) ~= nil and "a table, but not a list of records" or nil
end

---Raises if the arguments are not sources, each of them once.
local function check(given)
  if given.n == 0 then error("source.concat expects sources", 4) end
  local seen = {}
  for i = 1, given.n do
    local found = wrong(given[i])
    if found then error(string.format("source.concat: source %d is %s", i, found), 4) end
    if seen[given[i]] then
      error(string.format("source.concat: sources %d and %d are the same", seen[given[i]], i), 4)
    end
    seen[given[i]] = i
  end
end

---What is put before the places of each source, so that they differ: nothing if it has a name of
---its own, which is in its places already.
local function prefixes(sources)
  local count, list = {}, {}
  local function name_of(source)
    return reading.is(source) and source:name() or false
  end
  for _, source in ipairs(sources) do
    local name = name_of(source)
    count[name] = (count[name] or 0) + 1
  end
  for i, source in ipairs(sources) do
    local name = name_of(source)
    local is_unique = #sources == 1 or name and count[name] == 1
    list[i] = is_unique and "" or string.format("source %d, ", i)
  end
  return list
end

---@private
function Concat:current()
  local source = self.sources[math.min(self.index, #self.sources)]
  return reading.is(source) and source or nil
end

---The next record and its place. One without a place stays without.
---@return any record
---@return string? at
function Concat:__call()
  while self.index <= #self.sources do
    local record, at = self.sources[self.index]()
    if record ~= nil then
      local prefix = self.prefixes[self.index]
      local is_told = prefix ~= "" and (type(at) == "string" or type(at) == "number")
      return record, is_told and prefix .. at or at
    end
    self.index = self.index + 1
  end
end

---Calls fn with each reading.
local function each(self, fn)
  for _, source in ipairs(self.sources) do
    if reading.is(source) then fn(source) end
  end
end

function Concat:name()
  local source = self.sources[1]
  return reading.is(source) and source:name() or nil
end

function Concat:title()
  local current = #self.sources == 1 and self:current()
  return current and current:title() or string.format("the %d sources", #self.sources)
end

function Concat:as_read()
  local current = self:current()
  return current and current:as_read()
end

---What one of the sources may lack; everything if one of them says nothing.
function Concat:optional()
  local names = {}
  for _, source in ipairs(self.sources) do
    local optional = not reading.is(source) or source:optional()
    if optional == true then return true end
    for name in pairs(optional) do names[name] = true end
  end
  return names
end

---Of the current source.
function Concat:columns()
  local current = self:current()
  return current and current:columns() or nil
end

function Concat:warnings()
  local all = {}
  each(self, function(source)
    local warnings = source:warnings()
    table.move(warnings, 1, #warnings, #all + 1, all)
  end)
  return all
end

---The share of the bytes, if all sources count them; else that of the sources.
function Concat:progress()
  local shares, read, total = 0.0, 0, 0
  for i, source in ipairs(self.sources) do
    local share, bytes, of = nil, nil, nil
    if reading.is(source) then share, bytes, of = source:progress() end
    if i < self.index then share = 1.0 end
    if not share then return nil end
    shares = shares + share
    read, total = read + (bytes or 0), total and of and total + of
  end
  if total and total > 0 then return math.min(read / total, 1.0), read, total end
  return shares / #self.sources
end

function Concat:close()
  each(self, function(source) source:close() end)
  self.index = #self.sources + 1
end

---@param ... RecordSource
---@return Concat
local function new(...)
  local given = table.pack(...)
  check(given)
  local sources = {}
  for i = 1, given.n do sources[i] = iterator.of("source.concat", given[i]) end
  return setmetatable({ sources = sources, prefixes = prefixes(sources), index = 1 }, Concat)
end

---@class source.concat
---@field new fun(...: RecordSource): Concat  the same as a call of the module
---@overload fun(...: RecordSource): Concat

-- No tail calls: an error names these functions.
---@type source.concat
return setmetatable({ new = function(...) return (new(...)) end }, {
  __call = function(_, ...) return (new(...)) end,
})
