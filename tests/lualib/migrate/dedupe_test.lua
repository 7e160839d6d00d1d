--- migrate.dedupe: two users merged by a rule for each field.

local dedupe = require "migrate.dedupe"
local json = require "host.json"
local reject = require "migrate.reject"
local tap = require "tests.tap"
local test = tap.test

local function merged(rules, earlier, later)
  earlier.email, later.email = earlier.email or "a@b.co", later.email or "a@b.co"
  local made = dedupe.merge(rules)(earlier, later)
  return made
end

for _, case in ipairs {
  { "first keeps the earlier value", { name = "first" }, { name = "A" }, { name = "B" },
    { name = "A" } },
  { "first takes the later value where the earlier user has none", { name = "first" },
    { name = "" }, { name = "B" }, { name = "B" } },
  { "a field without a rule has the rule first", {}, { name = "A" }, { name = "B", nickname = "b" },
    { name = "A", nickname = "b" } },
  { "last keeps the later value", { name = "last" }, { name = "A" }, { name = "B" },
    { name = "B" } },
  { "last does not take null", { name = "last" }, { name = "A" }, { name = json.null },
    { name = "A" } },
  { "any is true if one is", { blocked = "any" }, { blocked = true }, {}, { blocked = true } },
  { "any is false if none is", { blocked = "any" }, { blocked = false }, {}, { blocked = false } },
  { "all is true if both are", { blocked = "all" }, { blocked = true }, { blocked = true },
    { blocked = true } },
  { "all is false if one has no value", { blocked = "all" }, { blocked = true }, {},
    { blocked = false } },
  { "any adds no mark where neither user has one", { blocked = "any" }, {}, {}, {} },
  { "longest counts characters", { name = "longest" }, { name = "Zoë Öz" }, { name = "Zoe Oez" },
    { name = "Zoe Oez" } },
  { "the earlier of two texts of one length stays", { name = "longest" }, { name = "Zoë" },
    { name = "Zoe" }, { name = "Zoë" } },
  { "union joins lists and keeps their order", { ["app_metadata.roles"] = "union" },
    { app_metadata = { roles = { "b", "a" } } }, { app_metadata = { roles = { "a", "c" } } },
    { app_metadata = { roles = { "b", "a", "c" } } } },
  { "union joins tables at any depth, and the earlier value stays", { app_metadata = "union" },
    { app_metadata = { plan = "pro", shop = { id = 1, tags = { "x" } } } },
    { app_metadata = { plan = "free", crm = 7, shop = { id = 2, lang = "de", tags = { "y" } } } },
    { app_metadata = { plan = "pro", crm = 7, shop = { id = 1, lang = "de",
      tags = { "x", "y" } } } } },
  { "a rule for a member counts inside a field with another rule",
    { app_metadata = "union", ["app_metadata.plan"] = "last" },
    { app_metadata = { plan = "pro", a = 1 } }, { app_metadata = { plan = "free", b = 2 } },
    { app_metadata = { plan = "free", a = 1, b = 2 } } },
  { "false is a value", { ["app_metadata.news"] = "last" }, { app_metadata = { news = true } },
    { app_metadata = { news = false } }, { app_metadata = { news = false } } },
  { "a function decides between two values",
    { ["app_metadata.seen"] = function(a, b) return math.max(a, b) end },
    { app_metadata = { seen = 3 } }, { app_metadata = { seen = 9 } },
    { app_metadata = { seen = 9 } } },
  { "a function is not asked about one value", { name = function() error "asked" end }, {},
    { name = "B" }, { name = "B" } },
  { "a function gets both users",
    { name = function(x, y, a, b) return x .. a.nickname .. y .. b.nickname end },
    { name = "A", nickname = "1" }, { name = "B", nickname = "2" },
    { name = "A1B2", nickname = "1" } },
} do
  test(case[1], function()
    local made = merged(case[2], case[3], case[4])
    case[5].email = "a@b.co"
    tap.equal(made, case[5])
  end)
end

test("both kinds of a password hash are one field", function()
  local bcrypt, scrypt = "$2b$10$" .. ("a"):rep(53), { algorithm = "scrypt" }
  local first = merged({}, { password_hash = bcrypt }, { custom_password_hash = scrypt })
  local last = merged({ password_hash = "last" }, { password_hash = bcrypt },
    { custom_password_hash = scrypt })
  tap.equal({ first.custom_password_hash, first.password_hash }, { bcrypt })
  tap.equal({ last.custom_password_hash, last.password_hash }, { scrypt })
end)

test("a verified address counts only for the user who keeps it", function()
  local rules = { email_verified = "any" }
  local same = dedupe.merge(rules)({ email = "a@b.co", email_verified = false },
    { email = "A@B.co", email_verified = true })
  local other = dedupe.merge(rules)({ username = "ann", email = "a@b.co", email_verified = false },
    { username = "ann", email_verified = true })
  tap.equal({ same.email_verified, other.email_verified }, { true, false })
end)

test("a verified number counts only for the user who keeps it", function()
  local made = merged({ phone_verified = "any" },
    { phone_number = "+4930123456", phone_verified = false },
    { phone_number = "+4930999999", phone_verified = true })
  tap.equal({ made.phone_number, made.phone_verified }, { "+4930123456", false })
end)

test("users with different addresses are not merged", function()
  local made = dedupe.merge {} ({ email = "a@b.co", phone_number = "+4930123456" },
    { email = "c@d.co", phone_number = "+4930123456" })
  assert(reject.is_reject(made))
  tap.equal({ made.code, made.path }, { "CONFLICT", "email" })
end)

test("merging leaves both users as they were", function()
  local a = { email = "a@b.co", app_metadata = { roles = { "x" } } }
  local b = { email = "a@b.co", app_metadata = { roles = { "y" } } }
  dedupe.merge { ["app_metadata.roles"] = "union", app_metadata = "last" } (a, b)
  tap.equal({ a.app_metadata.roles, b.app_metadata.roles }, { { "x" }, { "y" } })
end)

for _, case in ipairs {
  { { email_verified = "anny" }, 'must be all, any, first, last, longest, union or a function, '
    .. 'not "anny"; did you mean "any"?' },
  { { email_verfied = "any" }, 'no field "email_verfied"; did you mean "email_verified"?' },
  { { name = "any" }, 'name: the rule "any" is for other fields' },
  { { blocked = "longest" }, 'blocked: the rule "longest" is for other fields' },
  { { name = true }, "name: the rule must be" },
  { { ["name.first"] = "last" }, "only app_metadata and user_metadata have members" },
  { { password_hash = "last", custom_password_hash = "first" }, "are one password" },
  { { "email" }, "a rule needs the name of a field" },
} do
  test("refused: " .. case[2], function()
    local ok, message = pcall(dedupe.merge, case[1])
    assert(not ok and message:find(case[2], 1, true), message)
  end)
end

test("rules that are not a table are refused", function()
  local ok, message = pcall(dedupe.merge, "first")
  assert(not ok and message:find('expects rules such as { email_verified = "any" }', 1, true),
    message)
end)
