--- Pure functions that convert values: those of host.text, and more for dates, names and secrets.
--- nil and JSON null become nil.

local bad_value = require "source.bad_value"
local digest = require "host.digest"
local json = require "host.json"
local schema = require "host.schema"
local text = require "host.text"

local value = {
  trim = text.trim,
  lower = text.lower,
  email = text.email,
  phone = text.phone,
  boolean = text.boolean,
  split = text.split,
  length = text.length,
  is_utf8 = text.is_utf8,
}

local ACCEPTED <const> = "true/false, yes/no, on/off, 1/0"

---What a value means by words of the caller's, in any case.
local function meaning_of(given, words)
  local exact = words[given]
  if exact ~= nil then return exact end
  local kind = type(given)
  if kind ~= "string" and kind ~= "number" then return nil end
  local wanted = text.lower(text.trim(given) or "")
  for word, meaning in pairs(words) do
    if text.lower(tostring(word)) == wanted then return meaning end
  end
end

local function names_of(words)
  local names = {}
  for word in pairs(words) do names[#names + 1] = tostring(word) end
  table.sort(names)
  return table.concat(names, ", ")
end

---Whether nothing was given. A NUL is the byte of a BIT column, and no blank.
local function is_missing(given)
  return given == nil or given == json.null or type(given) == "string"
    and text.trim(given) == nil and not given:find("\0", 1, true)
end

---Like `boolean`, for a value that decides about a person's access (`blocked`, `active`): one that
---cannot be read is raised, which rejects the record, because an open account would be worse than a
---missing one. nil for nil, null and blank text.
---@param given any
---@param words? table<string|number, boolean>  in place of the usual ones: { A = true, I = false }
---@param path? string  the column or field, for the rejection
---@return boolean?
function value.switch(given, words, path)
  if type(given) == "boolean" then return given end
  local kind, read = type(given), nil
  if words then
    if type(words) ~= "table" then error("switch expects a table of words", 2) end
    if given ~= nil then read = meaning_of(given, words) end
  elseif kind == "string" or kind == "number" then
    read = text.boolean(given)
  end
  if read ~= nil or is_missing(given) then return read end
  error(bad_value.new("neither on nor off; accepted: " .. (words and names_of(words) or ACCEPTED),
    path, given), 0)
end

local DAY <const> = 86400 -- seconds

-- The size of an epoch shows its unit: 1e11 is the year 5138 in seconds, 1973 in milliseconds.
local MOST_SECONDS <const> = 10 ^ 11
local MOST_MILLISECONDS <const> = 10 ^ 14
local MOST_MICROSECONDS <const> = 10 ^ 17
local FILETIME_TICKS <const> = 10000000  -- per second
local FILETIME_1970 <const> = 11644473600 -- seconds since 1601, its epoch
local FILETIME_NEVER <const> = math.maxinteger

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

local function from_epoch(number)
  local size = math.abs(number)
  if number == FILETIME_NEVER or size < 1 then return nil end
  if size >= MOST_MICROSECONDS then -- only a FILETIME is that large
    local ticks = math.tointeger(number)
    if not ticks or ticks < 0 then return nil end
    return iso(ticks // FILETIME_TICKS - FILETIME_1970, ticks % FILETIME_TICKS // 10000)
  end
  local scale = size < MOST_SECONDS and 1000 or size < MOST_MILLISECONDS and 1 or 1 / 1000
  local milliseconds = math.floor(number * scale)
  return iso(milliseconds // 1000, milliseconds % 1000)
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

local function from_text(written)
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
    local number = math.tointeger(written) or tonumber(written)
    return from_epoch(math.tointeger(number) or number)
  end
end

---ISO 8601 in UTC, "2026-08-01T10:00:00.000Z", from ISO dates with any offset (default UTC), SQL
---dates, "YYYYMMDDhhmmssZ", epochs in seconds, milliseconds and microseconds, FILETIME, and
---MongoDB's `{"$date": …}`. nil for zero dates ("0000-00-00", 0) and other values.
---@param moment string|number|table|nil
---@return string?
function value.date(moment)
  if type(moment) == "table" then
    return value.date(moment["$date"] or moment["$numberLong"])
  elseif type(moment) == "number" then
    return moment == moment and from_epoch(moment) or nil
  elseif type(moment) ~= "string" then
    return nil
  end
  local written = text.trim(moment)
  return written and from_text(written)
end

---@param given any
---@param ... any  values to treat as null, as are "" and JSON null
---@return any given  or nil
function value.null_if(given, ...)
  if given == nil or given == json.null or given == "" then return nil end
  for i = 1, select("#", ...) do
    if given == (select(i, ...)) then return nil end
  end
  return given
end

---The first element of a list that is neither null nor empty; another value is a list of one.
---@param list any
---@return any
function value.first(list)
  if type(list) ~= "table" then return value.null_if(list) end
  local first, found = math.huge, nil
  for i, element in pairs(list) do -- ipairs would end at a gap: { row.mobile, row.phone }
    local is_earlier = math.type(i) == "integer" and i >= 1 and i < first
    if is_earlier and value.null_if(element) ~= nil then first, found = i, element end
  end
  return found
end

-- Letters, digits and these: Auth0 docs, "Adding Username for Database Connections".
local USERNAME <const> = "^[%w_+%-.!#$'^`~@]+$"

---Trimmed and lower-cased; nil if it is an e-mail address, the id, or not a valid username.
---@param name string?
---@param id? string     the source's id for the same user
---@param email? string  the user's address, which is no loss as a username
---@return string?
---@return string? reason  why a username is lost that says more than the id and the address
function value.username(name, id, email)
  local trimmed = text.trim(name)
  if not trimmed or trimmed == id then return nil end
  local address = text.email(trimmed)
  if address then return nil, address ~= text.email(email) and "an e-mail address" or nil end
  if not trimmed:find(USERNAME) then return nil, "characters that Auth0 does not accept" end
  return text.lower(trimmed)
end

---Whether something was confirmed: a flag, or the moment at which it was. nil without a value, and
---for a value that is neither.
---@param given string|number|boolean|table|nil
---@return boolean?
function value.confirmed(given)
  local flag = value.boolean(given)
  if flag ~= nil then return flag end
  if value.date(given) then return true end
  local is_zero = type(given) == "string" and text.trim(given) and not given:find("[1-9%a]")
  if is_zero then return false end -- the zero date of SQL
end

local WEB <const> = schema.compile({
  type = "string", format = "uri", pattern = "^[Hh][Tt][Tt][Pp][Ss]?:",
}, { type = "TYPE", format = "FORMAT", pattern = "PATTERN" })

---Trimmed; nil if it is not an http or https URL, such as the name of a file.
---@param address any
---@return string?
function value.url(address)
  local trimmed = type(address) == "string" and text.trim(address)
  if not trimmed or WEB:check(trimmed) then return nil end
  return trimmed
end

---A member by name, ignoring case; an exact match wins.
---@param record any
---@param name string
---@return any
function value.member(record, name)
  local exact = record[name]
  if exact ~= nil then return exact end
  local wanted = name:lower()
  for key, found in pairs(record) do
    if type(key) == "string" and key:lower() == wanted then return found end
  end
end

---Decodes JSON in a string; nil if it is not JSON.
---@param document string?
---@return any
function value.json(document)
  if type(document) ~= "string" then return nil end
  local decoded = json.decode(document)
  if decoded == json.null then return nil end
  return decoded
end

---@class TotpOptions
---@field encoding? "base32"|"raw"|"hex"|"base64"  of the secret, default base32
---@field digits? integer    default 6
---@field period? integer    seconds, default 30
---@field algorithm? string  "SHA1", "HmacSHA1", …; default SHA1

local function unescape(part)
  return (part:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

---The secret and options of an "otpauth://totp/…" URI.
local function from_address(address)
  local kind, query = address:match("^otpauth://(%a+)/[^?]*%??(.*)$")
  if not kind then return nil, "not an otpauth URI" end
  if kind:lower() ~= "totp" then return nil, "only time-based codes can be imported" end
  local found = {}
  for name, part in query:gmatch("([^&=]+)=([^&]*)") do found[name:lower()] = unescape(part) end
  return found
end

local DECODERS <const> = {
  base32 = function(secret)
    return digest.unbase32((secret:gsub("[%s%-]", "")))
  end,
  raw = function(secret) return secret end,
  hex = digest.unhex,
  base64 = digest.unbase64,
}

---The secret of time-based codes as unpadded Base32.
---@param secret string?  also an otpauth URI
---@param options? TotpOptions
---@return string?
---@return string? reason  why it cannot be imported: only 6 digits, 30 seconds and SHA-1 can
function value.totp(secret, options)
  secret = value.null_if(secret)
  if secret == nil then return nil, "no secret" end
  options = options or {}
  if secret:find("^otpauth:") then
    local found, reason = from_address(secret)
    if not found then return nil, reason end
    secret = found.secret or ""
    options = { digits = found.digits, period = found.period, algorithm = found.algorithm }
  end
  local decode = DECODERS[options.encoding or "base32"]
  if not decode then error("totp: encoding must be base32, raw, hex or base64", 2) end
  local algorithm = (options.algorithm or "SHA1"):lower():gsub("^hmac", ""):gsub("%-", "")
  if tonumber(options.digits or 6) ~= 6 then return nil, "its codes do not have 6 digits" end
  if tonumber(options.period or 30) ~= 30 then return nil, "its period is not 30 seconds" end
  if algorithm ~= "sha1" then return nil, "its algorithm is not SHA-1" end
  local bytes = decode(secret)
  if not bytes or bytes == "" then return nil, "the secret cannot be decoded" end
  return digest.base32(bytes)
end

return value
