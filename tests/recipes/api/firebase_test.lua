--- The recipe firebase and accounts:batchGet.

local rig = require "tests.recipes.api.rig"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test

local PARAMS <const> = { project = "acme", token = "ya29.example" }

for what, faults in pairs {
  ["nothing goes wrong"] = {}, ["much goes wrong"] = rig.TROUBLE,
  ["a token expires"] = { expire_cursor = 1 },
} do
  test("firebase by its API, each user once: " .. what, function()
    local options = { users = 2300 }
    for name, value in pairs(faults) do options[name] = value end
    local made = rig.run("firebase", "firebase", options, PARAMS)
    equal({ made.message, #made.users, made.left_out }, { nil, 2300, {} })
  end)
end

test("firebase by its API is what the export is", function()
  local made = rig.compare("firebase", "firebase", {
    { localId = "a", email = "ada@example.com", passwordHash = "aGFzaA-_", emailVerified = true,
      mfaInfo = { { phoneInfo = "+4930123456" } }, customAttributes = '{"role":"x"}' },
    { localId = "b", email = "bob@example.com", disabled = true,
      providerUserInfo = { { providerId = "password", email = "bob@example.com" } } },
    { localId = "c", phoneNumber = "+15005550406" },
    { localId = "d" },
  }, PARAMS)
  equal({ #made.users, made.left_out }, { 2, { "no e-mail address", "anonymous account" } })
end)
