--- Records of nobody, in the shape of those of an export. A value is made up, or occurs so often
--- that it tells nothing about a person.

local branches = require "new.branches"
local digest = require "host.digest"
local hashes = require "new.hashes"
local json = require "host.json"
local made_hashes = require "new.made_hashes"
local phone = require "source.phone"
local pieces = require "new.pieces"
local status_words = require "source.status_words"
local survey = require "new.survey"

local synthetic = {}

-- Made up; the first that the export does not have is taken.
local GIVEN <const> = { "Quillon", "Ysolda", "Ondrel", "Tamsiri", "Voskia", "Zephrin" }
local FAMILY <const> = {
  "Vantressel", "Okelmar", "Brindaux", "Hollisterby", "Marquelis", "Tornquell",
}
local WORDS <const> = { "specimen", "placeholder", "made-up", "fictitious" }
local OPEN <const> = { "active", "enabled", "live", "normal", "approved", "aktiv" }
local CLOSED <const> = { "disabled", "suspended", "closed", "inactive", "frozen", "deaktiviert" }
local COUNTRIES <const> = { "DE", "US", "GB", "FR", "ES", "IT", "NL", "AT", "CH", "PT", "NZ", "SG" }
local DOMAIN <const> = "@mail.example"
local URL <const> = "https://www.example.com/made-up"

---Numbers that are kept for fiction, or that no one has, as they are written in their country.
local NATIONAL <const> = {
  DE = "030 23125001", US = "(201) 555-0123", GB = "020 7946 0958", FR = "01 99 00 12 34",
  AU = "(02) 5550 1234", ["49"] = "030 23125001", ["1"] = "(201) 555-0123",
  ["44"] = "020 7946 0958", ["33"] = "01 99 00 12 34",
}
local INTERNATIONAL <const> = { "+12015550123", "+442079460958", "+493023125001", "+12015550199" }

---Every fixed value, so that a survey can say which of them an export has.
---@return table<string, true>
function synthetic.pool()
  local pool = {}
  for _, list in ipairs { GIVEN, FAMILY, WORDS, OPEN, CLOSED, COUNTRIES, INTERNATIONAL } do
    for _, one in ipairs(list) do pool[one] = true end
  end
  for i, given in ipairs(GIVEN) do
    pool[given .. " " .. FAMILY[i]] = true
    pool[given:lower()], pool[given:lower() .. DOMAIN] = true, true
  end
  return pool
end

---@class Synthesizer
---@field private found Survey
---@field private mapping Mapping
---@field private made MadeHash
---@field private person integer  which of the made-up ones
---@field private are_texts boolean
local Synthesizer = {}
Synthesizer.__index = Synthesizer

---The first of some values that the export does not have.
---@private
function Synthesizer:free(list, column)
  for _, one in ipairs(list) do
    local times = (self.found.watched[one] or 0) + (column and column.words[one] or 0)
    if times == 0 or times >= survey.FREQUENT then return one end
  end
  return list[#list] .. "-x"
end

---Which of the made-up people no name of is in the export.
local function free_person(found)
  for i, given in ipairs(GIVEN) do
    local watched = found.watched
    local times = watched[given] + watched[FAMILY[i]] + watched[given .. " " .. FAMILY[i]]
      + watched[given:lower()] + watched[given:lower() .. DOMAIN]
    if times == 0 then return i end
  end
  return #GIVEN
end

---Letters and digits of the kinds that a sample has, always the same.
local function token_like(sample)
  local seed, made = 7, {}
  local hex = not sample:find("[^%x-]")
  for i = 1, #sample do
    local char = sample:sub(i, i)
    seed = (seed * 1103515245 + 12345) % 2147483648
    local n = seed >> 16
    if char:find("%d") then
      made[i] = string.char(0x30 + n % 10)
    elseif char:find("%l") then
      made[i] = string.char(0x61 + n % (hex and 6 or 26))
    elseif char:find("%u") then
      made[i] = string.char(0x41 + n % (hex and 6 or 26))
    else
      made[i] = char
    end
  end
  return table.concat(made)
end

---A number with as many digits as the largest, which is larger than all.
local function number_beyond(column)
  local size = #tostring(column.largest)
  local most = math.tointeger(10 ^ math.min(size, 15)) - 1
  if most - column.largest < 10 then most = most * 10 + 9 end
  return most
end

local MOMENT <const> = "20010909014647"

---A moment in the form of the column's.
local function moment_like(column)
  for _, sample in ipairs(column.samples) do
    if sample:find("^%d%d%d%d") and not sample:find("^0000") and not sample:find("^%d+$") then
      local n = 0
      return (sample:gsub("%d", function()
        n = n + 1
        local digit = MOMENT:sub(n, n)
        return digit ~= "" and digit or "0"
      end))
    end
  end
  local sample = column.samples[1] or ""
  local seconds = 1000000007
  if #sample >= 16 then return tostring(seconds * 1000000) end
  return tostring(#sample >= 12 and seconds * 1000 or seconds)
end

-- How each way to write a flag continues, if the export has one of its words only.
local FLAGS <const> = {
  { "true", "false" }, { "TRUE", "FALSE" }, { "True", "False" }, { "t", "f" }, { "1", "0" },
  { "yes", "no" }, { "Yes", "No" }, { "YES", "NO" }, { "y", "n" }, { "Y", "N" }, { "on", "off" },
}

local function flag_like(column, wanted)
  if column.types.boolean then return wanted end
  if survey.share(column, "moment") + survey.share(column, "epoch") > 0.5 then
    return wanted and moment_like(column) or nil
  end
  for word in pairs(column.words) do
    local lower = word:lower()
    if lower == "verified" or lower == "unverified" then
      return wanted and "verified" or "unverified"
    elseif lower == "confirmed" or lower == "unconfirmed" then
      return wanted and "confirmed" or "unconfirmed"
    end
  end
  for _, pair in ipairs(FLAGS) do
    if column.words[pair[1]] or column.words[pair[2]] then return wanted and pair[1] or pair[2] end
  end
  return wanted and "true" or "false"
end

---A value in the type that most of the column's have.
local function typed(column, value)
  if type(value) ~= "string" then return value end
  local types = column.types
  if (types.integer or 0) > column.filled / 2 and value:find("^%-?%d+$") then
    return math.tointeger(tonumber(value)) or value
  elseif (types.float or 0) > column.filled / 2 then
    return tonumber(value) or value
  end
  return value
end

---@private
function Synthesizer:phone(column)
  local country = self.mapping.country
  local own = country and country.default
  if country and country.column then own = self:country(country.column) end
  local national = own and NATIONAL[own]
  local is_national = (column.forms.national or 0) > (column.forms.international or 0)
  if is_national and national and phone.read(national, own) then return national end
  return self:free(INTERNATIONAL)
end

---@private
function Synthesizer:country(column)
  for _, word in ipairs(survey.frequent(column)) do
    if phone.country(word) then return word end
  end
  return self:free(COUNTRIES, column)
end

---@private
function Synthesizer:status(column, is_closed)
  for _, word in ipairs(survey.frequent(column)) do
    if status_words.closes(word) == is_closed then return word end
  end
  return self:free(is_closed and CLOSED or OPEN, column)
end

---@private
function Synthesizer:role(column)
  local frequent = survey.frequent(column)[1] or self:free(WORDS, column)
  if column.is_list then return json.array { self:free(WORDS) } end
  if survey.share(column, "php") > 0.5 then
    local word = self:free(WORDS)
    return string.format('a:1:{s:%d:"%s";b:1;}', #word, word)
  elseif survey.share(column, "json") > 0.5 then
    return '["' .. self:free(WORDS) .. '"]'
  end
  return frequent
end

---By the field that a column becomes.
---@type table<string, fun(self: Synthesizer, column: Column, variant: string): any>
local FIELDS <const> = {
  email = function(self) return GIVEN[self.person]:lower() .. DOMAIN end,
  username = function(self) return GIVEN[self.person]:lower() end,
  nickname = function(self) return GIVEN[self.person]:lower() end,
  given_name = function(self) return GIVEN[self.person] end,
  family_name = function(self) return FAMILY[self.person] end,
  name = function(self) return GIVEN[self.person] .. " " .. FAMILY[self.person] end,
  picture = function() return URL .. ".png" end,
  phone_number = function(self, column) return self:phone(column) end,
  country = function(self, column) return self:country(column) end,
  totp = function(_, column)
    local secret = digest.base32("made-up secret 20 b.")
    if survey.share(column, "otpauth") > 0.5 then
      return "otpauth://totp/made-up?secret=" .. secret
    end
    return secret
  end,
  factor = function(_, column) return flag_like(column, true) end,
  roles = function(self, column) return self:role(column) end,
  status = function(self, column, variant) return self:status(column, variant == "closed") end,
  active = function(_, column, variant) return flag_like(column, variant ~= "closed") end,
  blocked = function(_, column, variant) return flag_like(column, variant == "closed") end,
  email_verified = function(_, column, variant) return flag_like(column, variant ~= "least") end,
  phone_verified = function(_, column, variant) return flag_like(column, variant ~= "least") end,
  deleted = function(_, column, variant) return flag_like(column, variant == "deleted") end,
  anonymous = function(_, column) return flag_like(column, false) end,
}
FIELDS.second_email = function() return nil end
for _, part in ipairs { "hash", "algorithm", table.unpack(hashes.PARTS) } do
  FIELDS[part] = function(self) return self.made[part] end
end

---@private
function Synthesizer:plain(column)
  local share = survey.share
  if column.is_list then return json.array { self:free(WORDS) } end
  if column.types.boolean then return true end
  if share(column, "moment") + share(column, "epoch") > 0.5 then return moment_like(column) end
  if share(column, "boolean") == 1 then return flag_like(column, true) end
  if share(column, "uuid") > 0.5 then return "00000000-0000-4000-8000-000000000001" end
  if share(column, "integer") > 0.5 then return tostring(number_beyond(column)) end
  if share(column, "decimal") > 0.5 then return "98765.25" end
  if share(column, "json") > 0.5 then return '{"made_up":true}' end
  if share(column, "php") > 0.5 then return 's:7:"made-up";' end
  if share(column, "url") > 0.5 then return URL end
  local frequent = survey.frequent(column)
  for _, word in ipairs(frequent) do
    if not word:find("[%d@]") then return word end
  end
  if share(column, "token") > 0.5 then return token_like(column.samples[1]) end
  return self:free(WORDS, column)
end

---@private
function Synthesizer:id(column)
  if survey.share(column, "uuid") > 0.5 then return "00000000-0000-4000-8000-000000000001" end
  if survey.share(column, "integer") > 0.5 then return tostring(number_beyond(column)) end
  local piece = pieces.of(column, "")
  if piece.encoding == "binary" then
    return "\\x" .. ("00"):rep((piece.size or 1) - 1) .. "01"
  end
  local sample = column.samples[1] or "made-up"
  return sample:find("%d") and token_like(sample) or self:free(WORDS, column)
end

---Puts a value where the way of a column leads; objects in text are encoded later.
local function put(record, way, value, later)
  local at, i = record, 1
  while i <= #way do
    local step, following = way[i], way[i + 1]
    local kind = following and following.kind
    if not kind then
      at[step.name] = value
      return
    elseif kind == "first" then
      at[step.name] = json.array { value }
      return
    elseif kind == "all" then
      local list = type(at[step.name]) == "table" and at[step.name] or json.array { {} }
      local item = list[1]
      at[step.name] = list
      if following.member then
        item[following.name] = item[following.name] or {}
        item[following.name][following.member] = value[1]
      else
        item[following.name] = value[1]
      end
      return
    elseif kind == "pair" then
      at[step.name] = type(at[step.name]) == "table" and at[step.name] or json.array {}
      table.insert(at[step.name], {
        [following.names[1]] = following.name, [following.names[2]] = value,
      })
      return
    elseif kind == "item" then
      local list = at[step.name]
      if type(list) ~= "table" or type(list[1]) ~= "table" then list = json.array { {} } end
      at[step.name] = list
      at, i = list[1], i + 2
    elseif kind == "json" then
      later[at] = later[at] or {}
      later[at][step.name] = later[at][step.name] or {}
      at, i = later[at][step.name], i + 2
    else
      local inner = type(at[step.name]) == "table" and at[step.name] or {}
      at[step.name] = inner
      if json.is_array(inner) then inner = inner[1] end -- an element of XML, once or several times
      if type(inner) ~= "table" then return end
      at, i = inner, i + 1
    end
  end
end

local function encode_later(later)
  for object, members in pairs(later) do
    for name, inner in pairs(members) do object[name] = assert(json.encode(inner)) end
  end
end

---Whether a column is beside a text in the same element of XML, which no file of tests can have.
local function is_beside_text(column)
  for _, step in ipairs(column and column.way or {}) do
    if step.is_beside_text then return true end
  end
  return false
end

---The columns that a record of the tests can have.
---@private
function Synthesizer:columns()
  local columns = {}
  for _, column in ipairs(self.mapping.read) do
    if not is_beside_text(column) then columns[#columns + 1] = column end
  end
  return columns
end

---@param variant "whole"|"least"|"closed"|"deleted"|"nobody"
---@return table
function Synthesizer:record(variant)
  local record, later = {}, {}
  for _, column in ipairs(self:columns()) do
    local field = self.mapping.is_read[column]
    local is_always = column.filled == self.found.records
    local is_asked = variant == "closed" and (field == "status" or field == "active"
      or field == "blocked") or variant == "deleted" and field == "deleted"
    local is_left_out = variant == "nobody" and (field == "email" or field == "second_email")
    if (variant == "whole" or is_always or is_asked
      or (field == "email" and variant ~= "nobody")) and not is_left_out then
      local value
      if field == "user_id" then
        value = self:id(column)
      elseif FIELDS[field] then
        value = FIELDS[field](self, column, variant)
      else
        value = self:plain(column)
      end
      if value ~= nil then put(record, column.way, typed(column, value), later) end
    end
  end
  encode_later(later)
  return record
end

---@param found Survey
---@param mapping Mapping
---@return Synthesizer
function synthetic.of(found, mapping)
  local self = setmetatable({
    found = found, mapping = mapping, person = free_person(found), made = {},
  }, Synthesizer)
  local plan = mapping.password
  local fields = mapping.fields
  local has_parts = not is_beside_text(fields.salt) and not is_beside_text(fields.rounds)
    and not is_beside_text(fields.hash)
  if plan and plan.expression and fields.hash and has_parts then
    self.made = plan.kind == "branches" and branches.made(plan)
      or made_hashes.of(plan, made_hashes.sample_of(fields.hash, plan))
  end
  return self
end

---The records to test with: each with its name, and whether its password logs in.
---@return {name: string, record: table, login?: string}[]
function Synthesizer:all()
  local mapping = self.mapping
  local list = { {
    name = "a record with all columns", record = self:record "whole",
    login = self.made.hash and made_hashes.PASSWORD,
  } }
  list[2] = { name = "a record with what is never empty", record = self:record "least" }
  local is_closing = mapping.fields.status or mapping.fields.active or mapping.fields.blocked
  if is_closing then
    list[#list + 1] = { name = "a closed account", record = self:record "closed" }
  end
  if mapping.fields.deleted then
    list[#list + 1] = { name = "a deleted account", record = self:record "deleted" }
  end
  if mapping.fields.email then
    list[#list + 1] = { name = "a record without an address", record = self:record "nobody" }
  end
  return list
end

return synthetic
