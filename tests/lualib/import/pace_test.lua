local pace = require "import.pace"
local tap = require "tests.tap"
local test = tap.test

---Polls jobs of `seconds` each: polls per job, and the delay until the end is seen, once learned.
local function watch(seconds, users, n)
  local p = pace.new()
  local looks, late
  for _ = 1, n do
    local age = 0
    local running
    looks = 0
    repeat
      running = age
      age = age + p:wait(users, age, looks)
      looks = looks + 1
    until age >= seconds
    late = age - seconds
    p:learn(users, looks == 1 and 0 or running, age)
  end
  return looks, late
end

local cases = {
  { "jobs of a minute", 60, 0.01 },
  { "jobs of twenty seconds", 20, 0.03 },
  { "jobs of three minutes", 180, 0.01 },
}

for _, case in ipairs(cases) do
  test(case[1] .. " are seen to end in time, with few looks", function()
    local looks, late = watch(case[2], 900, 20)
    assert(looks <= 12, looks .. " looks")
    assert(late <= case[2] * case[3], late .. " s late")
  end)
end

test("while nothing is known, polls back off", function()
  local p = pace.new()
  tap.equal(p:wait(100, 0, 0), 0.5)
  assert(p:wait(100, 20, 6) > 4)
  tap.equal(p:wait(100, 500, 40), 10)
end)

test("the first job is polled by its reported percentage", function()
  local p = pace.new()
  local wait = p:wait(100, 10, 3, 80)
  assert(wait > 2 and wait <= 2.5, wait)
end)

test("polls of an overdue job back off to one every ten seconds", function()
  local p = pace.new()
  p:learn(100, 19, 21)
  local before = p:wait(100, 20, 5)
  local after = p:wait(100, 40, 15)
  assert(after > before)
  assert(p:wait(100, 4000, 200) <= 10)
end)

test("a small job does not predict the time of a large one", function()
  local p = pace.new()
  p:learn(5, 0, 1)
  tap.equal(p:expected(1000), nil)
  tap.equal(p:wait(1000, 0, 0), 0.5)
  p:learn(1000, 9, 11)
  tap.equal(p:expected(1000), 10.0)
end)
