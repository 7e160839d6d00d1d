--- auth0.schema: what Auth0 accepts, with its error codes.

local tap = require "tests.tap"
local json = require "host.json"
local schema = require "auth0.schema"

local test = tap.test

local function short(findings)
  local out = {}
  for i, f in ipairs(findings or {}) do
    out[i] = (f.warning and "~" or "") .. f.code .. " " .. f.path
  end
  return out
end

---A valid user with some members changed; false removes one.
local function user(changes)
  local made = { email = "a@example.com", email_verified = false }
  for name, value in pairs(changes) do
    made[name] = value
    if value == false and name == "email" then made[name] = nil end
  end
  return made
end

local function hashed(custom) return { custom_password_hash = custom } end
local function md5(value, more)
  local custom = { algorithm = "md5", hash = { value = value, encoding = "hex" } }
  for name, member in pairs(more or {}) do custom[name] = member end
  return hashed(custom)
end
local function text(algorithm, value, more)
  local custom = { algorithm = algorithm, hash = { value = value, encoding = "utf8" } }
  for name, member in pairs(more or {}) do custom[name] = member end
  return hashed(custom)
end
local function scrypt(more)
  local custom = { algorithm = "scrypt", keylen = 16, salt = { value = "s" },
    hash = { value = ("a"):rep(32), encoding = "hex" } }
  for name, member in pairs(more) do custom[name] = member end
  return hashed(custom)
end

local HEX16 <const> = "4e81d409bc9fdcef24bddc2f964d1c24"
local B10 <const> = "$2b$10$./CgKyPTXlcGkYo5xL1s9u0tSWwPdzvaOlibgHKHW9lOzCdmI65Tq"
local PBKDF2 <const> = "$pbkdf2-sha256$i=10000,l=32$ABEiM0RVZneImaq7zN3u/w"
  .. "$T7fb8iVNq2pbBxt2b4+QbqmRktHeX2yjD4prwis59cE"
local ARGON2 <const> = "$argon2id$v=19$m=65536,t=2,p=1$ABEiM0RVZneImaq7zN3u/w"
  .. "$/4HLBCCLZW1f20IQf9sBdiAGKicVrl39LvvKRZjKbKI"
local VALUE <const> = "custom_password_hash.hash.value"

---{name, changes, findings}
local CASES <const> = {
  { "a user with only an address", {}, {} },
  { "no address", { email = false }, { "OBJECT_REQUIRED email" } },
  { "an empty address", { email = "" }, { "OBJECT_REQUIRED email" } },
  { "an address without a dotted domain", { email = "a@host" }, { "FORMAT email" } },
  { "text for a boolean", { email_verified = "true" }, { "INVALID_TYPE email_verified" } },
  { "a number for the user_id", { user_id = 7 }, { "INVALID_TYPE user_id" } },
  { "a space in the user_id", { user_id = "a b" }, { "PATTERN user_id" } },
  { "a user_id of 256 characters", { user_id = ("x"):rep(256) }, { "MAX_LENGTH user_id" } },
  { "a user_id that still starts with auth0|", { user_id = "auth0|x" }, {} },
  { "a national phone number", { phone_number = "01 23" }, { "PATTERN phone_number" } },
  { "a phone number of 16 digits", { phone_number = "+1234567890123456" },
    { "PATTERN phone_number" } },
  { "a phone number of 15 digits", { phone_number = "+123456789012345" }, {} },
  { "a username of 16 characters", { username = ("u"):rep(16) }, { "MAX_LENGTH username" } },
  { "a username with a space", { username = "a b" }, { "PATTERN username" } },
  { "a username like an address", { username = "a@b.example" }, { "PATTERN username" } },
  { "a username with an @", { username = "a@b" }, {} },
  { "a username with a + before a name", { username = "+44a" }, {} },
  { "a username of a +", { username = "+" }, {} },
  { "a username that begins with an @", { username = "@b.example" }, {} },
  { "a username with two @", { username = "a@b.c@d.e" }, {} },
  { "a username with letters of other scripts", { username = "ünal" }, { "PATTERN username" } },
  { "a username like a phone", { username = "+4412345" }, { "PATTERN username" } },
  { "a given name of 151 characters", { given_name = ("ä"):rep(151) },
    { "MAX_LENGTH given_name" } },
  { "a name of 151 characters is doubtful", { name = ("n"):rep(151) }, { "~MAX_LENGTH name" } },
  { "a name of 301 characters", { name = ("n"):rep(301) },
    { "MAX_LENGTH name", "~MAX_LENGTH name" } },
  { "a nickname of 301 characters is doubtful", { nickname = ("n"):rep(301) },
    { "~MAX_LENGTH nickname" } },
  { "a relative picture", { picture = "/p.png" }, { "FORMAT picture", "PATTERN picture" } },
  { "a picture", { picture = "https://example.com/p.png" }, {} },
  { "an unknown member", { locale = "de" }, { "OBJECT_ADDITIONAL_PROPERTIES locale" } },
  { "nulls and empty strings are omitted", { name = "", nickname = json.null }, {} },
  { "both kinds of hash", { password_hash = B10, custom_password_hash = text("bcrypt", B10)
    .custom_password_hash }, { "NOT_PASSED " } },
  { "bcrypt of cost 10", { password_hash = B10 }, {} },
  { "bcrypt of cost 12 as password_hash", { password_hash = (B10:gsub("10", "12", 1)) },
    { "PATTERN password_hash" } },
  { "PHP's bcrypt as password_hash", { password_hash = (B10:gsub("2b", "2y")) },
    { "PATTERN password_hash" } },
  { "a reserved name in app_metadata", { app_metadata = { email = "x" } },
    { "NOT_PASSED app_metadata.email" } },
  { "a profile above 10 KB is doubtful", { app_metadata = { x = ("x"):rep(10000) } },
    { "~PROFILE_SIZE_EXCEEDED " } },
  { "a profile above 8 KB is near the limit", { app_metadata = { x = ("x"):rep(8000) } },
    { "~PROFILE_SIZE_NEAR " } },
  { "a profile below 8 KB is not", { app_metadata = { x = ("x"):rep(7800) } }, {} },
  { "a reserved name below app_metadata", { app_metadata = { x = { email = "x" } } }, {} },
  { "a reserved name in user_metadata", { user_metadata = { email = "x" } }, {} },
  { "a dot in a metadata name", { user_metadata = { x = { ["a.b"] = 1 } } },
    { "PATTERN user_metadata.x.a.b" } },
  { "a dollar inside a list", { app_metadata = { { ["$a"] = 1 } } },
    { "INVALID_TYPE app_metadata" } },
  { "a dollar inside a list in metadata", { app_metadata = { l = { { ["$a"] = 1 } } } },
    { "PATTERN app_metadata.l[0].$a" } },
  { "metadata keeps its nulls", { user_metadata = { x = json.null, y = "" } }, {} },
  { "metadata that is text", { user_metadata = "x" }, { "INVALID_TYPE user_metadata" } },
  { "a function in metadata", { user_metadata = { f = print } },
    { "INVALID_TYPE user_metadata.f" } },
  { "no factor", { mfa_factors = json.array {} }, { "ARRAY_LENGTH_SHORT mfa_factors" } },
  { "two kinds in one factor", { mfa_factors = { { totp = { secret = "ABC" },
    phone = { value = "+1" } } } }, { "OBJECT_PROPERTIES_MAXIMUM mfa_factors[0]" } },
  { "an empty factor", { mfa_factors = { {} } }, { "OBJECT_PROPERTIES_MINIMUM mfa_factors[0]" } },
  { "a padded secret", { mfa_factors = { { totp = { secret = "ABCD====" } } } },
    { "PATTERN mfa_factors[0].totp.secret" } },
  { "a factor without its value", { mfa_factors = { { email = { value = "" } } } },
    { "OBJECT_REQUIRED mfa_factors[0].email.value" } },
  { "an unknown factor", { mfa_factors = { { sms = { value = "+1" } } } },
    { "OBJECT_ADDITIONAL_PROPERTIES mfa_factors[0].sms" } },
  { "a hash without its algorithm", hashed { hash = { value = "x" } },
    { "OBJECT_REQUIRED custom_password_hash.algorithm" } },
  { "an unknown algorithm", hashed { algorithm = "sha384", hash = { value = "x" } },
    { "ENUM_MISMATCH custom_password_hash.algorithm" } },
  { "md5", md5(HEX16), {} },
  { "md5 in upper case", md5(HEX16:upper()), {} },
  { "md5 of 15 bytes", md5(HEX16:sub(3)), { "PATTERN " .. VALUE } },
  { "md5 that is not hex", md5(("z"):rep(32)), { "PATTERN " .. VALUE } },
  { "md5 without its encoding", hashed { algorithm = "md5", hash = { value = HEX16 } },
    { "OBJECT_REQUIRED custom_password_hash.hash.encoding" } },
  { "md5 in utf8", hashed { algorithm = "md5", hash = { value = HEX16, encoding = "utf8" } },
    { "ENUM_MISMATCH custom_password_hash.hash.encoding" } },
  { "a salt", md5(HEX16, { salt = { value = "x", encoding = "utf8", position = "suffix" } }), {} },
  { "a salt in the middle", md5(HEX16, { salt = { value = "x", position = "middle" } }),
    { "ENUM_MISMATCH custom_password_hash.salt.position" } },
  { "a salt that is not hex", md5(HEX16, { salt = { value = "x", encoding = "hex" } }),
    { "PATTERN custom_password_hash.salt.value" } },
  { "a password encoding", md5(HEX16, { password = { encoding = "utf16le" } }), {} },
  { "an unknown password encoding", md5(HEX16, { password = { encoding = "utf7" } }),
    { "ENUM_MISMATCH custom_password_hash.password.encoding" } },
  { "scrypt's members elsewhere", md5(HEX16, { keylen = 16 }),
    { "NOT_PASSED custom_password_hash.keylen" } },
  { "hmac without digest and key", hashed { algorithm = "hmac", hash = { value = HEX16,
    encoding = "hex" } }, { "OBJECT_REQUIRED custom_password_hash.hash.digest",
    "OBJECT_REQUIRED custom_password_hash.hash.key" } },
  { "hmac of the wrong length", hashed { algorithm = "hmac", hash = { value = HEX16,
    encoding = "hex", digest = "sha1", key = { value = "k" } } }, { "PATTERN " .. VALUE } },
  { "hmac", hashed { algorithm = "hmac", hash = { value = HEX16, encoding = "hex",
    digest = "md5", key = { value = "k" } } }, {} },
  { "bcrypt of another cost", text("bcrypt", (B10:gsub("10", "12", 1))), {} },
  { "bcrypt of cost 03", text("bcrypt", (B10:gsub("10", "03", 1))), { "PATTERN " .. VALUE } },
  { "bcrypt with a salt", text("bcrypt", B10, { salt = { value = "x" } }), {} },
  { "bcrypt in hex", hashed { algorithm = "bcrypt", hash = { value = B10, encoding = "hex" } },
    { "ENUM_MISMATCH custom_password_hash.hash.encoding" } },
  { "pbkdf2", text("pbkdf2", PBKDF2), {} },
  { "pbkdf2 with a separate salt", text("pbkdf2", PBKDF2, { salt = { value = "x" } }),
    { "NOT_PASSED custom_password_hash.salt" } },
  { "pbkdf2 with another length", text("pbkdf2", (PBKDF2:gsub("l=32", "l=64"))),
    { "PATTERN " .. VALUE } },
  { "pbkdf2 without its length", text("pbkdf2", (PBKDF2:gsub(",l=32", ""))),
    { "PATTERN " .. VALUE } },
  { "pbkdf2 with padding", text("pbkdf2", PBKDF2 .. "="), { "PATTERN " .. VALUE } },
  { "pbkdf2 with an unknown digest", text("pbkdf2", (PBKDF2:gsub("sha256", "sha3"))),
    { "ENUM_MISMATCH " .. VALUE } },
  { "argon2", text("argon2", ARGON2), {} },
  { "argon2i is doubtful", text("argon2", (ARGON2:gsub("2id", "2i"))), { "~PATTERN " .. VALUE } },
  { "argon2 with two lanes is doubtful", text("argon2", (ARGON2:gsub("p=1", "p=2"))),
    { "~PATTERN " .. VALUE } },
  { "argon2 without parameters", text("argon2", "$argon2id$v=19$abc$def"),
    { "PATTERN " .. VALUE } },
  { "ldap", text("ldap", "{SHA}fbX5xNjuEBL5ZR6ra3HKZQSXfUQ="), {} },
  { "ldap of the wrong length", text("ldap", "{SHA}fbX5xNju"), { "PATTERN " .. VALUE } },
  { "ldap crypt", text("ldap", "{CRYPT}x"), { "PATTERN " .. VALUE } },
  { "scrypt", scrypt {}, {} },
  { "scrypt with a fraction for keylen", scrypt { keylen = 1.5 },
    { "INVALID_TYPE custom_password_hash.keylen" } },
  { "scrypt without keylen", scrypt { keylen = "" },
    { "OBJECT_REQUIRED custom_password_hash.keylen" } },
  { "scrypt with another keylen", scrypt { keylen = 64 }, { "PATTERN " .. VALUE } },
  { "scrypt of cost 1", scrypt { cost = 1 }, { "MINIMUM custom_password_hash.cost" } },
  { "scrypt of an odd cost", scrypt { cost = 1000 }, { "NOT_PASSED custom_password_hash.cost" } },
  { "scrypt of 32 MiB is doubtful", scrypt { cost = 32768 },
    { "~MAXIMUM custom_password_hash.cost" } },
  { "scrypt without salt is doubtful", scrypt { salt = "" },
    { "~OBJECT_REQUIRED custom_password_hash.salt" } },
}

for _, case in ipairs(CASES) do
  test("user rules: " .. case[1], function()
    tap.equal(short(schema.for_connection():check(user(case[2]))), case[3])
  end)
end

---{name, settings, changes, findings}
local CONNECTIONS <const> = {
  { "longer usernames", { username = { max = 40 } }, { username = ("u"):rep(40) }, {} },
  { "usernames like addresses", { username = { allow_email = true } },
    { username = "a@b.example" }, {} },
  { "usernames like addresses, but of allowed characters", { username = { allow_email = true } },
    { username = "a b@c.d" }, { "PATTERN username" } },
  { "usernames like phones", { username = { allow_phone = true } }, { username = "+4412345" }, {} },
  { "a username is required", { requires_username = true }, {}, { "OBJECT_REQUIRED username" } },
  { "no usernames at all", { requires_username = false }, { username = "u" },
    { "~NOT_PASSED username" } },
  { "usernames where the settings could not be read", { requires_username = false,
    options_known = false }, { username = "u" }, {} },
  { "a custom database has its own usernames", { custom_database = true },
    { username = "a b " .. ("u"):rep(90) }, {} },
  { "one of several identifiers is enough", { identifiers = { email = true, phone_number = true },
    profile_required = {} }, { email = false, phone_number = "+1" }, {} },
  { "none of several identifiers", { identifiers = { email = true, phone_number = true },
    profile_required = {} }, { email = false, username = "u" }, { "ANY_OF_MISSING " } },
  { "a required phone", { identifiers = { phone_number = true },
    profile_required = { phone_number = true } }, { phone_number = "" },
    { "OBJECT_REQUIRED phone_number", "ANY_OF_MISSING " } },
}

for _, case in ipairs(CONNECTIONS) do
  test("user rules of a connection: " .. case[1], function()
    tap.equal(short(schema.for_connection(case[2]):check(user(case[3]))), case[4])
  end)
end

---{name, name meant}
local SUGGESTIONS <const> = {
  { "fist_name", "given_name" }, { "emial_verified", "email_verified" }, { "userid", "user_id" },
  { "lastName", "family_name" }, { "Email", "email" }, { "nick_name", "nickname" },
  { "phone", "phone_number" },
}

test("user rules: the message on an unknown member suggests the closest known one", function()
  for _, case in ipairs(SUGGESTIONS) do
    local finding = schema.for_connection():check(user { [case[1]] = "x" })[1]
    tap.contains(finding.message, 'did you mean "' .. case[2] .. '"?')
  end
  local finding = schema.for_connection():check(user(md5(HEX16, { slat = { value = "x" } })))[1]
  tap.contains(finding.message, 'did you mean "salt"?')
end)

test("user rules: nothing is suggested if no name is close", function()
  local finding = schema.for_connection():check(user { logins_count = 3 })[1]
  tap.equal(finding.message, "Additional properties not allowed: logins_count")
end)

test("user rules: no message holds a hash, an address or a secret", function()
  local bad = user { email = "person@secret-host", password_hash = "SECRETHASH",
    phone_number = "SECRETPHONE", mfa_factors = { { totp = { secret = "secret1" } } },
    custom_password_hash = { algorithm = "md5", hash = { value = "SECRETVALUE",
      encoding = "hex" } } }
  for _, finding in ipairs(schema.for_connection():check(bad)) do
    tap.equal(finding.message:lower():find("secret", 1, true), nil, finding.message)
  end
end)
