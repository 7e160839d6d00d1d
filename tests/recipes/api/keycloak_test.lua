--- The keycloak recipe over the admin API: all profiles, and hashes of an older export.

local file = require "host.file"
local json = require "host.json"
local rig = require "tests.recipes.api.rig"
local recipe_rig = require "tests.recipes.rig"
local tap = require "tests.tap"
local users = require "tests.apis.users"
local keycloak = require "tests.apis.keycloak"
local verify = require "tests.recipes.verify"

local contains, equal, test = tap.contains, tap.equal, tap.test

local PASSWORD <const> = "Tr0ub4dor&3-heron"
-- PBKDF2 of it in 20000 rounds with HMAC-SHA1, computed by OpenSSL.
local SECRET <const> = json.encode {
  value = "w0lRfKz8vsZfODofTkmzFgJHqTuX9eraLTXXpuhPgCRB16YCS+iJY7NVHnsHA/KUHbHJ/HmT6YHX2NS1"
    .. "4JyUtg==",
  salt = "ASNFZ4mrze8BI0VniavN7w==",
}
local DATA <const> = json.encode { hashIterations = 20000, algorithm = "pbkdf2" }
local PARAMS <const> = { realm = "acme", client_id = "reader", client_secret = "keycloak-secret" }

local function with(more)
  local params = {}
  for _, from in ipairs { PARAMS, more } do
    for name, value in pairs(from) do params[name] = value end
  end
  return params
end

test("keycloak, API: all users come once, through throttles, failures, cuts and dead tokens",
  function()
    local options = { users = 1300, token_requests = 8 }
    for name, value in pairs(rig.TROUBLE) do options[name] = value end
    local made = rig.run("keycloak", "keycloak", options, PARAMS)
    equal({ made.message, #made.users, #made.left_out }, { nil, 1300, 0 })
    assert(made.counts.tokens > 1 and made.counts.cut > 0)
    equal(made.users[1].app_metadata.required_actions, { "UPDATE_PASSWORD" })
  end)

test("keycloak, API: hashes, apps and roles come from an older export", function()
  local old = keycloak.user(users.person(2))
  old.email, old.realmRoles = "old@example.com", json.array { "editor" }
  old.credentials = json.array {
    { type = "password", secretData = SECRET, credentialData = DATA },
    { type = "otp", secretData = '{"value":"12345678901234567890"}',
      credentialData = '{"subType":"totp","digits":6,"period":30,"algorithm":"HmacSHA1"}' },
  }
  local folder = assert(file.temporary())
  local path = folder .. "/acme-realm.json"
  assert(file.write(path, json.encode { realm = "acme", users = json.array { old } }))
  local made = rig.run("keycloak", "keycloak", { users = 3 }, with { hashes = path })
  assert(file.remove_tree(folder))
  local second = made.users[2]
  equal({ made.message, #made.users, second.email }, { nil, 3, "person2@example.com" })
  equal({ verify.login(second, PASSWORD), second.app_metadata.roles }, { true, { "editor" } })
  equal(second.mfa_factors, { { totp = { secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" } } })
  equal(made.users[1].custom_password_hash, nil)
end)

test("keycloak, API: wrong credentials are refused, and missing ones named", function()
  local made = rig.run("keycloak", "keycloak", { users = 3 }, with { client_secret = "x" })
  equal(#made.users, 0)
  contains(made.message, "401")
  contains(recipe_rig.run("keycloak", { input = "api" }).message, "domain")
end)
