--- Reads the users that a program saved from a service: pages of JSON, one after another, in a list
--- or one a line, lists of users, lists inside the elements of a list, or a CSV file.

local bad_record = require "source.bad_record"
local beginning = require "source.beginning"
local concat = require "source.concat"
local csv = require "source.csv"
local failure = require "base.failure"
local host = require "host.json"
local inner_lists = require "source.inner_lists"
local input = require "source.input"
local json = require "source.json"
local json_head = require "source.json_head"
local ndjson = require "source.ndjson"
local pointer = require "base.pointer"
local reading = require "source.reading"
local recognise = require "source.recognise"
local records = require "source.records"
local spelling = require "base.spelling"

local listing = {}

local RECORDS <const>, FIND <const> = "listing.records", "listing.find"
local ENDINGS <const> = { "json", "ndjson", "jsonl", "csv", "tsv", "txt", "ldif", "ldf" }
local OPTIONS <const> = { "lists", "has", "mark", "csv", "ldif" }
local LONGEST_PAGE <const> = 16 * 1024 * 1024 -- bytes, where a page has to be read as a whole

---@class ListingOptions
---@field lists string[]  where a page may have its list of users: a member ("Users"), a pointer
---  ("/_embedded/users"), or a pointer into all elements of a list ("/orgs/*/users")
---@field has? string[]   members of which every user has one, and no page: "Username"
---@field mark? string    a member of the elements at "*", which the users inside get
---@field csv? table|fun(head: string): table  options of csv.records, beside those that the
---  beginning of the file shows; without them, no CSV is read
---@field ldif? fun(path: string): Reading  reads a file that is not JSON; not with `csv`

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
  for _, name in ipairs(names or {}) do
    if object[name] ~= nil then return true end
  end
  return false
end

---The pointer of one of the `lists`.
local function pointer_of(place)
  return place:find("^/") and place or "/" .. place
end

---What is at a pointer of an object, decoded or not; nil unless it is a list.
local function list_at(object, place)
  local first, rest = place:match("^/([^/]*)(.*)$")
  local list = pointer.get(object[first], rest)
  return type(list) == "table" and list or nil
end

---The list of a page, and its pointer; nil and true if the value is a user.
local function list_of(value, options)
  if not is_object(value) then return nil end
  if has_one(value, options.has) then return nil, true end
  for _, name in ipairs(options.lists) do
    local place = pointer_of(name)
    local list = list_at(value, inner_lists.parts(place) or place)
    if list and inner_lists.parts(place) then
      failure.raise("lists inside the elements of " .. inner_lists.parts(place) .. " are read "
        .. "several times: save each document to a file of its own", "usage")
    end
    if list then return list, place end
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
    local list, place = list_of(record, self.options)
    if host.is_array(record) then list = record end
    if not list then
      self.is_known = self.is_known or place == true
      return checked(record), at
    end
    self.page, self.index, self.is_known = list, 0, true
    self.place = (at or "") .. (place or "")
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

---Those of the `lists` that a page has.
---@return string[] pointers
local function places_in(page, options)
  local found = {}
  for _, name in ipairs(json_head.is_object(page) and options.lists or {}) do
    local place = pointer_of(name)
    if list_at(page, inner_lists.parts(place) or place) then found[#found + 1] = place end
  end
  return found
end

---How a file of JSON is read: the pointer to the list of its first document, or that it has pages
---as records.
---@return string? pointer
---@return boolean has_pages
local function form_of(first, options)
  if not json_head.is_object(first) then
    local element = type(first) == "table" and first[1]
    return nil, type(element) == "table" and not (json_head.is_object(element)
      and has_one(element, options.has))
  elseif has_one(first, options.has) then
    return nil, false
  end
  local list = not places_in(first, options)[1] and json_head.list(first)
  return places_in(first, options)[1] or list and list.pointer or nil, false
end

---The lists inside the elements of a list that has the first of them.
local function of_inner_lists(path, first, found, options)
  if #found.values > 1 then
    failure.raise(input.names({ path })[1] .. " has several exports, one after another: save each "
      .. "to a file of its own", "usage")
  end
  local outer, inner = inner_lists.parts(first), {}
  for _, place in ipairs(options.lists) do
    local own, rest = inner_lists.parts(pointer_of(place))
    if own == outer then inner[#inner + 1] = rest end
  end
  return inner_lists.records(path, outer, inner, options.mark)
end

---@param head? string  nil: stdin
local function of_json(path, reader, head, options)
  local found = head and json_head.read(head)
  local values = found and found.values or {}
  local place, has_pages = form_of(values[1], options)
  if place and inner_lists.parts(place) then return of_inner_lists(path, place, found, options) end
  local has_lines = not found or #values > 1 and found.has_lines -- not found: the first is broken
  if reader == "source.ndjson" and has_lines then
    return ndjson.records(path, { optional = true, limit = place and LONGEST_PAGE or nil })
  end
  local limit = (has_pages or not head) and LONGEST_PAGE or nil
  return json.records(path, { pointer = place, limit = limit, optional = true })
end

---CSV as its beginning shows; names of columns differ by the program that wrote them.
local function of_csv(path, head, own)
  local options = { detect = true, optional = true }
  if type(own) == "function" then own = own(head) end
  for name, value in pairs(own) do options[name] = value end
  return csv.records(path, options)
end

---@param path string
---@param options ListingOptions
---@return Reading
local function open(path, options)
  local head = path ~= "-" and failure.check(beginning.of(path)) or nil
  local best = head and recognise.head(head)[1]
  local reader = best and best.reader
  local is_json = not head or json_head.read(head) or reader == "source.ndjson"
    or not head:find("%S")
  if not is_json and options.ldif and not options.csv then return options.ldif(path) end
  local inner = not is_json and options.csv and of_csv(path, head, options.csv)
    or of_json(path, reader, head, options) -- which says what another file is
  return setmetatable({ inner = inner, options = options }, Listing)
end

---@param given string|string[]  a path, a glob, a folder, several separated by commas, or "-", from
---  which JSON is read
---@param options ListingOptions
---@return Reading
function listing.records(given, options)
  spelling.check_options(RECORDS, options, OPTIONS)
  local paths = input.require(RECORDS, given, ENDINGS)
  records.tell(paths, { sample = { kind = "json" } })
  local parts = {}
  for i, path in ipairs(paths) do parts[i] = open(path, options) end
  return parts[2] and concat(table.unpack(parts)) or parts[1]
end

---The same for lists that need not be there, which the first document of the first file shows.
---@param given string|string[]  of stdin, nothing can be known
---@param options ListingOptions
---@return Reading?
function listing.find(given, options)
  local path = input.require(FIND, given, ENDINGS)[1]
  local found = path ~= "-" and json_head.read(failure.check(beginning.of(path)))
  if not (found and places_in(found.values[1], options)[1]) then return nil end
  return listing.records(given, options)
end

return listing
