--- auth0.codes: names, their other spellings, and paths in import names.

local tap = require "tests.tap"
local codes = require "auth0.codes"

local test = tap.test

local DOCUMENTED <const> = {
  "ANY_OF_MISSING", "ARRAY_LENGTH_LONG", "ARRAY_LENGTH_SHORT", "CONFLICT", "CONFLICT_EMAIL",
  "CONFLICT_USERNAME", "CONNECTION_NOT_FOUND", "DUPLICATED_USER", "ENUM_MISMATCH", "FORMAT",
  "INVALID_TYPE", "MAX_LENGTH", "MIN_LENGTH", "MAXIMUM", "MINIMUM", "MFA_FACTORS_FAILED",
  "NOT_PASSED", "OBJECT_REQUIRED", "PATTERN", "PROFILE_SIZE_EXCEEDED",
}

test("codes: each documented code has a class, a meaning and a fix", function()
  for _, name in ipairs(DOCUMENTED) do
    local code = codes.get(name)
    tap.equal(code.name, name)
    assert(code.class ~= "unknown" and code.meaning and code.fix:find("%.$"), name)
    tap.equal(codes.canonical(name), name)
  end
end)

test("codes: our own are marked", function()
  for _, name in ipairs { "SOURCE", "RECIPE_ERROR", "RECIPE_RESULT", "TOO_LARGE", "DUPLICATE",
    "JOB_FAILED", "PROFILE_SIZE_NEAR" } do
    tap.equal(codes.get(name).own, true, name)
  end
end)

test("codes: other spellings are counted under the documented name", function()
  tap.equal(codes.canonical("INVALID_FORMAT"), "FORMAT")
  tap.equal(codes.canonical("OBJECT_MISSING_REQUIRED_PROPERTY"), "OBJECT_REQUIRED")
end)

test("codes: a related code keeps its name and has the fix of its kind", function()
  tap.equal(codes.canonical("ENUM_CASE_MISMATCH"), "ENUM_CASE_MISMATCH")
  tap.equal(codes.fix("ENUM_CASE_MISMATCH"), codes.fix("ENUM_MISMATCH"))
end)

test("codes: an unknown code is unchanged", function()
  tap.equal(codes.canonical("BRAND_NEW"), "BRAND_NEW")
  tap.equal(codes.get("BRAND_NEW").class, "unknown")
  tap.equal(codes.fix("BRAND_NEW"), nil)
  assert(codes.fix("FORMAT", "picture") ~= codes.fix("FORMAT", "email"))
end)

test("codes: a hash for a user with a password has a fix, without a code",
  function()
    tap.contains(codes.fix("UNKNOWN", "custom_password_hash"), "leave the hash out")
    tap.contains(codes.fix("UNKNOWN"), "Read the message")
  end)

---{path, message, import path}
local PATHS <const> = {
  { "identities[0].profileData.email", nil, "email" },
  { "identities[0].profileData.given_name", nil, "given_name" },
  { "passwordHash", nil, "password_hash" },
  { "customPasswordHash.hash.value", nil, "custom_password_hash.hash.value" },
  { "customPasswordHash.blockSize", nil, "custom_password_hash.blockSize" },
  { "mfaFactors[0].totp.secret", nil, "mfa_factors[0].totp.secret" },
  { "userId", nil, "user_id" },
  { "email", nil, "email" },
  { "app_metadata.someKey", nil, "app_metadata.someKey" },
  { "appMetadata.someKey", nil, "app_metadata.someKey" },
  { "#/mfa_factors/0/totp", nil, "mfa_factors[0].totp" },
  { "#/", "Error in passwordHash property - String does not match pattern", nil },
  { nil, "Error in passwordHash property - String does not match", "password_hash" },
  { nil, "Error in identities[0].profileData.email property - Object didn't pass", "email" },
  { "", "Error in email property, expected type string", "email" },
  { nil, "Unable to import factors", nil },
  { nil, nil, nil },
  { 7, nil, nil },
}

test("codes: paths of the server become import names", function()
  for i, case in ipairs(PATHS) do
    tap.equal(codes.import_path(case[1], case[2]), case[3], "case " .. i)
  end
end)
