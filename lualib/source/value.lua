--- Pure functions that convert values: those of host.text, and more for dates, names and secrets.
--- nil and JSON null become nil.

local bad_value = require "source.bad_value"
local date = require "source.date"
local digest = require "host.digest"
local html = require "source.html"
local json = require "host.json"
local phone = require "source.phone"
local php = require "source.php"
local schema = require "host.schema"
local sorted = require "base.sorted"
local status_words = require "source.status_words"
local text = require "host.text"
local uuid = require "source.uuid"

local value = {
  trim = text.trim,
  lower = text.lower,
  email = text.email,
  phone = phone.read,
  boolean = text.boolean,
  date = date.read,
  filetime = date.filetime,
  php_unserialize = php.unserialize,
  uuid = uuid.read,
  split = text.split,
  html = html.unescape,
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
  return table.concat(sorted.names(words), ", ")
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
    if type(words) ~= "table" then error("value.switch expects a table of words", 2) end
    if given ~= nil then read = meaning_of(given, words) end
  elseif kind == "string" or kind == "number" then
    read = text.boolean(given)
  end
  if read ~= nil or is_missing(given) then return read end
  error(bad_value.new("neither on nor off; accepted: " .. (words and names_of(words) or ACCEPTED),
    path, given), 0)
end

---Whether a moment, such as the end of a block, is after another one; also one that never comes
---("infinity", the year 9999). Like `switch`, it rejects the record if it cannot read the moment.
---nil without a moment.
---@param given any
---@param than string|number  another moment
---@param path? string  the column or field, for the rejection
---@return boolean?
function value.is_after(given, than, path)
  if is_missing(given) then return nil end
  local moment = date.read(given)
  if moment then return moment > (date.read(than) or "") end
  local low = text.lower(tostring(given))
  if low:find("^%s*infinity") or low:find("^%s*9999%-12%-31") then return true end
  if low == "-infinity" or not low:find("[1-9%a]") then return false end -- SQL's zero date
  error(bad_value.new("not a date and time", path, given), 0)
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

---A table; nil for an empty one, and for anything else.
---@generic T: table
---@param given T?
---@return T?
function value.filled(given)
  return type(given) == "table" and next(given) ~= nil and given or nil
end

---The elements of a list that are objects or lists, as a list; empty for anything but a list. CSV
---has lists as JSON in a cell.
---@param list any
---@return table[]
function value.objects(list)
  local found = {}
  if type(list) == "string" and list:find("^%s*%[") then list = value.json(list) end
  for _, element in ipairs(type(list) == "table" and list or {}) do
    if type(element) == "table" then found[#found + 1] = element end
  end
  return found
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
---@param email? string  the user's address, which is not a loss as a username
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

local ANY <const> = "*" -- in a table of words: every other one

---Whether an account is closed, of the word that says in which state it is: true for "suspended",
---"banned" or "inactive", false for "active" or "pending". nil for nil, null and blank text. A word
---that is neither known nor in `words` is raised, which rejects the record, as in `switch`, unless
---`words` has "*", for every other one.
---@param given any
---@param words? table<string|number, boolean>  more words, which win: { gone = true }
---@param path? string  the column or field, for the rejection
---@return boolean?
function value.blocked(given, words, path)
  if words ~= nil and type(words) ~= "table" then
    error("value.blocked expects a table of words", 2)
  end
  local closes
  if words and given ~= nil then closes = meaning_of(given, words) end
  if closes ~= nil then return closes end
  if is_missing(given) then return nil end
  if type(given) == "string" then closes = status_words.closes(text.trim(given)) end
  if closes == nil and words then closes = words[ANY] end
  if closes ~= nil then return closes end
  error(bad_value.new("not a known state of an account; name it in the words of value.blocked",
    path, given), 0)
end

---What a word says that means verified or not; nil for others.
local CONFIRMED <const> = {
  verified = true, confirmed = true, unverified = false, unconfirmed = false,
}

---Whether something was confirmed: a flag, the moment at which it was, or the word ("verified",
---"unconfirmed"). nil without a value, and for a value that is none of these.
---@param given string|number|boolean|table|nil
---@return boolean?
function value.confirmed(given)
  local flag = value.boolean(given)
  if flag ~= nil then return flag end
  if type(given) == "string" then
    local is_confirmed = CONFIRMED[text.lower(text.trim(given) or "")]
    if is_confirmed ~= nil then return is_confirmed end
  end
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

---A number of a system that keeps numbers as E.164 only, trimmed; nil if it is not one. Unlike
---`phone`, it asks no numbering plan: what the system could send a message to exists.
---@param number any
---@return string?
function value.e164(number)
  local trimmed = type(number) == "string" and text.trim(number)
  return trimmed and trimmed:match("^%+[1-9]%d%d%d%d%d%d+$") and #trimmed <= 16 and trimmed or nil
end

---A member by name, ignoring case; an exact match wins.
---@param record any
---@param name string
---@return any
function value.member(record, name)
  local wanted, other = name:lower(), nil
  for key, found in pairs(record) do
    if key == name then return found end
    if type(key) == "string" and key:lower() == wanted then other = found end
  end
  if other ~= nil then return other end
  return record[name] -- its reader notes that there is none
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
    return digest.unbase32((secret:gsub("[%s%-]", ""):gsub("=+$", "")))
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
  if not decode then error("value.totp: the encoding must be base32, raw, hex or base64", 2) end
  local algorithm = (options.algorithm or "SHA1"):lower():gsub("^hmac", ""):gsub("%-", "")
  if tonumber(options.digits or 6) ~= 6 then return nil, "its codes do not have 6 digits" end
  if tonumber(options.period or 30) ~= 30 then return nil, "its period is not 30 seconds" end
  if algorithm ~= "sha1" then return nil, "its algorithm is not SHA-1" end
  local bytes = decode(secret)
  if not bytes or bytes == "" then return nil, "the secret cannot be decoded" end
  return digest.base32(bytes)
end

return value
