--- The recipe azure-ad-b2c and Microsoft Graph.

local rig = require "tests.recipes.api.rig"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test

local PARAMS <const> = {
  tenant = "acme", client_id = "graph-app", client_secret = "graph-secret",
  attributes = "extension_0f1e_tier",
}

for what, faults in pairs {
  ["nothing goes wrong"] = {}, ["much goes wrong"] = rig.TROUBLE,
  ["tokens expire"] = { token_requests = 1 }, ["a page expires"] = { expire_cursor = 1 },
} do
  test("azure-ad-b2c by Graph, each user once: " .. what, function()
    local options = { users = 2100 }
    for name, value in pairs(faults) do options[name] = value end
    local made = rig.run("azure-ad-b2c", "graph", options, PARAMS)
    equal({ made.message, #made.users, made.left_out }, { nil, 2100, {} })
    equal(made.counts.elsewhere, 0)
  end)
end

test("azure-ad-b2c by Graph is what the saved pages are", function()
  local made = rig.compare("azure-ad-b2c", "graph", {
    { id = "a", displayName = "Ada", accountEnabled = false, extension_0f1e_tier = "gold",
      identities = { { signInType = "emailAddress", issuerAssignedId = "Ada@Example.com" } } },
    { id = "b", otherMails = { "bob@example.com" }, mobilePhone = "+49 30 123456", city = "Bern" },
    { id = "c", mail = "cy@example.com",
      identities = { { signInType = "federated", issuer = "google.com" } } },
  }, PARAMS)
  equal({ #made.users, made.left_out }, { 2, { "signs in with another account" } })
  equal(made.users[1].app_metadata.tier, "gold")
end)
