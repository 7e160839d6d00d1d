--- Members of JSON that a recipe reads and that no record has: what csv says of columns.

local host = require "host.json"
local nested = require "source.nested"
local shape = require "source.shape"

local members = {}

---@class Members
---@field asked host.json.asked
---@field optional? table<string, true>  nil: all names
---@field private pointer? string  of the reader
---@field private lines? boolean
---@field private seen? SeenShape
local Members = {}
Members.__index = Members

---The names of a reader's option `optional`: true, or a list of names.
---@param what string  "json.records"
---@param options? {optional: true|string[]|nil}
---@return table<string, true>? names  nil: all of them
function members.optional(what, options)
  local optional = options and options.optional
  if not optional then return {} end
  if optional == true then return nil end
  local names = {}
  for _, name in ipairs(type(optional) == "table" and optional or {}) do names[name] = true end
  if next(names) == nil then error(what .. ": optional must be true or a list of names", 3) end
  return names
end

---@param what string  "json.records"
---@param options? {optional: true|string[]|nil, pointer: string?}
---@param lines? boolean  NDJSON
---@return Members
function members.new(what, options, lines)
  local optional = members.optional(what, options)
  return setmetatable({
    asked = host.asked(optional ~= nil), optional = optional, lines = lines,
    pointer = options and options.pointer,
  }, Members)
end

---Notes from here on what the recipe reads in vain of a plain table, as a lazy record does.
---@generic T
---@param record T  other values are left as they are
---@return T record
function Members:watch(record)
  if not self.optional or type(record) ~= "table" then return record end
  return host.watch(record, self.asked, true)
end

---Looks at the first record, which the recipe has seen.
---@param reader host.json.reader
---@param record any
---@param source string  "users.json"
---@param warn fun(code: string, message: string, unless_ready?: true)
function Members:look(reader, record, source, warn)
  self.seen = shape.of(reader, self.asked, self.pointer)
  local kind = shape.kind(record)
  if kind then
    warn("other_shape", string.format("record 1 of %s is %s, not an object", source, kind), true)
  end
end

---Warns of the names that no record had, at the end of the source.
---@param source string  "users.json", or "the 3 files"
---@param is_single boolean  there was one record
---@param warn fun(code: string, message: string)
function Members:report(source, is_single, warn)
  local missing = self.asked:missing()
  local advice = self.seen
    and shape.advice(self.seen, missing, source, is_single, self.lines, not self.optional)
  if advice then
    warn("other_shape", advice)
    return
  end
  if not self.optional then return end
  nested.report(self.asked, function(name, near)
    if self.optional[name] then return end
    warn("unknown_member", nested.message(source, name, near))
  end)
end

return members
