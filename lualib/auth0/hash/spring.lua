--- Hash formats of Spring Security, which puts the id of an encoder in braces before the value.
--- Source: its reference, "Password Storage", and the vectors of its tests (November 2026).

local build = require "auth0.hash.build"
local digest = require "host.digest"
local rules = require "auth0.hash.rules"

local spring = {}

-- {pbkdf2}, the defaults before release 5.8; the value has only salt and key.
local PBKDF2 <const> = { digest = "sha1", rounds = 185000, salt = 8, key = 32 } -- sizes in bytes

---"$e0801$salt$key": in hex, log2 of N, then r and p with a byte each; salt and key in Base64.
---@param hash string  also after its "{scrypt}"
---@return PasswordHash? hash
---@return string? reason
function spring.scrypt(hash)
  local hex, salt, key = hash:match("%$(%x+)%$([^$]+)%$([^$]+)$")
  local numbers = hex and #hex <= 8 and tonumber(hex, 16)
  if not numbers then return nil, "the scrypt hash of Spring Security is damaged" end
  return build.scrypt {
    cost = 1 << (numbers >> 16 & 31), block = numbers >> 8 & 0xff, lanes = numbers & 0xff,
    salt = digest.unbase64(salt), key = digest.unbase64(key),
  }
end

---"{pbkdf2}" and hex of salt and key.
---@param hash string
---@return PasswordHash? hash
---@return string? reason
function spring.pbkdf2(hash)
  local bytes = digest.unhex((hash:gsub("^{%w+}", "")))
  if not bytes or #bytes ~= PBKDF2.salt + PBKDF2.key then
    return nil, "{pbkdf2} of Spring Security with settings of its own: use password.pbkdf2"
  end
  return build.pbkdf2(PBKDF2.digest, PBKDF2.rounds, bytes:sub(1, PBKDF2.salt),
    bytes:sub(PBKDF2.salt + 1))
end

---The digest that "{MD5}", "{SHA}" or "{SHA-256}" names.
local function digest_of(id)
  return id:upper() == "SHA" and "sha1" or build.digest_name(id)
end

---"{MD5}{salt}hex": the digest of the password and the salt with its braces; also in Base64.
---@param hash string
---@return PasswordHash? hash
---@return string? reason
function spring.salted(hash)
  local id, salt, value = hash:match("^{([%w-]+)}({[^}]*})(.+)$")
  if not id then return nil, "the value after the salt is missing" end
  return build.digest(digest_of(id), value, { salt = salt, position = "suffix" })
end

---"{SHA-256}hex". Base64 is left to LDAP, whose names are those without a hyphen.
---@param hash string
---@return PasswordHash? hash
---@return string? reason
function spring.unsalted(hash)
  local id, value = hash:match("^{([%w-]+)}(.+)$")
  local name = id and digest_of(id)
  if not rules.IS_DIGEST[name or ""] then return nil, "not a digest" end
  local is_hex = value:find("^%x+$") and #value == 2 * rules.SIZES[name]
  if not is_hex and not id:find("-", 1, true) then return nil, "not in hex" end
  return build.digest(name, value)
end

return spring
