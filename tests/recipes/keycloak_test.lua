--- The keycloak recipe: shapes of realms, attributes, and credentials of earlier releases.

local folder = require "tests.lualib.source.folder"
local json = require "host.json"
local realms = require "source.realms"
local tap = require "tests.tap"
local rig = require "tests.recipes.rig"
local verify = require "tests.recipes.verify"

local test, equal = tap.test, tap.equal

local PASSWORD <const> = "Tr0ub4dor&3-heron"
-- PBKDF2 of it in 20000 rounds with HMAC-SHA1, computed by OpenSSL.
local KEY <const> =
  "w0lRfKz8vsZfODofTkmzFgJHqTuX9eraLTXXpuhPgCRB16YCS+iJY7NVHnsHA/KUHbHJ/HmT6YHX2NS14JyUtg=="
local SALT <const> = "ASNFZ4mrze8BI0VniavN7w=="

---The text of a realm with one user that has these members.
local function realm(members, name)
  local user = { id = "u1", username = "ada", email = "a@b.co", emailVerified = true }
  for key, value in pairs(members) do user[key] = value end
  return json.encode { realm = name or "shop", users = json.array { user } }
end

local function mapped(members)
  local made = rig.over("keycloak", { ["realm.json"] = realm(members) })
  equal(#made.users, 1)
  return made.users[1], made.warnings
end

test("keycloak: ids of clients with dots are names of metadata, and none is lost", function()
  local user = mapped { clientRoles = {
    ["https://sp.example.com"] = json.array { "reader" }, ["a.b"] = json.array { "x" },
    a_b = json.array { "y" },
  } }
  equal(user.app_metadata.client_roles,
    { ["https://sp_example_com"] = { "reader" }, a_b = { "y" }, a_b_2 = { "x" } })
end)

test("keycloak: attributes whose names become equal are all kept", function()
  local user = mapped { attributes = {
    ["a.b"] = json.array { "1" }, a_b = json.array { "2" }, ["a$b"] = json.array { "3", "4" },
  } }
  equal(user.user_metadata, { a_b = "2", a_b_2 = { "3", "4" }, a_b_3 = "1" })
end)

test("keycloak: attributes in a list are read as those of an object", function()
  local user = mapped { attributes = json.array {
    { phoneNumber = json.array { "+491722345678" } }, { team = json.array { "one" } },
  } }
  equal({ user.phone_number, user.user_metadata }, { "+491722345678", { team = "one" } })
end)

test("keycloak: a number that cannot be read replaces no other attribute", function()
  local user = mapped { attributes = {
    phoneNumber = json.array { "call me" }, phone = json.array { "+491722345678" },
  } }
  equal(user.user_metadata, { phoneNumber = "call me", phone = "+491722345678" })
end)

test("keycloak: a picture that is not a URL is left out and counted", function()
  local user, warnings = mapped { attributes = { picture = json.array { "me.png" } } }
  equal({ user.picture, warnings["value_not_kept url"].n }, { nil, 1 })
end)

for _, algorithm in ipairs { "none", "HmacSHA1", "pbkdf2" } do
  test("keycloak: a password of a release before 8 logs in, algorithm " .. algorithm, function()
    local user = mapped { credentials = json.array { {
      type = "password", hashedSaltedValue = KEY, salt = SALT, hashIterations = 20000,
      algorithm = algorithm ~= "none" and algorithm or nil, digits = 0, counter = 0, period = 0,
    } } }
    equal({ verify.login(user, PASSWORD), verify.login(user, "other") }, { true, false })
  end)
end

test("keycloak: a one-time code of a release before 8 is kept, its secret is text", function()
  local user, warnings = mapped { credentials = json.array { {
    type = "totp", hashedSaltedValue = "k2ckm2d", digits = 6, period = 30, algorithm = "HmacSHA1",
  } } }
  equal({ user.mfa_factors[1].totp.secret, warnings.totp_not_kept }, { "NMZGG23NGJSA", nil })
  user, warnings = mapped { credentials = json.array { {
    type = "hotp", hashedSaltedValue = "k2ckm2d", digits = 6, counter = 3, algorithm = "HmacSHA1",
  } } }
  equal({ user.mfa_factors, warnings.hotp_not_kept.n }, { nil, 1 })
end)

test("keycloak: earlier passwords are no loss", function()
  local _, warnings = mapped { credentials = json.array {
    { type = "password", hashedSaltedValue = KEY, salt = SALT, hashIterations = 20000 },
    { type = "password-history", hashedSaltedValue = KEY, salt = SALT, hashIterations = 20000 },
  } }
  equal(next(warnings), nil)
end)

test("keycloak: a cleartext password is named as such, and not imported", function()
  local user, warnings = mapped { credentials = json.array {
    { type = "password", value = "hunter2" },
  } }
  equal({ user.password_hash, user.custom_password_hash }, {})
  tap.contains(warnings.password_not_kept.message, "cleartext")
end)

local LIST <const> = "[" .. realm({ email = "admin@b.co" }, "master") .. ",\n"
  .. realm({ email = "b@b.co" }) .. "]"

test("keycloak: of a list of realms the chosen one is read", function()
  local made = rig.over("keycloak", { ["export.json"] = LIST }, { realm = "shop" })
  equal({ #made.users, made.users[1].email }, { 1, "b@b.co" })
  made = rig.over("keycloak", { ["export.json"] = "\n [" .. realm({}) .. "]" })
  equal(#made.users, 1)
end)

local SEVERAL <const> = {
  ["master-realm.json"] = '{"realm":"master"}', ["shop-realm.json"] = '{"realm":"shop"}',
  ["master-users-0.json"] = realm({ email = "admin@b.co" }, "master"),
  ["shop-users-0.json"] = realm { email = "a@b.co" },
  ["shop-users-1.json"] = realm { id = "u2", username = "bob", email = "b@b.co" },
}

test("keycloak: of a directory with several realms the chosen one is read", function()
  local made = rig.over("keycloak", SEVERAL, { realm = "shop" })
  equal({ #made.users, made.users[1].email, made.users[2].email }, { 2, "a@b.co", "b@b.co" })
end)

test("keycloak: a directory has files without users, of which nothing is said", function()
  local files = {
    ["shop-realm.json"] = '{"realm":"shop","enabled":true}', ["version.json"] = '{"version":"26"}',
    ["shop-federated-users-0.json"] = '{"realm":"shop","federatedUsers":[{"id":"f:1"}]}',
    ["shop-users-0.json"] = realm { email = "a@b.co" },
  }
  local made = rig.over("keycloak", files)
  equal({ #made.users, made.warnings.file_without_records }, { 1, nil })
  files["notes.json"] = "{}"
  equal(rig.over("keycloak", files).warnings.file_without_records.n, 1)
end)

test("keycloak: a directory without users is a failure", function()
  folder.with({ ["shop-realm.json"] = "{}", ["shop-users-0.json"] = "{}" }, function(root)
    local users <close> = realms.records(root)
    tap.raises(users, "shop-users-0.json")
  end)
end)

---{what, files, realm, part of the message}
local REFUSED <const> = {
  { "several realms in a list", { ["x.json"] = LIST }, nil,
    "is a list of realms: master, shop; choose one with realm=NAME" },
  { "a realm that a list does not have", { ["x.json"] = LIST }, "shp", "master, shop" },
  { "a realm that a file is not", { ["x.json"] = realm {} }, "shp", "other realms: shop" },
  { "several realms in a directory", SEVERAL, nil, "are of several realms: master, shop" },
  { "a realm that a directory does not have", SEVERAL, "shp", "master, shop" },
  { "a list next to other files", { ["x.json"] = LIST, ["y.json"] = realm {} }, nil,
    "pass it as the only input" },
}

for _, case in ipairs(REFUSED) do
  test("keycloak: refused: " .. case[1], function()
    local made = rig.over("keycloak", case[2], { realm = case[3] })
    tap.contains(made.message, case[4])
    equal(#made.users, 0)
  end)
end

test("keycloak: what is no object among the users is rejected as of the source", function()
  local made = rig.over("keycloak", { ["realm.json"] = '{"realm":"a","users":[null,7,"x",'
    .. '{"id":"1","username":"zoe","email":"zoe@example.com"}]}' })
  equal({ #made.users, made.left_out }, { 1, { "SOURCE", "SOURCE", "SOURCE" } })
end)
