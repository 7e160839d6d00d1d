--- Groups of findings: what counts as equal, what is shown, and what bounds the memory.

local totals = require "journal.totals"
local codes = require "auth0.codes"
local findings = require "stage.findings"
local finalize = require "migrate.finalize"
local import = require "migrate.import"
local recipe_rig = require "tests.recipe_rig"
local report = require "report"
local rig = require "tests.rig"
local tap = require "tests.tap"
local report_text = require "cli.text.report"
local test = tap.test

---{message, its common part}
for _, case in ipairs {
  { "String is too long (312 chars), maximum 300", "String is too long (… chars), maximum …" },
  { "Object didn't pass validation for format email: ann@example.com",
    "Object didn't pass validation for format email: …" },
  { "No enum match for: MD5", "No enum match for: …" },
  { 'the column "a b" has no \'x y\'', 'the column "…" has no \'…\'' },
  { "the address of bob@example.com is taken", "the address of (address) is taken" },
  { "shop.lua:12: no price for 17", "shop.lua:12: no price for …" },
  { "the same user as at position 7: the same email",
    "the same user as at position …: the same email" },
  { "Expected type string but found type integer", "Expected type string but found type integer" },
  { "sha256 takes 32.5 bytes", "sha… takes … bytes" },
} do
  test("findings: common part of " .. case[1], function()
    tap.equal(findings.common(case[1]), case[2])
  end)
end

local function add(found, at, code, path, message, outcome, user)
  found:add {
    outcome = outcome or "rejected", at = at, user = user,
    errors = { { code = code, path = path, message = message } },
  }
end

test("findings of one kind are a group: the message is their common part", function()
  local found = findings.new()
  add(found, "a:1", "MAX_LENGTH", "name", "too long (301 chars), maximum 300")
  add(found, "a:2", "MAX_LENGTH", "name", "too long (400 chars), maximum 300")
  add(found, "a:3", "MAX_LENGTH", "name", "too long (500 chars), maximum 300")
  add(found, "a:4", "MAX_LENGTH", "name", "too long (301 chars), maximum 300")
  tap.equal(found:list(), { {
    outcome = "rejected", code = "MAX_LENGTH", path = "name", count = 4,
    message = "too long (… chars), maximum 300", examples = { "a:1", "a:2", "a:3" },
    fix = codes.fix "MAX_LENGTH",
  } })
end)

test("a group whose messages are equal shows the message itself", function()
  local found = findings.new()
  add(found, "a:1", "MAX_LENGTH", "name", "too long (301 chars)")
  add(found, "a:2", "MAX_LENGTH", "name", "too long (301 chars)")
  tap.equal(found:list()[1].message, "too long (301 chars)")
end)

test("lines of a recipe are distinguished, items of a list are not", function()
  local found = findings.new()
  add(found, "a:1", "RECIPE_ERROR", "", "shop.lua:1: broken")
  add(found, "a:2", "RECIPE_ERROR", "", "shop.lua:2: broken")
  add(found, "a:3", "PATTERN", "mfa_factors[0].totp.secret", "no")
  add(found, "a:4", "PATTERN", "mfa_factors[7].totp.secret", "no")
  local list = found:list()
  tap.equal({ #list, list[1].path, list[1].count }, { 3, "mfa_factors[].totp.secret", 2 })
end)

test("the most frequent group comes first, the rest in a fixed order", function()
  local found = findings.new()
  for i, code in ipairs { "C", "B", "A", "B" } do add(found, "a:" .. i, code, "", "no") end
  local order = {}
  for i, group in ipairs(found:list()) do order[i] = group.code end
  tap.equal(order, { "B", "A", "C" })
end)

test("a group describes the value of its first finding", function()
  local found = findings.new()
  for i, shape in ipairs { "32 hex digits", "31 hex digits" } do
    found:add { outcome = "rejected", at = "a:" .. i, errors = {
      { code = "PATTERN", path = "password_hash", message = "no", shape = shape, fix = "Do it." },
    } }
  end
  local group = found:list()[1]
  tap.equal({ group.count, group.shape, group.fix }, { 2, "32 hex digits", "Do it." })
end)

test("no group contains an address in its path or message, even a group of one", function()
  local found = findings.new()
  add(found, "a:1", "PATTERN", "user_metadata.ann.a@example.com.plan", "must not contain '.'")
  add(found, "a:2", "OBJECT_ADDITIONAL_PROPERTIES", "ann@example.com",
    "not allowed: ann@example.com")
  add(found, "a:3", "REJECTED", "", "we know <ann@example.com>, as bob")
  add(found, "a:4", "FORMAT", "email", "validation for format email: ann at example", "failed")
  local shown = {}
  for i, group in ipairs(found:list()) do shown[i] = group.path .. "|" .. group.message end
  tap.equal(shown, { "email|validation for format email: …", "…|not allowed: (address)",
    "user_metadata.…|must not contain '.'", "|we know <(address)>, as bob" })
end)

test("formats of our own rules are distinguished", function()
  local found = findings.new()
  add(found, "a:1", "FORMAT", "email", "validation for format email: no @ in it", nil, {})
  add(found, "a:2", "FORMAT", "email", "validation for format email: no dot in the domain", nil,
    {})
  tap.equal(#found:list(), 2)
end)

test("numbers of our own sentences stay, those of a recipe or the tenant do not", function()
  for user, shown in pairs { [true] = "12345678", [false] = "(number)" } do
    local found = findings.new()
    add(found, "a:1", "DUPLICATE", "email", "the same user as at position 12345678", nil,
      user and {} or nil)
    tap.equal(found:list()[1].message, "the same user as at position " .. shown)
  end
  for _, outcome in ipairs { "failed", "repaired" } do
    local found = findings.new()
    add(found, "a:1", "X", "", "no 12345678", outcome, {})
    tap.equal(found:list()[1].message, "no (number)")
  end
end)

test("code, path and message of a recipe lose their values, the line of an error stays", function()
  local found = findings.new()
  local digest = "5f4dcc3b5aa765d61d8327deb882cf99"
  add(found, "a:1", "NO " .. digest, "user_metadata.k" .. digest:rep(2), "of " .. digest)
  local group = found:list()[1]
  tap.equal({ group.code, group.message }, { "NO (hash)", "of (hash)" })
  tap.equal(group.path:find(digest, 1, true), nil)
  found = findings.new()
  add(found, "a:1", "RECIPE_ERROR", "", "shop 20261129.lua:12: no " .. digest, nil, {})
  tap.equal(found:list()[1].message, "shop 20261129.lua:12: no (hash)")
end)

test("the codes of the table and their related ones are left as they are", function()
  local found = findings.new()
  for i, entry in ipairs(codes.list) do
    for _, name in ipairs { entry.name, table.unpack(entry.related or {}) } do
      add(found, "a:" .. i, name, "custom_password_hash.hash.value", entry.meaning)
    end
  end
  for _, group in ipairs(found:list()) do
    tap.equal(codes.get(group.code).class == "unknown", group.code == "UNKNOWN")
    tap.equal(codes.get(group.code).meaning, group.message)
    tap.equal(group.path, "custom_password_hash.hash.value")
  end
end)

test("a record with one kind of finding twice is one example", function()
  local found = findings.new()
  found:add { outcome = "rejected", at = "a:1", errors = {
    { code = "PATTERN", path = "mfa_factors[0]", message = "no" },
    { code = "PATTERN", path = "mfa_factors[1]", message = "no" },
  } }
  tap.equal({ found:list()[1].count, found:list()[1].examples }, { 2, { "a:1" } })
end)

test("groups are bounded: then by code, then all others, and nothing is left uncounted", function()
  local found = findings.new()
  for i = 1, 5000 do
    local name = string.char(97 + i // 676 % 26, 97 + i // 26 % 26, 97 + i % 26)
    add(found, "a:" .. i, "CODE_" .. i % 500, "user_metadata." .. name .. "_" .. i, "no")
  end
  local list = found:list()
  local sum, other = 0, nil
  for _, group in ipairs(list) do
    sum = sum + group.count
    if group.code == "OTHER" then other = group end
  end
  tap.equal({ #list, sum }, { 401, 5000 })
  assert(other and other.count > 0)
end)

---A run with an upload in which one user is repaired and one fails.
local function with_failures(fn)
  local tenant = rig.tenant()
  tenant.script = {
    function(job)
      job.errors = {
        { user = { user_id = "auth0|u1" }, errors = {
          { code = "FORMAT", path = "picture", message = "no URL 1" },
          { code = "PATTERN", path = "phone", message = "no phone" },
        } },
        { user = { user_id = "auth0|u2" }, errors = { { code = "CONFLICT_USERNAME" } } },
      }
    end,
  }
  local users = rig.users(2)
  users[2].username = "ann"
  local recipe = recipe_rig.with "fix = { CONFLICT_USERNAME = fixers.drop_username }"
  rig.with_run({ tenant = tenant, users = users, recipe = recipe }, function(face, made, book)
    import(face)
    made:join()
    finalize(face)
    made:join()
    fn(book)
  end)
end

test("the report groups failed and repaired users next to rejected ones", function()
  with_failures(function(book)
    assert(book:note { findings = { {
      outcome = "rejected", code = "FORMAT", path = "email", message = "m", count = 7,
      examples = { "x:1" },
    } } })
    local list = {}
    for i, g in ipairs(report.findings(book)) do
      list[i] = string.format("%s %s %s %d", g.outcome, g.code, g.path, g.count)
    end
    tap.equal(list, { "rejected FORMAT email 7", "failed FORMAT picture 1",
      "failed PATTERN phone 1", "repaired CONFLICT_USERNAME  1" })
    tap.equal(totals.figures(book).failed, 1)
  end)
end)

test("a user that is repaired twice is two repairs, and not two users", function()
  local tenant = rig.tenant()
  local function refuse(job)
    job.errors = { { user = { user_id = "u1" }, errors = { { code = "CONFLICT_USERNAME" } } } }
  end
  tenant.script = { refuse, refuse }
  local users = rig.users(1)
  users[1].username = "ann"
  local recipe = recipe_rig.with
    "fix = { CONFLICT_USERNAME = fixers.rename_username '-%d' }"
  rig.with_run({ tenant = tenant, users = users, recipe = recipe }, function(face, made, book)
    import(face)
    made:join()
    finalize(face)
    made:join()
    local statement = report.build(book, { directory = "x" })
    statement.findings = report.findings(book)
    tap.equal({ #statement.findings, statement.users.inserted }, { 1, 1 })
    tap.contains(report_text.statement(statement), "CONFLICT_USERNAME  2 repairs")
  end)
end)

test("the summary shows the first groups, what to do, and how many more there are", function()
  local groups = {}
  for i = 1, 7 do
    groups[i] = { outcome = "failed", code = "CODE" .. i, path = "", message = "m" .. i,
      count = 8 - i, examples = { "a:1" }, shape = "1 digit", fix = "Do " .. i .. "." }
  end
  table.insert(groups, 1, { outcome = "duplicate", code = "DUPLICATE", path = "email", count = 99,
    message = "twice", examples = { "a:9" } })
  local text = report_text.statement {
    run = "r", status = "complete", balanced = true, directory = "r.run", alarms = 2,
    records = { read = 1, rejected = 0, duplicate = 0, staged = 1 },
    users = { inserted = 1, failed = 0, already_there = 0 }, findings = groups,
  }
  tap.contains(text, "CODE5  3 users\n  m5\n  at a:1, ...\n  first value: 1 digit\n"
    .. "  Do 5.\n")
  tap.contains(text, "and 2 more kinds of findings, see report.json")
  tap.contains(text, "ALARM: 2 responses")
  assert(not text:find("CODE6", 1, true) and not text:find("DUPLICATE", 1, true))
end)
