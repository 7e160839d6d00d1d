--- Reads the pages of an API, or a file that it prepares. The program asks for them, waits, and
--- keeps them; here they become records.

local export = require "source.http.export"
local failure = require "base.failure"
local json = require "host.json"
local members = require "source.members"
local reading = require "source.reading"
local spec_rules = require "source.http.spec"
local type_name = require "base.type_name"

---@class source.http
---@field null lightuserdata  the value of JSON null
---@field records fun(given: HttpSpec): HttpRecords  the records of all pages
---@field get fun(given: HttpSpec): any  one document, decoded: for what a source needs besides
---@field export fun(given: HttpSpec): HttpExport  the records of a file that a job prepares
---@field each fun(given: HttpSpec): fun(url: string): any  asks for a document of each record, as
---  many as there are: the function returns it decoded, nil where there is none (404)
---@field private asking function
local http = { null = json.null }

---@class HttpRecords : Reading  a call returns the next record and its place, or nil at the end
---@field private ask fun(name: string, ...: any): any, any, any
---@field private number integer    of the reading, for the program
---@field private label string      "users"
---@field private spec HttpSpec
---@field private members Members
---@field private reader? host.json.reader  of the page
---@field private page? table       as the program gave it
---@field private found SourceWarning[]
---@field private records integer   that were given
local Records = reading.class "http.records"

---Asks the program; raises its failure.
local function asking(ask)
  return function(...)
    local answered, value, message, kind = ask(...)
    if not answered then failure.raise(tostring(value), "fatal") end
    if value == nil and message then failure.raise(message, kind) end
    return value, message
  end
end

---A copy for the program: without the function, and what only the records need.
local function plain(spec)
  local copy = {}
  for name, value in pairs(spec) do copy[name] = value end
  copy.optional = nil
  if type(copy.next) == "function" then copy.next = nil end
  return copy
end

---The next request, by the recipe's own function.
---@private
function Records:follow(page)
  local given = page
  local body = json.decode(given.text)
  local request = self.spec.next {
    request = given.request, status = given.status, headers = given.headers, body = body,
    items = given.items, total = given.total, page = given.page,
  }
  if request ~= nil and type(request) ~= "table" then
    error("`next` returned " .. type_name.a(request) .. ", not a request or nil", 0)
  end
  if request then
    local first, whole = spec_rules.request(self.spec), {}
    for _, from in ipairs { first, request } do
      for name, value in pairs(from) do whole[name] = value end
    end
    if request.url and request.query == nil then whole.query = nil end
    request = whole
  end
  self.ask("follow", self.number, request, given.page)
end

---Goes to the next page.
---@private
---@return boolean  false: there is none
function Records:turn()
  if self.reader then self.reader:close() end
  self.reader = nil
  local page, warnings = self.ask("next", self.number)
  if not page then
    self.is_over = true
    table.move(warnings, 1, #warnings, #self.found + 1, self.found)
    self.members:report(self.label, self.records == 1, function(code, message)
      self.found[#self.found + 1] = { code = code, message = message }
    end)
    return false
  end
  if type(self.spec.next) == "function" then self:follow(page) end
  local pointer = self.spec.items ~= "" and self.spec.items or nil
  self.page, self.prefix = page, string.format("%s page %d#", self.label, page.page)
  if page.items > 0 then
    self.reader = json.reader(page.text, {
      pointer = pointer, limit = #page.text + 1, asked = self.members.asked,
    })
  end
  page.text = nil
  return true
end

---The next record and its place: "users page 3#17", counted from 0 as in JSON.
---@return any record
---@return string? at
function Records:__call()
  while not self.is_over do
    while self.reader do
      local record, place, kind = self.reader:next()
      if record == nil then
        if place then failure.raise(self.prefix .. ": " .. place, kind) end
        break
      end
      local skip = self.page.skip
      if not (skip and skip[math.tointeger(tonumber(place))]) then
        self.records = self.records + 1
        return record, self.prefix .. place
      end
    end
    if not self:turn() then return nil end
  end
end

function Records:name()
  return self.label
end

function Records:as_read()
  return self.reader and self.reader:record() or nil
end

function Records:optional()
  return self.members.optional or true
end

function Records:warnings()
  return self.found
end

function Records:progress()
  return self.page and self.page.share or nil
end

function Records:close()
  if self.reader then self.reader:close() end
  self.reader = nil
  if not self.is_over then self.ask("close", self.number) end
  self.is_over = true
end

---The beginning of the URLs of an API, without a slash at the end: of a host, or of a URL as it is,
---whose path counts. `records` and `get` check it.
---@param domain string  "acme.okta.com", "http://127.0.0.1:8080"
---@return string        "https://acme.okta.com"
function http.address(domain)
  if type(domain) ~= "string" then
    error("http.address expects a host or a URL, got " .. type_name.of(domain), 2)
  end
  local whole = domain:find("^%a[%w+.-]*://") and domain or "https://" .. domain
  return (whole:gsub("/+$", ""))
end

---@param ask fun(...: any): boolean, any, any, any
---@return source.http
local function module(ask)
  local made = { null = json.null, address = http.address }
  local answer = asking(ask)

  local function check(what, given, rule)
    local wrong = (rule or spec_rules.check)(given)
    if wrong then error(what .. ": " .. wrong, 3) end
  end

  ---The records of all pages.
  ---@param given HttpSpec
  ---@return HttpRecords
  function made.records(given)
    check("http.records", given)
    local asked = members.new("http.records", given)
    local number, label = answer("open", plain(given), {
      asks_next = type(given.next) == "function" or nil,
    })
    return setmetatable({
      ask = answer, number = number, label = label, spec = given, members = asked,
      found = {}, records = 0,
    }, Records)
  end

  ---One document, decoded: for the few requests that a source needs besides.
  ---@param given HttpSpec
  ---@return any
  function made.get(given)
    check("http.get", given)
    if given.next then error("http.get: next is of http.records", 2) end
    local number = answer("open", plain(given), { single = true })
    local page = answer("next", number)
    answer("close", number)
    return json.decode(page.text)
  end

  ---The records of a file that a job prepares: a JSON document on each line.
  ---@param given HttpSpec  with `job`
  ---@return HttpExport
  function made.export(given)
    check("http.export", given, spec_rules.check_export)
    local asked = members.new("http.export", given, true)
    local number, label = answer("open", plain(given), { export = true })
    return export.open(ask, number, label, given, asked)
  end

  ---A document for each of many records. `given.url` is what the URLs begin with.
  ---@param given HttpSpec
  ---@return fun(url: string): any
  function made.each(given)
    check("http.each", given)
    if given.next then error("http.each: next is of http.records", 2) end
    local number = answer("open", plain(given), { single = true, each = true })
    return function(one)
      if type(one) ~= "string" then
        error("http.each: the URL must be a text, not " .. type_name.a(one), 2)
      end
      local document = json.decode(answer("one", number, one).text)
      if document ~= json.null then return document end
    end
  end

  return made
end

---The module of a recipe, whose program answers.
http.asking = module

---Without one, nothing is asked.
local alone = module(function()
  return true, nil, "an API can be read in `source` only", "usage"
end)
http.records, http.get, http.export = alone.records, alone.get, alone.export
http.each = alone.each

return http
