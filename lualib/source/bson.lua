--- Reads the collections that mongodump writes (.bson): a document is a plain table.

local records = require "source.records"
local host = require "host.bson"
local json = require "host.json"
local members = require "source.members"
local spelling = require "base.spelling"
local text = require "host.text"

---@class source.bson
---@field null lightuserdata  the value of null, as in source.json
local bson = { null = json.null }

local ENDINGS <const> = { "bson" }
local OPTIONS <const> = { "limit", "optional" }
local LEAST <const>, MOST <const> = 5, 16 * 1024 * 1024 + 16 * 1024 -- bytes of a document
local WHAT <const> = "BSON, as mongodump writes it"
local ELEMENT <const> = "^[\1-\19\127\255]([^\0]*)\0" -- a type and a name

---@class BsonOptions
---@field limit? integer  the longest document, in bytes; default and most: 16 MiB
---@field optional? true|string[]  members that no record need have, although the recipe reads them

---@class BsonReader
---@field private documents host.bson.reader
---@field private read Members
local Reader = {}
Reader.__index = Reader

function Reader:next()
  local record, place, at, raw = self.documents:next()
  if record then return self.read:watch(record), place end
  return record, place, at, raw and text.printable(raw)
end

function Reader:record()
  return self.documents:record()
end

function Reader:close()
  self.documents:close()
end

---@param given string|string[]  a path, a glob, a folder, several separated by commas, or "-"
---@param options? BsonOptions
---@return Records
function bson.records(given, options)
  spelling.check_options("bson.records", options, OPTIONS)
  spelling.check_types("bson.records", options, { limit = "number" })
  local read = members.new("bson.records", options)
  return (records.records(given, ENDINGS, "bson.records", {
    open = function(handle)
      local documents = host.reader(handle, { limit = options and options.limit })
      return setmetatable({ documents = documents, read = read }, Reader)
    end,
    text = "BSON",
    optional = read.optional or true,
    finished = function(...) read:report(...) end,
    prefix = function(name) return name .. "#" end,
  })) -- no tail call: an error names this function
end

---The size and the first name of the document at a byte of a file's beginning, if it may be one.
---@return integer? size
---@return string? name  nil: the document is empty, or the head ends before
local function document_at(head, at)
  local size = string.unpack("<i4", head, at)
  local stop = at + size - 1
  if size < LEAST or size > MOST or (stop <= #head and head:byte(stop) ~= 0) then return nil end
  return size, head:match(ELEMENT, at + 4)
end

---What a file is, by its beginning.
---@param head string
---@return {sure: integer, what: string}?
function bson.recognise(head)
  if #head < LEAST then return nil end
  local size, name = document_at(head, 1)
  if not size or not name or not text.is_utf8(name) then return nil end
  local is_followed = #head >= size + 4
  if is_followed and not document_at(head, size + 1) then return nil end
  if name == "_id" then return { sure = 3, what = WHAT } end -- which servers put first
  return is_followed and { sure = 2, what = WHAT } or nil
end

return bson
