local connection = require "auth0.connection"
local json = require "host.json"
local tap = require "tests.tap"
local test = tap.test

local ID <const> = "con_0123456789abcdef"

test("settings survive being written and read", function()
  local settings = connection.defaults("Users")
  settings.id, settings.identifiers = ID, { email = true, username = false, phone_number = false }
  tap.equal(connection.decode(connection.encode(settings)), settings)
end)

test("a file may have some of the settings; the others are the defaults", function()
  local settings = assert(connection.decode(
    '{"name":"Users","username":{"max":50},"unique":{"email":false}}'))
  tap.equal(settings.username, { max = 50 })
  tap.equal(settings.unique,
    { email = false, username = true, phone_number = true, user_id = true })
  tap.equal(settings.strategy, "auth0")
end)

test("a file may hold a connection as the Management API returns it", function()
  local settings = assert(connection.decode(json.encode {
    id = ID, name = "Users", strategy = "auth0", options = { requires_username = true },
  }))
  tap.equal({ settings.id, settings.requires_username }, { ID, true })
end)

for _, case in ipairs {
  { "{", "the connection file" }, { "[]", "not a JSON object" }, { "3", "not a JSON object" },
  { '{"colour":"red"}', "unknown setting" }, { '{"username":15}', "must be of type object" },
  { '{"enabled":"yes"}', "enabled must be of type boolean" },
} do
  test("a connection file of " .. case[1] .. " is rejected", function()
    local settings, message, kind = connection.decode(case[1])
    tap.equal({ settings, kind }, { nil, "usage" })
    tap.contains(message, case[2])
  end)
end
