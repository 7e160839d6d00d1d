local gates = require "journal.gates"
local tap = require "tests.tap"
local test = tap.test

local cases = {
  { "exactly the limit passes", { n = 3 }, 3, 100, false },
  { "one more than the limit is too many", { n = 3 }, 4, 100, true },
  { "zero allows none", { n = 0 }, 1, 100, true },
  { "a percentage is of the whole", { percent = 1 }, 2, 100, true },
  { "exactly the percentage passes", { percent = 1 }, 1, 100, false },
  { "nothing of nothing passes", { percent = 0 }, 0, 0, false },
  { "without a limit everything passes", nil, 100, 100, false },
}

for _, case in ipairs(cases) do
  test("gate: " .. case[1], function()
    tap.equal(gates.exceeded(case[2], case[3], case[4]), case[5])
  end)
end

test("the message of a gate names the figures and the limit", function()
  local message = gates.rejects({ percent = 0.5 }, { rejected = 1500, read = 204331 })
  tap.contains(message, "1 500 of 204 331 records rejected, more than --max-rejects 0.5%")
end)

for _, case in ipairs {
  { { n = 10 }, 100, 10 }, { { n = 10 }, 4, 4 }, { { percent = 1 }, 4544, 46 },
  { { percent = 0.7 }, 1000, 7 }, { { percent = 0.3 }, 1000, 3 }, { { percent = 1 }, 3, 1 },
  { { percent = 100 }, 7, 7 }, { { percent = 50 }, 0, 0 },
} do
  test(gates.text(case[1]) .. " of " .. case[2] .. " are " .. case[3], function()
    tap.equal(gates.count(case[1], case[2]), case[3])
  end)
end

---The gates that a stage does not pass, with these facts in place of good ones.
local function stopped(facts, allowed)
  local whole = {
    read = 10, staged = 8, unchanged = 0, lookups = {},
    tally = { without_password = 0, without_places = {} },
  }
  for key, value in pairs(facts) do whole[key] = value end
  local names = {}
  for i, gate in ipairs(gates.stage(whole, allowed or {})) do names[i] = gate.name end
  return names
end

local BARE <const> = { without_password = 8, without_places = { "a.csv:2" } }

for name, case in pairs {
  ["a stage with users passes"] = { {}, {} },
  ["nobody ready to import is stopped"] = { { staged = 0 }, { "empty" } },
  ["an empty source is stopped"] = { { read = 0, staged = 0 }, { "empty" } },
  ["nobody ready passes if all are unchanged"] = { { staged = 0, unchanged = 10 }, {} },
  ["nobody with a password is stopped if hashes are built"] = {
    { tally = BARE, hashes = true }, { "no_passwords" } },
  ["nobody with a password passes if no hash is built"] = { { tally = BARE }, {} },
  ["one password is enough"] = {
    { tally = { without_password = 7, without_places = {} }, hashes = true }, {} },
  ["a lookup without a hit is stopped, one with a hit passes"] = {
    { lookups = { a = { hits = 0, misses = 3 }, b = { hits = 1, misses = 2 } } },
    { "no_matches" } },
} do
  test(name, function() tap.equal(stopped(case[1]), case[2]) end)
end

test("each gate can be allowed, and only that one", function()
  local facts = {
    staged = 8, tally = BARE, hashes = true, lookups = { a = { hits = 0, misses = 3 } },
  }
  tap.equal(stopped(facts, { allow_empty = true }), { "no_passwords", "no_matches" })
  tap.equal(stopped(facts, { allow_no_passwords = true }), { "no_matches" })
  tap.equal(stopped(facts, { allow_no_matches = true }), { "no_passwords" })
  tap.equal(stopped({ staged = 0 }, { allow_empty = true }), {})
end)
