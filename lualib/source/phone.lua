--- Phone numbers by the numbering plan of their country. A number that can be read in two ways, or
--- in none, is nil.

local phone_plans = require "source.phone_plans"
local spelling = require "base.spelling"
local text = require "host.text"

local phone = {}

local NONE <const> = "-"
local LONGEST <const> = 15 -- digits of E.164, with the calling code
local LONGEST_LOCAL <const> = 8 -- digits of a number without its area code; longer ones are rare

-- What people write for an ISO code.
local ALIASES <const> = { UK = "GB", EL = "GR" }

local known_bits = {} ---@type table<string, integer>

---A set of bits from "4,7-9". Many plans have the same.
local function bits(ranges)
  local set = known_bits[ranges]
  if set then return set end
  set = 0
  for first, last in ranges:gmatch("(%d+)%-?(%d*)") do
    for bit = tonumber(first), tonumber(last) or tonumber(first) do set = set | 1 << bit end
  end
  known_bits[ranges] = set
  return set
end

---The first digits of each length from "8:234567;9:689", and the set of lengths.
local function first_digits(groups)
  local first, lengths = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, 0
  for ranges, digits in groups:gmatch("([%d,-]+):(%d+)") do
    local set, of = 0, bits(ranges)
    for digit in digits:gmatch("%d") do set = set | 1 << tonumber(digit) end
    for n = 1, LONGEST do
      if of >> n & 1 == 1 then first[n] = set end
    end
    lengths = lengths | of
  end
  return first, lengths
end

-- Without area codes, though their numbers differ in length.
local UNDIVIDED <const> = { AD = true, LU = true }

---Lengths at which a number without a prefix has its area code. Where people dial a trunk prefix,
---or numbers differ much in length, a short number may be a local one.
local function complete(region, lines, has_trunk)
  local shortest, longest
  for n = 1, LONGEST do
    if lines >> n & 1 == 1 then shortest, longest = shortest or n, n end
  end
  if not longest or UNDIVIDED[region] then return lines end
  local differ = shortest < LONGEST_LOCAL and longest > LONGEST_LOCAL
  if not has_trunk and not differ then return lines end
  local long = lines & ~((1 << LONGEST_LOCAL + 1) - 1)
  return long | 1 << longest
end

local function one_begins(list, with)
  return ("," .. list):find("," .. with, 1, true) ~= nil
end

---International prefixes: those of the country, and 00 where nothing else can begin with it.
local function abroad_of(prefixes, zero, trunks)
  if prefixes == "" then return "00" end
  if zero ~= NONE or one_begins(trunks, "0") or one_begins(prefixes, "00") then return prefixes end
  return prefixes .. ",00"
end

local function given(field)
  return field == NONE and "" or field
end

---@param row string[]  of source.phone_plans
---@return PhonePlan
local function plan_of(row)
  local region, code, groups, all, zero, again, trunks, starts_local
    = row[1]:match("^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$")
  local first, lines = first_digits(groups)
  return {
    region = given(region), code = code, name = row[3], lines = lines, all = bits(all),
    complete = complete(region, lines, trunks ~= NONE), first = first, zero = bits(zero),
    again = bits(again), trunks = given(trunks), starts_local = given(starts_local),
    abroad = abroad_of(row[2], zero, trunks),
  }
end

local made = {} ---@type {plans?: PhonePlan[], by_name?: table<string, string>}

---The plans, and the code or region that each code or region stands for. Made when they are first
---needed, because most recipes read no phone numbers.
---@return PhonePlan[] plans
---@return table<string, string> by_name
local function known_plans()
  if made.plans then return made.plans, made.by_name end
  local plans, by_name = {}, {}
  for i, row in ipairs(phone_plans) do
    local plan = plan_of(row)
    plans[i] = plan
    by_name[plan.code] = by_name[plan.code] or plan.code
    if plan.region ~= "" then by_name[plan.region] = plan.region end
  end
  made.plans, made.by_name = plans, by_name
  return plans, by_name
end

---The calling code that was probably meant.
local function nearest_code(digits)
  local _, by_name = known_plans()
  digits = digits:gsub("^0+", "")
  for n = #digits, 1, -1 do
    if by_name[digits:sub(1, n)] then return digits:sub(1, n) end
  end
  return "1"
end

---The country that was probably meant: by its name, else by its code.
local function nearest_region(word)
  local names, region_of = {}, {}
  for _, plan in ipairs((known_plans())) do
    if plan.region ~= "" then
      local name = plan.name:lower()
      if #word >= 3 and name:sub(1, #word) == word:lower() then return plan.region end
      names[#names + 1], region_of[plan.name] = plan.name, plan.region
      names[#names + 1], region_of[plan.region] = plan.region, plan.region
    end
  end
  table.sort(names)
  local near = spelling.find(word, names) or spelling.find(word:sub(1, 2), names)
  return near and region_of[near]
end

---A country as `value.phone` takes it: "49" for a calling code (`49`, `+49`), "DE" for an ISO code
---(`DE`, `de`).
---@param word string
---@return string? country
---@return string? near  the one that was probably meant, if it is unknown
function phone.country(word)
  local _, by_name = known_plans()
  local trimmed = text.trim(word) or ""
  local known = by_name[trimmed:gsub("^%+(%d)", "%1"):upper()]
  if known then return known end
  local digits = trimmed:match("^%+?(%d+)$")
  if digits then return nil, nearest_code(digits) end
  return nil, ALIASES[trimmed:upper()] or nearest_region(trimmed)
end

---What is wrong with an unknown country.
---@param word string
---@return string message
local function unknown(word)
  local _, near = phone.country(word)
  return string.format('must be a calling code such as "49" or a country such as "DE"%s',
    near and '; did you mean "' .. near .. '"?' or "")
end

---E.164 ("+4930123456"), from a number with a plus or an international prefix, or, with `country`,
---as people write it there. nil if it can be read in two ways or in none, or has an extension.
---@type fun(written: string|number|nil, country?: string|integer): string?
phone.read = text.phone_reader(known_plans, unknown)

return phone
