--- The progress of an import: what the rate is based on, and when there is none.

local clock = require "host.clock"
local outages = require "base.outages"
local progress = require "import.progress"
local slots = require "import.slots"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test

---The progress of an import of 100 users. `pass(seconds)` lets time pass; `shown()` is what `show`
---passes to the terminal, and `saved()` to the journal.
local function new()
  local time, last, saved, harvested = 0.0, nil, nil, 0
  local own = { elapsed = function() return time end, now = function() return time end,
    real = function(seconds) return seconds end }
  local pace = { expected = function() return 20 end }
  local engine = {
    ui = { progress = function(_, p) last = p end }, clock = own, pace = pace,
    slots = slots.new(2, pace), outages = outages.new { clock = own },
    ledger = {
      users_staged = function() return 100 end,
      users_harvested = function() return harvested end,
      save_progress = function(_, p) saved = p end,
    },
  }
  local monotonic = clock.monotonic
  clock.monotonic = function() return time end
  local made = progress.new(engine)
  local rig = { engine = engine, made = made }
  function rig.pass(seconds) time = time + seconds end
  function rig.harvest(n) harvested = harvested + n end
  function rig.show()
    made:show()
    return last
  end
  function rig.saved() return saved end
  return setmetatable(rig, { __close = function() clock.monotonic = monotonic end })
end

local function job(id, percentage)
  return { id = id, chunk = { users = 50 }, submitted = clock.now(), percentage = percentage }
end

test("the rate is that of the time without outages", function()
  local rig <close> = new()
  rig.show()
  rig.made:add(job("a", 0))
  rig.pass(10)
  rig.engine.outages:wait("x", { why = "network", seconds = 60, patience = 7200 })
  rig.pass(3600)
  rig.engine.outages:over "x"
  rig.harvest(50)
  local shown = rig.show()
  equal({ shown.since, shown.seconds, shown.stalled, rig.saved().rate }, { 50, 10.0, false, 5.0 })
end)

test("while others hold the slots and no job runs, there is no rate, and the time does not count",
  function()
    local rig <close> = new()
    rig.show()
    rig.made:add(job("a", 0))
    rig.pass(10)
    rig.harvest(50)
    rig.made:remove(job "a")
    equal(rig.show().stalled, false)
    rig.engine.slots:take(10)
    rig.engine.slots:refused(10, 2, 50)
    equal(rig.show().stalled, true)
    equal(rig.saved().rate, nil) -- although it was saved just before
    rig.pass(3600)
    equal(rig.show().stalled, true)
    rig.made:add(job("b", 0))
    equal({ rig.show().stalled, rig.show().seconds, rig.saved().rate }, { false, 10.0, 5.0 })
  end)

test("jobs that stand still for three times their length have stalled", function()
  local rig <close> = new()
  rig.show()
  local a = job("a", 0)
  rig.made:add(a)
  rig.pass(10)
  a.percentage = 50
  equal(rig.show().stalled, false)
  rig.pass(60)
  equal(rig.show().stalled, false)
  rig.pass(1)
  equal({ rig.show().stalled, rig.saved().rate }, { true })
  rig.pass(1000)
  equal(rig.show().stalled, true)
  a.percentage = 60
  local shown = rig.show()
  equal({ shown.stalled, shown.since, shown.seconds }, { false, 30, 10.0 })
end)

test("the time in which the operator is asked does not count", function()
  local rig <close> = new()
  rig.show()
  rig.pass(10)
  rig.harvest(50)
  rig.show()
  equal(rig.saved().rate, 5.0)
  equal(rig.made:hold(function(n)
    equal(rig.saved().rate, nil)
    rig.pass(3600)
    return n + 1
  end, 1), 2)
  rig.pass(5)
  rig.harvest(25)
  equal({ rig.show().seconds, rig.saved().rate }, { 15.0, 5.0 })
end)
