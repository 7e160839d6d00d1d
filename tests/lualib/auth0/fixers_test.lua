--- Ready-made repairs: the result of each for a user and a failure, and their use in a run.

local totals = require "journal.totals"
local finalize = require "migrate.finalize"
local fixers = require "auth0.fixers"
local import = require "migrate.import"
local recipe_rig = require "tests.recipe_rig"
local rig = require "tests.rig"
local tap = require "tests.tap"
local test = tap.test

local function failure(code, path, message, more)
  local made = { code = code, path = path, message = message or "", round = 1 }
  made.errors = { { code = code, path = path, message = message or "" }, table.unpack(more or {}) }
  return made
end

local LONG <const> = ("ä"):rep(149) .. "😀" .. "x"

---{name, fixer, user, failure, user after, options; or nil, why}
local CASES <const> = {
  { "shrink removes the largest members of the metadata, until 10 KB are left", fixers.shrink,
    { email = "a@b.co", app_metadata = { log = ("x"):rep(9000), plan = "pro" },
      user_metadata = { history = ("x"):rep(9500) } },
    failure("PROFILE_SIZE_EXCEEDED"),
    { email = "a@b.co", app_metadata = { log = ("x"):rep(9000), plan = "pro" } },
    { why = "user_metadata.history (9502 bytes) was removed" } },
  { "shrink removes one member even if the user seems small enough", fixers.shrink,
    { user_metadata = { a = 1, b = "12" } }, failure("PROFILE_SIZE_EXCEEDED"),
    { user_metadata = { a = 1 } }, { why = "user_metadata.b (4 bytes) was removed" } },
  { "shrink gives up without metadata", fixers.shrink, { email = "a@b.co" },
    failure("PROFILE_SIZE_EXCEEDED"), nil, "the user has no metadata to remove" },
  { "shrink gives up if the metadata is not what is large", fixers.shrink,
    { name = ("x"):rep(11000), user_metadata = { a = 1 } }, failure("PROFILE_SIZE_EXCEEDED"), nil,
    "the user is larger than 10 KB without its metadata" },
  { "shorten keeps what is allowed", fixers.shorten, { given_name = ("a"):rep(160) },
    failure("MAX_LENGTH", "given_name"), { given_name = ("a"):rep(150) },
    { why = "given_name was shortened to 150 characters" } },
  { "shorten uses the maximum that the tenant reports", fixers.shorten, { name = ("ab"):rep(100) },
    failure("MAX_LENGTH", "name", "String is too long (200 chars), maximum 150"),
    { name = ("ab"):rep(75) }, { why = "name was shortened to 150 characters" } },
  { "shorten cuts between characters, a wide one counts as two", fixers.shorten,
    { family_name = LONG }, failure("MAX_LENGTH", "family_name"),
    { family_name = ("ä"):rep(149) }, { why = "family_name was shortened to 150 characters" } },
  { "shorten leaves no trailing space", fixers.shorten,
    { given_name = ("a"):rep(149) .. " b" }, failure("MAX_LENGTH", "given_name"),
    { given_name = ("a"):rep(149) }, { why = "given_name was shortened to 150 characters" } },
  { "shorten handles all fields that are too long", fixers.shorten,
    { name = ("a"):rep(301), nickname = ("b"):rep(351) },
    failure("MAX_LENGTH", "name", nil, { { code = "MAX_LENGTH", path = "nickname" } }),
    { name = ("a"):rep(300), nickname = ("b"):rep(350) },
    { why = "name was shortened to 300 characters, nickname was shortened to 350 characters" } },
  { "shorten never changes a username", fixers.shorten, { username = ("a"):rep(20) },
    failure("MAX_LENGTH", "username"), nil, "username cannot be shortened" },
  { "shorten needs a path", fixers.shorten, {}, failure("MAX_LENGTH"), nil,
    "the error does not name a field" },
  { "drop_field removes the field", fixers.drop_field, { picture = "x", name = "n" },
    failure("FORMAT", "picture"), { name = "n" }, { why = "picture was removed" } },
  { "drop_field reaches into metadata", fixers.drop_field,
    { user_metadata = { x = { y = 1, z = 2 } } }, failure("INVALID_TYPE", "user_metadata.x.y"),
    { user_metadata = { x = { z = 2 } } }, { why = "user_metadata.x.y was removed" } },
  { "drop_field finds names with dots", fixers.drop_field,
    { user_metadata = { ["a.b"] = 1, a = 2 } }, failure("PATTERN", "user_metadata.a.b"),
    { user_metadata = { a = 2 } }, { why = "user_metadata.a.b was removed" } },
  { "drop_field removes a whole factor", fixers.drop_field,
    { mfa_factors = { { totp = { secret = "1" } }, { phone = { value = "+1" } } } },
    failure("PATTERN", "mfa_factors[0].totp.secret"),
    { mfa_factors = { { phone = { value = "+1" } } } }, { why = "mfa_factors[0] was removed" } },
  { "drop_field removes several list entries, and an empty list", fixers.drop_field,
    { mfa_factors = { { totp = {} }, { totp = {} } } },
    failure("PATTERN", "mfa_factors[0]", nil, { { code = "PATTERN", path = "mfa_factors[1]" } }),
    {}, { why = "mfa_factors[0], mfa_factors[1] were removed" } },
  { "drop_field removes a whole hash", fixers.drop_field,
    { custom_password_hash = { algorithm = "md5" } },
    failure("PATTERN", "custom_password_hash.hash.value"), {},
    { why = "custom_password_hash was removed" } },
  { "drop_field reads unknown names from the message", fixers.drop_field, { plan = 1, x = 2 },
    failure("OBJECT_ADDITIONAL_PROPERTIES", nil, "Additional properties not allowed: plan,x"), {},
    { why = "plan, x were removed" } },
  { "drop_field never removes the e-mail address", fixers.drop_field, { email = "x" },
    failure("FORMAT", "email"), nil, "the e-mail address is never removed" },
  { "drop_field removes nothing if one is missing", fixers.drop_field, { name = "n" },
    failure("FORMAT", "picture"), nil, "the user has no picture" },
  { "drop_field needs a path", fixers.drop_field, {}, failure("FORMAT"), nil,
    "the error does not name a field" },
  { "drop_factors upserts a user that was saved", fixers.drop_factors, { mfa_factors = { {} } },
    failure "MFA_FACTORS_FAILED", {}, { why = "the MFA factors were removed", upsert = true } },
  { "drop_factors of a user that was not saved", fixers.drop_factors, { mfa_factors = { {} } },
    failure "ARRAY_LENGTH_LONG", {}, { why = "the MFA factors were removed" } },
  { "drop_username", fixers.drop_username, { username = "a", email = "e" },
    failure "CONFLICT_USERNAME", { email = "e" }, { why = "the username was removed" } },
  { "drop_username without one", fixers.drop_username, {}, failure "CONFLICT_USERNAME", nil,
    "the user has no username" },
  { "drop_phone", fixers.drop_phone, { phone_number = "+1", phone_verified = true },
    failure "CONFLICT", {}, { why = "the phone number was removed" } },
  { "drop_hash", fixers.drop_hash, { password_hash = "x", custom_password_hash = {} },
    failure "NOT_PASSED", {},
    { why = "the password hash was removed; the user must set a new password" } },
  { "rename_username by suffix", fixers.rename_username "-%d", { username = "ann" },
    failure "CONFLICT_USERNAME", { username = "ann-2" }, { why = "the username was changed" } },
  { "rename_username by function", fixers.rename_username(function(name) return name .. "x" end),
    { username = "ann" }, failure "CONFLICT_USERNAME", { username = "annx" },
    { why = "the username was changed" } },
  { "rename_username that finds no name", fixers.rename_username(function() end),
    { username = "ann" }, failure "CONFLICT_USERNAME", nil, "no other username is available" },
  { "upsert", fixers.upsert, { email = "e" }, failure "CONFLICT_EMAIL", { email = "e" },
    { upsert = true, why = "sent again with upsert" } },
  { "ghost", fixers.ghost, { email = "e" }, failure "DUPLICATED_USER", { email = "e" },
    { delete_ghost = true, why = "a conflicting unlisted user was deleted" } },
  { "a user twice in a job is not a ghost", fixers.ghost, { email = "e" },
    failure("DUPLICATED_USER", nil, "A user with this email was already provided."), nil,
    "the same user occurs twice in the job; it is not a ghost" },
  { "chain joins the options", fixers.chain(fixers.drop_username, fixers.upsert),
    { username = "a" }, failure "CONFLICT_USERNAME", {},
    { upsert = true, why = "the username was removed; sent again with upsert" } },
  { "chain gives up when one does", fixers.chain(fixers.drop_username, fixers.drop_phone),
    { username = "a" }, failure "CONFLICT", nil, "the user has no phone number" },
  { "first continues after one gives up, with the original user",
    fixers.first(fixers.chain(fixers.drop_username, fixers.drop_phone), fixers.drop_hash),
    { username = "a", password_hash = "x" }, failure "CONFLICT", { username = "a" },
    { why = "the password hash was removed; the user must set a new password" } },
  { "first reports every reason", fixers.first(fixers.drop_username, fixers.drop_phone), {},
    failure "CONFLICT", nil, "the user has no username, the user has no phone number" },
  { "all passes each code to its fixer",
    fixers.all { MAX_LENGTH = fixers.shorten, FORMAT = fixers.drop_field },
    { given_name = ("a"):rep(160), picture = "x" },
    failure("MAX_LENGTH", "given_name", nil, { { code = "FORMAT", path = "picture" } }),
    { given_name = ("a"):rep(150) },
    { why = "given_name was shortened to 150 characters; picture was removed" } },
  { "all leaves codes without a fixer to the tenant", fixers.all { FORMAT = fixers.drop_field },
    { picture = "x" }, failure("PATTERN", "phone", nil, { { code = "FORMAT", path = "picture" } }),
    {}, { why = "picture was removed" } },
  { "all gives up without any fixer", fixers.all {}, {},
    failure("PATTERN", "a", nil, { { code = "FORMAT" }, { code = "PATTERN" } }), nil,
    "no fix for PATTERN, FORMAT" },
}

for _, case in ipairs(CASES) do
  test("fixers: " .. case[1], function()
    local user, more = case[2](case[3], case[4])
    tap.equal({ user, more }, { case[5], case[6] })
  end)
end

test("fixers: each round replaces the suffix instead of adding another", function()
  local fix, user = fixers.rename_username "_%d", { username = "ann" }
  for round, expected in ipairs { "ann_2", "ann_3", "ann_4" } do
    user = fix(user, { round = round })
    tap.equal(user.username, expected)
  end
end)

test("fixers: a suffix without a number is tried once", function()
  local fix = fixers.rename_username "-old"
  local user = fix({ username = "ann" }, { round = 1 })
  tap.equal({ fix(user, { round = 2 }) }, { nil, "the new username is also taken" })
end)

test("fixers: rename_username without a suffix or function is an error of the recipe", function()
  tap.raises(function() fixers.rename_username() end, "expects a suffix or a function")
end)

-- In a run ----------------------------------------------------------------------------------

---A run of two users; the tenant rejects the second with these errors, one list per round.
---@param fix string  the recipe's `fix`
local function refused_run(fix, users, rounds, fn, options)
  local tenant = rig.tenant()
  for i, errors in ipairs(rounds) do
    tenant.script[i] = function(job)
      job.errors = { { user = { user_id = "auth0|u2" }, errors = errors } }
    end
  end
  for key, value in pairs(options or {}) do
    if key ~= "with" then tenant[key] = value end
  end
  local given = { tenant = tenant, users = users, recipe = recipe_rig.with("fix = " .. fix) }
  for key, value in pairs((options or {}).with or {}) do given[key] = value end
  rig.with_run(given, function(face, made, book, dir)
    import(face)
    made:join()
    finalize(face)
    made:join()
    fn(totals.figures(book), book, tenant, dir)
  end)
end

local function users_of(f)
  return { f.inserted, f.updated, f.already_there, f.failed, f.pending }
end

local function whole_users(changes)
  local users = rig.users(2)
  for key, value in pairs(changes) do users[2][key] = value end
  return users
end

test("the journal records a repair, so that nothing is lost silently", function()
  refused_run("{ CONFLICT_USERNAME = fixers.drop_username }", whole_users { username = "ann" },
    { { { code = "CONFLICT_USERNAME", path = "username" } } }, function(figures, book, _, dir)
      tap.equal(users_of(figures), { 2, 0, 0, 0, 0 })
      tap.equal(book:failures("requeued", 0, 1)[1].why, "the username was removed")
      tap.equal(dir:users(book:chunk(2))[1].user.username, nil)
    end)
end)

test("several errors of a user are repaired before it is sent again", function()
  local users = whole_users { username = "ann", given_name = ("a"):rep(150) }
  local fix = "{ MAX_LENGTH = fixers.shorten, CONFLICT_USERNAME = fixers.drop_username }"
  local errors = {
    { code = "CONFLICT_USERNAME", path = "username" },
    { code = "MAX_LENGTH", path = "given_name", message = "too long (150 chars), maximum 100" },
  }
  refused_run(fix, users, { errors }, function(figures, book, tenant, dir)
    tap.equal({ users_of(figures), tenant.submits }, { { 2, 0, 0, 0, 0 }, 2 })
    local user = dir:users(book:chunk(2))[1].user
    tap.equal({ user.username, #user.given_name }, { nil, 100 })
  end)
end)

test("an upsert requested by a fixer counts as updated", function()
  local upsert
  local tenant = rig.tenant()
  tenant.script = {
    function(job)
      local errors = { { code = "JOB_FAILED" } }
      job.errors = { { user = { user_id = "auth0|u2" }, errors = errors } }
    end,
    function(job, request)
      upsert = request.upsert
      job.summary = { total = 1, inserted = 0, updated = 1, failed = 0 }
    end,
  }
  local recipe = recipe_rig.with "fix = { JOB_FAILED = fixers.upsert }"
  rig.with_run({ tenant = tenant, n = 2, recipe = recipe }, function(face, made, book)
    import(face)
    finalize(face)
    made:join()
    tap.equal({ users_of(totals.figures(book)), upsert }, { { 1, 1, 0, 0, 0 }, true })
    tap.equal(book:chunk(2).updates, true)
  end)
end)

test("removing factors does not create a second account", function()
  local tenant = rig.tenant()
  local upsert
  tenant.script = {
    function(job)
      local errors = { { code = "MFA_FACTORS_FAILED", message = "Unable to import factors" } }
      job.errors = { { user = { user_id = "u2" }, errors = errors } }
    end,
    function(job, request)
      upsert = request.upsert
      job.summary = { total = 1, inserted = 0, updated = 1, failed = 0 }
    end,
  }
  local users = whole_users { mfa_factors = { { totp = { secret = "ABC" } } } }
  local recipe = recipe_rig.with "fix = { MFA_FACTORS_FAILED = fixers.drop_factors }"
  rig.with_run({ tenant = tenant, users = users, recipe = recipe }, function(face, made, book, dir)
    import(face)
    finalize(face)
    made:join()
    tap.equal({ users_of(totals.figures(book)), upsert }, { { 2, 0, 0, 0, 0 }, true })
    tap.equal(dir:users(book:chunk(2))[1].user.mfa_factors, nil)
  end)
end)

test("a repair that conflicts with another user's username is detected before sending", function()
  local users = whole_users { username = "ann" }
  users[1].username = "bob"
  local fix = "function(user) user.username = 'BOB' return user end"
  refused_run(fix, users, { { { code = "CONFLICT_USERNAME" } } }, function(figures, book, tenant)
    tap.equal({ users_of(figures), tenant.submits }, { { 1, 0, 0, 1, 0 }, 1 })
    tap.contains(book:failures("failed", 0, 1)[1].why, "conflicts with record 1")
  end)
end)

test("a repaired user that breaks the rules is not sent, and the reason is reported", function()
  local fix = "function(user) user.picture = 'nowhere' return user end"
  refused_run(fix, whole_users {}, { { { code = "FORMAT" } } }, function(figures, book, tenant)
    tap.equal({ users_of(figures), tenant.submits }, { { 1, 0, 0, 1, 0 }, 1 })
    tap.contains(book:failures("failed", 0, 1)[1].why, "still invalid: ")
  end)
end)

test("renaming continues from round to round, and the rounds end", function()
  local errors = { { code = "CONFLICT_USERNAME", path = "username" } }
  refused_run("{ CONFLICT_USERNAME = fixers.rename_username '-%d' }",
    whole_users { username = "ann" }, { errors, errors, errors }, function(figures, book, _, dir)
      tap.equal({ users_of(figures), figures.rounds }, { { 1, 0, 0, 1, 0 }, 3 })
      tap.equal(dir:users(book:chunk(3))[1].user.username, "ann-3")
      local last = book:failures("failed", 0, 1)[1]
      tap.equal({ last.round, last.why }, { 3, "no rounds left" })
    end)
end)

-- Ghosts ------------------------------------------------------------------------------------

---A run whose second user conflicts with a ghost; `requests`: requests to the tenant except jobs.
local function ghost_run(options, fn)
  local requests = {}
  local client = {}
  function client.request(_, request)
    requests[#requests + 1] = request.method .. " " .. request.path
      .. (request.query and "?email=" .. request.query.email or "")
    return { status = options.statuses and options.statuses[#requests]
      or request.method == "GET" and 404 or 204 }
  end
  local with = {
    client = client, delete_ghosts = options.allowed ~= false, unique = options.unique,
    ask_ghosts = options.ask_ghosts or function() return true end,
  }
  local errors = { { code = "DUPLICATED_USER" } }
  refused_run("{ DUPLICATED_USER = fixers.ghost }", rig.users(2), { errors },
    function(figures, book)
      fn(users_of(figures), (book:failures("failed", 0, 1)[1] or {}).why, requests, book)
    end, { with = with, known = options.known })
end

test("a ghost is deleted by address and id after lookups, then its user is sent again", function()
  ghost_run({}, function(users, _, requests, book)
    tap.equal(users, { 2, 0, 0, 0, 0 })
    tap.equal(requests, {
      "GET /users/auth0%7Cu2", "DELETE /connections/con_1/users?email=user2@example.com",
      "DELETE /users/auth0%7Cu2",
    })
    tap.equal(book:failures("requeued", 0, 1)[1].why, "a conflicting unlisted user was deleted")
  end)
end)

---{when, options, why}
for _, case in ipairs {
  { "without --delete-ghosts", { allowed = false }, "--delete-ghosts" },
  { "when the user declines", { ask_ghosts = function() return false end }, "was not confirmed" },
  { "without a terminal", { ask_ghosts = function() end }, "was not confirmed" },
  { "where addresses are not unique", { unique = { user_id = true } }, "are not unique" },
} do
  test("no ghost is deleted " .. case[1], function()
    ghost_run(case[2], function(users, why, requests)
      tap.equal({ users, requests }, { { 1, 0, 0, 1, 0 }, {} })
      tap.contains(why, case[3])
    end)
  end)
end

test("a user of another connection with the same user_id is not a ghost", function()
  ghost_run({ statuses = { 200 } }, function(users, why, requests)
    tap.equal({ users, #requests }, { { 1, 0, 0, 1, 0 }, 1 })
    tap.contains(why, "not a ghost: the tenant lists auth0|u2")
  end)
end)

test("a user twice in the upload is not a ghost, even if a fixer requests its deletion", function()
  local fix = "{ DUPLICATED_USER = function(user) return user, { delete_ghost = true } end }"
  local errors = { { code = "DUPLICATED_USER",
    message = "A user with this email was already provided." } }
  refused_run(fix, rig.users(2), { errors }, function(figures, book)
    tap.equal(users_of(figures), { 1, 0, 0, 1, 0 })
    tap.contains(book:failures("failed", 0, 1)[1].why, "only the first is imported")
  end, { with = { delete_ghosts = true, ask_ghosts = function() error "not asked" end } })
end)

test("a ghost that cannot be deleted leaves its user failed", function()
  ghost_run({ statuses = { 404, 403 } }, function(users, why)
    tap.equal(users, { 1, 0, 0, 1, 0 })
    tap.contains(why, "(status 403): the scope delete:users is missing")
  end)
end)

test("fixers may be required by recipes", function()
  tap.equal(recipe_rig.seen [[
    local user, options = require("auth0.fixers").upsert { email = "a@b.co" }
    return { user, options.upsert }
  ]], { { email = "a@b.co" }, true })
end)
