--- How passwords are stored, and that the expression for them builds a hash which a made-up
--- password opens.

local algorithms = require "new.algorithms"
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
local function plan_of(columns, hint)
  local fields, ways = {}, {}
  for name, values in pairs(columns) do
    fields[name], ways[name] = column_of(values), "row." .. name
  end
  local plan = hashes.plan {
    hash = fields.hash, fields = fields, ways = ways, hint = algorithms.of(hint),
  }
  if not plan.expression then return plan end
  local row = made_hashes.of(plan, fields.hash.samples[1])
  local build = assert(load("local row, password, value = ...; local email = 'a@b.cd'; return "
    .. plan.expression))
  return plan, build(row, password, value)
end

local function digests(name)
  local list = {}
  for i = 1, 30 do list[i] = digest.hex(digest.hash(name, "x" .. i)) end
  return list
end

local BCRYPT <const> = "9oZav.HNidL3IXx2GeGcguLBhoPpNutjRszkmM8rFNf9.P6EVKAoW"
local SALTS <const> = {}
for i = 1, 30 do SALTS[i] = "salt" .. i end

local BYTES <const>, KEYS <const>, DUMPED <const>, BASE64 <const> = {}, {}, {}, {}
for i = 1, 30 do
  BYTES[i] = digest.hash("md5", "salt" .. i)
  KEYS[i] = digest.hash("sha256", "key" .. i)
  DUMPED[i], BASE64[i] = "\\x" .. digest.hex(KEYS[i]), digest.base64(KEYS[i])
end
local TEXT_IN_HEX <const> = "\\x" .. digest.hex("$2b$10$" .. BCRYPT)
local SCRYPT <const> = { cost = { "16384" }, block = { "8" }, lanes = { "1" } }

local function with(columns, more)
  for name, values in pairs(more) do columns[name] = values end
  return columns
end

---{what, columns, kind, word beside the hashes}
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
  { "SHA-256 and a salt as bytes", { hash = KEYS, salt = BYTES }, "salted" },
  { "SHA-256 as a dump has bytes", { hash = DUMPED }, "digest" },
  { "SHA-256 in Base64 with a salt", { hash = BASE64, salt = BASE64 }, "salted" },
  { "PBKDF2 as bytes", { hash = KEYS, salt = BYTES, rounds = { "1000" } }, "pbkdf2" },
  { "PBKDF2 of a name", { hash = BASE64, salt = SALTS }, "pbkdf2", "pbkdf2-sha256-1200" },
  { "scrypt as bytes", with({ hash = KEYS, salt = BYTES }, SCRYPT), "scrypt" },
  { "scrypt with the logarithm of N", { hash = BASE64, salt = SALTS, cost = { "14" } }, "scrypt",
    "scrypt" },
  { "argon2 in a dump", { hash = DUMPED, salt = DUMPED, memory = { "65536" }, time = { "3" },
    lanes = { "1" } }, "argon2" },
  { "argon2i of a name, its memory in bytes", { hash = KEYS, salt = BYTES,
    memory = { "67108864" }, time = { "3" } }, "argon2", "argon2i" },
  { "HMAC", { hash = digests "sha256", salt = SALTS }, "hmac", "HMAC-SHA256" },
  { "NT hashes", { hash = digests "md4" }, "digest", "NTLM" },
  { "bcrypt as bytea", { hash = { TEXT_IN_HEX } }, "auto" },
  { "MD5 and SHA-1", { hash = { digests("md5")[1], digests("sha1")[1] } }, "digest" },
  { "bcrypt, and SHA-1 with a salt", { hash = { "$2b$10$" .. BCRYPT, digests("sha1")[1] },
    salt = SALTS }, "mixed" },
  { "bcrypt and MD5", { hash = { "$2b$10$" .. BCRYPT, digests("md5")[1] } }, "mixed" },
}

for _, case in ipairs(STORED) do
  test("a made-up password opens what is built of " .. case[1], function()
    local plan, hash = plan_of(case[2], case[4])
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
