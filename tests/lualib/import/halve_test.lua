--- Chunks whose job fails as a whole are halved; with a tenant that is a table.

local guard = require "base.guard"
local halves = require "journal.halves"
local import_rig = require "tests.lualib.import.rig"
local limits = require "auth0.limits"
local rig = require "tests.rig"
local scheduler = require "base.scheduler"
local tap = require "tests.tap"
local totals = require "journal.totals"

local equal, test = tap.equal, tap.test
local now, whole, users_of = import_rig.now, import_rig.whole, import_rig.users_of

---A tenant whose jobs fail, without a reason, if they have one of these users. `jobs_with[i]`: how
---many jobs had user i.
local function poisoned(...)
  local tenant, poison, jobs_with = rig.tenant(), { ... }, {}
  local submit = tenant.submit
  function tenant.submit(client, request)
    local answer = submit(client, request)
    local job = tenant.jobs[answer.id]
    local function has(i) return request.data:find('"u' .. i .. '"', 1, true) end
    for _, i in ipairs(poison) do
      if job and has(i) then job.state, job.summary = "failed", {} end
    end
    for i = 1, 64 do
      if has(i) then jobs_with[i] = (jobs_with[i] or 0) + 1 end
    end
    return answer
  end
  return tenant, jobs_with
end

---The failed users, by position, with their messages.
local function failed(book)
  local list = {}
  for _, row in ipairs(book:failures("failed", 0, 100)) do list[row.position] = row.message end
  return list
end

local function positions(map)
  local list = {}
  for position in pairs(map) do list[#list + 1] = position end
  table.sort(list)
  return list
end

---User i as the tenant has it from before this run.
local function earlier(i)
  return { user_id = "auth0|u" .. i, email = "user" .. i .. "@example.com",
    created_at = "2001-01-01T00:00:00Z" }
end

local function log2(n) return math.ceil(math.log(n, 2)) end

for _, case in ipairs {
  { 16, { 5 } }, { 16, { 1 } }, { 16, { 16 } }, { 13, { 7 } }, { 2, { 2 } },
  { 16, { 3, 11 } }, { 32, { 1, 2, 3 } }, { 32, { 1, 16, 32 } },
} do
  local n, poison = case[1], case[2]
  test(string.format("of %d users, %s make the job fail and are found; the rest is imported", n,
    table.concat(poison, ", ")), function()
    local tenant = poisoned(table.unpack(poison))
    rig.with_run({ n = 2 * n, per_chunk = n, tenant = tenant }, function(face, made, book)
      local figures = whole(face, made, book)
      equal(users_of(figures), { 2 * n - #poison, 0, 0, #poison, 0 })
      equal({ figures.staged, totals.balanced { read = 2 * n, extra = 0, skipped = 0,
        unchanged = 0, rejected = 0, duplicate = 0, staged = figures.staged, updated = 0,
        inserted = figures.inserted, already_there = 0, failed = figures.failed, pending = 0 } },
        { 2 * n, true })
      equal(positions(failed(book)), poison)
      equal(halves.isolated(book, 9).count, #poison)
      -- Three attempts with the chunk, one job of the other one.
      assert(figures.submitted <= 4 + #poison * 2 * log2(n), figures.submitted)
      for _, row in ipairs(book:failures("failed", 0, 9)) do equal(row.code, "JOB_FAILED") end
    end)
  end)
end

test("at most three users are searched for in a chunk; what fails then is the rest", function()
  local tenant = poisoned(2, 9, 20, 25, 26, 31)
  rig.with_run({ n = 64, per_chunk = 32, tenant = tenant }, function(face, made, book)
    local figures = whole(face, made, book)
    local messages = failed(book)
    equal(users_of(figures), { 64 - 3 - 8, 0, 0, 3 + 8, 0 }) -- the last quarter is not searched
    equal(halves.isolated(book, 9), { count = 3, at = { "test:2", "test:9", "test:20" } })
    assert(figures.submitted <= 4 + 3 * 2 * log2(32), figures.submitted)
    equal(positions(messages), { 2, 9, 20, 25, 26, 27, 28, 29, 30, 31, 32 })
    equal({ messages[2], messages[25] }, {
      "a job with this user alone failed, and the tenant reported no reason",
      "the job failed, and the tenant reported no reason; the cause was not searched for, after 3 "
        .. "other users of the same chunk",
    })
  end)
end)

test("no half is sent again: two jobs for each halving", function()
  local tenant, jobs_with = poisoned(3)
  rig.with_run({ n = 32, per_chunk = 16, tenant = tenant }, function(face, made, book)
    equal(whole(face, made, book).submitted, 3 + 1 + 2 * 4)
    equal({ jobs_with[3], jobs_with[4], jobs_with[16], jobs_with[17] }, { 7, 7, 4, 1 })
  end)
end)

---Fails if a chunk was halved, unless the first was sent `times` times and the users count so.
local function not_halved(options, figures, times)
  rig.with_run(options, function(face, made, book)
    equal(users_of(whole(face, made, book)), figures)
    equal({ halves.split(book), book:jobs(1) }, { {}, times })
  end)
end

test("where no other job has completed, no chunk is halved: the connection is at fault", function()
  local tenant = poisoned(1, 2, 3, 4, 5, 6)
  not_halved({ n = 6, tenant = tenant }, { 0, 0, 0, 6, 0 }, 3)
  not_halved({ n = 4, per_chunk = 4, tenant = poisoned(1) }, { 0, 0, 0, 4, 0 }, 3)
end)

test("with upsert, no user counts as updated because of jobs that failed", function()
  local tenant = poisoned(1)
  tenant.known = { earlier(1), earlier(2) }
  not_halved({ n = 4, per_chunk = 4, tenant = tenant, upsert = true }, { 0, 0, 0, 4, 0 }, 3)
end)

test("a chunk waits for a running job, which shows whether the connection is at fault", function()
  for _, case in ipairs { { "completed", { 7, 0, 0, 1, 0 } }, { "failed", { 0, 0, 0, 8, 0 } } } do
    local tenant = poisoned(1)
    local status = tenant.status
    function tenant.status(client, id)
      if not tenant.jobs[id].slow then return status(client, id) end
      if tenant.submits < 4 then return { state = "running" } end
      return { state = case[1], summary = { total = 4, inserted = 4, updated = 0, failed = 0 } }
    end
    tenant.script = { function() end, function(job) job.slow = true end }
    local options = { n = 8, per_chunk = 4, tenant = tenant }
    function options.retry(failure)
      if failure.attempt < 3 and failure.chunk == 1 then return 1 end
    end
    rig.with_run(options, function(face, made, book)
      equal(users_of(whole(face, made, book)), case[2])
    end)
  end
end)

test("a chunk waits for the upload that took its slot", function()
  rig.with_run({ n = 8, per_chunk = 4, slots = 1, tenant = poisoned(1), retry = function() end },
    function(face, made, book)
      equal(users_of(whole(face, made, book)), { 7, 0, 0, 1, 0 })
    end)
end)

---Jobs with user 1 fail in this way; others complete.
local function failing(fields)
  local tenant = poisoned(1)
  local status, errors = tenant.status, tenant.errors
  function tenant.status(client, id)
    local seen = status(client, id)
    if seen.state == "failed" then
      seen.state, seen.details = fields.state or "failed", fields.details
    end
    return seen
  end
  function tenant.errors(client, id)
    local list = errors(client, id)
    if tenant.jobs[id].state == "failed" then list = fields.errors or list end
    return list, fields.more
  end
  return tenant
end

for name, case in pairs {
  ["the tenant reports a reason"] = { { details = "Broken." }, { 4, 0, 0, 4, 0 } },
  ["the tenant reports a reason with the errors"] = { { more = "Broken." }, { 4, 0, 0, 4, 0 } },
  ["the tenant reports an error of a user"] = { { errors = {
    { user = { user_id = "u2" }, errors = { { code = "FORMAT" } } },
  } }, { 4, 0, 0, 4, 0 } },
  ["the tenant does not know the job"] = { { state = "lost" }, { 4, 0, 0, 4, 0 } },
  ["a user was created"] = { {}, { 5, 0, 0, 3, 0 }, true },
} do
  test("a chunk is not halved, and only sent again, if " .. name, function()
    local tenant = failing(case[1])
    if case[3] then
      tenant.known = { { user_id = "auth0|u3", email = "user3@example.com", created_at = now() } }
    end
    local options = { n = 8, per_chunk = 4, tenant = tenant, clock = scheduler.clock(100000) }
    not_halved(options, case[2], 3)
  end)
end

test("a chunk with an unanswered upload is not halved while its job may run", function()
  for _, appears in ipairs { false, true } do
    local tenant, clock = poisoned(1), scheduler.clock(100000)
    tenant.script = { { outcome = "uncertain", message = "closed" } }
    local find = tenant.find
    function tenant.find()
      if appears and clock.elapsed() > 3600 then
        tenant.known = { { user_id = "auth0|u3", email = "user3@example.com", created_at = now() } }
      end
      return find()
    end
    local options = { n = 8, per_chunk = 4, tenant = tenant, clock = clock }
    rig.with_run(options, function(face, made, book)
      equal(users_of(whole(face, made, book)), { appears and 5 or 7, 0, 0, appears and 3 or 1, 0 })
      equal(halves.split(book)[1], not appears and 1 or nil)
      assert(clock.elapsed() > limits.JOB_SECONDS)
    end)
  end
end)

test("an unanswered upload keeps a chunk of earlier users from being halved", function()
  local tenant = poisoned(1)
  tenant.script = { { outcome = "uncertain", message = "closed" } }
  for i = 1, 4 do tenant.known[i] = earlier(i) end
  rig.with_run({ n = 8, per_chunk = 4, tenant = tenant, upsert = true }, function(face, made, book)
    equal(users_of(whole(face, made, book)), { 4, 4, 0, 0, 0 })
    equal(halves.split(book), {})
  end)
end)

test("a chunk whose users a further job might create twice is not halved", function()
  local users = rig.users(8)
  for _, user in ipairs(users) do user.given_name, user.user_id = user.user_id, nil end
  local unique = { email = false, user_id = true, username = true, phone_number = true }
  local tenant = poisoned(1)
  rig.with_run({ users = users, per_chunk = 4, tenant = tenant, unique = unique },
    function(face, made, book)
      whole(face, made, book)
      equal(halves.split(book), {})
    end)
end)

test("a user that was there before does not keep its chunk from being halved", function()
  local tenant = poisoned(1)
  tenant.known = { earlier(3) }
  rig.with_run({ n = 8, per_chunk = 4, tenant = tenant }, function(face, made, book)
    equal(users_of(whole(face, made, book)), { 7, 0, 0, 1, 0 })
  end)
end)

test("run:wait and run:failures of a job also cover the halves of its chunk", function()
  local said, err = import_rig.driven([[
    for chunk in run:chunks() do
      local job = run:submit(chunk)
      run:spawn(function()
        local r = run:wait(job)
        local failed = {}
        for failure in run:failures(job) do failed[#failed + 1] = failure.position end
        run:log(("%d: %s %d %d %d"):format(chunk.id, r.state, r.inserted, r.failed, r.total)
          .. " " .. table.concat(failed, " "))
      end)
    end]], { n = 8, per_chunk = 4, tenant = poisoned(2, 3) })
  equal(err, nil)
  table.sort(said)
  equal(said, { "1: failed 2 2 4 2 3", "2: completed 4 0 4 " })
end)

test("the halves that an earlier process left are sent, whatever the recipe submits", function()
  local tenant = poisoned(2)
  rig.with_run({ n = 8, per_chunk = 4, tenant = tenant }, function(face, made, book, dir)
    function made.log(event) if event == "split" then made:stop { kind = "interrupted" } end end
    guard.call(whole, face, made, book)
    equal({ #halves.to_send(book)[1], totals.figures(book).pending }, { 2, 4 })
    local run, later = rig.import(book, dir, { tenant = tenant })
    equal(run:chunks()(), nil)
    later:join()
    equal(users_of(totals.figures(book)), { 7, 0, 0, 1, 0 })
  end)
end)

test("the halves of a canary's chunk belong to the canary", function()
  local tenant = poisoned(3)
  local options = { n = 8, tenant = tenant, slots = 1 }
  rig.with_run(options, function(face, made, book)
    assert(book:note { canary_chunk = 2 })
    equal(users_of(whole(face, made, book)), { 3, 0, 0, 1, 4 })
    equal({ made.ending.kind, book:canary_result(2) }, { "canary", { users = 4, good = 3 } })
  end)
end)

test("in a run with upsert, users of halves that exist already are updated", function()
  local tenant = poisoned(1)
  local submit = tenant.submit
  function tenant.submit(client, request)
    local answer = submit(client, request)
    local job = tenant.jobs[answer.id]
    if not job.state and request.data:find('"u3"', 1, true) then
      job.summary = { total = job.users, inserted = job.users - 1, updated = 1, failed = 0 }
    end
    return answer
  end
  tenant.known = { earlier(3) }
  rig.with_run({ n = 8, per_chunk = 4, tenant = tenant, upsert = true }, function(face, made, book)
    equal(users_of(whole(face, made, book)), { 6, 1, 0, 1, 0 })
  end)
end)

test("a user alone in a chunk from the start is named, too, if another job completed", function()
  for _, case in ipairs { { poisoned(2), 1 }, { poisoned(1, 2, 3), 0 } } do
    rig.with_run({ n = 3, per_chunk = 1, tenant = case[1] }, function(face, made, book)
      whole(face, made, book)
      equal({ halves.isolated(book, 9).count, halves.split(book) }, { case[2], {} })
    end)
  end
end)

test("a user alone in a chunk is not named if the tenant reports a reason", function()
  local tenant = failing { details = "Broken." }
  rig.with_run({ n = 2, per_chunk = 1, tenant = tenant }, function(face, made, book)
    equal({ whole(face, made, book).failed, halves.isolated(book, 9).count }, { 1, 0 })
  end)
end)

test("with upsert, a user that was there before is found and not counted as updated", function()
  local tenant = poisoned(1)
  tenant.known = { earlier(1) }
  rig.with_run({ n = 8, per_chunk = 4, tenant = tenant, upsert = true }, function(face, made, book)
    equal(users_of(whole(face, made, book)), { 7, 0, 0, 1, 0 })
    equal(halves.isolated(book, 9).at, { "test:1" })
  end)
end)

test("users that are sent again after they were found go in a job of their own", function()
  local tenant = poisoned(1)
  local options = { n = 16, per_chunk = 8, tenant = tenant }
  rig.with_run(options, function(face, made, book)
    whole(face, made, book)
    for _, row in ipairs(book:failures("failed", 0, 9)) do
      assert(book:judged { { id = row.id, outcome = "judged" } })
    end
    for failure in face:failures() do
      assert(halves.is_isolated(book, failure.id))
      assert(face:requeue(failure.user, failure))
    end
    equal(users_of(whole(face, made, book)), { 15, 0, 0, 1, 0 })
  end)
end)
