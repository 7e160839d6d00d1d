--- A redacted description of a value: its type, length and composition. Of a text it shows only
--- public prefixes ("$2b$10$", "{SSHA}", "https://") and punctuation, never a letter or digit of a
--- secret or an address.

local host_text = require "host.text"
local identifiers = require "auth0.identifiers"
local json = require "host.json"

local redact = {}

local MOST_KEYS <const> = 6 -- listed keys of an object
local MOST_SIGNS <const> = 5 -- listed kinds of punctuation
local MOST_PARTS <const> = 3 -- between the "$" of a hash

---Prefixes that identify a value, the longer ones first.
local MARKS <const> = {
  "^%$wp%$2[aby]%$%d%d%$", "^%$2[abxy]?%$%d%d%$", "^%$argon2i?d?%$v=%d+%$m=%d+,t=%d+,p=%d+%$",
  "^%$argon2i?d?%$m=%d+,t=%d+,p=%d+%$", "^%$argon2i?d?%$v=%d+%$", "^%$argon2i?d?%$",
  "^%$pbkdf2%-sha%d+%$i=%d+,l=%d+%$", "^%$pbkdf2%-sha%d+%$[il]=%d+%$", "^%$pbkdf2%-sha%d+%$%d+%$",
  "^%$pbkdf2%-sha%d+%$", "^%$pbkdf2%$%d+%$", "^%$scrypt%$ln=%d+,r=%d+,p=%d+%$",
  "^%$[1567PHSy]%$", "^U%$S%$", "^%$apr1%$", "^%$gy%$", "^%$sha1%$", "^%$md5%$",
  "^%$bcrypt%-sha256%$", "^pbkdf2_sha%d+%$%d+%$", "^bcrypt_sha256%$", "^bcrypt%$", "^argon2%$",
  "^scrypt%$%d+%$", "^sha1%$", "^md5%$", "^pbkdf2:sha%d+:%d+%$",
  "^scrypt:%d+:%d+:%d+%$", "^SCRAM%-SHA%-%d+%$", "^0[xX]",
  "^[Hh][Tt][Tt][Pp][Ss]?://", "^data:image/", "^otpauth://", "^mailto:", "^" .. identifiers.PREFIX,
}
local LDAP <const> = "^{([%w_-]+)}"
local LDAP_SCHEMES <const> = {
  "MD5", "SMD5", "SHA%d*", "SSHA%d*", "CRYPT", "BCRYPT", "BLOWFISH", "PBKDF2[_-]?S?H?A?%d*",
  "ARGON2", "SASL", "KERBEROS", "CLEARTEXT", "CLEAR",
}

local function count(n, noun, nouns)
  return n .. " " .. (n == 1 and noun or nouns or noun .. "s")
end

-- By first byte: most texts match none of them.
---@type table<string, string[]>
local marks_by_first = {}
for _, pattern in ipairs(MARKS) do
  local firsts = pattern:match("^%^%[(%a+)%]") or pattern:match("^%^%%?(.)")
  for first in firsts:gmatch(".") do
    marks_by_first[first] = marks_by_first[first] or {}
    table.insert(marks_by_first[first], pattern)
  end
end

---The mark at the start of a text, "" if there is none.
local function mark_of(text)
  for _, pattern in ipairs(marks_by_first[text:sub(1, 1)] or {}) do
    local mark = text:match(pattern)
    if mark then return mark end
  end
  local scheme = text:match(LDAP)
  for _, pattern in ipairs(scheme and LDAP_SCHEMES or {}) do
    if scheme:upper():find("^" .. pattern .. "$") then
      return "{" .. scheme .. "}" .. mark_of(text:sub(#scheme + 3))
    end
  end
  return ""
end

local OUTSIDE <const> = "character outside ASCII"
local CLASSES <const> = {
  { "^%d$", "digit" }, { "^ $", "space" }, { "^\t$", "tab" }, { "^[\r\n]$", "line break" },
  { "^%c$", "control character" },
}

---The class of a character; punctuation stands for itself, quoted.
local function class_of(code)
  if code >= 0x80 then return host_text.unseen(utf8.char(code)) or OUTSIDE end
  local char = string.char(code)
  if char:find("%u") then return "capital" elseif char:find("%l") then return "small" end
  for _, class in ipairs(CLASSES) do
    if char:find(class[1]) then return class[2] end
  end
  return '"' .. char .. '"'
end

local NAMED <const> = { "space", "tab", "line break", "control character" }
local KNOWN <const> = {
  capital = true, small = true, digit = true, [OUTSIDE] = true, space = true, tab = true,
  ["line break"] = true, ["control character"] = true,
}

---The composition of a text: "letters, digits, 1 space, "."".
local function parts_of(text)
  local counts = {}
  for _, code in utf8.codes(text) do
    local class = class_of(code)
    counts[class] = (counts[class] or 0) + 1
  end
  local parts, signs = {}, {}
  if counts.capital or counts.small then
    parts[1] = not counts.small and "upper-case letters"
      or not counts.capital and "lower-case letters" or "letters"
  end
  if counts.digit then parts[#parts + 1] = "digits" end
  if counts[OUTSIDE] then
    parts[#parts + 1] = count(counts[OUTSIDE], OUTSIDE, "characters outside ASCII")
  end
  for _, class in ipairs(NAMED) do
    if counts[class] then parts[#parts + 1] = count(counts[class], class) end
  end
  local unseen = {}
  for class, n in pairs(counts) do
    if class:find('^"') then
      signs[#signs + 1] = class
    elseif not KNOWN[class] then
      unseen[#unseen + 1] = count(n, class)
    end
  end
  table.sort(unseen)
  table.move(unseen, 1, #unseen, #parts + 1, parts)
  table.sort(signs)
  table.move(signs, 1, math.min(#signs, MOST_SIGNS), #parts + 1, parts)
  if #signs > MOST_SIGNS then parts[#parts + 1] = "..." end
  return table.concat(parts, ", ")
end

---A text of a known alphabet, such as "32 hex digits"; nil if it is not.
local function of_alphabet(text)
  local n = #text
  local has_digit, has_letter = text:find("%d") ~= nil, text:find("%a") ~= nil
  if text:find("^%d+$") then return count(n, "digit") end
  if text:find("^%x+$") and (has_digit and n >= 8 or n >= 16) then return n .. " hex digits" end
  if n < 16 or not has_letter then return nil end
  if text:find("^%x+%-%x+%-%x+%-%x+%-%x+$") and n == 36 then return "UUID" end
  local pad = text:find("=", 1, true) and ", padded" or ""
  if text:find("^[A-Z2-7]+=*$") then return n .. " characters of Base32" .. pad end
  if not has_digit and not text:find("[+/=]") then return nil end
  if text:find("^[A-Za-z0-9+/]+=?=?$") then return n .. " characters of Base64" .. pad end
  if has_digit and text:find("%u") and text:find("%l") and text:find("^[A-Za-z0-9_-]+=?=?$") then
    return n .. " characters of URL-safe Base64" .. pad
  end
end

---The text after a mark: "22 characters of Base64, "$", 43 characters of Base64".
local function behind(rest, is_bcrypt)
  if is_bcrypt and rest:find("^[./A-Za-z0-9]+$") then return #rest .. " of [./A-Za-z0-9]" end
  local parts = {}
  for part, sign in rest:gmatch("([^$]*)(%$?)") do
    if #parts >= 2 * MOST_PARTS then
      parts[#parts + 1] = "..."
      break
    end
    if part ~= "" then
      parts[#parts + 1] = of_alphabet(part) or #part .. " of " .. parts_of(part):gsub(", ", " and ")
    end
    if sign ~= "" then parts[#parts + 1] = '"$"' end
  end
  return table.concat(parts, ", ")
end

local function of_phone(text)
  local digits = select(2, text:gsub("%d", ""))
  if digits < 3 or not text:find("^%+?[%d%s()./-]+$") or text:find("^%d+$") then return nil end
  local others = parts_of((text:gsub("^%+", ""):gsub("%d", "")))
  return count(digits, "digit") .. (text:find("^%+") and ' after "+"' or "")
    .. (others ~= "" and " and " .. others or "")
end

local function of_address(text, n, as)
  local unseen, code = host_text.unseen(text)
  local what = "e-mail address of " .. count(n, "character")
    .. (unseen and string.format(" with a %s (U+%04X)", unseen, code) or "")
  local _, signs = text:gsub("@", "")
  if signs == 0 and as == "email" then
    return what .. ' without "@"' .. (text:find("%s") and ": " .. parts_of(text) or "")
  elseif signs == 1 and text:find("^[^%s<>,;:()\"]+@[^%s<>,;:()\"]+$") then
    return what .. (text:find("@.*%.") and "" or ' without a dot after "@"')
  end
end

local function of_text(text, as)
  local n = utf8.len(text)
  if not n then return count(#text, "byte") .. ", not valid UTF-8" end
  local mark = mark_of(text)
  if mark ~= "" then
    local rest = text:sub(#mark + 1)
    return string.format('%s: "%s"%s', count(n, "character"), mark,
      rest ~= "" and ", " .. behind(rest, mark:find("%$2%l?%$%d%d%$$") ~= nil) or "")
  end
  return of_phone(text) or of_alphabet(text) or of_address(text, n, as)
    or string.format("%s, %s", count(n, "character"), parts_of(text))
end

---A text, with its outer whitespace named separately, because it is invisible.
local function of_string(text, as)
  if text == "" then return "empty string" end
  local front, core, tail = text:match("^(%s*)(.-)(%s*)$")
  if core == "" then return "only whitespace, " .. count(#text, "character") end
  return of_text(core, as)
    .. (front ~= "" and ", " .. count(#front, "leading whitespace character") or "")
    .. (tail ~= "" and ", " .. count(#tail, "trailing whitespace character") or "")
end

local function of_number(number)
  if math.type(number) == "integer" then
    local digits = #string.format("%d", number):gsub("-", "")
    return (number < 0 and "negative " or "") .. "integer of " .. count(digits, "digit")
  end
  if number ~= number or math.abs(number) == math.huge then return "not a finite number" end
  return "number with a fraction"
end

---Whether a key looks like a name in a schema; others may be user data.
local function is_plain_name(name)
  return type(name) == "string" and #name <= 24 and name:find("^[%a_]+%d?$") ~= nil
end

local function of_table(value)
  if json.is_array(value) then return #value == 0 and "empty list" or "list of " .. #value end
  local names, n = {}, 0
  for name in next, value do
    n = n + 1
    if is_plain_name(name) then names[#names + 1] = name end
  end
  if n == 0 then return "empty object" end
  table.sort(names)
  local shown = math.min(#names, MOST_KEYS)
  if shown == 0 then return "object with " .. count(n, "key") end
  return string.format("object with %s %s%s", n == 1 and "key" or "keys",
    table.concat(names, ", ", 1, shown), n > shown and " and " .. n - shown .. " more" or "")
end

---@param value any
---@param as? "email"  what the value is meant to be
---@return string
function redact.of(value, as)
  local kind = type(value)
  if kind == "string" then return of_string(value, as) end
  if kind == "number" then return of_number(value) end
  if kind == "table" then return of_table(value) end
  if value == nil then return "missing" end
  if value == json.null then return "null" end
  return kind == "userdata" and "record" or kind
end

---Describes the raw text of a record that could not be read.
---@param raw any
---@return string
function redact.of_raw(raw)
  if type(raw) ~= "string" then return redact.of(raw) end
  local n = utf8.len(raw)
  local lines = select(2, raw:gsub("\n", "")) + 1
  return (n and count(n, "character") or count(#raw, "byte") .. ", not valid UTF-8")
    .. (lines > 1 and " in " .. lines .. " lines" or "")
end

return redact
