--- Password hashes of other systems as Auth0 imports them. Every function takes nil and gives nil;
--- what cannot be carried over is nil and a reason, and the user then has to reset it.
---
---     custom_password_hash = password.bcrypt(row.digest)
---     user.password_hash, user.custom_password_hash, why = password.auto(row.hash)

local build = require "auth0.hash.build"
local rules = require "auth0.hash.rules"
local parse = require "auth0.hash.parse"
local text = require "host.text"

local password = {}

password.bcrypt = build.bcrypt
password.pbkdf2 = build.pbkdf2
password.argon2 = build.argon2
password.scrypt = build.scrypt
password.ldap = build.ldap
password.digest = build.digest
password.hmac = build.hmac
password.none = build.none

password.phc = parse.phc
password.django = parse.django
password.aspnet = parse.aspnet
password.keycloak_credential = parse.keycloak_credential
password.ldap_password = parse.ldap_password
password.identify = parse.identify

---A hash for the two fields of a user: `password_hash` for plain bcrypt of cost 10 ("$2a$" or
---"$2b$"), `custom_password_hash` for all else.
---@param hash PasswordHash?  from a builder
---@param reason? string      from a builder, passed on
---@return string? password_hash
---@return PasswordHash? custom_password_hash
---@return string? reason
function password.fields(hash, reason)
  if not hash then return nil, nil, reason end
  local value = hash.hash.value
  if hash.algorithm == "bcrypt" and not hash.salt and value:find("^%$2[ab]%$10%$") then
    return value, nil
  end
  return nil, hash
end

---A stored password that says itself what it is: bcrypt, argon2, pbkdf2, {SCHEME}, Django, ASP.NET
---Identity. Bare hex does not.
---@param value string?
---@return string? password_hash
---@return PasswordHash? custom_password_hash
---@return string? reason  why there is neither; for a value that is absent too
function password.auto(value)
  return password.fields(parse.any(value))
end

---The bytes of a value that is written in hex ("0x..." and "\x..." too) or Base64, for builders
---that want bytes.
---@param value string?
---@param encoding "hex"|"base64"|"utf8"
---@return string? bytes  nil for what does not decode
function password.bytes(value, encoding)
  local trimmed = text.trim(value)
  if trimmed and encoding == "hex" then trimmed = build.bare_hex(trimmed) end
  return trimmed and rules.decode(trimmed, encoding)
end

return password
