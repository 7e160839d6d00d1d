--- Unexpected bodies and queries: the rehearsal tenant rejects them and continues.

local http = require "host.http"
local json = require "host.json"
local rig = require "tests.lualib.tenant.rig"
local tap = require "tests.tap"
local equal, test = tap.equal, tap.test

local USER <const> = {
  "email", "username", "phone_number", "user_id", "connection", "password", "verify_email",
  "email_verified", "blocked", "name", "nickname", "picture", "app_metadata", "user_metadata",
  "password_hash", "mfa_factors",
}

-- By route: the members of its body, and a body in which one of them is replaced.
local ROUTES <const> = {
  ["POST /api/v2/users"] = {
    USER, { connection = "Username-Password-Authentication", email = "b@example.com" },
  },
  ["PATCH /api/v2/users/auth0%7C1"] = { USER, {} },
  ["POST /api/v2/jobs/users-exports"] = {
    { "connection_id", "format", "limit", "fields" }, { format = "json" },
  },
  ["POST /api/v2/tickets/password-change"] = {
    { "user_id", "connection_id", "email", "ttl_sec" }, {},
  },
  ["POST /api/v2/users/auth0%7C1/authentication-methods"] = {
    { "type", "phone_number", "email", "totp_secret", "name" }, { type = "email", email = "x" },
  },
  ["POST /oauth/token"] = {
    { "grant_type", "client_id", "client_secret", "audience", "username", "password", "realm",
      "mfa_token", "otp", "client_assertion", "client_assertion_type" },
    { grant_type = "client_credentials" },
  },
}

local VALUES <const> = {
  json.null, 0, -1.5, "", "x", true, false, json.array {}, { 1, { 2 } }, { a = { b = 1 } },
  { { name = 1 } }, json.array { json.null },
}

for route, case in pairs(ROUTES) do
  test("any value of any member is answered at " .. route, function()
    rig.with({}, function(t)
      t:import { { email = "a@example.com", user_id = "1" } }
      local method, path = route:match("^(%S+) (%S+)$")
      for _, member in ipairs(case[1]) do
        for _, value in ipairs(VALUES) do
          local body = {}
          for name, given in pairs(case[2]) do body[name] = given end
          body[member] = value
          local response = t:call(method, path, { body = body })
          assert(response.status < 500, member .. " " .. json.encode(value))
        end
      end
    end)
  end)

  test("a body that is not an object is rejected at " .. route, function()
    rig.with({}, function(t)
      local method, path = route:match("^(%S+) (%S+)$")
      for _, body in ipairs { "", "{", "[]", "1", "null", '"x"', "\xff", "[[[[" } do
        local status = t:call(method, path, {
          body = body, headers = { ["Content-Type"] = "application/json" },
        }).status
        local may_be_empty = path:find("exports", 1, true) and body == ""
        assert(may_be_empty and status == 200 or (status >= 400 and status < 500), body)
      end
    end)
  end)
end

test("any query is answered", function()
  rig.with({}, function(t)
    t:import { { email = "a@example.com", user_id = "1" } }
    for _, path in ipairs {
      "/api/v2/users", "/api/v2/users-by-email", "/api/v2/connections", "/api/v2/users/auth0%7C1",
      "/api/v2/connections/" .. t.info.connection_id .. "/clients",
    } do
      for _, name in ipairs {
        "q", "page", "per_page", "include_totals", "sort", "fields", "include_fields", "email",
        "name", "strategy", "from", "take",
      } do
        for _, value in ipairs { "", "x", "-1", "1e300", "1.5", "\0", "'", "%", "\xff" } do
          local response = t:call("GET", path .. "?" .. name .. "=" .. http.escape(value))
          assert(response.status < 500, path .. " " .. name .. " " .. value)
        end
      end
    end
  end)
end)

for name, case in pairs {
  ["no connection"] = { { email = "a@example.com" },
    "'Missing required property: connection' on property connection" },
  ["no identifier"] = { { email = false },
    "'Missing required property: email' on property email" },
  ["a long nickname"] = { { nickname = ("x"):rep(301) },
    "'String is too long (301 chars), maximum 300' on property nickname" },
  ["a long name"] = { { name = ("x"):rep(301) },
    "'String is too long (301 chars), maximum 300' on property name" },
  ["a bad address"] = { { email = "bad" },
    "'Object didn't pass validation for format email: bad' on property email" },
  ["a list as metadata"] = { { app_metadata = json.array {} },
    "'Expected type object but found type array' on property app_metadata" },
  ["a user_id with a space"] = { { user_id = "a b" },
    "'String does not match pattern ^\\S+$' on property user_id" },
} do
  test("no user is created with " .. name .. ": the validator's message", function()
    rig.with({}, function(t)
      local body = { connection = name ~= "no connection" and t.info.connection or nil,
        email = "a@example.com" }
      for member, value in pairs(case[1]) do body[member] = value or nil end
      local response = t:call("POST", "/api/v2/users", { body = body })
      equal({ response.status, response.json.message },
        { 400, "Payload validation error: " .. case[2] })
    end)
  end)
end

test("a change to false is stored", function()
  rig.with({}, function(t)
    t:import { { email = "a@example.com", user_id = "1", blocked = true } }
    local changed = t:call("PATCH", "/api/v2/users/auth0%7C1", { body = { blocked = false } })
    equal({ changed.status, changed.json.blocked }, { 200, false })
  end)
end)
