local pace = require "import.pace"
local tap = require "tests.tap"
local test = tap.test

---Looks at a job of `seconds` until its end is seen, and learns from it.
---@return integer looks
---@return number late  seconds from its end to the look that saw it
local function watch(p, seconds, users)
  local age, running, looks = 0, 0, 0
  while true do
    age = age + p:wait(users, age, looks)
    looks = looks + 1
    if age >= seconds then break end
    running = age
  end
  p:learn(users, running, age)
  return looks, age - seconds
end

local USERS <const> = 900
local UPLOAD <const> = 0.25 -- seconds

---A run of 20 jobs in two slots, in which each end is followed by an upload. `length` of a job by
---its number; `percentage` of a job's age, if the tenant reports it.
---@return number use  of the slots, from the first job's begin to the last one's end
---@return number looks  a job
local function run(length, percentage)
  local p, active, looks, busy, finish, n = pace.new(), {}, 0, 0, 0, 0
  local function submit(at)
    n = n + 1
    active[#active + 1] = { began = at, looked = at, running = 0, looks = 0, length = length(n) }
  end
  local function due(job)
    return job.looked + p:wait(USERS, job.looked - job.began, job.looks, job.percentage)
  end
  submit(0)
  submit(UPLOAD)
  while #active > 0 do
    local at, i = math.huge, nil
    for k, job in ipairs(active) do
      if due(job) < at then at, i = due(job), k end
    end
    local job = active[i]
    local age = at - job.began
    job.looks, looks = job.looks + 1, looks + 1
    if age < job.length then
      job.looked, job.running = at, age
      job.percentage = percentage and percentage(age / job.length)
    else
      p:learn(USERS, job.running, age)
      table.remove(active, i)
      busy, finish = busy + job.length, math.max(finish, job.began + job.length)
      if n < 20 then submit(at + UPLOAD) end
    end
  end
  return busy / (2 * finish), looks / 20
end

---{what, seconds, the least use of the slots}
for _, case in ipairs {
  { "twenty seconds", 20, 0.96 }, { "a minute", 60, 0.98 }, { "three minutes", 180, 0.985 },
} do
  test("jobs of " .. case[1] .. " keep two slots busy, with few looks", function()
    local function length() return case[2] end
    local function percentage(share) return math.floor(100 * share) end
    for _, reported in ipairs { false, percentage } do
      local use, looks = run(length, reported or nil)
      assert(use >= case[3], use .. " in use")
      assert(looks <= 12, looks .. " looks a job")
    end
  end)
end

test("jobs whose length varies by a tenth are seen to end in time, with few looks", function()
  local p, all, late = pace.new(), 0, 0
  for i = 1, 40 do
    local looks, seconds = watch(p, 60 * (1 + 0.1 * math.sin(i * i)), USERS)
    all, late = all + looks, late + seconds
  end
  assert(all / 40 <= 12, all / 40 .. " looks a job")
  assert(late / 40 <= 60 * 0.03, late / 40 .. " s late")
end)

test("an end that is seen at the first look teaches nothing of the length", function()
  local p = pace.new()
  p:learn(100, 0, 3)
  tap.equal(p:expected(100), nil)
  p:learn(100, 19, 21)
  p:learn(100, 0, 18)
  p:learn(100, 0, 18)
  tap.equal(p:expected(100), 20.0)
end)

test("after an end that was seen at the first look, the next job is looked at earlier", function()
  local p = pace.new()
  p:learn(100, 19.9, 20.1)
  local first = p:wait(100, 0, 0)
  p:learn(100, 0, first)
  local second = p:wait(100, 0, 0)
  assert(second < first, second)
  p:learn(100, 0, second)
  assert(p:wait(100, 0, 0) < second)
  p:learn(100, 19.9, 20.1)
  tap.equal(p:wait(100, 0, 0), first)
end)

test("when jobs take half as long all at once, their ends are soon seen in time again", function()
  local p = pace.new()
  for _ = 1, 10 do watch(p, 60, USERS) end
  for _ = 1, 8 do watch(p, 30, USERS) end
  local _, late = watch(p, 30, USERS)
  assert(late <= 1.5, late .. " s late")
end)

test("the first looks of a run are close together: the first end is seen soon", function()
  for _, seconds in ipairs { 5.2, 10.1, 20.1, 41, 62.3, 99 } do
    local looks, late = watch(pace.new(), seconds, USERS)
    assert(late <= math.max(0.5, seconds / 10), late .. " s late")
    assert(looks <= 45, looks .. " looks")
  end
end)

test("while nothing is known, polls back off", function()
  local p = pace.new()
  tap.equal({ p:wait(100, 0, 0), p:wait(100, 20, 20), p:wait(100, 500, 40) }, { 0.5, 2.0, 10 })
end)

test("a job of unknown length that an earlier process left is looked at without delay", function()
  tap.equal(pace.new():wait(100, 600, 0), 0.5)
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
  p:learn(5, 0.5, 1)
  tap.equal(p:expected(1000), nil)
  tap.equal(p:wait(1000, 0, 0), 0.5)
  p:learn(1000, 9, 11)
  tap.equal(p:expected(1000), 10.0)
end)

test("small jobs teach nothing of large ones", function()
  local p = pace.new()
  p:learn(1000, 19, 21)
  local first = p:wait(1000, 0, 0)
  p:learn(5, 2, 3)
  p:learn(5, 0, 1)
  tap.equal({ p:expected(1000), p:wait(1000, 0, 0) }, { 20.0, first })
end)
