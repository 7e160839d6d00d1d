--- Every fault at once, and kills: a small run of the campaign in tests/e2e/chaos.lua.

local chaos = require "tests.e2e.chaos"
local faults = require "tenant.faults"
local tap = require "tests.tap"
local test = tap.test

test("the chaos test has every fault that the tenant knows", function()
  local known, drawn = {}, {}
  for name in pairs(faults.ACTIONS) do known[name] = true end
  for _, rule in ipairs(chaos.rules(1)) do drawn[rule["do"]] = true end
  tap.equal(drawn, known)
end)

test("a run killed twice with every fault at once ends with each user once", function()
  local result = chaos.play { users = 600, kills = 2, seed = 4, per_chunk = 20 }
  if result.wrong then error(result.wrong, 0) end
end)
