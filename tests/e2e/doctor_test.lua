--- doctor, by the real program against the built-in tenant.

local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene = program.scene

---The checks of a report by name.
local function checks(object)
  local map = {}
  for _, line in ipairs(object.checks) do map[line.check] = line end
  return map
end

test("a suitable tenant is reported line by line, with exit status 0", function()
  scene(nil, function(s)
    s:tenant()
    local object = s:run({ "doctor", "--json" }):ends_with(0):object()
    local by = checks(object)
    for _, name in ipairs { "credentials", "token", "scope create:users", "connection",
      "identifiers", "usernames", "rate limit", "clock", "disk" } do
      equal(by[name] and by[name].verdict, "ok", name)
    end
    contains(by["MFA factors"].said, "not readable")
    local said = s:run({ "doctor" }):ends_with(0)
    contains(said.stdout, "ok   connection: Username-Password-Authentication")
    contains(said.stdout, "(environment)")
    equal(said.stdout:find(s.env.AUTH0_CLIENT_SECRET, 1, true), nil)
  end)
end)

test("each setting has its source", function()
  scene(nil, function(s)
    s:tenant()
    s:write("auth0-migrate.yaml", "slots: 3\nconnection: Elsewhere\n")
    local object = s:run({ "doctor", "--json" }):object()
    local origins = {}
    for _, one in ipairs(object.settings) do origins[one.name] = one.origin end
    equal({ origins.domain, origins.slots, origins.connection, origins.patience },
      { "environment", "file", "environment", "default" })
    equal(origins.client_secret, "environment")
  end)
end)

test("a tenant of a file in the working directory gets no secret of the environment", function()
  scene(nil, function(s)
    s:tenant()
    local named = s.env.AUTH0_DOMAIN
    local env = { AUTH0_DOMAIN = "", XDG_STATE_HOME = s.folder .. "/state" }
    s:write("auth0-migrate.yaml", "domain: " .. named .. "\n")
    local ended = s:run({ "doctor", "--json" }, env):ends_with(2)
    contains(ended.stderr, "names the tenant " .. named)
    contains(ended.stderr, "next: auth0-migrate doctor --json --domain=" .. named)
    local object = s:run({ "doctor", "--json", "--domain", named }, env):ends_with(0):object()
    for _, one in ipairs(object.settings) do
      if one.name == "domain" then equal(one.origin, "flag") end
    end
    env.AUTH0_DOMAIN = named
    s:run({ "doctor" }, env):ends_with(0)
  end)
end)

local REFUSED <const> = {
  { "no credentials", 2, { AUTH0_CLIENT_SECRET = "" }, "credentials", "AUTH0_CLIENT_SECRET" },
  { "a wrong secret", 6, { AUTH0_CLIENT_SECRET = "wrong" }, "token", "rejected" },
  { "no connection", 2, { AUTH0_CONNECTION = "" }, "connection", "not set" },
  { "an unknown connection", 2, { AUTH0_CONNECTION = "Nowhere" }, "connection", "Nowhere" },
  { "nobody at the address", 5, { AUTH0_DOMAIN = "http://127.0.0.1:1" }, "token", "" },
}

test("what would fail later fails now, with its exit status and a fix", function()
  scene(nil, function(s)
    s:tenant()
    for _, case in ipairs(REFUSED) do
      local ended = s:run({ "doctor", "--json" }, case[3])
      equal(ended.status, case[2], case[1])
      local line = checks(ended:object())[case[4]]
      equal(line.verdict, "fail", case[1])
      contains(line.said, case[5])
      equal(type(line.fix), "string", case[1])
    end
  end)
end)

test("scopes: a missing required one ends with 6, another is a warning", function()
  scene(nil, function(s)
    s:slow_tenant { scopes = { "create:users", "read:users", "read:connections" } }
    local by = checks(s:run({ "doctor", "--json" }):ends_with(0):object())
    equal({ by["scope delete:users"].verdict, by["scope read:connections_options"].verdict,
      by.options.verdict }, { "warn", "warn", "warn" })
    s:slow_tenant { scopes = { "read:users", "read:connections" } }
    by = checks(s:run({ "doctor", "--json" }):ends_with(6):object())
    contains(by["scope create:users"].fix, "grant create:users")
  end)
end)

local OTHERS <const> = {
  { id = "con_0123456789abcdef", name = "Social", strategy = "google-oauth2", options = {} },
  { id = "con_1123456789abcdef", name = "Alone", strategy = "auth0", clients = {} },
  { id = "con_2123456789abcdef", name = "Custom", strategy = "auth0",
    options = { enabledDatabaseCustomization = true } },
}

test("a connection that cannot take an import ends with 2 and says why", function()
  scene(nil, function(s)
    s:slow_tenant { connections = OTHERS }
    for name, said in pairs { Social = "strategy google-oauth2", Alone = "not enabled",
      Custom = "without import mode" } do
      local ended = s:run({ "doctor", "--json", "--connection", name }):ends_with(2)
      contains(checks(ended:object()).connection.said, said)
    end
  end)
end)

test("--save writes the connection's settings for commands without a network", function()
  scene(3, function(s)
    s:slow_tenant { connections = { { id = "con_0123456789abcdef", name = "Shop",
      strategy = "auth0", options = { requires_username = true,
        validation = { username = { min = 3, max = 20 } } } } } }
    local object = s:run({ "doctor", "--connection", "Shop", "--save", "shop.json", "--json" })
      :ends_with(0):object()
    equal(object.saved, "shop.json")
    local saved = json.decode(s:read "shop.json")
    equal({ saved.name, saved.requires_username, saved.username.max }, { "Shop", true, 20 })
    s:run({ "check", "shop.lua", "input=people.csv", "--connection-file", "shop.json" })
      :ends_with(3)
  end)
end)

test("MFA factors are shown if they may be read", function()
  scene(nil, function(s)
    s:slow_tenant { scopes = { "create:users", "read:users", "read:connections",
      "read:connections_options", "delete:users", "read:guardian_factors" } }
    local by = checks(s:run({ "doctor", "--json" }):ends_with(0):object())
    contains(by["MFA factors"].said, "otp")
  end)
end)

test("check and plan warn about a connection that accepts no imports", function()
  scene(2, function(s)
    s:write("off.json", '{"enabled": false}')
    for _, command in ipairs { "check", "plan" } do
      local ended = s:run({ command, "shop.lua", "input=people.csv", "--connection-file",
        "off.json" })
      contains(ended.stdout, "warning: connection Username-Password-Authentication is not enabled "
        .. "for any application (CONNECTION_UNUSABLE, 1 time)")
      contains(ended.stdout, "enable it for an application")
    end
  end)
end)
