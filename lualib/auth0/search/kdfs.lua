--- The costly part of a search: PBKDF2 and scrypt with parameters of the record and frequent ones,
--- the cheap ones first.

local digest = require "host.digest"
local rules = require "auth0.hash.rules"
local candidates = require "auth0.search.candidates"
local cost = require "auth0.hash.cost"

local kdfs = {}

local MOST_SALTS <const> = 12
local LONGEST_KEY <const> = 1024 -- bytes
local DIGESTS <const> = { "sha256", "sha1", "sha512", "md5", "sha384", "sha224" }
local RARE <const> = { md5 = 6, sha384 = 6, sha224 = 6 } -- times as late

-- Pairs that frameworks use and are tried early: FusionAuth, passport-local-mongoose,
-- Keycloak, Discourse, Django; scrypt of Node, Better Auth, Werkzeug.
local PAIRED <const> = {
  sha1 = { [1000] = true, [20000] = true },
  sha256 = { [10000] = true, [24000] = true, [25000] = true, [27500] = true, [64000] = true,
    [260000] = true, [600000] = true },
  sha512 = { [10000] = true, [30000] = true, [100000] = true, [210000] = true },
  scrypt = { [16384] = true, [32768] = true },
}
local SOON <const> = 0.05
local MAPPED <const> = 0.005 -- times as late: digest and salt as currently mapped

-- Defaults of frameworks, past and present, and round numbers.
local ITERATIONS <const> = {
  1, 2, 10, 100, 500, 901, 999, 1000, 1001, 1024, 2000, 2048, 4000, 4096, 5000, 6400, 8192, 10000,
  10001, 12000, 15000, 16384, 20000, 24000, 25000, 27500, 29000, 30000, 32768, 36000, 40000, 50000,
  64000, 65536, 100000, 100001, 120000, 131072, 150000, 160000, 180000, 185000, 200000, 210000,
  216000, 250000, 260000, 300000, 310000, 320000, 350000, 390000, 480000, 500000, 600000, 720000,
  870000, 1000000, 1200000,
}
local MOST_ITERATIONS <const> = 5000000
local LEAST_BESIDE <const> = 100 -- rounds; a smaller number next to a hash is probably a length
local UNLIKELY <const> = 4 -- times as late: a salt whose name does not suggest one
local RECORDED <const> = 0.25 -- times as late: a number in the record
local MOST_BLOCK <const>, MOST_LANES <const> = 64, 64
local SHAPES <const> = { { 8, 1 }, { 16, 1 }, { 8, 2 }, { 8, 5 } } -- r and p of scrypt
local COSTS <const> = { 16384, 32768, 8192, 4096, 2048, 1024, 65536, 131072 }

local bytes_text <const> = candidates.bytes_text

---The length of the single longest value, nil if there are several.
local function longest_of(targets)
  local longest, alone = 0, true
  for _, target in ipairs(targets) do
    local size = #target.bytes
    if size >= longest then longest, alone = size, size > longest end
  end
  return alone and longest or nil
end

---Salts of a key derivation, the likely ones first, without a field so long that it is probably
---the key.
local function salts_of(search)
  local salts, longest = {}, longest_of(search.targets)
  for _, salt in ipairs(search.salts) do
    local target = search.by_text[salt.value]
    local is_other = target and #target.bytes == longest and not salt.expression:find("salt")
      and not salt.expression:find(":match", 1, true)
    if #salts < MOST_SALTS and not is_other and not salt.in_braces then
      salts[#salts + 1] = salt
    end
  end
  return salts
end

local function keys_of(search)
  local keys = {}
  for _, target in ipairs(search.targets) do
    if #target.bytes <= LONGEST_KEY then keys[#keys + 1] = target end
  end
  return keys
end

---@class KdfNumber  rounds of PBKDF2, or N of scrypt
---@field number integer
---@field expression string
---@field named? boolean     its name suggests rounds or a cost
---@field recorded? boolean  it is in the record

---Rounds to try: all numbers of the record, and those of frameworks.
---@return KdfNumber[]
local function rounds_of(search)
  local rounds, seen = {}, {}
  for _, one in ipairs(candidates.numbers(search.list, 1, MOST_ITERATIONS)) do
    seen[one.number] = true
    rounds[#rounds + 1] = {
      number = one.number, expression = one.expression, recorded = true,
      named = (one.beside_hash and one.number >= LEAST_BESIDE or one.name:find("iter")
        or one.name:find("round") or one.name:find("cost") or one.name:find("%f[%a]count")
        or one.name:find("factor")) and true,
    }
  end
  for _, number in ipairs(ITERATIONS) do
    if not seen[number] then
      rounds[#rounds + 1] = { number = number, expression = tostring(number) }
    end
  end
  return rounds
end

local function try_pbkdf2(search, name, round, salt, keys)
  local size = rules.SIZES[name]
  for _, word in ipairs(search.kdf_words) do
    -- The first block decides; a longer key only extends it.
    local block = digest.pbkdf2(name, word.bytes, salt.bytes, round.number, size)
    for _, key in ipairs(block and keys or {}) do
      if key.bytes:sub(1, size) == block:sub(1, #key.bytes) then
        if word.what then
          return search:explain("%s is pbkdf2 over %s, which Auth0 does not support",
            key.expression, word.what)
        end
        local found = search:keep(string.format("password.pbkdf2(%s, %s, %s, %s)",
          search:digest_code(name), round.expression, bytes_text(salt.expression, salt.encoding),
          bytes_text(key.expression, key.encoding)), key.source)
        if found then return found end
      end
    end
  end
end

---Whether a name is one of a parameter of scrypt.
---@type table<string, fun(name: string): boolean>
local NAMED <const> = {
  cost = function(name)
    return name:find("cost") ~= nil or name:find("^n$") ~= nil or name:find("_n$") ~= nil
      or name:find("^ln$") ~= nil or name:find("log_?[2n]") ~= nil or name == "log"
  end,
  block = function(name)
    return name:find("block") ~= nil or name:find("^r$") ~= nil or name:find("_r$") ~= nil
  end,
  lanes = function(name)
    return name:find("parallel") ~= nil or name:find("lane") ~= nil or name:find("^p$") ~= nil
      or name:find("_p$") ~= nil
  end,
}

---Costs of scrypt: those in the record, and frequent ones.
---@return KdfNumber[]
local function costs_of(search)
  local costs = {}
  local function add(number, expression, named)
    costs[#costs + 1] = { number = number, expression = expression, named = named,
      recorded = named }
  end
  for _, one in ipairs(candidates.numbers(search.list, 2, 1 << 20)) do
    local number = one.number
    local is_power = number > 32 and number & (number - 1) == 0
    if NAMED.cost(one.name) and is_power or one.beside_hash and is_power and number >= 1024 then
      add(number, one.expression, true)
    elseif NAMED.cost(one.name) and number >= 4 and number <= 20 then -- log2
      local format = one.is_text and "1 << tonumber(%s)" or "1 << %s"
      add(1 << number, format:format(one.expression), true)
    end
  end
  for _, number in ipairs(COSTS) do add(number, tostring(number)) end
  return costs
end

---@class ScryptShape
---@field block KdfNumber     r
---@field lanes KdfNumber     p
---@field recorded? boolean  both are in the record

---r and p of scrypt: those in the record, and frequent ones.
---@return ScryptShape[]
local function shapes_of(search)
  local shapes = {}
  for _, block in ipairs(candidates.numbers(search.list, 1, MOST_BLOCK, NAMED.block)) do
    for _, lanes in ipairs(candidates.numbers(search.list, 1, MOST_LANES, NAMED.lanes)) do
      shapes[#shapes + 1] = { block = block, lanes = lanes, recorded = true }
    end
  end
  for _, shape in ipairs(SHAPES) do
    shapes[#shapes + 1] = {
      block = { number = shape[1], expression = tostring(shape[1]) },
      lanes = { number = shape[2], expression = tostring(shape[2]) },
    }
  end
  return shapes
end

---@param attempt KdfAttempt
---@param key HashCandidate
local function keep_scrypt(search, attempt, key)
  local block, lanes, salt = attempt.shape.block, attempt.shape.lanes, attempt.salt
  local more = (block.expression ~= "8" and ", block = " .. block.expression or "")
    .. (lanes.expression ~= "1" and ", lanes = " .. lanes.expression or "")
  return search:keep(string.format("password.scrypt { cost = %s%s, salt = %s, key = %s }",
    attempt.number.expression, more, bytes_text(salt.expression, salt.encoding),
    bytes_text(key.expression, key.encoding)), key.source)
end

---@param attempt KdfAttempt
---@param keys HashCandidate[]
local function try_scrypt(search, attempt, keys)
  local salt, shape, longest = attempt.salt, attempt.shape, 0
  if cost.scrypt(attempt.number.number, shape.block.number, shape.lanes.number) then return nil end
  for _, key in ipairs(keys) do longest = math.max(longest, #key.bytes) end
  -- A shorter key is the beginning of a longer one.
  local made = digest.scrypt(search.cleartext, salt.bytes, attempt.number.number,
    shape.block.number, shape.lanes.number, longest)
  for _, key in ipairs(made and keys or {}) do
    if #key.bytes % 8 == 0 and key.text ~= salt.value and made:sub(1, #key.bytes) == key.bytes then
      local found = keep_scrypt(search, attempt, key)
      if found then return found end
    end
  end
end

---@class KdfAttempt
---@field due number     order: its rounds, multiplied if it is unlikely
---@field place integer  order of attempts with equal `due`
---@field number KdfNumber
---@field salt SaltCandidate
---@field name? string   digest of PBKDF2; nil: scrypt
---@field shape? ScryptShape
---@field is_done? boolean

---What the recipe maps now as parts of an attempt; nil for another algorithm.
---@return {name: string, salt?: string, number?: integer}?
local function own_of(search)
  local own = search.own
  if not own then return nil end
  if own.algorithm == "pbkdf2" then
    return { name = own.digest, salt = own.salt, number = own.rounds }
  elseif own.algorithm == "scrypt" then
    return {
      name = "scrypt", salt = rules.decode(own.salt, own.salt_encoding), number = own.rounds,
    }
  end
end

local function lateness(attempt, own)
  local number, name = attempt.number, attempt.name or "scrypt"
  local shape = attempt.shape
  local paired = PAIRED[name] and PAIRED[name][number.number]
    and (not shape or shape.lanes.number == 1)
  local mapped = own and name == own.name and attempt.salt.bytes == own.salt
  return (attempt.salt.likely and 1 or UNLIKELY) * (number.recorded and RECORDED or 1)
    * (shape and shape.recorded and RECORDED or 1)
    * (RARE[name] or 1) * (paired and SOON or 1) * (mapped and MAPPED or 1)
end

---All attempts, the cheap and likely ones first.
---@return KdfAttempt[]
local function attempts_of(search)
  local attempts, own, shapes = {}, own_of(search), shapes_of(search)
  local function add(attempt, due)
    attempt.place, attempt.due = #attempts, due * lateness(attempt, own)
    attempts[#attempts + 1] = attempt
  end
  for _, salt in ipairs(salts_of(search)) do
    for _, number in ipairs(rounds_of(search)) do
      for _, name in ipairs(DIGESTS) do
        add({ number = number, salt = salt, name = name }, number.number)
      end
    end
    for _, number in ipairs(costs_of(search)) do
      for _, shape in ipairs(shapes) do
        add({ number = number, salt = salt, shape = shape },
          number.number * shape.block.number * shape.lanes.number)
      end
    end
  end
  table.sort(attempts, function(a, b)
    if a.due ~= b.due then return a.due < b.due end
    return a.place < b.place
  end)
  return attempts
end

local function try(search, attempt, keys)
  local salt, number = attempt.salt, attempt.number.number
  if attempt.name then
    search.rounds = math.max(search.rounds or 0, number)
    return try_pbkdf2(search, attempt.name, attempt.number, salt, keys)
  end
  search.cost = math.max(search.cost or 0, number)
  return try_scrypt(search, attempt, keys)
end

---Inputs of PBKDF2: the password, alone and with each secret.
local function words_of(search)
  local words, cleartext = { { bytes = search.cleartext } }, search.cleartext
  for _, secret in ipairs(search.secrets) do
    local pepper = secret.value
    words[#words + 1] = { bytes = cleartext .. pepper, what = "the password and the pepper" }
    words[#words + 1] = { bytes = pepper .. cleartext, what = "the pepper and the password" }
    words[#words + 1] = { bytes = digest.hmac("sha256", pepper, cleartext),
      what = "the hmac-sha256 of the password and the pepper" }
  end
  return words
end

---Tries those attempts that `is_due` accepts, as long as the search may continue.
---@param search Search
---@param is_due fun(attempt: KdfAttempt): boolean
---@return SearchFit?
local function search_some(search, is_due)
  local keys = keys_of(search)
  if #keys == 0 then return nil end
  search.kdf_words = search.kdf_words or words_of(search)
  search.attempts = search.attempts or attempts_of(search)
  local reason = search.reason
  for _, attempt in ipairs(search.attempts) do
    if not attempt.is_done and is_due(attempt) then
      if not search:may_continue() then return nil end
      attempt.is_done = true
      local found = try(search, attempt, keys)
      if found or search.reason ~= reason then return found end
    end
  end
end

---Tries PBKDF2 and scrypt with numbers whose names suggest rounds or costs, or with all others.
---@param search Search
---@param only_named boolean
function kdfs.search(search, only_named)
  search_some(search, function(attempt) return (attempt.number.named or false) == only_named end)
end

---Tries what differs from the mapped PBKDF2 or scrypt in its salt or its rounds alone.
---@param search Search
function kdfs.near(search)
  local own = own_of(search)
  if not own then return end
  search_some(search, function(attempt)
    return (attempt.name or "scrypt") == own.name
      and (attempt.salt.bytes == own.salt or attempt.number.number == own.number)
  end)
end

---What a search that ended early did not try.
---@param search Search
---@return string[]
function kdfs.untried(search)
  if not search.attempts then
    return #keys_of(search) > 0 and { "PBKDF2 and scrypt" } or {}
  end
  local least, most = {}, {}
  for _, attempt in ipairs(search.attempts) do
    local kind, number = attempt.name and "PBKDF2" or "scrypt", attempt.number.number
    if not attempt.is_done then
      least[kind] = math.min(least[kind] or number, number)
      most[kind] = math.max(most[kind] or number, number)
    end
  end
  local list = {}
  for kind, format in pairs {
    PBKDF2 = "some of PBKDF2 with %d to %d rounds", scrypt = "some of scrypt with N from %d to %d",
  } do
    if least[kind] then list[#list + 1] = string.format(format, least[kind], most[kind]) end
  end
  table.sort(list)
  return list
end

return kdfs
