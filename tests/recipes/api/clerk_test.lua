--- The recipe clerk and its API: all users, whatever happens, and the same as from a file.

local file = require "host.file"
local json = require "host.json"
local rig = require "tests.recipes.api.rig"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test

local PARAMS <const> = { token = "sk_test_example" }
local USERS <const> = 1100 -- three pages
local FOLDER <const> = "tests/recipes/clerk/"
local PEOPLE <const> = assert(json.decode(assert(file.read(FOLDER .. "api.json"))))

for what, faults in pairs {
  ["nothing goes wrong"] = {}, ["much goes wrong"] = rig.TROUBLE,
  ["a cursor expires"] = { expire_cursor = 2 },
} do
  test("clerk by its API, each user once: " .. what, function()
    local options = { users = USERS }
    for name, value in pairs(faults) do options[name] = value end
    local made = rig.run("clerk", "clerk", options, PARAMS)
    equal({ made.message, #made.users, #made.left_out }, { nil, USERS, 0 })
    local last = made.users[USERS]
    equal({ last.email, last.email_verified, made.counts.elsewhere },
      { "person1100@example.com", true, 0 })
  end)
end

test("clerk by its API is what the saved users are", function()
  local made = rig.compare("clerk", "clerk", PEOPLE, PARAMS)
  equal({ #made.users, #made.left_out }, { 4, 2 })
end)

test("clerk by its API has the passwords of the dashboard's export", function()
  local made = rig.compare("clerk", "clerk", PEOPLE,
    { token = PARAMS.token, hashes = FOLDER .. "users.csv" }, { hashes = FOLDER .. "users.csv" })
  contains(made.users[1].password_hash, "$2a$10$")
  equal(made.users[2].custom_password_hash.algorithm, "bcrypt")
end)

test("clerk without credentials says what it needs", function()
  contains(rig.run("clerk", "clerk", { users = 1 }, {}).message, "`token`")
end)

test("clerk with credentials that are refused has no users", function()
  local made = rig.run("clerk", "clerk", { users = 1 }, { token = "sk_other" })
  equal(#made.users, 0)
  contains(made.message, "401")
end)
