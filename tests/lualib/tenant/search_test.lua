--- The search of the rehearsal tenant: the part of Auth0's query syntax that tools use.

local http = require "host.http"
local query = require "tenant.query"
local rig = require "tests.lualib.tenant.rig"
local tap = require "tests.tap"
local equal, test = tap.equal, tap.test

local USERS <const> = {
  { user_id = "1", email = "ana@example.com", given_name = "Ana", email_verified = true,
    app_metadata = { plan = "gold", seats = 3, roles = { "buyer", "editor" } } },
  { user_id = "2", email = "ben@example.org", given_name = "Ben", blocked = true,
    user_metadata = { city = "New York" } },
  { user_id = "3", email = "carla@example.com", given_name = "Carla", name = "Carla Q",
    app_metadata = { plan = "tin", seats = 20 } },
}

local CASES <const> = {
  [""] = "123", ["email:ana@example.com"] = "1", ['email:"ANA@example.com"'] = "1",
  ["email:*@example.com"] = "13", ["given_name:c*"] = "3", ["given_name:*"] = "123",
  ['name:"Carla Q"'] = "3", ["name:ben@example.org"] = "2", ["blocked:true"] = "2",
  ["email_verified:true"] = "1", ["email_verified:false"] = "23",
  ["app_metadata.plan:gold"] = "1", ["app_metadata.roles:editor"] = "1",
  ['user_metadata.city:"new york"'] = "2", ["_exists_:app_metadata.plan"] = "13",
  ["NOT _exists_:app_metadata.plan"] = "2", ["-blocked:true"] = "13",
  ["app_metadata.seats:[3 TO 10]"] = "1", ["app_metadata.seats:{3 TO *}"] = "3",
  ["app_metadata.seats:[* TO *]"] = "13", ["created_at:[2020 TO *]"] = "123",
  ["created_at:[* TO 2020-01-01]"] = "", ["logins_count:0"] = "123",
  ["user_id:(\"auth0|1\" OR \"auth0|3\")"] = "13",
  ["given_name:Ana OR given_name:Ben"] = "12",
  ["(given_name:Ana OR given_name:Carla) AND NOT app_metadata.plan:tin"] = "1",
  ["given_name:Ana AND email:ben* OR given_name:Carla"] = "3",
  ['identities.connection:"username-password-authentication" AND blocked:true'] = "2",
  ["given_name:A\\*"] = "",
}

test("users are found by their fields", function()
  rig.with({}, function(t)
    t:import(USERS)
    for text, expected in pairs(CASES) do
      local ids = ""
      local found = t:call("GET", "/api/v2/users?sort=user_id:1&q=" .. http.escape(text))
      equal(found.status, 200, text)
      for _, user in ipairs(found.json) do ids = ids .. user.user_id:match("%d$") end
      equal(ids, expected, text)
    end
  end)
end)

for _, text in ipairs {
  "email", "email:", ":x", "email:(a", "email:(a AND b)", "(email:a", "email:a)", "email:[1 TO",
  "email:[1 2]", "email:[1 TO 2}", "email:a email:b", "email:a AND", "NOT", 'email:"a', "_exists_:",
} do
  test("the query " .. text .. " cannot be parsed", function()
    equal({ query.parse(text) }, { nil, "Failed to parse query" })
  end)
end

for _, name in ipairs { "colour", "app_metadata.a'b", "identities.provider" } do
  test("a search by " .. name .. " is rejected", function()
    local found, message = query.parse(name .. ":x")
    equal(found, nil)
    tap.contains(message, "Searching by " .. name .. " is not supported")
  end)
end
