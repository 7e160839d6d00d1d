--- The costs of a key that was derived from a password, in columns beside the key: N, r and p of
--- scrypt, memory, passes and lanes of argon2.

local names = require "new.names"
local survey = require "new.survey"

local costs = {}

local NEARLY_ALL <const> = 0.9

---@alias Cost "cost"|"block"|"lanes"|"memory"|"time"

-- Names without blanks and punctuation, and without the words before them that say whose they are.
local NAMES <const> = {}
for cost, words in pairs {
  cost = "n cost costfactor cpucost cpumemcost logn ln log2n workfactor",
  block = "r block blocksize blockfactor",
  lanes = "p parallelism parallelization parallel lanes threads",
  memory = "m mem memory memorycost memorysize memcost memlimit memorylimit memorykib memkib "
    .. "memorykb",
  time = "t time timecost passes opslimit iterations rounds",
} do
  for word in words:gmatch("%S+") do NAMES[word] = cost end
end

local OWNERS <const> = {}
for word in ([[password passwd pwd pw hash kdf scrypt argon argon2 argon2id argon2i auth login user
  crypt params param credential key]]):gmatch("%S+") do
  OWNERS[word] = true
end

---@param name string
---@return Cost?
local function meaning_of(name)
  local words = names.words(name)
  for skipped = 0, #words - 1 do
    local found = NAMES[table.concat(words, "", skipped + 1)]
    if found then return found end
    if not OWNERS[words[skipped + 1]] then return nil end
  end
end

local function are_numbers(column)
  local n = survey.share(column, "integer") + (column.types.float or 0) / math.max(column.filled, 1)
  return column.filled > 0 and n >= NEARLY_ALL
end

---How many objects around two columns are the same.
---@param a Column
---@param b Column
---@return integer
function costs.nearness(a, b)
  local n, most = 0, math.min(#a.way, #b.way) - 1
  while n < most and a.way[n + 1].kind == b.way[n + 1].kind
    and a.way[n + 1].name == b.way[n + 1].name do
    n = n + 1
  end
  return n
end

---The costs that lie beside a key. A few letters tell something only if all are there.
---@param key Column
---@param columns Column[]
---@param used table<Column, Meaning>  columns that mean something else
---@return table<Cost, Column>
function costs.find(key, columns, used)
  local found = {}
  for _, column in ipairs(columns) do
    local is_free = not used[column] or used[column] == "rounds" -- also the passes of argon2
    local cost = is_free and are_numbers(column) and meaning_of(column.name)
    local near = cost and costs.nearness(column, key)
    if cost and (not found[cost] or near > costs.nearness(found[cost], key)) then
      found[cost] = column
    end
  end
  local is_scrypt = found.cost and (found.block or found.lanes)
  local is_argon2 = found.memory and found.time
  if is_scrypt then return { cost = found.cost, block = found.block, lanes = found.lanes } end
  if not is_argon2 then return {} end
  return { memory = found.memory, time = found.time, lanes = found.lanes }
end

return costs
