--- What a value without a scheme may be, by the number of its bytes and their encoding, and what to
--- do in each case. Several systems store values of the same form: only a known login decides.
--- Source: the systems' documentation and code (November 2026).

local origins = {}

---@class HashOrigin
---@field name string
---@field supported boolean  whether Auth0 can verify it
---@field line? string       of a mapping; names of columns other than the hash's are examples
---@field advice string      what to do

---What to do with a hash that Auth0 cannot verify.
---@type string
origins.WITHOUT = "import these users without a hash, and they set a new password; or leave them "
  .. "to Auth0's automatic migration"

---@class OriginEntry
---@field name string
---@field sizes table<integer, true>  bytes
---@field only? "hex"|"base64"
---@field line? string     VALUE: the expression, BYTES(x): the bytes of x in the value's encoding
---@field advice? string   default WITHOUT

local AS_IT_IS <const> = "write the line as it is"

local function of(...)
  local sizes = {}
  for _, size in ipairs { ... } do sizes[size] = true end
  return sizes
end

local SALTED <const> = 'if a column has the salt, add { salt = row.salt }, with position = '
  .. '"suffix" if it follows the password'
local KEY <const> = "row.iterations and row.salt are the columns of its rounds and salt; the "
  .. "digest may be another, and the salt text (row.salt)"
local COST <const> = "row.salt is the column of its salt; give cost, block and lanes if they are "
  .. "others than N = 16384, r = 8, p = 1"
local SECRET <const> = "row.key is the column of its key, often that of the salt; or it is a "
  .. "secret of the system"
local PBKDF2 <const> = 'password.pbkdf2("%s", row.iterations, BYTES(row.salt), BYTES(VALUE))'

---@type OriginEntry[]
local ENTRIES <const> = {
  { name = "MD5 (osCommerce, PHP applications)", sizes = of(16),
    line = 'password.digest("md5", VALUE)', advice = SALTED },
  { name = "NT hash, the MD4 of UTF-16 (Windows, Samba)", sizes = of(16),
    line = 'password.digest("md4", VALUE, { password_encoding = "utf16le" })',
    advice = AS_IT_IS },
  { name = "HMAC-MD5", sizes = of(16), line = 'password.hmac("md5", VALUE, row.key)',
    advice = SECRET },
  { name = "MD5 of an MD5 and a salt (vBulletin, MyBB, Invision)", sizes = of(16), only = "hex" },
  { name = "LM hash (old Windows)", sizes = of(16), only = "hex" },

  { name = "SHA-1 (Rails' restful_authentication and old CMS differ: see `prove`)", sizes = of(20),
    line = 'password.digest("sha1", VALUE)', advice = SALTED },
  { name = "ASP.NET membership", sizes = of(20), only = "base64",
    line = 'password.digest("sha1", VALUE, { salt = row.salt, salt_encoding = "base64", '
      .. 'password_encoding = "utf16le" })',
    advice = "row.salt is the column PasswordSalt" },
  { name = "Simple Machines Forum", sizes = of(20), only = "hex",
    line = 'row.username and password.digest("sha1", VALUE, { salt = row.username:lower() })',
    advice = "row.username is the column member_name" },
  { name = "HMAC-SHA1", sizes = of(20), line = 'password.hmac("sha1", VALUE, row.key)',
    advice = SECRET },
  { name = "MySQL's PASSWORD() without its asterisk, OpenCart, RIPEMD-160", sizes = of(20),
    only = "hex" },

  { name = "SHA-224", sizes = of(28) },

  { name = "SHA-256", sizes = of(32), line = 'password.digest("sha256", VALUE)', advice = SALTED },
  { name = "HMAC-SHA256", sizes = of(32), line = 'password.hmac("sha256", VALUE, row.key)',
    advice = SECRET },
  { name = "key of PBKDF2 (FusionAuth, Discourse, Keycloak)", sizes = of(32),
    line = PBKDF2:format("sha256"), advice = KEY },
  { name = "key of Argon2 without its parameters", sizes = of(32),
    line = 'password.argon2 { kind = "id", memory = 65536, time = 2, lanes = 1, '
      .. "salt = BYTES(row.salt), key = BYTES(VALUE) }",
    advice = "memory in KiB, time and lanes are those of the old system, row.salt the column of "
      .. "its salt" },
  { name = "SHA-256 of many rounds (FusionAuth's salted-sha256), SHA3-256, keys of SCRAM",
    sizes = of(32) },

  { name = "SHA-384, as LDAP's {SHA384}", sizes = of(48), only = "base64",
    line = 'password.ldap("{SHA384}" .. VALUE)',
    advice = "a digest without a salt; Auth0 supports SHA-384 in no other form" },

  { name = "SHA-512", sizes = of(64), line = 'password.digest("sha512", VALUE)', advice = SALTED },
  { name = "HMAC-SHA512 (.NET, with its key in a column such as PasswordSalt)", sizes = of(64),
    line = 'password.hmac("sha512", VALUE, row.key, { key_encoding = "ENCODING" })',
    advice = SECRET },
  { name = "key of PBKDF2 (Keycloak, Node.js)", sizes = of(64), line = PBKDF2:format("sha512"),
    advice = KEY },
  { name = "Firebase's modified scrypt (with the members localId, passwordHash and salt)",
    sizes = of(64), only = "base64",
    advice = origins.WITHOUT .. ", whose script asks Firebase at their first login" },
  { name = "SHA-512 of many rounds (Symfony)", sizes = of(64), only = "base64" },
  { name = "Whirlpool, SHA3-512, BLAKE2b", sizes = of(64) },

  { name = "key of PBKDF2 of passport-local-mongoose", sizes = of(512),
    line = 'password.pbkdf2("sha256", 25000, row.salt, BYTES(VALUE))',
    advice = "row.salt is the member salt, as text" },
  { name = "salt of 16 bytes and key of PBKDF2 (.NET)", sizes = of(36),
    line = 'password.pbkdf2("sha1", 10000, BYTES(VALUE):sub(1, 16), BYTES(VALUE):sub(17))',
    advice = "the rounds are those in the old system's code, often 10000 or 100000" },
  { name = "salt of 16 bytes and key of PBKDF2 (Atlassian without {PKCS5S2})", sizes = of(48),
    only = "base64", line = 'password.auto("{PKCS5S2}" .. VALUE)', advice = AS_IT_IS },
  { name = "salt of 16 bytes and key of PBKDF2 (Spring Security 5.8)", sizes = of(48), only = "hex",
    line = 'password.pbkdf2("sha256", 310000, BYTES(VALUE):sub(1, 16), BYTES(VALUE):sub(17))',
    advice = "for an encoder with its defaults and without a secret" },
  { name = "salt of 8 bytes and key of PBKDF2 (Spring Security before 5.8)", sizes = of(40),
    only = "hex", line = 'password.auto("{pbkdf2}" .. VALUE)',
    advice = "for an encoder with its defaults and without a secret" },
}

---Digests of LDAP with a salt behind them.
local LDAP <const> = { { "SMD5", 16 }, { "SSHA", 20 }, { "SSHA256", 32 }, { "SSHA384", 48 },
  { "SSHA512", 64 } }
local LDAP_SALTS <const> = of(4, 8, 16)

local function add_ldap(add, size, encoding)
  for _, scheme in ipairs(encoding == "base64" and LDAP or {}) do
    if LDAP_SALTS[size - scheme[2]] then
      add {
        name = string.format("LDAP's {%s} without its scheme, with a salt of %d bytes", scheme[1],
          size - scheme[2]),
        line = string.format('password.ldap("{%s}" .. VALUE)', scheme[1]), advice = AS_IT_IS,
      }
    end
  end
end

---Keys of any length, but for those that an entry has with its systems.
local function add_keys(add, size)
  if size ~= 32 and size ~= 64 and size ~= 512 then
    add {
      name = "key of PBKDF2", line = PBKDF2:format(size <= 20 and "sha1" or "sha256"), advice = KEY,
    }
  end
  if size % 8 == 0 then
    add {
      name = "key of scrypt (Node.js)", advice = COST,
      line = "password.scrypt { cost = 16384, salt = BYTES(row.salt), key = BYTES(VALUE) }",
    }
  end
end

---What a value may be, the likely ones first, those that Auth0 cannot verify last.
---@param size integer  bytes
---@param encoding "hex"|"base64"
---@param expression string  of the value: "row.hash"
---@param pair? {field: string, salt: string}  expressions of the field with both, and of the salt
---@return HashOrigin[]
function origins.of(size, encoding, expression, pair)
  local found, without = {}, {}
  local function bytes(inner) return string.format("password.bytes(%s, %q)", inner, encoding) end
  local function add(entry)
    local line = entry.line and entry.line:gsub("BYTES(%b())", function(inner)
      return bytes(inner:sub(2, -2))
    end):gsub("ENCODING", encoding):gsub("row%.salt", function() return pair and pair.salt end)
      :gsub("VALUE", function() return expression end)
    if line and (pair or line:find("):", 1, true) or line:find(" .. ", 1, true)) then -- not of nil
      line = (pair and pair.field or expression) .. " and " .. line
    end
    local list = line and found or without
    list[#list + 1] = {
      name = entry.name, supported = line ~= nil, advice = entry.advice or origins.WITHOUT,
      line = line and "custom_password_hash = " .. line or nil,
    }
  end
  for _, entry in ipairs(ENTRIES) do
    if entry.sizes[size] and (not entry.only or entry.only == encoding) then add(entry) end
  end
  add_ldap(add, size, encoding)
  add_keys(add, size)
  return table.move(without, 1, #without, #found + 1, found)
end

---@class OriginForm  of text that is neither hex nor Base64 of a digest
---@field pattern string
---@field name string

---@type OriginForm[]
local FORMS <const> = {
  { pattern = "^" .. ("%x"):rep(16) .. "$",
    name = "MySQL's PASSWORD() before 4.1, Oracle's DES hash before 11g, half of an LM hash" },
  { pattern = "^" .. ("[./%w]"):rep(13) .. "$", name = "DES of crypt(3)" },
  { pattern = "^_" .. ("[./%w]"):rep(19) .. "$", name = "extended DES of crypt(3)" },
}

---What text may be that has the form of an old scheme; all of them are unsupported.
---@param value string
---@return HashOrigin[]
function origins.of_form(value)
  local found = {}
  for _, form in ipairs(FORMS) do
    if value:find(form.pattern) then
      found[#found + 1] = { name = form.name, supported = false, advice = origins.WITHOUT }
    end
  end
  return found
end

---What bcrypt may contain besides the password alone.
---@param expression string
---@return HashOrigin[]
function origins.of_bcrypt(expression)
  return {
    { name = "bcrypt with a pepper (Devise)", supported = true,
      line = string.format("custom_password_hash = password.bcrypt(%s, { pepper = params.pepper })",
        expression), advice = "params.pepper is the secret, a parameter of the recipe" },
    { name = "bcrypt of another hash (WordPress 6.8 without $wp, Meteor, Django's bcrypt_sha256 "
      .. "without its name)", supported = false, advice = origins.WITHOUT },
  }
end

return origins
