--- tenant: users after an import, a search and a change, and why they fail.

local api_users = require "auth0.api.users"
local connection = require "auth0.connection"
local file = require "host.file"
local jobs = require "auth0.api.jobs"
local json = require "host.json"
local rig = require "tests.lualib.tenant.rig"
local tap = require "tests.tap"

local served, refused, only = rig.served, rig.refused, rig.only

local BCRYPT <const> = "$2b$10$" .. ("a"):rep(53)

local function custom(value)
  return { algorithm = "md5", hash = { value = value, encoding = "hex" } }
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
  served("a user fails with " .. case[2] .. ": " .. json.encode(case[1]), {}, function(t)
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

served("the echo of a failed user redacts its hash", {}, function(t)
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
  { "email", { email = "ANA@example.com" }, "DUPLICATED_USER" },
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
    -- With upsert the email address alone is not a conflict.
    if case[1] == "email" then tap.equal(errors, {}) else
      tap.equal(only(errors).errors[1].code, case[3])
    end
  end)
end

served("an address is stored and searched in the lower case of all scripts", {}, function(t)
  t:import { { email = "ZOË@example.com" } }
  local found = t:call("GET", "/api/v2/users-by-email?email=zo%C3%AB%40example.com").json
  tap.equal(found[1].email, "zoë@example.com")
  local _, errors = t:import { { email = "zoË@Example.com" } }
  tap.equal(only(errors).errors[1].code, "DUPLICATED_USER")
  local query = "/api/v2/users?search_engine=v3&q=email%3A%22ZO%C3%8B%40example.com%22"
  tap.equal(#t:call("GET", query).json, 1)
end)

served("email addresses are unique per connection, user ids across all of them",
  { connections = { { id = "con_second0000000000", name = "Second" } } }, function(t)
    t:import { { email = "a@example.com", user_id = "1" } }
    local _, errors = t:import({ { email = "a@example.com" }, { email = "b@example.com",
      user_id = "1" } }, { connection_id = "con_second0000000000" })
    tap.equal(only(errors).user.email, "b@example.com")
    tap.equal(errors[1].errors[1].code, "CONFLICT")
  end)

served("non-unique email addresses do not conflict", { connection = (function()
  local settings = connection.defaults()
  settings.identifiers = { email = true, username = true, phone_number = false }
  settings.unique.email = false
  return settings
end)() }, function(t)
  local status = t:import { { email = "a@example.com" }, { email = "a@example.com" } }
  tap.equal(status.summary.inserted, 2)
  tap.equal(#t:call("GET", "/api/v2/users-by-email?email=a%40example.com").json, 2)
end)

served("a user is stored in lower case, unverified by default, with a prefixed id", {}, function(t)
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

served("an existing prefix is doubled", {}, function(t)
  t:import { { email = "a@example.com", user_id = "auth0|7" } }
  assert(t:user("auth0|auth0|7"))
end)

served("upsert changes documented fields, replaces metadata, and keeps the rest", {}, function(t)
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

served("upsert with another user_id is a conflict of the email address", {}, function(t)
  t:import { { email = "a@example.com", user_id = "1" } }
  local _, errors = t:import({ { email = "a@example.com", user_id = "2" } }, { upsert = true })
  tap.equal(only(errors).errors[1].code, "CONFLICT_EMAIL")
end)

served("a hash is only replaced if the first import contained one", {}, function(t)
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

served("users are found by exact email address, and by search", {}, function(t)
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
  local list = assert(api_users.find(t.client, {
    connection = t.info.connection, ids = { "auth0|1", "auth0|9" }, emails = { "B@example.com" },
  }))
  tap.equal({ list[1].user_id, list[2].user_id, #list }, { "auth0|1", "auth0|2", 2 })
end)

for query, message in pairs {
  ["q=email%3A%22open"] = "Failed to parse query", ["q=colour%3Ared"] = "colour",
  ["q=email"] = "Failed to parse query", ["per_page=101"] = "per_page", ["page=-1"] = "page",
  ["page=10&per_page=100"] = "first 1000",
} do
  served("a search by " .. query .. " is rejected", {}, function(t)
    refused(t:call("GET", "/api/v2/users?" .. query), 400, message)
  end)
end

served("a change merges metadata at the first level, and null removes", {}, function(t)
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
  ["both password and email address"] = { { password = "x", email = "c@example.com" }, 400,
    "Cannot update password and email" },
  ["an unknown field"] = { { colour = "red" }, 400, "Additional properties" },
  ["another type"] = { { blocked = "yes" }, 400, "on property blocked" },
  ["nothing"] = { {}, 400, "Too few properties" },
  ["an email address in use"] = { { email = "B@example.com" }, 400, "already exists" },
} do
  served("a change of " .. name .. " is rejected", {}, function(t)
    t:import { { email = "a@example.com", user_id = "1" }, { email = "b@example.com" } }
    refused(t:call("PATCH", "/api/v2/users/auth0%7C1", { body = case[1] }), case[2], case[3])
  end)
end

served("a deleted user is gone, and deleting it again succeeds", {}, function(t)
  t:import { { email = "a+1@example.com", user_id = "1" }, { email = "b@example.com" } }
  tap.equal(t:call("DELETE", "/api/v2/users/auth0%7C1").status, 204)
  tap.equal(t:call("DELETE", "/api/v2/users/auth0%7C1").status, 204)
  refused(t:call("GET", "/api/v2/users/auth0%7C1"), 404, "does not exist")
  refused(t:call("PATCH", "/api/v2/users/auth0%7C1", { body = { name = "x" } }), 404, "not found")
  local path = "/api/v2/connections/" .. t.info.connection_id .. "/users?email=B%40example.com"
  tap.equal(t:call("DELETE", path).status, 204)
  tap.equal(t:call("GET", "/api/v2/users").json, json.array {})
end)

served("a single user is created, and its password is only stored as a hash",
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

served("a connection's users are exported, with the requested fields",
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

served("an invalid export is rejected", {}, function(t)
  local path = "/api/v2/jobs/users-exports"
  refused(t:call("POST", path, { body = { connection_id = "con_0000000000000000" } }), 400,
    "The connection does not exist.")
  refused(t:call("POST", path, { body = { colour = 1 } }), 400, "Additional properties")
  refused(t:call("POST", path, { body = { format = "xml" } }), 400, "on property format")
  refused(t:call("GET", "/__tenant/exports/job_x/1/abc/a.gz", { token = false }), 403, "expired")
  local done, message, kind = jobs.export(t.client, { connection_id = "con_x", save = "/x" })
  tap.equal({ done, kind }, { nil, "usage" })
  tap.contains(message, "does not exist")
end)
