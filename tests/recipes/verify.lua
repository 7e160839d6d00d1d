--- Whether a mapped user can log in: an independent implementation of Auth0's documentation.

local digest = require "host.digest"

local verify = {}

local ENCODINGS <const> = {
  utf16le = "utf16le", ucs2 = "utf16le", latin1 = "latin1", binary = "latin1", ascii = "latin1",
}

local function bytes_of(part)
  if part.encoding == "hex" then return assert(digest.unhex(part.value)) end
  if part.encoding == "base64" then return assert(digest.unbase64(part.value)) end
  return part.value
end

local function mixed(password, salt)
  if not salt then return password end
  if salt.position == "suffix" then return password .. bytes_of(salt) end
  return bytes_of(salt) .. password
end

local function pbkdf2(value, password)
  local name, i, l, salt, key = value:match("^%$pbkdf2%-(%w+)%$i=(%d+),l=(%d+)%$(.-)%$(.+)$")
  local made = assert(digest.pbkdf2(name, password, digest.unbase64(salt), math.tointeger(i),
    math.tointeger(l)))
  return made == digest.unbase64(key)
end

local function ldap(value, password)
  local scheme, data = value:match("^{(%w+)}(.+)$")
  local names = { SHA = "sha1", SSHA = "sha1", MD5 = "md5", SMD5 = "md5" }
  local name = names[scheme] or scheme:match("SHA%d+$"):lower()
  local bytes = digest.unbase64(data)
  local size = #digest.hash(name, "")
  return digest.hash(name, password .. bytes:sub(size + 1)) == bytes:sub(1, size)
end

local TEXTS <const> = {
  pbkdf2 = pbkdf2, ldap = ldap,
  argon2 = function(value, password) return digest.argon2_verify(password, value) end,
}

---@param user table
---@param password string
---@return boolean
function verify.login(user, password)
  if user.password_hash then return digest.crypt_verify(password, user.password_hash) end
  local custom = user.custom_password_hash
  if not custom then return false end
  local hash, algorithm = custom.hash, custom.algorithm
  local encoding = ENCODINGS[custom.password and custom.password.encoding]
  if encoding then password = assert(digest.transcode(password, encoding)) end
  if TEXTS[algorithm] then return TEXTS[algorithm](hash.value, password) end
  local secret = mixed(password, custom.salt)
  if algorithm == "bcrypt" then return digest.crypt_verify(secret, hash.value) end
  local wanted = bytes_of(hash)
  if algorithm == "scrypt" then
    return wanted == assert(digest.scrypt(password, bytes_of(custom.salt), custom.cost or 16384,
      custom.blockSize or 8, custom.parallelization or 1, custom.keylen))
  elseif algorithm == "hmac" then
    return wanted == assert(digest.hmac(hash.digest, bytes_of(hash.key), secret))
  end
  return wanted == assert(digest.hash(algorithm, secret))
end

return verify
