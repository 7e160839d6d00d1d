--- Hash formats of single systems: Ory Kratos, Werkzeug, Magento, ZITADEL, Clerk, SQL Server,
--- Oracle, ForgeRock, Atlassian, MediaWiki, Better Auth.
--- Each parser returns a hash that Auth0 can verify, or nil and a reason.

local build = require "auth0.hash.build"
local digest = require "host.digest"
local json = require "host.json"

local vendors = {}

local LARGEST_LOG <const> = 31 -- the value after ln= is log2 of N up to this, else N

---"$scrypt$ln=14,r=8,p=1$salt$key": passlib and ZITADEL write log2 of N, Ory N itself.
---@param hash string
---@param is_log? boolean  whether it is log2; default: if it is small
---@return PasswordHash? hash
---@return string? reason
function vendors.scrypt(hash, is_log)
  local n, r, p, salt, key = hash:match("^%$scrypt%$ln=(%d+),r=(%d+),p=(%d+)%$([^$]*)%$([^$]+)$")
  local cost = math.tointeger(tonumber(n))
  if not cost then return nil, "the scrypt hash is damaged" end
  if is_log == nil then is_log = cost <= LARGEST_LOG end
  if is_log and cost > LARGEST_LOG then return nil, "the cost of the scrypt hash is not log2" end
  if is_log then cost = 1 << cost end
  return build.scrypt {
    cost = cost, block = r, lanes = p, salt = digest.unbase64((salt:gsub("%.", "+"))),
    key = digest.unbase64((key:gsub("%.", "+"))),
  }
end

local POSITIONS <const> = {
  ["{SALT}{PASSWORD}"] = "prefix", ["{PASSWORD}{SALT}"] = "suffix", ["{PASSWORD}"] = false,
}

---Ory's "$sha256$pf=TEMPLATE$salt$hash", all three in Base64; also "$md5$hash".
---@param hash string
---@return PasswordHash? hash
---@return string? reason
function vendors.ory(hash)
  local name, plain = hash:match("^%$(%w+)%$([^$]+)$")
  if name then return build.digest(name, plain, { encoding = "base64" }) end
  local template, salt, value
  name, template, salt, value = hash:match("^%$(%w+)%$pf=([^$]+)%$([^$]*)%$([^$]+)$")
  template = template and digest.unbase64(template)
  if not template then return nil, "the Ory Kratos hash is damaged" end
  local position = POSITIONS[template]
  if position == nil then
    return nil, "only the templates {SALT}{PASSWORD} and {PASSWORD}{SALT} are supported"
  end
  return build.digest(name, value, position and {
    encoding = "base64", salt = salt, salt_encoding = "base64", position = position,
  } or { encoding = "base64" })
end

---Ory's "$hmac-sha256$hash$key": Base64 of the hex digest, and of the key.
---@param hash string
---@return PasswordHash? hash
---@return string? reason
function vendors.ory_hmac(hash)
  local name, value, key = hash:match("^%$hmac%-(%w+)%$([^$]+)%$([^$]+)$")
  if not name then return nil, "the Ory Kratos HMAC is damaged" end
  return build.hmac(name, digest.unbase64(value), key, {
    encoding = "hex", key_encoding = "base64",
  })
end

---Werkzeug (Flask): "scrypt:N:r:p$salt$hex" and "pbkdf2:sha256:N$salt$hex"; the salt is text.
---@param hash string
---@return PasswordHash? hash
---@return string? reason
function vendors.werkzeug(hash)
  local name, n, r, p, salt, key
  n, r, p, salt, key = hash:match("^scrypt:(%d+):(%d+):(%d+)%$([^$]+)%$(%x+)$")
  if n then
    return build.scrypt { cost = n, block = r, lanes = p, salt = salt, key = digest.unhex(key) }
  end
  name, n, salt, key = hash:match("^pbkdf2:(%w+):(%d+)%$([^$]+)%$(%x+)$")
  if not name then return nil, "the Werkzeug hash is damaged" end
  return build.pbkdf2(name, n, salt, digest.unhex(key))
end

local ATLASSIAN <const> = { salt = 16, key = 32, rounds = 10000 } -- bytes

---Atlassian's "{PKCS5S2}": in Base64, the salt and the key.
---@param hash string
---@return PasswordHash? hash
---@return string? reason
function vendors.atlassian(hash)
  local bytes = digest.unbase64((hash:gsub("^{%w+}", "")))
  if not bytes or #bytes ~= ATLASSIAN.salt + ATLASSIAN.key then
    return nil, "the {PKCS5S2} value is damaged"
  end
  return build.pbkdf2("sha1", ATLASSIAN.rounds, bytes:sub(1, ATLASSIAN.salt),
    bytes:sub(ATLASSIAN.salt + 1))
end

---MediaWiki's ":A:md5", ":B:salt:md5" and ":pbkdf2:digest:rounds:length:salt:key".
---@param hash string
---@return PasswordHash? hash
---@return string? reason
function vendors.mediawiki(hash)
  local plain = hash:match("^:A:(%x+)$")
  if plain then return build.digest("md5", plain, { encoding = "hex" }) end
  if hash:find("^:B:") then return nil, "MediaWiki's :B:, an MD5 of an MD5, is not supported" end
  local name, rounds, salt, key = hash:match("^:pbkdf2:(%w+):(%d+):%d+:([^:]+):([^:]+)$")
  if not name then return nil, "this form of MediaWiki's passwords is not supported" end
  return build.pbkdf2(name, rounds, digest.unbase64(salt), digest.unbase64(key))
end

local MAGENTO <const> = { ["0"] = "md5", ["1"] = "sha256" }
local SODIUM_SALT <const> = 16 -- bytes of the salt that argon2 uses
local SODIUM <const> = { "32", "2", "67108864" } -- parameters that version 2 implies

---Magento 1: "md5:salt", in the Enterprise edition also SHA-256; at first without a salt.
local function first_magento(hash)
  local value, salt = hash:match("^(%x+):?([^:]*)$")
  local name = ({ [32] = "md5", [64] = "sha256" })[#(value or "")]
  if not name then return nil, "the Magento hash is damaged" end
  return build.digest(name, value, { encoding = "hex", salt = salt ~= "" and salt or nil })
end

---Magento's "hash:salt:version", or "hash:salt" of Magento 1.
---@param hash string?
---@return PasswordHash? hash
---@return string? reason
function vendors.magento(hash)
  local cleaned, why = build.cleaned(hash)
  if not cleaned then return nil, why end
  hash = cleaned
  if not hash:find(":[^:]*:") then return first_magento(hash) end
  local value, salt, version = hash:match("^(%x+):([^:]*):([%d_:]+)$")
  if not value then return nil, "the Magento hash is damaged" end
  if version:find(":", 1, true) then
    return nil, "a Magento hash that was upgraded by hashing it again is not supported"
  end
  if MAGENTO[version] then
    return build.digest(MAGENTO[version], value, { encoding = "hex",
      salt = salt ~= "" and salt or nil })
  end
  local length, rounds, bytes = version:match("^3_(%d+)_(%d+)_(%d+)$")
  if version == "2" then length, rounds, bytes = table.unpack(SODIUM) end
  local key = digest.unhex(value)
  if length and #salt < SODIUM_SALT then return nil, "the salt of the Magento hash is too short" end
  if not length or not key or #key ~= tonumber(length) then
    return nil, "this version of Magento hashes is unknown"
  end
  return build.argon2 {
    kind = "id", version = 19, memory = tonumber(bytes) // 1024, time = rounds, lanes = 1,
    salt = salt:sub(1, SODIUM_SALT), key = key,
  }
end

---ZITADEL's "$md5salted-prefix$salt$hash"; the salt is text.
---@param hash string
---@return PasswordHash? hash
---@return string? reason
function vendors.zitadel_md5(hash)
  local position, salt, value = hash:match("^%$md5salted%-(%l+)%$([^$]+)%$([^$]+)$")
  if not position then return nil, "the ZITADEL md5 hash is damaged" end
  return build.digest("md5", value, { encoding = "base64", salt = salt, position = position })
end

---Clerk's bcrypt, followed by "$" and the pepper.
---@param hash string
---@return PasswordHash? hash
---@return string? reason
function vendors.peppered_bcrypt(hash)
  return build.bcrypt(hash:sub(1, 60), { pepper = hash:sub(62) })
end

---SQL Server's pwdencrypt: version, four bytes of salt, the digest of the password in UTF-16 and
---the salt. SQL Server 2000 appends a second digest, of the password in upper case.
---@param hash string
---@return PasswordHash? hash
---@return string? reason
function vendors.sql_server(hash)
  local version, salt, value = hash:match("^0[xX]0([12])00(%x%x%x%x%x%x%x%x)(%x+)$")
  local length = #(value or "")
  local name = version == "2" and length == 128 and "sha512"
    or version == "1" and (length == 40 or length == 80) and "sha1"
  if not name then return nil, "the SQL Server hash is damaged" end
  return build.digest(name, name == "sha1" and value:sub(1, 40) or value, {
    encoding = "hex", salt = salt, salt_encoding = "hex", position = "suffix",
    password_encoding = "utf16le",
  })
end

---Oracle's "S:": in hex, the sha1 of password and salt, then the salt.
---@param hash string
---@return PasswordHash? hash
---@return string? reason
function vendors.oracle(hash)
  return build.digest("sha1", hash:sub(3, 42), {
    encoding = "hex", salt = hash:sub(43), salt_encoding = "hex", position = "suffix",
  })
end

---"SHA512$salt$hash" of RFC 3112: the salt after the password, both in Base64.
---@param hash string
---@return PasswordHash? hash
---@return string? reason
function vendors.auth_password(hash)
  local name, salt, value = hash:match("^(%w+)%$([^$]+)%$([^$]+)$")
  return build.digest(name == "SHA" and "sha1" or name, value, {
    encoding = "base64", salt = salt, salt_encoding = "base64", position = "suffix",
  })
end

---ForgeRock's {"$crypto": ...}: a digest followed by its salt, as in LDAP.
---@param hash string  JSON
---@return PasswordHash? hash
---@return string? reason
function vendors.forgerock(hash)
  local object = json.decode(hash)
  local crypto = type(object) == "table" and object["$crypto"]
  local value = type(crypto) == "table" and crypto.value
  if type(crypto) == "table" and crypto.type == "x-simple-encryption" then
    return nil, "the password is encrypted, not hashed: decrypt it on the system that has the key"
  elseif type(value) ~= "table" or type(value.data) ~= "string" then
    return nil, "the ForgeRock password is damaged"
  elseif value.algorithm == "BCRYPT" then
    return build.bcrypt(value.data)
  end
  local size = tostring(value.algorithm):match("^SHA%-(%d+)$")
  local name = type(value.algorithm) == "string" and value.algorithm:match("^[%w-]+$") or "?"
  if not size then return nil, "ForgeRock's " .. name:sub(1, 12) .. " is not published" end
  return build.ldap((size == "1" and "{SSHA}" or "{SSHA" .. size .. "}") .. value.data)
end

local BETTER_AUTH <const> = { cost = 16384, block = 16, key = 64 } -- key in bytes

---Better Auth's "salt:key" in hex; the salt is the digits themselves.
---@param hash string
---@return PasswordHash? hash
---@return string? reason
function vendors.better_auth(hash)
  local salt, key = hash:match("^(%x+):(%x+)$")
  if not salt or #key ~= 2 * BETTER_AUTH.key then return nil, "not a hash of Better Auth" end
  return build.scrypt {
    cost = BETTER_AUTH.cost, block = BETTER_AUTH.block, lanes = 1, salt = salt,
    key = digest.unhex(key),
  }
end

return vendors
