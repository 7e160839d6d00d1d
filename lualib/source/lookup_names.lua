--- The names of a looked-up source's columns or members, and which others a recipe reads.

local host = require "host.json"
local nested = require "source.nested"
local sorted = require "base.sorted"
local spelling = require "base.spelling"

local lookup_names = {}

local MOST_NAMES <const> = 1000 -- of members; further ones are not counted
local MOST_MISSING <const> = 100 -- warnings of a lookup

---@class LookupNames
---@field source string     "plans.csv"
---@field private notes? LookupNotes
---@field private optional true|table<string, true>  of the reader: names that are not noted
---@field private columns string[]|false  of a source that has them
---@field private asked? host.json.asked  of objects inside the records of a reader of JSON
---@field private names table<string, true>
---@field private n_names integer
---@field private missing table<string, true>  names that the recipe read, and that no record has
---@field private n_missing integer
---@field private meta table  of the records that are found
local LookupNames = {}
LookupNames.__index = LookupNames

---@param records? Reading    nil: the records are not those of a reader
---@param notes? LookupNotes  nil: nothing is noted
---@return LookupNames
function lookup_names.new(records, notes)
  local self = setmetatable({
    notes = notes, names = {}, n_names = 0, missing = {}, n_missing = 0,
    source = records and records:title() or "the lookup source",
    columns = records and records:columns() or false,
    optional = records and records:optional() or {},
  }, LookupNames)
  if notes and records and not self.columns and self.optional ~= true then
    self.asked = host.asked(true)
  end
  self.meta = { __index = function(_, name) self:note_missing(name) end }
  for _, name in ipairs(self.columns or {}) do self:add_name(name) end
  return self
end

---@private
function LookupNames:add_name(name)
  if self.names[name] or self.n_names == MOST_NAMES then return end
  self.names[name], self.n_names = true, self.n_names + 1
end

---@param record any  plain
function LookupNames:add(record)
  if type(record) ~= "table" then return end
  for name in next, record do self:add_name(name) end
  if self.asked then host.see(record, self.asked) end
end

---The nearest name to one that is not there, as "; did you mean …?"; else "".
---@param name string
---@return string
function LookupNames:hint(name)
  return spelling.hint(name, sorted.names(self.names))
end

---@private
function LookupNames:is_noted(name)
  return self.notes and type(name) == "string" and not self.names[name]
    and not self.missing[name] and not self.optional[name] and self.n_names < MOST_NAMES
    and self.n_missing < MOST_MISSING and self.notes.is_read()
end

---The recipe read a member that the record at hand does not have.
---@private
function LookupNames:note_missing(name)
  if not self:is_noted(name) then return end
  self.missing[name], self.n_missing = true, self.n_missing + 1
  local hint = self:hint(name)
  table.insert(self.notes.warnings, self.columns and {
    code = "unknown_column",
    message = string.format('column "%s" is not in %s%s', name, self.source, hint),
  } or {
    code = "unknown_member",
    message = string.format('no record of %s has the member "%s"%s', self.source, name, hint),
  })
end

---Warns of the names inside records that none had, at the end of the recipe's source.
function LookupNames:report()
  if not self.asked then return end
  nested.report(self.asked, function(name, near)
    if self.optional[name] then return end
    table.insert(self.notes.warnings, {
      code = "unknown_member", message = nested.message(self.source, name, near),
    })
  end)
end

---A record that notes what the recipe reads of it in vain. A list has a metatable of its own.
---@param record any  decoded
---@return any record
function LookupNames:watch(record)
  if not self.notes or type(record) ~= "table" or self.optional == true
    or getmetatable(record) then
    return record
  end
  if self.asked then host.watch(record, self.asked) end
  return setmetatable(record, self.meta)
end

return lookup_names
