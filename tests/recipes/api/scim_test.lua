--- The recipe scim and a server with pages by index and by cursor.

local rig = require "tests.recipes.api.rig"
local server = require "tests.apis.server"
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

-- {what, what the server says of itself; false: nothing, whether pages go by cursor}
local ABILITIES <const> = {
  { "that it has cursors", nil, true },
  { "that it has none", { pagination = { cursor = false, index = true } }, false },
  { "an odd thing", { pagination = "x", filter = { maxResults = "many" } }, false },
  { "how many users a page has", { filter = { supported = true, maxResults = 10 } }, false },
  { "nothing", false, false },
}

for _, case in ipairs(ABILITIES) do
  test("scim by its API, where the server says " .. case[1], function()
    local options = { users = 70, config = case[2] }
    local made = rig.run("scim", "scim", options, { token = "scim-token" }, BASE)
    equal({ made.message, #made.users }, { nil, 70 })
    local pages = made.counts.pages
    equal(pages["31"] == nil and pages["11"] == nil, case[3])
    equal(pages["11"] ~= nil, case[1] == "how many users a page has")
  end)
end

local HTML <const> = { ["Content-Type"] = "text/html" }

-- What a server may answer instead of saying something of itself.
local FAILURES <const> = {
  ["a page with 200"] = { 200, "<html>Sign in</html>", HTML },
  ["nothing with 200"] = { 200, "", HTML },
  ["longer than it can be"] = { 200, { pagination = { cursor = true }, x = ("x"):rep(1 << 21) } },
  ["500"] = { 500, "<html>error</html>", HTML },
  ["503 for an hour"] = { 503, "", { ["Retry-After"] = "3600" } },
  ["429 for an hour"] = { 429, {}, { ["Retry-After"] = "3600" } },
  ["401"] = { 401, {} },
  ["409"] = { 409, {} },
  ["501"] = { 501, {} },
  ["a way to another host"] = { 302, "", { Location = "https://login.example.com/" } },
}

for what, answer in pairs(FAILURES) do
  test("scim by its API, where what the server says of itself is " .. what, function()
    local options = { users = 70, config = function()
      return server.answer(table.unpack(answer, 1, 3))
    end }
    local made = rig.run("scim", "scim", options, { token = "scim-token" }, BASE)
    equal({ made.message, #made.users }, { nil, 70 })
    equal(made.counts.configs, 1)
    equal(made.counts.pages["31"] ~= nil, true)
  end)
end

test("scim by its API asks the server nothing where people say how pages go", function()
  local options = { users = 70, config = { pagination = { cursor = true } } }
  local params = { token = "scim-token", paging = "index" }
  local made = rig.run("scim", "scim", options, params, BASE)
  equal({ made.message, #made.users, made.counts.configs }, { nil, 70, nil })
  equal(made.counts.pages["31"] ~= nil, true)
end)

test("scim by its API is what the saved list is", function()
  local made = rig.compare("scim", "scim", {
    { id = "a", userName = "ada", emails = { { value = "Ada@Example.com", primary = true } } },
    { id = "b", userName = "bob@example.com", active = false,
      phoneNumbers = { { value = "tel:+1-201-555-1801" } } },
    { id = "c", userName = "cy" },
  }, { token = "scim-token" }, nil, BASE)
  equal({ #made.users, made.left_out }, { 2, { "no e-mail address" } })
end)
