--- What stands in the places of a pattern, for the i-th user of a file; and the passwords, which a
--- bounded number of hashes shares.

local digest = require "host.digest"

local values = {}

local POOL <const> = 20 -- passwords whose bcrypt is computed, for each form of the hash
local SALT <const> = 16 -- bytes

---@class GeneratedValues
---@field private seed integer
---@field private cost? integer   of bcrypt; default: that of the record
---@field private hashes table<string, string>  by prefix and password
local Values = {}
Values.__index = Values

---@param seed integer
---@param cost? integer
---@return GeneratedValues
function values.new(seed, cost)
  return setmetatable({ seed = seed, cost = cost, hashes = {} }, Values)
end

---The password of a user whose hash is computed.
---@param i integer
---@return string
function Values:password(i)
  local n = i % POOL
  local raw = assert(digest.hash("sha256", "password:" .. self.seed .. ":" .. n))
  return "Pass-" .. digest.hex(raw):sub(1, 8)
end

---A bcrypt hash with the prefix of another one: "$2y$12$".
---@private
function Values:bcrypt(form, i)
  local prefix, cost = form:match("^(%$2[abxy]%$)(%d%d)")
  local password, chosen = self:password(i), self.cost or tonumber(cost)
  local key = prefix .. chosen .. password
  if not self.hashes[key] then
    local salt = digest.hash("sha256", "salt:" .. self.seed .. ":" .. password):sub(1, SALT)
    self.hashes[key] = prefix .. assert(digest.bcrypt(password, chosen, salt)):sub(5)
  end
  return self.hashes[key]
end

---The Base32 of a user's TOTP secret.
---@param one Person
---@param place PatternPlace
---@return string
local function totp(one, place)
  local raw = assert(digest.unbase32(place.value))
  return digest.base32(one:secret(#raw))
end

---The value of a place, and the TOTP secret if it is one.
---@param one Person
---@param place PatternPlace
---@return string
---@return string? secret
function Values:of(one, place)
  local kind = place.kind
  if kind == "bcrypt" then return self:bcrypt(place.value, one.i) end
  if kind == "id" then return one:id(place.value) end
  if kind == "phone" then return one:phone(place.value) end
  if kind == "totp_text" then
    local text = one:secret_text(#place.value)
    return text, digest.base32(text)
  elseif kind == "totp" then
    local secret = totp(one, place)
    return place.lower and secret:lower() or secret, secret
  end
  local value = one[kind]
  return place.lower and value:lower() or value
end

return values
