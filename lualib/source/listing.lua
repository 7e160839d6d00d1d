--- Reads the users that a program saved from a service: pages of JSON, one after another, in a list
--- or one a line, lists of users, or a CSV file.

local bad_record = require "source.bad_record"
local concat = require "source.concat"
local csv = require "source.csv"
local failure = require "base.failure"
local host = require "host.json"
local input = require "source.input"
local json = require "source.json"
local json_head = require "source.json_head"
local ndjson = require "source.ndjson"
local reading = require "source.reading"
local recognise = require "source.recognise"
local records = require "source.records"
local spelling = require "base.spelling"

local listing = {}

local WHAT <const> = "listing.records"
local ENDINGS <const> = { "json", "ndjson", "jsonl", "csv", "tsv", "txt" }
local OPTIONS <const> = { "lists", "has", "csv" }
local LONGEST_PAGE <const> = 16 * 1024 * 1024 -- bytes, where a page has to be read as a whole

---@class ListingOptions
---@field lists string[]  members of a page, of which one is its list of users: "Users"
---@field has string[]    members of which every user has one, and no page: "Username"
---@field csv? table|fun(head: string): table  options of csv.records, beside those that the
---  beginning of the file shows; without them, no CSV is read

---@class Listing : Reading
---@field private inner Reading
---@field private options ListingOptions
---@field private page? any[]     the list that is given now
---@field private place? string   of its page
---@field private index integer
---@field private is_known? true  there were users, or pages of them
local Listing = reading.class "listing"

---Whether a value may be a user: an object, decoded or not.
local function is_object(value)
  return value ~= host.null and (type(value) == "table" or type(value) == "userdata")
end

local function has_one(object, names)
  for _, name in ipairs(names) do
    if object[name] ~= nil then return true end
  end
  return false
end

---The list of a page, and the name of its member; nil and true if the value is a user.
local function list_of(value, options)
  if not is_object(value) then return nil end
  if has_one(value, options.has) then return nil, true end
  for _, name in ipairs(options.lists) do
    local list = value[name]
    if type(list) == "userdata" and list ~= host.null then list = host.materialize(list) end
    if type(list) == "table" then return list, name end
  end
end

---The record; a broken one if it is a number, a text or null.
local function checked(record)
  if is_object(record) then return record end
  return bad_record.new(host.encode(record), "not an object, and so not a user")
end

---The items of an array within another are records as well: pages may be arrays.
---@return any record
---@return string? at
function Listing:__call()
  while true do
    if self.page and self.index < #self.page then
      self.index = self.index + 1
      return checked(self.page[self.index]), self.place .. "/" .. self.index - 1
    end
    self.page = nil
    local record, at = self.inner()
    if record == nil or bad_record.is(record) then return record, at end
    local list, name = list_of(record, self.options)
    if host.is_array(record) then list = record end
    if not list then
      self.is_known = self.is_known or name == true
      return checked(record), at
    end
    self.page, self.index, self.is_known = list, 0, true
    self.place = (at or "") .. (name and "/" .. name or "")
  end
end

function Listing:name() return self.inner:name() end

function Listing:title() return self.inner:title() end

---Nil within a page, of which only the whole was read.
function Listing:as_read() return not self.page and self.inner:as_read() or nil end

---Where there are users, lists inside them do not hold records.
function Listing:warnings()
  local all = {}
  for _, warning in ipairs(self.inner:warnings()) do
    if not (self.is_known and warning.code == "other_shape") then all[#all + 1] = warning end
  end
  return all
end

function Listing:progress() return self.inner:progress() end

function Listing:close() self.inner:close() end

---How a file of JSON is read: the pointer to the list of its first document, or that it has pages
---as records.
---@return string? pointer
---@return boolean has_pages
local function form_of(values, options)
  local first = values[1]
  if not json_head.is_object(first) then
    local element = type(first) == "table" and first[1]
    return nil, type(element) == "table" and not (json_head.is_object(element)
      and has_one(element, options.has))
  elseif has_one(first, options.has) then
    return nil, false
  end
  for _, name in ipairs(options.lists) do
    if type(first[name]) == "table" then return "/" .. name, false end
  end
  local list = json_head.list(first)
  return list and list.pointer or nil, false
end

local function of_json(path, reader, head, options)
  local found = head and json_head.read(head) or { values = {} }
  local pointer, has_pages = form_of(found.values, options)
  if reader == "source.ndjson" and #found.values > 1 and found.has_lines then
    return ndjson.records(path, { optional = true, limit = pointer and LONGEST_PAGE or nil })
  end
  local limit = (has_pages or not head) and LONGEST_PAGE or nil
  return json.records(path, { pointer = pointer, limit = limit, optional = true })
end

---CSV as it is recognised; names of columns differ by the program that wrote them.
local function of_csv(path, seen, given)
  local options = { optional = true }
  for _, from in ipairs { seen, given } do
    for name, value in pairs(from) do options[name] = value end
  end
  return csv.records(path, options)
end

---@param path string
---@param options ListingOptions
local function open(path, options)
  local head = path ~= "-" and failure.check(recognise.beginning(path)) or nil
  local best = head and recognise.head(head)[1]
  local is_csv = options.csv and head and not json_head.read(head) and head:find("%S")
  local dialect = is_csv and best and best.reader == "source.csv" and best.options or {}
  local own = options.csv
  if is_csv and type(own) == "function" then own = own(head) end
  return setmetatable({
    inner = is_csv and of_csv(path, dialect, own)
      or of_json(path, best and best.reader, head, options),
    options = options,
  }, Listing)
end

---@param given string|string[]  a path, a glob, a folder, several separated by commas, or "-", from
---  which JSON is read
---@param options ListingOptions
---@return Reading
function listing.records(given, options)
  spelling.check_options(WHAT, options, OPTIONS)
  local paths = input.require(WHAT, given, ENDINGS)
  records.tell(paths, { sample = { kind = "json" } })
  local parts = {}
  for i, path in ipairs(paths) do parts[i] = open(path, options) end
  return parts[2] and concat(table.unpack(parts)) or parts[1]
end

return listing
