local tap = require "tests.tap"
local text = require "host.text"
local test, equal, raises = tap.test, tap.equal, tap.raises

local FIRST <const> = {}
for n = 1, 15 do FIRST[n] = 0x3fe end

---A plan with other members: numbers of eight digits, a trunk prefix 0.
local function plan(other)
  local made = {
    region = "AA", code = "99", lines = 1 << 8, complete = 1 << 8, all = 1 << 8, again = 0,
    zero = 0, first = FIRST, trunks = "0", starts_local = "", abroad = "00",
  }
  for name, value in pairs(other or {}) do made[name] = value end
  return made
end

local function unknown(country)
  return "no country " .. country
end

local function read(other, written, country)
  local function plans() return { plan(other) } end
  return text.phone_reader(plans, unknown)(written, country or "AA")
end

-- {what, other members of the plan, written, the result}
local CASES <const> = {
  { "a number", {}, "12345678", "+9912345678" },
  { "with a trunk prefix", {}, "012345678", "+9912345678" },
  { "of another length", {}, "1234567", nil },
  { "with its calling code", {}, "9912345678", "+9912345678" },
  { "that may have its calling code", { all = 1 << 8 | 1 << 6, again = 1 << 8 }, "99123456", nil },
  { "that is not complete without a prefix", { complete = 0 }, "12345678", nil },
  { "that is complete with one", { complete = 0 }, "012345678", "+9912345678" },
  { "with any digit in a prefix", { trunks = "1x" }, "1712345678", "+9912345678" },
  { "with one of two prefixes", { trunks = "77,88" }, "8812345678", "+9912345678" },
  { "with two readings", { trunks = "1", lines = 3 << 8, complete = 3 << 8 }, "123456789", nil },
  { "that begins as a local one", { starts_local = "12" }, "12345678", nil },
  { "with another first digit", { first = { 0, 0, 0, 0, 0, 0, 0, 1 << 5 } }, "12345678", nil },
  { "with a zero that stays", { zero = 1 << 8, trunks = "" }, "+9901234567", "+9901234567" },
  { "with a zero that does not", { trunks = "" }, "+9901234567", nil },
  { "from abroad", { abroad = "011" }, "0119912345678", "+9912345678" },
  { "of a code without a plan", {}, "+9812345678", nil },
}

for _, case in ipairs(CASES) do
  test("a phone number " .. case[1], function()
    equal(read(case[2], case[3]), case[4])
  end)
end

test("a country without a plan is misuse, with the caller's message", function()
  for _, country in ipairs { "BB", "98", "", "+", "0", "AAA" } do
    raises(function() read({}, "1", country) end, "no country " .. country)
  end
end)

test("a plan that lacks a member is misuse", function()
  for _, name in ipairs { "code", "trunks", "lines", "first" } do
    raises(function() read({ [name] = false }, "1") end, "a plan without " .. name)
  end
  raises(function() read({ code = "x" }, "1") end, "x is not a calling code")
  raises(function() text.phone_reader(function() return {} end, unknown) "1" end, "no plans")
  raises(function() text.phone_reader(function() return { 1 } end, unknown) "1" end, "a plan")
  raises(function() text.phone_reader(function() return { plan() } end) end)
  raises(function() text.phone_reader({ plan() }, unknown) end)
end)

test("the plans are asked for once, when a number is read", function()
  local asked = 0
  local read_phone = text.phone_reader(function()
    asked = asked + 1
    return { plan() }
  end, unknown)
  equal(asked, 0)
  for _ = 1, 2 do equal(read_phone("12345678", "AA"), "+9912345678") end
  equal(asked, 1)
end)
