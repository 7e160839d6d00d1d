--- tenant: tokens, connections, uploads and jobs, over real HTTP.

local connection = require "auth0.connection"
local connections = require "auth0.api.connections"
local jobs = require "auth0.api.jobs"
local json = require "host.json"
local rig = require "tests.lualib.tenant.rig"
local scheduler = require "base.scheduler"
local tap = require "tests.tap"

local test = tap.test
local served, refused = rig.served, rig.refused

local IMPORTS <const> = "/api/v2/jobs/users-imports"

local function credentials(t, change)
  local given = {
    grant_type = "client_credentials", client_id = t.info.client_id,
    client_secret = t.info.client_secret, audience = t.info.domain .. "/api/v2/",
  }
  for key, value in pairs(change or {}) do given[key] = value or nil end
  return given
end

served("a token is issued for JSON and for a form", {}, function(t)
  local response = t:call("POST", "/oauth/token", { token = false, body = credentials(t) })
  tap.equal(response.status, 200)
  tap.equal({ response.json.expires_in, response.json.token_type }, { 86400, "Bearer" })
  tap.contains(response.json.scope, "create:users")
  local form = {}
  for key, value in pairs(credentials(t)) do
    form[#form + 1] = key .. "=" .. value:gsub("[:/]", { [":"] = "%3A", ["/"] = "%2F" })
  end
  response = t:call("POST", "/oauth/token", {
    token = false, body = table.concat(form, "&"),
    headers = { ["Content-Type"] = "application/x-www-form-urlencoded" },
  })
  tap.equal(response.status, 200)
  assert(response.json.access_token)
end)

for _, case in ipairs {
  { "a wrong secret", { client_secret = "x" }, 401, "access_denied" },
  { "an unknown client", { client_id = "x" }, 401, "access_denied" },
  { "a wrong audience", { audience = "https://x/" }, 403, "access_denied" },
  { "a grant that Auth0 does not have", { grant_type = "x" }, 403, "unsupported_grant_type" },
  { "the grant of other clients", { grant_type = "refresh_token" }, 403, "unauthorized_client" },
  { "no audience", { audience = "" }, 403, "access_denied" },
  { "no grant", { grant_type = false }, 400, "invalid_request" },
} do
  served("no token is issued for " .. case[1], {}, function(t)
    local body = credentials(t, case[2])
    if case[2].grant_type == false then body.grant_type = nil end
    local response = t:call("POST", "/oauth/token", { token = false, body = body })
    tap.equal({ response.status, response.json.error }, { case[3], case[4] })
    assert(response.json.error_description)
  end)
end

served("requests without a valid token are rejected", {}, function(t)
  local path = "/api/v2/users"
  refused(t:call("GET", path, { token = false }), 401, "Missing authentication")
  refused(t:call("GET", path, { token = "abc" }), 401, "Invalid token.")
  refused(t:call("GET", path, { token = t:token() .. "x" }), 401, "Invalid signature")
  refused(t:call("GET", path, { token = false, headers = { Authorization = "Basic x" } }), 400,
    "Bad HTTP authentication header format")
end)

served("an expired token is rejected, and the client gets another", { token_seconds = 0 },
  function(t)
    refused(t:call("GET", "/api/v2/users"), 401, "Expired token received")
    local _, message, kind = t.client:request { method = "GET", path = "/users" }
    tap.equal(kind, "credentials")
    tap.contains(message, "Expired token")
  end)

served("a missing scope is named, with rate limit headers", { scopes = { "read:users" } },
  function(t)
    local response = t:call("GET", "/api/v2/connections")
    refused(response, 403, "Insufficient scope, expected any of: read:connections")
    tap.equal(response.json.errorCode, "insufficient_scope")
    assert(response.headers["x-ratelimit-limit"] and response.headers["x-ratelimit-reset"])
    local answer = jobs.submit(t.client, { data = "[]", connection_id = t.info.connection_id })
    tap.equal({ answer.outcome, answer.kind }, { "refused", "credentials" })
    tap.contains(answer.message, "create:users")
  end)

served("unknown paths and methods are errors of the Management API", {}, function(t)
  refused(t:call("GET", "/api/v2/nothing"), 404, "Not Found")
  refused(t:call("DELETE", IMPORTS), 405, "Method Not Allowed")
end)

served("connections have three response formats, and options require a scope", {}, function(t)
  local list = t:call("GET", "/api/v2/connections?name=Username-Password-Authentication").json
  tap.equal({ #list, list[1].id, list[1].strategy }, { 1, t.info.connection_id, "auth0" })
  tap.equal(list[1].options.requires_username, false)
  tap.equal(t:call("GET", "/api/v2/connections?name=x").json, json.array {})
  local totals = t:call("GET", "/api/v2/connections?include_totals=true").json
  tap.equal({ totals.total, totals.start, #totals.connections }, { 1, 0, 1 })
  local page = t:call("GET", "/api/v2/connections?take=1&fields=id").json
  tap.equal(page.connections, { { id = t.info.connection_id } })
  refused(t:call("GET", "/api/v2/connections?per_page=1000"), 400, "per_page")
end)

served("without their scope the options are hidden", { scopes = { "read:connections" } },
  function(t)
    local path = "/api/v2/connections/" .. t.info.connection_id
    tap.equal(t:call("GET", path).json.options, nil)
    tap.equal(t:call("GET", path .. "/clients").json.clients[1].client_id, t.info.client_id)
    refused(t:call("GET", "/api/v2/connections/con_x"), 404, "does not exist")
  end)

test("the client reads the settings that the tenant was started with", function()
  local given = assert(connection.decode(json.encode {
    name = "Customers", requires_username = false, unique = { email = false },
    identifiers = { email = true, username = true, phone_number = false },
    profile_required = { email = false, username = true, phone_number = false },
    username = { min = 2, max = 40, allow_email = true, allow_phone = false },
  }))
  rig.with({ connection = given }, function(t)
    local settings = assert(connections.read(t.client, "Customers"))
    for _, name in ipairs { "unique", "identifiers", "profile_required", "username" } do
      tap.equal(settings[name], given[name], name)
    end
  end)
end)

local OTHERS <const> = { connections = {
  { id = "con_passwordless0000", name = "email", strategy = "email" },
  { id = "con_disabled00000000", name = "Off", clients = {} },
  { id = "con_custom0000000000", name = "Custom",
    options = { enabledDatabaseCustomization = true, import_mode = false } },
} }

local function users_part(data)
  return { name = "users", data = data or "[]", filename = "u.json", type = "text/json" }
end

local function id_part(id)
  return { name = "connection_id", data = id }
end

for _, case in ipairs {
  { "no file", function(t) return { id_part(t.info.connection_id) } end,
    "Must provide 'users' file as multipart part." },
  { "a file without a name", function() return { { name = "users", data = "[]" } } end,
    "Must provide 'users' file as multipart part." },
  { "an empty file", function(t) return { users_part "", id_part(t.info.connection_id) } end,
    "Users file must not be empty." },
  { "no connection", function() return { users_part() } end,
    "Must provide 'connection_id' as multipart part." },
  { "a connection's name", function() return { users_part(), id_part "Users" } end,
    "'String does not match pattern ^con_[A-Za-z0-9]{16}$' on property connection_id" },
  { "an unknown connection", function() return { users_part(), id_part "con_0000000000000000" } end,
    "The connection does not exist." },
  { "a passwordless connection",
    function() return { users_part(), id_part "con_passwordless0000" } end,
    "Connection must be a database connection." },
  { "a disabled connection", function() return { users_part(), id_part "con_disabled00000000" }
    end, "Connection must be enabled." },
  { "a custom database", function() return { users_part(), id_part "con_custom0000000000" } end,
    "Custom Database Connections without import mode are not allowed." },
  { "an upsert that is not a boolean", function(t)
    return { users_part(), id_part(t.info.connection_id), { name = "upsert", data = "yes" } }
  end, "on property upsert" },
} do
  served("an upload is rejected for " .. case[1], OTHERS, function(t)
    refused(t:call("POST", IMPORTS, { parts = case[2](t) }), 400, case[3])
  end)
end

served("an upload that is not a form is rejected", {}, function(t)
  refused(t:call("POST", IMPORTS, { body = { users = {} } }), 400,
    "Payload validation error: 'Invalid multipart payload format'.")
end)

served("an upload of more than 512 000 bytes is rejected", {}, function(t)
  local function upload(bytes)
    local data = "[" .. (" "):rep(bytes - 2) .. "]"
    return t:call("POST", IMPORTS, { parts = { users_part(data), id_part(t.info.connection_id) } })
  end
  refused(upload(512000), 413, "Payload content length greater than maximum allowed: 512000.")
  tap.equal(upload(510000).status, 202)
end)

served("an accepted upload is a pending job that echoes the request", {}, function(t)
  local response = t:call("POST", IMPORTS, { parts = {
    users_part(), id_part(t.info.connection_id), { name = "external_id", data = "run-7" },
    { name = "upsert", data = "true" },
  } })
  tap.equal(response.status, 202)
  local job = response.json
  assert(job.id:find("^job_%w+$") and #job.id == 20)
  assert(job.created_at:find("^%d%d%d%d%-%d%d%-%d%dT"))
  tap.equal({ job.type, job.status, job.external_id, job.upsert, job.connection_id },
    { "users_import", "pending", "run-7", true, t.info.connection_id })
  tap.equal(job.send_completion_email, true)
end)

served("a third job is rejected while two are active", { tier = "enterprise" }, function(t)
  local users = {}
  for i = 1, 100 do users[i] = { email = i .. "@example.com" } end
  local function submit()
    return jobs.submit(t.client, {
      data = json.encode(users), connection_id = t.info.connection_id,
    })
  end
  tap.equal({ submit().outcome, submit().outcome }, { "accepted", "accepted" })
  local answer = submit()
  tap.equal({ answer.outcome, answer.active }, { "full", 2 })
  refused(t:call("POST", IMPORTS, { parts = { users_part(), id_part(t.info.connection_id) } }), 429,
    "There are 2 active import users jobs, please wait until some of them are finished and try "
      .. "again")
end)

served("users are imported and counted", {}, function(t)
  local status, errors = t:import { { email = "A@Example.com" }, { email = "b@example.com" } }
  tap.equal(status.state, "completed")
  tap.equal(status.summary, { total = 2, inserted = 2, updated = 0, failed = 0 })
  tap.equal(errors, {})
  tap.equal(t:call("GET", "/api/v2/jobs/" .. status.id .. "/errors").status, 204)
end)

served("an empty list is a job without users", {}, function(t)
  tap.equal(t:import({}).summary, { total = 0, inserted = 0, updated = 0, failed = 0 })
end)

for name, text in pairs {
  ["broken JSON"] = '[{"email":', ["an object"] = '{"email":"a@example.com"}',
  ["a line per user"] = '{"email":"a@example.com"}\n{"email":"b@example.com"}',
} do
  served("a file of " .. name .. " is accepted, and the job fails as a whole", {}, function(t)
    local status, errors, details = t:import(text)
    tap.equal(status.state, "failed")
    tap.equal(errors, {})
    tap.contains(details, "Failed to parse users file JSON when importing users.")
    tap.contains(status.details, "Make sure it is valid JSON.")
  end)
end

served("an unknown job has no status and no errors", {}, function(t)
  local id = "job_0000000000000000"
  refused(t:call("GET", "/api/v2/jobs/" .. id), 404, "Job not found.")
  refused(t:call("GET", "/api/v2/jobs/" .. id .. "/errors"), 404, "The job does not exist")
  tap.equal(jobs.status(t.client, id).state, "lost")
end)

served("a job is deleted after 24 hours of tenant time", { time_scale = 1e6 }, function(t)
  local status = t:import { { email = "a@example.com" } }
  scheduler.sleep(0.1)
  tap.equal(jobs.status(t.client, status.id).state, "lost")
end)

served("a job that takes two hours fails", { tier = "enterprise" }, function(t)
  local answer = jobs.submit(t.client, {
    data = '[{"email":"a@example.com"}]', connection_id = t.info.connection_id,
  })
  local began = t.tenant.began
  t.tenant.began, t.tenant.scale = began - 10000, 1
  t.tenant.now = function(self) return self.wall() + 10000 end
  local status
  repeat
    scheduler.sleep(0.005)
    status = jobs.status(t.client, answer.id)
  until status.state ~= "running"
  tap.equal(status.state, "failed")
  tap.equal({ jobs.errors(t.client, answer.id) }, { {} })
end)

served("a tier's job shows its progress and runs at the tier's speed",
  { tier = "enterprise", time_scale = 20 }, function(t)
    local users = {}
    for i = 1, 300 do users[i] = { email = i .. "@example.com" } end
    local answer = jobs.submit(t.client, {
      data = json.encode(users), connection_id = t.info.connection_id,
    })
    local shares, status = {}, { state = "running" }
    while status.state == "running" do
      scheduler.sleep(0.02)
      status = jobs.status(t.client, answer.id)
      if status.percentage then shares[#shares + 1] = status.percentage end
    end
    assert(#shares >= 2 and shares[1] < shares[#shares], "the share does not grow")
    local speed = t.tenant:import_speed()
    assert(math.abs(speed - 400000 / 2 / 3600 * 20) < 0.001)
  end)

test("a request to a host that is not a loopback one is refused", function()
  rig.with({}, function(t)
    local port = t.info.domain:match ":(%d+)"
    for host, status in pairs {
      ["127.0.0.1:" .. port] = 200, ["localhost:" .. port] = 200, ["LOCALHOST"] = 200,
      ["127.8.9.10"] = 200, ["[::1]:" .. port] = 200, ["localhost."] = 200,
      ["acme.localhost"] = 421,
      ["rebound.example.com"] = 421, ["127.0.0.1.example.com"] = 421, ["localhost.example"] = 421,
      ["192.168.0.1"] = 421, ["[::2]"] = 421, ["x127.0.0.1"] = 421,
    } do
      local response = t:call("GET", "/.well-known/jwks.json", { headers = { Host = host } })
      tap.equal(response.status == 421, status == 421, host)
    end
  end)
end)
