--- Effects of faults on requests and jobs of the rehearsal tenant, over real HTTP.

local json = require "host.json"
local jobs = require "auth0.api.jobs"
local rig = require "tests.lualib.tenant.rig"
local scheduler = require "base.scheduler"
local tap = require "tests.tap"
local equal, test = tap.equal, tap.test

local function with(rules, fn)
  rig.with({ faults = json.array(rules) }, fn)
end

local function people(n)
  local list = {}
  for i = 1, n do list[i] = { email = "user" .. i .. "@example.com", user_id = "u" .. i } end
  return list
end

local function submit(t, users)
  return jobs.submit(t.client, {
    data = json.encode(json.array(users)), connection_id = t.info.connection_id,
  })
end

---The number of users after all jobs have ended.
local function users_of(t)
  while t.tenant.metrics.active > 0 do scheduler.sleep(0.002) end
  return t.tenant.db:value("SELECT count(*) FROM user")
end

local UPLOAD <const> = "POST /jobs/users-imports"

for name, case in pairs {
  ["closed before processing"] = { { ["do"] = "close" }, "uncertain", 0 },
  ["closed after processing"] = { { ["do"] = "close", processed = true }, "uncertain", 3 },
  ["truncated"] = { { ["do"] = "truncate" }, "uncertain", 3 },
  ["malformed"] = { { ["do"] = "malformed" }, "uncertain", 3 },
  ["no body"] = { { ["do"] = "empty" }, "uncertain", 0 },
  ["no body after processing"] = { { ["do"] = "empty", processed = true, status = 202 },
    "uncertain", 3 },
  ["white space"] = { { ["do"] = "empty", space = true, processed = true }, "uncertain", 3 },
  ["a proxy's page"] = { { ["do"] = "html" }, "uncertain", 0 },
  ["a proxy's page with 200"] = { { ["do"] = "html", status = 200, processed = true },
    "uncertain", 3 },
  ["408"] = { { ["do"] = "status", status = 408 }, "uncertain", 0 },
  ["500 after processing"] = { { ["do"] = "status", status = 500, processed = true },
    "uncertain", 3 },
  ["503"] = { { ["do"] = "status", status = 503 }, "uncertain", 0 },
  ["a rate limit"] = { { ["do"] = "status", status = 429 }, "limited", 0 },
  ["no free slots"] = { { ["do"] = "slots" }, "full", 0 },
  ["foreign jobs in the slots"] = { { ["do"] = "foreign", seconds = 10 }, "full", 0 },
  ["slow"] = { { ["do"] = "slow", seconds = 0.01 }, "accepted", 3 },
} do
  test("an upload meets a fault: " .. name, function()
    case[1].route = UPLOAD
    with({ case[1] }, function(t)
      equal({ submit(t, people(3)).outcome, users_of(t) }, { case[2], case[3] })
    end)
  end)
end

for name, case in pairs {
  ["seconds"] = { { retry_after = 7 }, "retry-after", "^7$" },
  ["a date"] = { { retry_after = 7, as_date = true }, "retry-after",
    "^%u%l%l, %d%d %u%l%l %d%d%d%d %d%d:%d%d:%d%d GMT$" },
  ["a reset"] = { { reset = 5 }, "x-ratelimit-remaining", "^0$" },
} do
  test("a rate limit announces its end by " .. name, function()
    case[1]["do"], case[1].status, case[1].route = "status", 429, "GET /users"
    with({ case[1] }, function(t)
      local response = t:call("GET", "/api/v2/users")
      equal(response.status, 429)
      assert(response.headers[case[2]]:find(case[3]), response.headers[case[2]])
    end)
  end)
end

test("a reset may be in the past, and headers may be missing", function()
  with({ { ["do"] = "status", status = 429, reset = -5, times = 1 },
    { ["do"] = "status", status = 429 } }, function(t)
    local first = t:call("GET", "/api/v2/users", { token = "x" })
    assert(tonumber(first.headers["x-ratelimit-reset"]) < os.time())
    local second = t:call("GET", "/api/v2/users", { token = "x" })
    equal({ second.status, second.headers["x-ratelimit-reset"], second.headers["retry-after"] },
      { 429 })
  end)
end)

test("a token is rejected, or has the lifetime of the rule", function()
  with({ { ["do"] = "unauthorized", route = "GET /users", times = 1 },
    { ["do"] = "token", seconds = 1, route = "POST /oauth/token" } }, function(t)
    equal(t:call("GET", "/api/v2/users").status, 401)
    equal(t:call("GET", "/api/v2/users").status, 200)
    equal(t:call("POST", "/oauth/token", { token = false, body = {
      grant_type = "client_credentials", client_id = t.info.client_id,
      client_secret = t.info.client_secret, audience = t.info.domain .. "/api/v2/",
    } }).json.expires_in, 1)
  end)
end)

for name, case in pairs {
  ["nothing"] = { {}, 200, "" }, ["white space"] = { { space = true }, 200, " \n" },
  ["nothing, with another status"] = { { status = 201 }, 201, "" },
} do
  test("an answer without a body holds " .. name, function()
    case[1]["do"], case[1].route, case[1].nth = "empty", "GET /users", 1
    with({ case[1] }, function(t)
      local response = assert(t.fetch { method = "GET", url = t.info.domain .. "/api/v2/users" })
      equal({ response.status, response.body }, { case[2], case[3] })
      equal(t:call("GET", "/api/v2/users").json, json.array {})
    end)
  end)
end

test("faults hit the link of an export, too", function()
  local path = "/__tenant/exports/job_x/1/abc/a.gz"
  with({ { ["do"] = "empty", route = "GET /__tenant/exports/*/*/*/*", nth = 1 } }, function(t)
    equal(t:call("GET", path, { token = false }).status, 200)
    equal(t:call("GET", path, { token = false }).status, 403)
  end)
end)

test("an outage closes every connection, then it is over", function()
  with({ { ["do"] = "outage", seconds = 0.05, nth = 2 } }, function(t)
    t:token()
    for _ = 1, 2 do
      local response = t.fetch { method = "GET", url = t.info.domain .. "/api/v2/users" }
      equal(response, nil)
    end
    scheduler.sleep(0.06)
    equal(t:call("GET", "/api/v2/users").status, 200)
  end)
end)

test("a stalled request gets no response", function()
  with({ { ["do"] = "stall", route = "GET /users" } }, function(t)
    local response, _, kind = t.fetch {
      method = "GET", url = t.info.domain .. "/api/v2/users", timeout = 0.05,
    }
    equal({ response, kind }, { nil, "timeout" })
  end)
end)

test("foreign jobs free their slots after their time", function()
  with({ { ["do"] = "foreign", jobs = 2, seconds = 0.03, times = 1 } }, function(t)
    t:token()
    equal(submit(t, people(1)).outcome, "full")
    scheduler.sleep(0.04)
    equal(submit(t, people(1)).outcome, "accepted")
  end)
end)

test("a lost job runs but is reported as missing", function()
  with({ { ["do"] = "job-lost" } }, function(t)
    local id = submit(t, people(2)).id
    equal({ t:call("GET", "/api/v2/jobs/" .. id).status,
      t:call("GET", "/api/v2/jobs/" .. id .. "/errors").status, users_of(t) }, { 404, 404, 2 })
  end)
end)

test("a stuck job ends later", function()
  with({ { ["do"] = "job-stuck", seconds = 0.03 } }, function(t)
    local id = submit(t, people(2)).id
    equal(jobs.status(t.client, id).state, "running")
    equal({ users_of(t), jobs.status(t.client, id).state }, { 2, "completed" })
  end)
end)

for name, case in pairs {
  ["without a reason"] = { {}, 204, 0 },
  ["with a reason"] = { { details = "Something broke." }, 200, 0 },
  ["after half of its users"] = { { share = 0.5 }, 204, 2 },
} do
  test("a job fails " .. name, function()
    case[1]["do"] = "job-failed"
    with({ case[1] }, function(t)
      local status, _, details = t:import(people(4))
      equal({ status.state, status.details, details },
        { "failed", case[1].details, case[1].details })
      equal({ t:call("GET", "/api/v2/jobs/" .. status.id .. "/errors").status, users_of(t) },
        { case[2], case[3] })
    end)
  end)
end

test("a job fails because of a user, whatever identifies it, and others do not", function()
  for _, name in ipairs { "user2@example.com", "u2" } do
    with({ { ["do"] = "job-failed", users = json.array { name } } }, function(t)
      equal(t:import(people(1)).state, "completed")
      equal({ t:import(people(3)).state, users_of(t) }, { "failed", 1 })
    end)
  end
end)

test("a summary may count fewer users than were sent", function()
  with({ { ["do"] = "job-short", missing = 1 } }, function(t)
    local status = t:import(people(4))
    equal({ status.state, status.summary.total, users_of(t) }, { "completed", 3, 3 })
  end)
end)

test("users with failed factors are stored, and an upsert adds the factors", function()
  with({ { ["do"] = "mfa-failed", nth = 1 } }, function(t)
    local list = people(2)
    list[1].mfa_factors = { { phone = { value = "+491511234567" } } }
    local status, errors = t:import(list)
    equal({ status.summary.failed, status.summary.inserted }, { 1, 1 })
    equal({ errors[1].errors[1].code, errors[1].user.user_id }, { "MFA_FACTORS_FAILED", "u1" })
    equal(users_of(t), 2)
    equal(t:import({ list[1] }, { upsert = true }).summary.updated, 1)
  end)
end)

test("the metrics count hits and are never hit", function()
  with({ { ["do"] = "close" } }, function(t)
    t.fetch { method = "GET", url = t.info.domain .. "/api/v2/users" }
    equal(t:call("GET", "/__tenant/metrics", { token = false }).json.faults, { close = 1 })
  end)
end)
