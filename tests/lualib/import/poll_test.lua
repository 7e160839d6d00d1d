local totals = require "journal.totals"
local failure = require "base.failure"
local finalize = require "migrate.finalize"
local import = require "migrate.import"
local limits = require "auth0.limits"
local rig = require "tests.rig"
local scheduler = require "base.scheduler"
local tap = require "tests.tap"
local test = tap.test

local function whole(face, made, book)
  import(face)
  made:join()
  if made.ending then error(made.ending, 0) end
  finalize(face)
  made:join()
  return totals.figures(book)
end

local function now()
  return os.date("!%Y-%m-%dT%H:%M:%SZ")
end

local FAST <const> = 100000 -- own seconds in one: two hours are 72 ms

---A tenant whose first job is reported as running for ever.
local function stuck()
  local tenant = rig.tenant()
  local status = tenant.status
  function tenant.status(made, id)
    if id == "job_1" then return { state = "running", percentage = 50 } end
    return status(made, id)
  end
  return tenant
end

test("a job that runs for more than two hours counts as failed, and its users are looked up",
  function()
    local tenant = stuck()
    tenant.known = {
      { user_id = "auth0|u1", email = "user1@example.com", created_at = now() },
      { user_id = "auth0|u2", email = "user2@example.com", created_at = now() },
    }
    local options = { n = 2, tenant = tenant, clock = scheduler.clock(FAST) }
    rig.with_run(options, function(face, made, book)
      local began = made.clock.elapsed()
      tap.equal(whole(face, made, book).inserted, 2)
      tap.equal(tenant.submits, 1)
      assert(made.clock.elapsed() - began > limits.JOB_SECONDS + limits.JOB_MARGIN_SECONDS)
      tap.equal(book.db:value "SELECT state FROM job", "lost")
    end)
  end)

test("a job that runs for more than two hours and created no user is sent again", function()
  local tenant = stuck()
  local options = { n = 2, tenant = tenant, clock = scheduler.clock(FAST) }
  rig.with_run(options, function(face, made, book)
    tap.equal(whole(face, made, book).inserted, 2)
    tap.equal(tenant.submits, 2)
  end)
end)

test("the two hours of an adopted job are counted from its submit", function()
  local tenant = stuck()
  local options = { n = 2, tenant = tenant, clock = scheduler.clock(FAST) }
  rig.with_run(options, function(face, made, book)
    local attempt = book:sending(1)
    assert(book:sent(1, attempt, "job_1"))
    -- At this speed the journal's tenth of a second is more than two hours.
    book.db:run "UPDATE job SET submitted = submitted - 0.1"
    book.db:run "UPDATE attempt SET ended = ended - 0.1"
    local looks, status = 0, tenant.status
    function tenant.status(client, id)
      if id == "job_1" then looks = looks + 1 end
      return status(client, id)
    end
    tenant.submits = 1
    tap.equal(whole(face, made, book).inserted, 2)
    tap.equal(looks, 1)
  end)
end)

test("a clock that was set back changes the age of no job", function()
  local tenant = rig.tenant()
  rig.with_run({ n = 2, tenant = tenant }, function(face, made, book)
    local attempt = book:sending(1)
    assert(book:sent(1, attempt, "job_1"))
    book.db:run "UPDATE job SET submitted = submitted + 86400"
    tenant.jobs.job_1 = { looks = 0, users = 2 }
    tap.equal(whole(face, made, book).inserted, 2)
    tap.equal(tenant.submits, 0)
  end)
end)

for _, kind in ipairs { "usage", "parse", "full", "io", "tls" } do
  test("a poll that fails with " .. kind .. " is repeated and never ends a run", function()
    local tenant, events = rig.tenant(), {}
    local status, looks = tenant.status, 0
    function tenant.status(made, id)
      looks = looks + 1
      if looks <= 3 then return nil, "GET /jobs/job_1: what is this?", kind end
      return status(made, id)
    end
    local function log(event) table.insert(events, event) end
    local options = { n = 2, tenant = tenant, log = log }
    rig.with_run(options, function(face, made, book)
      tap.equal(whole(face, made, book).inserted, 2)
    end)
    tap.contains(table.concat(events, " "), "look_failed look_failed look_failed job_ended")
  end)
end

for kind in pairs { credentials = 6, temporary = 5 } do
  test("a poll that fails with " .. kind .. " ends the import, and the job stays known", function()
    local tenant = rig.tenant()
    function tenant.status() return nil, "no", kind end
    rig.with_run({ n = 2, tenant = tenant }, function(face, made, book)
      tap.raises(function() whole(face, made, book) end, "no")
      tap.equal({ made.ending.kind, #book:open_jobs() }, { kind, 1 })
    end)
  end)
end

test("an upload whose tokens are rejected is sent again, and holds no slot meanwhile", function()
  local tenant = rig.tenant()
  local no = { outcome = "unauthorized", message = "the access token is refused" }
  tenant.script = { no, no, no, no }
  rig.with_run({ n = 4, tenant = tenant }, function(face, made, book)
    tap.equal(whole(face, made, book).inserted, 4)
    tap.equal({ tenant.submits, made.slots.running, made.slots:is_free() }, { 6, 0, true })
  end)
end)

test("an upload whose tokens stay rejected ends the import, and its chunk is staged", function()
  local tenant = rig.tenant()
  function tenant.submit() return { outcome = "unauthorized", message = "refused" } end
  rig.with_run({ n = 2, tenant = tenant }, function(face, made, book)
    tap.raises(function() whole(face, made, book) end, "refused")
    tap.equal({ made.ending.kind, book:chunk(1).state }, { "credentials", "staged" })
    tap.equal(book.db:value "SELECT count(*) FROM attempt", 5)
  end)
end)

test("jobs of other clients are waited out for hours, with few attempts", function()
  local tenant, free_at = rig.tenant(), nil
  local submit = tenant.submit
  local tries, details = 0, {}
  local ui = { progress = function(_, shown) details[shown.detail or "none"] = true end }
  local options = { n = 4, tenant = tenant, ui = ui, clock = scheduler.clock(20000) }
  rig.with_run(options, function(face, made, book)
    free_at = made.clock.elapsed() + 3600
    function tenant.submit(client, request)
      if made.clock.elapsed() > free_at then return submit(client, request) end
      tries = tries + 1
      return { outcome = "full", active = 2 }
    end
    tap.equal(whole(face, made, book).inserted, 4)
    assert(details["2 import jobs of other clients hold slots"])
    assert(made.slots:foreign() < 2) -- 1: an answer from before outlived the first acceptance
    assert(tries > 3 and tries <= 122, tries .. " tries in an hour")
    tap.equal(book.db:value "SELECT message FROM attempt ORDER BY id LIMIT 1",
      "2 import jobs of other clients hold slots")
  end)
end)

test("while the slots are taken, chunks to be sent again are tried one at a time", function()
  local tenant = rig.tenant()
  local tries = 0
  function tenant.submit()
    tries = tries + 1
    return { outcome = "full", active = 2 }
  end
  rig.with_run({ n = 8, tenant = tenant }, function(face, made, book)
    for id = 1, 4 do assert(book:uncertain(id, book:sending(id), "closed")) end
    local began = made.clock.elapsed()
    scheduler.spawn(function()
      made.clock.sleep(600)
      made:stop(failure.new("enough", "interrupted"))
    end)
    pcall(whole, face, made, book)
    assert(made.clock.elapsed() - began >= 600)
    assert(tries <= 24, tries .. " tries in ten minutes")
  end)
end)

test("an upload of our own is recognised although our clock was set after it", function()
  local tenant, client = rig.tenant(), { clock_offset = -3600 }
  tenant.script = {
    function() return nil end,
    function(job)
      job.errors = {
        { user = { email = "user1@example.com" }, errors = { { code = "CONFLICT_EMAIL" } } },
        { user = { email = "user2@example.com" }, errors = { { code = "CONFLICT_EMAIL" } } },
      }
    end,
  }
  local created = os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() - 3600)
  tenant.known = {
    { user_id = "auth0|u1", email = "user1@example.com", created_at = created },
    { user_id = "auth0|u2", email = "user2@example.com", created_at = created },
  }
  local submit = tenant.submit
  function tenant.submit(made, request)
    local answer = submit(made, request)
    client.clock_offset = 0
    return tenant.submits == 1 and { outcome = "uncertain", message = "closed" } or answer
  end
  rig.with_run({ n = 2, tenant = tenant, client = client }, function(face, made, book)
    tap.equal(whole(face, made, book).inserted, 2)
  end)
end)

for _, kind in ipairs { "canary", "failures", "full" } do
  test("an ending of kind " .. kind .. " waits for jobs in flight, until an interrupt", function()
    rig.with_run({ n = 2, tenant = stuck() }, function(face, made, book)
      local job = face:submit(face:chunks()())
      made:stop(failure.new("enough", kind))
      assert(not made:draining())
      scheduler.spawn(function()
        scheduler.sleep(0.02)
        made:stop(failure.new("interrupted", "interrupted"))
      end)
      made:join()
      assert(made:draining())
      tap.equal({ made.ending.kind, job.result, #book:open_jobs() }, { kind, nil, 1 })
    end)
  end)
end

test("what a full disk cannot take is recorded from the reserve, and nothing more is sent",
  function()
    local tenant = rig.tenant()
    rig.with_run({ n = 6, tenant = tenant }, function(face, made, book, dir)
      local sent, spent, full = book.sent, 0, true
      function dir.spend_reserve()
        spent, full = spent + 1, false
      end
      function book.sent(...)
        if full then return nil, "the disk is full", "full" end
        return sent(...)
      end
      pcall(import, face)
      made:join()
      tap.equal({ spent, made.ending.kind, #book:open_jobs() }, { 1, "full", 0 })
      local f = totals.figures(book)
      tap.equal({ f.inserted, f.pending, tenant.submits }, { 2, 4, 1 })
    end)
  end)

test("a slot counts as busy until the middle between the last look at a running job and its end",
  function()
    local tenant, elapsed = rig.tenant(), 0
    local status = tenant.status
    function tenant.status(made, id)
      elapsed = elapsed + (tenant.jobs[id].looks == 0 and 100 or 60)
      return status(made, id)
    end
    local clock = {
      elapsed = function() return elapsed end, real = function(seconds) return seconds end,
    }
    rig.with_run({ n = 2, tenant = tenant, clock = clock }, function(face, made, book)
      function made.pace.wait() return 0 end
      import(face)
      made:join()
      -- As long ago as it would be on this clock.
      assert(book.db:run "UPDATE job SET submitted = ended - 160")
      local times = book:job_times()
      assert(math.abs(times.busy - 130) < 0.001, times.busy)
      assert(math.abs(times.last - times.first - 130) < 0.001, times.last - times.first)
    end)
  end)

test("what one job teaches moves the next look at another", function()
  local tenant = rig.tenant()
  rig.with_run({ n = 4, tenant = tenant }, function(face, made)
    local taught, learn = false, made.pace.learn
    function made.pace.learn(...)
      taught = true
      return learn(...)
    end
    local waits = 0
    function made.pace.wait()
      waits = waits + 1
      return (taught or waits <= 2) and 0 or math.huge
    end
    import(face)
    made:join()
    tap.equal(tenant.active, 0)
  end)
end)
