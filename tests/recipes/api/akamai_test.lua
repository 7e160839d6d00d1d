--- The recipe akamai and its API: all records, and the same as from a file.

local file = require "host.file"
local json = require "host.json"
local rig = require "tests.recipes.api.rig"
local tap = require "tests.tap"
local users = require "tests.apis.users"

local equal, test = tap.equal, tap.test

local PARAMS <const> = { client_id = "akamai", client_secret = "secret" }

for what, faults in pairs { ["nothing goes wrong"] = {}, ["much goes wrong"] = rig.TROUBLE } do
  test("akamai by its API, each user once: " .. what, function()
    local options = { users = 2300 }
    for name, value in pairs(faults) do options[name] = value end
    local made = rig.run("akamai", "akamai", options, PARAMS)
    equal({ made.message, #made.users, #made.left_out }, { nil, 2300, 0 })
    equal(made.counts.elsewhere, 0)
  end)
end

test("akamai by its API is what a file has", function()
  local records = {}
  for line in assert(file.read("tests/recipes/akamai/users.ndjson")):gmatch("[^\n]+") do
    local record = json.decode(line)
    record.id = users.person(#records + 1).number -- the server orders them by it
    records[#records + 1] = record
  end
  local made = rig.compare("akamai", "akamai", records, PARAMS)
  equal({ #made.users, #made.left_out }, { 3, 3 })
end)

test("akamai without a client says what it needs", function()
  tap.contains(rig.run("akamai", "akamai", { users = 1 }, {}).message,
    "needs the parameters domain (such as acme.janraincapture.com), client_id and client_secret")
end)
