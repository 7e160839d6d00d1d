--- Runs that are killed at crash points, before and after the transitions of the ledger, against a
--- tenant with faults; each is resumed, and perhaps killed again, until it ends. Then the tenant
--- must have what an undisturbed run would have left, and the journal must not show users that were
--- sent twice without need. To run it, in a build with CRASH_POINTS:
--- `auth0-migrate --run tests/e2e/crashes.lua [KILLS] [SEED]`.

local connection = require "auth0.connection"
local crash = require "base.crash"
local file = require "host.file"
local json = require "host.json"
local lost = require "journal.lost"

local arguments = ... -- a table when this file is run, a name when it is required

if type(arguments) == "table" then dofile "tests/modules.lua" end

local program = require "tests.e2e.program"

local crashes = {}

local USERS <const> = 60
local PER_CHUNK <const> = 5
local LOSERS <const> = 7 -- each seventh user loses the password
local KILLED <const> = 137
local DEATHS <const> = 4 -- maximum per run
local SCALE <const> = "600" -- patience is 12 seconds then

-- Crash points, and how often a run passes them at least.
local PLACES <const> = {
  { "create.before", 1 }, { "create.after", 1 }, { "note.before", 5 }, { "note.after", 5 },
  { "staged.before", 12 }, { "staged.after", 12 }, { "sending.before", 12 },
  { "sending.after", 12 }, { "upload.begun", 12 }, { "upload.answer", 12 },
  { "sent.before", 12 }, { "sent.after", 12 },
  { "not_sent.before", 2 }, { "not_sent.after", 2 }, { "uncertain.before", 2 },
  { "uncertain.after", 2 }, { "send_again.before", 2 }, { "send_again.after", 2 },
  { "ended.before", 12 }, { "ended.after", 12 }, { "harvested.before", 12 },
  { "harvested.after", 12 }, { "judged.before", 2 }, { "judged.after", 2 },
  { "adopt.before", 1 }, { "adopt.after", 1 }, { "split.file", 2 }, { "split.before", 2 },
  { "split.after", 2 }, { "sent.file", 12 }, { "sent.prepared", 3 },
}

local UPLOAD <const> = "POST /jobs/users-imports"

---Rules for a tenant with faults.
local function bad_days(seed)
  return json.array {
    { ["do"] = "close", route = UPLOAD, probability = 0.12, seed = seed },
    { ["do"] = "close", route = UPLOAD, probability = 0.12, seed = seed + 1, processed = true },
    { ["do"] = "status", status = 429, route = "* *", probability = 0.05, seed = seed + 2 },
    { ["do"] = "status", status = 503, route = "* *", probability = 0.05, seed = seed + 3 },
    { ["do"] = "status", status = 500, route = UPLOAD, probability = 0.05, seed = seed + 4,
      processed = true },
    { ["do"] = "truncate", probability = 0.02, seed = seed + 5 },
    { ["do"] = "malformed", probability = 0.02, seed = seed + 6 },
    { ["do"] = "html", status = 502, probability = 0.02, seed = seed + 7 },
    { ["do"] = "unauthorized", every = 29 + seed % 7 },
    { ["do"] = "slots", route = UPLOAD, probability = 0.05, seed = seed + 9 },
    { ["do"] = "job-failed", share = 0.5, nth = 3 + seed % 5 },
    { ["do"] = "job-lost", nth = 2 + seed % 7 },
    { ["do"] = "job-stuck", seconds = 0.1, nth = 4 + seed % 3 },
  }
end

local function place_at(i)
  local place = PLACES[(i - 1) % #PLACES + 1]
  return string.format("%s:%d", place[1], math.random(place[2]))
end

---Whether the plan has a crash point that a run passes only if jobs fail because of a user.
local function is_of_halves(plan)
  local places = plan.place .. " " .. table.concat(plan.again, " ")
  return places:find("split.", 1, true) ~= nil
end

---The plan of the kill with this number: every crash point in turn, the rest at random.
---@param i integer
---@return CrashPlan
function crashes.draw(i)
  local plan = {
    place = place_at(i), with_ids = math.random(2) == 1, upsert = math.random(3) == 1,
    faulty = math.random(4) > 1, seed = math.random(1000000), again = {},
    -- Jobs of 2 to 60 ms: a lost one may still run while its chunk is sent again.
    speed = math.random(2) == 1 and 80 or 3000,
  }
  while #plan.again < DEATHS and math.random(2) == 1 do
    plan.again[#plan.again + 1] = place_at(math.random(#PLACES))
  end
  if is_of_halves(plan) then plan.poison, plan.faulty = math.random(USERS), false end
  return plan
end

local function prepare(s, plan)
  local lines = { "id,email,name,hash" }
  for i = 1, USERS do
    local id = plan.with_ids and "u" .. i or ""
    lines[#lines + 1] = string.format("%s,%s,Person %d,%s", id, program.email(i), i,
      i % LOSERS == 0 and "" or program.HASH)
  end
  s:write("people.csv", table.concat(lines, "\n") .. "\n")
  local options = { faults = plan.faulty and bad_days(plan.seed) or nil }
  if plan.poison then
    local users = json.array { program.email(plan.poison) }
    options.faults = json.array { { ["do"] = "job-failed", users = users } }
  end
  if plan.twins then
    options.connection = connection.defaults()
    options.connection.unique.email = false
  end
  return s:slow_tenant(options, plan.speed)
end

---Attempts of each chunk, with the state of the job that each became.
local ATTEMPTS <const> = [[SELECT attempt.chunk, attempt.outcome, job.state FROM attempt
  LEFT JOIN job ON job.attempt = attempt.id ORDER BY attempt.id]]

local UPLOADS <const> = "SELECT external_id, count(*) AS n FROM job GROUP BY external_id"

---Fails if a chunk was sent after its job completed, or if the tenant has seen uploads that the
---journal does not know.
local function check_attempts(s, tenant)
  s:journal("shop.run", function(book)
    local name, known = book:get "run", {}
    for row in book.db:rows(ATTEMPTS) do
      local chunk = known[row.chunk] or { accepted = 0, uncertain = 0 }
      known[row.chunk] = chunk
      assert(not chunk.completed, "a chunk was sent after its job completed")
      assert(row.outcome, "an attempt has no outcome")
      if chunk[row.outcome] then chunk[row.outcome] = chunk[row.outcome] + 1 end
      chunk.completed = chunk.completed or row.state == "completed"
    end
    for row in tenant.db:rows(UPLOADS) do
      assert(row.external_id:sub(1, #name) == name, "an upload of another run")
      local id = math.tointeger(tonumber(row.external_id:match("%d+$")))
      local chunk = assert(known[id], "an unknown upload " .. row.external_id)
      if row.n < chunk.accepted or row.n > chunk.accepted + chunk.uncertain then
        error(string.format("chunk %d became %d jobs, with %d attempts accepted, %d uncertain", id,
          row.n, chunk.accepted, chunk.uncertain))
      end
    end
  end)
end

---Fails unless the journal has what each user loses, at its place.
local function check_losses(s)
  s:journal("shop.run", function(book)
    for record in book:chunks() do
      local codes = lost.of_chunk(book, record.id)
      local name = string.format("shop.run/chunks/%06d.sent.zst", record.id)
      for place, line in ipairs(s:lines(name)) do
        local n = math.tointeger(tonumber(line.email:match "%d+"))
        assert((codes[place] == 1) == (n % LOSERS == 0), "a loss is missing, or is another's")
      end
    end
    local table_of = lost.report(book)
    assert(table_of[1].users == USERS // LOSERS, "the table of losses does not balance")
  end)
end

---Fails unless only the archives of the chunks remain: no part of a file that a kill interrupted.
local function check_sealed(s)
  local names = {}
  s:journal("shop.run", function(book)
    for record in book:chunks() do names[#names + 1] = string.format("%06d.sent.zst", record.id) end
  end)
  for _, name in ipairs(names) do
    for _, line in ipairs(s:lines("shop.run/chunks/" .. name)) do
      assert(line.email and line.outcome and line.digests.email, "a line is not whole")
    end
  end
  local there = table.concat(file.list(s:path "shop.run/chunks"), " ")
  assert(there == table.concat(names, " "), "the chunks folder holds " .. there)
end

---Fails unless all users are in the tenant once, but the one because of which jobs fail.
local function check_outcome(s, tenant, ended, poison)
  local failed = poison and 1 or 0
  assert(ended.status == 3 * failed, "status " .. ended.status .. "\n" .. ended.stderr)
  local report = ended:object()
  assert(report.balanced, "the books do not balance")
  assert(report.isolated.count == failed, "the user that makes jobs fail is not named")
  local u = report.users
  local counts = string.format("%d %d %d %d %d", u.inserted, u.updated, u.already_there, u.failed,
    u.pending)
  local expected = string.format("%d 0 0 %d 0", USERS - failed, failed)
  assert(counts == expected, "the statement counts " .. counts)
  local here = {}
  for row in tenant.db:rows "SELECT email FROM user" do
    assert(not here[row.email], "twice: " .. row.email)
    here[row.email] = true
  end
  for i = 1, USERS do
    assert((here[program.email(i)] == nil) == (i == poison), "missing: " .. program.email(i))
    here[program.email(i)] = nil
  end
  assert(not next(here), "a stranger")
  check_sealed(s)
  check_losses(s)
  check_attempts(s, tenant)
end

---@class CrashPlan
---@field place string       the crash point of the first process: "sent.after:3"
---@field again string[]     where those that resume it die
---@field with_ids? boolean  users have a user_id
---@field upsert? boolean
---@field faulty? boolean    the tenant has faults, drawn from `seed`
---@field seed? integer
---@field speed integer      users a second of a job
---@field canary? string     as passed to --canary
---@field poison? integer    the user because of which jobs fail
---@field twins? boolean     addresses are not unique: no upload may be repeated

---Kills a run as planned, resumes it until it ends, and raises if the result is wrong.
---@param plan CrashPlan
---@return integer deaths
function crashes.one(plan)
  local deaths = 0
  program.scene(nil, function(s)
    local tenant = prepare(s, plan)
    s.env.AUTH0_MIGRATE_TIME_SCALE = SCALE
    local args = program.words("--yes", "--chunk-users", tostring(PER_CHUNK), "--json")
    if plan.upsert then args[#args + 1] = "--upsert" end
    if plan.canary then args[#args + 1] = "--canary=" .. plan.canary end
    local ended = s:run(args, { AUTH0_MIGRATE_CRASH = plan.place })
    while ended.status == KILLED do
      deaths = deaths + 1
      if s:exists "shop.run/journal.db" then args = { "resume", "shop.run", "--json" } end
      ended = s:run(args, { AUTH0_MIGRATE_CRASH = plan.again[deaths] or "" })
    end
    check_outcome(s, tenant, ended, plan.poison)
  end)
  return deaths
end

---Kills at least `n` times; returns the reports of runs that failed.
---@param n integer
---@param seed integer
---@return string[] wrong
---@return integer deaths
function crashes.many(n, seed)
  math.randomseed(seed)
  local wrong, deaths, i = {}, 0, 0
  while deaths < n do
    i = i + 1
    local plan = crashes.draw(i)
    local ok, result = pcall(crashes.one, plan)
    if ok then
      deaths = deaths + result
    else
      deaths = deaths + 1
      wrong[#wrong + 1] = string.format("run %d of seed %d: %s\n  %s", i, seed, json.encode(plan),
        tostring(result))
    end
  end
  return wrong, deaths
end

---The command.
local function main(kills, seed)
  if not crash.possible then
    print("this build has no CRASH_POINTS")
    return 1
  end
  local wrong, deaths = crashes.many(kills, seed)
  for _, text in ipairs(wrong) do print(text) end
  print(string.format("%d kills of seed %d, %d runs failed", deaths, seed, #wrong))
  return #wrong == 0 and 0 or 1
end

if type(arguments) ~= "table" then return crashes end
return main(math.tointeger(tonumber(arguments[1])) or 200,
  math.tointeger(tonumber(arguments[2])) or os.time())
