--- Identifies a stored hash: its scheme, whether Auth0 accepts it, and the line of a mapping that
--- imports it.

local build = require "auth0.hash.build"
local parse = require "auth0.hash.parse"
local rules = require "auth0.hash.rules"

local identify = {}

---@class HashKind
---@field scheme string       "bcrypt", "phpass", "unknown"
---@field supported? boolean  whether Auth0 can verify it; nil: depends on more than the value
---@field line? string        of a mapping, if it is supported
---@field reason? string      why it is not, or what else must be known

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

---Values whose pattern identifies them in part: {pattern, length, scheme, line, what else must be
---known}. VALUE in a line is the expression of the value.
local PATTERNS <const> = {
  { "^md5%x+$", 35, "PostgreSQL md5",
    'password.digest("md5", VALUE:sub(4), { salt = row.usename, position = "suffix" })',
    "the salt is the name of the database user" },
  { "^%x+:%x+$", 161, "scrypt of Better Auth",
    'password.scrypt { cost = 16384, block = 16, salt = VALUE:match("^%x+"), '
      .. 'key = password.bytes(VALUE:match(":(.*)"), "hex") }',
    "its parameters are not in the value" },
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
    if value:find(known[1]) and #value == known[2] then
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

---A value whose length is not that of a digest.
local function derived_key(value)
  local hex = build.bare_hex(value)
  local bytes = hex:find("^%x+$") and rules.decode(hex, "hex")
    or value:find("=$") and rules.decode(value, "base64")
  if not bytes or #bytes < SMALLEST_KEY then return nil end
  return {
    scheme = "key of " .. #bytes .. " bytes",
    reason = "no digest that Auth0 supports has this length: it may be a PBKDF2 or scrypt key, or "
      .. "a digest with its salt; `prove` finds it with one known login",
  }
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
    }
  end
  if found.name ~= "unknown" then
    return { scheme = found.name, supported = false, reason = found.reason }
  end
  local names, how = digests_of(cleaned)
  if #names > 0 then
    return {
      scheme = string.format("%s of %d bytes", how, rules.SIZES[names[1]]),
      line = string.format("custom_password_hash = password.digest(\"%s\", %s)", names[#names],
        expression),
      reason = "the value does not identify its algorithm (" .. table.concat(names, ", ")
        .. "?) or salt; `prove` finds them with one known login",
    }
  end
  return by_pattern(cleaned, expression) or derived_key(cleaned)
    or { scheme = found.name, supported = false, reason = found.reason }
end

return identify
