--- The country of phone numbers that were written without one.

local phone = require "source.phone"
local survey = require "new.survey"

local countries = {}

local NEARLY_ALL <const> = 0.9
local MAIN <const> = { ["1"] = "US", ["44"] = "GB", ["7"] = "RU", ["39"] = "IT", ["47"] = "NO" }

---@class CountryPlan
---@field column? Column   has the country of each record
---@field default? string  of the parameter
---@field why? string      where that comes from

---Whether each value of a column is a country as value.phone takes it.
---@param column Column
---@return boolean
function countries.is_readable(column)
  if column.has_more then return false end
  for word in pairs(column.words) do
    if not phone.country(word) then return false end
  end
  return next(column.words) ~= nil
end

---Of the national numbers among the samples, those that can be read in a country.
local function readable_share(column, country)
  local n, read = 0, 0
  for _, number in ipairs(column.samples) do
    if number:find("%d") and not number:find("^%+") and not number:find("^00") then
      n = n + 1
      if phone.read(number, country) then read = read + 1 end
    end
  end
  return n == 0 and 0 or read / n
end

---The most frequent of some counts, if it is most of them and occurs often enough to be told.
local function main_of(counts)
  local best, all = nil, 0
  for name, n in pairs(counts) do
    all = all + n
    if not best or n > counts[best] or n == counts[best] and name < best then best = name end
  end
  return best and counts[best] > all / 2 and counts[best] >= survey.FREQUENT and best or nil
end

---@param numbers Column
---@param fields table<Meaning, Column>
---@return CountryPlan?  nil: all numbers have their country
function countries.plan(numbers, fields)
  if (numbers.forms.national or 0) == 0 then return nil end
  local column = fields.country
  if column and countries.is_readable(column) then return { column = column } end
  local code = main_of(numbers.codes)
  local candidates = {}
  if code then
    candidates[1] = { MAIN[code] or code, "the calling code of most numbers that have one" }
  end
  local ending = fields.email and main_of(fields.email.endings)
  if ending and phone.country(ending) then
    candidates[#candidates + 1] = { phone.country(ending), "the ending of most addresses" }
  end
  for _, one in ipairs(candidates) do
    if readable_share(numbers, one[1]) >= NEARLY_ALL then
      return { default = one[1], why = one[2] }
    end
  end
  return {}
end

return countries
