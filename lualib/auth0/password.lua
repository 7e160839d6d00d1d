--- Password hashes of other systems as Auth0 imports them. Every function returns nil for nil.
--- For a hash that cannot be imported it returns nil and a reason; the user must then reset it.
---
---     custom_password_hash = password.bcrypt(row.digest)
---     custom_password_hash = password.auto(row.hash)
---     local hash, _, why = password.auto(row.hash)
---
--- A hash may be assigned to either key of a user: auth0.user moves it to the right one.

local boards = require "auth0.hash.boards"
local build = require "auth0.hash.build"
local columns = require "auth0.hash.columns"
local declared = require "auth0.hash.declared"
local directory = require "auth0.hash.directory"
local type_name = require "base.type_name"
local rules = require "auth0.hash.rules"
local parse = require "auth0.hash.parse"
local servers = require "auth0.hash.servers"
local spelling = require "base.spelling"
local text = require "host.text"
local vendors = require "auth0.hash.vendors"

local password = {}

password.bcrypt = build.bcrypt
password.pbkdf2 = build.pbkdf2
password.argon2 = build.argon2
password.scrypt = build.scrypt
password.ldap = build.ldap
password.digest = build.digest
password.hmac = build.hmac
password.none = build.none

password.declared = declared.digest
password.is_format = declared.is_format

password.phc = parse.phc
password.django = parse.django
password.aspnet = parse.aspnet
password.keycloak_credential = parse.keycloak_credential
password.ldap_password = parse.ldap_password
password.magento = vendors.magento
password.identify = parse.identify

password.cleartext = directory.cleartext
password.directory = directory.password
password.kratos = servers.kratos
password.zitadel = servers.zitadel
password.forgerock = servers.forgerock
password.clerk = columns.clerk
password.fusionauth = columns.fusionauth
password.membership = columns.membership
password.board = boards.password

---Better Auth's "salt:key", or what an application stores with a hasher of its own.
---@param value string?
---@return PasswordHash? hash
---@return string? reason
function password.better_auth(value)
  local hash, why = build.cleaned(value)
  if not hash then return nil, why end
  if hash:find("^%x+:%x+$") then return vendors.better_auth(hash) end
  return parse.any(hash)
end

---A hash in its shortest form: a string for plain bcrypt of cost 10 ("$2a$" or "$2b$"), else the
---table. It is the first result in either form, for recipes that use one result; the second is nil,
---so that `user.password_hash, user.custom_password_hash = ...` sets one hash.
---@param hash StoredPassword?  from a builder, or from `auto`
---@param reason? string        from a builder, passed on
---@param more? string          the reason of `auto`, passed on
---@return StoredPassword? hash
---@return nil
---@return string? reason
function password.fields(hash, reason, more)
  if not hash then return nil, nil, reason or more end
  if type(hash) ~= "table" or hash.algorithm ~= "bcrypt" or hash.salt or hash.password then
    return hash
  end
  local value = hash.hash.value
  return value:find("^%$2[ab]%$10%$") and value or hash
end

---@class AutoOptions
---@field password_encoding? PasswordEncoding  default utf8

---Converts a self-describing hash: bcrypt, argon2, pbkdf2, {SCHEME}, Django, ASP.NET Identity.
---Bare hex is not self-describing.
---@param value string?
---@param options? AutoOptions
---@return StoredPassword? hash
---@return nil
---@return string? reason  why there is no hash, also for an absent value
function password.auto(value, options)
  local hash, why = parse.any(value)
  -- `password.auto(text:gsub(...))` passes the count of gsub here.
  local encoding = type(options) == "table" and options.password_encoding
  if hash and encoding then hash.password = { encoding = encoding } end
  return password.fields(hash, why)
end

local NAMES <const> = { "base64", "binary", "hex", "utf8" }
local ENCODINGS <const> = { base64 = true, binary = true, hex = true, utf8 = true }

---Decodes hex (also "0x..." and "\x...") or Base64, for builders that expect bytes. A binary column
---is bytes already, or hex with such a prefix, as its export has it.
---@param value string?
---@param encoding "hex"|"base64"|"binary"|"utf8"
---@return string? bytes  nil if it does not decode
function password.bytes(value, encoding)
  if not ENCODINGS[encoding] then
    local given = type(encoding) == "string" and '"' .. encoding .. '"' or type_name.of(encoding)
    error(string.format("password.bytes has no encoding %s%s", given,
      spelling.hint(tostring(encoding), NAMES)), 2)
  end
  if encoding == "binary" then return build.binary(value) end
  local trimmed = text.trim(value)
  if trimmed and encoding == "hex" then trimmed = build.bare_hex(trimmed) end
  return trimmed and rules.decode(trimmed, encoding)
end

return password
