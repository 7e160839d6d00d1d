--- Verifies a cleartext against the imported hash as Auth0 would. What cannot be verified here for
--- certain is nil and a reason, never true.
--- Source: Auth0 docs, "User Data JSON Schema for Bulk User Imports" (November 2026), and its own
--- worked values.

local digest = require "host.digest"
local rules = require "auth0.hash.rules"
local json = require "host.json"
local cost = require "auth0.hash.cost"

local verify = {}

local BCRYPT_BYTES <const> = 72 -- read by bcrypt
local DERIVED_LENGTH <const> = 64 -- bytes; pbkdf2 without l
local DEFAULT_ITERATIONS <const> = 100000 -- pbkdf2 without i
local SCRYPT <const> = { cost = 16384, blockSize = 8, parallelization = 1 }
local SALT_BYTES <const> = 8 -- argon2: libsodium rejects less
local KEY_BYTES <const> = 16

local TRANSCODED <const> = {
  utf16le = "utf16le", ucs2 = "utf16le", latin1 = "latin1", binary = "latin1",
}

---The bytes of the cleartext that are hashed.
---@param cleartext string
---@param encoding? PasswordEncoding
---@return string? bytes
---@return string? reason
local function encoded(cleartext, encoding)
  if encoding == nil or encoding == "utf8" then return cleartext end
  if encoding == "ascii" then
    if cleartext:find("[\x80-\xff]") then return nil, "the password is not ASCII" end
    return cleartext
  end
  local name = TRANSCODED[encoding]
  if not name then return nil, "the password encoding " .. tostring(encoding) .. " is unknown" end
  local bytes = digest.transcode(cleartext, name)
  if not bytes then return nil, "the password has characters outside " .. encoding end
  return bytes
end

local function salted(bytes, salt)
  if salt == nil then return bytes end
  local value = rules.decode(salt.value, salt.encoding)
  if not value then return nil, "the salt is not valid " .. tostring(salt.encoding or "text") end
  if salt.position == "suffix" then return bytes .. value end
  if salt.position == nil or salt.position == "prefix" then return value .. bytes end
  return nil, "the position of the salt must be prefix or suffix"
end

local function same(made, stored)
  return #made == #stored and digest.equal(made, stored)
end

---@param bytes string   password and salt, encoded
---@param value string   "$2b$..."
local function bcrypt(bytes, value)
  local rounds, rest = value:match("^%$2[aby]%$(%d%d)(%$.+)$")
  if not rounds then return nil, "the bcrypt hash is damaged" end
  local costly = cost.bcrypt(rounds)
  if costly then return nil, costly end
  -- The three prefixes are one algorithm, but libxcrypt treats "$2a$" differently.
  local fits, message = digest.crypt_verify(bytes, "$2b$" .. rounds .. rest)
  if fits == nil then
    if bytes:find("\0", 1, true) then
      return nil, "bcrypt over data with a zero byte cannot be verified here"
    end
    return nil, message
  elseif fits and #bytes > BCRYPT_BYTES then
    return nil, string.format("it matches, but bcrypt reads only the first %d of these %d bytes",
      BCRYPT_BYTES, #bytes)
  end
  return fits
end

---Resolves OpenSSL's names: "RSA-SHA1-2", "sha256WithRSAEncryption", "ssl3-md5", "rmd160".
local function pbkdf2_digest(name)
  local low = name:lower():gsub("^rsa%-", ""):gsub("^ssl3%-", ""):gsub("withrsa.*$", "")
    :gsub("%-2$", "")
  if low == "ripemd" or low == "rmd160" then low = "ripemd160" end
  return rules.SIZES[low] and low
end

local function pbkdf2(bytes, custom)
  local name, middle, salt, key = custom.hash.value:match(
    "^%$pbkdf2%-([%w%-]+)%$(.-)([A-Za-z0-9+/]+)%$([A-Za-z0-9+/]+)$")
  if not name then return nil, "the pbkdf2 hash is damaged" end
  local known = pbkdf2_digest(name)
  if not known then return nil, "pbkdf2 with " .. name .. " cannot be verified here" end
  local iterations = tonumber(middle:match("i=(%d+)")) or DEFAULT_ITERATIONS
  local length = tonumber(middle:match("l=(%d+)")) or DERIVED_LENGTH
  local stored, raw_salt = digest.unbase64(key), digest.unbase64(salt)
  if not stored or not raw_salt then return nil, "the pbkdf2 hash is damaged" end
  if #stored ~= length then return false end
  local costly = cost.pbkdf2(known, iterations, length)
  if costly then return nil, costly end
  local made, message = digest.pbkdf2(known, bytes, raw_salt, iterations, length)
  if not made then return nil, message end
  return same(made, stored)
end

local function argon2(bytes, custom)
  local value = custom.hash.value
  local kind, salt, key = value:match("^%$argon2(%a+)%$.-m=[^$]*%$([^$]+)%$([^$]+)$")
  if not kind then return nil, "the argon2 hash is damaged" end
  if kind == "d" then return nil, "Auth0 is not known to accept argon2d" end
  if not value:find("$v=19$", 1, true) then
    return nil, "Auth0 is not known to accept argon2 versions other than 19"
  end
  local raw_salt, raw_key = digest.unbase64(salt), digest.unbase64(key)
  if not raw_salt or not raw_key then return nil, "the argon2 hash is damaged" end
  if #raw_salt < SALT_BYTES or #raw_key < KEY_BYTES then
    return nil, "Auth0 is not known to accept argon2 with a salt below 8 bytes or a key below 16"
  end
  local costly = cost.argon2(value)
  if costly then return nil, costly end
  local fits, message = digest.argon2_verify(bytes, value)
  if fits == nil then return nil, message end
  return fits
end

local function scrypt(bytes, custom)
  local salt = custom.salt and rules.decode(custom.salt.value, custom.salt.encoding)
  if not salt then return nil, "scrypt without its salt cannot be verified" end
  local stored = rules.decode(custom.hash.value, custom.hash.encoding)
  if not stored then return nil, "the hash is not valid " .. tostring(custom.hash.encoding) end
  if #stored ~= custom.keylen then return false end
  local n, r = custom.cost or SCRYPT.cost, custom.blockSize or SCRYPT.blockSize
  local p = custom.parallelization or SCRYPT.parallelization
  local costly = cost.scrypt(n, r, p)
  if costly then return nil, costly end
  local made, message = digest.scrypt(bytes, salt, n, r, p, custom.keylen)
  if not made then return nil, message end
  return same(made, stored)
end

local function ldap(bytes, custom)
  local scheme, data = custom.hash.value:match("^{(%w+)}(.+)$")
  local size, salt_follows = nil, nil
  if scheme then size, salt_follows = rules.ldap_size(scheme) end
  local stored = scheme and digest.unbase64(data)
  if not size then return nil, "the LDAP scheme is unknown" end
  if not stored then return nil, "the LDAP password is not valid Base64" end
  local salt = salt_follows and stored:sub(size + 1) or ""
  if not salt_follows and #stored ~= size then return false end
  for name, length in pairs(rules.SIZES) do
    if length == size and (name:find("^sha") or name == "md5") then
      return same(assert(digest.hash(name, bytes .. salt)), stored:sub(1, size))
    end
  end
  return nil, "the LDAP scheme is unknown"
end

local function hmac(bytes, custom)
  local hash = custom.hash
  local key = type(hash.key) == "table" and rules.decode(hash.key.value, hash.key.encoding)
  local stored = rules.decode(hash.value, hash.encoding)
  if not key then return nil, "the key of the HMAC is missing or does not decode" end
  if not stored then return nil, "the hash is not valid " .. tostring(hash.encoding) end
  local message, why = salted(bytes, custom.salt)
  if not message then return nil, why end
  local made
  made, why = digest.hmac(tostring(hash.digest), key, message)
  if not made then return nil, why end
  local fits = same(made, stored)
  if fits and custom.salt then
    return nil, "it matches, but Auth0 does not document how it uses the salt of an HMAC"
  end
  return fits
end

local function plain_digest(bytes, custom)
  local hash = custom.hash
  local stored = rules.decode(hash.value, hash.encoding)
  if not stored then return nil, "the hash is not valid " .. tostring(hash.encoding) end
  local message, why = salted(bytes, custom.salt)
  if not message then return nil, why end
  local made
  made, why = digest.hash(custom.algorithm, message)
  if not made then return nil, why end
  return same(made, stored)
end

---@type table<string, fun(bytes: string, custom: PasswordHash): boolean?, string?>
local ALGORITHMS <const> = {
  bcrypt = function(bytes, custom)
    local message, why = salted(bytes, custom.salt)
    if not message then return nil, why end
    return bcrypt(message, custom.hash.value)
  end,
  pbkdf2 = pbkdf2, argon2 = argon2, scrypt = scrypt, ldap = ldap, hmac = hmac,
  md4 = plain_digest, md5 = plain_digest, sha1 = plain_digest, sha256 = plain_digest,
  sha512 = plain_digest,
}

---An object without nulls and empty strings, which an import omits; nil if it is not an object.
local function members(object)
  if type(object) ~= "table" then return nil end
  local kept = {}
  for name, value in pairs(object) do
    if value ~= json.null and value ~= "" then kept[name] = value end
  end
  return kept
end

local NUMBERS <const> = { "keylen", "cost", "blockSize", "parallelization" }

---Validates the structure on which the functions above rely: a recipe may map anything.
---@return PasswordHash?
---@return string? reason
local function well_formed(given)
  local custom = members(given)
  local hash = custom and members(custom.hash)
  if not hash or type(hash.value) ~= "string" then return nil, "the hash has no value" end
  custom.hash, hash.key = hash, members(hash.key)
  for _, name in ipairs { "salt", "password" } do
    local value = members(custom[name])
    if custom[name] ~= nil and not value then return nil, "the " .. name .. " is not an object" end
    custom[name] = value
  end
  for _, name in ipairs(NUMBERS) do
    local number = custom[name]
    if number ~= nil and not (math.type(number) == "integer" and number > 0) then
      return nil, name .. " is not a positive whole number"
    end
  end
  return custom
end

---@param custom PasswordHash
---@param cleartext string
---@return boolean?
---@return string? reason  why it cannot be verified
function verify.hash(custom, cleartext)
  local formed, why = well_formed(custom)
  if not formed then return nil, why end
  local algorithm = ALGORITHMS[formed.algorithm]
  if not algorithm then return nil, tostring(formed.algorithm) .. " is not an algorithm" end
  local bytes
  bytes, why = encoded(cleartext, formed.password and formed.password.encoding)
  if not bytes then return nil, why end
  return algorithm(bytes, formed)
end

---Whether bytes, such as a digest of the cleartext, match a hash of argon2, bcrypt or crypt(3).
---@param bytes string
---@param value string
---@return boolean?
---@return string? reason  why it cannot be verified
function verify.text(bytes, value)
  if value:find("^%$argon2") then
    local costly = cost.argon2(value)
    if costly then return nil, costly end
    return digest.argon2_verify(bytes, value)
  end
  local costly = cost.crypt(value)
  if costly then return nil, costly end
  return digest.crypt_verify(bytes, value)
end

---@param user User
---@param cleartext string
---@return boolean?
---@return string? reason  why it cannot be verified
function verify.password(user, cleartext)
  if user.custom_password_hash ~= nil then
    return verify.hash(user.custom_password_hash, cleartext)
  elseif user.password_hash ~= nil then
    if type(user.password_hash) ~= "string" then return nil, "password_hash is not a string" end
    return bcrypt(cleartext, user.password_hash)
  end
  return nil, "the user has no password hash"
end

local STEP <const> = 30 -- seconds
local DRIFT <const> = 1 -- steps before and after

local function code_of(secret, counter)
  local mac = assert(digest.hmac("sha1", secret, string.pack(">I8", counter)))
  local offset = mac:byte(-1) & 0xf
  local number = string.unpack(">I4", mac, offset + 1) & 0x7fffffff
  return string.format("%06d", number % 1000000)
end

---Whether a six-digit code matches a TOTP secret at a time (RFC 6238, SHA-1, 30 seconds).
---@param secret string  Base32, as factors are imported
---@param code string
---@param unix number    seconds
---@return boolean?
---@return string? reason  why it cannot be verified
function verify.totp(secret, code, unix)
  local key = digest.unbase32(secret)
  if not key or key == "" then return nil, "the secret is not valid Base32" end
  local step, fits = math.floor(unix) // STEP, false
  for counter = math.max(0, step - DRIFT), step + DRIFT do
    if same(code_of(key, counter), code) then fits = true end
  end
  return fits
end

return verify
