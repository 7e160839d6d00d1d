--- Verdicts of the doctor, from the evidence alone.

local connection = require "auth0.connection"
local doctor = require "check.doctor"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test

local NOW <const> = 1795000000

local TOKENS <const> = {
  { { expires = NOW + 86400, ready_made = false }, "ok" },
  { { ready_made = true }, "ok" },
  { { expires = NOW - 1, ready_made = true }, "fail" },
  { { expires = NOW + 3600, ready_made = true }, "warn" },
  { { expires = NOW + 30 * 86400, ready_made = true }, "ok" },
}

test("a token that cannot be renewed is checked by its lifetime", function()
  for i, case in ipairs(TOKENS) do
    equal(doctor.token(case[1], NOW).verdict, case[2], "case " .. i)
  end
end)

test("clocks, rates and disks have a warning before a failure", function()
  local cases = {
    { doctor.clock(0.4), "ok" }, { doctor.clock(-30), "warn" }, { doctor.clock(4000), "fail" },
    { doctor.rate {}, "ok" }, { doctor.rate { limit = 50, remaining = 49 }, "ok" },
    { doctor.rate { limit = 50, remaining = 3 }, "warn" },
    { doctor.rate { limit = 2, remaining = 0 }, "ok" },
    { doctor.disk(5e9), "ok" }, { doctor.disk(5e8), "warn" }, { doctor.disk(1e6), "fail" },
    { doctor.disk(nil, "no such file system"), "warn" },
  }
  for i, case in ipairs(cases) do equal(case[1].verdict, case[2], "case " .. i) end
end)

test("scopes that the token does not list are a warning", function()
  equal(doctor.scopes({})[1].verdict, "warn")
end)

test("addresses that are not unique are a warning", function()
  local settings = connection.defaults("Shop")
  settings.id, settings.options_known, settings.unique.email = "con_1", true, false
  equal(doctor.connection(settings)[4].verdict, "warn")
end)

test("a connection that accepts no imports is reported with its fix", function()
  for fix, change in pairs {
    ["enable it for an application"] = { enabled = false },
    ['enable "Import Users to Auth0"'] = { custom_database = true },
    ["choose another one"] = { strategy = "email" },
  } do
    local settings = connection.defaults("Shop")
    for key, value in pairs(change) do settings[key] = value end
    local line = doctor.connection(settings)[1]
    equal(line.verdict, "fail")
    tap.contains(line.fix, fix)
  end
end)

test("the fix of a refused access token is another token", function()
  tap.contains(doctor.fix("credentials", true), "get a new token")
  tap.contains(doctor.fix("credentials", false), "client id")
end)

test("the status is the first failure's, the verdict the worst", function()
  equal({ doctor.verdict { { verdict = "ok" }, { verdict = "warn" } } }, { "warn", 0 })
  equal({ doctor.verdict { { verdict = "warn" }, { verdict = "fail", kind = "credentials" },
    { verdict = "fail", kind = "usage" } } }, { "fail", 6 })
end)
