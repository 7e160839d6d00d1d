--- Iterates over the records of several files: shared by the readers of files.

local bad_record = require "source.bad_record"
local failure = require "base.failure"
local file = require "host.file"
local foreign = require "source.foreign"
local input = require "source.input"
local reading = require "source.reading"

local records = {}

---@class FileFormat
---@field open fun(handle: host.file.input, path: string, prefix: string): table?, string?, Kind?
---  creates the reader in C
---@field prefix fun(name: string): string  of places: "users.csv:"
---@field text? TextFormat  nil: any text
---@field optional? true|table<string, true>  names that need not be there; true: all
---@field places? boolean  the reader itself adds the prefix to places and the file name to messages
---@field check_first? fun(record: any): string?  why a file's first record ends the reading
---@field ended? fun(reader: table, name: string, warn: fun(code: string, message: string))
---  checks a reader at its end
---@field check_line? fun(raw: string): string?  why a file's first line ends the reading, which
---  cannot be parsed
---@field look? fun(reader: table, record: any, source: string, warn: function)  looks at the first
---  record when the next one is asked for
---@field finished? fun(source: string, is_single: boolean, warn: function)  checks the source when
---  all of its records were read
---@field instead? fun(path: string, reader: table?): string  what a file holds in which records
---  are "missing"
---@field passable? Kind  a failure that skips the file if there are several
---@field sample? SampleFormat  how a file holds given records, for tests of a recipe

---@class SourceWarning
---@field code string
---@field message string
---@field count? integer      how often; default 1
---@field unless_ready? true  only worth saying if nobody is ready to import

---@class Records : Reading  a call returns the next record and its place, or nil at the end
---@field private format FileFormat
---@field private paths string[]
---@field private names string[]
---@field private index integer         of the open file, 0 before the first
---@field private handle? host.file.input
---@field private reader? table
---@field private prefix string         of the open file's places
---@field private placed? boolean       the format's `places`
---@field private check_first? function|false  of the format, until the file's first record
---@field private passed integer        bytes of the finished files
---@field private read integer          finished files
---@field private found table[]         warnings
---@field private lacking? table<string, true>  paths of files that need not have records
---@field private given integer         records: 0, 1, or 2 for more
---@field private first? any            record, until the next one is asked for
local Records = reading.class "records"

-- Errors in the text; messages of other kinds already name the file.
local OF_THE_TEXT <const> = { parse = true, missing = true }

---@type {path: string, take: fun(format: FileFormat)}?
local watched

---Calls `take` in place of a reading of a file, with the format in which it is to be read; `take`
---does not return. Without a path, all files are read again.
---@param path? string
---@param take? fun(format: FileFormat)
function records.watch(path, take)
  watched = path and { path = path, take = take } or nil
end

---Gives the format to who watches the first of the files, which ends the reading.
---@param paths string[]
---@param format {sample: SampleFormat?}
function records.tell(paths, format)
  if watched and paths[1] == watched.path then watched.take(format) end
end

---@param given string|string[]
---@param endings string[]
---@param what string  "csv.records"
---@param format FileFormat
---@return Records
function records.records(given, endings, what, format)
  local paths = input.require(what, given, endings)
  records.tell(paths, format)
  local self = setmetatable({
    format = format, placed = format.places, paths = paths, names = input.names(paths),
    index = 0, passed = 0, read = 0, found = {}, given = 0,
  }, Records)
  self:advance() -- report an unreadable file before anything else happens
  return self
end

---@private
function Records:warn(code, message, unless_ready)
  for _, warning in ipairs(self.found) do
    if warning.code == code and warning.message == message then return end
  end
  self.found[#self.found + 1] = {
    code = code, message = message, unless_ready = unless_ready,
  }
end

---Raises a fatal error of the reader, with the file's name. If the format allows it and there are
---several files, skips the file with a warning instead.
---@private
function Records:fail(message, kind)
  local name = self.names[self.index]
  local instead = kind == "parse" and foreign.file(self.paths[self.index], self.format.text)
  if instead then
    message = name .. " is " .. instead
  elseif OF_THE_TEXT[kind] and not self.placed then
    local found = kind == "missing" and self.format.instead
    message = name .. ": " .. message
      .. (found and found(self.paths[self.index], self.reader) or "")
  end
  if #self.paths > 1 and kind == self.format.passable then
    local is_expected = self.lacking and self.lacking[self.paths[self.index]]
    if not is_expected then self:warn("file_without_records", message) end
    self.skipped = message
    self:leave()
    return
  end
  self:close()
  failure.raise(message, kind)
end

---A first line that cannot be read may be that of a file in another format.
---@private
function Records:check_line(raw)
  local wrong = self.format.check_line and self.format.check_line(raw)
  if wrong or foreign.file(self.paths[self.index], self.format.text) then
    self:fail(wrong or "", "parse")
  end
end

---@private
function Records:leave()
  if self.reader then
    if self.format.ended then
      local name = self.names[self.index]
      self.format.ended(self.reader, name, function(...) self:warn(...) end)
    end
    self.reader:close()
    self.reader = nil
  end
  if self.handle then
    self.passed = self.passed + (self.handle:progress())
    self.handle:close()
    self.handle = nil
  end
end

---Opens the next file; returns false if there is none.
---@private
function Records:advance()
  self:leave()
  while self.index < #self.paths do
    self.index = self.index + 1
    local path = self.paths[self.index]
    self.handle = failure.check(file.open(path, self.names[self.index]))
    self.prefix = self.format.prefix(self.names[self.index])
    local reader, message, kind = self.format.open(self.handle, path, self.prefix)
    self.reader, self.check_first = reader, self.format.check_first or false
    if reader then return true end
    self:fail(message, kind)
  end
  if self.read == 0 and self.skipped then
    failure.raise(self.skipped, self.format.passable)
  end
  return false
end

---The next record and its place. A record that cannot be parsed is a `source.bad_record`; an error
---that ends the reading raises a Failure.
---@return any record
---@return string? at
function Records:__call()
  if self.given == 1 then self:look() end
  if not self.reader then return end
  return self:take(self.reader:next())
end

---The reader to ask for the records of the open file that come next, and the prefix of their
---places; nil while this object has to look at them. What that reader returns in place of a record
---is for `take`.
---@return table? reader
---@return string? prefix
function Records:direct()
  if self.given == 2 and self.reader and not self.check_first then
    return self.reader, self.prefix
  end
end

---Goes on with what the reader returned: returns as a call does.
---@param record any
---@param place? any
---@param line? any
---@param raw? string
---@return any record
---@return string? at
function Records:take(record, place, line, raw)
  while true do
    if self.check_first and record ~= nil then
      local wrong = self.check_first(record)
      self.check_first = false
      if wrong then self:fail(wrong, "parse") end
    end
    if self.given < 2 and record ~= nil and (record or not line) then self:count(record) end
    if record then return record, self.placed and place or self.prefix .. place end
    if record == false then
      if line == 1 then self:check_line(raw) end
      if not line then return false, self.prefix .. place end -- JSON's false
      return bad_record.new(raw, place), self.prefix .. line
    end
    if place then
      self:fail(place, line)
    else
      self.read = self.read + 1
    end
    if not self:advance() then self:finish() end
    if not self.reader then return end
    record, place, line, raw = self.reader:next()
  end
end

---@private
function Records:count(record)
  self.given = self.given + 1
  self.first = record
end

---The recipe has seen the first record.
---@private
function Records:look()
  local record = self.first
  self.first = nil
  if not self.format.look or record == nil or not self.reader then return end
  self.format.look(self.reader, record, self:title(), function(...) self:warn(...) end)
end

---All records were read.
---@private
function Records:finish()
  if not self.format.finished then return end
  self.format.finished(self:title(), self.given == 1, function(...) self:warn(...) end)
end

---Nothing is said of these files if they have no records, while others have.
---@param paths string[]
function Records:may_lack(paths)
  self.lacking = {}
  for _, one in ipairs(paths) do self.lacking[one] = true end
end

---@return string?
function Records:name()
  return self.names[1]
end

---@return string  "users.json", "the 3 files"
function Records:title()
  return #self.names == 1 and self.names[1] or string.format("the %d files", #self.names)
end

---For a value of JSON; nil for others, and if there is none.
function Records:as_read()
  return self.reader and self.reader.record and self.reader:record() or nil
end

function Records:optional()
  return self.format.optional or {}
end

---@return SourceWarning[]
function Records:warnings()
  if self.reader and self.format.ended then
    self.format.ended(self.reader, self.names[self.index], function(...) self:warn(...) end)
  end
  return self.found
end

---Of the current file.
function Records:columns()
  return self.reader and self.reader.columns and self.reader:columns() or nil
end

---@return number? share    read, 0 to 1; nil if unknown (stdin)
---@return integer bytes    read, as on disk
---@return integer? total
function Records:progress()
  local total = self:total()
  local bytes = self.passed + (self.handle and (self.handle:progress()) or 0)
  if not total then return nil, bytes, nil end
  return total == 0 and 1.0 or math.min(bytes / total, 1.0), bytes, total
end

---@private
function Records:total()
  if self.size == nil then
    self.size = 0
    for _, path in ipairs(self.paths) do
      local stat = path ~= "-" and file.stat(path)
      if not stat or stat.type ~= "file" then
        self.size = false
        break
      end
      self.size = self.size + stat.size
    end
  end
  return self.size or nil
end

function Records:close()
  self:leave()
  self.index = #self.paths
end

return records
