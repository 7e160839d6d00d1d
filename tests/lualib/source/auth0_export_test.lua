--- What is known of the users in Auth0's exports.

local export = require "source.auth0_export"
local json = require "host.json"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test

test("what no export holds is named with its reason", function()
  equal(export.losses { user_id = "auth0|1" }, {})
  equal(export.losses { multifactor = json.null, identities = json.null }, {})
  local secrets, links = "exports have no MFA secrets",
    "identities of other connections are not imported; link them again"
  equal(export.losses {
    multifactor = json.array { "sms", "guardian", "webauthn-platform", "recovery-code" },
    identities = json.array { { provider = "auth0" }, { provider = "samlp" } },
  }, {
    { what = "phone_factor", why = secrets }, { what = "totp", why = secrets },
    { what = "passkey", why = secrets }, { what = "recovery_codes", why = secrets },
    { what = "social", why = links },
  })
end)

test("a user in the export of hashes has an id of MongoDB, or text", function()
  equal(export.hash_id { _id = { ["$oid"] = "5f1" } }, "5f1")
  equal(export.hash_id { _ID = { ["$oid"] = "5f1" } }, "5f1")
  equal(export.hash_id { _id = "5f1" }, "5f1")
  equal(export.hash_id {}, nil)
end)

test("what is not an object is not a user", function()
  for _, row in ipairs { json.null, 7, "text", true } do
    equal(export.objection(row), "not a JSON object, and so not a user")
  end
  tap.contains(export.objection(json.array { {} }), "a JSON array")
  equal(export.objection { user_id = "auth0|1" }, nil)
end)

test("a linked identity has its own profile, and the flags of its own address", function()
  local record = { email = "social@b.co", email_verified = true, name = "Ada", nickname = "a" }
  equal(export.profile(record, { id = "1", user_id = "auth0|1" }), record)
  local own = export.profile(record, { profile = { email = "ada@b.co", nickname = json.null } })
  equal({ own.email, own.email_verified, own.name, own.nickname }, { "ada@b.co", nil, "Ada", "a" })
  local nothing = export.profile(record, { profile = {} })
  equal({ nothing.email, nothing.email_verified }, { "social@b.co", true })
end)
