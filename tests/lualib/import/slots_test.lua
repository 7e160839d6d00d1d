local pace = require "import.pace"
local slots = require "import.slots"
local tap = require "tests.tap"
local test = tap.test

---A room without jitter; jobs of 100 users take `seconds`, unless nothing is known of them.
local function new(seconds)
  local p = pace.new()
  if seconds then p:learn(100, seconds, seconds) end
  return slots.new(p, function() return 0 end)
end

---A refusal at `now`, with `ours` of `active` jobs; the seconds until the next try.
local function refuse(r, now, active, ours)
  r:try(now, ours)
  r:refused(now, active, ours, 100)
  return r:wait(now, ours)
end

local function near(actual, expected)
  assert(math.abs(actual - expected) < 1e-6, string.format("%s is not %s", actual, expected))
end

test("until the tenant has said that it is full, there is room", function()
  local r = new(60)
  tap.equal({ r:wait(0, 0), r:wait(0, 19), r:foreign() }, { 0, 0, 0 })
end)

test("a job of ours that ends leaves room at once", function()
  local r = new(60)
  assert(refuse(r, 0, 2, 1) > 0)
  tap.equal(r:wait(0, 0), 0)
end)

test("slots of others are tried for by the length of jobs, ever more seldom", function()
  local r = new(60)
  near(refuse(r, 0, 2, 0), 12)
  near(refuse(r, 12, 2, 0), 18)
  for _ = 1, 10 do refuse(r, 30, 2, 0) end
  near(refuse(r, 100, 2, 0), 60)
  tap.equal(r:foreign(), 2)
end)

test("while no job's length is known, the tries grow apart", function()
  local r = new()
  for i, seconds in ipairs { 5, 10, 20, 40, 60, 60 } do near(refuse(r, i * 100, 2, 0), seconds) end
end)

test("a slot that a job of ours has just left is tried for again soon", function()
  local r = new(60)
  r:ended(10)
  near(refuse(r, 10, 2, 1), 1)
  near(refuse(r, 11, 2, 1), 2)
  near(refuse(r, 20, 2, 1), 27)
end)

test("the job of a lost upload is expected to end as the others do", function()
  local r = new(50)
  r:lose(0, 100)
  near(refuse(r, 10, 2, 1), 40)
  tap.equal(r:foreign(), 0)
  near(refuse(r, 53, 2, 1), 5)
  near(refuse(r, 70, 2, 1), 10)
end)

test("beside jobs of others, the end of a lost one is one more time to try", function()
  local r = new(50)
  r:lose(-45, 100)
  near(refuse(r, 0, 2, 0), 5)
  tap.equal(r:foreign(), 1)
end)

test("a lost upload that was found is no job any more", function()
  local r = new(50)
  r:lose(0, 100)
  assert(refuse(r, 1, 2, 1) > 0)
  r:found(100)
  tap.equal(r:wait(1, 1), 0)
end)

test("a lost upload is forgotten when no job takes so long", function()
  local r = new(50)
  r:lose(0, 100)
  refuse(r, 151, 2, 1)
  tap.equal(r:foreign(), 1)
end)

test("one upload at a time tries for a full slot; one that is told nothing makes way", function()
  local r = new(60)
  refuse(r, 0, 2, 1)
  tap.equal(r:wait(12, 1), 0)
  r:try(12, 1)
  assert(r:wait(12, 1) > 0)
  r:untold(13)
  tap.equal(r:wait(13, 1), 0)
end)

test("an upload that gets in past others is followed by the next; one in our own slot is not",
  function()
    local r = new(60)
    refuse(r, 0, 2, 0)
    r:try(12, 0)
    r:accepted(12, 1)
    tap.equal({ r:wait(12, 1), r:foreign() }, { 0, 1 })
    refuse(r, 12, 2, 1)
    r:try(40, 0)
    r:accepted(40, 1)
    near(r:wait(40, 1), 12)
  end)

test("an upload that gets in where a lost one was is followed when the next is due", function()
  local r = new(50)
  r:lose(0, 100)
  r:lose(30, 100)
  refuse(r, 40, 2, 0)
  r:try(50, 0)
  r:accepted(50, 1)
  near(r:wait(50, 1), 30)
end)

test("a tenant that takes more than it did has more slots", function()
  local r = new(60)
  refuse(r, 0, 2, 2)
  r:accepted(1, 3)
  assert(r:wait(1, 3) > 0)
  tap.equal({ r:wait(1, 2), r:foreign() }, { 0, 0 })
end)
