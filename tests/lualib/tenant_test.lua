local buckets = require "tenant.buckets"
local connection = require "auth0.connection"
local file = require "host.file"
local jobs = require "auth0.jobs"
local json = require "host.json"
local rig = require "tests.lualib.tenant_rig"
local scheduler = require "base.scheduler"
local tap = require "tests.tap"
local tenant = require "tenant"
local test = tap.test

local IMPORTS <const> = "/api/v2/jobs/users-imports"
local BCRYPT <const> = "$2b$10$" .. ("a"):rep(53)

---A test beside a tenant.
local function served(name, options, fn)
  test(name, function() rig.with(options, fn) end)
end

local function refused(response, status, message)
  tap.equal(response.status, status)
  tap.equal(response.json.statusCode, status)
  tap.contains(response.json.message, message)
  assert(response.json.error)
end

local function custom(value)
  return { algorithm = "md5", hash = { value = value, encoding = "hex" } }
end

-- Tokens ------------------------------------------------------------------------------------

local function credentials(t, change)
  local given = {
    grant_type = "client_credentials", client_id = t.info.client_id,
    client_secret = t.info.client_secret, audience = t.info.domain .. "/api/v2/",
  }
  for key, value in pairs(change or {}) do given[key] = value or nil end
  return given
end

served("a token is given for JSON and for a form", {}, function(t)
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
  { "another grant", { grant_type = "implicit" }, 403, "unsupported_grant_type" },
  { "no grant", { grant_type = false }, 400, "invalid_request" },
} do
  served("no token is given for " .. case[1], {}, function(t)
    local body = credentials(t, case[2])
    if case[2].grant_type == false then body.grant_type = nil end
    local response = t:call("POST", "/oauth/token", { token = false, body = body })
    tap.equal({ response.status, response.json.error }, { case[3], case[4] })
    assert(response.json.error_description)
  end)
end

served("requests without a good token are refused", {}, function(t)
  local path = "/api/v2/users"
  refused(t:call("GET", path, { token = false }), 401, "Missing authentication")
  refused(t:call("GET", path, { token = "abc" }), 401, "Invalid token.")
  refused(t:call("GET", path, { token = t:token() .. "x" }), 401, "Invalid signature")
  refused(t:call("GET", path, { token = false, headers = { Authorization = "Basic x" } }), 400,
    "Bad HTTP authentication header format")
end)

served("an expired token is refused, and the client gets another", { token_seconds = 0 },
  function(t)
    refused(t:call("GET", "/api/v2/users"), 401, "Expired token received")
    local _, message, kind = t.client:request { method = "GET", path = "/users" }
    tap.equal(kind, "credentials")
    tap.contains(message, "Expired token")
  end)

served("a missing scope is named, with the limits in the headers", { scopes = { "read:users" } },
  function(t)
    local response = t:call("GET", "/api/v2/connections")
    refused(response, 403, "Insufficient scope, expected any of: read:connections")
    tap.equal(response.json.errorCode, "insufficient_scope")
    assert(response.headers["x-ratelimit-limit"] and response.headers["x-ratelimit-reset"])
    local answer = jobs.submit(t.client, { data = "[]", connection_id = t.info.connection_id })
    tap.equal({ answer.outcome, answer.kind }, { "refused", "credentials" })
    tap.contains(answer.message, "create:users")
  end)

served("unknown paths and methods have an envelope", {}, function(t)
  refused(t:call("GET", "/api/v2/nothing"), 404, "Not Found")
  refused(t:call("DELETE", IMPORTS), 405, "Method Not Allowed")
end)

-- Connections -------------------------------------------------------------------------------

served("connections come in three shapes, with options by scope", {}, function(t)
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

served("without its scope the options stay hidden", { scopes = { "read:connections" } },
  function(t)
    local path = "/api/v2/connections/" .. t.info.connection_id
    tap.equal(t:call("GET", path).json.options, nil)
    tap.equal(t:call("GET", path .. "/clients").json.clients[1].client_id, t.info.client_id)
    refused(t:call("GET", "/api/v2/connections/con_x"), 404, "does not exist")
  end)

test("the client reads what settings the tenant was given", function()
  local given = assert(connection.decode(json.encode {
    name = "Customers", requires_username = false, unique = { email = false },
    identifiers = { email = true, username = true, phone_number = false },
    profile_required = { email = false, username = true, phone_number = false },
    username = { min = 2, max = 40, allow_email = true, allow_phone = false },
  }))
  rig.with({ connection = given }, function(t)
    local settings = assert(connection.read(t.client, "Customers"))
    for _, name in ipairs { "unique", "identifiers", "profile_required", "username" } do
      tap.equal(settings[name], given[name], name)
    end
  end)
end)

-- Uploads -----------------------------------------------------------------------------------

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
  { "a connection that is off", function() return { users_part(), id_part "con_disabled00000000" }
    end, "Connection must be enabled." },
  { "a custom database", function() return { users_part(), id_part "con_custom0000000000" } end,
    "Custom Database Connections without import mode are not allowed." },
  { "an upsert that is neither", function(t)
    return { users_part(), id_part(t.info.connection_id), { name = "upsert", data = "yes" } }
  end, "on property upsert" },
} do
  served("an upload is refused for " .. case[1], OTHERS, function(t)
    refused(t:call("POST", IMPORTS, { parts = case[2](t) }), 400, case[3])
  end)
end

served("an upload that is no form is refused", {}, function(t)
  refused(t:call("POST", IMPORTS, { body = { users = {} } }), 400,
    "Payload validation error: 'Invalid multipart payload format'.")
end)

served("an upload of more than 512 000 bytes is refused", {}, function(t)
  local function upload(bytes)
    local data = "[" .. (" "):rep(bytes - 2) .. "]"
    return t:call("POST", IMPORTS, { parts = { users_part(data), id_part(t.info.connection_id) } })
  end
  refused(upload(512000), 413, "Payload content length greater than maximum allowed: 512000.")
  tap.equal(upload(510000).status, 202)
end)

served("an accepted upload is a pending job that echoes what was asked", {}, function(t)
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

served("a third job is refused while two are active", { tier = "enterprise" }, function(t)
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

-- Jobs --------------------------------------------------------------------------------------

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

served("a job is forgotten after 24 hours of the tenant's time", { time_scale = 1e6 }, function(t)
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

served("a tier's job shows how far it is and lasts as long as it should",
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

-- Refused users -----------------------------------------------------------------------------

---The errors of the only user refused.
local function only(errors)
  tap.equal(#errors, 1)
  return errors[1]
end

for _, case in ipairs {
  { { email = "bad" }, "FORMAT", "identities[0].profileData.email",
    "Error in identities[0].profileData.email property - Object didn't pass validation" },
  { { email = json.null }, "INVALID_TYPE", "email",
    "Error in email property, expected type string but found type null" },
  { { user_id = "1" }, "OBJECT_REQUIRED", nil, "Missing required property: email" },
  { { email = "a@example.com", password_hash = "$2b$12$x" }, "PATTERN", "passwordHash",
    "Error in passwordHash property - String does not match pattern" },
  { { email = "a@example.com", colour = "red" }, "OBJECT_ADDITIONAL_PROPERTIES", "colour",
    "Additional properties not allowed: colour" },
  { { email = "a@example.com", given_name = "" }, "MIN_LENGTH", "given_name", "too short" },
  { { email = "a@example.com", app_metadata = { email = "x" } }, "NOT_PASSED", nil, "not" },
  { { email = "a@example.com", mfa_factors = json.array {} }, "ARRAY_LENGTH_SHORT", "mfa_factors",
    "too short" },
  { { email = "a@example.com", custom_password_hash = { algorithm = "md6" } }, "OBJECT_REQUIRED",
    "customPasswordHash", "" },
  { "x", "INVALID_TYPE", nil, "" },
} do
  served("a user is refused with " .. case[2] .. " for " .. json.encode(case[1]), {}, function(t)
    local status, errors = t:import { case[1] }
    tap.equal(status.summary, { total = 1, inserted = 0, updated = 0, failed = 1 })
    local codes, first = {}, only(errors).errors[1]
    for _, e in ipairs(errors[1].errors) do
      codes[e.code] = true
      if e.code == case[2] then first = e end
    end
    assert(codes[case[2]], first.code .. ": " .. first.message)
    if case[3] then tap.contains(first.path, case[3]) end
    tap.contains(first.message, case[4])
  end)
end

served("the echo of a refused user hides its hash", {}, function(t)
  local _, errors = t:import {
    { email = "bad", password_hash = BCRYPT },
    { email = "worse", custom_password_hash = {
      algorithm = "hmac", hash = { value = "00", encoding = "hex", digest = "sha1",
        key = { value = "key", encoding = "utf8" } },
    } },
  }
  tap.equal({ errors[1].user.email, errors[1].user.password_hash }, { "bad", "*****" })
  local custom_hash = errors[2].user.custom_password_hash
  tap.equal({ custom_hash.algorithm, custom_hash.hash.value, custom_hash.hash.key.value },
    { "hmac", "*****", "*****" })
end)

for name, pair in pairs {
  email = { { email = "a@example.com" }, { email = "A@EXAMPLE.com" } },
  user_id = { { email = "a@example.com", user_id = "1" }, { email = "b@example.com",
    user_id = "1" } },
  username = { { email = "a@example.com", username = "ana" },
    { email = "b@example.com", username = "Ana" } },
} do
  served("the second user of a file with the same " .. name .. " is a duplicate", {}, function(t)
    local status, errors = t:import(pair)
    tap.equal({ status.summary.inserted, status.summary.failed }, { 1, 1 })
    local e = only(errors).errors[1]
    tap.equal({ e.code, e.message },
      { "DUPLICATED_USER", "A user with this " .. name .. " was already provided." })
  end)
end

for _, case in ipairs {
  { "email", { email = "ANA@example.com" }, "CONFLICT_EMAIL" },
  { "username", { email = "b@example.com", username = "ANA" }, "CONFLICT_USERNAME" },
  { "phone number", { email = "b@example.com", phone_number = "+491" }, "CONFLICT" },
  { "user_id", { email = "b@example.com", user_id = "1" }, "CONFLICT" },
} do
  served("a user with the " .. case[1] .. " of another conflicts", {}, function(t)
    t:import { { email = "ana@example.com", username = "ana", phone_number = "+491",
      user_id = "1" } }
    local _, errors = t:import { case[2] }
    tap.equal(only(errors).errors[1].code, case[3])
    _, errors = t:import({ case[2] }, { upsert = true })
    -- With upsert the address alone is no conflict.
    if case[1] == "email" then tap.equal(errors, {}) else
      tap.equal(only(errors).errors[1].code, case[3])
    end
  end)
end

served("addresses are taken per connection, user ids in all of them",
  { connections = { { id = "con_second0000000000", name = "Second" } } }, function(t)
    t:import { { email = "a@example.com", user_id = "1" } }
    local _, errors = t:import({ { email = "a@example.com" }, { email = "b@example.com",
      user_id = "1" } }, { connection_id = "con_second0000000000" })
    tap.equal(only(errors).user.email, "b@example.com")
    tap.equal(errors[1].errors[1].code, "CONFLICT")
  end)

served("addresses that are not unique do not conflict", { connection = (function()
  local settings = connection.defaults()
  settings.identifiers = { email = true, username = true, phone_number = false }
  settings.unique.email = false
  return settings
end)() }, function(t)
  local status = t:import { { email = "a@example.com" }, { email = "a@example.com" } }
  tap.equal(status.summary.inserted, 2)
  tap.equal(#t:call("GET", "/api/v2/users-by-email?email=a%40example.com").json, 2)
end)

-- Users -------------------------------------------------------------------------------------

served("a user is kept in lower case, unverified by default, under its prefixed id", {}, function(t)
  t:import { { email = "Ana@Example.com", user_id = "7", username = "ANA",
    custom_password_hash = custom(("0"):rep(32)), app_metadata = { n = 9007199254740993 } } }
  local user = t:user("auth0|7")
  tap.equal({ user.email, user.username, user.email_verified },
    { "ana@example.com", "ana", false })
  tap.equal({ user.name, user.nickname }, { "ana@example.com", "ana" })
  tap.equal(user.app_metadata.n, 9007199254740993)
  tap.equal(user.identities, { { connection = "Username-Password-Authentication",
    provider = "auth0", user_id = "7", isSocial = false } })
  tap.equal({ user.custom_password_hash, user.password_hash }, {})
end)

served("a prefix that is there already is doubled", {}, function(t)
  t:import { { email = "a@example.com", user_id = "auth0|7" } }
  assert(t:user("auth0|auth0|7"))
end)

served("upsert changes what it may, replaces metadata, and leaves the rest", {}, function(t)
  t:import { { email = "a@example.com", user_id = "1", given_name = "A", family_name = "B",
    app_metadata = { a = 1, b = 2 }, blocked = false, email_verified = true,
    mfa_factors = { { totp = { secret = "ABC" } } } } }
  local status = t:import({ { email = "A@example.com", given_name = "C", blocked = true,
    app_metadata = { c = 3 }, username = "ana" } }, { upsert = true })
  tap.equal(status.summary, { total = 1, inserted = 0, updated = 1, failed = 0 })
  local user = t:user("auth0|1")
  tap.equal({ user.given_name, user.family_name, user.blocked, user.email_verified },
    { "C", "B", false, true })
  tap.equal(user.app_metadata, { c = 3 })
  tap.equal(user.username, nil)
end)

served("upsert under another id is a conflict of the address", {}, function(t)
  t:import { { email = "a@example.com", user_id = "1" } }
  local _, errors = t:import({ { email = "a@example.com", user_id = "2" } }, { upsert = true })
  tap.equal(only(errors).errors[1].code, "CONFLICT_EMAIL")
end)

served("a hash is only replaced where the first import brought one", {}, function(t)
  t:import { { email = "a@example.com" },
    { email = "b@example.com", custom_password_hash = custom(("0"):rep(32)) } }
  local status, errors = t:import({
    { email = "a@example.com", custom_password_hash = custom(("1"):rep(32)) },
    { email = "b@example.com", custom_password_hash = custom(("1"):rep(32)) },
  }, { upsert = true })
  tap.equal({ status.summary.updated, status.summary.failed }, { 1, 1 })
  tap.equal(errors[1].user.email, "a@example.com")
  tap.contains(errors[1].errors[1].message, "already has password hash defined")
end)

served("users are found by address as given, and by search", {}, function(t)
  t:import { { email = "a@example.com", user_id = "1", username = "ana" },
    { email = "b@example.com", user_id = "2" }, { email = "c@example.com", user_id = "3" } }
  local function found(path)
    local ids = {}
    for i, user in ipairs(t:call("GET", path).json) do ids[i] = user.user_id end
    return ids
  end
  tap.equal(found "/api/v2/users-by-email?email=a%40example.com", { "auth0|1" })
  tap.equal(found "/api/v2/users-by-email?email=A%40example.com", {})
  tap.equal(found "/api/v2/users?q=user_id%3A(%22auth0%7C1%22%20OR%20%22auth0%7C3%22)",
    { "auth0|1", "auth0|3" })
  tap.equal(found "/api/v2/users?q=email%3A%22B%40example.com%22", { "auth0|2" })
  tap.equal(found "/api/v2/users?q=username%3Aana%20AND%20identities.connection%3A%22X%22", {})
  tap.equal(found "/api/v2/users?per_page=2&page=1", { "auth0|3" })
  local totals = t:call("GET", "/api/v2/users?include_totals=true&per_page=1").json
  tap.equal({ totals.total, totals.length, totals.limit, totals.start }, { 3, 1, 1, 0 })
  local list = assert(jobs.users(t.client, {
    connection = t.info.connection, ids = { "auth0|1", "auth0|9" }, emails = { "B@example.com" },
  }))
  tap.equal({ list[1].user_id, list[2].user_id, #list }, { "auth0|1", "auth0|2", 2 })
end)

for query, message in pairs {
  ["q=email%3A%22open"] = "Failed to parse query", ["q=colour%3Ared"] = "colour",
  ["q=email"] = "Failed to parse query", ["per_page=101"] = "per_page", ["page=-1"] = "page",
  ["page=10&per_page=100"] = "first 1000",
} do
  served("a search by " .. query .. " is refused", {}, function(t)
    refused(t:call("GET", "/api/v2/users?" .. query), 400, message)
  end)
end

served("a change merges metadata on the first level, and null removes", {}, function(t)
  t:import { { email = "a@example.com", user_id = "1", given_name = "A",
    app_metadata = { a = { x = 1 }, b = 2 } } }
  local response = t:call("PATCH", "/api/v2/users/auth0%7C1", { body = {
    app_metadata = { a = { y = 1 }, b = json.null }, given_name = json.null, blocked = true,
  } })
  tap.equal(response.status, 200)
  local user = t:user("auth0|1")
  tap.equal(user.app_metadata, { a = { y = 1 } })
  tap.equal({ user.given_name, user.blocked }, { nil, true })
end)

for name, case in pairs {
  ["password and address at once"] = { { password = "x", email = "c@example.com" }, 400,
    "Cannot update password and email" },
  ["an unknown field"] = { { colour = "red" }, 400, "Additional properties" },
  ["another type"] = { { blocked = "yes" }, 400, "on property blocked" },
  ["nothing"] = { {}, 400, "Too few properties" },
  ["a taken address"] = { { email = "B@example.com" }, 400, "already exists" },
} do
  served("a change of " .. name .. " is refused", {}, function(t)
    t:import { { email = "a@example.com", user_id = "1" }, { email = "b@example.com" } }
    refused(t:call("PATCH", "/api/v2/users/auth0%7C1", { body = case[1] }), case[2], case[3])
  end)
end

served("a deleted user is gone, and deleting again is no failure", {}, function(t)
  t:import { { email = "a+1@example.com", user_id = "1" }, { email = "b@example.com" } }
  tap.equal(t:call("DELETE", "/api/v2/users/auth0%7C1").status, 204)
  tap.equal(t:call("DELETE", "/api/v2/users/auth0%7C1").status, 204)
  refused(t:call("GET", "/api/v2/users/auth0%7C1"), 404, "does not exist")
  refused(t:call("PATCH", "/api/v2/users/auth0%7C1", { body = { name = "x" } }), 404, "not found")
  local path = "/api/v2/connections/" .. t.info.connection_id .. "/users?email=B%40example.com"
  tap.equal(t:call("DELETE", path).status, 204)
  tap.equal(t:call("GET", "/api/v2/users").json, json.array {})
end)

served("a user is created alone, with a password that is only kept hashed",
  { connection = assert(connection.decode '{"requires_username":true}') }, function(t)
    local body = {
      connection = t.info.connection, email = "Ana@example.com", username = "ANA",
      password = "open sesame", verify_email = false,
    }
    local response = t:call("POST", "/api/v2/users", { body = body })
    tap.equal(response.status, 201)
    tap.equal({ response.json.email, response.json.username, response.json.password },
      { "ana@example.com", "ana", nil })
    local record = t.tenant.db:value("SELECT record FROM user")
    assert(not record:find("sesame", 1, true) and record:find("$2b$10$", 1, true))
    refused(t:call("POST", "/api/v2/users", { body = body }), 409, "already exists")
  end)

for name, case in pairs {
  ["an unknown connection"] = { { connection = "x", email = "a@example.com" }, "does not exist" },
  ["a username where there are none"] = { { email = "a@example.com", username = "a" },
    "without requires_username" },
  ["a bad address"] = { { email = "a" }, "format email" },
  ["a hash"] = { { email = "a@example.com", password_hash = BCRYPT }, "Additional properties" },
} do
  served("no user is created with " .. name, {}, function(t)
    case[1].connection = case[1].connection or t.info.connection
    refused(t:call("POST", "/api/v2/users", { body = case[1] }), 400, case[2])
  end)
end

served("a connection's users are exported, with the fields asked for",
  { connections = { { id = "con_second0000000000", name = "Second" } } }, function(t)
    t:import { { email = "a@example.com", user_id = "1", app_metadata = { plan = "x" } } }
    t:import({ { email = "b@example.com", user_id = "2" } },
      { connection_id = "con_second0000000000" })
    local folder = assert(file.temporary())
    local path = folder .. "/users"
    assert(jobs.export(t.client, {
      connection_id = t.info.connection_id, save = path,
      fields = { { name = "user_id" }, { name = "app_metadata.plan", export_as = "plan" } },
    }))
    tap.equal(file.read(path), '{"plan":"x","user_id":"auth0|1"}\n')
    assert(jobs.export(t.client, { save = path }))
    local _, lines = file.read(path):gsub("\n", "")
    tap.equal(lines, 2)
    file.remove_tree(folder)
  end)

served("an export is refused for what it cannot be", {}, function(t)
  local path = "/api/v2/jobs/users-exports"
  refused(t:call("POST", path, { body = { connection_id = "con_0000000000000000" } }), 400,
    "The connection does not exist.")
  refused(t:call("POST", path, { body = { colour = 1 } }), 400, "Additional properties")
  refused(t:call("POST", path, { body = { format = "xml" } }), 400, "on property format")
  refused(t:call("GET", "/__tenant/exports/job_x/1/abc", { token = false }), 403, "expired")
  local done, message, kind = jobs.export(t.client, { connection_id = "con_x", save = "/x" })
  tap.equal({ done, kind }, { nil, "usage" })
  tap.contains(message, "does not exist")
end)

-- Limits, metrics, state --------------------------------------------------------------------

served("a tier's bucket runs empty and says until when", { tier = "free" }, function(t)
  t:token()
  local last
  for _ = 1, 6 do -- a new second may begin between
    last = t:call("GET", "/api/v2/users")
    if last.status == 429 then break end
  end
  refused(last, 429, "Global limit has been reached")
  tap.equal(last.json.errorCode, "too_many_requests")
  tap.equal({ last.headers["x-ratelimit-limit"], last.headers["x-ratelimit-remaining"] },
    { "2", "0" })
  assert(tonumber(last.headers["x-ratelimit-reset"]) >= math.floor(t.tenant.wall()))
end)

---How many of 100 requests a group's bucket allows at a time.
local function allowed(made, group, now)
  local n = 0
  for _ = 1, 100 do
    local _, refusal = made:take(group, now)
    if not refusal then n = n + 1 end
  end
  return n
end

for _, case in ipairs {
  { "free", "other", 2, 2, 2 }, { "enterprise", "other", 50, 16, 50 },
  { "production", "other", 10, 2, 10 }, { "production", "read_users", 40, 8, 40 },
} do
  test(string.format("the bucket of %s on %s holds %d and gets %d a second", case[2], case[1],
    case[3], case[4]), function()
    local made = buckets.new(case[1])
    tap.equal(allowed(made, case[2], 1000.2), case[3])
    tap.equal(allowed(made, case[2], 1000.9), 0)
    tap.equal(allowed(made, case[2], 1001), case[4])
    tap.equal(allowed(made, case[2], 2000), case[5])
  end)
end

test("groups of the production tier have buckets of their own", function()
  local made = buckets.new "production"
  tap.equal(allowed(made, "delete_users", 1000), 20)
  tap.equal(allowed(made, "write_users", 1000), 20)
  local headers = made:take("write_users", 1000)
  tap.equal(headers["x-ratelimit-reset"], "1001")
end)

test("without a tier no request is refused", function()
  local made = buckets.new()
  for _ = 1, 20 do tap.equal(allowed(made, "other", 1000), 100) end
end)

served("metrics tell the slots' use, requests, uploads and users", {}, function(t)
  t:import { { email = "a@example.com" } }
  local seen = t:call("GET", "/__tenant/metrics", { token = false }).json
  tap.equal({ seen.users, seen.jobs, seen.uploads.count, seen.uploads.completion_mails },
    { 1, 1, 1, 0 })
  tap.equal(seen.requests["POST /api/v2/jobs/users-imports"], 1)
  tap.equal(seen.statuses["POST /api/v2/jobs/users-imports 202"], 1)
  assert(seen.slots.use > 0 and seen.slots.use <= 0.51 and seen.slots.active == 0)
end)

local function with_folder(fn)
  local folder = assert(file.temporary())
  fn(folder)
  file.remove_tree(folder)
end

test("with a state file the tenant, its users and its unfinished jobs outlive a restart", function()
  with_folder(function(folder)
    local state, info, job = folder .. "/tenant.db", nil, nil
    local users = {}
    for i = 1, 300 do users[i] = { email = i .. "@example.com", user_id = "u" .. i } end
    users[300].email = "1@example.com"
    rig.with({ state = state, tier = "enterprise", time_scale = 20 }, function(t)
      info = t.info
      job = jobs.submit(t.client, { data = json.encode(users), connection_id = info.connection_id })
      repeat scheduler.sleep(0.01) until t.tenant.db:value("SELECT done FROM job") > 0
    end)
    rig.with({ state = state }, function(t)
      tap.equal({ t.info.client_id, t.info.client_secret, t.info.connection_id },
        { info.client_id, info.client_secret, info.connection_id })
      local status
      repeat
        scheduler.sleep(0.005)
        status = jobs.status(t.client, job.id)
      until status.state ~= "running"
      tap.equal(status.summary, { total = 300, inserted = 299, updated = 0, failed = 1 })
      tap.equal(jobs.errors(t.client, job.id)[1].errors[1].code, "DUPLICATED_USER")
    end)
  end)
end)

test("existing users are there from the beginning", function()
  rig.with({ existing = "tests/fixtures/tenant/existing.json" }, function(t)
    local _, errors = t:import { { email = "ana@example.com" }, { email = "new@example.com" } }
    tap.equal(only(errors).errors[1].code, "CONFLICT_EMAIL")
    tap.equal(t:user("auth0|1").given_name, "Ana")
  end)
end)

for text, said in pairs { ["{"] = "byte", ["{}"] = "not a JSON array",
  ['[{"email":"bad"}]'] = "user 1 is refused" } do
  test("existing users are refused where they are " .. text, function()
    with_folder(function(folder)
      local path = folder .. "/existing.json"
      assert(file.write(path, text))
      local made, message, kind = tenant.open { existing = path }
      tap.equal({ made, kind }, { nil, "usage" })
      tap.contains(message, said)
    end)
  end)
end

test("a port that is taken, and a state that is none, are failures", function()
  rig.with({}, function(t)
    local made, _, kind = tenant.open { port = t.tenant.listener:port() }
    tap.equal({ made, kind }, { nil, "busy" })
  end)
  local made, _, kind = tenant.open { state = "tests/fixtures/tenant/existing.json" }
  tap.equal({ made, kind }, { nil, "parse" })
end)

test("serve tells when it is ready and ends when it is told", function()
  local domain
  scheduler.run(function()
    assert(tenant.serve { on_ready = function(info)
      domain = info.domain
      info.stop()
    end })
  end)
  assert(domain:find("^http://127%.0%.0%.1:%d+$"))
end)
