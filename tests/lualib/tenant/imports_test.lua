--- Import jobs of the rehearsal tenant: how they store single users, and the reported errors.

local connection = require "auth0.connection"
local file = require "host.file"
local jobs = require "auth0.api.jobs"
local json = require "host.json"
local rig = require "tests.lualib.tenant.rig"
local scheduler = require "base.scheduler"
local store = require "host.store"
local tap = require "tests.tap"
local tenant = require "tenant"
local equal, test = tap.equal, tap.test
local served = rig.served

served("a user whose factors failed is shown as it was sent, and stored without them",
  { faults = { { ["do"] = "mfa-failed" } } }, function(t)
    local factors = { { totp = { secret = "ABCD" } } }
    local _, errors = t:import { { email = "Ana@Example.com", mfa_factors = factors } }
    equal(errors[1].user, { email = "Ana@Example.com", mfa_factors = factors })
    equal(errors[1].errors,
      { { code = "MFA_FACTORS_FAILED", message = "Unable to import factors" } })
    local record = json.decode(t.tenant.db:value("SELECT record FROM user"))
    equal({ record.email, record.email_verified, record.mfa_factors },
      { "ana@example.com", false })
  end)

served("a user is stored as it was sent, apart from case and email_verified", {}, function(t)
  local metadata = json.decode '{"a": [], "b": {}, "c": null, "d": [1, 2.5, "\\u0000\\"x"]}'
  local sent = {
    { email = "ana@example.com", email_verified = true, app_metadata = metadata },
    { email = "ben@example.com", user_metadata = metadata, username = "ben" },
    { email = "Cem@example.com", username = "cem", email_verified = false },
    { email = "dan@example.com", username = "DAN", nickname = "D" },
    { email = "eva@example.com" },
  }
  equal(t:import(sent).summary.inserted, #sent)
  for _, user in ipairs(sent) do
    user.email, user.username = user.email:lower(), user.username and user.username:lower()
    user.email_verified = user.email_verified or false
    equal(json.decode(t.tenant.db:value("SELECT record FROM user WHERE email = ?", user.email)),
      user)
  end
  local found = t:call("GET", "/api/v2/users?q=email_verified:false").json
  equal(#found, #sent - 1)
end)

served("a user in a conflict is shown as it was sent", {}, function(t)
  t:import { { email = "ana@example.com" } }
  local user = { email = "ANA@example.com", user_id = "2" }
  local _, errors = t:import { user }
  equal(errors[1].user, user)
end)

served("an existing user fails with the observed message, whichever identifiers conflict", {},
  function(t)
    t:import { { email = "ana@example.com", user_id = "1", username = "ana" } }
    for _, user in ipairs {
      { email = "ana@example.com", user_id = "1", username = "ana" }, { email = "ANA@example.com" },
      { email = "ana@example.com", user_id = "2" },
    } do
      local _, errors = t:import { user }
      equal(errors[1].errors, { { code = "DUPLICATED_USER",
        message = "The user already exist and upsert parameter is false" } })
    end
  end)

local BCRYPT <const> = "$2b$10$" .. ("a"):rep(53)

local function hashed(hash)
  return { email = "a@example.com", custom_password_hash = hash }
end

local function factors(n)
  local list = json.array {}
  for i = 1, n do list[i] = { phone = { value = "+491" } } end
  return { email = "a@example.com", mfa_factors = list }
end

-- Code, user, path, and the message after "Error in PATH property".
for _, case in ipairs {
  { "FORMAT", { email = "akshay144" }, "identities[0].profileData.email",
    " - Object didn't pass validation for format email: akshay144" },
  { "FORMAT", { email = "a@example.com", picture = "me.png" }, "picture",
    " - Object didn't pass validation for format uri: me.png" },
  { "FORMAT", { email = "a@example.com", mfa_factors = { { email = { value = "x" } } } },
    "mfa_factors[0].email.value", " - Object didn't pass validation for format email: x" },
  { "INVALID_TYPE", { email = json.null }, "email",
    ", expected type string but found type null" },
  { "INVALID_TYPE", { email = "a@example.com", email_verified = "true" }, "email_verified",
    ", expected type boolean but found type string" },
  { "INVALID_TYPE", { email = "a@example.com", app_metadata = json.array {} }, "app_metadata",
    ", expected type object but found type array" },
  { "MAX_LENGTH", { email = "a@example.com", given_name = ("x"):rep(151) }, "given_name",
    " - String is too long (151 chars), maximum 150" },
  { "MIN_LENGTH", { email = "a@example.com", family_name = "" }, "family_name",
    " - String is too short (0 chars), minimum 1" },
  { "ARRAY_LENGTH_SHORT", factors(0), "mfa_factors", " - Array is too short (0), minimum 1" },
  { "ARRAY_LENGTH_LONG", factors(11), "mfa_factors", " - Array is too long (11), maximum 10" },
  { "OBJECT_ADDITIONAL_PROPERTIES", { email = "a@example.com", colour = 1 }, "colour",
    " - Additional properties not allowed: colour" },
  { "NOT_PASSED", { email = "a@example.com", app_metadata = { identities = 1 } },
    "app_metadata.identities", " - Data matches schema from 'not'" },
  { "PATTERN", { email = "a@example.com", password_hash = "$2b$12$" .. ("a"):rep(53) },
    "passwordHash", " - String does not match pattern ^\\$2[ab]?\\$10+\\$[./A-Za-z0-9]{53}$" },
  { "PATTERN", hashed { algorithm = "md5", hash = { value = "abc", encoding = "hex" } },
    "customPasswordHash.hash.value", " - String does not match pattern ^([0-9a-fA-F]{2})+$" },
  { "ENUM_MISMATCH", hashed { algorithm = "md6", hash = { value = "00" } },
    "customPasswordHash.algorithm", " - No enum match for: md6" },
  { "MINIMUM", hashed { algorithm = "scrypt", keylen = 0, hash = { value = "00",
    encoding = "hex" } }, "customPasswordHash.keylen", " - Value 0 is less than minimum 1" },
} do
  served("an error has the validator's message: " .. case[1] .. case[4], {}, function(t)
    local _, errors = t:import { case[2] }
    equal(errors[1].errors, { {
      code = case[1], path = case[3], message = "Error in " .. case[3] .. " property" .. case[4],
    } })
  end)
end

for _, case in ipairs {
  { "NOT_PASSED", { email = "a@example.com", password_hash = BCRYPT,
    custom_password_hash = { algorithm = "bcrypt", hash = { value = BCRYPT } } },
    "Data matches schema from 'not'" },
  { "INVALID_TYPE", "x", "Expected type object but found type string" },
} do
  served("an error of a whole user has no path: " .. case[3], {}, function(t)
    local _, errors = t:import { case[2] }
    equal(errors[1].errors, { { code = case[1], message = case[3] } })
  end)
end

test("a user without any identifier matches no alternative", function()
  local given = assert(connection.decode '{"identifiers":{"email":true,"phone_number":true}}')
  rig.with({ connection = given }, function(t)
    local _, errors = t:import { { user_id = "1" } }
    equal(errors[1].errors, { {
      code = "ANY_OF_MISSING", message = "Data does not match any schemas from 'anyOf'",
    } })
  end)
end)

-- Accepted by the import although `check` warns about it or rejects it.
for name, user in pairs {
  ["a digest of another length"] = hashed { algorithm = "md5",
    hash = { value = "00ff", encoding = "hex" } },
  ["a digest in the other Base64"] = hashed { algorithm = "sha1",
    hash = { value = "-_-_", encoding = "base64" } },
  ["an empty salt"] = hashed { algorithm = "md5", hash = { value = "00", encoding = "hex" },
    salt = { value = "" } },
  ["a parameter of scrypt with another algorithm"] = hashed { algorithm = "md5", cost = 16,
    hash = { value = "00", encoding = "hex" } },
  ["a picture over FTP"] = { email = "a@example.com", picture = "ftp://example.com/a" },
  ["a factor of no kind"] = { email = "a@example.com", mfa_factors = { {} } },
  ["a hash of the oldest bcrypt"] = { email = "a@example.com",
    password_hash = "$2$10$" .. ("a"):rep(53) },
} do
  served("the import accepts " .. name, {}, function(t)
    local _, errors = t:import { user }
    equal(errors, {})
  end)
end

---Runs a slow job of 100 users and calls fn(its id) meanwhile: the job's status and errors.
local function during_a_job(t, fn)
  local list = {}
  for i = 1, 100 do list[i] = { email = i .. "@example.com" } end
  local id = jobs.submit(t.client, {
    data = json.encode(list), connection_id = t.info.connection_id,
  }).id
  repeat scheduler.sleep(0.005) until t.tenant.db:value("SELECT done FROM job") > 0
  fn(id)
  local status
  repeat
    scheduler.sleep(0.005)
    status = assert(jobs.status(t.client, id))
  until status.state ~= "running"
  return status, jobs.errors(t.client, id)
end

local SLOW <const> = { tier = "enterprise", time_scale = 20 }

served("users fail after their connection was deleted", SLOW, function(t)
  local status, errors = during_a_job(t, function()
    local path = "/api/v2/connections/" .. t.info.connection_id
    equal(t:call("DELETE", path).status, 204)
    equal(t:call("DELETE", path).status, 204)
    equal(t:call("GET", path).status, 404)
  end)
  local summary = status.summary
  assert(summary.inserted > 0 and summary.failed > 0 and summary.total == 100)
  equal(#errors, summary.failed)
  equal(errors[1].errors[1].code, "CONNECTION_NOT_FOUND")
  equal(t:call("GET", "/api/v2/users").json, json.array {})
end)

served("users fail after their connection was disabled", SLOW, function(t)
  local _, errors = during_a_job(t, function()
    t.tenant.db:run("UPDATE connection SET clients = '[]'")
  end)
  equal(errors[1].errors[1].code, "CONNECTION_NOT_FOUND")
end)

served("a connection that a fault removes from one job remains for others",
  { faults = { { ["do"] = "connection-gone", share = 0.5, nth = 1 } } }, function(t)
    local list = { { email = "a@example.com" }, { email = "b@example.com" } }
    local status, errors = t:import(list)
    equal({ status.summary.inserted, status.summary.failed }, { 1, 1 })
    equal({ errors[1].user.email, errors[1].errors[1].code },
      { "b@example.com", "CONNECTION_NOT_FOUND" })
    equal(t:import({ list[2] }).summary.inserted, 1)
  end)

test("a job whose connection is missing after a restart ends", function()
  local folder = assert(file.temporary())
  local options = { state = folder .. "/state.db", tier = "enterprise" }
  local id
  rig.with(options, function(t)
    id = jobs.submit(t.client, {
      data = '[{"email":"a@example.com"},{"email":"b@example.com"}]',
      connection_id = t.info.connection_id,
    }).id
    equal(t:call("DELETE", "/api/v2/connections/" .. t.info.connection_id).status, 204)
    t.tenant.ended = true
  end)
  rig.with({ state = options.state }, function(t)
    local status
    repeat
      scheduler.sleep(0.005)
      status = assert(jobs.status(t.client, id))
    until status.state ~= "running"
    equal({ status.summary.total, status.summary.failed }, { 2, 2 })
  end)
  file.remove_tree(folder)
end)

served("deleting a connection requires its scope", { scopes = { "read:connections" } },
  function(t)
    local response = t:call("DELETE", "/api/v2/connections/" .. t.info.connection_id)
    equal(response.status, 403)
    tap.contains(response.json.message, "delete:connections")
  end)

served("a job that is stuck for two hours fails", { time_scale = 7200 * 4,
  faults = { { ["do"] = "job-stuck", seconds = 3600 } } }, function(t)
  equal(t:import({ { email = "a@example.com" } }).state, "failed")
  equal(t.tenant.db:value("SELECT count(*) FROM user"), 0)
end)

for name, sql in pairs {
  ["of another version"] = "PRAGMA user_version = 1",
  ["of another program"] = "CREATE TABLE setting (name TEXT)",
} do
  test("a state file " .. name .. " is rejected", function()
    local folder = assert(file.temporary())
    local path = folder .. "/state.db"
    do
      local db <close> = assert(store.open(path))
      assert(db:exec(sql))
    end
    local made, message, kind = tenant.open { state = path }
    equal({ made, kind }, { nil, "usage" })
    tap.contains(message, "use another file with --state")
    file.remove_tree(folder)
  end)
end

-- Users whose text settles that they are valid, and such as have to be decoded.
local UPLOADED <const> = {
  '{"email":"ana@example.com","email_verified":true,"username":"ana","user_id":"1"}',
  '{"email":"ben@example.com","password_hash":"$2b$10$' .. ("a"):rep(53) .. '"}',
  '{"email":"ANA@example.com"}',
  '{"email":"cem@example.com","user_id":"1"}',
  '{"email":"dan@example.com","nickname":"\\u0044"}',
  '{"email":"eva@example.com","email":"eve@example.com"}',
  '{"email":"finn"}',
  '{"email":"gil@example.com","app_metadata":{"a":1.5,"b":[]},"custom_password_hash":'
    .. '{"algorithm":"md5","hash":{"value":"5f4dcc3b5aa765d61d8327deb882cf99","encoding":"hex"}}}',
  '{"email":"' .. ("h"):rep(60) .. '@example.com","given_name":"H","blocked":true}',
  "7",
}

---What the tenant answers about a file, and stores.
local function taken_in(text)
  local seen
  rig.with({}, function(t)
    local job, errors = t:import(text)
    local stored = {}
    for row in t.tenant.db:rows "SELECT * FROM user ORDER BY email" do
      stored[#stored + 1] = { row.email, row.username, row.password, json.decode(row.record) }
    end
    seen = { job.summary, errors, stored }
  end)
  return seen
end

tap.test("users are taken in alike by their text and by their values", function()
  local plain = taken_in("[" .. table.concat(UPLOADED, ",") .. "]")
  local spaced = {}
  for i, user in ipairs(UPLOADED) do spaced[i] = user:gsub("^{", "{ ") end
  equal(taken_in("[" .. table.concat(spaced, ",\n") .. "]"), plain)
  equal({ plain[1].inserted, plain[1].failed }, { 6, 4 })
end)
