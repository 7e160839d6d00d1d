--- auth0.user: defaults, order, identifiers.

local tap = require "tests.tap"
local json = require "host.json"
local limits = require "auth0.limits"
local user = require "auth0.user"

local test = tap.test

---{user_id before, after}
local IDS <const> = {
  { "auth0|a", "a" }, { "a", "a" }, { "auth0|auth0|a", "auth0|a" },
  { "auth0|legacy|7", "legacy|7" },
  { "google-oauth2|1", "google-oauth2|1" }, { "auth0|", "" }, { 7, 7 },
}

test("user: one leading auth0| is removed from the user_id", function()
  for _, case in ipairs(IDS) do
    tap.equal(user.normalise({ user_id = case[1] }).user_id, case[2])
  end
end)

test("user: email_verified is always sent", function()
  tap.equal(user.normalise({}).email_verified, false)
  tap.equal(user.normalise({ email_verified = json.null }).email_verified, false)
  tap.equal(user.normalise({ email_verified = "" }).email_verified, false)
  tap.equal(user.normalise({ email_verified = true }).email_verified, true)
  tap.equal(user.normalise({ email_verified = "yes" }).email_verified, "yes")
end)

test("user: normalise changes the user in place and nothing else", function()
  local value = { email = "A@Example.com", name = "" }
  tap.equal(user.normalise(value) == value, true)
  tap.equal(value, { email = "A@Example.com", name = "", email_verified = false })
end)

local BCRYPT <const> = "$2b$10$./CgKyPTXlcGkYo5xL1s9u0tSWwPdzvaOlibgHKHW9lOzCdmI65Tq"
local OTHER_BCRYPT <const> = "$2y$12$./CgKyPTXlcGkYo5xL1s9u0tSWwPdzvaOlibgHKHW9lOzCdmI65Tq"
local TABLE <const> = { algorithm = "md5", hash = { value = "x", encoding = "hex" } }
local OTHER_TABLE <const> = { algorithm = "sha1", hash = { value = "x", encoding = "hex" } }

---{what, password_hash and custom_password_hash before, both after}
local PLACES <const> = {
  { "a text of bcrypt goes to password_hash", nil, BCRYPT, BCRYPT, nil },
  { "a truncated one too, so that the finding reports it", nil, "$2a$10$a", "$2a$10$a", nil },
  { "a table goes to custom_password_hash", TABLE, nil, nil, TABLE },
  { "empty members are not a second hash", TABLE, "", nil, TABLE },
  { "nor is null", json.null, BCRYPT, BCRYPT, nil },
  { "one text under both keys keeps its own", BCRYPT, BCRYPT, BCRYPT, nil },
  { "one table under both keys keeps its own", TABLE, TABLE, nil, TABLE },
  { "each under its own stays", BCRYPT, TABLE, BCRYPT, TABLE },
  { "two tables stay", TABLE, OTHER_TABLE, TABLE, OTHER_TABLE },
  { "two texts stay", OTHER_BCRYPT, BCRYPT, OTHER_BCRYPT, BCRYPT },
  { "two under each other's key stay", TABLE, BCRYPT, TABLE, BCRYPT },
  { "bcrypt that password_hash does not accept stays", nil, OTHER_BCRYPT, nil, OTHER_BCRYPT },
  { "another text stays", nil, "$argon2id$", nil, "$argon2id$" },
  { "a number stays", 7, nil, 7, nil },
  { "none stays none", nil, nil, nil, nil },
}

for _, case in ipairs(PLACES) do
  test("user: a hash under the wrong key: " .. case[1], function()
    local made = user.normalise { password_hash = case[2], custom_password_hash = case[3] }
    tap.equal(rawequal(made.password_hash, case[4]), true)
    tap.equal(rawequal(made.custom_password_hash, case[5]), true)
  end)
end

test("user: the address comes first in JSON, metadata last", function()
  tap.equal(json.encode({ app_metadata = { x = 1 }, name = "N", email = "e", user_id = "u",
    email_verified = false }, user.ORDER),
    '{"email":"e","email_verified":false,"user_id":"u","name":"N","app_metadata":{"x":1}}')
end)

test("user: identifiers are compared in lower case, except for ids and phone numbers", function()
  tap.equal(user.identifiers { email = "A@B.com", username = "Ann", user_id = "X",
    phone_number = "+1" }, { email = "a@b.com", username = "ann", user_id = "X",
    phone_number = "+1" })
  tap.equal(user.identifiers { email = "", user_id = 7 }, {})
end)

test("user: the algorithm of a password", function()
  tap.equal(user.algorithm { password_hash = "x" }, "bcrypt")
  tap.equal(user.algorithm { custom_password_hash = { algorithm = "md5" } }, "md5")
  tap.equal(user.algorithm {}, nil)
  tap.equal(user.has_password { password_hash = "x" }, true)
  tap.equal(user.has_password {}, false)
end)

test("limits: the default chunk is below the maximum of a file", function()
  assert(limits.CHUNK_BYTES < limits.FILE_BYTES and limits.FILE_BYTES < limits.REQUEST_BYTES)
  assert(limits.JOBS == 2 and limits.JOB_SECONDS == 7200 and limits.JOB_KEPT_SECONDS == 86400)
  assert(limits.USERS_PER_HOUR.free < limits.USERS_PER_HOUR.enterprise)
end)
