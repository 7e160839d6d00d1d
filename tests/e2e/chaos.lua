--- A run of N generated users against a tenant where every fault happens to a few percent of the
--- requests and jobs, and tokens live for three seconds; the program is killed at random moments of
--- the import, and resumed. It must end complete and balanced, with every user in the tenant once
--- and no other user. Prints how full the slots were and what a job cost. To run it:
--- `auth0-migrate --run tests/e2e/chaos.lua [USERS] [KILLS] [SEED]`.

local arguments = ... -- a table when this file is run, a name when it is required

if type(arguments) == "table" then dofile "tests/modules.lua" end

local json = require "host.json"
local program = require "tests.e2e.program"
local scheduler = require "base.scheduler"

local chaos = {}

local SCALE <const> = 10
local KILLED <const> = 137
local LATEST <const> = 0.98 -- share of the jobs after which the last kill comes
local DELAY <const> = 0.2 -- seconds, maximum between the job that a kill waits for and the kill
local PATIENCE <const> = 3600 -- seconds, for a run

---At least one rule for each fault, each with its own seed.
---@param seed integer
---@return table[]
function chaos.rules(seed)
  local rules = json.array {
    { ["do"] = "token", seconds = 3 },
    { ["do"] = "outage", seconds = 1, route = "GET *", probability = 0.002 },
    { ["do"] = "foreign", seconds = 1, route = "GET *", probability = 0.003 },
    { ["do"] = "stall", probability = 0.003 },
    { ["do"] = "stall", probability = 0.003, processed = true },
    { ["do"] = "close", probability = 0.02 },
    { ["do"] = "close", probability = 0.02, processed = true },
    { ["do"] = "slow", seconds = 0.3, probability = 0.03 },
    { ["do"] = "truncate", probability = 0.02 },
    { ["do"] = "malformed", probability = 0.02 },
    { ["do"] = "html", probability = 0.02 },
    { ["do"] = "status", status = 408, probability = 0.01 },
    { ["do"] = "status", status = 429, probability = 0.01, retry_after = 1 },
    { ["do"] = "status", status = 429, probability = 0.01, retry_after = 1, as_date = true },
    { ["do"] = "status", status = 429, probability = 0.01, reset = 1 },
    { ["do"] = "status", status = 429, probability = 0.01, reset = -5 },
    { ["do"] = "status", status = 429, probability = 0.02 },
    { ["do"] = "status", status = 500, probability = 0.01, processed = true },
    { ["do"] = "status", status = 502, probability = 0.01 },
    { ["do"] = "status", status = 503, probability = 0.02 },
    { ["do"] = "status", status = 504, probability = 0.01, processed = true },
    { ["do"] = "slots", probability = 0.05 },
    { ["do"] = "unauthorized", probability = 0.03 },
    { ["do"] = "job-lost", probability = 0.03 },
    { ["do"] = "job-stuck", seconds = 0.5, probability = 0.03 },
    { ["do"] = "job-failed", share = 0.5, probability = 0.03 },
    { ["do"] = "job-failed", details = "Something broke.", probability = 0.03 },
    { ["do"] = "job-short", missing = 3, probability = 0.03 },
    { ["do"] = "connection-gone", share = 0.5, probability = 0.02 },
    { ["do"] = "mfa-failed", share = 0.5, probability = 0.1 },
    { ["do"] = "empty", probability = 0.01 },
    { ["do"] = "empty", probability = 0.01, processed = true, space = true },
  }
  for i, rule in ipairs(rules) do rule.seed = seed * 100 + i end
  return rules
end

-- Every second user has a user_id, every tenth an MFA factor.
local RECIPE <const> = [[
return {
  name = "chaos",
  source = function()
    local i = 0
    return function()
      i = i + 1
      if i <= %d then return { n = i }, "generated:" .. i end
    end
  end,
  map = function(row)
    local factors
    if row.n %% 10 == 0 then factors = { { phone = { value = "+4915" .. 10000000 + row.n } } } end
    return {
      user_id = row.n %% 2 == 0 and "user-" .. row.n or nil, given_name = "Ann",
      email = "user" .. row.n .. "@example.com", mfa_factors = factors,
    }
  end,
  retry = { attempts = 10, longest = 30 }, -- nearly a tenth of the jobs fail
  fix = { CONNECTION_NOT_FOUND = function(user) return user, { upsert = true } end },
  finalize = { rounds = 8 },
}
]]

---What is wrong with the tenant's users; nil if they are those of the source.
local function objection(tenant, n)
  local seen, count = {}, 0
  for row in tenant.db:rows "SELECT user_id, email, record FROM user" do
    local i = math.tointeger(tonumber(row.email:match("^user(%d+)@example%.com$")))
    if not i or i < 1 or i > n then return "a stranger, " .. row.email end
    if seen[i] then return "twice: " .. row.email end
    if i % 2 == 0 and row.user_id ~= "auth0|user-" .. i then
      return row.email .. " has the user_id " .. row.user_id
    end
    if i % 10 == 0 and not row.record:find('"mfa_factors"', 1, true) then
      return row.email .. " lost its factors"
    end
    seen[i], count = true, count + 1
  end
  if count < n then return n - count .. " users are missing" end
end

---When to kill: numbers of jobs, each with seconds after its start.
local function draw_kills(kills, jobs)
  local list = {}
  for i = 1, kills do
    list[i] = { jobs = math.ceil(math.random() * LATEST * jobs), delay = math.random() * DELAY }
  end
  table.sort(list, function(a, b) return a.jobs < b.jobs end)
  return list
end

---Runs, kills and resumes until the end.
---@return Program ended
---@return integer deaths
local function survive(s, tenant, args, moments)
  local deaths, one = 0, s:start(args)
  for _, moment in ipairs(moments) do
    s:until_("job " .. moment.jobs, function()
      return one.status or tenant.metrics.jobs >= moment.jobs
    end)
    scheduler.sleep(moment.delay)
    if one.status then break end
    one:kill "KILL"
    if one:wait().status ~= KILLED then break end
    deaths = deaths + 1
    one = s:start { "resume", "chaos.run", "--json", "-q" }
  end
  return one:wait(), deaths
end

---@class ChaosOptions
---@field users integer
---@field kills integer
---@field seed integer
---@field per_chunk integer

---@class ChaosResult
---@field report table
---@field deaths integer
---@field wrong? string    what is wrong with the outcome
---@field metrics Metrics
---@field slots table     as the tenant's metrics show them
---@field rules FaultTally[]

---@param options ChaosOptions
---@return ChaosResult
function chaos.play(options)
  math.randomseed(options.seed)
  local result
  program.scene(nil, function(s)
    s.patience = PATIENCE
    s:write("chaos.lua", RECIPE:format(options.users))
    s.env.AUTH0_MIGRATE_TIME_SCALE = tostring(SCALE)
    local tenant = s:slow_tenant {
      tier = "enterprise", time_scale = SCALE, faults = chaos.rules(options.seed),
    }
    local args = {
      "chaos.lua", "--yes", "--json", "-q", "--chunk-users", tostring(options.per_chunk),
    }
    local moments = draw_kills(options.kills, options.users // options.per_chunk)
    local ended, deaths = survive(s, tenant, args, moments)
    local report = ended:object()
    local u = report.users
    local wrong = objection(tenant, options.users)
    if ended.status ~= 0 or report.status ~= "complete" then
      wrong = string.format("%s, with %d: %s", report.status, ended.status, report.message)
    elseif not report.balanced or u.inserted + u.updated ~= options.users then
      wrong = wrong or "the books are not those of the source"
    elseif deaths < options.kills then
      wrong = wrong or string.format("it ended before %d of the kills", options.kills - deaths)
    end
    result = {
      report = report, deaths = deaths, wrong = wrong, metrics = tenant.metrics,
      rules = tenant.faults:tally(), slots = s:metrics().slots,
    }
  end)
  return result
end

local function total_of(counts)
  local n = 0
  for _, times in pairs(counts) do n = n + times end
  return n
end

---The command.
local function main(users, kills, seed)
  local per_chunk = math.max(20, math.min(500, users // 250))
  local result = chaos.play { users = users, kills = kills, seed = seed, per_chunk = per_chunk }
  local report, m, slots = result.report, result.metrics, result.slots
  local u = report.users
  print(string.format("%d kills; exit %d, %s, balanced %s: %d inserted, %d updated, %d already "
    .. "there, %d failed, %d pending", result.deaths, report.exit, report.status, report.balanced,
    u.inserted, u.updated, u.already_there, u.failed, u.pending))
  print(string.format("%d jobs of %.1f s, %d rounds, slots busy %.1f %%, %.1f requests a job",
    m.jobs, slots.busy_seconds * SCALE / m.jobs, report.rounds, slots.use * 100,
    total_of(m.requests) / m.jobs))
  for _, rule in ipairs(result.rules) do
    print(string.format("%6d of %6d  %s", rule.hits, rule.matched, rule["do"]))
  end
  print(result.wrong and "wrong: " .. result.wrong or "the tenant has exactly the users")
  return result.wrong and 1 or 0
end

if type(arguments) ~= "table" then return chaos end
return main(math.tointeger(tonumber(arguments[1])) or 5000,
  math.tointeger(tonumber(arguments[2])) or 3, math.tointeger(tonumber(arguments[3])) or 1)
