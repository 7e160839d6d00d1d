local books = require "migrate.books"
local canary = require "migrate.canary"
local failures = require "base.failure"
local file = require "host.file"
local finalize = require "migrate.finalize"
local guard = require "base.guard"
local import = require "migrate.import"
local json = require "host.json"
local rig = require "tests.rig"
local run = require "migrate.run"
local scheduler = require "base.scheduler"
local tap = require "tests.tap"
local test = tap.test

local function now()
  return os.date("!%Y-%m-%dT%H:%M:%SZ")
end

---The default import and finalize, as a session runs them; returns the figures of the books.
local function whole(face, made, book)
  import(face)
  made:drain()
  if not made.ending then
    finalize(face)
    made:drain()
  end
  return books.figures(book.db)
end

local function users_of(f)
  return { f.inserted, f.updated, f.already_there, f.failed, f.pending }
end

test("every chunk becomes a job, two at a time, and every user is inserted", function()
  local tenant = rig.tenant()
  rig.with_run({ n = 9, tenant = tenant }, function(face, made, book)
    tap.equal(users_of(whole(face, made, book)), { 9, 0, 0, 0, 0 })
    tap.equal(tenant.submits, 5)
    tap.equal(tenant.most_active, 2)
  end)
end)

test("full slots of others are waited out without losing the chunk", function()
  local tenant = rig.tenant()
  tenant.script = { { outcome = "full", active = 2 }, { outcome = "full", active = 2 } }
  rig.with_run({ n = 4, tenant = tenant }, function(face, made, book)
    tap.equal(users_of(whole(face, made, book)), { 4, 0, 0, 0, 0 })
    tap.equal(tenant.submits, 4)
  end)
end)

test("what did not leave the machine is sent again until the patience is over", function()
  local tenant = rig.tenant()
  tenant.script = { { outcome = "unsent", message = "refused", kind = "network" } }
  rig.with_run({ n = 2, tenant = tenant }, function(face, made, book)
    tap.equal(users_of(whole(face, made, book)), { 2, 0, 0, 0, 0 })
  end)

  tenant = rig.tenant()
  function tenant.submit() return { outcome = "unsent", message = "refused", kind = "network" } end
  rig.with_run({ n = 2, tenant = tenant }, function(face, made, book)
    tap.raises(function() whole(face, made, book) end, "cannot be reached")
    tap.equal(made.ending.kind, "temporary")
    tap.equal(book:chunk(1).state, "staged")
  end)
end)

test("an uncertain upload is repeated, and its conflicts are recognised as our own", function()
  local tenant = rig.tenant()
  tenant.script = {
    { outcome = "uncertain", message = "the connection broke" },
    function(job)
      job.errors = {
        { user = { email = "user1@example.com" }, errors = { { code = "CONFLICT_EMAIL" } } },
        { user = { user_id = "auth0|u2" }, errors = { { code = "CONFLICT" } } },
      }
    end,
  }
  tenant.known = {
    { user_id = "auth0|u1", email = "user1@example.com", created_at = now() },
    { user_id = "auth0|u2", email = "user2@example.com", created_at = "2001-01-01T00:00:00Z" },
  }
  rig.with_run({ n = 2, tenant = tenant }, function(face, made, book)
    tap.equal(users_of(whole(face, made, book)), { 1, 0, 1, 0, 0 })
  end)
end)

for name, script in pairs {
  ["a repetition found it there"] = {
    { outcome = "uncertain", message = "the connection broke" },
    function(job)
      job.errors = { { user = { user_id = "u1" }, errors = { { code = "CONFLICT_EMAIL" } } } }
    end,
  },
  ["its job failed as a whole"] = {
    function(job)
      job.state = "failed"
      job.summary = {}
    end,
  },
} do
  test("a user of a lost upload goes once more with upsert for its factors: " .. name, function()
    local tenant, upserts = rig.tenant(), {}
    tenant.script = script
    script[#script + 1] = function(job, request)
      upserts[#upserts + 1] = request.upsert
      job.summary = { total = 1, inserted = 0, updated = 1, failed = 0 }
    end
    tenant.known = {
      { user_id = "auth0|u1", email = "user1@example.com", created_at = now() },
      { user_id = "auth0|u2", email = "user2@example.com", created_at = now() },
    }
    local users = rig.users(2)
    users[1].mfa_factors = { { phone = { value = "+491511234567" } } }
    -- A repair of conflicts has no say in it.
    local recipe = { params = {}, fix = { CONFLICT_EMAIL = function() error("not asked") end } }
    local options = { users = users, tenant = tenant, recipe = recipe, retry = function() end }
    rig.with_run(options, function(face, made, book)
      tap.equal(users_of(whole(face, made, book)), { 2, 0, 0, 0, 0 })
      tap.equal(upserts, { true })
    end)
  end)
end

-- Nobody's addresses are unique, and ids are the tenant's: a repetition could make twins.
local TWINS <const> = { email = false, user_id = true, username = true, phone_number = true }

local function without_ids(n)
  local users = rig.users(n)
  for _, user in ipairs(users) do user.user_id = nil end
  return users
end

---Users that the tenant lists from the given look-up on.
local function listed_from(tenant, look, users)
  local looks = 0
  function tenant.users()
    looks = looks + 1
    return looks >= look and users or {}
  end
end

test("what may not be repeated is looked for until it is there, beside the import", function()
  local tenant = rig.tenant()
  tenant.script = { { outcome = "uncertain", message = "the connection broke" } }
  listed_from(tenant, 3, {
    { user_id = "auth0|x1", email = "user1@example.com", created_at = now() },
    { user_id = "auth0|x2", email = "user2@example.com", created_at = now() },
  })
  local options = { users = without_ids(4), tenant = tenant, unique = TWINS }
  rig.with_run(options, function(face, made, book)
    local job = face:submit(face:chunks()())
    tap.equal(users_of(whole(face, made, book)), { 4, 0, 0, 0, 0 })
    tap.equal({ tenant.submits, face:wait(job).inserted }, { 2, 2 })
  end)
end)

test("what may not be repeated and never appears is failed once no job can run any more", function()
  local tenant = rig.tenant()
  tenant.script = { { outcome = "uncertain", message = "the connection broke" } }
  local options = { users = without_ids(2), tenant = tenant, unique = TWINS }
  rig.with_run(options, function(face, made, book)
    made.clock = scheduler.clock(100000)
    tap.equal(users_of(whole(face, made, book)), { 0, 0, 0, 2, 0 })
    tap.equal(tenant.submits, 1)
  end)
end)

test("users of a job that the tenant lost are looked for while it may still run", function()
  local tenant = rig.tenant()
  tenant.script = { function(job) job.state = "lost" end }
  listed_from(tenant, 3, {
    { user_id = "auth0|u1", email = "user1@example.com", created_at = now() },
    { user_id = "auth0|u2", email = "user2@example.com", created_at = now() },
  })
  local options = { n = 2, tenant = tenant, retry = function() end }
  rig.with_run(options, function(face, made, book)
    tap.equal(users_of(whole(face, made, book)), { 2, 0, 0, 0, 0 })
  end)
end)

test("uploads that are never answered end the import when the patience is over", function()
  local tenant = rig.tenant()
  function tenant.submit() return { outcome = "uncertain", message = "closed" } end
  rig.with_run({ n = 2, tenant = tenant }, function(face, made, book)
    tap.raises(function() whole(face, made, book) end, "does not answer uploads")
    tap.equal({ made.ending.kind, book:chunk(1).state }, { "temporary", "staged" })
    assert(book:last_attempt(1).id < 20, "ever longer waits")
  end)
end)

test("a rate limit is waited out, in the server's seconds or in our own", function()
  local tenant = rig.tenant()
  tenant.script = {
    { outcome = "limited", wait = 0.01, dictated = true }, { outcome = "limited", wait = 10 },
  }
  rig.with_run({ n = 2, tenant = tenant }, function(face, made, book)
    tap.equal(users_of(whole(face, made, book)), { 2, 0, 0, 0, 0 })
    tap.equal(tenant.submits, 3)
  end)
end)

test("without a lost upload the same conflicts were there before", function()
  local tenant = rig.tenant()
  tenant.script = {
    function(job)
      job.errors = {
        { user = { email = "USER1@example.com" }, errors = { { code = "CONFLICT_EMAIL" } } },
        { user = { email = "user2@example.com" }, errors = { { code = "CONFLICT_EMAIL" } } },
      }
    end,
  }
  tenant.known = {
    { user_id = "auth0|u1", email = "user1@example.com", created_at = now() },
    { user_id = "auth0|zz", email = "user2@example.com", created_at = now() },
  }
  rig.with_run({ n = 2, tenant = tenant }, function(face, made, book)
    tap.equal(users_of(whole(face, made, book)), { 0, 0, 1, 1, 0 })
    tap.contains(book:failures("failed", 0, 1)[1].why, "auth0|zz")
  end)
end)

test("a refused user is repaired by the recipe's fix and imported as a new job", function()
  local tenant = rig.tenant()
  tenant.script = {
    function(job)
      job.errors = {
        { user = { user_id = "auth0|u2" }, errors = { { code = "MAX_LENGTH", path = "name" } } },
      }
    end,
  }
  local seen
  local recipe = {
    params = {},
    fix = {
      MAX_LENGTH = function(user, failure)
        seen = failure
        user.name = "short"
        return user
      end,
    },
  }
  rig.with_run({ n = 2, tenant = tenant, recipe = recipe }, function(face, made, book)
    local figures = whole(face, made, book)
    tap.equal(users_of(figures), { 2, 0, 0, 0, 0 })
    tap.equal({ figures.rounds, books.balanced(figures) }, { 2, true })
    tap.equal({ seen.position, seen.at, seen.path }, { 2, "test:2", "name" })
  end)
end)

test("a fix that changes nothing does not loop", function()
  local tenant = rig.tenant()
  tenant.script = {
    function(job)
      job.errors = { { user = { user_id = "auth0|u1" }, errors = { { code = "FORMAT" } } } }
    end,
  }
  local recipe = { params = {}, fix = function(user) return user end }
  rig.with_run({ n = 2, tenant = tenant, recipe = recipe }, function(face, made, book)
    tap.equal(users_of(whole(face, made, book)), { 1, 0, 0, 1, 0 })
    tap.equal(tenant.submits, 1)
  end)
end)

test("factors that failed are repeated once with upsert, and the user stays inserted", function()
  local tenant = rig.tenant()
  local upsert
  tenant.script = {
    function(job)
      job.errors = { { user = { user_id = "u1" }, errors = { { code = "MFA_FACTORS_FAILED" } } } }
    end,
    function(job, request)
      upsert = request.upsert
      job.summary = { total = 1, inserted = 0, updated = 1, failed = 0 }
    end,
  }
  rig.with_run({ n = 2, tenant = tenant }, function(face, made, book)
    tap.equal(users_of(whole(face, made, book)), { 2, 0, 0, 0, 0 })
    tap.equal(upsert, true)
  end)
end)

test("factors that fail again go once more while rounds are left", function()
  local tenant = rig.tenant()
  local function refuse(job)
    job.errors = { { user = { user_id = "u1" }, errors = { { code = "MFA_FACTORS_FAILED" } } } }
  end
  tenant.script = { refuse, refuse }
  rig.with_run({ n = 1, tenant = tenant }, function(face, made, book)
    local figures = whole(face, made, book)
    tap.equal({ tenant.submits, figures.rounds }, { 3, 3 })
    tap.equal(users_of(figures), { 1, 0, 0, 0, 0 })
  end)
end)

test("users whose second job is lost stay inserted: the first one did it", function()
  local tenant = rig.tenant()
  local function fail(job)
    job.state, job.summary = "failed", {}
  end
  tenant.script = {
    function(job)
      job.errors = { { user = { user_id = "u1" }, errors = { { code = "MFA_FACTORS_FAILED" } } } }
      tenant.known = {
        { user_id = "auth0|u1", email = "user1@example.com", created_at = "2001-01-01T00:00:00Z" },
      }
    end,
    fail, fail, fail,
  }
  rig.with_run({ n = 2, tenant = tenant }, function(face, made, book)
    tap.equal(users_of(whole(face, made, book)), { 2, 0, 0, 0, 0 })
  end)
end)

test("a job that failed as a whole is sent again, then its users are looked up", function()
  local tenant = rig.tenant()
  local function fail(job)
    job.state = "failed"
    job.summary = {}
  end
  tenant.script = { fail, fail, fail }
  tenant.known = {
    { user_id = "auth0|u1", email = "user1@example.com", created_at = now() },
  }
  rig.with_run({ n = 2, tenant = tenant }, function(face, made, book)
    local figures = whole(face, made, book)
    tap.equal(users_of(figures), { 1, 0, 0, 1, 0 })
    tap.equal({ tenant.submits, figures.jobs_failed }, { 3, 3 })
    tap.equal(book:failures("failed", 0, 1)[1].code, "JOB_FAILED")
  end)
end)

test("uploads without an answer are no tries of a job that fails afterwards", function()
  local tenant = rig.tenant()
  local lost = { outcome = "uncertain", message = "closed" }
  tenant.script = { lost, lost, lost, function(job)
    job.state = "failed"
    job.summary = {}
  end }
  rig.with_run({ n = 2, tenant = tenant }, function(face, made, book)
    tap.equal(users_of(whole(face, made, book)), { 2, 0, 0, 0, 0 })
    tap.equal(tenant.submits, 5)
  end)
end)

test("a summary that does not add up is resolved by looking the users up", function()
  local tenant = rig.tenant()
  tenant.script = {
    function(job) job.summary = { total = 1, inserted = 1, updated = 0, failed = 0 } end,
    function(job) job.summary = { total = 0, inserted = 0, updated = 0, failed = 0 } end,
  }
  tenant.known = {
    { user_id = "auth0|u2", email = "user2@example.com", created_at = now() },
  }
  rig.with_run({ n = 2, tenant = tenant }, function(face, made, book)
    tap.equal(users_of(whole(face, made, book)), { 1, 0, 0, 1, 0 })
    tap.equal(tenant.submits, 2)
  end)
end)

test("users whom a completed job never looked at are imported once more as they are", function()
  local tenant = rig.tenant()
  local function short(job) job.summary = { total = 1, inserted = 1, updated = 0, failed = 0 } end
  tenant.script = { short }
  tenant.known = {
    { user_id = "auth0|u2", email = "user2@example.com", created_at = now() },
  }
  local recipe = { params = {}, fix = function() error("not asked") end }
  rig.with_run({ n = 2, tenant = tenant, recipe = recipe }, function(face, made, book)
    tap.equal(users_of(whole(face, made, book)), { 2, 0, 0, 0, 0 })
    tap.equal(tenant.submits, 2)
  end)
end)

test("a refused upload ends the import with the tenant's words and keeps the chunk", function()
  local tenant = rig.tenant()
  tenant.script = { { outcome = "refused", status = 400, message = "Connection must be enabled.",
    kind = "usage" } }
  rig.with_run({ n = 2, tenant = tenant }, function(face, made, book)
    tap.raises(function() import(face) end, "Connection must be enabled.")
    tap.equal({ made.ending.kind, book:chunk(1).state }, { "usage", "staged" })
  end)
end)

test("an interrupt ends the iteration; what was sent stays recorded", function()
  local tenant = rig.tenant()
  rig.with_run({ n = 6, tenant = tenant }, function(face, made, book)
    local n = 0
    for chunk in face:chunks() do
      face:submit(chunk)
      n = n + 1
      made:stop(failures.new("interrupted", "interrupted"))
    end
    made:drain()
    tap.equal({ n, book:chunk(1).state, book:chunk(2).state }, { 1, "sent", "staged" })
  end)
end)

test("a later process adopts the jobs and uncertain uploads of an earlier one", function()
  local tenant = rig.tenant()
  rig.with_run({ n = 6, tenant = tenant }, function(face, made, book)
    -- Chunk 1 is a running job, chunk 2 an upload without an answer.
    assert(book:sent(1, assert(book:sending(1)), "job_old"))
    tenant.jobs.job_old = { looks = 0, users = 2 }
    assert(book:sending(2))
    tap.equal(book:adopt(), 1)
    tap.equal(users_of(whole(face, made, book)), { 6, 0, 0, 0, 0 })
    tap.equal(tenant.submits, 2)
  end)
end)

test("an adopted job that fails is sent again by its watch alone", function()
  local tenant = rig.tenant()
  local function retry() return 50 end
  rig.with_run({ n = 4, tenant = tenant, retry = retry }, function(face, _, book)
    assert(book:sent(1, assert(book:sending(1)), "job_old"))
    tenant.jobs.job_old = { looks = 1, users = 2, state = "failed", summary = {} }
    local next_chunk = face:chunks()
    while book:chunk(1).state ~= "staged" do scheduler.sleep(0.001) end
    tap.equal(next_chunk().id, 2)
  end)
end)

test("failures that match none of our users are no failure of ours", function()
  local tenant = rig.tenant()
  tenant.script = {
    function(job)
      local errors = { { code = "FORMAT" } }
      job.errors = { { user = { email = "stranger@example.com" }, errors = errors } }
      job.summary = { total = 2, inserted = 2, updated = 0, failed = 0 }
    end,
  }
  function tenant.errors(_, id) return tenant.jobs[id].errors or {} end
  rig.with_run({ n = 2, tenant = tenant }, function(face, made, book)
    tap.equal(users_of(whole(face, made, book)), { 2, 0, 0, 0, 0 })
  end)
end)

test("once does not repeat what an earlier process ended", function()
  rig.with_run({ n = 1 }, function(face)
    local n = 0
    face:once("roles", function() n = n + 1 end)
    face:once("roles", function() n = n + 1 end)
    tap.equal(n, 1)
  end)
end)

test("run:users yields each user with its outcome", function()
  rig.with_run({ n = 2 }, function(face, made, book)
    whole(face, made, book)
    local list = {}
    for entry in face:users("inserted") do
      list[#list + 1] = { entry.position, entry.outcome, entry.user_id }
    end
    tap.equal(list, { { 1, "inserted", "auth0|u1" }, { 2, "inserted", "auth0|u2" } })
  end)
end)

---A tenant whose export holds these users.
local function exporting(users)
  local tenant = rig.tenant()
  tenant.exports = 0
  function tenant.export(_, request)
    tenant.exports = tenant.exports + 1
    local lines = {}
    for i, one in ipairs(users) do lines[i] = assert(json.encode(one)) end
    return file.write(request.save, table.concat(lines, "\n") .. "\n")
  end
  return tenant
end

test("run:users finds the user_ids that the tenant chose, by one export", function()
  local tenant = exporting {
    { user_id = "auth0|made1", email = "a@example.com", username = json.null },
    { user_id = "auth0|made2", email = "b@example.com" },
    { user_id = "auth0|x", email = "twice@example.com" },
    { user_id = "auth0|y", email = "twice@example.com" },
  }
  local users = {
    { email = "A@example.com" }, { email = "b@example.com" }, { email = "gone@example.com" },
    { email = "twice@example.com" },
  }
  rig.with_run({ users = users, tenant = tenant }, function(face, made, book, dir)
    whole(face, made, book)
    local list = {}
    for entry in face:users() do list[entry.position] = entry.user_id or "none" end
    tap.equal(list, { "auth0|made1", "auth0|made2", "none", "none" })
    local ok = pcall(function()
      for _ in face:users() do error("enough") end
    end)
    tap.equal({ ok, tenant.exports }, { false, 2 })
    for _, name in ipairs { "ids.db", "ids.export" } do
      assert(not file.stat(dir:file(name)), name .. " is left behind")
    end
  end)
end)

test("run:users asks for no export when every user_id is known", function()
  local tenant = exporting {}
  rig.with_run({ n = 3, tenant = tenant }, function(face, made, book)
    whole(face, made, book)
    for entry in face:users() do assert(entry.user_id) end
    tap.equal(tenant.exports, 0)
  end)
end)

---The outcomes of run:users, by position, of an upsert that inserted one of three users.
local function upserted(created, look)
  local lines = {}
  for i = 1, 3 do
    lines[i] = { user_id = "auth0|u" .. i, email = "user" .. i .. "@example.com",
      created_at = created[i] }
  end
  local tenant = exporting(lines)
  tenant.script = {
    function(job) job.summary = { total = 3, inserted = 1, updated = 2, failed = 0 } end,
  }
  local options = { n = 3, per_chunk = 3, tenant = tenant, upsert = true }
  rig.with_run(options, function(face, made, book)
    whole(face, made, book)
    look(face, book, tenant)
  end)
end

local LONG_AGO <const> = "2001-01-01T00:00:00Z"

test("run:users tells whom an upsert inserted and whom it updated, by their creation", function()
  upserted({ LONG_AGO, now(), LONG_AGO }, function(face, book, tenant)
    local list = {}
    for entry in face:users() do list[entry.position] = entry.outcome end
    tap.equal(list, { "updated", "inserted", "updated" })
    for entry in face:users("inserted") do tap.equal(entry.position, 2) end
    for _ in face:users("failed") do error("nobody failed") end
    tap.equal({ tenant.exports, #books.warnings(book.db) }, { 2, 0 })
  end)
end)

test("run:users says unknown, and the statement warns, where creation leaves it open", function()
  upserted({ LONG_AGO, now(), now() }, function(face, book)
    local list = {}
    for entry in face:users() do list[entry.position] = entry.outcome end
    tap.equal(list, { "updated", "unknown", "unknown" })
    for _ in face:users("inserted") do error("nobody can tell") end
    local n = 0
    for _ in face:users("unknown") do n = n + 1 end
    local warning = books.warnings(book.db)[1]
    tap.equal({ n, warning.code, warning.count }, { 2, "OUTCOME_UNKNOWN", 2 })
  end)
end)

test("a chunk is submitted once, and only one that was yielded", function()
  local tenant = rig.tenant()
  rig.with_run({ n = 2, tenant = tenant }, function(face)
    local chunk = face:chunks()()
    tap.raises(function() face:submit { id = chunk.id + 1 } end, "that run:chunks() has yielded")
    face:wait(face:submit(chunk))
    tap.raises(function() face:submit(chunk) end, ": run:submit: chunk 1 was")
    tap.equal(tenant.submits, 1)
  end)
end)

local MISUSES <const> = {
  { "submit", {} }, { "wait", {} }, { "requeue", { {} } }, { "give_up", {} }, { "once", { "key" } },
  { "spawn", { 1 } }, { "sleep", { "1" } }, { "request", { { method = "GET", path = "users" } } },
}

for _, case in ipairs(MISUSES) do
  test("a wrong argument of run:" .. case[1] .. " is told at the recipe's line", function()
    rig.with_run({ n = 1 }, function(face)
      tap.raises(function()
        face[case[1]](face, table.unpack(case[2]))
      end, ": run:" .. case[1])
    end)
  end)
end

test("the run object hides the engine and its credentials", function()
  rig.with_run({ n = 1 }, function(face)
    tap.equal({ face.engine, face.queue, getmetatable(face) }, {})
  end)
end)

test("too many failures end the import; jobs in flight are waited for and harvested", function()
  local tenant = rig.tenant()
  tenant.script = {
    function(job)
      job.errors = { { user = { user_id = "auth0|u1" }, errors = { { code = "FORMAT" } } } }
    end,
  }
  rig.with_run({ n = 12, tenant = tenant, max_failures = { n = 0 } }, function(face, made, book)
    guard.call(import, face) -- a submit that waits when the gate falls raises the reason
    made:drain()
    local figures = books.figures(book.db)
    tap.equal(made.ending.kind, "gate")
    tap.contains(made.ending.message, "more than --max-failures 0")
    tap.equal(book:next_chunk("sent"), nil)
    assert(figures.pending > 0, "the rest is left")
  end)
end)

test("a canary goes alone and is judged once; a clean one lets the rest follow", function()
  local tenant = rig.tenant()
  rig.with_run({ n = 6, tenant = tenant, invite = function(n)
    tap.equal({ n, tenant.submits }, { 2, 1 })
    return true
  end }, function(face, made, book)
    assert(book:note { canary_chunk = 1 })
    tap.equal(users_of(whole(face, made, book)), { 6, 0, 0, 0, 0 })
  end)
end)

---Imports as another process would go on, answering the canary's question.
local function again(made, answer)
  made.ending = nil
  local asked = false
  function made.invite()
    asked = true
    return answer
  end
  guard.call(import, run.new(made))
  made:drain()
  return { made.ending and made.ending.kind or "done", asked }
end

test("a no after a clean canary is asked again by every process until a yes", function()
  local tenant = rig.tenant()
  rig.with_run({ n = 6, tenant = tenant }, function(_, made, book)
    assert(book:note { canary_chunk = 1 })
    tap.equal(again(made, false), { "gate", true })
    tap.equal(again(made, false), { "gate", true })
    tap.equal(again(made, nil), { "gate", true }) -- nobody to ask: the no stands
    tap.equal({ made.ending.message, tenant.submits }, { canary.REFUSED, 1 })
    tap.equal(again(made, true), { "done", true })
    tap.equal(again(made, false), { "done", false })
    tap.equal(tenant.submits, 3)
  end)
end)

test("a question after a canary that an interrupt ends is asked again", function()
  local tenant = rig.tenant()
  rig.with_run({ n = 6, tenant = tenant, invite = function() end }, function(face, made, book)
    assert(book:note { canary_chunk = 1 })
    function made.invite() made:stop(failures.new("interrupted", "interrupted")) end
    guard.call(import, face)
    made:drain()
    tap.equal({ made.ending.kind, tenant.submits }, { "interrupted", 1 })
    tap.equal(again(made, true), { "done", true })
  end)
end)

test("nobody to ask after a clean canary: the rest follows", function()
  rig.with_run({ n = 6 }, function(_, made, book)
    assert(book:note { canary_chunk = 1 })
    tap.equal(again(made, nil), { "done", true })
  end)
end)

test("a canary that is not clean is judged once: the next process goes on unasked", function()
  local tenant = rig.tenant()
  tenant.script = {
    function(job)
      job.errors = { { user = { user_id = "auth0|u1" }, errors = { { code = "FORMAT" } } } }
    end,
  }
  rig.with_run({ n = 6, tenant = tenant }, function(_, made, book)
    assert(book:note { canary_chunk = 1 })
    tap.equal(again(made, true), { "gate", false })
    tap.equal(again(made, false), { "done", false })
  end)
end)

test("a canary that was there before, or failed, stops the run before the rest", function()
  local tenant = rig.tenant()
  tenant.script = {
    function(job)
      job.errors = { { user = { user_id = "auth0|u1" }, errors = { { code = "FORMAT" } } } }
    end,
  }
  rig.with_run({ n = 6, tenant = tenant }, function(face, made, book)
    assert(book:note { canary_chunk = 1 })
    local figures = whole(face, made, book)
    tap.equal({ made.ending.kind, tenant.submits, figures.pending }, { "gate", 1, 4 })
  end)
end)
