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
