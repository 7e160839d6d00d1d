--- The recipe frontegg and its API: all users, and the same as from a file.

local file = require "host.file"
local json = require "host.json"
local rig = require "tests.recipes.api.rig"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test

local PARAMS <const> = { token = "frontegg-token" }

for what, faults in pairs { ["nothing goes wrong"] = {}, ["much goes wrong"] = rig.TROUBLE } do
  test("frontegg by its API, each user once: " .. what, function()
    local options = { users = 650 }
    for name, value in pairs(faults) do options[name] = value end
    local made = rig.run("frontegg", "frontegg", options, PARAMS)
    equal({ made.message, #made.users, #made.left_out }, { nil, 650, 0 })
    equal(made.counts.elsewhere, 0)
  end)
end

test("frontegg by its API is what a file has", function()
  local records = json.decode(assert(file.read("tests/recipes/frontegg/users.json")))
  local made = rig.compare("frontegg", "frontegg", records, PARAMS)
  equal({ #made.users, #made.left_out }, { 2, 3 })
end)

test("frontegg without a token says what it needs", function()
  tap.contains(rig.run("frontegg", "frontegg", { users = 1 }, {}).message,
    "needs the parameter token")
end)
