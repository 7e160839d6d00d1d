--- The recipe fusionauth and its API: all users, whatever happens, and the same as from a file.

local file = require "host.file"
local json = require "host.json"
local rig = require "tests.recipes.api.rig"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test

local PARAMS <const> = { token = "fusionauth-key" }
local USERS <const> = 1100 -- three pages
local FOLDER <const> = "tests/recipes/fusionauth/"
local PEOPLE <const> = assert(json.decode(assert(file.read(FOLDER .. "api.json"))))

for what, faults in pairs {
  ["nothing goes wrong"] = {}, ["much goes wrong"] = rig.TROUBLE,
  ["a cursor expires"] = { expire_cursor = 2 },
} do
  test("fusionauth by its API, each user once: " .. what, function()
    local options = { users = USERS }
    for name, value in pairs(faults) do options[name] = value end
    local made = rig.run("fusionauth", "fusionauth", options, PARAMS)
    equal({ made.message, #made.users, #made.left_out }, { nil, USERS, 0 })
    local last = made.users[USERS]
    equal({ last.email, last.phone_number, made.counts.elsewhere },
      { "person1100@example.com", "+493000001100", 0 })
  end)
end

test("fusionauth by its API is what the saved users are", function()
  local made = rig.compare("fusionauth", "fusionauth", PEOPLE, PARAMS)
  equal({ #made.users, #made.left_out }, { 2, 1 })
end)

test("fusionauth by its API has the passwords of the table identities", function()
  local made = rig.run("fusionauth", "fusionauth", { file = FOLDER .. "api.json" },
    { token = PARAMS.token, hashes = FOLDER .. "identities.csv" })
  equal(made.users[1].custom_password_hash.algorithm, "pbkdf2")
end)

test("fusionauth without credentials says what it needs", function()
  contains(rig.run("fusionauth", "fusionauth", { users = 1 }, {}).message, "`token`")
end)

test("fusionauth with credentials that are refused has no users", function()
  local made = rig.run("fusionauth", "fusionauth", { users = 1 }, { token = "other" })
  equal(#made.users, 0)
  contains(made.message, "401")
end)
