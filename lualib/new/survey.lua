--- Statistics of the columns of an export, in memory that does not grow with it.

local bad_record = require "source.bad_record"
local distinct = require "new.distinct"
local flatten = require "new.flatten"
local forms = require "new.forms"
local identify = require "auth0.hash.identify"
local json = require "host.json"
local nothing = require "new.nothing"
local phone = require "source.phone"
local pieces = require "new.pieces"
local text = require "host.text"

local survey = {}

local MOST_COLUMNS <const> = 400
local MOST_WORDS <const> = 500 -- distinct values whose occurrences are counted
local LONGEST_WORD <const> = 64 -- bytes
local MOST_SAMPLES <const> = 200
local MOST_VALUES <const> = 400000 -- of all columns, to find repeated ones
local LEAST_VALUES <const> = 1000 -- of each
local SHORTEST_HASH <const> = 16 -- bytes
local MOST_HASHES <const> = 300 -- identified in full; afterwards one in RARELY
local RARELY <const> = 50

---Records in which a value has to occur before it is written anywhere.
survey.FREQUENT = 20

---@class Column
---@field key string        "profile.email", "emails[].value"
---@field name string       its last part
---@field way Step[]
---@field filled integer    records with a value
---@field types table<string, integer>  of Lua, integer, float and list
---@field forms table<string, integer>  see new.forms
---@field texts table<string, table<string, integer>>  more about a form: digest → encoding
---@field sizes table<integer, integer>  bytes of digests
---@field hashes table<string, integer>  by scheme
---@field supported integer  hashes that Auth0 can verify
---@field identified integer values that were looked at as hashes
---@field words table<string, integer>  occurrences
---@field has_more boolean   there are more words
---@field distinct Distinct
---@field samples string[]   never to be written
---@field codes table<string, integer>  calling codes of phone numbers
---@field endings table<string, integer>  of addresses: "de"
---@field longest integer    characters
---@field padded integer     values with blanks around them
---@field largest integer    of whole numbers
---@field nothing? string[]  words for nothing among its values, which are not counted
---@field is_joined? boolean of a further table about the user
---@field prefix? string     the first word of most names, see new.guess
---@field wrapped? true       its hashes are the hexadecimal digits of text
---@field is_list boolean    most values are lists, or it has several values of LDIF

---@class Survey
---@field columns Column[]   in order
---@field records integer
---@field broken integer
---@field watched table<string, integer>  occurrences of values that are asked about
---@field private by_key table<string, Column>
---@field private are_lists boolean
---@field private share integer
local Survey = {}
Survey.__index = Survey

---@param options {columns?: string[], are_lists?: boolean, watch?: table<string, true>,
---  joined?: table<string, boolean>}
---@return Survey
function survey.new(options)
  local self = setmetatable({
    columns = {}, by_key = {}, records = 0, broken = 0, watched = {},
    are_lists = options.are_lists or false, joined = options.joined, share = MOST_VALUES // 20,
  }, Survey)
  for value in pairs(options.watch or {}) do self.watched[value] = 0 end
  if options.columns then
    self.share = math.max(LEAST_VALUES, MOST_VALUES // math.max(#options.columns, 1))
    for _, name in ipairs(options.columns) do
      self:column(name, { { kind = "member", name = name } })
    end
  end
  return self
end

---@private
function Survey:column(key, way)
  local found = self.by_key[key]
  -- An element of XML is a text in records in which it has no attributes.
  if found and way[#way].kind == "first" and #way > #found.way then found.way = way end
  if found or #self.columns >= MOST_COLUMNS then return found end
  local last = way[#way]
  local name = last.kind ~= "member" and last.name or nil
  for i = #way, 1, -1 do name = name or way[i].name end
  found = {
    key = key, name = name, way = way, filled = 0, types = {}, forms = {}, texts = {}, sizes = {},
    hashes = {}, supported = 0, identified = 0, words = {}, has_more = false,
    distinct = distinct.new(self.share), samples = {}, codes = {}, endings = {}, longest = 0,
    padded = 0, largest = 0, is_list = false, n_words = 0,
  }
  self.by_key[key] = found
  table.insert(self.columns, found)
  return found
end

local function count(counts, name)
  counts[name] = (counts[name] or 0) + 1
end

local function add_hash(column, value, found)
  if #value < SHORTEST_HASH or found.uuid or found.url or found.json or value:find("%s") then
    return
  end
  column.asked = (column.asked or 0) + 1
  if column.asked > MOST_HASHES and column.asked % RARELY ~= 0 then return end
  column.identified = column.identified + 1
  local kind = identify.of(value)
  local inner = (not kind or not kind.supported) and pieces.unprefixed(value)
  if inner and not pieces.are_bytes(inner) then -- text in a binary column
    local of_text = identify.of(inner)
    if of_text and of_text.supported then kind, column.wrapped = of_text, true end
  end
  if not kind or kind.supported == nil or kind.scheme == "unknown" then return end
  count(column.hashes, kind.scheme)
  if kind.supported then column.supported = column.supported + 1 end
end

---The calling code of a number in E.164.
local function calling_code(number)
  for n = 1, 3 do
    local code = number:sub(2, n + 1)
    if phone.country(code) == code then return code end
  end
end

local function add_word(column, value)
  if column.words[value] then
    column.words[value] = column.words[value] + 1
  elseif column.n_words >= MOST_WORDS or #value > LONGEST_WORD then
    column.has_more = true
  else
    column.words[value], column.n_words = 1, column.n_words + 1
  end
end

---@param value string  a scalar as text
local function add_text(column, value)
  local found = forms.of(value)
  for form, more in pairs(found) do
    count(column.forms, form)
    if type(more) == "string" then
      column.texts[form] = column.texts[form] or {}
      count(column.texts[form], more)
    end
  end
  if found.digest then
    local size = forms.bytes(value)
    column.sizes[size] = (column.sizes[size] or 0) + 1
  end
  if found.address then
    local ending = value:match("%.(%a%a)%s*$")
    if ending then count(column.endings, ending:lower()) end
  elseif found.international then
    local code = calling_code(phone.read(value) or "")
    if code then count(column.codes, code) end
  end
  if found.integer then
    column.largest = math.max(column.largest, math.tointeger(tonumber(value)) or 0)
  end
  if #column.samples < MOST_SAMPLES then table.insert(column.samples, value) end
  add_hash(column, value, found)
  column.longest = math.max(column.longest, utf8.len(value) or #value)
  if value:find("^%s") or value:find("%s$") then column.padded = column.padded + 1 end
  add_word(column, value)
  column.distinct:add(text.lower(text.trim(value) or value))
end

---@private
function Survey:add(key, way, value, all)
  local column = self:column(key, way)
  if not column or value == nil or value == json.null then return end
  local kind = math.type(value) or type(value)
  if kind == "table" and next(value) == nil then return end
  if kind == "string" and not text.trim(value) and not value:find("[^%s]") then return end
  column.filled = column.filled + 1
  count(column.types, kind == "table" and (json.is_array(value) or #value > 0) and "list" or kind)
  if all and #all > 1 then column.several = (column.several or 0) + 1 end
  if kind == "table" then
    for _, item in ipairs(value) do
      if type(item) == "string" then
        self:note(item)
        add_word(column, item)
      end
    end
    return
  end
  local written = tostring(value)
  self:note(written)
  add_text(column, written)
end

---@private
function Survey:note(value)
  if self.watched[value] then self.watched[value] = self.watched[value] + 1 end
end

---Adds a record, or what stands in its place if it is broken.
---@param record any
function Survey:record(record)
  local plain = not bad_record.is(record) and json.materialize(record)
  if type(plain) ~= "table" or json.is_array(plain) then
    self.broken = self.broken + 1
    return
  end
  self.records = self.records + 1
  local options = { are_lists = self.are_lists, joined = self.joined }
  flatten.record(plain, options, function(...) self:add(...) end)
end

---Takes words for nothing out of the statistics of a column in which they are no values.
local function drop_nothing(column)
  local words, n = nothing.of(column, survey.FREQUENT)
  if not words then return end
  column.nothing = words
  column.filled = column.filled - n
  column.types.string = (column.types.string or 0) - n
  for _, word in ipairs(words) do
    local times = column.words[word]
    for form, more in pairs(forms.of(word)) do
      column.forms[form] = column.forms[form] - times
      local texts = type(more) == "string" and column.texts[form]
      if texts then texts[more] = texts[more] - times end
    end
    column.words[word], column.n_words = nil, column.n_words - 1
    column.distinct:forget(text.lower(text.trim(word) or word))
  end
  for i = #column.samples, 1, -1 do
    if nothing.is(column.samples[i]) then table.remove(column.samples, i) end
  end
end

---What is known once all records were added.
---@param left_out? table<string, true>  keys of columns
function Survey:finish(left_out)
  for i = #self.columns, 1, -1 do
    if left_out and left_out[self.columns[i].key] then table.remove(self.columns, i) end
  end
  for _, column in ipairs(self.columns) do
    column.is_list = (column.types.list or 0) * 2 > column.filled
    drop_nothing(column)
  end
end

---Columns that have values, by key.
---@param key string
---@return Column?
function Survey:find(key)
  return self.by_key[key]
end

---Of the values, those that have a form, 0 to 1.
---@param column Column
---@param form string
---@return number
function survey.share(column, form)
  return column.filled == 0 and 0 or (column.forms[form] or 0) / column.filled
end

---The values that occur often enough to be written, the most frequent first.
---@param column Column
---@return string[]
function survey.frequent(column)
  local list = {}
  for word, n in pairs(column.words) do
    if n >= survey.FREQUENT then list[#list + 1] = word end
  end
  table.sort(list, function(a, b)
    if column.words[a] == column.words[b] then return a < b end
    return column.words[a] > column.words[b]
  end)
  return list
end

return survey
