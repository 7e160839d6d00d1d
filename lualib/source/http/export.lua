--- Reads the records of a file that an API has prepared: a JSON document on each line. The program
--- asks for the file and keeps it; here its text, which comes in blocks, becomes records.

local bad_record = require "source.bad_record"
local failure = require "base.failure"
local file = require "host.file"
local json = require "host.json"
local reading = require "source.reading"

local export = {}

---@class HttpExport : Reading  a call returns the next record and its place, or nil at the end
---@field private ask fun(name: string, ...: any): boolean, any, any, any
---@field private number integer    of the reading, for the program
---@field private label string      "users"
---@field private prefix string     of places
---@field private members Members
---@field private input host.file.input
---@field private reader? host.json.reader  nil once closed
---@field private first? any        record, until the next one is asked for
---@field private given integer     records: 0, 1, or 2 for more
---@field private share? number     that was read
---@field private failed? {message: string, kind: Kind}  of the program
---@field private found SourceWarning[]
local Export = reading.class "http.export"

local function warner(self)
  return function(code, message, unless_ready)
    table.insert(self.found, { code = code, message = message, unless_ready = unless_ready })
  end
end

---The next block of the file, for the reader, which is C and must not be left by an error.
---@private
---@return string? block  nil at the end
---@return string? message
---@return Kind? kind
function Export:feed()
  local answered, block, share, kind = self.ask("read", self.number)
  if not answered then block, share, kind = nil, tostring(block), "fatal" end
  if block == nil then
    self.failed = { message = share, kind = kind }
    return nil, share, kind
  end
  self.share = share
  return block or nil
end

---@param ask fun(name: string, ...: any): boolean, any, any, any  false and an error; or results
---@param number integer
---@param label string
---@param given HttpSpec
---@param asked Members
---@return HttpExport
function export.open(ask, number, label, given, asked)
  local self = setmetatable({
    ask = ask, number = number, label = label, prefix = label .. " line ", members = asked,
    given = 0, found = {},
  }, Export)
  self.input = file.feed(label, function() return self:feed() end)
  self.reader = json.reader(self.input, { lines = true, limit = given.limit, asked = asked.asked })
  return self
end

---@private
function Export:look()
  local record = self.first
  self.first, self.given = nil, 2
  self.members:look(self.reader, record, self.label, warner(self))
end

---The next record and its place: "users line 18".
---@return any record
---@return string? at
function Export:__call()
  if not self.reader then return nil end
  if self.given == 1 then self:look() end
  return self:take(self.reader:next())
end

---The reader to ask in C from the second record on, as `Records:direct` of source.records.
---@return host.json.reader? reader
---@return string? prefix
function Export:direct()
  if self.given == 2 and self.reader then return self.reader, self.prefix end
end

---Goes on with what the reader returned: returns as a call does.
---@param record any
---@param place? any
---@param line? any
---@param raw? string
---@return any record
---@return string? at
function Export:take(record, place, line, raw)
  if record == nil then return self:finish(place, line) end
  local is_broken = record == false and line ~= nil
  if self.given == 0 and not is_broken then self.given, self.first = 1, record end
  if is_broken then return bad_record.new(raw, place), self.prefix .. line end
  return record, self.prefix .. place
end

---@private
function Export:finish(message, kind)
  if not message then
    self.members:report(self.label, self.given == 1, warner(self))
    self:close()
    return nil
  end
  local failed = self.failed or { message = self.label .. ": " .. message, kind = kind }
  self:close()
  failure.raise(failed.message, failed.kind)
end

function Export:name()
  return self.label
end

function Export:as_read()
  return self.reader and self.reader:record() or nil
end

function Export:optional()
  return self.members.optional or true
end

---@return SourceWarning[]
function Export:warnings()
  return self.found
end

---@return number?
function Export:progress()
  return self.share
end

function Export:close()
  if not self.reader then return end
  self.reader:close()
  self.input:close()
  self.reader, self.first = nil, nil
  self.ask("close", self.number)
end

return export
