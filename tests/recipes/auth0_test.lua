--- The auth0 recipe: exports with fewer or other names, linked identities, reserved names.

local json = require "host.json"
local tap = require "tests.tap"
local rig = require "tests.recipes.rig"

local test, equal = tap.test, tap.equal

---{what, file, text}: one user of the connection Customers, and one of another
local CONNECTIONS <const> = {
  { "a column of CSV", "users.csv",
    '"user_id","email","email_verified","identities[0].connection"\n'
      .. '"\'auth0|1","\'a@b.co",true,"\'Customers"\n"\'auth0|2","\'b@b.co",true,"\'Staff"\n' },
  { "a list in NDJSON", "users.ndjson", json.encode { user_id = "auth0|1", email = "a@b.co",
    identities = json.array { { provider = "auth0", user_id = "1", connection = "Customers" } } }
    .. "\n" .. json.encode { user_id = "auth0|2", email = "b@b.co",
    identities = json.array { { provider = "auth0", user_id = "2", connection = "Staff" } } } },
  { "a flat name in NDJSON", "users.ndjson",
    '{"user_id":"auth0|1","email":"a@b.co","identities[0].connection":"Customers"}\n'
      .. '{"user_id":"auth0|2","email":"b@b.co","identities[0].connection":"Staff"}' },
  { "the extension's names in NDJSON", "users.ndjson",
    '{"Id":"auth0|1","Email":"a@b.co","Connection":"Customers"}\n'
      .. '{"Id":"auth0|2","Email":"b@b.co","Connection":"Staff"}' },
  { "the extension's names in CSV", "users.csv", "Id,Email,Connection\n"
    .. "'auth0|1,'a@b.co,'Customers\n'auth0|2,'b@b.co,'Staff\n" },
}

for _, case in ipairs(CONNECTIONS) do
  test("auth0: from= selects by " .. case[1], function()
    local made = rig.over("auth0", { [case[2]] = case[3] }, { from = "Customers" })
    equal({ #made.users, made.users[1].email, made.users[1].user_id }, { 1, "a@b.co", "1" })
    equal(made.left_out, { "another connection (Staff)" })
  end)
end

test("auth0: from= imports nobody of whom the export does not tell the connection", function()
  for name, text in pairs {
    ["users.ndjson"] = '{"user_id":"auth0|1","email":"a@b.co"}',
    ["users.csv"] = "user_id,email\n'auth0|1,'a@b.co\n",
  } do
    local made = rig.over("auth0", { [name] = text }, { from = "Customers" })
    equal(made.left_out, { "the export does not tell the connection" })
    equal({ #made.users, made.warnings.no_connection.n }, { 0, 1 })
    equal(#rig.over("auth0", { [name] = text }).users, 1)
  end
end)

local LINKED <const> = json.encode {
  user_id = "google-oauth2|108", email = "social@b.co", email_verified = true, name = "Ada",
  app_metadata = { plan = "pro" },
  identities = json.array {
    { provider = "google-oauth2", user_id = "108", connection = "google-oauth2", isSocial = true },
    { provider = "auth0", user_id = "5f7c", connection = "Customers", isSocial = false,
      profileData = { email = "ada@b.co", email_verified = false, username = "ada" } },
  },
}

test("auth0: a database identity linked under a social one is imported as its own", function()
  local made = rig.over("auth0", { ["users.ndjson"] = LINKED })
  local user = made.users[1]
  equal({ user.user_id, user.email, user.email_verified, user.username, user.name,
    user.app_metadata.plan }, { "5f7c", "ada@b.co", false, "ada", "Ada", "pro" })
  equal(made.warnings.linked_database_user.n, 1)
  equal(#rig.over("auth0", { ["users.ndjson"] = LINKED }, { from = "Customers" }).users, 1)
  equal(rig.over("auth0", { ["users.ndjson"] = LINKED }, { from = "Staff" }).left_out,
    { "another connection (Customers)" })
end)

test("auth0: the password of a linked database identity is found by its id", function()
  local hash <const> = "$2b$10$./CgKyPTXlcGkYo5xL1s9u0tSWwPdzvaOlibgHKHW9lOzCdmI65Tq"
  local folder = { ["users.ndjson"] = LINKED, ["hashes.jsonl"] =
    json.encode { _id = { ["$oid"] = "5f7c" }, passwordHash = hash } }
  local made = rig.over("auth0", folder, { input = "users.ndjson", hashes = "hashes.jsonl" })
  equal(made.users[1].password_hash, hash)
end)

test("auth0: columns of metadata become objects, with numbers and booleans", function()
  local made = rig.over("auth0", { ["users.csv"] = "user_id,email,user_metadata.plan,"
    .. "user_metadata.address.city,app_metadata.age,app_metadata.vip,app_metadata.zip\n"
    .. "'auth0|1,'a@b.co,'pro,'Bonn,42,true,'042\n" })
  equal({ made.users[1].user_metadata, made.users[1].app_metadata },
    { { plan = "pro", address = { city = "Bonn" } }, { age = 42, vip = true, zip = "042" } })
end)

test("auth0: the extension's flags are read, and its file may be separated by tabs", function()
  local made = rig.over("auth0", { ["users.csv"] = "Id\tGiven Name\tEmail\tEmail Verified\t"
    .. "Picture\n'auth0|1\t'Ada\t'a@b.co\ttrue\t'https://x.example/a.png\n" })
  local user = made.users[1]
  equal({ user.user_id, user.given_name, user.email_verified, user.picture },
    { "1", "Ada", true, "https://x.example/a.png" })
end)

test("auth0: reserved names of app_metadata are left out and counted", function()
  local made = rig.over("auth0", { ["users.ndjson"] = json.encode { user_id = "auth0|1",
    email = "a@b.co", app_metadata = { blocked = true, plan = "pro" } } })
  equal({ made.users[1].app_metadata, made.warnings.reserved_metadata.n }, { { plan = "pro" }, 1 })
end)

test("auth0: a picture that is not a URL costs the picture", function()
  local made = rig.over("auth0", { ["users.ndjson"] = json.encode { user_id = "auth0|1",
    email = "a@b.co", picture = "me.png" } })
  equal({ #made.users, made.users[1].picture }, { 1 })
  equal(made.warnings["value_not_kept url"].n, 1)
end)

test("auth0: a JSON array on a line of NDJSON is refused, with what to do", function()
  local array = '[{"user_id":"auth0|1","email":"a@b.co"}]'
  local made = rig.over("auth0", { ["users.ndjson"] = array })
  equal(#made.users, 0)
  assert(made.message:find("array"), made.message)
  local user = '{"user_id":"auth0|1","email":"a@b.co"}\n'
  made = rig.over("auth0", { ["users.ndjson"] = user .. array })
  equal({ #made.users, made.left_out }, { 1, { "SOURCE" } })
end)

test("auth0: two different connections are refused with what to do", function()
  local users = { ["users.ndjson"] = '{"user_id":"auth0|1","email":"a@b.co"}' }
  local made = rig.over("auth0", users, { connection = "A", from = "B" })
  tap.contains(made.message, "give one")
end)
