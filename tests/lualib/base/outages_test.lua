--- Outages: requests that wait for a tenant which does not answer.

local outages = require "base.outages"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test

---Outages with a clock that runs twice as fast as real time, from 1000 at 5000 Unix seconds.
local function new()
  local time, events, changes = { elapsed = 1000.0 }, {}, 0
  local made = outages.new {
    clock = {
      elapsed = function() return time.elapsed end,
      now = function() return 5000 + (time.elapsed - 1000) / 2 end,
      real = function(seconds) return seconds / 2 end,
    },
    log = function(event, fields) events[#events + 1] = { event, fields.seconds or fields.why } end,
    changed = function() changes = changes + 1 end,
  }
  return made, function(seconds) time.elapsed = time.elapsed + seconds end, events,
    function() return changes end
end

local function wait(made, request, seconds, patience)
  made:wait(request, { why = "status 503", seconds = seconds, patience = patience or 100 })
end

test("an outage lasts from the first request that waits until none does any longer", function()
  local made, pass, events, changes = new()
  equal(made:current(), nil)
  wait(made, "a", 5)
  pass(4)
  wait(made, "b", 1, 20)
  equal(made:current(), { since = 5000.0, next_try = 5003.0, patience_until = 5012.0,
    why = "status 503" })
  made:over "b"
  equal(made:current(), { since = 5000.0, next_try = 5005.0, patience_until = 5050.0,
    why = "status 503" })
  pass(6)
  equal(made:current().next_try, nil) -- it is being tried
  made:over "a"
  made:over "a"
  equal({ made:current(), made:seconds() }, { nil, 5.0 })
  equal(events, { { "outage", "status 503" }, { "outage_over", 10.0 } })
  equal(changes(), 4)
end)

test("an outage counts once two attempts in a row had no answer", function()
  local made, pass = new()
  wait(made, "a", 1)
  pass(2)
  wait(made, "b", 1)
  equal({ made:figures() }, { 0, 0.0 })
  wait(made, "a", 1)
  equal({ made:figures() }, { 1, 1.0 })
  wait(made, "b", 1)
  pass(2)
  made:clear()
  equal({ made:figures() }, { 1, 2.0 })
  wait(made, "a", 1)
  pass(2)
  made:over "a"
  equal({ made:figures() }, { 1, 2.0 })
  equal(made:seconds(), 3.0)
end)

test("patience is counted from the first attempt of a request", function()
  local made, pass = new()
  wait(made, "a", 1, 100)
  pass(50)
  wait(made, "a", 1, 50)
  equal(made:current().patience_until, 5050.0)
end)
