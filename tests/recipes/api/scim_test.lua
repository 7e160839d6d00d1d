--- The recipe scim and a server with pages by index and by cursor.

local rig = require "tests.recipes.api.rig"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test

local BASE <const> = "/scim/v2"

for _, paging in ipairs { "index", "cursor" } do
  for what, faults in pairs { ["nothing goes wrong"] = {}, ["much goes wrong"] = rig.TROUBLE } do
    test("scim by its API, each user once: " .. paging .. ", " .. what, function()
      local options = { users = 130 }
      for name, value in pairs(faults) do options[name] = value end
      local params = { token = "scim-token", paging = paging }
      local made = rig.run("scim", "scim", options, params, BASE)
      equal({ made.message, #made.users, made.left_out }, { nil, 130, {} })
      local by_index = made.counts.pages["31"] ~= nil
      equal(by_index, paging == "index")
    end)
  end
end

test("scim by its API is what the saved list is", function()
  local made = rig.compare("scim", "scim", {
    { id = "a", userName = "ada", emails = { { value = "Ada@Example.com", primary = true } } },
    { id = "b", userName = "bob@example.com", active = false,
      phoneNumbers = { { value = "tel:+1-201-555-1801" } } },
    { id = "c", userName = "cy" },
  }, { token = "scim-token" }, nil, BASE)
  equal({ #made.users, made.left_out }, { 2, { "no e-mail address" } })
end)
