--- What a job reports of failed users, joined to our own records, whatever the response lacks.

local alarms = require "report.alarms"
local totals = require "journal.totals"
local import = require "migrate.import"
local import_rig = require "tests.lualib.import.rig"
local jobs = require "auth0.api.jobs"
local json = require "host.json"
local html = require "report.html"
local report = require "report"
local rig = require "tests.rig"
local tap = require "tests.tap"
local report_text = require "cli.text.report"
local test = tap.test

local HASH <const> = "$2b$10$" .. ("a"):rep(53)

local function our_users()
  return {
    { user_id = "u1", email = "Ann@Example.com", username = "Ann", password_hash = HASH },
    { user_id = "u2", email = "bob@example.com", phone_number = "+15550100" },
    { email = "cid@example.com", username = "cid" },
  }
end

---Imports our users as one job whose errors are this response; `fn(failures, book, log)`.
---@param answer {status: integer?, body: any, summary: table?, state: string?, known: table[]?}
local function harvested(answer, fn)
  local tenant, log = rig.tenant(), {}
  local asked = 0
  local client = { request = function()
    asked = asked + 1
    return { status = answer.status or 200, body = answer.body, text = "", headers = {} }
  end }
  local made_users = our_users()
  tenant.script = { function(job)
    job.state = answer.state
    job.errors = {}
    job.summary = answer.summary or { total = 3, inserted = 2, updated = 0, failed = 1 }
  end }
  function tenant.errors(_, id) return jobs.errors(client, id) end
  tenant.known = answer.known or {}
  rig.with_run({
    tenant = tenant, users = made_users, per_chunk = 10, retry = function() end,
    log = function(event, fields) log[#log + 1] = { event = event, fields = fields } end,
  }, function(face, made, book)
    import(face)
    made:join()
    local list = {}
    for row in book.db:rows("SELECT * FROM failure ORDER BY place") do
      row.errors = json.decode(row.errors)
      list[#list + 1] = row
    end
    assert(totals.balanced(totals.figures(book)))
    fn(list, book, log, made)
  end)
end

local function entry(user, ...)
  return { user = user, errors = { ... } }
end

local FORMAT <const> = { code = "FORMAT", message = "no", path = "picture" }

---{what, the tenant's echo, the place of our user}
for _, case in ipairs {
  { "by user_id, with the tenant's prefix", { user_id = "auth0|u2" }, 2 },
  { "by user_id before anything else", { user_id = "u2", email = "ann@example.com" }, 2 },
  { "by address in another case", { email = "aNN@eXAMPLE.com" }, 1 },
  { "by username in another case", { username = "aNN" }, 1 },
  { "by phone number", { phone_number = "+15550100" }, 2 },
  { "by address where the echo's user_id is the tenant's own",
    { user_id = "auth0|5f0000000000000000000000", email = "cid@example.com" }, 3 },
  { "though the echo's hash is hidden", { email = "ann@example.com", password_hash = "*****" }, 1 },
  { "though an identifier is null", { email = json.null, user_id = json.null, username = "cid" },
    3 },
  { "though an identifier is a number", { user_id = 17, email = "bob@example.com" }, 2 },
} do
  test("a failed user is recognised " .. case[1], function()
    harvested({ body = { entry(case[2], FORMAT) } }, function(failures)
      tap.equal({ #failures, failures[1].place, failures[1].code }, { 1, case[3], "FORMAT" })
    end)
  end)
end

test("what is kept of a failed user is our own copy, hash intact", function()
  harvested({ body = { entry({ email = "ann@example.com", password_hash = "*****" }, FORMAT) } },
    function(failures, book, _, made)
      local placed = made.dir:users(book:chunk(1))
      tap.equal(placed[failures[1].place].user.password_hash, HASH)
    end)
end)

---{what, the tenant's error, our code, path and message}
for _, case in ipairs {
  { "a path of the tenant's profile becomes the import's",
    { code = "FORMAT", path = "identities[0].profileData.email", message = "no" },
    { "FORMAT", "email", "no" } },
  { "a hash's path too", { code = "PATTERN", path = "passwordHash", message = "no" },
    { "PATTERN", "password_hash", "no" } },
  { "a missing path is read from the message",
    { code = "INVALID_TYPE", message = "Error in email property, expected type string" },
    { "INVALID_TYPE", "email", "Error in email property, expected type string" } },
  { "a pointer becomes a path", { code = "PATTERN", path = "#/mfaFactors/0/totp", message = "no" },
    { "PATTERN", "mfa_factors[0].totp", "no" } },
  { "a renamed code is known under its documented name",
    { code = "INVALID_FORMAT", path = "picture", message = "no" }, { "FORMAT", "picture", "no" } },
  { "another renamed code", { code = "OBJECT_MISSING_REQUIRED_PROPERTY", message = "no" },
    { "OBJECT_REQUIRED", nil, "no" } },
  { "an unknown code stays as it is", { code = "BRAND_NEW", path = "x", message = "no" },
    { "BRAND_NEW", "x", "no" } },
  { "an error without a code", { message = "Forbidden attribute in appUser: " },
    { "UNKNOWN", nil, "Forbidden attribute in appUser: " } },
  { "an error that is a text", "broken", { "UNKNOWN", nil, "broken" } },
  { "an error without a message", { code = "CONFLICT" },
    { "CONFLICT", nil, "the tenant reported no message" } },
} do
  test("what the tenant reports: " .. case[1], function()
    harvested({ body = { entry({ email = "cid@example.com" }, case[2]) } }, function(failures)
      local f = failures[1]
      tap.equal({ f.code, f.path, f.message }, case[3])
      tap.equal(f.errors, { { code = case[3][1], path = case[3][2], message = case[3][3] } })
    end)
  end)
end

local ORDINARY <const> = "The user already exist and upsert parameter is false"
local PROVIDED <const> = "A user with this email was already provided."

---{what, the tenant's message, the user that a lookup shows, outcome, user_id, part of why}
for _, case in ipairs {
  { "an existing user is already there", ORDINARY, { user_id = "auth0|u2" }, "already_there",
    "auth0|u2" },
  { "without a message too", nil, { user_id = "auth0|u2" }, "already_there", "auth0|u2" },
  { "our address under another id is another user", ORDINARY, { user_id = "auth0|x" }, "judged",
    "auth0|x", "another user (auth0|x) has the same email and a different user_id" },
  { "our id in another connection is another user", ORDINARY,
    { user_id = "auth0|u2", elsewhere = true }, "judged", "auth0|u2", "in another connection" },
  { "an unlisted user may be a ghost", ORDINARY, nil, "judged", nil, "a ghost" },
  { "twice in the file counts once", PROVIDED,
    { user_id = "auth0|u2", created_at = "now" }, "judged", "auth0|u2",
    "only the first is imported" },
  { "twice in the file and existing before is already there", PROVIDED,
    { user_id = "auth0|u2", created_at = "2001-01-01T00:00:00Z" }, "already_there", "auth0|u2" },
  { "twice in the file is not a ghost, although unlisted", PROVIDED, nil, "judged", nil,
    "only the first is imported" },
} do
  test("DUPLICATED_USER is distinguished by message and lookup: " .. case[1], function()
    local known = case[3]
    if known then known.email = "bob@example.com" end
    if known and known.created_at == "now" then known.created_at = import_rig.now() end
    harvested({
      body = { entry({ user_id = "u2" }, { code = "DUPLICATED_USER", message = case[2] }) },
      known = { known },
    }, function(failures, book)
      local f = failures[1]
      tap.equal({ #failures, f.outcome, f.user_id, f.code },
        { 1, case[4], case[5], "DUPLICATED_USER" })
      if case[6] then tap.contains(f.why, case[6]) else tap.equal(f.why, nil) end
      local figures = totals.figures(book)
      tap.equal(figures.already_there, case[4] == "already_there" and 1 or 0)
      -- What to do: only a user that no lookup found is ever to be deleted.
      for _, group in ipairs(report.findings(book)) do
        local is_ghost = case[2] ~= PROVIDED and not known
        tap.equal(group.fix:lower():find("delete", 1, true) ~= nil, is_ghost, group.fix)
      end
    end)
  end)
end

test("an entry without errors is still a failure", function()
  harvested({ body = { { user = { email = "cid@example.com" } } } }, function(failures)
    tap.equal({ #failures, failures[1].code }, { 1, "UNKNOWN" })
    tap.contains(failures[1].message, "no reason")
  end)
end)

test("a single object is read as a list of one", function()
  harvested({ body = entry({ email = "cid@example.com" }, FORMAT) }, function(failures)
    tap.equal({ #failures, failures[1].place }, { 1, 3 })
  end)
end)

test("a single error is read as a list of one", function()
  harvested({ body = { { user = { email = "cid@example.com" }, errors = FORMAT } } },
    function(failures)
      tap.equal({ #failures, failures[1].code, failures[1].path }, { 1, "FORMAT", "picture" })
    end)
end)

test("two errors of a user are one failure with both", function()
  local conflict = { code = "CONFLICT_USERNAME", message = "taken", path = "username" }
  for _, body in ipairs {
    { entry({ email = "cid@example.com" }, FORMAT, conflict) },
    { entry({ email = "cid@example.com" }, FORMAT), entry({ username = "CID" }, conflict) },
  } do
    harvested({ body = body }, function(failures)
      tap.equal({ #failures, failures[1].code, #failures[1].errors }, { 1, "FORMAT", 2 })
      tap.equal(failures[1].errors[2], conflict)
    end)
  end
end)

test("a failed job without errors has its users looked up, and none is lost", function()
  harvested({ state = "failed", status = 204, summary = {} }, function(failures, book)
    tap.equal({ #failures, failures[1].code, failures[3].code },
      { 3, "JOB_FAILED", "JOB_FAILED" })
    tap.equal(failures[1].message, "the tenant reported no reason")
    tap.equal(report.build(book, { directory = "x" }).alarms, 0)
  end)
end)

test("a failed job's details are the reason of each of its users", function()
  harvested({ state = "failed", summary = {},
    body = { status_details = "Failed to parse users file JSON" } }, function(failures)
    tap.equal({ #failures, failures[2].message }, { 3, "Failed to parse users file JSON" })
  end)
end)

test("the errors of a failed job are joined to its users; the others are looked up", function()
  local list = { entry({ user_id = "u2" }, FORMAT), entry({ email = "x@example.com" }, FORMAT) }
  harvested({ state = "failed", summary = {}, body = list }, function(failures, book)
    tap.equal({ failures[1].code, failures[2].code, failures[3].code },
      { "JOB_FAILED", "FORMAT", "JOB_FAILED" })
    tap.equal({ failures[2].message, failures[2].path }, { "no", "picture" })
    local statement = report.build(book, { directory = "x" })
    tap.equal({ statement.alarms, statement.looked_up.jobs }, { 1, 0 })
  end)
end)

test("a user that the job did not report keeps the reason of the lookup", function()
  harvested({ state = "failed", summary = {}, body = {}, known = {
    { user_id = "auth0|other", email = "bob@example.com" },
  } }, function(failures)
    tap.equal(failures[2].outcome, "judged")
    tap.equal(failures[2].why,
      "another user (auth0|other) has the same email and a different user_id")
  end)
end)

test("an entry that matches no user is an alarm, in the log and in the report", function()
  local stranger = entry({ email = "stranger@example.com" }, FORMAT)
  harvested({ body = { stranger }, summary = { total = 3, inserted = 3, updated = 0, failed = 1 } },
    function(failures, book, log)
      tap.equal(#failures, 0)
      tap.equal(report.build(book, { directory = "x" }).alarms, 1)
      local seen = {}
      for _, line in ipairs(log) do
        if line.event == "alarm" then seen[#seen + 1] = line.fields.message end
      end
      tap.equal(seen, { "failures that match no user of the job" })
      tap.contains(alarms.text(report.build(book, { directory = "x" })),
        "1 reported failure matches no user of this run; no user counts as failed for that")
    end)
end)

test("an entry without any identifier is an alarm; lookups of all find its user", function()
  harvested({ body = { entry({}, FORMAT) } }, function(failures, book)
    tap.equal(#failures, 3)
    tap.equal(report.build(book, { directory = "x" }).alarms, 2)
  end)
end)

test("a summary that does not add up is an alarm", function()
  harvested({ body = {}, summary = { total = 2, inserted = 2, updated = 0, failed = 0 } },
    function(_, book, log)
      tap.equal(report.build(book, { directory = "x" }).alarms, 1)
      local seen
      for _, line in ipairs(log) do seen = seen or line.event == "alarm" and line.fields.message end
      tap.equal(seen, "the job's summary does not match what was sent")
      local statement = report.build(book, { directory = "my run" })
      tap.equal(statement.looked_up, { jobs = 1, users = 3 })
      for _, part in ipairs { "1 response of the tenant", "The summary of 1 job does not",
        "(3 users)", "created by this run count as inserted", "`auth0-migrate verify 'my run'`" } do
        tap.contains(alarms.text(statement), part)
        tap.contains(report_text.statement(statement), part)
        tap.contains(html.of(statement), part)
      end
      tap.equal(alarms.text(statement):find("no user of this run", 1, true), nil)
    end)
end)
