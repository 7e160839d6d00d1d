--- The recipe stytch and its API: all users, and the same as from a file.

local file = require "host.file"
local json = require "host.json"
local rig = require "tests.recipes.api.rig"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test

local PARAMS <const> = { project = "project-test-1", client_secret = "secret-test-1" }

for what, faults in pairs {
  ["nothing goes wrong"] = {}, ["much goes wrong"] = rig.TROUBLE,
  ["a cursor expires"] = { expire_cursor = 2 },
} do
  test("stytch by its API, each user once: " .. what, function()
    local options = { users = 2300 }
    for name, value in pairs(faults) do options[name] = value end
    local made = rig.run("stytch", "stytch", options, PARAMS)
    equal({ made.message, #made.users, #made.left_out }, { nil, 2300, 0 })
    equal(made.counts.elsewhere, 0)
  end)
end

test("stytch by its API is what a file has", function()
  local records = json.decode(assert(file.read("tests/recipes/stytch/records.json")))
  local made = rig.compare("stytch", "stytch", records, PARAMS)
  equal({ #made.users, #made.left_out }, { 3, 3 })
end)

test("stytch without a secret says what it needs", function()
  tap.contains(rig.run("stytch", "stytch", { users = 1 }, {}).message,
    "needs the parameters project and client_secret")
end)
