--- Fields as sent, compared with those a tenant shows.

local field_digests = require "journal.digests"
local json = require "host.json"
local tap = require "tests.tap"

local test = tap.test

local CASES <const> = {
  { "the same", { name = "A" }, { name = "A", nickname = "a" }, {} },
  { "another name", { name = "A", given_name = "B" }, { name = "C" }, { "given_name", "name" } },
  { "an address in capitals", { email = "A@Example.com" }, { email = "a@example.com" }, {} },
  { "another address", { email = "a@example.com" }, { email = "b@example.com" }, { "email" } },
  { "a lost username", { username = "anna" }, {}, { "username" } },
  { "another phone", { phone_number = "+491" }, { phone_number = "+492" }, { "phone_number" } },
  { "a flag that is left out is off", { blocked = false, phone_verified = false }, {}, {} },
  { "a flag that is not shown was on", { blocked = true }, {}, { "blocked" } },
  { "an address no longer verified", { email_verified = true }, { email_verified = false },
    { "email_verified" } },
  { "empty metadata that is left out", { app_metadata = {} }, {}, {} },
  { "an empty list in place of an object", { app_metadata = json.array {} },
    { app_metadata = {} }, {} },
  { "metadata in another order", { user_metadata = { a = 1, b = { 2, 3 } } },
    { user_metadata = { b = { 2, 3 }, a = 1 } }, {} },
  { "3.0 and 3", { user_metadata = { a = { 3.0 } } }, { user_metadata = { a = { 3 } } }, {} },
  { "metadata that was changed", { user_metadata = { a = 1 } }, { user_metadata = { a = 2 } },
    { "user_metadata" } },
  { "a field that is null", { name = "A" }, { name = json.null }, { "name" } },
  { "hashes are not compared", { password_hash = "x", mfa_factors = {} }, {}, {} },
}

test("fields are compared by what they mean to a tenant", function()
  for _, case in ipairs(CASES) do
    local sent, theirs, digests = case[2], case[3], {}
    for name, value in pairs(sent) do digests[name] = json.digest(value) end
    tap.equal(field_digests.differences(sent, digests, theirs), case[4], case[1])
  end
end)

test("an export requests every field that is compared, and no hash", function()
  local names = {}
  for _, field in ipairs(field_digests.exported()) do names[field.name] = true end
  for _, name in ipairs { "user_id", "email", "blocked", "app_metadata", "given_name" } do
    tap.equal(names[name], true, name)
  end
  tap.equal({ names.password_hash, names.mfa_factors }, {})
end)
