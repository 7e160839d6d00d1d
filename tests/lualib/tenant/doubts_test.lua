--- Doubts: the switches of the rehearsal tenant for what Auth0's documentation leaves open.

local codes = require "auth0.codes"
local doubts = require "tenant.doubts"
local file = require "host.file"
local ghosts = require "tenant.ghosts"
local identifiers = require "auth0.identifiers"
local jobs = require "auth0.api.jobs"
local json = require "host.json"
local rig = require "tests.lualib.tenant.rig"
local scheduler = require "base.scheduler"
local tap = require "tests.tap"
local equal, test = tap.equal, tap.test

local BCRYPT <const> = "$2b$10$" .. ("a"):rep(53)
local CUSTOM <const> = { algorithm = "bcrypt", hash = { value = BCRYPT } }

---Runs `fn` with a tenant of the doubt "name=value".
local function with(choice, fn, more)
  local options = { doubts = choice and { assert(doubts.parse(choice)) } }
  for key, value in pairs(more or {}) do options[key] = value end
  rig.with(options, fn)
end

---The first error of the only failed user.
local function first_error(t, user, options)
  local _, errors = t:import({ user }, options)
  return errors[1] and errors[1].errors[1] or {}
end

for _, case in ipairs {
  { nil, { email = "bad" }, "FORMAT" },
  { "codes=validator", { email = "bad" }, "INVALID_FORMAT" },
  { nil, { user_id = "1" }, "OBJECT_REQUIRED" },
  { "codes=validator", { user_id = "1" }, "OBJECT_MISSING_REQUIRED_PROPERTY" },
} do
  test(string.format("with %s %s fails as %s", case[1] or "the defaults",
    json.encode(case[2]), case[3]), function()
    with(case[1], function(t) equal(first_error(t, case[2]).code, case[3]) end)
  end)
end

test("username=refused: a username fails in a connection without usernames", function()
  local user = { email = "a@example.com", username = "ana" }
  with(nil, function(t) equal(first_error(t, user), {}) end)
  with("username=refused", function(t)
    tap.contains(first_error(t, user).message, "without requires_username")
  end)
end)

test("profile-size=refuse: a user of more than 10 KB fails, else it is imported", function()
  local user = { email = "a@example.com", user_metadata = { x = ("x"):rep(10000) } }
  with(nil, function(t) equal(first_error(t, user), {}) end)
  with("profile-size=refuse", function(t)
    equal(first_error(t, user).code, "PROFILE_SIZE_EXCEEDED")
    user.user_metadata.x = ("x"):rep(9900)
    equal(first_error(t, user), {})
  end)
end)

test("unknown=job: an unknown property fails the job", function()
  with("unknown=job", function(t)
    local status = t:import { { email = "a@example.com" }, { email = "b@example.com", colour = 1 } }
    equal(status.state, "failed")
    tap.contains(status.details, "Make sure it is valid JSON")
    equal(t:import({ { email = "a@example.com" } }).state, "completed")
  end)
end)

for choice, summary in pairs {
  ["null-email=user"] = { total = 3, inserted = 2, updated = 0, failed = 1 },
  ["null-email=rest"] = { total = 3, inserted = 1, updated = 0, failed = 2 },
  ["null-email=lost"] = { total = 2, inserted = 1, updated = 0, failed = 1 },
} do
  test(choice .. ": which users a null email address fails", function()
    with(choice, function(t)
      local status, errors = t:import {
        { email = "a@example.com" }, { email = json.null }, { email = "b@example.com" },
      }
      equal(status.summary, summary)
      for _, entry in ipairs(errors) do equal(entry.errors[1].code, "INVALID_TYPE") end
    end)
  end)
end

test("conflict=plain: conflicts have one code", function()
  with("conflict=plain", function(t)
    t:import { { email = "a@example.com" } }
    equal(first_error(t, { email = "a@example.com" }).code, "CONFLICT")
  end)
end)

local ORDINARY <const> = "The user already exist and upsert parameter is false"

-- The codes of an existing email address, username, phone number and user_id, without upsert.
for choice, expected in pairs {
  ["conflict=seen"] = { "DUPLICATED_USER", "CONFLICT_USERNAME", "CONFLICT", "CONFLICT" },
  ["conflict=any"] = { "DUPLICATED_USER", "DUPLICATED_USER", "DUPLICATED_USER",
    "DUPLICATED_USER" },
  ["conflict=named"] = { "CONFLICT_EMAIL", "CONFLICT_USERNAME", "CONFLICT", "CONFLICT" },
} do
  test(choice .. ": the codes of existing users, under upsert as in the list",
    function()
      with(choice, function(t)
        t:import { { email = "a@example.com", username = "ana", phone_number = "+491",
          user_id = "1" } }
        for i, user in ipairs {
          { email = "A@example.com", user_id = "2" }, { email = "b@example.com", username = "ANA" },
          { email = "b@example.com", phone_number = "+491" },
          { email = "b@example.com", user_id = "1" },
        } do
          local err = first_error(t, user)
          equal(err.code, expected[i])
          if err.code == "DUPLICATED_USER" then equal({ err.message, err.path }, { ORDINARY }) end
          equal(first_error(t, user, { upsert = true }).code,
            ({ "CONFLICT_EMAIL", "CONFLICT_USERNAME", "CONFLICT", "CONFLICT" })[i])
        end
      end)
    end)
end

test("conflict=any: a user_id of another connection is a plain conflict",
  function()
    with("conflict=any", function(t)
      t:import { { email = "a@example.com", user_id = "1" } }
      local _, errors = t:import({ { email = "b@example.com", user_id = "1" } },
        { connection_id = "con_second0000000000" })
      equal(errors[1].errors[1].code, "CONFLICT")
    end, { connections = { { id = "con_second0000000000", name = "Second" } } })
  end)

test("a ghost has its own message, or the ordinary one", function()
  for choice, message in pairs {
    ["ghost=own"] = "The user already exists.", ["ghost=ordinary"] = ORDINARY,
  } do
    with(choice, function(t)
      ghosts.add(t.tenant.db, t.tenant.default, identifiers.stored { email = "g@example.com" })
      equal(first_error(t, { email = "g@example.com" }),
        { code = "DUPLICATED_USER", message = message })
    end)
  end
end)

for choice, path in pairs {
  ["path=present"] = "app_metadata", ["path=pointer"] = "#/app_metadata",
  ["path=camel"] = "appMetadata",
} do
  test(choice .. ": the path of an error, and the program reads it", function()
    with(choice, function(t)
      local user = { email = "a@example.com", app_metadata = "x" }
      local err = first_error(t, user)
      equal({ err.path, codes.import_path(err.path) }, { path, "app_metadata" })
      err = first_error(t, { email = "bad" })
      equal(codes.import_path(err.path), "email")
    end)
  end)
end

test("match=user-id: an upsert matches users by user_id", function()
  with("match=user-id", function(t)
    t:import { { email = "a@example.com", user_id = "1" }, { email = "b@example.com" } }
    local status = t:import({ { email = "new@example.com", user_id = "1", given_name = "Ana" } },
      { upsert = true })
    equal(status.summary.updated, 1)
    local user = t:user("auth0|1")
    equal({ user.email, user.given_name }, { "a@example.com", "Ana" })
    equal(first_error(t, { email = "b@example.com", user_id = "3" }, { upsert = true }).code,
      "CONFLICT_EMAIL")
  end)
end)

test("match=user-id: a ghost conflicts by its username", function()
  local ghost = { email = "g@example.com", username = "ghost" }
  for choice, code in pairs { ["match=email"] = "DUPLICATED_USER",
    ["match=user-id"] = "CONFLICT_USERNAME" } do
    with(choice, function(t)
      ghosts.add(t.tenant.db, t.tenant.default, identifiers.stored(ghost))
      equal(first_error(t, ghost).code, code)
    end)
  end
end)

for _, case in ipairs {
  { "two-hashes=forbidden", { password_hash = BCRYPT, custom_password_hash = CUSTOM }, nil,
    "Forbidden attribute in appUser: " },
  { "two-hashes=not", { password_hash = BCRYPT, custom_password_hash = CUSTOM }, "NOT_PASSED",
    "Data matches schema from 'not'" },
  { "hash-shape=any-of", { custom_password_hash = { algorithm = "md6", hash = {} } },
    "ANY_OF_MISSING", "Error in customPasswordHash property - Data does not match any schemas" },
  { "null-object=type", { app_metadata = json.null }, "INVALID_TYPE", "found type null" },
  { "null-object=required", { app_metadata = json.null }, "OBJECT_REQUIRED", "found type null" },
} do
  test(string.format("%s: the error of %s", case[1], json.encode(case[2]):sub(1, 40)), function()
    with(case[1], function(t)
      local user = { email = "a@example.com" }
      for name, value in pairs(case[2]) do user[name] = value end
      local _, errors = t:import { user }
      equal({ #errors[1].errors, errors[1].errors[1].code }, { 1, case[3] })
      tap.contains(errors[1].errors[1].message, case[4])
    end)
  end)
end

test("no-errors=list: a job without errors shows an empty list", function()
  with("no-errors=list", function(t)
    local status, errors = t:import { { email = "a@example.com" } }
    local response = t:call("GET", "/api/v2/jobs/" .. status.id .. "/errors")
    equal({ response.status, response.body, errors }, { 200, "[]", {} })
  end)
end)

test("a malformed job id is invalid, or unknown with job-id=any", function()
  for choice, status in pairs { ["job-id=checked"] = 400, ["job-id=any"] = 404 } do
    with(choice, function(t)
      for _, path in ipairs { "/api/v2/jobs/job_x", "/api/v2/jobs/job_x/errors" } do
        local response = t:call("GET", path)
        equal({ response.status, response.json.statusCode }, { status, status })
      end
    end)
  end
end)

test("path=absent: errors have no path", function()
  with("path=absent", function(t)
    local err = first_error(t, { email = "bad" })
    equal(err.path, nil)
    tap.contains(err.message, "Error in identities[0].profileData.email property")
  end)
end)

test("secrets of one-time passwords are shown or hidden in the errors", function()
  local user = { email = "bad", mfa_factors = { { totp = { secret = "ABCD" } } } }
  for choice, secret in pairs { ["totp=shown"] = "ABCD", ["totp=hidden"] = "*****" } do
    with(choice, function(t)
      local _, errors = t:import { user }
      equal(errors[1].user.mfa_factors[1].totp.secret, secret)
    end)
  end
end)

test("echo-email=lower: errors show email addresses in lower case", function()
  with("echo-email=lower", function(t)
    local _, errors = t:import { { email = "BAD" } }
    equal(errors[1].user.email, "bad")
  end)
end)

test("failed-errors=none: a job that failed as a whole has no errors", function()
  with("failed-errors=none", function(t)
    local status = t:import "broken"
    equal(status.state, "failed")
    equal(t:call("GET", "/api/v2/jobs/" .. status.id .. "/errors").status, 204)
  end)
end)

---The responses about a slow job while it runs.
local function views(choice)
  local seen = {}
  with(choice, function(t)
    local list = {}
    for i = 1, 200 do list[i] = { email = i .. "@example.com" } end
    local id = jobs.submit(t.client, {
      data = json.encode(list), connection_id = t.info.connection_id,
    }).id
    repeat
      scheduler.sleep(0.01)
      local view = t:call("GET", "/api/v2/jobs/" .. id).json
      seen[#seen + 1] = not view.summary and view or nil
    until view.summary
  end, { tier = "enterprise", time_scale = 30 })
  return seen
end

test("a running job shows its progress and status as the doubts say", function()
  local full = views "progress=full"
  local last = full[#full]
  assert(last.percentage_done > 0 and last.time_left_seconds >= 0)
  local absent = views "progress=absent"
  equal(absent[#absent].percentage_done, nil)
  equal(absent[#absent].status, "pending")
  local processing = views "running=processing"
  equal(processing[#processing].status, "processing")
end)

test("timeout=expired: a job that exceeds two hours is expired", function()
  with("timeout=expired", function(t)
    local answer = jobs.submit(t.client, {
      data = '[{"email":"a@example.com"}]', connection_id = t.info.connection_id,
    })
    t.tenant.now = function(self) return self.wall() + 10000 end
    local status
    repeat
      scheduler.sleep(0.005)
      status = t:call("GET", "/api/v2/jobs/" .. answer.id).json.status
    until status ~= "pending"
    equal(status, "expired")
  end, { tier = "enterprise" })
end)

test("a job is deleted a day after it was created, or after it ended", function()
  for choice, found in pairs { ["kept=created"] = 404, ["kept=ended"] = 200 } do
    with(choice, function(t)
      local status = t:import { { email = "a@example.com" } }
      local day = 24 * 60 * 60
      t.tenant.db:run("UPDATE job SET begun = begun - ?", day + 60)
      equal(t:call("GET", "/api/v2/jobs/" .. status.id).status, found)
      t.tenant.db:run("UPDATE job SET ended = ended - ?", day + 60)
      equal(t:call("GET", "/api/v2/jobs/" .. status.id).status, 404)
    end)
  end
end)

test("an upsert resets email_verified, or keeps factors, as the doubts say", function()
  local before = { email = "a@example.com", user_id = "1", email_verified = true,
    mfa_factors = { { totp = { secret = "AAAA" } } } }
  local after = { email = "a@example.com", mfa_factors = { { totp = { secret = "BBBB" } } } }
  for _, case in ipairs {
    { nil, true, "BBBB" }, { "upsert-verified=reset", false, "BBBB" },
    { "upsert-factors=kept", true, "AAAA" },
  } do
    with(case[1], function(t)
      t:import { before }
      t:import({ after }, { upsert = true })
      local record = json.decode(t.tenant.db:value("SELECT record FROM user"))
      equal({ record.email_verified, record.mfa_factors[1].totp.secret }, { case[2], case[3] })
    end)
  end
end)

test("the 429 for slots in use has a code with slots-code=present", function()
  for choice, code in pairs { ["slots-code=absent"] = false,
    ["slots-code=present"] = "too_many_requests" } do
    with(choice, function(t)
      t.tenant.foreign = 2
      local response = t:call("POST", "/api/v2/jobs/users-imports", { parts = {
        { name = "users", data = "[]", filename = "u.json" },
        { name = "connection_id", data = t.info.connection_id },
      } })
      equal({ response.status, response.json.errorCode or false }, { 429, code })
    end)
  end
end)

test("retry-after=present: the 429 of an empty bucket has Retry-After", function()
  with("retry-after=present", function(t)
    local response
    for _ = 1, 8 do
      response = t:call("GET", "/api/v2/users")
      if response.status == 429 then break end
    end
    equal(response.status, 429)
    assert(tonumber(response.headers["retry-after"]) >= 0)
  end, { tier = "free" })
end)

test("a missing scope has two spellings, and the program reads both", function()
  with("scope-text=semicolon", function(t)
    local response = t:call("GET", "/api/v2/connections")
    equal(response.json.message, "Insufficient scope; expected any of: read:connections.")
    local _, message, kind = t.client:request { method = "GET", path = "/connections" }
    equal(kind, "credentials")
    tap.contains(message, "grant the client one of: read:connections")
  end, { scopes = { "read:users" } })
end)

test("search=late: a search finds new users later", function()
  with("search=late", function(t)
    t:import { { email = "a@example.com", user_id = "1" } }
    equal(t:call("GET", "/api/v2/users").json, json.array {})
    equal(#t:call("GET", "/api/v2/users-by-email?email=a%40example.com").json, 1)
    t.tenant.db:run("UPDATE user SET created = created - 6")
    equal(#t:call("GET", "/api/v2/users").json, 1)
  end)
end)

test("an export is compressed unless export=plain", function()
  for choice, compressed in pairs { ["export=gzip"] = true, ["export=plain"] = false } do
    with(choice, function(t)
      t:import { { email = "a@example.com", user_id = "1" } }
      local job = t:call("POST", "/api/v2/jobs/users-exports", { body = { format = "csv" } }).json
      local location
      repeat
        location = t:call("GET", "/api/v2/jobs/" .. job.id).json.location
      until location
      local response = assert(t.fetch { method = "GET", url = location })
      equal(response.body:sub(1, 2) == "\x1f\x8b", compressed)
    end)
  end
end)

for text, expected in pairs {
  ["codes"] = "NAME=VALUE", ["codes=old"] = "codes=listed|validator",
  ["kepts=ended"] = "such as kept", ["zebra=1"] = "docs/tenant.md",
} do
  test("the doubt " .. text .. " is rejected", function()
    local choice, message = doubts.parse(text)
    equal(choice, nil)
    tap.contains(message, expected)
  end)
end

test("the first value of a doubt is the default, and the last choice applies", function()
  equal(doubts.settle().codes, "listed")
  equal(doubts.settle { doubts.parse "codes=validator", doubts.parse "codes=listed" }.codes,
    "listed")
end)

test("docs/tenant.md lists all doubts with their descriptions", function()
  local page = assert(file.read "docs/tenant.md")
  for _, doubt in ipairs(doubts.LIST) do
    local values = table.concat(doubt.values, "`, `")
    tap.contains(page, string.format("| `%s` | `%s` | %s |", doubt.name, values, doubt.about))
  end
end)
