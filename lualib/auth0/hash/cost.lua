--- Limits for verifying a password here. The parameters come from data, and a hostile one could
--- occupy the machine for years. What Auth0 documents and frameworks use is far below the limits.

local rules = require "auth0.hash.rules"

local cost = {}

local MEMORY <const> = 1024 * 1024 * 1024 -- bytes
local BCRYPT <const> = 16 -- log2 of its rounds: five seconds
local PBKDF2 <const> = 20000000 -- rounds times blocks: ten seconds
local ARGON2 <const> = 8 * MEMORY -- bytes times passes: ten seconds
local LANES <const> = 64 -- of argon2, each a thread
local SCRYPT <const> = 1 << 24 -- N times r times p: ten seconds
local CRYPT <const> = 5000000 -- rounds of crypt(3): five seconds

local UNITS <const> = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" }

local function memory_words(bytes)
  local value, unit = bytes / 1024, 1
  while value >= 1024 and unit < #UNITS do value, unit = value / 1024, unit + 1 end
  return string.format("%.4g %s", value, UNITS[unit])
end

local function too_large(what, bytes)
  return string.format("cannot be verified here: %s needs %s of memory", what,
    memory_words(bytes))
end

local function too_long(what)
  return "cannot be verified here: " .. what .. " takes too long"
end

-- Floats throughout: products of integers could overflow.

---Why a cost of bcrypt is not tried, nil if it is.
---@param rounds string  log2, "12"
---@return string? reason
function cost.bcrypt(rounds)
  if tonumber(rounds) > BCRYPT then return too_long("bcrypt with cost " .. rounds) end
end

---@param name string      of the digest
---@param iterations number
---@param length integer   of the key, bytes
---@return string? reason
function cost.pbkdf2(name, iterations, length)
  local blocks = math.ceil(length / rules.SIZES[name])
  if iterations * 1.0 * blocks > PBKDF2 then
    return too_long(string.format("pbkdf2 with %.0f iterations", iterations))
  end
end

---@param value string  "$argon2id$v=19$m=65536,t=2,p=1$..."
---@return string? reason
function cost.argon2(value)
  local m, t, p = value:match("m=(%d+),t=(%d+),p=(%d+)")
  if not m then return "the argon2 hash is damaged" end
  local bytes = tonumber(m) * 1024.0
  if bytes > MEMORY then return too_large("argon2", bytes) end
  if tonumber(p) > LANES then return "cannot be verified here: argon2 needs " .. p .. " threads" end
  if bytes * tonumber(t) > ARGON2 then return too_long("argon2 with " .. t .. " passes") end
end

---@param n integer  cost
---@param r integer  block size
---@param p integer  lanes
---@return string? reason
function cost.scrypt(n, r, p)
  local bytes = 128.0 * r * (n + 0.0 + p)
  if bytes > MEMORY then return too_large("scrypt", bytes) end
  if 1.0 * n * r * p > SCRYPT then
    return too_long(string.format("scrypt with N = %d, r = %d, p = %d", n, r, p))
  end
end

---yescrypt and scrypt of crypt(3) with moderate costs.
local MODERATE <const> = { "^%$g?y%$j[5-9A-D]T%$", "^%$7%$[./0-9A-F]6%.%.%.%./%.%.%.%." }

---Schemes of crypt(3) whose cost does not depend on the value.
local FIXED <const> = { "^%$1%$", "^%$apr1%$", "^%$[56]%$[^=$]*%$" }

---Why a hash of crypt(3) is not tried, nil if it is.
---@param value string
---@return string? reason
function cost.crypt(value)
  local rounds = value:match("^%$2%l?%$(%d%d)%$")
  if rounds then return cost.bcrypt(rounds) end
  rounds = value:match("^%$[56]%$rounds=(%d+)%$") or value:match("^%$sha1%$(%d+)%$")
  if rounds then
    return tonumber(rounds) > CRYPT and too_long(rounds .. " rounds of crypt") or nil
  end
  for _, patterns in ipairs { MODERATE, FIXED } do
    for _, pattern in ipairs(patterns) do
      if value:find(pattern) then return nil end
    end
  end
  return "cannot be verified here: the cost of this scheme is unknown"
end

return cost
