local connections = require "auth0.api.connections"
local json = require "host.json"
local rig = require "tests.lualib.auth0.api.client_rig"
local tap = require "tests.tap"
local test = tap.test

local answer = rig.answer
local ID <const> = "con_0123456789abcdef"
local CLIENTS <const> = { clients = { { client_id = "x" } } }

local function database(options)
  return { id = ID, name = "Users", strategy = "auth0", options = options }
end

---Reads a connection that the tenant returns as `value`.
local function read(value, clients)
  local made = rig.client {
    answer(200, json.array { value }), answer(200, clients or CLIENTS),
  }
  return connections.read(made.client, "Users")
end

local other = { id = "con_other", name = "Users2", strategy = "auth0" }
for shape, body in pairs {
  ["a list"] = json.array { other, database() },
  ["totals"] = { start = 0, limit = 100, total = 2, connections = { other, database() } },
  ["a checkpoint"] = { connections = { other, database() }, next = "x" },
} do
  test("a connection is found by its exact name in " .. shape, function()
    local made = rig.client { answer(200, body), answer(200, CLIENTS) }
    local settings = assert(connections.read(made.client, "Users"))
    tap.equal({ settings.id, settings.name }, { ID, "Users" })
    tap.contains(made.calls[1].url, "/connections?name=Users")
    tap.contains(made.calls[2].url, "/connections/" .. ID .. "/clients")
  end)
end

test("a connection is read by its id", function()
  local made = rig.client { answer(200, database()), answer(200, CLIENTS) }
  tap.equal(assert(connections.read(made.client, ID)).name, "Users")
  tap.contains(made.calls[1].url, "/connections/" .. ID)
end)

test("settings that the token may not read are Auth0's defaults", function()
  local settings = assert(read(database()))
  tap.equal(settings.options_known, false)
  tap.equal(settings.username, { min = 1, max = 15 })
  tap.equal(settings.unique,
    { email = true, username = true, phone_number = true, user_id = true })
end)

test("a classic connection's usernames are read", function()
  local settings = assert(read(database {
    requires_username = true, validation = { username = { min = 3, max = 64 } },
  }))
  tap.equal(settings.requires_username, true)
  tap.equal(settings.username, { min = 3, max = 64 })
  tap.equal({ settings.identifiers, settings.profile_required }, {})
end)

test("flexible identifiers are read", function()
  local settings = assert(read(database { attributes = {
    email = { identifier = { active = true }, profile_required = false, unique = false },
    username = { identifier = { active = true }, profile_required = true, validation = {
      min_length = 2, max_length = 40, allowed_types = { email = true, phone_number = false },
    } },
  } }))
  tap.equal(settings.identifiers, { email = true, username = true, phone_number = false })
  tap.equal(settings.profile_required, { email = false, username = true, phone_number = false })
  tap.equal(settings.username, { min = 2, max = 40, allow_email = true, allow_phone = false })
  tap.equal(settings.unique.email, false)
  tap.equal(settings.unique.username, true)
end)

test("a custom database with import mode is accepted", function()
  local settings = assert(read(database {
    enabledDatabaseCustomization = true, import_mode = true,
  }))
  tap.equal({ settings.custom_database, settings.import_mode }, { true, true })
end)

test("scripts make a custom database unless they are disabled", function()
  local scripts = { login = "function login() {}" }
  local settings = assert(read(database { customScripts = scripts, import_mode = true }))
  tap.equal(settings.custom_database, true)
  settings = assert(read(database { customScripts = scripts,
    enabledDatabaseCustomization = false }))
  tap.equal(settings.custom_database, false)
end)

for _, case in ipairs {
  { "is not a database", { id = ID, name = "Users", strategy = "email" }, CLIENTS,
    "choose another" },
  { "is a custom database without import mode",
    database { enabledDatabaseCustomization = true, import_mode = false }, CLIENTS, "enable" },
  { "is not enabled", database(), { clients = json.array {} }, "enable it" },
} do
  test("a connection that " .. case[1] .. " is rejected with a fix", function()
    local settings, message, kind = read(case[2], case[3])
    tap.equal({ settings, kind }, { nil, "usage" })
    tap.contains(message, case[4])
  end)
end

test("an unknown connection is kind usage", function()
  local made = rig.client { answer(200, json.array {}) }
  local settings, message, kind = connections.read(made.client, "Nobody")
  tap.equal({ settings, kind }, { nil, "usage" })
  tap.contains(message, "no connection Nobody")
  made = rig.client { answer(404, { message = "The connection does not exist" }) }
  settings, message, kind = connections.read(made.client, ID)
  tap.equal({ settings, kind }, { nil, "usage" })
  tap.contains(message, ID)
end)

test("a missing scope is kind credentials", function()
  local made = rig.client { answer(403, { message = "expected any of: read:connections" }) }
  local _, message, kind = connections.read(made.client, "Users")
  tap.equal(kind, "credentials")
  tap.contains(message, "read:connections")
end)
