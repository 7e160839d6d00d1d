--- Dates of many systems as ISO 8601. A text that may be two dates is not read.

local text = require "host.text"

local date = {}

local DAY <const> = 86400 -- seconds

-- The size of a number shows its unit. Each unit ends with 2100, and begins where the one before it
-- would be after 5000; what is between may be either.
local YEAR_2100 <const> = 4102444800 -- seconds
local LEAST_MILLISECONDS <const> = 10 ^ 11 -- 1973
local LEAST_MICROSECONDS <const> = 10 ^ 14 -- 1973
local LEAST_TICKS <const> = 10 ^ 17 -- 1917
local LEAST_SECONDS <const> = 10 ^ 5 -- the second day of 1970; less may be days
local LEAST_PAST <const> = 50000 -- seconds before 1970; less may be days, since 1833

-- Days since 1900 as spreadsheets count them, from 1982 to 2064. As days since 1970, which others
-- write, they would be 2052 and later; smaller ones may be either.
local SERIAL_1970 <const> = 25569
local FIRST_SERIAL <const>, LAST_SERIAL <const> = 30000, 60000

-- How systems write "never": the end of the year 9999, and the largest integer.
local NEVER <const> = {
  [253402300799] = true, [253402300799000] = true, [253402300799999] = true,
  [253402214400] = true, [253402214400000] = true, [math.maxinteger] = true,
}

local FILETIME_TICKS <const> = 10000000  -- per second
local FILETIME_1970 <const> = 11644473600 -- seconds since 1601, its epoch

-- Converts a Gregorian date to days since 1970 and back. Years start in March here, which makes the
-- leap day the last of its year.
local function days_of(year, month, day)
  if month <= 2 then year = year - 1 end
  local era = year // 400
  local of_era = year - era * 400
  local of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
  return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
end

local function date_of(days)
  days = days + 719468
  local era = days // 146097
  local of_era = days - era * 146097
  local year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
  local of_year = of_era - (365 * year + year // 4 - year // 100)
  local shifted = (5 * of_year + 2) // 153
  local month = shifted < 10 and shifted + 3 or shifted - 9
  return year + era * 400 + (month <= 2 and 1 or 0), month, of_year - (153 * shifted + 2) // 5 + 1
end

local function days_in(year, month)
  if month == 2 then
    return (year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)) and 29 or 28
  end
  return (month == 4 or month == 6 or month == 9 or month == 11) and 30 or 31
end

---@param seconds integer       since 1970
---@param milliseconds integer  0 to 999
local function iso(seconds, milliseconds)
  local days = seconds // DAY
  local year, month, day = date_of(days)
  if year < 1 or year > 9999 then return nil end
  local rest = seconds - days * DAY
  return string.format("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year, month, day,
    rest // 3600, rest // 60 % 60, rest % 60, milliseconds)
end

local function from_parts(year, month, day, hour, minute, second, fraction, offset)
  if month < 1 or month > 12 or day < 1 or day > days_in(year, month) then return nil end
  if hour > 23 or minute > 59 or second > 60 then return nil end
  local seconds = days_of(year, month, day) * DAY + hour * 3600 + minute * 60 + second - offset
  local milliseconds = fraction == "" and 0 or tonumber((fraction .. "00"):sub(1, 3))
  return iso(seconds, math.tointeger(milliseconds))
end

---Seconds east of Greenwich; nil if not a zone. The default is UTC.
local function offset_of(zone)
  local upper = zone:upper()
  if upper == "" or upper == "Z" or upper == "UTC" or upper == "GMT" then return 0 end
  local sign, hours, minutes = zone:match("^([+-])(%d%d):?(%d*)$")
  if not sign or not (minutes == "" or #minutes == 2) then return nil end
  local seconds = tonumber(hours) * 3600 + (tonumber(minutes) or 0) * 60
  return math.tointeger(sign == "-" and -seconds or seconds)
end

local function from_milliseconds(number)
  local milliseconds = math.floor(number)
  return iso(milliseconds // 1000, milliseconds % 1000)
end

---A FILETIME: ticks of 100 nanoseconds since 1601.
local function from_ticks(number)
  local ticks = math.tointeger(number)
  if not ticks or ticks < 0 then return nil end
  local seconds = ticks // FILETIME_TICKS - FILETIME_1970
  return seconds < YEAR_2100 and iso(seconds, ticks % FILETIME_TICKS // 10000) or nil
end

---A FILETIME of any year, as Active Directory has it: 100 nanoseconds since 1601, a number or its
---digits. nil for 0 and the largest integer, which mean never, and for anything else.
---@param given any
---@return string? iso
function date.filetime(given)
  local number = type(given) == "string" and text.trim(given) or given
  if type(number) == "string" then number = number:find("^%d+$") and tonumber(number) or nil end
  local ticks = type(number) == "number" and math.tointeger(number)
  if not ticks or ticks <= 0 or ticks == math.maxinteger then return nil end
  return iso(ticks // FILETIME_TICKS - FILETIME_1970, ticks % FILETIME_TICKS // 10000)
end

-- Orders of year, month and day in digits alone, as people write them.
local ORDERS <const> = {
  [6] = { "(%d%d)(%d%d)(%d%d)", { 1, 2, 3 }, { 3, 2, 1 }, { 3, 1, 2 } },
  [8] = { "(%d%d)(%d%d)(%d%d%d%d)", { 3, 2, 1 }, { 3, 1, 2 } },
  [10] = { "^(%d%d%d%d)(%d%d)(%d%d)[012]%d$", { 1, 2, 3 } },
  [12] = { "^(%d%d%d%d)(%d%d)(%d%d)[012]%d[0-5]%d$", { 1, 2, 3 } },
}

local function is_day(year, month, day)
  if year >= 100 and (year < 1900 or year > 2099) then return false end
  return month >= 1 and month <= 12 and day >= 1 and day <= days_in(year, month)
end

-- A date of eight digits, also if its month or day is wrong.
local FIRST_DAY <const>, LAST_DAY <const> = 19000000, 20999999

---Whether the digits of a number may be a date of another form: 31121999, 991231. A leading zero
---may be lost.
local function may_be_day(number)
  if number >= FIRST_DAY and number <= LAST_DAY then return true end
  local digits = string.format("%d", number)
  local orders = ORDERS[#digits + #digits % 2]
  if not orders then return false end
  local parts = { (#digits % 2 == 1 and "0" .. digits or digits):match(orders[1]) }
  for i = 2, parts[1] and #orders or 0 do
    local order = orders[i]
    local year, month, day = parts[order[1]], parts[order[2]], parts[order[3]]
    if is_day(tonumber(year), tonumber(month), tonumber(day)) then return true end
  end
  return false
end

local function from_serial(serial)
  if serial < FIRST_SERIAL or serial >= LAST_SERIAL then return nil end
  return from_milliseconds(math.floor((serial - SERIAL_1970) * DAY + 0.5) * 1000)
end

---A number whose unit is known by its size.
local function from_number(number)
  local size = math.abs(number)
  if NEVER[number] then return nil end
  if number > 0 and number < LEAST_SECONDS then return from_serial(number) end
  if number <= 0 and size < LEAST_PAST then return nil end
  local whole = math.tointeger(number)
  if whole and whole > 0 and whole < LEAST_MICROSECONDS and may_be_day(whole) then return nil end
  if size < YEAR_2100 then return from_milliseconds(number * 1000) end
  if size < LEAST_MILLISECONDS then return nil end
  if size < YEAR_2100 * 1000 then return from_milliseconds(number) end
  if size < LEAST_MICROSECONDS then return nil end
  if size < YEAR_2100 * 1000000 then return from_milliseconds(number / 1000) end
  return size >= LEAST_TICKS and from_ticks(number) or nil
end

local DATE_FORMS <const> = {
  "^(%d%d%d%d)%-(%d%d)%-(%d%d)()()()()()$",
  "^(%d%d%d%d)%-(%d%d)%-(%d%d)[Tt ](%d%d):(%d%d)()()%s*(%D?[%d:]*%a*)$",
  "^(%d%d%d%d)%-(%d%d)%-(%d%d)[Tt ](%d%d):(%d%d):(%d%d)[.,]?(%d*)%s*(%D?[%d:]*%a*)$",
  "^([12]%d%d%d)(%d%d)(%d%d)(%d%d)(%d%d)(%d%d)[.,]?(%d*)(%D?%d*)$",
  "^([12]%d%d%d)(%d%d)(%d%d)()()()()()$",
}

local function number_of(capture)
  return type(capture) == "string" and math.tointeger(tonumber(capture)) or 0
end

-- The form that is returned, by its size, with and without milliseconds.
local INSTANTS <const> = {
  [20] = "^(%d%d%d%d)%-(%d%d)%-(%d%d)T(%d%d):(%d%d):(%d%d)Z$",
  [24] = "^(%d%d%d%d)%-(%d%d)%-(%d%d)T(%d%d):(%d%d):(%d%d)%.%d%d%dZ$",
}

---Most exports have dates of that form: nothing is to be computed but for the days at the end of
---a month, which are left to `from_text`.
local function from_instant(written)
  local form = INSTANTS[#written]
  if not form then return nil end
  local y, mo, d, h, mi, s = written:match(form)
  if not y or y == "0000" or mo == "00" or mo > "12" or d == "00" or d > "28" or h > "23"
    or mi > "59" or s > "59" then
    return nil
  end
  return #written == 24 and written or written:sub(1, 19) .. ".000Z"
end

local function from_text(written)
  local instant = from_instant(written)
  if instant then return instant end
  for _, form in ipairs(DATE_FORMS) do
    local y, mo, d, h, mi, s, fraction, zone = written:match(form)
    if y then
      local offset = offset_of(type(zone) == "string" and zone or "")
      local made = offset and from_parts(number_of(y), number_of(mo), number_of(d), number_of(h),
        number_of(mi), number_of(s), type(fraction) == "string" and fraction or "", offset)
      if made then return made end
    end
  end
  if written:find("^%-?%d+%.?%d*$") then
    local number = tonumber(written)
    return from_number(math.tointeger(number) or number)
  end
end

---Whole numbers may be dates: 20230115.
local function from_whole(number)
  if number >= 10 ^ 7 and number < 10 ^ 14 then return from_text(string.format("%d", number)) end
  return from_number(number)
end

---MongoDB's `$date`: text, or milliseconds.
local function from_document(moment)
  local inner = moment["$date"]
  if inner == nil then return date.read(moment["$numberLong"]) end
  if type(inner) == "table" then inner = inner["$numberLong"] end
  if type(inner) == "string" and inner:find("^%-?%d+$") then inner = tonumber(inner) end
  if type(inner) == "string" then return date.read(inner) end
  local is_number = type(inner) == "number" and math.abs(inner) < 10 ^ 15
  return is_number and from_milliseconds(inner) or nil
end

---ISO 8601 in UTC, "2026-08-01T10:00:00.000Z", from ISO dates with any offset (default UTC), SQL
---dates, "YYYYMMDD" and "YYYYMMDDhhmmssZ", days of spreadsheets from 1982, epochs in seconds,
---milliseconds and microseconds up to 2100, FILETIME, and MongoDB's `{"$date": …}`. nil for zero
---dates ("0000-00-00", 0), for what may be two of these, and for other values.
---@param moment string|number|table|nil
---@return string?
function date.read(moment)
  if type(moment) == "table" then return from_document(moment) end
  if type(moment) == "number" then
    if moment ~= moment then return nil end
    local whole = math.tointeger(moment)
    if whole then return from_whole(whole) end
    return from_number(moment)
  end
  local written = type(moment) == "string" and text.trim(moment)
  return written and from_text(written) or nil
end

return date
