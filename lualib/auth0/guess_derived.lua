--- The costly part of a search: PBKDF2 and scrypt with the parameters that the record names and the
--- frequent ones, the cheap ones first.

local digest = require "host.digest"
local hash_build = require "auth0.hash_build"
local hash_rules = require "auth0.hash_rules"
local values = require "auth0.guess_values"

local derived = {}

local MOST_SALTS <const> = 12
local LONGEST_KEY <const> = 256 -- bytes
local DIGESTS <const> = { "sha256", "sha1", "sha512", "md5", "sha384", "sha224" }

-- Defaults of frameworks over the years, and round numbers.
local ITERATIONS <const> = {
  1, 2, 10, 100, 500, 901, 999, 1000, 1001, 1024, 2000, 2048, 4000, 4096, 5000, 6400, 8192, 10000,
  10001, 12000, 15000, 16384, 20000, 24000, 25000, 27500, 29000, 30000, 32768, 36000, 40000, 50000,
  64000, 65536, 100000, 100001, 120000, 131072, 150000, 160000, 180000, 185000, 200000, 210000,
  216000, 250000, 260000, 300000, 310000, 320000, 350000, 390000, 480000, 500000, 600000, 720000,
  870000, 1000000, 1200000,
}
local MOST_ITERATIONS <const> = 5000000
local FEW <const> = 20000 -- iterations that are tried before scrypt is
local COSTS <const> = { 16384, 32768, 8192, 4096, 2048, 1024, 65536, 131072 }

---The builder's argument for bytes that are written in an encoding.
local function bytes_text(expression, encoding)
  if encoding == "utf8" then return expression end
  return string.format("password.bytes(%s, %q)", expression, encoding)
end

---Salts of a key derivation: the likely ones first, as values.salts sorts them; not the keys.
local function salts_of(search)
  local salts = {}
  for _, salt in ipairs(search.salts) do
    if #salts < MOST_SALTS and not search.by_text[salt.value] then salts[#salts + 1] = salt end
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

---Rounds to try, ascending: those that the record names for this, and all others.
---@return {number: integer, expression: string}[] named
---@return {number: integer, expression: string}[] others
local function rounds_of(search)
  local named, others, seen = {}, {}, {}
  for _, one in ipairs(values.numbers(search.list, 1, MOST_ITERATIONS)) do
    local list = one.name:find("iter") or one.name:find("round") or one.name:find("cost")
      or one.name:find("count")
    table.insert(list and named or others, one)
    seen[one.number] = true
  end
  for _, number in ipairs(ITERATIONS) do
    if not seen[number] then
      others[#others + 1] = { number = number, expression = tostring(number) }
    end
  end
  table.sort(others, function(a, b) return a.number < b.number end)
  return named, others
end

---@param search GuessSearch
---@param name string
---@param round {number: integer, expression: string}
---@param salt GuessSalt
---@param keys GuessTarget[]
---@return Guess?
local function try_pbkdf2(search, name, round, salt, keys)
  local size = hash_rules.SIZES[name]
  for _, word in ipairs(search.derived_words) do
    -- The first block tells; a longer key only goes on from it.
    local block = digest.pbkdf2(name, word.bytes, salt.bytes, round.number, size)
    for _, key in ipairs(block and keys or {}) do
      if key.bytes:sub(1, size) == block:sub(1, #key.bytes) then
        if word.what then
          return { reason = string.format("%s is pbkdf2 over %s, for which Auth0 has no form",
            key.expression, word.what) }
        end
        local found = search:confirmed(
          hash_build.pbkdf2(name, round.number, salt.bytes, key.bytes),
          string.format("password.pbkdf2(%q, %s, %s, %s)", name, round.expression,
            bytes_text(salt.expression, salt.encoding), bytes_text(key.expression, key.encoding)))
        if found then return found end
      end
    end
  end
end

local function pbkdf2(search, keys, salts, rounds)
  for _, round in ipairs(rounds) do
    for _, salt in ipairs(salts) do
      for _, name in ipairs(DIGESTS) do
        if not search:may_go_on() then return nil end
        local found = try_pbkdf2(search, name, round, salt, keys)
        if found then return found end
      end
    end
  end
end

---Costs of scrypt: those that the record names, and frequent ones.
---@return {number: integer, expression: string}[] named
---@return {number: integer, expression: string}[] frequent
local function costs_of(search)
  local named, frequent = {}, {}
  for _, one in ipairs(values.numbers(search.list, 2, 1 << 20)) do
    local number = one.number
    if one.name:find("cost") or one.name:find("log") or one.name:find("^l?n$") then
      if number > 32 and number & (number - 1) == 0 then
        named[#named + 1] = one
      elseif number >= 4 and number <= 20 then -- its logarithm
        named[#named + 1] = { number = 1 << number, expression = "1 << " .. one.expression }
      end
    end
  end
  for _, number in ipairs(COSTS) do
    frequent[#frequent + 1] = { number = number, expression = tostring(number) }
  end
  return named, frequent
end

---@param search GuessSearch
---@param parts {cost: table, block: integer, lanes: integer, salt: GuessSalt, key: GuessTarget}
---@return Guess?
local function try_scrypt(search, parts)
  local cost, salt, key = parts.cost, parts.salt, parts.key
  local made = digest.scrypt(search.cleartext, salt.bytes, cost.number, parts.block, parts.lanes,
    #key.bytes)
  if made ~= key.bytes then return nil end
  local custom = hash_build.scrypt {
    cost = cost.number, block = parts.block, lanes = parts.lanes, salt = salt.bytes,
    key = key.bytes,
  }
  local more = (parts.block ~= 8 and ", block = " .. parts.block or "")
    .. (parts.lanes ~= 1 and ", lanes = " .. parts.lanes or "")
  return search:confirmed(custom, string.format(
    "password.scrypt { cost = %s%s, salt = %s, key = %s }", cost.expression, more,
    bytes_text(salt.expression, salt.encoding), bytes_text(key.expression, key.encoding)))
end

local function scrypt(search, keys, salts, costs)
  for _, cost in ipairs(costs) do
    for _, shape in ipairs { { 8, 1 }, { 16, 1 }, { 8, 5 } } do
      for _, salt in ipairs(salts) do
        for _, key in ipairs(keys) do
          if salt.value ~= key.text then
            if not search:may_go_on() then return nil end
            local found = try_scrypt(search, {
              cost = cost, block = shape[1], lanes = shape[2], salt = salt, key = key,
            })
            if found then return found end
          end
        end
      end
    end
  end
end

---Tries the key derivations, as long as the search may go on.
---@param search GuessSearch
---@return Guess?
function derived.search(search)
  local keys, salts = keys_of(search), salts_of(search)
  if #keys == 0 or #salts == 0 then return nil end
  search.derived_words = { { bytes = search.cleartext } }
  if search.pepper then
    table.insert(search.derived_words,
      { bytes = search.cleartext .. search.pepper, what = "the password and the pepper" })
    table.insert(search.derived_words,
      { bytes = search.pepper .. search.cleartext, what = "the pepper and the password" })
  end
  local named, others = rounds_of(search)
  local named_costs, frequent_costs = costs_of(search)
  local few, many = {}, {}
  for _, round in ipairs(others) do table.insert(round.number <= FEW and few or many, round) end
  return pbkdf2(search, keys, salts, named) or scrypt(search, keys, salts, named_costs)
    or pbkdf2(search, keys, salts, few) or scrypt(search, keys, salts, frequent_costs)
    or pbkdf2(search, keys, salts, many)
end

return derived
