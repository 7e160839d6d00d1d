--- What a source record holds that may be a hash, a salt or a number of rounds, each with the Lua
--- expression by which a mapping reads it.

local digest = require "host.digest"
local hash_rules = require "auth0.hash_rules"
local json = require "host.json"
local text = require "host.text"

local values = {}

local DEEPEST <const> = 5 -- tables inside tables
local MOST_VALUES <const> = 200
local MOST_SALTS <const> = 60
local LONGEST_SALT <const> = 128 -- bytes
local LONGEST_TARGET <const> = 512
local MOST_PARTS <const> = 5
local TRIM <const> = [[:match("^[%s\0]*(.-)[%s\0]*$")]]

---@class GuessValue
---@field text string
---@field expression string  "row.password_hash"
---@field name string        the last name in it, in lower case
---@field part? boolean      of a value that stands in the list too

---@class GuessSalt
---@field bytes string
---@field value string       as it is written
---@field encoding "utf8"|"hex"|"base64"
---@field expression string
---@field likely boolean     its name speaks of a salt

---@class GuessTarget
---@field bytes string
---@field text string        as it is written
---@field encoding "hex"|"base64"
---@field expression string

local function member(expression, key)
  if math.type(key) == "integer" then return string.format("%s[%d]", expression, key) end
  key = tostring(key)
  if key:find("^[%a_][%w_]*$") then return expression .. "." .. key end
  return string.format("%s[%q]", expression, key)
end

local function sorted_keys(of)
  local keys = {}
  for key in pairs(of) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

local walk

---A text that is JSON inside the record: what is in it counts too.
local function walk_text(list, value, expression, depth)
  local inner = value:find("^%s*[{%[]") and json.decode(value)
  if type(inner) == "table" then
    walk(list, inner, "cjson.decode(" .. expression .. ")", nil, depth + 1)
  end
end

function walk(list, value, expression, key, depth)
  if #list >= MOST_VALUES or depth > DEEPEST then return end
  if type(value) == "table" then
    for _, name in ipairs(sorted_keys(value)) do
      walk(list, value[name], member(expression, name), name, depth + 1)
    end
  elseif type(value) == "string" or math.type(value) == "integer" then
    local as_text = tostring(value)
    if as_text == "" then return end
    list[#list + 1] = {
      text = as_text, expression = expression, name = tostring(key or ""):lower(),
    }
    walk_text(list, as_text, expression, depth)
  end
end

---The parts of "salt:hash", "10000$salt$hash" and the like.
local function split(list, value)
  if #value.text > LONGEST_TARGET then return end
  for _, separator in ipairs { ":", "$", "|", ";", "," } do
    local quoted = separator == "$" and "%$" or separator
    local count = select(2, value.text:gsub(quoted, ""))
    if count > 0 and count < MOST_PARTS then
      local i = 0
      for part in (value.text .. separator):gmatch("(.-)" .. quoted) do
        i = i + 1
        if part ~= "" then
          list[#list + 1] = {
            text = part, name = value.name, part = true, expression = string.format(
              "%s:match(\"^%s([^%s]*)\")", value.expression,
              ("[^" .. separator .. "]*" .. quoted):rep(i - 1), separator),
          }
        end
      end
    end
  end
end

---All values of a record, and the mapped hash where the record does not hold it as it is.
---@param record any
---@param mapped? string  the mapped hash's value
---@return GuessValue[]
function values.of(record, mapped)
  local list = {}
  walk(list, record, "row", nil, 0)
  local known = false
  for _, value in ipairs(list) do known = known or value.text == mapped end
  if mapped and not known then
    list[#list + 1] = { text = mapped, expression = "value", name = "hash" }
  end
  for i = 1, #list do split(list, list[i]) end
  return list
end

local function likely_salt(name)
  return name:find("salt") ~= nil or name:find("nonce") ~= nil or name:find("key") ~= nil
end

---The ways in which one value may be a salt.
local function readings(value)
  local found = {}
  local function add(bytes, written, encoding, expression)
    found[#found + 1] = {
      bytes = bytes, value = written, encoding = encoding, expression = expression,
      likely = likely_salt(value.name),
    }
  end
  local plain, expression = value.text, value.expression
  add(plain, plain, "utf8", expression)
  local trimmed = text.trim(plain)
  if trimmed and trimmed ~= plain then
    add(trimmed, trimmed, "utf8", expression .. TRIM)
  end
  for _, encoding in ipairs { "hex", "base64" } do
    local bytes = trimmed and #trimmed >= 4 and hash_rules.decode(trimmed, encoding)
    if bytes and bytes ~= "" then add(bytes, trimmed, encoding, expression) end
  end
  for _, case in ipairs { "lower", "upper" } do
    local changed = plain[case](plain)
    if changed ~= plain then
      add(changed, changed, "utf8", expression .. ":" .. case .. "()")
    end
  end
  return found
end

---What may be a salt, the likely ones first; with a pepper, that too, alone and beside each.
---@param list GuessValue[]
---@param pepper? string
---@return GuessSalt[]
function values.salts(list, pepper)
  local salts, seen = {}, {}
  local function add(salt)
    if #salts >= MOST_SALTS or seen[salt.bytes] or #salt.bytes > LONGEST_SALT then return end
    seen[salt.bytes] = true
    salts[#salts + 1] = salt
  end
  local function joined(first, second)
    add {
      bytes = first.bytes .. second.bytes, value = first.bytes .. second.bytes, encoding = "utf8",
      expression = first.expression .. " .. " .. second.expression, likely = true,
    }
  end
  local secret = pepper and {
    bytes = pepper, value = pepper, encoding = "utf8", expression = "params.pepper", likely = true,
  }
  if secret then add(secret) end
  for _, likely in ipairs { true, false } do
    for _, value in ipairs(list) do
      for _, salt in ipairs(likely_salt(value.name) == likely and readings(value) or {}) do
        add(salt)
        if secret and salt.encoding == "utf8" then
          joined(salt, secret)
          joined(secret, salt)
        end
      end
    end
  end
  return salts
end

local SMALLEST <const> = 16 -- bytes of a digest

---What may be a hash: values that decode to 16 bytes or more.
---@param list GuessValue[]
---@return GuessTarget[]
function values.targets(list)
  local targets, seen = {}, {}
  for _, value in ipairs(list) do
    local trimmed = text.trim(value.text)
    for _, encoding in ipairs { "hex", "base64" } do
      local written = trimmed and #trimmed <= LONGEST_TARGET and trimmed or ""
      if encoding == "hex" then written = written:gsub("^0[xX]", "") end
      local bytes = hash_rules.decode(written, encoding)
      if bytes and #bytes >= SMALLEST and not seen[bytes] then
        seen[bytes] = true
        targets[#targets + 1] = {
          bytes = bytes, text = written, encoding = encoding, expression = value.expression,
        }
      end
    end
  end
  return targets
end

---Whole numbers of the record within a range, with the expressions that read them.
---@param list GuessValue[]
---@param least integer
---@param most integer
---@return {number: integer, expression: string, name: string}[]
function values.numbers(list, least, most)
  local found, seen = {}, {}
  for _, value in ipairs(list) do
    local number = value.text:find("^%d+$") and math.tointeger(tonumber(value.text))
    if number and number >= least and number <= most and not seen[number] then
      seen[number] = true
      found[#found + 1] = { number = number, expression = value.expression, name = value.name }
    end
  end
  return found
end

---@class GuessWord  bytes that a cleartext may have been turned into before hashing
---@field bytes string
---@field encoding? PasswordEncoding  nil: utf8
---@field what? string                how, where no form of Auth0's can say it

local NESTED <const> = { "md5", "sha1", "sha256", "sha512" }

---The cleartext as Auth0 can encode it.
---@param cleartext string
---@return GuessWord[]
function values.words(cleartext)
  local words, seen = { { bytes = cleartext } }, { [cleartext] = true }
  for _, encoding in ipairs { "utf16le", "latin1" } do
    local bytes = digest.transcode(cleartext, encoding)
    if bytes and not seen[bytes] then
      seen[bytes] = true
      words[#words + 1] = { bytes = bytes, encoding = encoding }
    end
  end
  return words
end

---What other systems make of a cleartext, and Auth0 cannot.
---@param cleartext string
---@return GuessWord[]
function values.nested(cleartext)
  local words = {}
  local function add(bytes, what)
    if bytes and bytes ~= cleartext then words[#words + 1] = { bytes = bytes, what = what } end
  end
  for _, name in ipairs(NESTED) do
    local raw = assert(digest.hash(name, cleartext))
    add(digest.hex(raw), "the hex of the password's " .. name)
    add(digest.hex(raw):upper(), "the hex, in upper case, of the password's " .. name)
    add(digest.base64(raw), "the Base64 of the password's " .. name)
    add(raw, "the bytes of the password's " .. name)
  end
  add(digest.base64(assert(digest.hash("sha384", cleartext))), "the Base64 of its sha384")
  add(cleartext:lower(), "the password in lower case")
  add(cleartext:upper(), "the password in upper case")
  add(digest.transcode(cleartext, "utf16be"), "the password in UTF-16, big-endian")
  return words
end

return values
