--- Values of a source record that may be a hash, a salt or a number of rounds, with the Lua
--- expressions that read them in a mapping.

local build = require "auth0.hash.build"
local sorted = require "base.sorted"
local rules = require "auth0.hash.rules"
local json = require "host.json"
local text = require "host.text"

local candidates = {}

local DEEPEST <const> = 10 -- tables inside tables
local MOST_VALUES <const> = 1000
local MOST_SALTS <const> = 96
local LONGEST_SALT <const> = 128 -- bytes
local LONGEST_TARGET <const> = 2200 -- characters: a key of a kilobyte in hex
local MOST_PARTS <const> = 5
local LEAST_WITH_HASH <const> = 24 -- characters
local MOST_PAIRS <const> = 6

---Code that trims text, also of zero bytes.
---@type string
candidates.TRIM = [[:match("^[%s\0]*(.-)[%s\0]*$")]]

---@class Candidate
---@field text string
---@field expression string  "row.password_hash"; of text, also for a number
---@field number? string     the expression of a number
---@field name string        its last name, in lower case
---@field field string       the expression of the value that contains it
---@field above string[]     expressions of the tables around the field, below the record
---@field is_bytes? boolean   not text: a BLOB, or bytes of BSON
---@field mentioned boolean  the recipe mentions its name
---@field part? boolean      part of another value in the list
---@field beside_hash? boolean  part of a value long enough for a hash and its salt

---@class SaltCandidate
---@field bytes string
---@field value string       encoded
---@field encoding "utf8"|"hex"|"base64"|"bytes"
---@field expression string
---@field likely boolean     its name suggests a salt
---@field mentioned boolean  the recipe mentions its name
---@field in_braces? boolean  as in Symfony, for a digest
---@field is_column? boolean  as a binary column has it

---@class HashCandidate
---@field bytes string
---@field text string        encoded
---@field encoding "hex"|"base64"|"bytes"
---@field expression string
---@field source Candidate

---A name of the source as Lua code; it may have any bytes, and the code is printed.
local function quoted(name)
  local code = string.format("%q", name):gsub("[\0-\31\127]", function(control)
    return control == "\n" and "n" or string.format("\\%03d", control:byte()) -- %q: "\" and newline
  end)
  if text.printable(code) == code then return code end
  return (code:gsub("[\128-\255]", function(byte) return string.format("\\%03d", byte:byte()) end))
end

local function member(expression, key)
  if math.type(key) == "integer" then return string.format("%s[%d]", expression, key) end
  key = tostring(key)
  local is_word = key:find("^[%a_][%w_]*$") and load("local " .. key, "=name", "t", {})
  return is_word and expression .. "." .. key or expression .. "[" .. quoted(key) .. "]"
end

---Whether a value holds bytes rather than text. Text with stray bytes may be both.
local function holds_bytes(value)
  return value:find("[%z\1-\8\14-\31\127]") ~= nil or not text.is_utf8(value)
end

local walk

---Adds the values of JSON text inside the record.
local function walk_text(list, value, place, depth)
  local inner = value:find("^%s*[{%[]") and json.decode(value)
  if type(inner) == "table" then
    walk(list, inner, {
      expression = "cjson.decode(" .. place.expression .. ")", mentions = place.mentions,
      mentioned = place.mentioned, above = { place.expression, table.unpack(place.above) },
    }, depth + 1)
  end
end

---@param place {expression: string, key?: any, mentions: (fun(name: string): boolean),
---  mentioned: boolean, above: string[]}
function walk(list, value, place, depth)
  if #list >= MOST_VALUES or depth > DEEPEST then return end
  if type(value) == "table" then
    local above = depth > 0 and table.move(place.above, 1, #place.above, 1, {}) or {}
    if depth > 0 then above[#above + 1] = place.expression end
    for name, one in sorted.pairs(value) do
      walk(list, one, {
        expression = member(place.expression, name), key = name, mentions = place.mentions,
        mentioned = place.mentioned or type(name) == "string" and place.mentions(name),
        above = above,
      }, depth + 1)
    end
  elseif type(value) == "string" or math.type(value) == "integer" then
    local as_text, is_text = tostring(value), type(value) == "string"
    if as_text == "" then return end
    list[#list + 1] = {
      text = as_text, name = tostring(place.key or ""):lower(), mentioned = place.mentioned,
      expression = is_text and place.expression or "tostring(" .. place.expression .. ")",
      number = not is_text and place.expression or nil, field = place.expression,
      above = place.above, is_bytes = is_text and holds_bytes(value) or nil,
    }
    walk_text(list, as_text, place, depth)
  end
end

---Those that the recipe mentions first: of equal values, the one that it uses counts.
local function mentioned_first(list)
  local ordered = {}
  for _, mentioned in ipairs { true, false } do
    for _, value in ipairs(list) do
      if value.mentioned == mentioned then ordered[#ordered + 1] = value end
    end
  end
  return ordered
end

---Separators of a salt and its hash, as patterns; a dot separates more than that.
local SEPARATORS <const> = { ":", "%$", "|", ";", ",", "%." }
local DOTTED <const> = "^[%w+/=_-]+%.[%w+/=_-]+$"

---The parts of "salt:hash", "10000$salt$hash" and the like.
local function split(list, value)
  if #value.text > LONGEST_TARGET then return end
  for _, pattern in ipairs(SEPARATORS) do
    local separator = pattern:sub(-1)
    local count = select(2, value.text:gsub(pattern, ""))
    if separator == "." and not (#value.text >= LEAST_WITH_HASH and value.text:find(DOTTED)) then
      count = 0
    end
    if count > 0 and count < MOST_PARTS then
      local i = 0
      for part in (value.text .. separator):gmatch("(.-)" .. pattern) do
        i = i + 1
        if part ~= "" then
          list[#list + 1] = {
            text = part, name = value.name, mentioned = value.mentioned, part = true,
            field = value.field, above = value.above,
            beside_hash = #value.text >= LEAST_WITH_HASH and not value.text:find("%s"),
            expression = string.format(
              "%s:match(\"^%s([^%s]*)\")", value.expression,
              ("[^" .. separator .. "]*" .. pattern):rep(i - 1), separator),
          }
        end
      end
    end
  end
end

---The numbers of "ln=14,r=8,p=1" and the like.
local function split_pairs(list, value)
  local n = 0
  for name, digits in value.text:gmatch("%f[%w](%a%w*)=(%d+)%f[^%w]") do
    n = n + 1
    if n > MOST_PAIRS then return end
    list[#list + 1] = {
      text = digits, name = name:lower(), mentioned = value.mentioned, part = true,
      field = value.field, above = value.above,
      expression = string.format('%s:match("%%f[%%w]%s=(%%d+)")', value.expression, name),
    }
  end
end

---A self-describing hash in Base64: userPassword in LDIF.
local function unwrap(list, value)
  local trimmed = text.trim(value.text)
  local inner = trimmed and rules.decode(trimmed, "base64")
  if inner and inner:find("^[{$]") and not inner:find("[^ -~]") then
    list[#list + 1] = {
      text = inner, name = value.name, mentioned = value.mentioned, field = value.field,
      above = value.above,
      expression = candidates.bytes_text(value.expression, "base64"),
    }
  end
end

---All values of a record, and the mapped hash if the record does not hold it verbatim.
---@param record any
---@param mapped? string  the mapped hash's value
---@param mentions? fun(name: string): boolean  whether the recipe mentions a name
---@return Candidate[]
function candidates.of(record, mapped, mentions)
  local list = {}
  walk(list, record, {
    expression = "row", mentioned = false, above = {},
    mentions = mentions or function() return false end,
  }, 0)
  list = mentioned_first(list)
  for i = 1, #list do
    unwrap(list, list[i])
    split(list, list[i])
    split_pairs(list, list[i])
  end
  local known = false
  for _, value in ipairs(list) do known = known or value.text == mapped end
  if mapped and not known then
    list[#list + 1] = {
      text = mapped, expression = "value", name = "hash", mentioned = false, field = "value",
      above = {},
    }
    split(list, list[#list])
  end
  return list
end

local function likely_salt(value)
  local name = value.name
  return name:find("salt") ~= nil or name:find("nonce") ~= nil or name:find("key") ~= nil
    or value.beside_hash == true
end

---The argument of a builder for encoded bytes.
---@param expression string
---@param encoding string
---@return string
function candidates.bytes_text(expression, encoding)
  if encoding == "utf8" or encoding == "bytes" then return expression end
  return string.format("password.bytes(%s, %q)", expression, encoding)
end

---The ways to read a value as a salt.
local function readings(value)
  local found, likely = {}, likely_salt(value)
  local function add(bytes, written, encoding, expression)
    found[#found + 1] = {
      bytes = bytes, value = written, encoding = encoding, expression = expression,
      likely = likely, mentioned = value.mentioned or false,
    }
  end
  local plain, expression = value.text, value.expression
  add(plain, plain, value.is_bytes and "bytes" or "utf8", expression)
  found[1].is_column = value.is_bytes or false
  if not text.is_utf8(plain) then return found end
  local trimmed = text.trim(plain)
  if trimmed and trimmed ~= plain then
    add(trimmed, trimmed, "utf8", expression .. candidates.TRIM)
  end
  for _, encoding in ipairs { "hex", "base64" } do
    local bytes = trimmed and #trimmed >= 4 and rules.decode(trimmed, encoding)
    if bytes and bytes ~= "" then add(bytes, trimmed, encoding, expression) end
  end
  local bare = trimmed and build.bare_hex(trimmed)
  local marked = bare ~= trimmed and bare and rules.decode(bare, "hex")
  if marked and marked ~= "" then
    add(marked, marked, "bytes", candidates.bytes_text(expression, "hex"))
  end
  if likely then
    local braced = "{" .. plain .. "}"
    add(braced, braced, "utf8", '"{" .. ' .. expression .. ' .. "}"')
    found[#found].in_braces = true
  end
  for _, case in ipairs { "lower", "upper" } do
    local changed = plain[case](plain)
    if changed ~= plain then
      add(changed, changed, "utf8", expression .. ":" .. case .. "()")
    end
  end
  return found
end

---@class SearchSecret  the value of a secret parameter, which may be a pepper
---@field name string
---@field value string

---Possible salts, the likely ones first; also the secrets, alone and joined to each.
---@param list Candidate[]
---@param secrets SearchSecret[]
---@return SaltCandidate[]
function candidates.salts(list, secrets)
  local salts, seen = {}, {}
  local function add(salt)
    local same = seen[salt.bytes]
    if same and salt.mentioned and not same.mentioned then
      same.value, same.encoding, same.expression, same.mentioned = salt.value, salt.encoding,
        salt.expression, true
      same.is_column = salt.is_column
    end
    if #salts >= MOST_SALTS or same or #salt.bytes > LONGEST_SALT then return end
    seen[salt.bytes] = salt
    salts[#salts + 1] = salt
  end
  local function joined(first, second)
    local bytes, both = first.bytes .. second.bytes, {}
    for i, one in ipairs { first, second } do
      both[i] = candidates.bytes_text(one.expression, one.encoding)
    end
    local is_text = first.encoding == "utf8" and second.encoding == "utf8"
    add {
      bytes = bytes, value = bytes, encoding = is_text and "utf8" or "bytes",
      expression = both[1] .. " .. " .. both[2], likely = true, mentioned = true,
    }
  end
  local peppers = {}
  for i, secret in ipairs(secrets) do
    local expression = member("params", secret.name)
    peppers[i] = {
      bytes = secret.value, value = secret.value, encoding = "utf8", expression = expression,
      likely = true, mentioned = true,
    }
    for _, one in ipairs(readings { text = secret.value, name = "key", mentioned = true,
      expression = expression }) do add(one) end
  end
  for _, likely in ipairs { true, false } do
    for _, value in ipairs(list) do
      for _, salt in ipairs(likely_salt(value) == likely and readings(value) or {}) do
        add(salt)
        for _, pepper in ipairs((likely or salt.encoding == "utf8") and peppers or {}) do
          joined(salt, pepper)
          joined(pepper, salt)
        end
      end
    end
  end
  return salts
end

local SMALLEST <const> = 16 -- bytes of a digest

---Possible hashes: values that decode to 16 bytes or more, also when decoded twice.
---@param list Candidate[]
---@return HashCandidate[]
function candidates.targets(list)
  local targets, seen = {}, {}
  local function take(value, written, expression, depth)
    for _, encoding in ipairs { "hex", "base64" } do
      if encoding == "hex" then written = build.bare_hex(written) end
      local bytes = rules.decode(written, encoding)
      if bytes and #bytes >= SMALLEST and not seen[bytes] then
        seen[bytes] = true
        targets[#targets + 1] = {
          bytes = bytes, text = written, encoding = encoding, expression = expression,
          source = value,
        }
        if depth == 0 and not bytes:find("[^%w+/=_-]") then
          take(value, bytes, candidates.bytes_text(expression, encoding), 1)
        end
      end
    end
  end
  for _, value in ipairs(list) do
    if value.is_bytes and #value.text >= SMALLEST and #value.text <= LONGEST_TARGET
      and not seen[value.text] then
      seen[value.text] = true
      targets[#targets + 1] = {
        bytes = value.text, text = value.text, encoding = "bytes", expression = value.expression,
        source = value,
      }
    end
    local trimmed = text.is_utf8(value.text) and text.trim(value.text)
    if trimmed and #trimmed <= LONGEST_TARGET then
      take(value, trimmed, value.expression, 0)
      local hex = #trimmed == 35 and trimmed:match("^md5(%x+)$") -- PostgreSQL's
      if hex then take(value, hex, value.expression .. ":sub(4)", 1) end
      if trimmed:find(".", 1, true) then -- the Base64 of passlib
        take(value, (trimmed:gsub("%.", "+")), "(" .. value.expression .. ':gsub("%.", "+"))', 1)
      end
    end
  end
  return targets
end

---Numbers of a record, each once.
---@param list Candidate[]
---@param least integer
---@param most integer
---@param is_wanted? fun(name: string): any  by its name; nil: all
---@return {number: integer, expression: string, name: string, beside_hash?: boolean,
---  is_text: boolean}[]
function candidates.numbers(list, least, most, is_wanted)
  local found, seen = {}, {}
  for _, value in ipairs(list) do
    local number = value.text:find("^%d+$") and math.tointeger(tonumber(value.text))
    if number and number >= least and number <= most and not seen[number]
      and (not is_wanted or is_wanted(value.name)) then
      seen[number] = true
      found[#found + 1] = {
        number = number, expression = value.number or value.expression, name = value.name,
        beside_hash = value.beside_hash, is_text = not value.number,
      }
    end
  end
  return found
end

return candidates
