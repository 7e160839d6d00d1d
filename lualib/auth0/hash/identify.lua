--- Identifies a stored hash: its scheme, whether Auth0 accepts it, and the line of a mapping that
--- imports it.

local build = require "auth0.hash.build"
local origins = require "auth0.hash.origins"
local parse = require "auth0.hash.parse"
local rules = require "auth0.hash.rules"

local identify = {}

---@class HashKind
---@field scheme string       "bcrypt", "phpass", "unknown"
---@field supported? boolean  whether Auth0 can verify it; nil: depends on more than the value
---@field line? string        of a mapping, if it is supported
---@field reason? string      why it is not, or what else must be known
---@field advice? string      what to do with users whose hash is not supported
---@field candidates? HashOrigin[]  what the value may be; besides the scheme, if that is known

---Schemes that have a builder of their own.
local CALLS <const> = {
  { "^bcrypt", "bcrypt" }, { "^argon2", "phc" }, { "^pbkdf2", "phc" }, { "^LDAP", "ldap_password" },
  { "^Django", "django" }, { "^ASP%.NET", "aspnet" },
}

---@param scheme string
---@param expression string  of the value: "row.hash"
---@return string
function identify.line(scheme, expression)
  for _, call in ipairs(CALLS) do
    if scheme:find(call[1]) then
      return string.format("custom_password_hash = password.%s(%s)", call[2], expression)
    end
  end
  return string.format("custom_password_hash = password.auto(%s)", expression)
end

---Digests that Auth0 accepts and a bare value may be, by its length in hex or Base64.
local function digests_of(value)
  local names, how = {}, nil
  for _, encoding in ipairs { "hex", "base64" } do
    local text = encoding == "hex" and build.bare_hex(value) or value
    local bytes = rules.decode(text, encoding)
    for _, name in ipairs(bytes and #names == 0 and rules.DIGESTS or {}) do
      if #bytes == rules.SIZES[name] then
        names[#names + 1], how = name, encoding
      end
    end
  end
  return names, how
end

---Values whose pattern identifies them in part: {pattern, length or nil, scheme, line, what else
---must be known}. VALUE in a line is the expression of the value.
local PATTERNS <const> = {
  { "^md5%x+$", 35, "PostgreSQL md5",
    'password.digest("md5", VALUE:sub(4), { salt = row.usename, position = "suffix" })',
    "the salt is the name of the database user" },
  { "^%x+:%x+$", 161, "scrypt of Better Auth",
    'password.scrypt { cost = 16384, block = 16, salt = VALUE:match("^%x+"), '
      .. 'key = password.bytes(VALUE:match(":(.*)"), "hex") }',
    "its parameters are not in the value" },
  { "^sha%d+:%d+:%d+:[^:]+:[^:]+$", nil, "PBKDF2 with its parameters",
    'password.pbkdf2(VALUE:match("^[^:]*"), VALUE:match("^[^:]*:([^:]*)"), '
      .. 'password.bytes(VALUE:match("([^:]*):[^:]*$"), "base64"), '
      .. 'password.bytes(VALUE:match("[^:]*$"), "base64"))',
    "it is written as by libraries for PHP and .NET" },
}

---A digest in hex, a colon and its salt: Joomla, Magento 1, osCommerce.
local function digest_and_salt(value, expression)
  local hex = value:match("^(%x+):.")
  local names = hex and digests_of(hex) or {}
  if #names == 0 then return nil end
  local others, how = digests_of(value:match(":(.*)$"))
  if #others > 0 and rules.SIZES[others[1]] == rules.SIZES[names[1]] then
    return {
      scheme = "hash and salt of " .. #hex // 2 .. " bytes",
      reason = "both parts may be the hash, the second in " .. how .. ": `prove` finds out with "
        .. "one known login, and the csv recipe has password_order=hash_salt or salt_hash",
    }
  end
  return {
    scheme = "hex of " .. #hex // 2 .. " bytes and a salt",
    line = string.format("custom_password_hash = %s and password.digest(\"%s\", "
      .. "%s:match(\"^%%x+\"), { salt = %s:match(\":(.*)\"), position = \"suffix\" })", expression,
      names[#names], expression, expression),
    reason = "the value does not identify its algorithm (" .. table.concat(names, ", ")
      .. "?), or whether the salt follows the password (Joomla) or precedes it (Magento 1); "
      .. "`prove` finds both with one known login",
  }
end

local function by_pattern(value, expression)
  for _, known in ipairs(PATTERNS) do
    if value:find(known[1]) and #value == (known[2] or #value) then
      return {
        scheme = known[3],
        line = ("custom_password_hash = VALUE and " .. known[4]):gsub("VALUE",
          (expression:gsub("%%", "%%%%"))),
        reason = known[5] .. "; `prove` confirms it with one known login",
      }
    end
  end
  return digest_and_salt(value, expression)
end

local SMALLEST_KEY <const> = 24 -- bytes; shorter values may be anything

---Whether unpadded text is Base64 rather than words: it has letters of both cases, and digits.
local function is_base64(value)
  return value:find("^[%w+/_-]+=*$") ~= nil
    and (value:find("=$") or value:find("%l") and value:find("%u") and value:find("%d")) ~= nil
end

---Bytes and encoding of a value.
local function bytes_of(value)
  local hex = build.bare_hex(value)
  local bytes = hex:find("^%x+$") and rules.decode(hex, "hex")
  if bytes then return bytes, "hex" end
  return is_base64(value) and rules.decode(value, "base64") or nil, "base64"
end

---A value whose length is not that of a digest.
local function derived_key(value, expression)
  local bytes, encoding = bytes_of(value)
  if not bytes or #bytes < SMALLEST_KEY then return nil end
  return {
    scheme = "key of " .. #bytes .. " bytes",
    candidates = origins.of(#bytes, encoding, expression),
    reason = "no digest that Auth0 supports has this length: it may be a PBKDF2 or scrypt key, or "
      .. "a digest with its salt; `prove` finds it with one known login",
  }
end

local SEPARATOR <const> = "^([%w+/=_-]+)([:.|$])([%w+/=_-]+)$"

---A salt and a hash, or a hash and its salt; the longer one is the hash.
local function pair(value, expression)
  local first, separator, second = value:match(SEPARATOR)
  local one, how = bytes_of(first or "")
  local other, how_other = bytes_of(second or "")
  if #(one or "") < SMALLEST_KEY and #(other or "") < SMALLEST_KEY then return nil end
  local parts = {
    string.format('%s:match("^[^%s]+")', expression, separator),
    string.format('%s:match("[^%s]+$")', expression, separator),
  }
  local is_first = #(one or "") > #(other or "")
  local bytes, encoding = is_first and one or other, is_first and how or how_other
  return {
    scheme = string.format("salt and hash of %d bytes", #bytes),
    candidates = origins.of(#bytes, encoding, parts[is_first and 1 or 2], {
      field = expression, salt = parts[is_first and 2 or 1],
    }),
    reason = "the value does not identify its algorithm; `prove` finds it with one known login",
  }
end

---A value that was not recognized.
local function unknown(value, reason)
  local candidates = origins.of_form(value)
  return {
    scheme = "unknown", supported = false, reason = reason,
    candidates = #candidates > 0 and candidates or nil,
  }
end

-- Values whose reason says itself what to do: no password, its cleartext, something to decrypt or
-- to build from parts.
local ADVISED <const> = { "^!", "^[*x]$", "@SpringSecurity_", '"%$crypto"', "^{noop}", "^{clear",
  "^{plain" }

---What to do with users of an unsupported scheme.
local function advice_on(value)
  local low = value:lower()
  for _, pattern in ipairs(ADVISED) do
    if value:find(pattern) or low:find(pattern) then return nil end
  end
  return origins.WITHOUT
end

---@param value string?
---@param expression? string  default "row.hash"
---@return HashKind? kind  nil without a value
function identify.of(value, expression)
  expression = expression or "row.hash"
  local cleaned = build.cleaned(value)
  if not cleaned then return nil end
  local found = assert(parse.identify(cleaned))
  if found.supported then
    return {
      scheme = found.name, supported = true, line = identify.line(found.name, expression),
      candidates = found.name == "bcrypt" and origins.of_bcrypt(expression) or nil,
    }
  end
  if found.name ~= "unknown" then
    return {
      scheme = found.name, supported = false, reason = found.reason,
      advice = advice_on(cleaned),
    }
  end
  local names, how = digests_of(cleaned)
  if #names > 0 then
    return {
      scheme = string.format("%s of %d bytes", how, rules.SIZES[names[1]]),
      line = string.format("custom_password_hash = password.digest(\"%s\", %s)", names[#names],
        expression),
      candidates = origins.of(rules.SIZES[names[1]], how --[[@as "hex"|"base64"]], expression),
      reason = "the value does not identify its algorithm (" .. table.concat(names, ", ")
        .. "?) or salt; `prove` finds them with one known login",
    }
  end
  return by_pattern(cleaned, expression) or derived_key(cleaned, expression)
    or pair(cleaned, expression) or unknown(cleaned, found.reason)
end

return identify
