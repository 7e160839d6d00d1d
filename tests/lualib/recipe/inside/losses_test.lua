--- Losses as numbers: the same set has one number, whoever names it in which order.

local losses = require "recipe.inside.losses"
local tap = require "tests.tap"
local equal, test = tap.equal, tap.test

test("a set has one number, in any order, and nothing is number 0", function()
  local all = losses.new()
  local first = all:add(all:add(0, "totp", "a"), "phone", "b")
  local second = all:add(all:add(0, "phone", "b"), "totp", "a")
  equal({ first, second, first > 0 }, { first, first, true })
  equal(all:after(0)[first], { totp = "a", phone = "b" })
end)

test("of two reasons for the same loss the first counts", function()
  local all = losses.new()
  local one = all:add(0, "password", "a")
  equal({ all:add(one, "password", "b"), #all:after(0) }, { one, 1 })
end)

test("sets behind a number are asked for once", function()
  local all = losses.new()
  local one = all:add(0, "password", "a")
  all:add(0, "totp", "b")
  equal(all:after(one), { { totp = "b" } })
  equal(all:after(2), {})
end)

test("values in reasons do not tell sets apart, and reasons are capped", function()
  local all = losses.new()
  local one = all:add(0, "totp", "no secret of ada@example.com")
  equal(all:add(0, "totp", "no secret of bob@example.com"), one)
  for i = 1, 500 do all:add(0, "phone", string.rep("x", i)) end
  local seen, n = {}, 0
  for _, set in ipairs(all:after(0)) do
    if set.phone and not seen[set.phone] then seen[set.phone], n = true, n + 1 end
  end
  equal({ n, seen.other }, { 101, true })
end)

test("sets are capped too: further ones keep what is lost, not why", function()
  local all, last = losses.new(), nil
  for i = 1, 100 do
    for k = 1, 100 do
      last = all:add(all:add(0, "totp", string.rep("t", i)), "phone", string.rep("p", k))
    end
  end
  local sets = all:after(0)
  equal({ #sets < 5010, sets[last] }, { true, { totp = "other", phone = "other" } })
end)

test("a merged user loses what either loses, but not a password that it has", function()
  local all = losses.new()
  local first = all:add(all:add(0, "password", "a"), "totp", "b")
  local second = all:add(0, "passkey", "c")
  local kept, lost = all:merge(first, second, true), all:merge(first, 0, false)
  local sets = all:after(0)
  equal({ sets[kept], sets[lost] },
    { { totp = "b", passkey = "c" }, { totp = "b", password = "a" } })
end)
