--- Reads text files whose fields are at fixed places of a line, as mainframes and reports write.

local encodings = require "source.encodings"
local host = require "host.csv"
local names = require "source.names"
local records = require "source.records"
local spelling = require "base.spelling"
local text = require "host.text"

---@class source.fixed
local fixed = {}

local ENDINGS <const> = { "dat", "prn" } -- of a folder; its .txt files are usually notes
local OPTIONS <const> = {
  "fields", "unit", "skip", "trim", "empty", "ragged", "encoding", "limit", "optional",
}
local TYPES <const> = {
  fields = "table", unit = "string", skip = "number", trim = "boolean", empty = "string",
  ragged = "string", encoding = "string", limit = "number",
}
local SHOWN <const> = 4096 -- characters of a broken line
---@type table<string, string[]>  the default first
local CHOICES <const> = {
  unit = { "characters", "bytes" }, empty = { "nil", "keep" }, ragged = { "reject", "pad" },
}

---@class FixedField
---@field name string
---@field from integer  its first character, from 1
---@field to integer    its last one

---@class FixedOptions
---@field fields FixedField[]  also { "id", 1, 8 }
---@field unit? "characters"|"bytes"  what `from` and `to` count; default characters
---@field skip? integer      lines before the first record
---@field trim? boolean      blanks around a value; default true
---@field empty? "nil"|"keep"
---@field ragged? "reject"|"pad"  a line that ends before its last field
---@field encoding? string   of csv.records
---@field limit? integer     longest line, in bytes
---@field optional? true|string[]

---A position in a line.
local function is_position(n)
  return math.type(n) == "integer" and n >= 1
end

---The fields, checked.
---@return FixedField[]
local function fields_of(given)
  local fields, seen = {}, {}
  for i, field in ipairs(given or {}) do
    local one = type(field) == "table" and {
      name = field.name or field[1], from = field.from or field[2], to = field.to or field[3],
    } or {}
    if type(one.name) ~= "string" or not is_position(one.from) or not is_position(one.to)
      or one.to < one.from then
      error(string.format('fixed.records: field %d must be like { name = "id", from = 1, to = 8 }',
        i), 3)
    end
    if seen[one.name] then
      error(string.format('fixed.records: two fields are called "%s"', one.name), 3)
    end
    fields[i], seen[one.name] = one, true
  end
  if #fields == 0 then error('fixed.records needs fields = { { "id", 1, 8 }, ... }', 3) end
  return fields
end

local function check_choices(options)
  for name, choices in pairs(CHOICES) do
    local given = options[name]
    if given ~= nil and given ~= choices[1] and given ~= choices[2] then
      error(string.format('fixed.records: %s must be "%s" or "%s"', name, table.unpack(choices)), 3)
    end
  end
  local skip = options.skip
  if skip and (math.type(skip) ~= "integer" or skip < 0) then
    error("fixed.records: skip must be a number of lines", 3)
  end
end

---@class FixedReader
---@field host host.csv.reader  of lines
---@field fields FixedField[]
---@field options FixedOptions
---@field least integer   where the last field ends
---@field read Names
---@field private left integer  lines to skip
local FixedReader = {}
FixedReader.__index = FixedReader

---The part of a line from one position to another; "" where it has ended.
local function cut(line, from, to, by_bytes)
  if by_bytes then return line:sub(from, to) end
  local first = utf8.offset(line, from)
  local after = first and utf8.offset(line, to - from + 2, first)
  return first and line:sub(first, after and after - 1 or -1) or ""
end

---The record of a line; nil and what is wrong with it.
---@private
function FixedReader:record(line)
  local by_bytes = self.options.unit == "bytes" or not line:find("[\x80-\xff]")
  local length = by_bytes and #line or utf8.len(line)
  if length < self.least and self.options.ragged ~= "pad" then
    return nil, string.format("the line has %d %s, its last field ends at %d", length,
      self.options.unit or "characters", self.least)
  end
  local record = {}
  for _, field in ipairs(self.fields) do
    local value = cut(line, field.from, field.to, by_bytes)
    if by_bytes and not text.is_utf8(value) then
      return nil, string.format('field "%s" begins or ends inside a character', field.name)
    end
    if self.options.trim ~= false then value = text.trim(value) or "" end
    if value ~= "" or self.options.empty == "keep" then record[field.name] = value end
  end
  return self.read:watch(record)
end

function FixedReader:next()
  while true do
    local row, place, line, raw = self.host:next()
    if not row then return row, place, line, raw end
    local whole = row[1] or ""
    if self.left > 0 then
      self.left = self.left - 1
    elseif #row > 1 then
      return false, "a zero byte is in the line", place, cut(whole, 1, SHOWN)
    elseif whole ~= "" and whole ~= "\x1a" then -- the end of a file of DOS
      local record, wrong = self:record(whole)
      if record then return record, place end
      return false, wrong, place, cut(whole, 1, SHOWN)
    end
  end
end

function FixedReader:columns()
  local columns = {}
  for i, field in ipairs(self.fields) do columns[i] = field.name end
  return columns
end

function FixedReader:close()
  self.host:close()
end

---@param handle host.file.input
---@param options FixedOptions
---@param fields FixedField[]
local function open(handle, options, fields, read)
  local lines, message, kind = host.reader(handle, {
    header = { "line" }, delimiter = "\0", quote = "", ragged = "pad", empty = "keep",
    guard = "keep", encoding = options.encoding, limit = options.limit,
  })
  if not lines then return nil, message, kind end
  local self = setmetatable({
    host = lines, read = read, fields = fields, options = options, least = 0,
    left = options.skip or 0,
  }, FixedReader)
  for _, field in ipairs(fields) do self.least = math.max(self.least, field.to) end
  return self
end

---Records of lines with fields at fixed places. Empty lines are passed.
---@param given string|string[]  a path, a glob, a folder, several separated by commas, or "-"
---@param options FixedOptions
---@return Records
function fixed.records(given, options)
  spelling.check_options("fixed.records", options, OPTIONS)
  spelling.check_types("fixed.records", options, TYPES)
  encodings.check("fixed.records", options)
  check_choices(options or {})
  local fields = fields_of(options and options.fields)
  local read = names.new("fixed.records", options)
  return (records.records(given, ENDINGS, "fixed.records", {
    open = function(handle) return open(handle, options, fields, read) end,
    sample = { kind = "texts" },
    prefix = function(name) return name .. ":" end,
    optional = read.optional or true,
    ended = function(reader, name, warn)
      local columns = reader:columns()
      read:each(columns, function(field)
        warn("unknown_column", string.format('no field of %s is called "%s"%s', name, field,
          spelling.hint(field, columns)))
      end)
    end,
  })) -- no tail call: an error names this function
end

---Nothing: which columns a line has cannot be seen.
---@param _ string  the beginning of a file
---@return nil
function fixed.recognise(_)
  return nil
end

return fixed
