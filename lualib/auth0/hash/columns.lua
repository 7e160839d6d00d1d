--- Hashes whose scheme, salt or rounds are columns of their own: Clerk, FusionAuth, and the
--- membership of ASP.NET before Identity.

local build = require "auth0.hash.build"
local digest = require "host.digest"
local directory = require "auth0.hash.directory"
local parse = require "auth0.hash.parse"
local rules = require "auth0.hash.rules"
local vendors = require "auth0.hash.vendors"

local columns = {}

local LONGEST_NAME <const> = 40 -- of a scheme, in a reason

---A name of a system's own, for a reason.
local function named(scheme)
  local is_name = type(scheme) == "string" and #scheme <= LONGEST_NAME and scheme:find("^[%w_.-]+$")
  return is_name and scheme or "of another kind"
end

-- Clerk: docs "createUser()", password hashers (November 2026).

---"name$rounds$salt$key", with the key in hex; sha1 may have the length of the key behind it.
local function clerk_pbkdf2(name, digested, salt_is)
  local rounds, salt, key = digested:match("^[%w_]+%$(%d+)%$([^$]+)%$(%x+)%$?%d*$")
  if not rounds then return nil, "the digest of " .. name .. " is damaged" end
  if salt_is == "hex" then salt = digest.unhex(salt) end
  if not salt then return nil, "the salt of " .. name .. " is not hex" end
  return build.pbkdf2(name, rounds, salt, digest.unhex(key))
end

---A digest and its salt, "salt$hex". Clerk does not document which of them comes first when they
---are hashed.
local function clerk_salted(name, digested, options)
  if not options.position then
    return nil, "a salted " .. name .. " of which nothing says whether the salt comes first"
  end
  local salt, value = digested:match("^(.*)%$(%x+)$")
  if not value or #value ~= 2 * rules.SIZES[name] then
    value, salt = digested:match("^(%x+)%$(.*)$")
  end
  return build.digest(name, value, { salt = salt, position = options.position, encoding = "hex" })
end

---@type table<string, string|fun(digested: string, options: ClerkOptions): PasswordHash?, string?>
local CLERK <const> = {
  bcrypt = build.bcrypt,
  bcrypt_peppered = vendors.peppered_bcrypt,
  argon2i = parse.phc, argon2id = parse.phc,
  pbkdf2_sha1 = function(digested) return clerk_pbkdf2("sha1", digested, "text") end,
  pbkdf2_sha256 = function(digested)
    local rounds, salt, key = digested:match("^[%w_]+%$(%d+)%$([^$]+)%$([^$]+)$")
    if not rounds then return nil, "the digest of pbkdf2_sha256 is damaged" end
    return build.pbkdf2("sha256", rounds, digest.unbase64(salt), digest.unbase64(key))
  end,
  pbkdf2_sha256_django = parse.django,
  pbkdf2_sha512 = function(digested) return clerk_pbkdf2("sha512", digested, "text") end,
  pbkdf2_sha512_hex = function(digested) return clerk_pbkdf2("sha512", digested, "hex") end,
  scrypt_werkzeug = function(digested) return vendors.werkzeug((digested:gsub("^%$", ""))) end,
  ldap_ssha = function(digested)
    return build.ldap(digested:find("^{") and digested or "{SSHA}" .. digested)
  end,
  md5 = function(digested) return build.digest("md5", digested, { encoding = "hex" }) end,
  sha256 = function(digested) return build.digest("sha256", digested, { encoding = "hex" }) end,
  md5_salted = function(digested, options) return clerk_salted("md5", digested, options) end,
  sha256_salted = function(digested, options) return clerk_salted("sha256", digested, options) end,
  bcrypt_sha256_django = "Django's bcrypt over SHA-256 is not supported",
  phpass = "phpass (iterated MD5) is not supported",
  md5_phpass = "phpass over an MD5 is not supported",
  scrypt_firebase = "Firebase's modified scrypt is not supported",
  sha512_symfony = "Symfony's SHA-512 of many rounds is not supported",
  awscognito = "the password is still in Amazon Cognito",
  hmac_sha256_utf16_b64 = "the form of hmac_sha256_utf16_b64 is not documented",
}

---@class ClerkOptions
---@field position? "prefix"|"suffix"  of the salt of md5_salted and sha256_salted

---Clerk's `password_digest`, as its `password_hasher` says: two of them look alike.
---@param hasher string?
---@param digested string?
---@param options? ClerkOptions
---@return PasswordHash? hash
---@return string? reason
function columns.clerk(hasher, digested, options)
  local value, why = build.cleaned(digested)
  if not value then return nil, why end
  local name = build.cleaned(hasher)
  if not name then
    if not value:find("^%$") then return nil, "the export does not name the hasher" end
    return parse.any(value)
  end
  local entry = CLERK[name:lower()]
  if type(entry) == "function" then return entry(value, options or {}) end
  return nil, entry or "Clerk's hasher " .. named(name) .. " is not supported"
end

-- FusionAuth: docs "Password Hashing"; sizes of keys in bytes.

local FUSIONAUTH_KEYS <const> = {
  ["salted-pbkdf2-hmac-sha256"] = { "sha256", 32 },
  ["salted-pbkdf2-hmac-sha256-512"] = { "sha256", 64 },
  ["salted-pbkdf2-hmac-sha512-512"] = { "sha512", 64 },
}
local FUSIONAUTH_DIGESTS <const> = {
  ["salted-md5"] = "md5", ["salted-sha256"] = "sha256", ["salted-sha512"] = "sha512",
}

---bcrypt, whose parts are columns.
local function fusionauth_bcrypt(row)
  if row.password:find("^%$2") then return build.bcrypt(row.password) end
  local rounds = math.tointeger(tonumber(row.factor))
  return build.bcrypt(string.format("$2a$%02d$%s%s", rounds or 0, row.salt, row.password))
end

---@class FusionAuthPassword
---@field scheme string?             `encryption_scheme`
---@field factor integer|string|nil
---@field salt string?
---@field password string?

---@param row FusionAuthPassword
---@return PasswordHash? hash
---@return string? reason
function columns.fusionauth(row)
  local value, why = build.cleaned(row.password)
  if not value then return nil, why end
  local scheme = build.cleaned(row.scheme) or "without a name"
  local salt = build.cleaned(row.salt) or ""
  local key, name = FUSIONAUTH_KEYS[scheme], FUSIONAUTH_DIGESTS[scheme]
  if scheme == "bcrypt" then
    return fusionauth_bcrypt { password = value, salt = salt, factor = row.factor }
  elseif key then
    local bytes = digest.unbase64(value)
    if not bytes or #bytes ~= key[2] then return nil, "the key of " .. scheme .. " is damaged" end
    return build.pbkdf2(key[1], row.factor, digest.unbase64(salt), bytes)
  elseif scheme == "salted-hmac-sha256" then
    return build.hmac("sha256", value, salt, { encoding = "base64", key_encoding = "base64" })
  elseif name then
    if tonumber(row.factor) ~= 1 then return nil, scheme .. " of many rounds is not supported" end
    return build.digest(name, value, {
      encoding = "base64", salt = salt, salt_encoding = "base64", position = "suffix",
    })
  end
  return nil, "FusionAuth's scheme " .. named(scheme) .. " is not supported"
end

-- ASP.NET Identity, and membership of ASP.NET 2 to 4: MembershipProvider.EncodePassword of the .NET
-- Framework.

local HMAC_KEY <const> = { sha1 = 64, sha256 = 64, sha512 = 128, md5 = 64 } -- bytes
local BY_SIZE <const> = { [16] = "md5", [20] = "sha1", [32] = "HMACSHA256", [64] = "HMACSHA512" }

---The key of an HMAC: as much of the salt, again and again, as it has bytes.
local function repeated(salt, size)
  return salt:rep((size + #salt - 1) // #salt):sub(1, size)
end

---Old hashes in the column of Identity, "hash|format|salt", in their parts.
local function parts_of(row)
  local value, format, salt = tostring(row.password):match("^([^|]*)|(%d)|(.*)$")
  if not value then return row end
  return { password = value, format = format, salt = salt, id = row.id, algorithm = row.algorithm }
end

---@class MembershipPassword
---@field password string?
---@field format integer|string|nil  `PasswordFormat`: 0 clear, 1 hashed, 2 encrypted; nil: Identity
---@field salt string?               `PasswordSalt`
---@field id string                  of the user, for a password that is stored as it is
---@field algorithm? string          `hashAlgorithmType`; default: by the length of the hash

---A password of membership or, without a format, of Identity or SimpleMembership.
---@param given MembershipPassword
---@return PasswordHash? hash
---@return string? reason
function columns.membership(given)
  local row = parts_of(given)
  local value, why = build.cleaned(row.password)
  if not value then return nil, why end
  local format = math.tointeger(tonumber(row.format))
  if not format then -- an application may have a hasher of its own
    return (value:find("^[${]") and parse.any or parse.aspnet)(value)
  end
  if format == 0 then return directory.cleartext(row.password, row.id) end
  if format ~= 1 then return nil, "encrypted with the machine key" end
  local bytes, salt = digest.unbase64(value), digest.unbase64(build.cleaned(row.salt) or "")
  if not bytes or not salt or salt == "" then return nil, "the membership hash is damaged" end
  local algorithm = row.algorithm or BY_SIZE[#bytes] or ""
  local name = build.digest_name(algorithm)
  if not name or not HMAC_KEY[name] then return nil, "the membership hash has no known length" end
  if algorithm:upper():find("^HMAC") then
    return build.hmac(name, value, repeated(salt, HMAC_KEY[name]), {
      encoding = "base64", key_encoding = "bytes", password_encoding = "utf16le",
    })
  end
  return build.digest(name, value, {
    encoding = "base64", salt = row.salt, salt_encoding = "base64", password_encoding = "utf16le",
  })
end

return columns
