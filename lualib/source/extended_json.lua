--- Reads MongoDB's extended JSON, as mongoexport writes it: a document per line or an array; its
--- wrapped values (`{"$oid": …}`) are read as source.bson reads them.

local records = require "source.records"
local digest = require "host.digest"
local foreign = require "source.foreign"
local host = require "host.bson"
local json = require "host.json"
local members = require "source.members"
local spelling = require "base.spelling"
local text = require "host.text"

---@class source.extended_json
---@field null lightuserdata  the value of null, as in source.json
local extended_json = { null = json.null }

local ENDINGS <const> = { "json", "ndjson", "jsonl" }
local OPTIONS <const> = { "limit", "optional" }
local WHAT <const> = "JSON of MongoDB, as mongoexport writes it"
local RAW_SHOWN <const> = 4096 -- bytes of a broken document
local UUID <const> = "^" .. ("%x"):rep(8) .. ("%-" .. ("%x"):rep(4)):rep(4) .. ("%x"):rep(8) .. "$"
local DOLLAR <const> = 36

-- Doubles that JSON does not have.
local WORDS <const> = { ["NaN"] = "NaN", ["Infinity"] = "Infinity", ["-Infinity"] = "-Infinity" }

local function is_text(given)
  return type(given) == "string"
end

---@param least integer
---@param most integer
local function integer(given, least, most)
  local number = math.type(given) == "integer" and given
    or is_text(given) and given:find("^[+-]?%d+$") and math.tointeger(tonumber(given))
  return number and number >= least and number <= most and number or nil
end

local function long(given)
  return integer(given, math.mininteger, math.maxinteger)
end

local function decimal(given)
  return is_text(given) and given:find("^[+-]?[%d.]+[eE]?[+-]?%d*$") and tonumber(given) or nil
end

local function double(given)
  local number = type(given) == "number" and given or decimal(given)
  if number and math.abs(number) < math.huge then return number * 1.0 end
  return WORDS[given]
end

local function object_id(given)
  return is_text(given) and #given == 24 and not given:find("%X") and given:lower() or nil
end

---ISO 8601, milliseconds since 1970, or these as `$numberLong`.
local function moment(given)
  if type(given) == "table" then given = long(given["$numberLong"]) end
  local milliseconds = math.type(given) and math.tointeger(given)
    or is_text(given) and host.moment(given)
  return milliseconds and host.date(milliseconds) or nil
end

---@param encoded any  base64
---@param subtype any  hexadecimal; old versions write it as a number
local function binary(encoded, subtype)
  local bytes = is_text(encoded) and digest.unbase64(encoded)
  local number = is_text(subtype) and subtype:find("^%x%x?$") and tonumber(subtype, 16)
    or math.type(subtype) == "integer" and subtype
  if not bytes or not number then return nil end
  if number ~= 4 then return bytes end
  return #bytes == 16 and host.uuid(bytes) or nil
end

local function regex(pattern, options)
  return is_text(pattern) and is_text(options) and "/" .. pattern .. "/" .. options or nil
end

local function reference(given)
  local id = given["$id"]
  id = type(id) == "table" and object_id(id["$oid"]) or object_id(id)
  return id and is_text(given["$ref"]) and { ["$ref"] = given["$ref"], ["$id"] = id } or nil
end

local function word(name, given, expected)
  if given == expected then return name end
end

---@class Wrapper
---@field with? string  its other member
---@field alone? false  it has that always
---@field read fun(given: any, other: any): any  the value; nil if the contents are wrong

---By the name of their member; in `$regex` and `$type`, a query may be stored.
---@type table<string, Wrapper>
local WRAPPERS <const> = {
  ["$oid"] = { read = object_id },
  ["$date"] = { read = moment },
  ["$numberInt"] = { read = function(given) return integer(given, -1 << 31, (1 << 31) - 1) end },
  ["$numberLong"] = { read = long },
  ["$numberDouble"] = { read = double },
  ["$numberDecimal"] = {
    read = function(given) return decimal(given) and given or WORDS[given] end,
  },
  ["$binary"] = {
    with = "$type",
    read = function(given, subtype)
      if type(given) == "table" then return binary(given.base64, given.subType) end
      return binary(given, subtype or "00")
    end,
  },
  ["$uuid"] = {
    read = function(given) return is_text(given) and given:find(UUID) and given:lower() or nil end,
  },
  ["$regularExpression"] = {
    read = function(given)
      return type(given) == "table" and regex(given.pattern, given.options) or nil
    end,
  },
  ["$regex"] = { with = "$options", alone = false, read = regex },
  ["$symbol"] = { read = function(given) return is_text(given) and given or nil end },
  ["$code"] = {
    with = "$scope",
    read = function(given) return is_text(given) and given or nil end,
  },
  ["$dbPointer"] = {
    read = function(given) return type(given) == "table" and reference(given) or nil end,
  },
  ["$timestamp"] = {
    read = function(given)
      local seconds = type(given) == "table" and integer(given.t, 0, (1 << 32) - 1)
      return seconds and host.date(seconds * 1000) or nil
    end,
  },
  ["$undefined"] = { read = function(given) return word(json.null, given, true) end },
  ["$minKey"] = { read = function(given) return word("MinKey", given, 1) end },
  ["$maxKey"] = { read = function(given) return word("MaxKey", given, 1) end },
}

---How an object of one member, or two, is unwrapped; nil if it is not a wrapped value.
---@param object table
---@param first string  a member
---@return string? name  the member that tells the type
---@return Wrapper? wrapper
local function wrapper_of(object, first)
  local second, wrapper = next(object, first), WRAPPERS[first]
  if second == nil then
    if wrapper and wrapper.alone ~= false then return first, wrapper end
    return nil
  end
  if next(object, second) ~= nil then return nil end
  if wrapper and wrapper.with == second then return first, wrapper end
  wrapper = WRAPPERS[second]
  if wrapper and wrapper.with == first then return second, wrapper end
end

---The value with everything that is wrapped in it unwrapped, in place.
---@return any value
---@return string? wrong  why it cannot be
local function unwrap(given)
  local first = next(given)
  if type(first) == "string" and first:byte() == DOLLAR then
    local name, wrapper = wrapper_of(given, first)
    if wrapper then
      local value = wrapper.read(given[name], given[wrapper.with])
      if value ~= nil then return value end
      return nil, "invalid extended JSON: wrong contents of " .. name
    end
  end
  for name, inner in next, given do
    if type(inner) == "table" then
      local value, wrong = unwrap(inner)
      if wrong then return nil, wrong end
      if value ~= inner then given[name] = value end
    end
  end
  return given
end

---@class ExtendedReader
---@field private documents host.json.reader
---@field private path string
---@field private read Members
local Reader = {}
Reader.__index = Reader

---The place of a document after the name of its file.
local function place_of(at)
  return math.type(at) and ":" .. at or "#/" .. at
end

function Reader:next()
  local record, place, line, raw = self.documents:next()
  if record == nil then return nil, place, line end
  if record == false and line then
    -- the first line of a file in another format
    if line == 1 and foreign.file(self.path, "JSON") then return nil, place, "parse" end
    return false, place, place_of(line), raw
  end
  if type(record) ~= "table" then return record, place_of(place) end
  local value, wrong = unwrap(record)
  if not wrong then return self.read:watch(value), place_of(place) end
  local written = json.encode(self.documents:record())
  return false, wrong, place_of(place), text.printable(written or "", RAW_SHOWN)
end

function Reader:record()
  local record = self.documents:record()
  if type(record) ~= "table" then return record end
  return (unwrap(record))
end

function Reader:close()
  self.documents:close()
end

---@param given string|string[]  a path, a glob, a folder, several separated by commas, or "-"
---@param options? {limit: integer?, optional: true|string[]|nil}  as of json.records
---@return Records
function extended_json.records(given, options)
  spelling.check_options("extended_json.records", options, OPTIONS)
  spelling.check_types("extended_json.records", options, { limit = "number" })
  local read = members.new("extended_json.records", options)
  return (records.records(given, ENDINGS, "extended_json.records", {
    open = function(handle, path)
      local documents = json.reader(handle, {
        detect = true, lazy = false, limit = options and options.limit,
      })
      return setmetatable({ documents = documents, path = path, read = read }, Reader)
    end,
    text = "JSON",
    sample = { kind = "ndjson" },
    optional = read.optional or true,
    finished = function(...) read:report(...) end,
    prefix = function(name) return name end,
  })) -- no tail call: an error names this function
end

---What a file is, by its beginning.
---@param head string
---@return {sure: integer, what: string}?
function extended_json.recognise(head)
  local start = head:match("^\xEF?\xBB?\xBF?%s*()[%[{]")
  if not start or not head:find('^%[?%s*{%s*"', start) then return nil end
  for name in head:gmatch('{%s*"(%$%a+)"%s*:') do
    if WRAPPERS[name] then return { sure = 3, what = WHAT } end
  end
end

return extended_json
