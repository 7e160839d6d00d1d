--- Builders of custom_password_hash. Each returns the table to assign, or nil and a reason if the
--- source's value cannot be imported; none raises an error for bad data.

local digest = require "host.digest"
local json = require "host.json"
local sorted = require "base.sorted"
local type_name = require "base.type_name"
local rules = require "auth0.hash.rules"
local spelling = require "base.spelling"
local text = require "host.text"

local build = {}

local LONGEST_NAME <const> = 20 -- of a digest, in a message; shorter than any hash that Auth0 takes

---The reason if there is no value at all, so that nothing is lost.
---@type string
build.NONE = "no password hash"

local BCRYPT <const> = "^%$2[aby]%$%d%d%$[./A-Za-z0-9]+$"
local BCRYPT_LENGTH <const> = 60 -- characters

---@alias PasswordEncoding "ascii"|"utf8"|"utf16le"|"ucs2"|"latin1"|"binary"

---@alias HashEncoding "utf8"|"hex"|"base64"|"bytes"|"binary"  binary: of a binary column

---@class SaltOptions
---@field salt? string
---@field position? "prefix"|"suffix"                 of the salt; default prefix
---@field salt_encoding? HashEncoding                 how `salt` is written; default utf8
---@field encoding? "hex"|"base64"|"bytes"|"binary"   of `value`; default: by its length
---@field password_encoding? PasswordEncoding          default utf8

local function unpadded(bytes)
  return digest.base64(bytes, { pad = false })
end

---The bytes of a binary column, however its export writes them: as they are, or in hex behind the
---prefix of a database. nil for none.
---@param value string?
---@return string?
function build.binary(value)
  if type(value) ~= "string" then return nil end
  local hex = value:match("^0[xX](%x*)$") or value:match("^\\+[xX](%x*)$")
  local bytes = hex and digest.unhex(hex) or value
  return bytes ~= "" and bytes or nil
end

---A value in an encoding of the import format; JSON cannot hold raw bytes.
local function written(value, encoding)
  if encoding == "binary" then value, encoding = build.binary(value), "bytes" end
  if encoding ~= "bytes" or type(value) ~= "string" then return value, encoding end
  return digest.base64(value), "base64"
end

local function salt_of(options)
  if not options.salt or options.salt == "" then return nil end
  local value, encoding = written(options.salt, options.salt_encoding)
  return value and {
    value = value, encoding = encoding or "utf8", position = options.position or "prefix",
  }
end

local function salt_fault(options)
  if options.position and options.position ~= "prefix" and options.position ~= "suffix" then
    return "the position of a salt must be prefix or suffix"
  end
  if options.salt and not rules.decode(options.salt, options.salt_encoding) then
    return "the salt is not valid " .. tostring(options.salt_encoding)
  end
  return nil
end

---A value without outer whitespace; nil and a reason if nothing is left.
local function cleaned(value)
  if value == nil or value == json.null then return nil, build.NONE end
  if type(value) ~= "string" then
    return nil, "a hash must be a string, not " .. type_name.a(value)
  end
  local trimmed = text.trim(value)
  if not trimmed then return nil, build.NONE end
  return trimmed
end

---bcrypt as stored: "$2a$", "$2b$" or "$2y$" with any cost. A pepper (the application's secret,
---joined to each password) becomes the salt.
---@param value string?
---@param options? {pepper?: string, position?: "prefix"|"suffix"}  position: default suffix
---@return PasswordHash? hash
---@return string? reason
function build.bcrypt(value, options)
  local hash, why = cleaned(value)
  if not hash then return nil, why end
  options = options or {}
  if hash:find("^%$2x?%$") then return nil, "the bcrypt variants $2$ and $2x$ are not supported" end
  if not hash:find(BCRYPT) or #hash ~= BCRYPT_LENGTH then
    return nil, "not a bcrypt hash of 60 characters"
  end
  local cost = tonumber(hash:sub(5, 6))
  if cost < 4 or cost > 31 then return nil, "the bcrypt cost is outside 4 to 31" end
  local salt = { salt = options.pepper, position = options.position or "suffix" }
  why = salt_fault(salt)
  if why then return nil, why end
  return {
    algorithm = "bcrypt", hash = { value = hash, encoding = "utf8" }, salt = salt_of(salt),
  }
end

---Normalizes "SHA-256", "HmacSHA256" or "sha_256" to "sha256"; nil for an unknown digest.
---@param name any
---@return string?
function build.digest_name(name)
  if type(name) ~= "string" then return nil end
  local low = name:lower():gsub("^hmac", ""):gsub("[-_ ]", "")
  return rules.SIZES[low] and low or nil
end

---PBKDF2 from its parts; salt and key are raw bytes (see host.digest to decode them).
---@param name string      "sha256"
---@param iterations integer
---@param salt string      bytes
---@param key string       bytes
---@return PasswordHash? hash
---@return string? reason
function build.pbkdf2(name, iterations, salt, key)
  if type(name) == "table" then
    error("pbkdf2 expects (name, iterations, salt, key), not a table", 2)
  end
  local known = build.digest_name(name)
  local count = math.tointeger(tonumber(iterations))
  if not known then return nil, "Auth0 does not support this digest for pbkdf2" end
  if not count or count < 1 then return nil, "pbkdf2 requires the number of iterations" end
  if not salt or not key or key == "" then return nil, "pbkdf2 requires a salt and a key" end
  local value = string.format("$pbkdf2-%s$i=%d,l=%d$%s$%s", known, count, #key, unpadded(salt),
    unpadded(key))
  return { algorithm = "pbkdf2", hash = { value = value, encoding = "utf8" } }
end

---@class Argon2
---@field kind "id"|"i"
---@field version? integer  default 19
---@field memory integer    KiB
---@field time integer      passes
---@field lanes integer     p
---@field salt string       bytes
---@field key string        bytes

---@param parts Argon2
---@return PasswordHash? hash
---@return string? reason
function build.argon2(parts)
  if type(parts) ~= "table" then
    error("password.argon2 expects a table { kind, memory, time, lanes, salt, key }", 2)
  end
  if parts.kind ~= "id" and parts.kind ~= "i" then
    return nil, "argon2" .. tostring(parts.kind) .. " is not supported"
  end
  if (tonumber(parts.version) or 19) ~= 19 then
    return nil, "argon2 versions other than 1.3 (19) are not supported"
  end
  local memory, time = math.tointeger(tonumber(parts.memory)), math.tointeger(tonumber(parts.time))
  local lanes = math.tointeger(tonumber(parts.lanes))
  if not memory or not time or not lanes then return nil, "argon2 requires m, t and p" end
  if not parts.salt or not parts.key or parts.key == "" then
    return nil, "argon2 requires a salt and a key"
  end
  return {
    algorithm = "argon2",
    hash = {
      value = string.format("$argon2%s$v=19$m=%d,t=%d,p=%d$%s$%s", parts.kind, memory, time, lanes,
        unpadded(parts.salt), unpadded(parts.key)),
      encoding = "utf8",
    },
  }
end

---@class Scrypt
---@field salt string    bytes
---@field key string     bytes
---@field cost integer   N, not its logarithm
---@field block? integer r, default 8
---@field lanes? integer p, default 1

---@param parts Scrypt
---@return PasswordHash? hash
---@return string? reason
function build.scrypt(parts)
  if type(parts) ~= "table" then error("password.scrypt expects a table { cost, salt, key }", 2) end
  local cost = math.tointeger(tonumber(parts.cost))
  if not cost or cost < 2 or cost & (cost - 1) ~= 0 then
    return nil, "scrypt requires a cost (N) that is a power of two"
  end
  if not parts.salt or parts.salt == "" or not parts.key or parts.key == "" then
    return nil, "scrypt requires a salt and a key"
  end
  return {
    algorithm = "scrypt",
    hash = { value = digest.base64(parts.key), encoding = "base64" },
    salt = { value = digest.base64(parts.salt), encoding = "base64" },
    keylen = #parts.key, cost = cost,
    blockSize = math.tointeger(tonumber(parts.block or 8)),
    parallelization = math.tointeger(tonumber(parts.lanes or 1)),
  }
end

---"{SSHA}..." and related schemes, RFC 2307.
---@param value string?
---@return PasswordHash? hash
---@return string? reason
function build.ldap(value)
  local hash, why = cleaned(value)
  if not hash then return nil, why end
  local scheme, data = hash:match("^{([%w_-]+)}(.+)$")
  if not scheme then return nil, "not an LDAP password of the form {SCHEME}data" end
  local size, salted = rules.ldap_size(scheme)
  if not size then return nil, "the LDAP scheme {" .. scheme:upper() .. "} is not supported" end
  local bytes = digest.unbase64(data)
  if not bytes then return nil, "the LDAP password is not valid Base64" end
  if (salted and #bytes <= size) or (not salted and #bytes ~= size) then
    return nil, "the LDAP password has the wrong length for {" .. scheme:upper() .. "}"
  end
  return {
    algorithm = "ldap",
    hash = { value = "{" .. scheme:upper() .. "}" .. digest.base64(bytes), encoding = "utf8" },
  }
end

---Hex without the prefix of databases: "0x" in MySQL and SQL Server, "\x" in PostgreSQL.
---@param hex string
---@return string
function build.bare_hex(hex)
  return (hex:gsub("^[0\\][xX]", ""))
end

---The value and its encoding: hex or Base64 of `size` bytes.
local function encoded(value, size, encoding)
  value, encoding = written(value, encoding)
  local hash, why = cleaned(value)
  if not hash then return nil, why end
  if encoding ~= "base64" then hash = build.bare_hex(hash) end
  local candidates = encoding and { encoding } or { "hex", "base64" }
  for _, candidate in ipairs(candidates) do
    local bytes = rules.decode(hash, candidate)
    if bytes and #bytes == size then return hash, candidate end
  end
  return nil, string.format("not %d bytes in %s", size, table.concat(candidates, " or "))
end

---Why a digest cannot be had, with the nearest name. A long name may be the hash itself, which is
---not shown.
local function unsupported(name, known, purpose)
  if type(name) ~= "string" then
    return "the name of a digest must be a string, not " .. type_name.a(name)
  end
  if #name > LONGEST_NAME then
    return string.format('its name is not that of a digest, such as "sha256" (%d bytes)', #name)
  end
  return string.format("%s is not supported%s%s", name, purpose,
    spelling.hint(name, sorted.keys(known)))
end

---One round of a digest over password and salt.
---@param name string     md4, md5, sha1, sha256, sha512
---@param value string?   in hex or Base64
---@param options? SaltOptions
---@return PasswordHash? hash
---@return string? reason
function build.digest(name, value, options)
  options = options or {}
  local known = build.digest_name(name)
  if not rules.IS_DIGEST[known or ""] then return nil, unsupported(name, rules.IS_DIGEST, "") end
  local hash, encoding = encoded(value, rules.SIZES[known], options.encoding)
  if not hash then return nil, encoding end
  local why = salt_fault(options)
  if why then return nil, why end
  return {
    algorithm = known, hash = { value = hash, encoding = encoding }, salt = salt_of(options),
    password = options.password_encoding and { encoding = options.password_encoding } or nil,
  }
end

---HMAC of the password with a key; if the source used the salt as key, pass the salt as `key`.
---@param name string     md4 md5 ripemd160 sha1 sha224 sha256 sha384 sha512 whirlpool
---@param value string?   in hex or Base64
---@param key string
---@param options? SaltOptions|{key_encoding?: HashEncoding}
---@return PasswordHash? hash
---@return string? reason
function build.hmac(name, value, key, options)
  options = options or {}
  local known = build.digest_name(name)
  if not known then return nil, unsupported(name, rules.SIZES, " for hmac") end
  local hash, encoding = encoded(value, rules.SIZES[known], options.encoding)
  if not hash then return nil, encoding end
  if not key or key == "" then return nil, "hmac requires a key" end
  local key_encoding
  key, key_encoding = written(key, options.key_encoding)
  if not rules.decode(key, key_encoding) then
    return nil, "the key is not valid " .. tostring(key_encoding)
  end
  local why = salt_fault(options)
  if why then return nil, why end
  return {
    algorithm = "hmac",
    hash = {
      value = hash, encoding = encoding, digest = known,
      key = { value = key, encoding = key_encoding or "utf8" },
    },
    salt = salt_of(options),
    password = options.password_encoding and { encoding = options.password_encoding } or nil,
  }
end

---@param reason string
---@return nil
---@return string reason
function build.none(reason)
  return nil, reason
end

build.cleaned = cleaned

return build
