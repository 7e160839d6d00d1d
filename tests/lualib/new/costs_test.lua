--- The costs of a key in columns beside it.

local costs = require "new.costs"
local survey = require "new.survey"
local tap = require "tests.tap"
local test, equal = tap.test, tap.equal

---The keys of the columns that are the costs of `hash`.
local function found_in(record, hash)
  local found = survey.new {}
  for _ = 1, 3 do found:record(record) end
  found:finish()
  local keys = {}
  for cost, column in pairs(costs.find(found:find(hash), found.columns, {})) do
    keys[cost] = column.key
  end
  return keys
end

test("N, r and p are those of scrypt, also of BSON's doubles", function()
  equal(found_in({ auth = { N = 16384.0, r = 8, p = 1, hash = "x" } }, "auth.hash"),
    { cost = "auth.N", block = "auth.r", lanes = "auth.p" })
end)

test("memory, passes and lanes are those of argon2, with words before them", function()
  equal(found_in({
    hash = "x", argon2_memory = "65536", argon2_time_cost = "3", hash_threads = "4",
  }, "hash"), { memory = "argon2_memory", time = "argon2_time_cost", lanes = "hash_threads" })
end)

test("a single letter means nothing alone", function()
  equal(found_in({ hash = "x", n = 5, t = 7, p = 9 }, "hash"), { cost = "n", lanes = "p" })
  equal(found_in({ hash = "x", n = 5, t = 7 }, "hash"), {})
end)

test("of two objects the one around the key counts", function()
  equal(found_in({ pw = { h = "x", kdf = { N = 1024, r = 8, p = 1 } }, geo = { N = 5, r = 6 } },
    "pw.h"), { cost = "pw.kdf.N", block = "pw.kdf.r", lanes = "pw.kdf.p" })
end)
