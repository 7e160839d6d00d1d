--- The import and its end: slots, lost responses, repairs, gates; with a tenant that is a table.

local totals = require "journal.totals"
local failures = require "base.failure"
local guard = require "base.guard"
local import = require "migrate.import"
local import_rig = require "tests.lualib.import.rig"
local json = require "host.json"
local report = require "report"
local recipe_rig = require "tests.recipe_rig"
local rig = require "tests.rig"
local scheduler = require "base.scheduler"
local tap = require "tests.tap"

local test = tap.test
local now, whole, users_of = import_rig.now, import_rig.whole, import_rig.users_of

test("every chunk becomes a job, two at a time, and every user is inserted", function()
  local tenant = rig.tenant()
  rig.with_run({ n = 9, tenant = tenant }, function(face, made, book)
    tap.equal(users_of(whole(face, made, book)), { 9, 0, 0, 0, 0 })
    tap.equal(tenant.submits, 5)
    tap.equal(tenant.most_active, 2)
  end)
end)

test("a repaired user keeps its user_id, also one that begins like the tenant's", function()
  local tenant, sent = rig.tenant(), {}
  local submit = tenant.submit
  function tenant.submit(client, request)
    sent[#sent + 1] = request.data
    return submit(client, request)
  end
  tenant.script = { function(job)
    job.errors = { {
      user = { email = "a@example.com" },
      errors = { { code = "FORMAT", path = "given_name", message = "no" } },
    } }
  end }
  rig.with_run({
    users = { { user_id = "auth0|x", email = "a@example.com", email_verified = false } },
    tenant = tenant,
    recipe = recipe_rig.with [[fix = { FORMAT = function(user)
      user.given_name = "Ann"
      return user
    end }]],
  }, function(face, made, book)
    tap.equal(users_of(whole(face, made, book)), { 1, 0, 0, 0, 0 })
    tap.contains(sent[2], '"user_id":"auth0|x"')
    tap.contains(sent[2], '"given_name":"Ann"')
  end)
end)

test("slots held by other clients are waited out without losing the chunk", function()
  local tenant = rig.tenant()
  tenant.script = { { outcome = "full", active = 2 }, { outcome = "full", active = 2 } }
  rig.with_run({ n = 4, tenant = tenant }, function(face, made, book)
    tap.equal(users_of(whole(face, made, book)), { 4, 0, 0, 0, 0 })
    tap.equal(tenant.submits, 4)
  end)
end)

test("an upload that was not sent is retried until the patience runs out", function()
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
  test("a user of a lost upload is sent again with upsert for its factors: " .. name, function()
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
    -- A repair of conflicts is not consulted.
    local recipe = recipe_rig.with "fix = { CONFLICT_EMAIL = function() error('not asked') end }"
    local options = { users = users, tenant = tenant, recipe = recipe, retry = function() end }
    rig.with_run(options, function(face, made, book)
      tap.equal(users_of(whole(face, made, book)), { 2, 0, 0, 0, 0 })
      tap.equal(upserts, { true })
    end)
  end)
end

-- Addresses are not unique and the tenant assigns ids: a repetition could create duplicates.
local TWINS <const> = { email = false, user_id = true, username = true, phone_number = true }

local function without_ids(n)
  local users = rig.users(n)
  for _, user in ipairs(users) do user.user_id = nil end
  return users
end

---Users that the tenant lists from the given lookup on.
local function listed_from(tenant, look, users)
  local looks = 0
  function tenant.find()
    looks = looks + 1
    return looks >= look and rig.found(users) or {}
  end
end

test("users that must not be sent again are looked up until they exist", function()
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

local LOST <const> = {
  ["a lost upload"] = { outcome = "uncertain", message = "the connection broke" },
  ["a failed job"] = function(job) job.state, job.summary = "failed", {} end,
}

for name, lost in pairs(LOST) do
  test("users of " .. name .. " that must not be sent twice are sent again once none can appear",
    function()
      local tenant = rig.tenant()
      tenant.script = { lost }
      tenant.known = { { user_id = "auth0|1", email = "user1@example.com", created_at = now() } }
      local options = { users = without_ids(6), tenant = tenant, unique = TWINS,
        clock = scheduler.clock(100000) }
      rig.with_run(options, function(face, made, book)
        local figures = whole(face, made, book)
        tap.equal(users_of(figures), { 6, 0, 0, 0, 0 })
        tap.equal({ tenant.submits, figures.rounds }, { 4, 2 })
      end)
    end)
end

test("users that must not be sent again and are lost in each round fail", function()
  local tenant = rig.tenant()
  for round = 1, 4 do tenant.script[round] = LOST["a failed job"] end
  local options = { users = without_ids(2), tenant = tenant, unique = TWINS }
  rig.with_run(options, function(face, made, book)
    tap.equal(users_of(whole(face, made, book)), { 0, 0, 0, 2, 0 })
    tap.equal(tenant.submits, made.rounds)
  end)
end)

test("users of a job that the tenant lost are looked up while it may still run", function()
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

test("uploads that are never answered end the import when the patience runs out", function()
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

test("without a lost upload the same conflicts are users that existed before", function()
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

local ORDINARY <const> = "The user already exist and upsert parameter is false"

---A tenant that reports both users of the first upload as existing; it has the first, and the
---second under another id.
local function ordinary_tenant()
  local tenant = rig.tenant()
  local error = { code = "DUPLICATED_USER", message = ORDINARY }
  tenant.script = { function(job)
    job.errors = {
      { user = { email = "user1@example.com" }, errors = { error } },
      { user = { email = "user2@example.com" }, errors = { error } },
    }
  end }
  tenant.known = {
    { user_id = "auth0|u1", email = "user1@example.com", created_at = "2001-01-01T00:00:00Z" },
    { user_id = "auth0|zz", email = "user2@example.com", created_at = "2001-01-01T00:00:00Z" },
  }
  return tenant
end

for name, fields in pairs {
  ["by itself"] = "", ["by a fixer"] = "fix = { DUPLICATED_USER = fixers.ghost }",
} do
  test("an existing user is never deleted " .. name .. ", --delete-ghosts or not", function()
    for _, delete_ghosts in ipairs { true, false } do
      local asked = 0
      local function ask()
        asked = asked + 1
        return { status = 204, headers = {}, text = "" }
      end
      rig.with_run({
        n = 2, tenant = ordinary_tenant(), client = { request = ask },
        delete_ghosts = delete_ghosts, ask_ghosts = function() return true end,
        recipe = recipe_rig.with(fields),
      }, function(face, made, book)
        tap.equal(users_of(whole(face, made, book)), { 0, 0, 1, 1, 0 })
        tap.equal(asked, 0)
        local why = book:failures("failed", 0, 1)[1].why
        tap.contains(why, "another user (auth0|zz) has the same email and a different user_id")
        tap.equal(why:find("ghost", 1, true), nil)
      end)
    end
  end)
end

test("a failed lookup finds no ghost: its users stay open until one succeeds", function()
  local tenant = ordinary_tenant()
  local find = tenant.find
  function tenant.find() return nil, "GET /users: given up after 9 tries", "temporary" end
  rig.with_run({ n = 2, tenant = tenant, delete_ghosts = true }, function(face, made, book, dir)
    tap.equal(users_of(whole(face, made, book)), { 0, 0, 0, 0, 2 })
    tap.equal({ made.ending.kind, #book:failures("open", 0, 9) }, { "temporary", 2 })
    tap.equal(report.findings(book), json.array {})
    tenant.find = find
    local run, later = rig.import(book, dir, { tenant = tenant })
    tap.equal(users_of(whole(run, later, book)), { 0, 0, 1, 1, 0 })
  end)
end)

test("a failed user is repaired by the recipe's fix and imported as a new job", function()
  local tenant = rig.tenant()
  tenant.script = {
    function(job)
      job.errors = {
        { user = { user_id = "auth0|u2" }, errors = { { code = "MAX_LENGTH", path = "name" } } },
      }
    end,
  }
  local recipe = recipe_rig.with [[fix = {
    MAX_LENGTH = function(user, failure)
      user.name = "short"
      return user, { why = ("%d %s %s"):format(failure.position, failure.at, failure.path) }
    end,
  }]]
  rig.with_run({ n = 2, tenant = tenant, recipe = recipe }, function(face, made, book)
    local figures = whole(face, made, book)
    tap.equal(users_of(figures), { 2, 0, 0, 0, 0 })
    tap.equal({ figures.rounds, totals.balanced(figures) }, { 2, true })
    tap.equal(book:failures("requeued", 0, 1)[1].why, "2 test:2 name")
  end)
end)

test("a user that a lost repair with upsert created is inserted, not updated", function()
  local tenant = rig.tenant()
  tenant.script = {
    function(job)
      job.errors = { { user = { user_id = "u1" }, errors = { { code = "CONNECTION_NOT_FOUND" } } } }
    end,
    { outcome = "uncertain", message = "the connection broke" },
    function(job) job.summary = { total = 1, inserted = 0, updated = 1, failed = 0 } end,
  }
  tenant.known = { { user_id = "auth0|u1", email = "user1@example.com", created_at = now() } }
  local recipe = recipe_rig.with
    "fix = { CONNECTION_NOT_FOUND = function(user) return user, { upsert = true } end }"
  rig.with_run({ n = 2, tenant = tenant, recipe = recipe }, function(face, made, book)
    tap.equal(users_of(whole(face, made, book)), { 2, 0, 0, 0, 0 })
  end)
end)

---An import with four slots, whose uploads with these numbers are not answered before `fn(tenant)`
---is true or a timeout. Returns the maximum number in flight.
local function with_late(late, fn)
  local tenant = rig.tenant()
  local submit, most, under_way, ticks = tenant.submit, 0, 0, 0
  function tenant.submit(...)
    local n = tenant.submits + 1
    under_way = under_way + 1
    most = math.max(most, under_way)
    local answer = submit(...)
    while late[n] and not fn(tenant) and ticks < 1000 do
      ticks = ticks + 1
      scheduler.sleep(0.001)
    end
    under_way = under_way - 1
    return answer
  end
  rig.with_run({ n = 8, tenant = tenant, slots = 4 }, function(face, made, book)
    tap.equal(users_of(whole(face, made, book)), { 8, 0, 0, 0, 0 })
    tap.equal(tenant.submits, 4)
  end)
  return most
end

test("while the response to an upload is late, the other slots are used", function()
  local function others_are_through(tenant) return tenant.submits == 4 end
  tap.equal(with_late({ [1] = true }, others_are_through), 2)
end)

test("of two uploads that are late, the import waits for one", function()
  tap.equal(with_late({ true, true, true, true }, function() return false end), 2)
end)

test("a fix that changes nothing does not loop", function()
  local tenant = rig.tenant()
  tenant.script = {
    function(job)
      job.errors = { { user = { user_id = "auth0|u1" }, errors = { { code = "FORMAT" } } } }
    end,
  }
  local recipe = recipe_rig.with "fix = function(user) return user end"
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

test("factors sent again in a run with upsert distinguish users that it inserted", function()
  local long_ago <const> = "2020-01-01T00:00:00Z"
  for created, figures in pairs { [now()] = { 2, 0, 0, 0, 0 }, [long_ago] = { 1, 1, 0, 0, 0 } } do
    local tenant = rig.tenant()
    tenant.known = { { user_id = "auth0|u1", email = "user1@example.com", created_at = created } }
    tenant.script = {
      function(job)
        job.errors = { { user = { user_id = "u1" }, errors = { { code = "MFA_FACTORS_FAILED" } } } }
      end,
      function(job) job.summary = { total = 1, inserted = 0, updated = 1, failed = 0 } end,
    }
    rig.with_run({ n = 2, tenant = tenant, upsert = true }, function(face, made, book)
      tap.equal(users_of(whole(face, made, book)), figures)
    end)
  end
end)

test("factors that fail again are sent again while rounds are left", function()
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

test("a failed job whose errors cannot be read ends the import, and is left to the next", function()
  local tenant = rig.tenant()
  tenant.script = { function(job) job.state, job.summary = "failed", {} end }
  function tenant.errors() return nil, "GET /jobs/{id}/errors: given up", "temporary" end
  rig.with_run({ n = 2, tenant = tenant }, function(face, made, book)
    tap.equal(users_of(whole(face, made, book)), { 0, 0, 0, 0, 2 })
    tap.equal({ made.ending.kind, tenant.submits, book:chunk(1).state },
      { "temporary", 1, "ended" })
  end)
end)

test("unanswered uploads do not count as attempts of a job that fails afterwards", function()
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

test("a summary that does not add up is resolved by lookups", function()
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

test("users that a completed job left out are imported again as they are", function()
  local tenant = rig.tenant()
  local function short(job) job.summary = { total = 1, inserted = 1, updated = 0, failed = 0 } end
  tenant.script = { short }
  tenant.known = {
    { user_id = "auth0|u2", email = "user2@example.com", created_at = now() },
  }
  local recipe = recipe_rig.with "fix = function() error('not asked') end"
  rig.with_run({ n = 2, tenant = tenant, recipe = recipe }, function(face, made, book)
    tap.equal(users_of(whole(face, made, book)), { 2, 0, 0, 0, 0 })
    tap.equal(tenant.submits, 2)
  end)
end)

test("another user with the same address is not one that a completed job left out", function()
  local tenant = rig.tenant()
  tenant.script = {
    function(job) job.summary = { total = 1, inserted = 1, updated = 0, failed = 0 } end,
    function(job)
      job.errors = { { user = { user_id = "u2" }, errors = { { code = "CONFLICT_EMAIL" } } } }
    end,
  }
  tenant.known = {
    { user_id = "auth0|u1", email = "user1@example.com", created_at = now() },
    { user_id = "auth0|other", email = "user2@example.com", created_at = now() },
  }
  rig.with_run({ n = 2, tenant = tenant }, function(face, made, book)
    tap.equal(users_of(whole(face, made, book)), { 1, 0, 0, 1, 0 })
    local failed = book:failures("failed", 0, 1)[1]
    tap.equal({ tenant.submits, failed.code }, { 2, "CONFLICT_EMAIL" })
    tap.contains(failed.why, "another user (auth0|other) has the same email")
  end)
end)

test("a refused upload ends the import with the tenant's message and keeps the chunk", function()
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
    made:join()
    tap.equal({ n, book:chunk(1).state, book:chunk(2).state }, { 1, "sent", "staged" })
  end)
end)

test("a later process adopts the jobs and uncertain uploads of an earlier one", function()
  local tenant = rig.tenant()
  rig.with_run({ n = 6, tenant = tenant }, function(face, made, book)
    -- Chunk 1 is a running job, chunk 2 an unanswered upload.
    assert(book:sent(1, assert(book:sending(1)), "job_old"))
    tenant.jobs.job_old = { looks = 0, users = 2 }
    assert(book:sending(2))
    tap.equal(book:adopt(), 1)
    tap.equal(users_of(whole(face, made, book)), { 6, 0, 0, 0, 0 })
    tap.equal(tenant.submits, 2)
  end)
end)

test("an adopted job that fails is sent again without the recipe", function()
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

test("failures that match no user of the job do not count as failed users", function()
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

test("too many failures end the import; jobs in flight are waited for and harvested", function()
  local tenant = rig.tenant()
  tenant.script = {
    function(job)
      job.errors = { { user = { user_id = "auth0|u1" }, errors = { { code = "FORMAT" } } } }
    end,
  }
  rig.with_run({ n = 12, tenant = tenant, max_failures = { n = 0 } }, function(face, made, book)
    guard.call(import, face) -- a submit that waits when the gate falls raises the reason
    made:join()
    local figures = totals.figures(book)
    tap.equal(made.ending.kind, "failures")
    tap.contains(made.ending.message, "more than --max-failures 0")
    tap.equal(book:next_chunk("sent"), nil)
    assert(figures.pending > 0, "the rest is left")
  end)
end)
