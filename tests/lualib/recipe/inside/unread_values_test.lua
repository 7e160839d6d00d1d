--- recipe.inside.unread_values and stage.pipeline: values that helpers cannot read are reported.

local pipeline = require "stage.pipeline"
local recipe_rig = require "tests.recipe_rig"
local tap = require "tests.tap"
local test = tap.test

local GOOD <const> = "$2a$12$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
local HEAD <const> = string.format([[
local GOOD = %q
local function user(hash)
  return { email = "a@b.co", custom_password_hash = hash }
end]], GOOD)

---The warning `code` after `map` has processed the records.
---@param records table[]
---@param map string  its body, which has `GOOD` and user(hash)
---@param code? string
---@return PipelineWarning?
local function warning_of(records, map, code)
  local pipe = pipeline.new {
    recipe = recipe_rig.made { records = records, map = map, head = HEAD },
    duplicates = { add = function() end },
    sink = setmetatable({}, { __index = function() return function() return true end end }),
  }
  assert(pipe:run(function() return true end))
  return pipe.warnings[code or "password_not_kept"]
end

local BCRYPT <const> = "return user(password.bcrypt(row.hash))"

test("a hash that is rejected is reported, with the reason and the first place", function()
  local warning = warning_of({ { hash = GOOD }, { hash = "$2a$12$cut" }, { hash = "x" } }, BCRYPT)
  tap.equal(warning.n, 2)
  tap.equal(warning.at, "list:2")
  tap.contains(warning.message, "not a bcrypt hash of 60 characters")
end)

local silent = {
  { "no hash at all", { {}, { hash = "" }, { hash = GOOD } }, BCRYPT },
  { "a second try that succeeds", { { hash = GOOD } }, [[
    return user(password.argon2 { kind = "argon2id" } or password.bcrypt(row.hash))
  ]] },
  { "a user with another password", { { hash = "cut" } }, [[
    local kept = user(password.bcrypt(row.hash))
    kept.password_hash = GOOD:gsub("%$12%$", "$10$", 1)
    return kept
  ]] },
  { "a record that is skipped, and the next one", { { hash = "cut" }, {} },
    [[
      local hash, why = password.bcrypt(row.hash)
      if row.hash then return nil, why end
      return user(hash)
    ]] },
  { "a user who is rejected", { { hash = "cut" } }, [[
    password.bcrypt(row.hash)
    return { email = "no address" }
  ]] },
}
for _, case in ipairs(silent) do
  test("nothing is reported for " .. case[1], function()
    tap.equal(warning_of(case[2], case[3]), nil)
  end)
end

local lost = {
  { "of auto's second result", [[
    local _, custom = password.auto(row.hash)
    return user(custom)
  ]] },
  { "under another name", [[
    return { email = "a@b.co", user_metadata = { hash = password.bcrypt(row.hash) ~= nil } }
  ]] },
  { "in a list of one", [[
    password.bcrypt(row.hash)
    return { user() }
  ]] },
}
for _, case in ipairs(lost) do
  test("a hash that is built and in no user is reported: " .. case[1], function()
    local records = { {}, { hash = GOOD }, { hash = GOOD }, {} }
    local warning = warning_of(records, case[2], "password_not_assigned")
    tap.equal({ warning.n, warning.at }, { 2, "list:2" })
    tap.contains(warning.fix, "first result")
  end)
end

test("nothing is reported for several users of which one has the hash", function()
  tap.equal(warning_of({ { hash = GOOD } }, [[
    return { user(password.bcrypt(row.hash)), { email = "c@b.co" } }
  ]], "password_not_assigned"), nil)
end)

test("undecodable bytes are reported as a hash that is not kept", function()
  local warning = warning_of({ {}, { hash = "" }, { hash = "xyz" } }, [[
    return user(password.digest("md5", password.bytes(row.hash, "hex"), { encoding = "bytes" }))
  ]])
  tap.equal({ warning.n, warning.at }, { 1, "list:3" })
  tap.contains(warning.message, "not hex")
end)

test("auto returns the reason after two places for a hash", function()
  local warning = warning_of({ { hash = "plain" } }, [[
    local made = user()
    made.password_hash, made.custom_password_hash = password.auto(row.hash)
    return made
  ]])
  tap.equal(warning.n, 1)
end)

local PHONE <const> = "return { email = 'a@b.co', phone_number = value.phone(row.phone) }"

local unread = {
  { "phone", "6 digits and 1 space", PHONE, { phone = "030 123" } },
  { "boolean", "5 characters, lower-case letters", [[
    return { email = "a@b.co", email_verified = value.boolean(row.ok) }
  ]], { ok = "maybe" } },
  { "date", "8 digits and \"/\"", [[
    return { email = "a@b.co", app_metadata = { since = value.date(row.since) } }
  ]], { since = "24/11/2026" } },
  { "json", "1 character, \"{\"", [[
    return { email = "a@b.co", app_metadata = value.json(row.data) }
  ]], { data = "{" } },
  { "php_unserialize", "1 character, \"{\"", [[
    return { email = "a@b.co", app_metadata = { roles = value.php_unserialize(row.roles) } }
  ]], { roles = "{" } },
  { "uuid", "5 characters, lower-case letters", [[
    return { email = "a@b.co", user_id = value.uuid(row.id, "guid") }
  ]], { id = "maybe" } },
  { "filetime", "8 digits and \"/\"", [[
    return { email = "a@b.co", app_metadata = { since = value.filetime(row.since) } }
  ]], { since = "24/11/2026" } },
  { "totp", "6 digits", [[
    local secret, why = value.totp(row.secret)
    return { email = "a@b.co", mfa_factors = secret and { { totp = { secret = secret } } },
      app_metadata = { why = why } }
  ]], { secret = "189189" } },
  { "email", "e-mail address of 3 characters without \"@\"", [[
    return { email = value.email(row.mail) or "a@b.co" }
  ]], { mail = "ada" } },
}
for _, case in ipairs(unread) do
  test("a value that value." .. case[1] .. " cannot read is reported with a description", function()
    local warning = warning_of({ {}, case[4], case[4] }, case[3], "value_not_kept " .. case[1])
    tap.equal({ warning.n, warning.at, warning.shape }, { 2, "list:2", case[2] })
    assert(#warning.fix > 0)
  end)
end

---{what, row, the body of map}
for _, case in ipairs {
  { "is not a username of Auth0's", { name = "müller" }, "17" },
  { "is another address than the user's", { name = "old@example.org" }, "17" },
  { "has an invisible character", { name = "jo\u{200B}e" }, "17" },
} do
  test("a username is reported that " .. case[1], function()
    local warning = warning_of({ {}, case[2] }, [[
      return { email = "a@b.co", username = value.username(row.name, "17") }
    ]], "value_not_kept username")
    tap.equal({ warning.n, warning.at }, { 1, "list:2" })
  end)
end

test("what a username holds is named", function()
  tap.equal(warning_of({ { name = "jo\u{200B}e" } }, [[
    return { email = "a@b.co", username = value.username(row.name) }
  ]], "value_not_kept username").shape, "4 characters, lower-case letters, 1 zero-width space")
end)

local SEVERAL <const> = [[
  migrate.warn("no_password", "no password")
  migrate.warn("no_country_code", "no country", "phone")
  return { email = "a@b.co", app_metadata = {
    phone = value.phone(row.phone), ok = value.boolean(row.ok), since = value.date(row.since) } }
]]

test("a warning of the recipe hides the kind of value that it names, and no other", function()
  local row = { phone = "030 123", ok = "maybe", since = "24/11/2026" }
  for kind, n in pairs { boolean = 1, date = 1, phone = false } do
    local warning = warning_of({ row }, SEVERAL, "value_not_kept " .. kind)
    tap.equal(warning and warning.n or false, n, kind)
  end
end)

test("what a warning hid in one record counts in the next", function()
  tap.equal(warning_of({ { phone = "030 123", says = true }, { phone = "030 123" } }, [[
    if row.says then migrate.warn("no_country_code", "no country", "phone") end
    return { email = "a@b.co", phone_number = value.phone(row.phone) }
  ]], "value_not_kept phone").at, "list:2")
end)

---{what, rows, the value of blocked, how many are warned of}
for _, case in ipairs {
  { "of a column that switches off", { { ["Is Active"] = "maybe" } },
    "value.boolean(row['Is Active']) == false or nil", 1 },
  { "that is trimmed", { { blocked = " maybe " } }, "value.boolean(value.trim(row.blocked))", 1 },
  { "where blocked is false", { { state = "maybe" } }, "value.boolean(row.state) == true", 1 },
  { "of another column", { { verified = "maybe" } }, "value.boolean(row.verified) or nil", 0 },
  { "of a user who is blocked", { { blocked = "maybe" } },
    "value.boolean(row.blocked) == nil", 0 },
  { "that is read", { { blocked = "WAHR" }, { blocked = "0.0" } },
    "value.boolean(row.blocked)", 0 },
} do
  test("blocked is uncertain with an unreadable value, or is not: one " .. case[1], function()
    local warning = warning_of(case[2], [[
      return { email = "a@b.co", blocked = ]] .. case[3] .. " }", "blocked_uncertain")
    tap.equal(warning and warning.n or 0, case[4])
  end)
end

local unsaid = {
  { "a blank phone", { phone = "  " }, PHONE, "phone" },
  { "an invalid date", { since = "0000-00-00 00:00:00" }, [[
    return { email = "a@b.co", app_metadata = { since = value.date(row.since) } }
  ]], "date" },
  { "a FILETIME that means never", { since = "9223372036854775807" }, [[
    return { email = "a@b.co", app_metadata = { since = value.filetime(row.since) } }
  ]], "filetime" },
  { "a null of PHP", { roles = "N;" }, [[
    return { email = "a@b.co", app_metadata = { roles = value.php_unserialize(row.roles) } }
  ]], "php_unserialize" },
  { "a phone of which the recipe warns itself", { phone = "030 123" },
    [[
      if not value.phone(row.phone) then migrate.warn("no_country_code", "no country", "phone") end
      return { email = "a@b.co" }
    ]], "phone" },
  { "a username that is the user's own address", { name = " Ada@Example.com" }, [[
    return { email = "ada@example.com", username = value.username(row.name) }
  ]], "username" },
  { "a username that is the id", { name = " 17x" }, [[
    return { email = "ada@example.com", username = value.username(row.name, "17x") }
  ]], "username" },
  { "a value of characters that show nothing", { phone = "\u{3000}\u{200B}" }, PHONE, "phone" },
  { "the phone of a record that is skipped", { phone = "030 123" }, [[
    return nil, value.phone(row.phone) or "no phone"
  ]], "phone" },
}
for _, case in ipairs(unsaid) do
  test("nothing is reported for " .. case[1], function()
    tap.equal(warning_of({ case[2] }, case[3], "value_not_kept " .. case[4]), nil)
  end)
end
