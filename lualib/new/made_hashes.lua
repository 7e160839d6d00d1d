--- Hashes of a made-up password, in the schemes that exports have, for the tests of a recipe.

local digest = require "host.digest"
local identify = require "auth0.hash.identify"
local text = require "host.text"

local made_hashes = {}

made_hashes.PASSWORD = "a made-up password"

local PASSWORD <const> = made_hashes.PASSWORD
local SALT <const> = "made-up salt 16b" -- 16 bytes
local ROUNDS <const> = 1000
local SIZES <const> = { md5 = 16, sha1 = 20, sha256 = 32, sha384 = 48, sha512 = 64 }

-- Made once, because their salts are random or they cannot be made here.
local BCRYPT <const> = {
  [10] = "10$pOi47ebJz6WuIRSwOIKmXuAAaPbyvZnt1.yYXTOS.T5vy3pR3Dkqe",
  [12] = "12$hKFsyiqDyGQT3X.ItvdEqev8F1ZBZSYELJgUPKzrhnbmwNOznN41W",
}
local ARGON2 <const> = {
  id = "$argon2id$v=19$m=4096,t=3,p=1$bWFkZS11cCBzYWx0IDE2Yg"
    .. "$pZR0iiEXPJHi0DVrv4tKi6eiNFn4pOVygKI811jUFVg",
  i = "$argon2i$v=19$m=4096,t=3,p=1$bWFkZS11cCBzYWx0IDE2Yg"
    .. "$c1WXVFrfg6LMq32o+3glebKDcwjdEkSe5IEzTsr6rmo",
}

local function key(name, size)
  return assert(digest.pbkdf2(name, PASSWORD, SALT, ROUNDS, size or SIZES[name]))
end

---bcrypt in the variant, and about the cost, of a sample.
local function bcrypt(sample)
  local variant, cost = sample:match("%$2([aby])%$(%d%d)")
  return string.format("$2%s$%s", variant or "b", BCRYPT[cost and tonumber(cost) > 10 and 12 or 10])
end

local function argon2(sample)
  return ARGON2[sample:match("argon2(id?)%f[%$]")] or ARGON2.id
end

local DJANGO <const> = {
  { "^pbkdf2_(sha%d+)%$", function(_, name)
    return string.format("pbkdf2_%s$%d$%s$%s", name, ROUNDS, SALT, digest.base64(key(name)))
  end },
  { "^argon2", function(sample) return "argon2" .. argon2(sample) end },
  { "^bcrypt%$", function(sample) return "bcrypt$" .. bcrypt(sample) end },
  { "^scrypt%$", function()
    return string.format("scrypt$1024$%s$8$1$%s", SALT,
      digest.base64(assert(digest.scrypt(PASSWORD, SALT, 1024, 8, 1, 64))))
  end },
  { "^(md5)%$", function(_, name)
    return string.format("md5$%s$%s", SALT, digest.hex(digest.hash(name, SALT .. PASSWORD)))
  end },
  { "^(sha1)%$", function(_, name)
    return string.format("sha1$%s$%s", SALT, digest.hex(digest.hash(name, SALT .. PASSWORD)))
  end },
}

local function aspnet3()
  return digest.base64("\1" .. string.pack(">I4I4I4", 1, ROUNDS, #SALT) .. SALT .. key("sha256"))
end

local function aspnet2()
  return digest.base64("\0" .. SALT .. key("sha1", 32))
end

---{SSHA} and its like, as a sample has them.
local function ldap(sample)
  local scheme = sample:match("^{([%w_-]+)}") or "SSHA"
  local upper = scheme:upper()
  if sample:find("%$2[aby]%$") then return "{" .. scheme .. "}" .. bcrypt(sample) end
  local salted, number = upper:match("^(S?)SHA%-?(%d*)$")
  local name = salted and "sha" .. (number == "" and "1" or number) or "md5"
  if not salted and upper ~= "MD5" and upper ~= "SMD5" then return nil end
  local has_salt = salted == "S" or upper == "SMD5"
  local salt = has_salt and SALT or ""
  return "{" .. scheme .. "}" .. digest.base64(digest.hash(name, PASSWORD .. salt) .. salt)
end

local function werkzeug(sample)
  if sample:find("^pbkdf2") then
    return string.format("pbkdf2:sha256:%d$%s$%s", ROUNDS, "madeupsalt", digest.hex(
      assert(digest.pbkdf2("sha256", PASSWORD, "madeupsalt", ROUNDS, 32))))
  end
  return string.format("scrypt:1024:8:1$madeupsalt$%s",
    digest.hex(assert(digest.scrypt(PASSWORD, "madeupsalt", 1024, 8, 1, 64))))
end

---@type table<string, fun(sample: string): string?>
local MAKERS <const> = {
  bcrypt = bcrypt, argon2 = argon2, LDAP = ldap, Werkzeug = werkzeug,
  pbkdf2 = function()
    return string.format("$pbkdf2-sha256$i=%d,l=32$%s$%s", ROUNDS,
      digest.base64(SALT, { pad = false }), digest.base64(key("sha256"), { pad = false }))
  end,
  scrypt = function()
    return string.format("$scrypt$ln=10,r=8,p=1$%s$%s", digest.base64(SALT, { pad = false }),
      digest.base64(assert(digest.scrypt(PASSWORD, SALT, 1024, 8, 1, 32)), { pad = false }))
  end,
  Django = function(sample)
    for _, maker in ipairs(DJANGO) do
      local found = sample:match(maker[1])
      if found then return maker[2](sample, found) end
    end
  end,
  ["ASP.NET Identity 3"] = aspnet3, ["ASP.NET Identity 2"] = aspnet2,
  Magento = function()
    return digest.hex(digest.hash("sha256", SALT .. PASSWORD)) .. ":" .. SALT .. ":1"
  end,
}

---A hash of the export in the scheme that most have.
---@param column Column
---@param plan PasswordPlan
---@return string  "" if there is none
function made_hashes.sample_of(column, plan)
  for _, sample in ipairs(column.samples) do
    local kind = plan.scheme and identify.of(sample)
    if not plan.scheme or kind and kind.scheme == plan.scheme then return text.trim(sample) end
  end
  return ""
end

---@class MadeHash  as the columns of an export would have it
---@field hash? string
---@field salt? string
---@field rounds? string
---@field cost? string
---@field block? string
---@field lanes? string
---@field memory? string
---@field time? string
---@field algorithm? string

-- Of the settings that a plan's costs have: argon2 with 4096 KiB, 3 passes, a lane.
local ARGON2_KEYS <const> = {
  id = "pZR0iiEXPJHi0DVrv4tKi6eiNFn4pOVygKI811jUFVg",
  i = "c1WXVFrfg6LMq32o+3glebKDcwjdEkSe5IEzTsr6rmo",
}

---The key of the password, by the kind of plan.
---@type table<string, fun(plan: PasswordPlan, salt: string): string>
local KEYS <const> = {
  pbkdf2 = function(plan, salt)
    local costs = plan.costs or {}
    local rounds = tonumber(costs.rounds or costs.fixed_rounds)
    return assert(digest.pbkdf2(plan.digest, PASSWORD, salt, rounds, plan.key.size or
      SIZES[plan.digest]))
  end,
  scrypt = function(plan, salt)
    return assert(digest.scrypt(PASSWORD, salt, 1024, 8, 1, plan.key.size or 32))
  end,
  argon2 = function(plan) return digest.unbase64(ARGON2_KEYS[plan.scheme]) end,
  digest = function(plan)
    if plan.digest == "ntlm" then
      return digest.hash("md4", (PASSWORD:gsub(".", "%0\0")))
    end
    return digest.hash(plan.digest, PASSWORD)
  end,
  salted = function(plan, salt)
    return digest.hash(plan.digest, plan.is_suffix and PASSWORD .. salt or salt .. PASSWORD)
  end,
  hmac = function(plan, salt) return digest.hmac(plan.digest, salt, PASSWORD) end,
}

---A digest and its salt in one.
local function joined(plan, sample)
  local hashed = plan.is_suffix and PASSWORD .. "madeup" or "madeup" .. PASSWORD
  local made, separator = digest.hex(digest.hash(plan.digest, hashed)), plan.separator
  local first, second = sample:match("^(.-)[:$|](.*)$")
  local is_first = #(first or "") > #(second or "")
  return is_first and made .. separator .. "madeup" or "madeup" .. separator .. made
end

---A digest or key, with what lies beside it.
---@param plan PasswordPlan
---@return MadeHash
local function of_parts(plan)
  local salt = plan.salt
  local made = {}
  for name, value in pairs(plan.costs or {}) do made[name] = tostring(value) end
  -- A salt that the recipe does not decode is text, also where it is Base64.
  local is_decoded = salt and plan.expression:find(salt.encoding, 1, true) ~= nil
  local written = salt and (is_decoded and salt:written(SALT, true) or SALT)
  made.salt = written
  made.hash = plan.key:written(KEYS[plan.kind](plan, SALT))
  return made
end

---A hash of the password as an export would have it; without a hash if none can be made.
---@param plan PasswordPlan
---@param sample string  a hash of the export in this scheme, of which the settings count
---@return MadeHash
function made_hashes.of(plan, sample)
  if plan.kind == "cleartext" then return { hash = PASSWORD } end
  if plan.kind == "joined" then return { hash = joined(plan, sample) } end
  if plan.kind == "written" then
    return { hash = string.format("%d:%s:%s", ROUNDS, digest.base64(SALT),
      digest.base64(key(plan.digest))) }
  end
  if plan.key then return of_parts(plan) end
  local maker = MAKERS[plan.scheme]
  local made = maker and maker(sample)
    or plan.expression:find("password.auto", 1, true) and bcrypt "" or nil
  if made and plan.is_wrapped then made = "\\x" .. digest.hex(made) end
  return { hash = made }
end

return made_hashes
