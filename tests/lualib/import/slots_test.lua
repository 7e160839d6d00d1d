local pace = require "import.pace"
local slots = require "import.slots"
local tap = require "tests.tap"
local test = tap.test

local MOST <const> = 20

---Slots without jitter, some of them held by jobs of ours; jobs of 100 users take `seconds`; nil:
---unknown.
local function new(seconds, ours)
  local p = pace.new()
  if seconds then p:learn(100, seconds, seconds) end
  local s = slots.new(MOST, p, function() return 0 end)
  for _ = 1, ours or 0 do s:adopt() end
  return s
end

---A refusal at `now`, while the tenant has `active` jobs; the seconds until the next attempt.
local function refuse(s, now, active)
  s:take(now)
  s:refused(now, active, 100)
  return s:wait(now)
end

local function near(actual, expected)
  assert(math.abs(actual - expected) < 1e-6, string.format("%s is not %s", actual, expected))
end

test("until the tenant reports that it is full, there are as many slots as we may hold", function()
  tap.equal({ new(60):wait(0), new(60, MOST - 1):wait(0), new(60):foreign() }, { 0, 0, 0 })
  tap.equal(new(60, MOST):wait(0), nil)
end)

test("a job of ours that ends leaves a slot at once", function()
  local s = new(60, 1)
  assert(refuse(s, 0, 2) > 0)
  s:ended(0)
  tap.equal(s:wait(0), 0)
end)

test("attempts for slots of other clients follow the length of jobs, with backoff", function()
  local s = new(60)
  near(refuse(s, 0, 2), 12)
  near(refuse(s, 12, 2), 18)
  for _ = 1, 10 do refuse(s, 30, 2) end
  near(refuse(s, 100, 2), 60)
  tap.equal({ s:foreign(), s:describe_others() },
    { 2, "2 import jobs of other clients hold slots" })
end)

test("while no job's length is known, attempts back off", function()
  local s = new()
  for i, seconds in ipairs { 5, 10, 20, 40, 60, 60 } do near(refuse(s, i * 100, 2), seconds) end
end)

test("a slot that a job of ours has just left is tried again soon", function()
  local s = new(60, 2)
  s:ended(10)
  near(refuse(s, 10, 2), 1)
  near(refuse(s, 11, 2), 2)
  near(refuse(s, 20, 2), 27)
end)

test("the job of a lost upload is expected to end as the others do", function()
  local s = new(50, 1)
  s:lose(0, 100)
  near(refuse(s, 10, 2), 40)
  tap.equal({ s:foreign(), s:describe_others() }, { 0, nil })
  near(refuse(s, 53, 2), 5)
  near(refuse(s, 70, 2), 10)
end)

test("with jobs of other clients, the expected end of a lost one adds an attempt", function()
  local s = new(50)
  s:lose(-45, 100)
  near(refuse(s, 0, 2), 5)
  tap.equal({ s:foreign(), s:describe_others() },
    { 1, "1 import job of another client holds a slot" })
end)

test("a lost upload that was found no longer holds a slot", function()
  local s = new(50, 1)
  s:lose(0, 100)
  assert(refuse(s, 1, 2) > 0)
  s:found(100)
  tap.equal(s:wait(1), 0)
end)

test("a lost upload is forgotten when no job takes so long", function()
  local s = new(50, 1)
  s:lose(0, 100)
  refuse(s, 151, 2)
  tap.equal(s:foreign(), 1)
end)

test("one upload at a time probes full slots; one without a result frees the probe", function()
  local s = new(60, 1)
  refuse(s, 0, 2)
  tap.equal(s:wait(12), 0)
  s:take(12)
  assert(s:wait(12) > 0)
  s:free(13)
  tap.equal(s:wait(13), 0)
end)

test("an upload that gets in past others is followed by the next; one in our own slot is not",
  function()
    local s = new(60)
    refuse(s, 0, 2)
    s:take(12)
    s:accepted(12)
    tap.equal({ s:wait(12), s:foreign() }, { 0, 1 })
    refuse(s, 12, 2)
    s:ended(20)
    s:take(40)
    s:accepted(40)
    near(s:wait(40), 12)
  end)

test("an upload that gets in where a lost one was is followed when the next is due", function()
  local s = new(50)
  s:lose(0, 100)
  s:lose(30, 100)
  refuse(s, 40, 2)
  s:take(50)
  s:accepted(50)
  near(s:wait(50), 30)
end)

test("a tenant that accepts more than before has more slots", function()
  local s = new(60, 2)
  refuse(s, 0, 2)
  s:take(1)
  s:accepted(1)
  assert(s:wait(1) > 0)
  s:ended(1)
  tap.equal({ s:wait(1), s:foreign() }, { 0, 0 })
end)
