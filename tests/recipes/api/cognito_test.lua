--- The recipe cognito and ListUsers: all users of the sixteen parts.

local rig = require "tests.recipes.api.rig"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test

local given <const> = require("tests.apis.cognito").credentials
local PARAMS <const> = {
  pool = given.pool, region = given.region, access_key = given.id, secret_key = given.secret,
}

local function person(name, sub, more)
  local user = {
    Username = name, Enabled = true, UserStatus = "CONFIRMED", UserCreateDate = 1646370367.123,
    Attributes = {
      { Name = "sub", Value = sub .. "3fa14aa-aced-4457-af2c-b5e1751001b4" },
      { Name = "email", Value = name .. "@example.com" },
      { Name = "email_verified", Value = "true" },
      { Name = "phone_number", Value = "+1500555040" .. #name },
      { Name = "phone_number_verified", Value = "true" }, { Name = "custom:tier", Value = "gold" },
    },
  }
  for key, value in pairs(more or {}) do user[key] = value end
  return user
end

for what, faults in pairs {
  ["nothing goes wrong"] = {}, ["much goes wrong"] = rig.TROUBLE,
  ["pages are empty"] = { empty_every = 3 }, ["a token expires"] = { expire_cursor = 2 },
} do
  test("cognito by its API, each user once: " .. what, function()
    local options = { users = 1300 }
    for name, value in pairs(faults) do options[name] = value end
    local made = rig.run("cognito", "cognito", options, PARAMS)
    equal({ made.message, #made.users, made.left_out }, { nil, 1300, {} })
    equal(made.counts.elsewhere, 0)
  end)
end

test("cognito by its API is what the saved list is", function()
  local made = rig.compare("cognito", "cognito", {
    person("ada", "0", { MFAOptions = { { DeliveryMedium = "SMS" } } }),
    person("robin", "7", { Enabled = false }), person("google_1", "a", {
      UserStatus = "EXTERNAL_PROVIDER" }), person("cyra", "f"),
  }, PARAMS)
  equal({ #made.users, made.left_out }, { 3, { "signs in with another account" } })
end)

test("cognito without keys says what it needs", function()
  local made = rig.run("cognito", "cognito", { users = 1 }, { region = "eu-west-1" })
  tap.contains(made.message, "needs the parameters pool, region, access_key and secret_key")
end)
