--- Runs with users because of which whole jobs fail: they are found and named, all others imported.

local crash = require "base.crash"
local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test

local KILLED <const> = 137

---Starts a tenant whose jobs fail, without a reason, if they have one of these users.
local function poisoned_tenant(s, ...)
  local emails = {}
  for i, n in ipairs { ... } do emails[i] = program.email(n) end
  s:write("faults.yaml", "- { do: job-failed, users: [" .. table.concat(emails, ", ") .. "] }\n")
  s:tenant { "--faults", "faults.yaml" }
end

---Users by their number in people.csv that are not in the tenant, of `n`.
local function missing(s, n)
  local there, list = {}, {}
  for _, user in ipairs(s:users()) do
    assert(not there[user.email], "twice: " .. user.email)
    there[user.email] = true
  end
  for i = 1, n do
    if not there[program.email(i)] then list[#list + 1] = i end
  end
  return list
end

---The failed users, by their number, and the code of each.
local function failed(s)
  local list = {}
  for _, line in ipairs(s:lines "shop.run/failed.ndjson") do
    equal(line.code, "JOB_FAILED")
    list[#list + 1] = line.position
  end
  table.sort(list)
  return list
end

local function places(...)
  local list = {}
  for i, n in ipairs { ... } do list[i] = "people.csv:" .. n + 1 end -- behind the header
  return list
end

test("one user that makes a job fail is named, and all others are imported", function()
  program.scene(24, function(s)
    poisoned_tenant(s, 13)
    local ended = s:run(program.words("--yes", "--chunk-users", "8")):ends_with(3)
    contains(ended.stdout, "1 user makes a job fail as a whole: people.csv:14")
    contains(ended.stdout, "23  inserted")
    contains(ended.stdout, "1  failed         JOB_FAILED 1")
    contains(ended.stdout, "The books balance")
    contains(ended.stdout, "a job with this user alone failed, and the tenant reported no reason")
    contains(ended.stdout, "Repair the user in failed.ndjson, or remove its line, then retry.")
    contains(ended.stderr, "next: auth0-migrate retry shop.run")
    contains(s:read "shop.run/report.html", "1 user makes a job fail as a whole: people.csv:14.")
    equal(missing(s, 24), { 13 })
    local status = s:run({ "status", "shop.run", "--json" }):object()
    equal(status.isolated, { count = 1, at = places(13) })
    local verified = s:run({ "verify", "shop.run", "--json" }):ends_with(0):object()
    equal({ verified.users.same, verified.users.failed }, { 23, 1 })
    local undone = s:run({ "undo", "shop.run", "--yes", "--json" }):ends_with(0):object()
    equal({ undone.deleted, #s:users() }, { 23, 0 })
    s:run({ "forget", "shop.run", "--yes" }):ends_with(0)
  end)
end)

test("three users in one chunk are found, and one in another", function()
  program.scene(48, function(s)
    poisoned_tenant(s, 1, 2, 16, 40)
    local args = program.words("--yes", "--chunk-users", "16", "--json")
    local report = s:run(args):ends_with(3):object()
    equal(report.isolated, { count = 4, at = places(1, 2, 16, 40) })
    equal({ report.balanced, report.codes.failed }, { true, { JOB_FAILED = 4 } })
    equal({ failed(s), missing(s, 48) }, { { 1, 2, 16, 40 }, { 1, 2, 16, 40 } })
    -- Three attempts with each of two chunks, one with the third; two jobs for each halving.
    assert(report.jobs.submitted <= 7 + 4 * 2 * 4, report.jobs.submitted)
  end)
end)

local REST <const> = { 2, 6, 9, 13, 14, 15, 16 }

---Retries after the lines of the users that were found have been removed, as the report says.
local function retry_the_rest(s)
  local kept = {}
  for _, line in ipairs(s:lines "shop.run/failed.ndjson") do
    if line.position >= 13 then kept[#kept + 1] = json.encode(line) .. "\n" end
  end
  s:write("shop.run/failed.ndjson", table.concat(kept))
  return s:run({ "retry", "shop.run", "--json" }):ends_with(3):object()
end

test("of more users in a chunk three are found; a retry of the rest finds the next", function()
  program.scene(32, function(s)
    poisoned_tenant(s, 2, 6, 9, 15)
    local args = program.words("--yes", "--chunk-users", "16", "--json")
    local report = s:run(args):ends_with(3):object()
    equal(report.isolated, { count = 3, at = places(2, 6, 9) })
    equal({ report.balanced, report.codes.failed }, { true, { JOB_FAILED = #REST } })
    equal({ failed(s), missing(s, 32) }, { REST, REST })
    assert(report.jobs.submitted <= 4 + 3 * 2 * 4, report.jobs.submitted)
    report = retry_the_rest(s)
    equal(report.isolated, { count = 4, at = places(2, 6, 9, 15) })
    equal({ report.balanced, missing(s, 32) }, { true, { 2, 6, 9, 15 } })
  end)
end)

test("a retry of all failed users does not send the rest together with those found", function()
  program.scene(32, function(s)
    poisoned_tenant(s, 2, 6, 9, 15)
    s:run(program.words("--yes", "--chunk-users", "16")):ends_with(3)
    local report = s:run({ "retry", "shop.run", "--json" }):ends_with(3):object()
    equal(report.isolated, { count = 4, at = places(2, 6, 9, 15) })
    equal(missing(s, 32), { 2, 6, 9, 15 })
  end)
end)

test("a found user that is sent again as it was is still named", function()
  program.scene(24, function(s)
    poisoned_tenant(s, 13)
    s:run(program.words("--yes", "--chunk-users", "8")):ends_with(3)
    local report = s:run({ "retry", "shop.run", "--json" }):ends_with(3):object()
    equal(report.isolated, { count = 1, at = places(13) })
    equal({ report.balanced, report.users.failed }, { true, 1 })
  end)
end)

test("where no other job completes, no chunk is halved", function()
  program.scene(16, function(s)
    poisoned_tenant(s, 1, 9)
    local args = program.words("--yes", "--chunk-users", "8", "--json")
    local report = s:run(args):ends_with(3):object()
    equal(report.jobs, { submitted = 6, completed = 0, failed = 6 })
    equal({ report.isolated.count, report.codes.failed }, { 0, { JOB_FAILED = 16 } })
  end)
end)

test("a chunk of which a job has imported some users is not halved", function()
  program.scene(16, function(s)
    s:write("faults.yaml", "- { do: job-failed, users: [person12@example.com], share: 0.5 }\n")
    s:tenant { "--faults", "faults.yaml" }
    local args = program.words("--yes", "--chunk-users", "8", "--json")
    local report = s:run(args):ends_with(3):object()
    equal({ report.jobs.submitted, report.isolated.count }, { 4, 0 })
    equal({ missing(s, 16), failed(s) }, { { 13, 14, 15, 16 }, { 13, 14, 15, 16 } })
  end)
end)

test("a chunk whose job fails for a reason is not halved, and the reason is reported", function()
  program.scene(16, function(s)
    s:write("faults.yaml",
      "- { do: job-failed, users: [person12@example.com], details: Out of order. }\n")
    s:tenant { "--faults", "faults.yaml" }
    local ended = s:run(program.words("--yes", "--chunk-users", "8")):ends_with(3)
    contains(ended.stdout, "Out of order.")
    equal(missing(s, 16), { 9, 10, 11, 12, 13, 14, 15, 16 })
  end)
end)

test("the limit of failures counts what the halves show, and a resume goes on with them", function()
  program.scene(32, function(s)
    poisoned_tenant(s, 9, 20, 30)
    local args = program.words("--yes", "--chunk-users", "8", "--json", "--max-failures", "0",
      "--slots", "1")
    local report = s:run(args):ends_with(7):object()
    -- The next upload may be under way when the first failure is seen.
    assert(report.balanced and report.users.failed >= 1 and report.users.failed <= 2)
    assert(report.users.pending > 0 and report.users.inserted > 0, "nothing is pending")
    report = s:run({ "resume", "shop.run", "--json", "--max-failures", "9" }):ends_with(3):object()
    equal(report.isolated, { count = 3, at = places(9, 20, 30) })
    equal({ report.balanced, missing(s, 32) }, { true, { 9, 20, 30 } })
  end)
end)

test("a canary of several chunks is judged when the halves have their results", function()
  program.scene(32, function(s)
    poisoned_tenant(s, 10)
    local args = program.words("--yes", "--chunk-users", "8", "--json", "--canary", "16")
    local report = s:run(args):ends_with(7):object()
    equal(report.users, { inserted = 15, updated = 0, already_there = 0, failed = 1, pending = 16 })
    equal({ report.canary.users, report.canary.good }, { 16, 15 })
    report = s:run({ "resume", "shop.run", "--json" }):ends_with(3):object()
    equal({ report.balanced, missing(s, 32) }, { true, { 10 } })
  end)
end)

test("a recipe that drives its import gets the result of both halves with its job", function()
  program.scene(24, function(s)
    s:recipe(function(text)
      return (text:gsub('name = "shop",', [[name = "shop",
  import = function(run)
    local jobs = {}
    for chunk in run:chunks() do jobs[#jobs + 1] = run:submit(chunk) end
    for _, job in ipairs(jobs) do
      local result = run:wait(job)
      run:log("result", { inserted = result.inserted, failed = result.failed })
    end
  end,]]))
    end)
    poisoned_tenant(s, 13)
    s:run(program.words("--yes", "--chunk-users", "8")):ends_with(3)
    local results = {}
    for _, line in ipairs(s:lines "shop.run/log.ndjson") do
      if line.message == "result" then
        results[#results + 1] = line.inserted .. " " .. line.failed
      end
    end
    equal({ results, missing(s, 24) }, { { "8 0", "7 1", "8 0" }, { 13 } })
  end)
end)

test("with upsert, users that were there before are updated in halves, too", function()
  program.scene(24, function(s)
    s:write("faults.yaml", "- { do: job-failed, users: [person13@example.com] }\n")
    local there = { { email = program.email(14), user_id = "u14", email_verified = true,
      custom_password_hash = { algorithm = "bcrypt", hash = { value = program.HASH } } } }
    s:write("there.json", json.encode(json.array(there)))
    s:tenant { "--faults", "faults.yaml", "--existing", "there.json" }
    local args = program.words("--yes", "--chunk-users", "8", "--json", "--upsert")
    local users = s:run(args):ends_with(3):object().users
    equal(users, { inserted = 22, updated = 1, already_there = 0, failed = 1, pending = 0 })
  end)
end)

for name, points in pairs {
  ["between the files and the journal"] = { "split.before:1", "split.file:2", "split.before:3" },
  ["after each of three"] = { "split.after:1", "split.after:1", "split.after:1" },
  ["while halves are imported"] = { "split.after:3", "sent.after:1", "harvested.after:1",
    "upload.answer:2", "ended.after:1" },
} do
  test("a search that is killed finds what an undisturbed one finds: " .. name, function()
    if not crash.possible then tap.skip "this build has no CRASH_POINTS" end
    program.scene(32, function(s)
      poisoned_tenant(s, 2, 6, 9, 15)
      local args = program.words("--yes", "--chunk-users", "16", "--json")
      for _, point in ipairs(points) do
        s:run(args, { AUTH0_MIGRATE_CRASH = point }):ends_with(KILLED)
        args = { "resume", "shop.run", "--json" }
      end
      local report = s:run(args):ends_with(3):object()
      equal(report.isolated, { count = 3, at = places(2, 6, 9) })
      equal({ report.balanced, failed(s), missing(s, 32) }, { true, REST, REST })
    end)
  end)
end
