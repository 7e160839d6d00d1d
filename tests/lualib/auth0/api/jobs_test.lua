local connections = require "auth0.api.connections"
local digest = require "host.digest"
local facts = require "auth0.api.tenant"
local file = require "host.file"
local jobs = require "auth0.api.jobs"
local json = require "host.json"
local login = require "auth0.api.login"
local people = require "auth0.api.users"
local rig = require "tests.lualib.auth0.api.client_rig"
local tap = require "tests.tap"
local test = tap.test

local answer = rig.answer
local FULL <const> = "There are 2 active import users jobs, please wait until some of them are "
  .. "finished and try again"

local function submit(step, options)
  local made = rig.client({ step }, options)
  local result = jobs.submit(made.client, {
    file = "chunks/000001.json", connection_id = "con_0123456789abcdef", upsert = true,
    external_id = "run-1",
  })
  return result, made
end

-- Submit ------------------------------------------------------------------------------------

test("an upload is a form with the file first, never resent, without an e-mail", function()
  local result, made = submit(answer(202, { id = "job_1", status = "pending" }))
  tap.equal(result.outcome, "accepted")
  tap.equal(result.id, "job_1")
  tap.equal(result.job.status, "pending")
  local call = made.calls[1]
  tap.equal(call.method, "POST")
  tap.equal({ call.fresh, call.recent }, { true, 2 })
  tap.equal(call.parts, {
    { name = "users", file = "chunks/000001.json", filename = "users.json",
      type = "application/json" },
    { name = "connection_id", data = "con_0123456789abcdef" },
    { name = "upsert", data = "true" },
    { name = "send_completion_email", data = "false" },
    { name = "external_id", data = "run-1" },
  })
end)

for _, case in ipairs {
  { "full slots are not a rate limit", answer(429, { message = FULL }),
    { outcome = "full", active = 2 } },
  { "a response without a job is uncertain", answer(200, {}), { outcome = "uncertain" } },
  { "a server error is uncertain", answer(500, { message = "Internal error." }),
    { outcome = "uncertain" } },
  { "a gateway's page is uncertain", answer(502, "<html>"), { outcome = "uncertain" } },
  { "a request timeout of the server is uncertain", answer(408), { outcome = "uncertain" } },
  { "a connection that breaks afterwards is uncertain", { "reset", "network", true },
    { outcome = "uncertain", kind = "network" } },
  { "a request that was not sent is unsent", { "refused", "network", false },
    { outcome = "unsent", kind = "network" } },
  { "a bad certificate is unsent", { "untrusted", "tls", false },
    { outcome = "unsent", kind = "tls" } },
  { "a large payload is kind data", answer(413, { message = "Payload content length greater" }),
    { outcome = "refused", status = 413, kind = "data" } },
  { "an empty file is kind data", answer(400, { message = "Users file must not be empty." }),
    { outcome = "refused", status = 400, kind = "data" } },
  { "an unknown connection is kind usage",
    answer(400, { message = "The connection does not exist." }),
    { outcome = "refused", status = 400, kind = "usage" } },
  { "another server is kind usage", answer(404, "nothing here"),
    { outcome = "refused", status = 404, kind = "usage" } },
  { "a missing scope is kind credentials",
    answer(403, { message = "Insufficient scope; expected any of: create:users." }),
    { outcome = "refused", kind = "credentials" } },
} do
  test(case[1], function()
    local result, made = submit(case[2])
    for key, value in pairs(case[3]) do tap.equal(result[key], value, key) end
    tap.equal(#made.calls, 1)
    tap.equal(#made.slept, 0)
    if result.outcome ~= "full" then assert(result.message) end
  end)
end

test("a rate limit returns the wait, and nothing is retried", function()
  local result, made = submit(answer(429, { message = "Global limit has been reached" },
    { ["retry-after"] = "10" }))
  tap.equal(result.outcome, "limited")
  assert(result.wait >= 10 and result.wait <= 12)
  tap.equal(result.dictated, true)
  tap.equal(#made.slept, 0)
end)

test("an upload rejected with a renewed token had no effect: the caller waits", function()
  local made = rig.client { answer(401), answer(401, { message = "Invalid token." }) }
  local result = jobs.submit(made.client, { data = "[]", connection_id = "con_1" })
  tap.equal({ result.outcome, #made.calls, #made.slept }, { "unauthorized", 2, 0 })
  tap.contains(result.message, "Invalid token.")
end)

test("without a token nothing is sent: refused for credentials, unsent in an outage", function()
  local result, made = submit(answer(202), { token = function() return answer(401) end })
  tap.equal({ result.outcome, result.kind }, { "refused", "credentials" })
  tap.equal(#made.calls, 0)
  result = submit(answer(202), { token = function() return answer(503) end, patience = 5 })
  tap.equal({ result.outcome, result.kind }, { "unsent", "temporary" })
end)

-- Status ------------------------------------------------------------------------------------

for word, state in pairs {
  pending = "running", processing = "running", queued = "running", completed = "completed",
  failed = "failed", expired = "failed",
} do
  test("status " .. word .. " means " .. state, function()
    local made = rig.client { answer(200, { id = "job_1", type = "users_import", status = word }) }
    tap.equal(assert(jobs.status(made.client, "job_1")).state, state)
  end)
end

test("a status has the summary in integers, the percentage and why it failed", function()
  local body = {
    status = "completed", percentage_done = 100, created_at = "2026-11-24T00:00:00.000Z",
    status_details = "why", summary = { total = 3, inserted = 1, failed = 2 },
  }
  local made = rig.client { answer(200, body) }
  local status = assert(jobs.status(made.client, "job_1"))
  tap.equal(status.summary, { total = 3, inserted = 1, failed = 2 })
  tap.equal({ status.details, status.created_at }, { "why", "2026-11-24T00:00:00.000Z" })
  tap.equal(status.raw, json.encode(body))
end)

test("an unknown job is lost", function()
  local made = rig.client { answer(404, { message = "Job not found." }) }
  tap.equal(assert(jobs.status(made.client, "job_1")).state, "lost")
end)

test("a status that cannot be read is a failure", function()
  local made = rig.client { answer(201, { status = "pending" }), answer(400, { message = "bad" }) }
  local status, _, kind = jobs.status(made.client, "job_1")
  tap.equal({ status, kind }, { nil, "temporary" })
  status, _, kind = jobs.status(made.client, "job_1")
  tap.equal({ status, kind }, { nil, "usage" })
end)

-- Errors ------------------------------------------------------------------------------------

local ENTRY <const> = {
  user = { email = "a@b.co" }, errors = { { code = "FORMAT", message = "m", path = "p" } },
}

for _, case in ipairs {
  { "a list", json.array { ENTRY }, { ENTRY } },
  { "one entry alone", ENTRY, { ENTRY } },
  { "an empty list", json.array {}, {} },
  { "one error in place of a list", { { user = ENTRY.user, errors = ENTRY.errors[1] } },
    { ENTRY } },
  { "an entry without a user", { { errors = ENTRY.errors } },
    { { user = {}, errors = ENTRY.errors } } },
  { "an entry without errors", { { user = ENTRY.user } }, { { user = ENTRY.user, errors = {} } } },
  { "an error without code and path", { { user = {}, errors = { { message = "m" } } } },
    { { user = {}, errors = { { message = "m" } } } } },
  { "nulls", { { user = json.null, errors = { { code = json.null, message = "m" } } } },
    { { user = {}, errors = { { message = "m" } } } } },
} do
  test("errors are a list of entries: " .. case[1], function()
    local made = rig.client { answer(200, case[2]) }
    local entries, details = jobs.errors(made.client, "job_1")
    tap.equal(entries, case[3])
    tap.equal(details, nil)
  end)
end

test("no content means no errors", function()
  local made = rig.client { answer(204) }
  tap.equal({ jobs.errors(made.client, "job_1") }, { {} })
end)

test("a job that failed as a whole has the reason", function()
  local made = rig.client { answer(200, { status = "failed", status_details = "no JSON" }) }
  local entries, details = jobs.errors(made.client, "job_1")
  tap.equal({ entries, details }, { {}, "no JSON" })
end)

test("expired errors are reported as such", function()
  local made = rig.client { answer(404, { message = "The job does not exist" }) }
  local entries, details = jobs.errors(made.client, "job_1")
  tap.equal(entries, {})
  tap.contains(details, "no longer")
end)

local function user(id, email)
  return { user_id = id, email = email, identities = { { connection = "DB" } } }
end

-- Broken responses --------------------------------------------------------------------------

local CONNECTION <const> = { id = "con_0123456789abcdef", name = "DB", strategy = "auth0" }
local CLIENTS <const> = { clients = { { client_id = "x" } } }

-- Each call of the API: the function, a good response, previous requests, and JSON of another type.
local ROUTES <const> = {
  ["GET /jobs/{id}"] = { function(made) return jobs.status(made, "job_1") end,
    answer(200, { status = "pending" }), wrong = '{"id":"job_1"}' },
  ["GET /jobs/{id}/errors"] = { function(made) return jobs.errors(made, "job_1") end,
    answer(204), wrong = "{}" },
  ["GET /users"] = { function(made)
    return people.find(made, { connection = "DB", others = { { username = "ann" } } })
  end, answer(200, "[]"), wrong = "{}" },
  ["GET /users-by-email"] = { function(made)
    return people.find(made, { connection = "DB", emails = { "a@b.co" } })
  end, answer(200, "[]"), before = { answer(200, "[]") }, wrong = '[{"email":"a@b.co"}]' },
  ["GET /users/{id}"] = { function(made)
    return people.find(made, { connection = "DB", ids = { "auth0|1" } })
  end, answer(200, user("auth0|1")), before = { answer(200, "[]") }, wrong = "[]" },
  ["GET /users of a login"] = { function(made)
    return login.find({ client = made, connection = "DB" }, "ann")
  end, answer(200, user("ann")), before = { answer(200, "[]"), answer(200, "[]") },
    wrong = '"ann"' },
  ["GET /connections"] = { function(made) return connections.look(made, "DB") end,
    answer(200, json.array { CONNECTION }), wrong = "[42]" },
  ["GET /connections/{id}"] = { function(made) return connections.look(made, CONNECTION.id) end,
    answer(200, CONNECTION), wrong = '{"id":7,"name":"DB","strategy":"auth0"}' },
  ["GET /connections/{id}/clients"] = { function(made) return connections.settings(made, "DB") end,
    answer(200, CLIENTS), before = { answer(200, json.array { CONNECTION }) }, wrong = "{}" },
  ["GET /guardian/factors"] = { facts.factors, answer(200, "[]"), wrong = "{}" },
  ["GET /users for the rate"] = { facts.rate, answer(200, "[]"), wrong = "null" },
  ["DELETE /users/{id}"] = { function(made) return people.delete(made, "auth0|1") end,
    answer(204), wrong = "{}" },
}

for name, case in pairs(ROUTES) do
  test("a broken response is retried, and is not a result: " .. name, function()
    for _, text in ipairs { "", " ", "<html>", "null", '"x"', "42", case.wrong } do
      local script = table.move(case.before or {}, 1, #(case.before or {}), 1, {})
      local before = #script
      for i, status in ipairs { 200, 202 } do script[before + i] = answer(status, text) end
      script[before + 3] = case[2]
      local made = rig.client(script)
      assert(case[1](made.client))
      assert(#made.calls >= before + 3)
      for i = 1, 30 do script[i] = i <= before and case.before[i] or answer(200, text) end
      local result, message, kind = case[1](rig.client(script).client)
      tap.equal({ result, kind }, { nil, "temporary" }, text)
      tap.contains(message, ": giving up after 15 attempts: the response (200) ")
    end
  end)
end

test("an upload response without a job is uncertain, and nothing is sent again", function()
  for _, text in ipairs { "", " ", "<html>", "null", "[]", '"x"', "42", "{}", '{"id":7}',
    '{"id":""}' } do
    for _, status in ipairs { 200, 201, 202 } do
      local result, made = submit(answer(status, text))
      tap.equal({ result.outcome, #made.calls }, { "uncertain", 1 })
      tap.contains(result.message, "(" .. status .. ") does not show whether the job exists: it ")
    end
  end
end)

---Exports with these responses; `file`: the downloads, in order.
local function export(script, files)
  local folder = assert(file.temporary())
  local save = folder .. "/users"
  local made = rig.client(script)
  for i, content in ipairs(files) do
    table.insert(script, function(request)
      assert(file.write(request.save, content))
      return answer(200)
    end)
    files[i] = nil
  end
  local done, message, kind = jobs.export(made.client, { save = save })
  local saved = file.read(save)
  assert(file.remove_tree(folder))
  return { done, message, kind, saved }, made
end

local function finished(name)
  return answer(200, { status = "completed", location = "https://files/" .. name .. "?x=1" })
end

test("an export is retried until its job, link and file are complete", function()
  local done, made = export({ answer(200), answer(202, "[]"), answer(202, { id = "job_1" }),
    answer(200, "{}"), answer(200, { status = "completed" }), finished "a.json.gz" },
    { "", "<html>", '{"user_id":"auth0|1"}\n' })
  tap.equal({ done[1], done[4], #made.calls }, { true, '{"user_id":"auth0|1"}\n', 9 })
end)

test("the file of a connection without users is empty only if it is not compressed", function()
  local done, made = export({ answer(200, { id = "job_1" }), finished "a.json" }, { "" })
  tap.equal({ done[1], done[4], #made.calls }, { true, "", 3 })
  done, made = export({ answer(200, { id = "job_1" }), finished "a.json.gz" },
    { "", digest.gzip "" })
  tap.equal({ done[1], done[4], #made.calls }, { true, "", 4 })
end)
