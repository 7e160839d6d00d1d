--- How near a mapping that was found is to the recipe's own. A change of the algorithm counts most,
--- then its digest, the value that holds the hash, its costs, the salt or key, and last how
--- a value is read: encodings and the position of a salt.

local digest = require "host.digest"
local rules = require "auth0.hash.rules"

local nearness = {}

---@class HashParts  of a hash, comparable by ==
---@field algorithm string
---@field digest? string
---@field value? string           bytes of the hash or key
---@field encoding? string        of the value
---@field rounds? string|number   pbkdf2, argon2, bcrypt; N of scrypt
---@field block? integer          scrypt
---@field lanes? integer          scrypt
---@field salt? string            as written, or bytes if the value contains it
---@field salt_encoding? string
---@field position? string        of the salt
---@field key? string             of an HMAC, as written
---@field key_encoding? string
---@field password_encoding? string

---What a changed part counts; together, smaller ones count less than the next larger one.
---@type table<string, integer>
local WEIGHTS <const> = {
  algorithm = 10000, digest = 3000, value = 1000, rounds = 100, block = 100, lanes = 100,
  salt = 10, key = 10, encoding = 1, salt_encoding = 1, key_encoding = 1, position = 1,
  password_encoding = 1,
}

---Parts of the algorithms whose value describes itself.
---@type table<string, fun(parts: HashParts, value: string)>
local READ <const> = {
  bcrypt = function(parts, value)
    parts.rounds, parts.value = value:match("^%$2%l?%$(%d%d)%$(.*)$")
  end,
  pbkdf2 = function(parts, value)
    local name, rounds, salt, key = value:match("^%$pbkdf2%-(%w+)%$i=(%d+)[^$]*%$([^$]*)%$([^$]*)$")
    parts.digest, parts.rounds = name, tonumber(rounds)
    parts.salt, parts.value = salt and digest.unbase64(salt), key and digest.unbase64(key)
  end,
  argon2 = function(parts, value)
    parts.digest, parts.rounds, parts.salt, parts.value
      = value:match("^%$argon2(%l+)%$(.*)%$([^$]*)%$([^$]*)$")
  end,
  ldap = function(parts, value)
    local scheme, data = value:match("^{([^}]*)}(.*)$")
    parts.digest, parts.value = scheme, data and digest.unbase64(data)
  end,
}

local function member(object, name)
  return type(object) == "table" and object[name] or nil
end

---@param user User
---@return HashParts?  nil without a hash
function nearness.parts(user)
  local custom = user.custom_password_hash
  if type(user.password_hash) == "string" then
    custom = { algorithm = "bcrypt", hash = { value = user.password_hash, encoding = "utf8" } }
  end
  local hash = member(custom, "hash")
  local value = member(hash, "value")
  if type(value) ~= "string" or type(custom.algorithm) ~= "string" then return nil end
  local salt, key = custom.salt, member(hash, "key")
  local encoding = member(hash, "encoding")
  local parts = {
    algorithm = custom.algorithm, digest = member(hash, "digest"), encoding = encoding,
    value = rules.decode(value, encoding) or value, rounds = custom.cost,
    block = custom.blockSize, lanes = custom.parallelization, salt = member(salt, "value"),
    position = salt and (member(salt, "position") or "prefix"),
    salt_encoding = salt and (member(salt, "encoding") or "utf8"), key = member(key, "value"),
    key_encoding = key and (member(key, "encoding") or "utf8"),
    password_encoding = member(custom.password, "encoding") or "utf8",
  }
  if READ[parts.algorithm] then READ[parts.algorithm](parts, value) end
  return parts
end

---How much two hashes differ; 0: in nothing.
---@param own HashParts
---@param other HashParts
---@return integer
function nearness.distance(own, other)
  local distance = 0
  for name, weight in pairs(WEIGHTS) do
    if own[name] ~= other[name] then distance = distance + weight end
  end
  return distance
end

---Whether two hashes are the same value of the same algorithm, perhaps with other options.
---@param own HashParts
---@param other HashParts
---@return boolean
function nearness.is_same_value(own, other)
  return own.algorithm == other.algorithm and own.value == other.value
end

return nearness
