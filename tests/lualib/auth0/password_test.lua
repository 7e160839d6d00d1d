--- auth0.password: every builder and parser, verified with the cleartext.

local tap = require "tests.tap"
local digest = require "host.digest"
local password = require "auth0.password"
local schema = require "auth0.schema"
local user_rules = require "auth0.user"
local verify = require "tests.recipes.verify"

local test = tap.test

local PLAIN <const> = "Tr0ub4dor&3-heron"
local HEX_SALT <const> = "00ff10a5c3d2e1f0"
local B2_10 <const> = "$2b$10$./CgKyPTXlcGkYo5xL1s9u0tSWwPdzvaOlibgHKHW9lOzCdmI65Tq"
local B2_12 <const> = "$2b$12$Bv2rNCrYYVgFjoUyu7Jf6.WgsHjdrqVMRadMDcVOq1DUkmS9jefj2"
local PEPPERED <const> = "$2b$10$Bv2rNCrYYVgFjoUyu7Jf6.wu7jD5q4q1jHeByHvtfYJQ9zHCfU.iW"
local SALT16 <const> = digest.unhex("00112233445566778899aabbccddeeff")
local SHA256_KEY <const> = "T7fb8iVNq2pbBxt2b4+QbqmRktHeX2yjD4prwis59cE="
local V2 <const> = "AA8eLTxLWml4h5altMPS4fCkITFxh1vcbRYjmL8swg3e0ZKfwyURhiWwfvuxKhNgTA=="
local V3 <const> =
  "AQAAAAEAACcQAAAAEA8eLTxLWml4h5altMPS4fCTaaWP0F5iI+Bs5oEzEQYqTFHCKgbGKgeLDtVIrFuvKg=="
local V3_SHA512 <const> =
  "AQAAAAIAAYagAAAAEA8eLTxLWml4h5altMPS4fC6xxZMPepwi3L3gW9NqR9piacZQ3hhnD4LqGfI5Xb9BA=="
local DJANGO <const> =
  "pbkdf2_sha256$260000$quartzsalt$zOfUbTZ6ZYwcY6f+XHlco2OO98tzwW1lE7mzqZwLEig="
local ARGON2 <const> = "$argon2id$v=19$m=65536,t=2,p=1$ABEiM0RVZneImaq7zN3u/w"
  .. "$/4HLBCCLZW1f20IQf9sBdiAGKicVrl39LvvKRZjKbKI"
local SCRYPT_KEY <const> = "XXwOgV8XTXza1RqduV+z5ElzsMSWpyaLx/5idgPiO1M="
local SUFFIXED <const> = { salt = "pebble-77", position = "suffix" }

---{name, builder, arguments...}: the result verifies PLAIN.
local GOOD <const> = {
  { "bcrypt", password.bcrypt, B2_10 },
  { "bcrypt of PHP", password.bcrypt, (B2_10:gsub("2b", "2y")) },
  { "bcrypt of another cost", password.bcrypt, B2_12 },
  { "bcrypt with outer whitespace", password.bcrypt, "  " .. B2_10 .. "\n" },
  { "bcrypt with a pepper before", password.bcrypt, PEPPERED,
    { pepper = "pebble-77", position = "prefix" } },
  { "md5", password.digest, "md5", "4e81d409bc9fdcef24bddc2f964d1c24" },
  { "md5 in upper case with 0x", password.digest, "MD5", "0x4E81D409BC9FDCEF24BDDC2F964D1C24" },
  { "md5 with a salt before", password.digest, "md5", "11ceed8c8319d637d9478a5ec35f77f7",
    { salt = "pebble-77" } },
  { "md5 in Base64 with a salt after", password.digest, "md5", "TDF6RRyBtuidHqdgxWADFg==",
    SUFFIXED },
  { "sha1", password.digest, "SHA-1", "7db5f9c4d8ee1012f9651eab6b71ca6504977d44" },
  { "sha1 with a salt after", password.digest, "sha1", "r4pi6DJob62PrGrEVfD9nLZpio0=", SUFFIXED },
  { "sha1 of a wide password with a Base64 salt", password.digest, "sha1",
    "cxmg4Iuahb8B5c3QN17Xj7bALqA=",
    { salt = "AP8QpcPS4fA=", salt_encoding = "base64", password_encoding = "utf16le" } },
  { "sha256", password.digest, "sha256",
    "8a6c565bcea9844bfd8643bf8d423908a359455ff9f36ae215a50a26ca6aa678" },
  { "sha256 with a salt in hex", password.digest, "sha256",
    "6bcc8a68b2a76c62bbcc48e8b8712499a0d47a59019e0371114e52f798689980",
    { salt = HEX_SALT, salt_encoding = "hex" } },
  { "sha256 and a salt of binary columns", password.digest, "sha256",
    digest.unhex("6bcc8a68b2a76c62bbcc48e8b8712499a0d47a59019e0371114e52f798689980"),
    { encoding = "binary", salt = digest.unhex(HEX_SALT), salt_encoding = "binary" } },
  { "sha256 and a salt of binary columns in a dump", password.declared,
    "\\x6bcc8a68b2a76c62bbcc48e8b8712499a0d47a59019e0371114e52f798689980", "sha256_salted",
    { encoding = "binary", salt = "0x" .. HEX_SALT, salt_encoding = "binary" } },
  { "sha512 with a salt after", password.digest, "sha512", "kIh+asHTBUhJQvqrKCeUxhP8Fpu3OFA7"
    .. "/s64Q1FWzNhmiXcs4Chkt66MC3RJXDm9RPYmJvEsMJ4rqTCL3yHFRg==", SUFFIXED },
  { "hmac", password.hmac, "sha256",
    "1b0401f8942e0207c19780ec12f1983393fc38c0dedbffe04d20e0e660456d7d", "orchard-key" },
  { "hmac with a key in hex", password.hmac, "HmacSHA512", "dp6DT/wHKRfGIwUypJYZ0B/THCAXok+HmMN"
    .. "Yxvmkyd91Zo3b3IcywNG14iFIVMDG3jSkTqIX7OcHDDGIgDv7Gw==", "0badc0de0badf00d",
    { key_encoding = "hex" } },
  { "pbkdf2 from its parts", password.pbkdf2, "sha256", 10000, SALT16,
    digest.unbase64(SHA256_KEY) },
  { "argon2 from its parts", password.argon2, { kind = "id", memory = 65536, time = "2",
    lanes = 1, salt = SALT16,
    key = digest.unbase64("/4HLBCCLZW1f20IQf9sBdiAGKicVrl39LvvKRZjKbKI") } },
  { "scrypt", password.scrypt, { cost = 4096, lanes = 2, salt = digest.unhex(HEX_SALT),
    key = digest.unbase64(SCRYPT_KEY) } },
  { "ldap", password.ldap, "{SSHA}HoSqzrp0FPTVFs+a7PKpEXlg1TahssPU5fYHGA==" },
  { "ldap in lower case", password.ldap, "{sha256}imxWW86phEv9hkO/jUI5CKNZRV/582riFaUKJspqpng=" },
  { "ldap smd5", password.ldap, "{SMD5}73NDOvqvt1s9HI3qhLWmGKGyw9Tl9gcY" },
  { "ldap ssha384", password.ldap, "{SSHA384}mpXlfa3amUAvi0uG/3rRxIjvDcRrMGNUajdYXyY37Lx8B11a2g"
    .. "NMm6IgIzc4fRQnobLD1OX2Bxg=" },
  { "ldap that wraps bcrypt", password.ldap_password, "{CRYPT}" .. B2_10 },
  { "ldap that wraps argon2", password.ldap_password, "{ARGON2}" .. ARGON2 },
  { "ldap pbkdf2 with dots", password.ldap_password, "{PBKDF2-SHA256}10000$ABEiM0RVZneImaq7zN3u/w$"
    .. "T7fb8iVNq2pbBxt2b4.QbqmRktHeX2yjD4prwis59cE" },
  { "argon2 as PHC", password.phc, ARGON2 },
  { "pbkdf2 as passlib writes it", password.phc, "$pbkdf2-sha256$10000$ABEiM0RVZneImaq7zN3u/w$"
    .. "T7fb8iVNq2pbBxt2b4.QbqmRktHeX2yjD4prwis59cE" },
  { "Django pbkdf2", password.django, DJANGO },
  { "Django bcrypt", password.django, "bcrypt$" .. B2_10 },
  { "Django argon2", password.django, "argon2" .. ARGON2 },
  { "Django salted md5", password.django, "md5$pebble-77$11ceed8c8319d637d9478a5ec35f77f7" },
  { "Django unsalted sha1", password.django, "sha1$$7db5f9c4d8ee1012f9651eab6b71ca6504977d44" },
  { "Django bare md5", password.django, "4e81d409bc9fdcef24bddc2f964d1c24" },
  { "ASP.NET Identity 2", password.aspnet, V2 },
  { "ASP.NET Identity 3", password.aspnet, V3 },
  { "ASP.NET Identity 3 with SHA-512", password.aspnet, V3_SHA512 },
  { "Keycloak", password.keycloak_credential, { type = "password",
    secretData = '{"value":"' .. SHA256_KEY .. '","salt":"ABEiM0RVZneImaq7zN3u/w=="}',
    credentialData = '{"hashIterations":10000,"algorithm":"pbkdf2-sha256"}' } },
  { "Keycloak before version 8", password.keycloak_credential, { hashedSaltedValue = SHA256_KEY,
    salt = "ABEiM0RVZneImaq7zN3u/w==", hashIterations = 10000, algorithm = "pbkdf2-sha256" } },
  { "Keycloak argon2", password.keycloak_credential, {
    secretData = '{"value":"/4HLBCCLZW1f20IQf9sBdiAGKicVrl39LvvKRZjKbKI=",'
      .. '"salt":"ABEiM0RVZneImaq7zN3u/w=="}',
    credentialData = '{"hashIterations":2,"algorithm":"argon2","additionalParameters":'
      .. '{"type":["id"],"version":["1.3"],"memory":["65536"],"parallelism":["1"]}}' } },
}

for _, case in ipairs(GOOD) do
  test("password: " .. case[1], function()
    local hash = assert(case[2](table.unpack(case, 3)))
    local user = { email = "a@example.com", custom_password_hash = hash }
    tap.equal(verify.login(user, PLAIN), true)
    tap.equal(schema.for_connection():check(user), nil)
  end)
end

test("password: a wrong password does not pass", function()
  for _, value in ipairs { B2_10, V2, "{SSHA}HoSqzrp0FPTVFs+a7PKpEXlg1TahssPU5fYHGA==" } do
    local user = user_rules.normalise { custom_password_hash = password.auto(value) }
    tap.equal(verify.login(user, "x"), false)
    tap.equal(verify.login(user, PLAIN), true)
  end
end)

---{name, part of the reason, builder, arguments...}
local BAD <const> = {
  { "nil", "no password hash", password.bcrypt, nil },
  { "an empty text", "no password hash", password.bcrypt, " " },
  { "a number", "must be a string", password.bcrypt, 12 },
  { "a truncated bcrypt", "60 characters", password.bcrypt, B2_10:sub(1, 59) },
  { "bcrypt variant $2x$", "not supported", password.bcrypt, (B2_10:gsub("2b", "2x")) },
  { "bcrypt of cost 99", "cost", password.bcrypt, (B2_10:gsub("10", "99", 1)) },
  { "a pepper in another position", "prefix or suffix", password.bcrypt, B2_10,
    { pepper = "x", position = "middle" } },
  { "md5 of another length", "16 bytes", password.digest, "md5", "4e81" },
  { "sha224", "not supported", password.digest, "sha224", ("a"):rep(56) },
  { "a salt that is not hex", "not valid hex", password.digest, "md5",
    "4e81d409bc9fdcef24bddc2f964d1c24", { salt = "zz", salt_encoding = "hex" } },
  { "hmac without key", "key", password.hmac, "md5", ("a"):rep(32), nil },
  { "hmac with a damaged key", "not valid hex", password.hmac, "md5", ("a"):rep(32), "x",
    { key_encoding = "hex" } },
  { "pbkdf2 without iterations", "iterations", password.pbkdf2, "sha1", nil, "salt", "key" },
  { "pbkdf2 without key", "a salt and a key", password.pbkdf2, "sha1", 1, "salt", nil },
  { "pbkdf2 of an unknown digest", "digest", password.pbkdf2, "sha3", 1, "salt", "key" },
  { "argon2d", "not supported", password.argon2, { kind = "d" } },
  { "argon2 of version 1.0", "version", password.phc, (ARGON2:gsub("v=19", "v=16")) },
  { "argon2 without parameters", "m, t and p", password.argon2, { kind = "id" } },
  { "argon2 with more parameters", "additional", password.phc,
    (ARGON2:gsub("p=1", "p=1,keyid=x")) },
  { "scrypt with the logarithm of N", "power of two", password.scrypt,
    { cost = 15, salt = "s", key = "k" } },
  { "scrypt without salt", "a salt and a key", password.scrypt, { cost = 16, key = "k" } },
  { "ldap crypt with DES", "not supported", password.ldap_password, "{CRYPT}ab" },
  { "ldap SASL", "another system", password.ldap_password, "{SASL}a@b" },
  { "ldap of another length", "length", password.ldap, "{SHA}abcd" },
  { "ldap of an unknown scheme", "{SHA9}", password.ldap, "{SHA9}abcd" },
  { "ldap that is not Base64", "Base64", password.ldap, "{SHA}!" },
  { "Django's bcrypt over SHA-256", "not supported", password.django, "bcrypt_sha256$" .. B2_12 },
  { "Django's unusable password", "unusable", password.django, "!abc" },
  { "an unknown Django hasher", "own", password.django, "own$1$a$b" },
  { "Django's damaged pbkdf2", "damaged", password.django, "pbkdf2_sha256$x" },
  { "a truncated ASP.NET hash", "not an ASP.NET", password.aspnet, V3:sub(1, 40) },
  { "no Base64 at all", "not valid Base64", password.aspnet, "***" },
  { "an unknown Keycloak algorithm", "own", password.keycloak_credential, {
    secretData = '{"value":"QQ=="}', credentialData = '{"algorithm":"own"}' } },
  { "a Keycloak credential without data", "has no data", password.keycloak_credential, {} },
  { "none", "because", password.none, "because" },
}

for _, case in ipairs(BAD) do
  test("password: no hash from " .. case[1], function()
    local hash, reason = case[3](table.unpack(case, 4, 7))
    tap.equal(hash, nil)
    tap.contains(reason, case[2])
  end)
end

---{value, scheme, supported}
local SCHEMES <const> = {
  { B2_10, "bcrypt", true }, { ARGON2, "argon2", true }, { DJANGO, "Django", true },
  { V2, "ASP.NET Identity 2", true }, { V3, "ASP.NET Identity 3", true },
  { "{SHA}fbX5xNjuEBL5ZR6ra3HKZQSXfUQ=", "LDAP", true },
  { "$P$B55D6LjfHDkINU5wF.v2BuuzO0/XPk/", "phpass", false },
  { "$wp$2y$10$abc", "WordPress 6.8 bcrypt", false }, { "$S$Dxyz", "Drupal phpass", false },
  { "U$S$Dxyz", "Drupal phpass", false }, { "$1$a$b", "md5-crypt", false },
  { "$5$a$b", "sha256-crypt", false }, { "$6$a$b", "sha512-crypt", false },
  { "$y$j9T$a$b", "yescrypt", false }, { "!x", "Django unusable", false },
  { "4e81d409bc9fdcef24bddc2f964d1c24", "unknown", false }, { "secret", "unknown", false },
}

for _, case in ipairs(SCHEMES) do
  test("password: identify names " .. case[2] .. " in " .. case[1]:sub(1, 12), function()
    local scheme = password.identify(case[1])
    tap.equal({ scheme.name, scheme.supported }, { case[2], case[3] })
    tap.equal(scheme.reason ~= nil, not case[3])
  end)
end

test("password: auto's first result is the hash, a text for bcrypt of cost 10", function()
  tap.equal({ password.auto(B2_10) }, { B2_10 })
  for _, value in ipairs { (B2_10:gsub("2b", "2y")), B2_12, ARGON2, V3 } do
    local hash, second, why = password.auto(value)
    tap.equal({ type(hash), second, why }, { "table" })
  end
end)

test("password: auto accepts the encoding of the password, and ignores gsub's count", function()
  local hash = password.auto(B2_10, { password_encoding = "latin1" })
  tap.equal({ hash.algorithm, hash.password }, { "bcrypt", { encoding = "latin1" } })
  tap.equal(password.auto(("x" .. B2_10):gsub("^x", "")), B2_10)
end)

test("password: fields accepts the results of a builder and of auto", function()
  tap.equal({ password.fields(password.bcrypt(B2_10)) }, { B2_10 })
  tap.equal({ password.fields(password.auto(B2_10)) }, { B2_10 })
  tap.equal(password.fields(password.auto(B2_12)).algorithm, "bcrypt")
  tap.equal({ password.fields(password.bcrypt(nil)) }, { nil, nil, "no password hash" })
  tap.equal({ password.fields(password.auto(nil)) }, { nil, nil, "no password hash" })
end)

test("password: a peppered bcrypt is never a password_hash", function()
  local hash = password.fields(password.bcrypt(B2_10, { pepper = "x" }))
  tap.equal(hash.salt, { value = "x", encoding = "utf8", position = "suffix" })
end)

test("password: auto says why there is no hash", function()
  tap.equal({ password.auto(nil) }, { nil, nil, "no password hash" })
  tap.contains(select(3, password.auto("$6$a$b")), "sha512-crypt")
  tap.contains(select(3, password.auto("4e81d409bc9fdcef24bddc2f964d1c24")), "use password.digest")
end)

test("password: bytes of a binary column, however an export has them", function()
  local raw = digest.unhex(HEX_SALT)
  for _, written in ipairs { raw, "0x" .. HEX_SALT, "\\x" .. HEX_SALT, "\\\\x" .. HEX_SALT } do
    tap.equal(password.bytes(written, "binary"), raw)
  end
  for _, none in ipairs { "", "0x", "\\x" } do
    tap.equal(password.bytes(none, "binary"), nil)
  end
  tap.equal(password.bytes(" 0x00", "binary"), " 0x00")
end)

test("password: a digest in a declared encoding is not one with its salt", function()
  local cell = "4e81d409bc9fdcef24bddc2f964d1c24:x"
  tap.equal({ password.declared(cell, "md5_salted", { encoding = "hex" }) }, { nil, "no salt" })
  assert(password.declared(cell, "md5_salted"))
end)

test("builders with another's arguments raise: no hash is lost silently", function()
  tap.raises(function() password.pbkdf2 { iterations = 1 } end, "expects (name, iterations")
  tap.raises(function() password.argon2 "$argon2id$" end, "argon2 expects a table")
  tap.raises(function() password.scrypt "a" end, "scrypt expects a table")
end)
