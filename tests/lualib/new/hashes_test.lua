--- How passwords are stored, and that the expression for them builds a hash which a made-up
--- password opens.

local digest = require "host.digest"
local hashes = require "new.hashes"
local made_hashes = require "new.made_hashes"
local password = require "auth0.password"
local survey = require "new.survey"
local tap = require "tests.tap"
local value = require "source.value"
local verify = require "tests.recipes.verify"
local test, equal = tap.test, tap.equal

local function column_of(values)
  local found = survey.new { columns = { "x" } }
  for _, one in ipairs(values) do found:record { x = one } end
  found:finish()
  return found.columns[1]
end

---The plan for a column `pw` and those beside it, and the hash of its expression for a made-up row.
local function plan_of(columns)
  local fields, ways = {}, {}
  for name, values in pairs(columns) do
    fields[name], ways[name] = column_of(values), "row." .. name
  end
  local plan = hashes.plan(fields.hash, fields, ways)
  if not plan.expression then return plan end
  local hash, salt, rounds = made_hashes.of(plan, fields.hash.samples[1])
  local build = assert(load("local row, password, value = ...; local email = 'a@b.cd'; return "
    .. plan.expression))
  return plan, build({ hash = hash, salt = salt, rounds = rounds }, password, value)
end

local function digests(name)
  local list = {}
  for i = 1, 30 do list[i] = digest.hex(digest.hash(name, "x" .. i)) end
  return list
end

local BCRYPT <const> = "9oZav.HNidL3IXx2GeGcguLBhoPpNutjRszkmM8rFNf9.P6EVKAoW"
local SALTS <const> = {}
for i = 1, 30 do SALTS[i] = "salt" .. i end

---{what, columns, kind}
local STORED <const> = {
  { "bcrypt", { hash = { "$2b$10$" .. BCRYPT } }, "auto" },
  { "bcrypt of PHP with another cost", { hash = { "$2y$12$" .. BCRYPT } }, "auto" },
  { "Django", { hash = { "pbkdf2_sha256$600000$JqI077B8cKVJRXzClVNzrK"
    .. "$NC/dQjE5J51rAXfcFs4VBhmvHza2IStk+vjrhzwGJ+U=" } }, "auto" },
  { "LDAP", { hash = { "{SSHA}D40SO7MK71vA1a61/hW+3A/bwg+uzjR9" } }, "auto" },
  { "Werkzeug", { hash = { "pbkdf2:sha256:260000$abcdefgh$" .. ("ab"):rep(32) } }, "auto" },
  { "MD5", { hash = digests "md5" }, "digest" },
  { "SHA-512", { hash = digests "sha512" }, "digest" },
  { "SHA-256 with a salt", { hash = digests "sha256", salt = SALTS }, "salted" },
  { "PBKDF2 in columns", { hash = digests "sha256", salt = SALTS, rounds = { "1000" } }, "pbkdf2" },
  { "salt and digest in one", { hash = { "q9Z:" .. digests("sha256")[1] } }, "joined" },
  { "cleartext", { hash = { "hunter2", "letmein" } }, "cleartext" },
  { "bcrypt and MD5", { hash = { "$2b$10$" .. BCRYPT, digests("md5")[1] } }, "mixed" },
}

for _, case in ipairs(STORED) do
  test("a made-up password opens what is built of " .. case[1], function()
    local plan, hash = plan_of(case[2])
    equal(plan.kind, case[3])
    local user = { [type(hash) == "string" and "password_hash" or "custom_password_hash"] = hash }
    equal(verify.login(user, made_hashes.PASSWORD), true)
    equal(verify.login(user, "another"), false)
  end)
end

test("what Auth0 does not take has no expression but a reason", function()
  local plan = plan_of { hash = { "$P$B6dYL7MpYCzspcBpLINecD/5QYsek41" } }
  equal({ plan.kind, plan.expression }, { "none" })
  tap.contains(plan.comments[1], "phpass")
end)
