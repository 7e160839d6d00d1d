local gates = require "migrate.gates"
local tap = require "tests.tap"
local test = tap.test

local cases = {
  { "as many as the limit pass", { n = 3 }, 3, 100, false },
  { "one more than the limit is too many", { n = 3 }, 4, 100, true },
  { "zero allows none", { n = 0 }, 1, 100, true },
  { "a percentage counts of the whole", { percent = 1 }, 2, 100, true },
  { "exactly the percentage passes", { percent = 1 }, 1, 100, false },
  { "nothing of nothing passes", { percent = 0 }, 0, 0, false },
  { "no limit is no gate", nil, 100, 100, false },
}

for _, case in ipairs(cases) do
  test("gate: " .. case[1], function()
    tap.equal(gates.exceeded(case[2], case[3], case[4]), case[5])
  end)
end

test("the message of a gate names the figures and the limit", function()
  local message = gates.rejects({ percent = 0.5 }, { rejected = 2, read = 100 })
  tap.contains(message, "2 of 100 records were rejected, more than --max-rejects 0.5%")
end)
