--- Auth0's rules with shapes: one validator that writes thousands of users, valid and not, of every
--- hash algorithm, finds and writes what a check without shapes finds and json.encode writes.

local tap = require "tests.tap"
local hash_rules = require "auth0.hash.rules"
local digest = require "host.digest"
local json = require "host.json"
local schema = require "auth0.schema"
local user_rules = require "auth0.user"

local test, equal = tap.test, tap.equal

local USERS <const> = 6000
local KINDS <const> = 16

local function one_of(list) return list[math.random(#list)] end
local function once_in(n) return math.random(n) == 1 end

local function unpadded(n) return (digest.base64(("k"):rep(n)):gsub("=", "")) end

---A valid hash of each algorithm.
---@type table<string, fun(): PasswordHash>
local HASHES <const> = {
  argon2 = function()
    return { algorithm = "argon2", hash = {
      value = "$argon2id$v=19$m=65536,t=3,p=" .. math.random(2) .. "$" .. unpadded(16) .. "$"
        .. unpadded(one_of { 12, 32 }),
    } }
  end,
  bcrypt = function()
    local value = "$2b$12$" .. ("a"):rep(53)
    return { algorithm = "bcrypt", hash = { value = value, encoding = "utf8" } }
  end,
  hmac = function()
    local name = one_of { "sha256", "ripemd160", "whirlpool" }
    return { algorithm = "hmac", hash = {
      value = ("ab"):rep(hash_rules.SIZES[name]), encoding = "hex", digest = name,
      key = { value = "key", encoding = one_of { "utf8", "hex" } },
    }, salt = once_in(2) and { value = "s" } or nil }
  end,
  ldap = function()
    return { algorithm = "ldap", hash = {
      value = one_of { "{SSHA}", "{ssha}", "{SSHA256}" } .. digest.base64(("x"):rep(28)),
    } }
  end,
  pbkdf2 = function()
    return { algorithm = "pbkdf2", hash = {
      value = "$pbkdf2-sha256$i=1000,l=" .. one_of { 32, 31 } .. "$" .. unpadded(8) .. "$"
        .. unpadded(32),
    } }
  end,
  scrypt = function()
    return {
      algorithm = "scrypt", keylen = 32, cost = one_of { 16384, 16383, 2 ^ 15 }, blockSize = 8,
      hash = { value = ("0f"):rep(32), encoding = "hex" },
      salt = once_in(2) and { value = "salt", encoding = "utf8", position = "prefix" } or nil,
    }
  end,
}
for _, name in ipairs(hash_rules.DIGESTS) do
  HASHES[name] = function()
    local bytes = ("q"):rep(hash_rules.SIZES[name] + (once_in(8) and 1 or 0))
    local encoding = one_of { "hex", "base64" }
    return {
      algorithm = name, hash = { value = digest[encoding](bytes), encoding = encoding },
      password = once_in(3) and { encoding = "utf16le" } or nil,
      salt = once_in(3) and { value = "73616c74", encoding = "hex", position = "suffix" } or nil,
    }
  end
end

local function text(most)
  local letters = { "a", "b", "Z", "9", " ", "ä", "😀", '"', "\\", "\n" }
  local out = {}
  for i = 1, math.random(0, most) do out[i] = one_of(letters) end
  return table.concat(out)
end

local SCALARS <const> = {
  json.null, "", true, false, 0, -1, 1.5, 2 ^ 53, math.maxinteger, "text", "\xff", 0 / 0, print,
}

local function metadata(depth)
  local made = {}
  for _ = 1, math.random(0, 3) do
    local key = once_in(60) and one_of { "a.b", "$c", 2, true, "_id" }
      or one_of { "plan", "roles", "logins", "größe", "vip", "legacy" }
    local kind = math.random(depth > 0 and 5 or 3)
    if kind == 1 then made[key] = one_of(SCALARS)
    elseif kind <= 3 then made[key] = text(9)
    elseif kind == 4 then made[key] = metadata(depth - 1)
    else made[key] = json.array { metadata(depth - 1), 1, "x" } end
  end
  return made
end

local function factors()
  local list = {}
  for i = 1, math.random(0, 3) do
    list[i] = one_of {
      { totp = { secret = "ABCDEFGH" } }, { phone = { value = "+4930123456" } },
      { email = { value = "a@example.com" } }, { totp = { secret = "0" } }, { sms = {} },
    }
  end
  return list
end

---@type table<string, fun(i: integer): any>
local MEMBERS <const> = {
  email = function(i) return "user" .. i .. one_of { "@example.com", "@example.com", "@x" } end,
  email_verified = function() return once_in(2) end,
  user_id = function(i) return tostring(i) end,
  username = function(i)
    return one_of { "name" .. i, "two@example.com", "+49", "a name that is too long" }
  end,
  phone_number = function() return one_of { "+4930123456", "030" } end,
  name = function() return text(once_in(20) and 320 or 12) end,
  given_name = function() return text(8) end,
  nickname = function() return text(8) end,
  picture = function() return one_of { "https://example.com/a.png", "ftp://example.com" } end,
  blocked = function() return once_in(2) end,
  password_hash = function() return "$2b$10$" .. ("a"):rep(once_in(9) and 52 or 53) end,
  mfa_factors = factors,
  app_metadata = function() return metadata(3) end,
  user_metadata = function()
    local made = metadata(2)
    if once_in(40) then made.history = ("x"):rep(math.random(7000, 9000)) end
    return made
  end,
  emial = function() return "typo@example.com" end,
}
local NAMES <const> = {}
for name in pairs(MEMBERS) do NAMES[#NAMES + 1] = name end
table.sort(NAMES)

---The members that users of one kind have.
local function kinds(n)
  local list = {}
  for k = 1, n do
    list[k] = { "email", "email_verified" }
    for i = 1, math.random(0, 5) do list[k][2 + i] = one_of(NAMES) end
  end
  return list
end

---Usual users have members of their kind; one in ten has some other value somewhere.
local function user(i, members)
  local made = {}
  for _, name in ipairs(members) do
    if name ~= "emial" or once_in(10) then made[name] = MEMBERS[name](i) end
  end
  if once_in(3) then
    local hash = HASHES[one_of(hash_rules.ALGORITHMS)]()
    made.custom_password_hash = hash
    if once_in(6) then hash.algorithm = one_of(hash_rules.ALGORITHMS) end
    if once_in(10) then
      local holder = one_of { hash, hash.hash, hash.salt or hash }
      holder[one_of { "value", "encoding", "keylen", "cost", "digest", "extra" }] = one_of(SCALARS)
    end
  end
  if once_in(10) then made[one_of(NAMES)] = one_of(SCALARS) end
  return made
end

local function copy(value)
  if type(value) ~= "table" then return value end
  local same = {}
  for k, v in next, value do same[k] = copy(v) end
  return getmetatable(value) == false and json.array(same) or same
end

local function has_error(findings)
  for _, finding in ipairs(findings or {}) do
    if not finding.warning then return true end
  end
  return false
end

---Whether the size of the user decides, which a check without a draft estimates.
local function is_large(value)
  local meta = value.user_metadata
  return type(meta) == "table" and meta.history ~= nil
end

local CONNECTIONS <const> = {
  false,
  { identifiers = { email = true, username = true, phone_number = true }, profile_required = {} },
  { requires_username = false, options_known = true },
}

test("users of one validator are found and written as without shapes", function()
  math.randomseed(20261130)
  for n, connection in ipairs(CONNECTIONS) do
    local validator = schema.compile(connection or nil)
    local fresh, list = 0, kinds(KINDS)
    local draft <close> = json.draft(user_rules.ORDER)
    for i = 1, USERS do
      local made = user(i, one_of(list))
      local twin, expected, findings = copy(made), nil, nil
      if is_large(made) and fresh < 25 then
        local other <close> = json.draft(user_rules.ORDER)
        findings = schema.compile(connection or nil):check(twin, other)
        expected, fresh = other:text(), fresh + 1
      elseif not is_large(made) then
        findings = validator:check(twin)
        expected = not has_error(findings) and json.encode(twin, user_rules.ORDER) or ""
      end
      if expected then
        equal(validator:check(made, draft) or false, findings or false, "user " .. i)
        equal(draft:text(), expected, "user " .. i)
      end
    end
    local known, used = validator:shapes()
    assert(known <= 512 and used > USERS / 2,
      string.format("connection %d: %d shapes, used %d times", n, known, used))
  end
end)

---A user whose hash has no findings.
local function user_without_findings(i, name, validator)
  while true do
    local made = { email = "u" .. i .. "@example.com", custom_password_hash = HASHES[name]() }
    if not validator:check(made) then return made end
  end
end

test("users with a hash of each algorithm are written by shapes", function()
  math.randomseed(20261201)
  for _, name in ipairs(hash_rules.ALGORITHMS) do
    local validator = schema.compile()
    local draft <close> = json.draft(user_rules.ORDER)
    local before
    for i = 1, 100 do
      local made = user_without_findings(i, name, validator)
      validator:check(made, draft)
      equal(draft:text(), json.encode(made, user_rules.ORDER))
      if i == 40 then before = select(2, validator:shapes()) end
    end
    -- At least the user, the hash, and its `hash`.
    local used = select(2, validator:shapes()) - before
    assert(used >= 3 * 60, string.format("%s: shapes were used %d times", name, used))
  end
end)
