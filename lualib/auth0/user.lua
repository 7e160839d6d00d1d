--- The user of an import file: defaults, order of members, and identifiers.

local identifiers = require "auth0.identifiers"
local json = require "host.json"

local user = {}

---@class (exact) User  one user of an import file
---@field email? string
---@field email_verified? boolean
---@field user_id? string             without the prefix that the server adds
---@field username? string
---@field phone_number? string        E.164
---@field phone_verified? boolean
---@field name? string
---@field given_name? string
---@field family_name? string
---@field nickname? string
---@field picture? string             absolute URL
---@field blocked? boolean
---@field password_hash? StoredPassword  bcrypt of cost 10; a table goes to custom_password_hash
---@field custom_password_hash? StoredPassword  a text of bcrypt goes to password_hash
---@field mfa_factors? MfaFactor[]
---@field app_metadata? table<string, any>
---@field user_metadata? table<string, any>

---@class (exact) MfaFactor  one of these
---@field totp? {secret: string}  an authenticator app; Base32
---@field phone? {value: string}  E.164
---@field email? {value: string}

---@alias StoredPassword string|PasswordHash  a text of bcrypt, or a table of auth0.password

local BCRYPT <const> = "^%$2[ab]%$10%$" -- of a text that is a password_hash
local find <const>, type <const> = string.find, type

---Rank of members in the JSON of a user; identifiers first, large members last.
---@type table<string, integer>
user.ORDER = {}
for rank, name in ipairs {
  "email", "email_verified", "user_id", "username", "phone_number", "phone_verified",
  "name", "given_name", "family_name", "nickname", "picture", "blocked",
  "password_hash", "custom_password_hash", "mfa_factors", "user_metadata", "app_metadata",
} do
  user.ORDER[name] = rank
end

---What an import with upsert may change on an existing user; metadata is replaced as a whole.
---Source: Auth0 docs, "Bulk User Imports"; mfa_factors are uncertain.
---@type string[]
user.UPSERTED = {
  "email_verified", "given_name", "family_name", "name", "nickname", "picture", "app_metadata",
  "user_metadata", "mfa_factors",
}

local function is_empty(member)
  return member == nil or member == json.null or member == ""
end

---Moves a hash to the key of its form if a recipe used the other one. Two different hashes stay, to
---be rejected; the same hash under both keys stays under its own.
local function place_hash(value, plain, custom)
  if type(plain) == "table" then
    if is_empty(custom) or rawequal(plain, custom) then
      value.password_hash, value.custom_password_hash = nil, plain
    end
  elseif (is_empty(plain) or plain == custom) and find(custom, BCRYPT) then
    value.password_hash, value.custom_password_hash = custom, nil
  end
end

---Normalizes in place: sets `email_verified` (otherwise the server decides), removes one prefix of
---the user_id, because the server adds it again, and moves a password hash to the key of its form.
---@param value User
---@return User same
function user.normalise(value)
  value.user_id = identifiers.without_prefix(value.user_id)
  local verified = value.email_verified
  if verified == nil or verified == json.null or verified == "" then
    value.email_verified = false
  end
  local plain, custom = value.password_hash, value.custom_password_hash
  -- One type call a user: they are a measurable part of the stage.
  if custom ~= nil and type(custom) == "string" or plain ~= nil and type(plain) == "table" then
    place_hash(value, plain, custom)
  end
  return value
end

---The identifiers as Auth0 compares them: e-mail address and username in lower case.
---@type fun(value: User): Identifiers
user.identifiers = identifiers.of

---@param value User
---@return boolean
function user.has_password(value)
  return value.password_hash ~= nil or value.custom_password_hash ~= nil
end

---The hash algorithm of the user's password: "bcrypt", "pbkdf2", ...; nil without a hash.
---@param value User
---@return string?
function user.algorithm(value)
  if value.password_hash ~= nil then return "bcrypt" end
  local custom = value.custom_password_hash
  return type(custom) == "table" and custom.algorithm or nil
end

return user
