--- The user of an import file: what is always sent, in which order, and how it is identified.

local json = require "host.json"

local user = {}

---@class User  one user of an import file
---@field email? string
---@field email_verified? boolean
---@field user_id? string             without "auth0|", which the server prepends
---@field username? string
---@field phone_number? string        E.164
---@field phone_verified? boolean
---@field name? string
---@field given_name? string
---@field family_name? string
---@field nickname? string
---@field picture? string             absolute URL
---@field blocked? boolean
---@field password_hash? string       bcrypt of cost 10
---@field custom_password_hash? PasswordHash
---@field mfa_factors? table[]
---@field app_metadata? table<string, any>
---@field user_metadata? table<string, any>

local PREFIX <const> = "auth0|"
local FIRST <const> = PREFIX:byte()
local byte <const> = string.byte

---Members first in the JSON of a user, by rank; what identifies comes first, bulk last.
---@type table<string, integer>
user.ORDER = {}
for rank, name in ipairs {
  "email", "email_verified", "user_id", "username", "phone_number", "phone_verified",
  "name", "given_name", "family_name", "nickname", "picture", "blocked",
  "password_hash", "custom_password_hash", "mfa_factors", "user_metadata", "app_metadata",
} do
  user.ORDER[name] = rank
end

---What an import with upsert may change on a user who is there, metadata as a whole. Auth0 docs,
---"Bulk User Imports"; mfa_factors are in doubt.
---@type string[]
user.UPSERTED = {
  "email_verified", "given_name", "family_name", "name", "nickname", "picture", "app_metadata",
  "user_metadata", "mfa_factors",
}

---Makes in place what every user needs: `email_verified` is always sent (the server would
---otherwise decide), and one leading "auth0|" goes, for the server prepends it again.
---@param value User
---@return User same
function user.normalise(value)
  local id = value.user_id
  -- Looking at one byte first spares most users a string of their own for the comparison.
  if type(id) == "string" and byte(id) == FIRST and id:sub(1, #PREFIX) == PREFIX then
    value.user_id = id:sub(#PREFIX + 1)
  end
  local verified = value.email_verified
  if verified == nil or verified == json.null or verified == "" then
    value.email_verified = false
  end
  return value
end

local function folded(text)
  return type(text) == "string" and text ~= "" and text:lower() or nil
end

---The identifiers as Auth0 compares them: address and username in lower case.
---@param value User
---@return {email?: string, username?: string, user_id?: string, phone_number?: string}
function user.identifiers(value)
  return {
    email = folded(value.email),
    username = folded(value.username),
    user_id = type(value.user_id) == "string" and value.user_id or nil,
    phone_number = type(value.phone_number) == "string" and value.phone_number or nil,
  }
end

---@param value User
---@return boolean
function user.has_password(value)
  return value.password_hash ~= nil or value.custom_password_hash ~= nil
end

---The hash algorithm by which the user's password is kept: "bcrypt", "pbkdf2", ...; nil without.
---@param value User
---@return string?
function user.algorithm(value)
  if value.password_hash ~= nil then return "bcrypt" end
  local custom = value.custom_password_hash
  return type(custom) == "table" and custom.algorithm or nil
end

return user
