--- recipe.inside.unread_values and stage.pipeline: values that helpers cannot read are reported.

local face = require "migrate.face"
local unread_values = require "recipe.inside.unread_values"
local pipeline = require "stage.pipeline"
local schema = require "auth0.schema"
local tap = require "tests.tap"
local test = tap.test

local GOOD <const> = "$2a$12$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"

---The warning `code` after `map` has processed the records; it receives the modules of a recipe.
---@return PipelineWarning?
local function warning_of(records, map, code)
  local modules, unread = unread_values.new()
  local migrate = face.new({}, unread)
  local i = 0
  local pipe = pipeline.new {
    recipe = {
      source = function()
        return function()
          i = i + 1
          return records[i], records[i] and "list:" .. i
        end
      end,
      map = function(record)
        return map(record, modules["auth0.password"], modules["source.value"], migrate)
      end,
      params = {}, warnings = {}, unread = unread,
    },
    validator = schema.for_connection(), duplicates = { judge = function() end },
    sink = setmetatable({}, { __index = function() return function() return true end end }),
  }
  assert(pipe:run(function() return true end))
  return pipe.warnings[code or "password_not_kept"]
end

local function user(hash)
  return { email = "a@b.co", custom_password_hash = hash }
end

local function bcrypt(record, password)
  return user(password.bcrypt(record.hash))
end

test("a hash that is rejected is reported, with the reason and the first place", function()
  local warning = warning_of({ { hash = GOOD }, { hash = "$2a$12$cut" }, { hash = "x" } }, bcrypt)
  tap.equal(warning.n, 2)
  tap.equal(warning.at, "list:2")
  tap.contains(warning.message, "not a bcrypt hash of 60 characters")
end)

local silent = {
  { "no hash at all", { {}, { hash = "" }, { hash = GOOD } }, bcrypt },
  { "a second try that succeeds", { { hash = GOOD } }, function(record, password)
    return user(password.argon2 { kind = "argon2id" } or password.bcrypt(record.hash))
  end },
  { "a user with another password", { { hash = "cut" } }, function(record, password)
    local kept = user(password.bcrypt(record.hash))
    kept.password_hash = GOOD:gsub("%$12%$", "$10$", 1)
    return kept
  end },
  { "a record that is skipped, and the next one", { { hash = "cut" }, {} },
    function(record, password)
      local hash, why = password.bcrypt(record.hash)
      if record.hash then return nil, why end
      return user(hash)
    end },
  { "a user who is rejected", { { hash = "cut" } }, function(record, password)
    password.bcrypt(record.hash)
    return { email = "no address" }
  end },
}
for _, case in ipairs(silent) do
  test("nothing is reported for " .. case[1], function()
    tap.equal(warning_of(case[2], case[3]), nil)
  end)
end

local lost = {
  { "of auto's second result", function(record, password)
    local _, custom = password.auto(record.hash)
    return user(custom)
  end },
  { "under another name", function(record, password)
    return { email = "a@b.co", user_metadata = { hash = password.bcrypt(record.hash) ~= nil } }
  end },
  { "in a list of one", function(record, password)
    password.bcrypt(record.hash)
    return { user() }
  end },
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
  tap.equal(warning_of({ { hash = GOOD } }, function(record, password)
    return { user(password.bcrypt(record.hash)), { email = "c@b.co" } }
  end, "password_not_assigned"), nil)
end)

test("undecodable bytes are reported as a hash that is not kept", function()
  local warning = warning_of({ {}, { hash = "" }, { hash = "xyz" } }, function(record, password)
    return user(password.digest("md5", password.bytes(record.hash, "hex"), { encoding = "bytes" }))
  end)
  tap.equal({ warning.n, warning.at }, { 1, "list:3" })
  tap.contains(warning.message, "not hex")
end)

test("auto returns the reason after two places for a hash", function()
  local warning = warning_of({ { hash = "plain" } }, function(record, password)
    local made = user()
    made.password_hash, made.custom_password_hash = password.auto(record.hash)
    return made
  end)
  tap.equal(warning.n, 1)
end)

local function phone(record, _, value)
  return { email = "a@b.co", phone_number = value.phone(record.phone) }
end

local unread = {
  { "phone", "6 digits and 1 space", phone, { phone = "030 123" } },
  { "boolean", "5 characters, lower-case letters", function(record, _, value)
    return { email = "a@b.co", email_verified = value.boolean(record.ok) }
  end, { ok = "maybe" } },
  { "date", "8 digits and \"/\"", function(record, _, value)
    return { email = "a@b.co", app_metadata = { since = value.date(record.since) } }
  end, { since = "24/11/2026" } },
  { "json", "1 character, \"{\"", function(record, _, value)
    return { email = "a@b.co", app_metadata = value.json(record.data) }
  end, { data = "{" } },
  { "totp", "6 digits", function(record, _, value)
    local secret, why = value.totp(record.secret)
    return { email = "a@b.co", mfa_factors = secret and { { totp = { secret = secret } } },
      app_metadata = { why = why } }
  end, { secret = "189189" } },
  { "email", "e-mail address of 3 characters without \"@\"", function(record, _, value)
    return { email = value.email(record.mail) or "a@b.co" }
  end, { mail = "ada" } },
}
for _, case in ipairs(unread) do
  test("a value that value." .. case[1] .. " cannot read is reported with a description", function()
    local warning = warning_of({ {}, case[4], case[4] }, case[3], "value_not_kept " .. case[1])
    tap.equal({ warning.n, warning.at, warning.shape }, { 2, "list:2", case[2] })
    assert(#warning.fix > 0)
  end)
end

local unsaid = {
  { "a blank phone", { phone = "  " }, phone, "phone" },
  { "a date that is none", { since = "0000-00-00 00:00:00" }, function(record, _, value)
    return { email = "a@b.co", app_metadata = { since = value.date(record.since) } }
  end, "date" },
  { "a phone of which the recipe warns itself", { phone = "030 123" },
    function(record, _, value, migrate)
      if not value.phone(record.phone) then migrate.warn("no_country_code") end
      return { email = "a@b.co" }
    end, "phone" },
  { "the phone of a record that is skipped", { phone = "030 123" }, function(record, _, value)
    return nil, value.phone(record.phone) or "no phone"
  end, "phone" },
}
for _, case in ipairs(unsaid) do
  test("nothing is reported for " .. case[1], function()
    tap.equal(warning_of({ case[2] }, case[3], "value_not_kept " .. case[4]), nil)
  end)
end
