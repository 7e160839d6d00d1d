--- Phone numbers that several people of an export share, such as a family: Auth0 keeps the
--- `phone_number` of users unique.

local bad_record = require "source.bad_record"
local countries = require "new.countries"
local flatten = require "new.flatten"
local json = require "host.json"
local phone = require "source.phone"
local text = require "host.text"

local shared_phones = {}

---@class SharedPhones
---@field count integer  people with a number that another address has, too
---@field private numbers string         key of the column
---@field private country? string        of numbers without one
---@field private country_key? string    of the column that has it
---@field private addresses table<string, integer>  by the key of a column: how likely it is that
---  of the address, the smallest first
---@field private first table<string, string>  the first address, by number
---@field private options table
local SharedPhones = {}
SharedPhones.__index = SharedPhones

---The columns that may have the address of a person, the likeliest first.
local function addresses_of(made)
  local keys, n = {}, 0
  local function add(column)
    if column and not keys[column.key] then n, keys[column.key] = n + 1, n + 1 end
  end
  add(made.fields.email)
  for _, other in ipairs(made.others.email or {}) do add(other) end
  add(made.fields.username)
  return keys
end

---@param made Guess
---@param options {are_lists?: boolean, joined?: table<string, boolean>}  see flatten.record
---@return SharedPhones?  nil: there are no phone numbers
function shared_phones.of(made, options)
  local numbers = made.fields.phone_number
  if not numbers or not made.fields.email then return nil end
  local plan = countries.plan(numbers, made.fields) or {}
  return setmetatable({
    count = 0, numbers = numbers.key, country = plan.default,
    country_key = plan.column and plan.column.key, addresses = addresses_of(made), first = {},
    options = options,
  }, SharedPhones)
end

---What a record has: number, country, address.
---@private
function SharedPhones:cells(record)
  local number, country, address, best = nil, self.country, nil, math.huge
  flatten.record(record, self.options, function(key, _, value)
    if type(value) ~= "string" and type(value) ~= "number" then return end
    local written, order = tostring(value), self.addresses[key]
    if key == self.numbers then number = written end
    if key == self.country_key then country = written end
    if order and order < best and written:find("@", 1, true) then
      address, best = text.lower(text.trim(written) or written), order
    end
  end)
  return number, country, address
end

---Adds a record of the export. Nobody without an address becomes a user.
---@param record any
function SharedPhones:record(record)
  local plain = not bad_record.is(record) and json.materialize(record)
  if type(plain) ~= "table" or json.is_array(plain) then return end
  local number, country, address = self:cells(plain)
  if not number or not address then return end
  -- one that only a parameter makes readable is compared as it is written
  number = phone.read(number, country and phone.country(country)) or number:gsub("[^%d+]", "")
  if number == "" then return end
  local first = self.first[number]
  if first and first ~= address then self.count = self.count + 1 end
  self.first[number] = first or address
end

return shared_phones
