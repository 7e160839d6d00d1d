--- Random users, valid and invalid, each as a line of JSON with our result:
--- `auth0-migrate --run tests/property/generate.lua COUNT SEED`. `user` is what would be
--- sent: normalised, without empty members.

local digest = require "host.digest"
local json = require "host.json"
local schema = require "auth0.schema"
local user_rules = require "auth0.user"

local count, seed = tonumber((...)[1] or 1000), tonumber((...)[2] or 1)
math.randomseed(seed)

local CONNECTION <const> = {
  identifiers = { email = true, username = true, phone_number = true }, profile_required = {},
}

local function pick(list)
  return list[math.random(#list)]
end

local function maybe(make)
  if math.random(2) == 1 then return make() end
end

local function text(least, most, letters)
  local out = {}
  for i = 1, math.random(least, most) do out[i] = pick(letters) end
  return table.concat(out)
end

local function characters(of)
  local list = {}
  for _, code in utf8.codes(of) do list[#list + 1] = utf8.char(code) end
  return list
end

local LOWER <const> = characters "abcdefghijklmnopqrstuvwxyz"
local PLAIN <const> = characters "abcXYZ019_-.!#$'^`~"
local ANY <const> = characters "aZ9 äß€😀\"\\/<>@+.$\u{0}\n\u{7f}\u{e9}日本"
local DIGITS <const> = characters "0123456789"
local BASE32 <const> = characters "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
local BCRYPT <const> = characters "./ABCxyz0189"

local function address()
  local separators = { "", ".", "+", "_", "-" }
  return text(1, 12, LOWER) .. pick(separators) .. text(1, 5, LOWER) .. "@" .. text(1, 10, LOWER)
    .. pick { ".com", ".co.uk", ".museum", "-x.org", ".io" }
end

local function phone()
  return "+" .. text(1, 15, DIGITS)
end

local function word(most)
  return function() return text(1, most, ANY) end
end

local function flag()
  return math.random(2) == 1
end

local function metadata(depth)
  local made = {}
  for _ = 1, math.random(0, 3) do
    local key = text(1, 6, LOWER)
    local kind = math.random(depth > 0 and 6 or 4)
    if kind == 1 then made[key] = math.random(-5, 5)
    elseif kind == 2 then made[key] = flag()
    elseif kind == 3 then made[key] = text(0, 9, ANY)
    elseif kind == 4 then made[key] = json.null
    elseif kind == 5 then made[key] = metadata(depth - 1)
    else made[key] = json.array { metadata(depth - 1), 1, "x" } end
  end
  return made
end

local function factor()
  local kind = math.random(3)
  if kind == 1 then return { totp = { secret = text(1, 32, BASE32) } } end
  if kind == 2 then return { phone = { value = phone() } } end
  return { email = { value = address() } }
end

local function factors()
  local list = json.array {}
  for i = 1, math.random(1, 10) do list[i] = factor() end
  return list
end

local SIZES <const> = { md4 = 16, md5 = 16, sha1 = 20, sha256 = 32, sha512 = 64 }

local function bytes(n)
  local out = {}
  for i = 1, n do out[i] = string.char(math.random(0, 255)) end
  return table.concat(out)
end

local function encoded(n)
  if flag() then return { value = digest.hex(bytes(n)), encoding = "hex" } end
  return { value = digest.base64(bytes(n), { url = flag(), pad = flag() }), encoding = "base64" }
end

local function salt()
  return pick {
    { value = text(1, 9, LOWER), position = "suffix" },
    { value = digest.hex(bytes(8)), encoding = "hex", position = "prefix" },
    { value = digest.base64(bytes(8)), encoding = "base64" }, { value = "pepper" },
  }
end

local function b64(n)
  return digest.base64(bytes(n), { pad = false })
end

---@type table<string, fun(): table>
local HASHES <const> = {
  plain = function()
    local name = pick { "md4", "md5", "sha1", "sha256", "sha512" }
    return { algorithm = name, hash = encoded(SIZES[name]), salt = maybe(salt),
      password = maybe(function() return { encoding = pick { "utf8", "ucs2", "utf16le" } } end) }
  end,
  hmac = function()
    local name = pick { "md5", "sha1", "sha256", "sha512" }
    local hash = encoded(SIZES[name])
    hash.digest, hash.key = name, { value = "6b6579", encoding = pick { "hex", "utf8" } }
    return { algorithm = "hmac", hash = hash }
  end,
  scrypt = function()
    local n = math.random(16, 64)
    return { algorithm = "scrypt", hash = encoded(n), keylen = n, salt = maybe(salt),
      cost = maybe(function() return 2 ^ math.random(1, 15) // 1 | 0 end),
      blockSize = maybe(function() return math.random(1, 8) end), parallelization = maybe(flag)
      and 1 or nil }
  end,
  bcrypt = function()
    return { algorithm = "bcrypt", salt = maybe(salt), hash = {
      value = string.format("$2%s$%02d$%s", pick { "a", "b", "y" }, math.random(4, 31),
        text(53, 53, BCRYPT)),
      encoding = maybe(function() return "utf8" end),
    } }
  end,
  argon2 = function()
    return { algorithm = "argon2", hash = { encoding = "utf8", value = string.format(
      "$argon2%s$%sm=%d,t=%d,p=%d$%s$%s", pick { "i", "id", "d" }, pick { "v=19$", "" },
      math.random(8, 99999), math.random(1, 9), math.random(1, 4), b64(16), b64(32)) } }
  end,
  pbkdf2 = function()
    local n = math.random(20, 64)
    return { algorithm = "pbkdf2", hash = { encoding = "utf8", value = string.format(
      "$pbkdf2-%s$i=%d,l=%d$%s$%s", pick { "sha1", "sha256", "sha512" }, math.random(1, 99999), n,
      b64(16), b64(n)) } }
  end,
  ldap = function()
    local scheme = pick { { "MD5", 16 }, { "SHA", 20 }, { "SSHA", 28 }, { "ssha256", 40 } }
    return { algorithm = "ldap", hash = { encoding = "utf8",
      value = "{" .. scheme[1] .. "}" .. digest.base64(bytes(scheme[2])) } }
  end,
}
local HASH_KINDS <const> = { "plain", "plain", "hmac", "scrypt", "bcrypt", "argon2", "pbkdf2",
  "ldap" }

---@type table<string, fun(): any>
local MEMBERS <const> = {
  email = address, username = function() return text(1, 15, PLAIN) end, phone_number = phone,
  email_verified = flag, phone_verified = flag, blocked = flag,
  user_id = function() return pick { "", "auth0|", "x|" } .. text(1, 255 - 6, LOWER) end,
  given_name = word(150), family_name = word(150), name = word(300), nickname = word(350),
  picture = function()
    return "https://" .. text(1, 9, LOWER) .. ".example/" .. text(0, 9, LOWER)
  end,
  user_metadata = function() return metadata(2) end,
  app_metadata = function() return metadata(2) end, mfa_factors = factors,
}
local NAMES <const> = {}
for name in pairs(MEMBERS) do NAMES[#NAMES + 1] = name end
table.sort(NAMES)

local function good_user()
  local user = {}
  for _, name in ipairs(NAMES) do user[name] = maybe(MEMBERS[name]) end
  user.email = user.email or (not user.username and not user.phone_number and address() or nil)
  local kind = math.random(3)
  if kind == 1 then user.custom_password_hash = HASHES[pick(HASH_KINDS)]() end
  if kind == 2 then user.password_hash = "$2b$10$" .. text(53, 53, BCRYPT) end
  return user
end

-- Mutations ---------------------------------------------------------------------------------

local WORDS <const> = { "", " ", "x", "true", "null", "0", "a.b", "$x", "auth0|", "+", "+4912", "@",
  "a@b", "a@b.c", "a b@c.de", "ä@b.de", "a@b..de", ".a@b.de", "+49 30", "00491", "http:",
  "https://x", "https://x/ y", "ftp://x.y", "//x.y/z", "https://ä.de/", "$2y$10$", "{SHA}x", "hex",
  "base64", "utf8", "md5", "sha1", "whirlpool", "prefix", "scrypt", "pbkdf2", "zz", "0g", "abc" }

local function junk()
  local kind = math.random(10)
  if kind == 1 then return json.null end
  if kind == 2 then return math.random(-3, 70) end
  if kind == 3 then return 1.5 end
  if kind == 4 then return flag() end
  if kind == 5 then return {} end
  if kind == 6 then return json.array {} end
  if kind == 7 then return text(0, 400, ANY) end
  if kind == 8 then return address() end
  return pick(WORDS)
end

local function keys_of(value)
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

local KNOWN <const> = { "email", "username", "phone_number", "firstName", "password_hash", "email_",
  "custom_password_hash", "a.b", "$set", "user_id", "_id", "identities", "keylen", "cost", "salt",
  "digest", "key", "encoding", "value", "secret", "totp", "phone", "position", "hash", "plan" }

---Changes something in the value, at any depth.
local function break_one(value)
  local keys = keys_of(value)
  if #keys > 0 and math.random(4) > 1 then
    local key = pick(keys)
    local inner = value[key]
    if type(inner) == "table" and math.random(3) > 1 then return break_one(inner) end
    local how = math.random(4)
    if how == 1 and not json.is_array(value) then value[key] = nil
    elseif how == 2 and type(inner) == "string" and #inner > 1 then
      value[key] = pick { inner .. pick(WORDS), inner:gsub("%w", "%0%0", 1), inner:upper(),
        pick(WORDS) .. inner, (inner:gsub("[\x80-\xff]", ""):sub(2)) }
    else value[key] = junk() end
  elseif json.is_array(value) then
    value[#value + 1] = math.random(2) == 1 and #value > 0 and value[1] or junk()
  else
    value[pick(KNOWN)] = junk()
  end
end

local validator = schema.for_connection(CONNECTION)
for _ = 1, count do
  local made = good_user()
  if math.random(3) > 1 then
    for _ = 1, math.random(1, 3) do
      local hash = made.custom_password_hash
      break_one(type(hash) == "table" and flag() and hash or made)
    end
  end
  local user = user_rules.normalise(assert(json.decode(assert(json.encode(made)))))
  local errors = json.array {}
  for _, finding in ipairs(validator:check(user) or {}) do
    if not finding.warning then
      errors[#errors + 1] = { code = finding.code, path = finding.path,
        message = finding.message }
    end
  end
  io.write(json.encode { user = user, errors = errors }, "\n")
end
return 0
