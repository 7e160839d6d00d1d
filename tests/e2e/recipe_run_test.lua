--- The recipe contract, by the real program: `import`, `retry`, `fix` and `finalize`.

local json = require "host.json"
local program = require "tests.e2e.program"
local rig = require "tests.e2e.recipe_rig"
local tap = require "tests.tap"

local test = tap.test
local lines, finish, once, recipe_with, user, users, noted
  = rig.lines, rig.finish, rig.once, rig.recipe_with, rig.user, rig.users, rig.noted

test("import as a table sets connection, upsert, slots, chunk size and external_id", function()
  local existing = json.encode { user(1), user(2) }
  local result = finish(recipe_with [[
  import = { upsert = true, slots = 1, chunk_users = 2, chunk_bytes = 2000,
    external_id = "move" },
  finalize = function(run)
    assert(run.upsert == true)
    run:settle()
    local job
    for one in run:users("updated") do job = one end
    run:log("updated " .. job.user.email .. " " .. job.user_id)
  end,]], users(5), { files = { ["there.json"] = existing },
    args = { "--keep-chunks", "--existing", "there.json" } })
  tap.equal({ result.status, result.report.message }, { 0, json.null })
  tap.equal(#result.chunks, 3)
  tap.equal({ result.report.users.inserted, result.report.users.updated }, { 3, 2 })
  tap.equal(noted(result), { "updated (address) auth0|u2" })
end)

local driven = once(function()
  return finish(recipe_with [[
  import = function(run)
    local log = function(...) run:log(table.concat({ ... }, " ")) end
    log(run.connection, tostring(run.upsert), run.rounds, run.params.input)
    for chunk in run:chunks() do
      local result = run:wait(run:submit(chunk))
      log("chunk", chunk.id, result.state, result.inserted, result.failed, result.total)
      run:sleep(0.5)
    end
    run:spawn(function()
      run:sleep(20)
      log("spawned work is done")
    end)
    for i = 1, 2 do run:once("roles", function() log("once") end) end
    local answer = run:request { method = "GET", path = "/users-by-email",
      query = { email = "user2@example.com" } }
    log(answer.status, answer.body[1].user_id, answer.body[1].identities[1].provider,
      tostring(answer.headers["content-type"]))
    log(run:request({ method = "GET", path = "/users/auth0%7Cnobody" }).status)
    log(run:request({ method = "PATCH", path = "/users/auth0%7Cu1",
      body = { app_metadata = { role = "a" } } }).body.app_metadata.role)
  end,
  finalize = function(run)
    for failure in run:failures() do
      run:log(table.concat({ failure.position, failure.at, failure.code, failure.user.email,
        failure.round, #failure.errors, failure.job and "job" or "" }, " "))
      run:give_up(failure, "not worth it")
    end
    for _, outcome in ipairs { "inserted", "already_there", "failed" } do
      for one in run:users(outcome) do
        run:log(outcome .. " " .. one.position .. " " .. tostring(one.user_id))
      end
    end
  end,]], { user(1), user(2), user(3), user(4, { email = "there@example.com" }) }, {
    files = { ["there.json"] = json.encode {
      { email = "user3@example.com", user_id = "u3", email_verified = true },
      { email = "there@example.com", user_id = "other", email_verified = true },
    } },
    args = { "--existing", "there.json", "--chunk-users", "2" },
  })
end)

test("import as a function drives chunks, submit and wait itself", function()
  local log = noted(driven())
  tap.equal({ log[1], log[2], log[3] }, {
    "Username-Password-Authentication false 3 users.ndjson", "chunk 1 completed 2 0 2",
    "chunk 2 completed 0 2 2",
  })
end)

test("run:once runs its function once, and the run waits for spawned functions", function()
  local n, spawned = 0, false
  for _, text in ipairs(noted(driven())) do
    if text == "once" then n = n + 1 end
    spawned = spawned or text == "spawned work is done"
  end
  tap.equal({ n, spawned }, { 1, true })
end)

test("run:request calls the Management API and returns the response, also a 404", function()
  local log = noted(driven())
  tap.equal(log[5], "200 auth0|u2 auth0 application/json; charset=utf-8")
  tap.equal({ log[6], log[7] }, { "404", "a" })
end)

test("run:failures, run:give_up and run:users report the result of each user", function()
  local log = noted(driven())
  tap.equal(table.move(log, #log - 4, #log, 1, {}), {
    "4 users.ndjson:4 DUPLICATED_USER (address) 1 1 job", "inserted 1 auth0|u1",
    "inserted 2 auth0|u2", "already_there 3 auth0|u3", "failed 4 auth0|other",
  })
  local failed = driven().files.failed[1]
  tap.equal({ failed.position, failed.why, failed.round }, { 4, "not worth it", 1 })
  tap.equal({ driven().status, driven().report.balanced }, { 3, true })
end)

for _, case in ipairs {
  { "import", "import = function(run) run:nothing() end" },
  { "finalize", "finalize = function() error('broken') end" },
} do
  test("a recipe's " .. case[1] .. " that raises ends the import with its name and line", function()
    local result = finish(recipe_with(case[2]), users(3))
    tap.equal(result.status, 2)
    tap.contains(result.report.message, "shop.lua:11: the recipe's `" .. case[1] .. "` failed: ")
    assert(result.report.balanced)
    tap.equal(result.report.users.pending, case[1] == "import" and 3 or 0)
  end)
end

test("a spawned function that raises ends the import with its line", function()
  local result = finish(recipe_with [[
  import = function(run)
    run:spawn(function() error("no way") end)
    run:sleep(5)
    for chunk in run:chunks() do run:submit(chunk) end
  end,]], users(3))
  tap.equal(result.status, 2)
  tap.contains(result.report.message, "shop.lua:12: ")
  tap.contains(result.report.message, "no way")
  assert(result.report.balanced)
end)

-- fix and finalize -----------------------------------------------------------------------------

-- Settings that the offline rules do not know.
local STRICT <const> = [[{"username": {"min": 1, "max": 15}, "requires_username": true}]]
local TAKEN <const> = json.encode {
  { email = "x1@example.com", username = "taken1", email_verified = true },
  { email = "x2@example.com", username = "taken2", email_verified = true },
  { email = "x3@example.com", username = "taken3", email_verified = true },
  { email = "x4@example.com", username = "taken4", email_verified = true },
  { email = "x5@example.com", username = "taken5", email_verified = true },
  { email = "x6@example.com", username = "taken6", email_verified = true },
}

local function refused(fields, more)
  local records = {}
  for i = 1, 6 do records[i] = user(i, { username = "taken" .. i }) end
  records[7] = user(7, { username = "free7" })
  return finish(recipe_with(fields), records, {
    files = { ["there.json"] = TAKEN, ["connection.json"] = STRICT },
    args = { "--keep-chunks", "--existing", "there.json", "--connection-file", "connection.json",
      table.unpack(more or {}) },
  })
end

local fixed = once(function()
  return refused [[
  fix = {
    CONFLICT_USERNAME = function(user, failure)
      local n = failure.position
      if n == 1 then user.username = "fixed" .. failure.round; return user end
      if n == 2 then return { email = user.email, username = "new2", user_id = user.user_id } end
      if n == 3 then error("cannot") end
      if n == 4 then return nil, "nobody knows" end
      if n == 5 then return user end
      user.username = "free7"
      return user
    end,
  },]]
end)

test("fix by code repairs a failed user, which is sent again in a new job of round 2", function()
  local result = fixed()
  tap.equal({ result.report.users.inserted, result.report.users.failed, result.report.rounds },
    { 3, 4, 2 })
  local again = json.decode(result.chunks[2])
  tap.equal({ #again, again[1].username, again[2].username }, { 2, "fixed1", "new2" })
  assert(result.report.balanced)
  tap.equal(result.status, 3)
end)

for _, case in ipairs {
  { 3, "raises", "shop.lua:16: cannot" },
  { 4, "returns nil", "nobody knows" },
  { 5, "changes nothing", "changed nothing" },
  { 6, "makes a duplicate in place", "conflicts with record 7" },
} do
  test("a fixer that " .. case[2] .. " leaves its user failed, with the reason", function()
    local line
    for _, one in ipairs(fixed().files.failed) do
      if one.position == case[1] then line = one end
    end
    tap.equal({ line.code, line.path, line.user.username },
      { "CONFLICT_USERNAME", "username", "taken" .. case[1] })
    tap.contains(line.why, case[3])
  end)
end

test("an import that fails after its first job has exit status 2 and a report", function()
  program.scene(4, function(s)
    s:recipe(function(text)
      return (text:gsub("return {", [[return { import = function(run)
        for chunk in run:chunks() do run:wait(run:submit(chunk)); error("enough") end
      end,]], 1))
    end)
    s:tenant()
    s:run(program.words("--yes", "--chunk-users", "2")):ends_with(2)
    local report = json.decode(s:read "shop.run/report.json")
    tap.equal({ report.exit, report.balanced, report.users.inserted, report.users.pending },
      { 2, true, 2, 2 })
    local before = s:read "shop.run/report.json"
    s:recipe()
    s:run({ "resume" }):ends_with(2)
    tap.equal(s:read "shop.run/report.json", before)
    s:run({ "resume", "--changed" }):ends_with(0)
  end)
end)

for _, rounds in ipairs { 0, 1 } do
  test("finalize = { rounds = " .. rounds .. " } does not call the fixers", function()
    local result = refused(string.format([[
    fix = function() error("not asked") end,
    finalize = { rounds = %d },]], rounds))
    tap.equal({ result.report.rounds, #result.chunks }, { 1, 1 })
    tap.equal(result.files.failed[1].why, "no rounds left")
  end)
end

test("fix as one function receives every code, and finalize limits the rounds", function()
  local result = refused [[
  fix = function(user, failure)
    user.app_metadata = { tries = failure.round, code = failure.code }
    return user
  end,
  finalize = { rounds = 2 },]]
  tap.equal({ result.report.rounds, result.report.users.failed, #result.chunks }, { 2, 6, 2 })
  tap.equal(result.files.failed[1].user.app_metadata, { tries = 1, code = "CONFLICT_USERNAME" })
  tap.equal(result.files.failed[1].round, 2)
  tap.contains(result.files.failed[1].why, "no rounds left")
end)

test("without a fix a failed user is given up, with a reason", function()
  local result = refused ""
  tap.equal(result.report.codes.failed, { CONFLICT_USERNAME = 6 })
  tap.contains(result.files.failed[1].why, "has the same username")
end)

test("finalize as a function repairs with requeue and a second import", function()
  local result = refused [[
  finalize = function(run)
    for failure in run:failures() do
      local user = failure.user
      user.username = "again" .. failure.position
      assert(run:requeue(user, failure))
    end
    migrate.import(run)
    run:settle()
  end,]]
  tap.equal({ result.status, result.report.users.inserted }, { 0, 7 })
end)

-- retry ----------------------------------------------------------------------------------------

---Runs a recipe whose first jobs fail as a whole.
---@return table report
---@return integer jobs  that the tenant saw
local function with_failing_jobs(n, fields)
  local report, jobs
  program.scene(nil, function(place)
    local tenant = place:slow_tenant()
    -- Three hours pass as soon as a job begins; Auth0 gives up after two.
    local now, late, begun = tenant.now, 0, 0
    tenant.now = function(self) return now(self) + late end
    tenant.import_speed = function()
      begun = begun + 1
      if begun <= n then late = late + 3 * 3600 end
      return math.huge
    end
    place:write("shop.lua", recipe_with(fields))
    place:write("users.ndjson", lines(users(2)))
    report = place:run({ "shop.lua", "input=users.ndjson", "--yes", "--json" }):object()
    jobs = begun
  end)
  return report, jobs
end

for _, case in ipairs {
  { "by default is sent three times in all", "", 9, 3, 3 },
  { "is sent as often as retry.attempts says",
    "retry = { attempts = 2, first = 1, longest = 2 },", 9, 2, 3 },
  { "is sent as long as the function retry says",
    "retry = function(failure) if failure.attempt < 4 then return 0.5 end end,", 9, 4, 3 },
  { "is not sent again when the function retry returns nil",
    "retry = function(failure) assert(failure.message) return nil end,", 9, 1, 3 },
  { "is sent again, and may succeed", "", 2, 3, 0 },
} do
  test("a job that fails as a whole " .. case[1], function()
    local report, jobs = with_failing_jobs(case[3], case[2])
    tap.equal({ jobs, report.exit, report.balanced }, { case[4], case[5], true })
    tap.equal(report.codes.failed, case[5] == 3 and { JOB_FAILED = 2 } or {})
  end)
end

for _, case in ipairs {
  { "raises", "retry = function() error('broken') end",
    "shop.lua:11: the recipe's `retry` failed: broken" },
  { "returns nonsense", "retry = function() return 'soon' end",
    "the recipe's `retry` returned soon, not seconds" },
} do
  test("a retry that " .. case[1] .. " ends the import, and the books balance", function()
    local report = with_failing_jobs(9, case[2])
    tap.equal({ report.exit, report.message, report.balanced }, { 2, case[3], true })
  end)
end

test("run:users distinguishes inserted and updated users of one job with upsert", function()
  local result = finish(recipe_with [[
  import = { upsert = true },
  finalize = function(run)
    for _, outcome in ipairs { "inserted", "updated", "unknown" } do
      for one in run:users(outcome) do run:log(outcome .. " " .. one.position) end
    end
  end,]], users(4), { files = { ["there.json"] = json.encode { user(1), user(3) } },
    args = { "--existing", "there.json" } })
  tap.equal(noted(result), { "inserted 2", "inserted 4", "updated 1", "updated 3" })
end)
