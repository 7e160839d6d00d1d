--- The recipe okta and its API: all users, also those who are deprovisioned, and their factors.

local rig = require "tests.recipes.api.rig"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test

local PARAMS <const> = { token = "00-okta-token" }
local USERS <const> = 650 -- four pages; each tenth is deprovisioned

local function factor(kind, status, phone)
  return { factorType = kind, status = status, profile = { phoneNumber = phone } }
end

local function person(id, status, factors)
  return {
    id = id, status = status, factors = factors,
    profile = { login = id .. "@example.com", email = id .. "@example.com", lastName = "Nuñez" },
  }
end

local PEOPLE <const> = {
  person("u1", "ACTIVE", { factor("sms", "ACTIVE", "+15005550006") }),
  person("u2", "SUSPENDED", { factor("call", "ACTIVE", "+15005550007"), factor("push", "ACTIVE") }),
  person("u3", "ACTIVE", { factor("sms", "PENDING_ACTIVATION", "+15005550008") }),
  person("u5", "STAGED"),
  person("u4", "DEPROVISIONED"),
}

for what, faults in pairs {
  ["nothing goes wrong"] = {}, ["much goes wrong"] = rig.TROUBLE,
  ["a cursor expires"] = { expire_cursor = 2 },
} do
  test("okta by its API, each user once: " .. what, function()
    local options = { users = USERS }
    for name, value in pairs(faults) do options[name] = value end
    local made = rig.run("okta", "okta", options, PARAMS)
    equal({ made.message, #made.users, #made.left_out }, { nil, 585, 65 })
    equal({ made.left_out[1], made.counts.elsewhere }, { "deprovisioned", 0 })
  end)
end

test("okta by its API with factors is what the records with factors are", function()
  local params = { token = PARAMS.token, factors = "api" }
  local made = rig.compare("okta", "okta", PEOPLE, params)
  local factors = {}
  for i, user in ipairs(made.users) do
    factors[i] = user.mfa_factors and user.mfa_factors[1].phone.value or "none"
  end
  equal(factors, { "+15005550006", "+15005550007", "none", "none" })
end)

test("okta by its API with factors of more users than a source has readings", function()
  local made = rig.run("okta", "okta", { users = 1300 }, { token = PARAMS.token, factors = "api" })
  equal({ made.message, #made.users, #made.left_out }, { nil, 1170, 130 })
end)

test("okta without a token says what it needs", function()
  local made = rig.run("okta", "okta", { users = 1 }, {})
  contains(made.message, "needs the parameters domain (such as acme.okta.com) and token")
end)

test("a refused token of okta is said", function()
  local made = rig.run("okta", "okta", { users = 1 }, { token = "00-other" })
  contains(made.message, "401")
end)
