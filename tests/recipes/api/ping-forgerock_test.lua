--- The ping-forgerock recipe over PingOne's API and IDM's: the users of the files.

local rig = require "tests.recipes.api.rig"
local recipe_rig = require "tests.recipes.rig"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test

local NAME <const> = "ping-forgerock"
local FOLDER <const> = "tests/recipes/ping-forgerock/"
local PINGONE <const> = {
  environment = "6d4f2e0c-0000-4000-8000-000000000001", client_id = "worker",
  client_secret = "pingone-secret",
}
local IDM <const> = { realm = "alpha", token = "forgerock-token" }

test("PingOne: the users of all pages, through throttles, failures and cut answers", function()
  local options = { users = 900 }
  for name, value in pairs(rig.TROUBLE) do options[name] = value end
  local made = rig.run(NAME, "pingone", options, PINGONE)
  equal({ made.message, #made.users, #made.left_out }, { nil, 900, 0 })
  equal(made.users[1].phone_number ~= nil, true)
  assert(made.counts.throttled > 0 and made.counts.cut > 0 and made.counts.tokens > 0)
end)

test("IDM: the users and hashes of the file", function()
  local file = recipe_rig.run(NAME, { input = FOLDER .. "idm.ndjson" })
  local made = rig.run(NAME, "forgerock", { file = FOLDER .. "idm.ndjson" }, IDM)
  equal({ made.message, made.users, made.left_out }, { nil, file.users, file.left_out })
end)

test("IDM: all users come once, through throttles, failures and cut answers", function()
  local options = { users = 2500 }
  for name, value in pairs(rig.TROUBLE) do options[name] = value end
  local made = rig.run(NAME, "forgerock", options, IDM)
  equal({ made.message, #made.users }, { nil, 2500 })
end)

test("wrong credentials are refused, and missing ones named", function()
  local wrong = { environment = PINGONE.environment, client_id = "worker", client_secret = "x" }
  equal(#rig.run(NAME, "pingone", { users = 3 }, wrong).users, 0)
  contains(rig.run(NAME, "pingone", { users = 3 }, wrong).message, "401")
  contains(rig.run(NAME, "forgerock", { users = 3 }, { realm = "alpha", token = "x" }).message,
    "401")
  contains(recipe_rig.run(NAME, { input = "api" }).message, "environment=")
  contains(recipe_rig.run(NAME, { input = "api", environment = "e" }).message, "client_id")
end)
