--- check.plan: how long an import takes.

local plan = require "check.plan"
local plan_text = require "cli.text.plan"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test

for slots, hours in pairs { [1] = 5.0, [2] = 2.5, [20] = 0.25 } do
  test(string.format("with %d slots a million users take %g hours at the fastest tier", slots,
    hours), function()
    local fastest = plan.hours(1000000, slots)[1]
    equal({ fastest.tier, fastest.hours, fastest.users_an_hour },
      { "enterprise", hours, 200000 * slots })
  end)
end

test("the plan says for how many jobs at a time its hours are", function()
  for slots, said in pairs {
    [1] = "200 000, 57 500, 20 000 users per hour, with 1 job at a time and full chunks; scaled",
    [2] = "400 000, 115 000, 40 000 users per hour, with 2 jobs at a time and full chunks; these",
  } do
    contains(plan_text.of(plan.of({ users = 10, jobs = 1, bytes = 100 }, {
      upsert = false, slots = slots,
      tally = { without_password = 0, algorithms = {}, median = 1, largest = 1 },
    })), said)
  end
end)
