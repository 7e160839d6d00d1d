--- Every rule of the import format has an explained finding: code, path, message, a redacted
--- description of the value, and what to do.

local advice = require "auth0.advice"
local json = require "host.json"
local schema = require "auth0.schema"
local tap = require "tests.tap"
local test = tap.test

local B10 <const> = "$2b$10$./CgKyPTXlcGkYo5xL1s9u0tSWwPdzvaOlibgHKHW9lOzCdmI65Tq"
local TAIL <const> = B10:sub(8)
local HEX16 <const> = "4e81d409bc9fdcef24bddc2f964d1c24"
local HEX20 <const> = "641e576df53ddb5bf295e66ba2bf53b718203fe4"
local BASE16 <const> = "ToHUCbyf3O8kvdwvlk0cJA=="
local PBKDF2 <const> = "$pbkdf2-sha256$i=10000,l=32$ABEiM0RVZneImaq7zN3u/w"
  .. "$T7fb8iVNq2pbBxt2b4+QbqmRktHeX2yjD4prwis59cE"
local ARGON2 <const> = "$argon2id$v=19$m=65536,t=2,p=1$ABEiM0RVZneImaq7zN3u/w"
  .. "$/4HLBCCLZW1f20IQf9sBdiAGKicVrl39LvvKRZjKbKI"
local SHA1 <const> = "fbX5xNjuEBL5ZR6ra3HKZQSXfUQ="

local function custom(algorithm, value, encoding, more)
  local made = { algorithm = algorithm, hash = { value = value, encoding = encoding or "utf8" } }
  for name, member in pairs(more or {}) do made[name] = member end
  return { custom_password_hash = made }
end
local function hmac(hash)
  local made = { value = HEX16, encoding = "hex", digest = "md5", key = { value = "k" } }
  for name, member in pairs(hash) do made[name] = member or nil end
  return { custom_password_hash = { algorithm = "hmac", hash = made } }
end
local function scrypt(more)
  local made = custom("scrypt", ("a1"):rep(16), "hex", { keylen = 16, salt = { value = "s" } })
  for name, member in pairs(more) do made.custom_password_hash[name] = member end
  return made
end
local function salted(salt) return custom("md5", HEX16, "hex", { salt = salt }) end
local function totp(secret) return { mfa_factors = { { totp = { secret = secret } } } } end
local function md5(value, encoding) return custom("md5", value, encoding or "hex") end
---Tables nested this deep.
local function nested(depth)
  local inner = { a = 1 }
  for _ = 1, depth do inner = { a = inner } end
  return inner
end

local function many(n)
  local list = {}
  for i = 1, n do list[i] = { phone = { value = "+1" } } end
  return list
end

local VALUE <const> = "custom_password_hash.hash.value"
local HASH <const> = "custom_password_hash."
local PLAIN <const> = "password_hash"

---Members, code and path ("~" for a warning), what is in message, shape and fix.
---@type {[1]: table, [2]: string, [3]: string, [4]: string, [5]: string}[]
local CASES <const> = {
  -- The user as a whole.
  { { email = json.null }, "OBJECT_REQUIRED email", "email", "missing", "skip such records" },
  { { locale = "de" }, "OBJECT_ADDITIONAL_PROPERTIES locale", "locale", "2 characters",
    "an import cannot set locale" },
  { { created_at = "2020" }, "OBJECT_ADDITIONAL_PROPERTIES created_at", "created_at", "4 digits",
    "legacy_created_at" },
  { { roles = { "a" } }, "OBJECT_ADDITIONAL_PROPERTIES roles", "roles", "list of 1",
    "run:request" },
  { { connection = "x" }, "OBJECT_ADDITIONAL_PROPERTIES connection", "connection", "1 character",
    "--connection" },
  { { password = "x" }, "OBJECT_ADDITIONAL_PROPERTIES password", "password", "1 character",
    "not accept cleartext" },
  { { fist_name = "x" }, "OBJECT_ADDITIONAL_PROPERTIES fist_name", 'did you mean "given_name"',
    "1 character", 'Write "given_name"' },
  { { frobnicate = 1 }, "OBJECT_ADDITIONAL_PROPERTIES frobnicate", "frobnicate", "integer",
    "app_metadata" },
  { { password_hash = B10, custom_password_hash = custom("bcrypt", B10).custom_password_hash },
    "NOT_PASSED ", "only one of", "object with keys", "password.auto" },
  { { app_metadata = { x = ("x"):rep(10000) } }, "~PROFILE_SIZE_EXCEEDED ", "10 KB",
    "object of 10072 bytes, 10008 of them in app_metadata", "app_metadata.x (10002 bytes)" },

  -- Identifiers.
  { { email = "anna.example.com" }, "FORMAT email", "no @", 'without "@"', "value.email" },
  { { email = "a@host" }, "FORMAT email", "no dot", "without a dot", "Correct it" },
  { { email = " a@b.co" }, "FORMAT email", "character", "1 leading whitespace", "Remove the" },
  { { email = "Ann <a@b.co>" }, "FORMAT email", "character", '"<"', "match" },
  { { email = "a@b.co,c@d.co" }, "FORMAT email", "more than one @", '","', "value.split" },
  { { email = "mailto:a@b.co" }, "FORMAT email", "character", '"mailto:"', "gsub" },
  { { email = ("x"):rep(65) .. "@b.co" }, "FORMAT email", "64 bytes", "70 characters", "Correct" },
  { { email = 7 }, "INVALID_TYPE email", "integer", "integer of 1 digit", "tostring" },
  { { user_id = "a b" }, "PATTERN user_id", "it contains whitespace", "1 space", "gsub" },
  { { user_id = ("x"):rep(256) }, "MAX_LENGTH user_id", "256", "256 characters", "shorter id" },
  { { user_id = 7 }, "INVALID_TYPE user_id", "integer", "integer of 1 digit", "tostring" },
  { { username = ("u"):rep(16) }, "MAX_LENGTH username", "16", "16 characters", "connection-file" },
  { { username = "a b" }, "PATTERN username", "contains whitespace", "1 space", "value.username" },
  { { username = "ünal" }, "PATTERN username", "outside a-z", "outside ASCII", "value.username" },
  { { username = "a/b" }, "PATTERN username", 'it contains "/"', '"/"', "value.username" },
  { { username = "a@b.example" }, "PATTERN username", "like an e-mail address", "e-mail address",
    "log in with their address" },
  { { username = "+4412345" }, "PATTERN username", "like a phone number", '7 digits after "+"',
    "phone_number" },
  { { phone_number = "0301234" }, "PATTERN phone_number", 'does not start with "+"', "7 digits",
    "value.phone" },
  { { phone_number = "004930" }, "PATTERN phone_number", '"00"', "6 digits", "value.phone" },
  { { phone_number = "+44 20" }, "PATTERN phone_number", "characters other than digits", "1 space",
    "value.phone" },
  { { phone_number = "+1234567890123456" }, "PATTERN phone_number", "more than 15 digits",
    "16 digits", "Correct" },
  { { phone_number = "4.5E+11" }, "PATTERN phone_number", "spreadsheet", "7 characters",
    "as text" },
  { { phone_number = "tel 12" }, "PATTERN phone_number", "letters", "1 space", "Map only" },
  { { phone_number = "+" }, "PATTERN phone_number", "no digits", '"+"', "Leave the number out" },

  -- The profile.
  { { email_verified = "true" }, "INVALID_TYPE email_verified", "boolean", "4 characters",
    "value.boolean" },
  { { phone_verified = 1 }, "INVALID_TYPE phone_verified", "boolean", "integer", "value.boolean" },
  { { blocked = "0" }, "INVALID_TYPE blocked", "boolean", "1 digit", "value.boolean" },
  { { given_name = ("x"):rep(151) }, "MAX_LENGTH given_name", "150", "151", "150 characters" },
  { { family_name = ("x"):rep(151) }, "MAX_LENGTH family_name", "150", "151", "150 characters" },
  { { name = ("x"):rep(301) }, "MAX_LENGTH name", "300", "301", "300 characters" },
  { { name = ("x"):rep(151) }, "~MAX_LENGTH name", "may reject it", "151", "150 characters" },
  { { nickname = ("x"):rep(351) }, "MAX_LENGTH nickname", "350", "351", "350 characters" },
  { { nickname = ("x"):rep(301) }, "~MAX_LENGTH nickname", "may reject it", "301", "300 char" },
  { { name = print }, "INVALID_TYPE name", "function", "function", "Call" },
  { { picture = "/p.png" }, "FORMAT picture", "no scheme", "6 characters", "https://" },
  { { picture = "//x.y/p" }, "FORMAT picture", "no scheme", "7 characters", 'with "https:"' },
  { { picture = "ftp://x.y/z" }, "PATTERN picture", "https", "11 characters", "https://" },
  { { picture = "data:image/png;base64,AA" }, "PATTERN picture", "https", "data:image/",
    "not image data" },
  { { picture = "https://x.y/a b" }, "FORMAT picture", "blank", '"https://"', "%20" },

  -- password_hash.
  { { password_hash = "$2y$10$" .. TAIL }, "PATTERN " .. PLAIN, "$2y$", '"$2y$10$"',
    "password.bcrypt" },
  { { password_hash = "$2b$12$" .. TAIL }, "PATTERN " .. PLAIN, "cost is 12", '"$2b$12$"',
    "password.bcrypt" },
  { { password_hash = B10:sub(1, 59) }, "PATTERN " .. PLAIN, "truncated: 59 of 60",
    '59 characters: "$2b$10$", 52 of', "whole column" },
  { { password_hash = B10 .. "x" }, "PATTERN " .. PLAIN, "61 characters", "54 of", "Map only" },
  { { password_hash = B10 .. " " }, "PATTERN " .. PLAIN, "whitespace", "1 trailing", "Remove the" },
  { { password_hash = "$2x$10$" .. TAIL }, "PATTERN " .. PLAIN, "this variant", '"$2x$10$"',
    "new password" },
  { { password_hash = "$2b$10$" .. TAIL:gsub("%.", "*") }, "PATTERN " .. PLAIN,
    "bcrypt does not use", '"*"', "exported" },
  { { password_hash = HEX16 }, "PATTERN " .. PLAIN, "hex of 16 bytes", "32 hex digits",
    'password.digest("md5"' },
  { { password_hash = ARGON2 }, "PATTERN " .. PLAIN, "argon2", "$argon2id$", "password.phc" },
  { { password_hash = "$P$Babcdefghijklmnopqrstuvwxyz" }, "PATTERN " .. PLAIN, "phpass", '"$P$"',
    "new password" },
  { { password_hash = "plain" }, "PATTERN " .. PLAIN, "not a bcrypt hash", "5 characters",
    "hash identify" },
  { { password_hash = 7 }, "INVALID_TYPE " .. PLAIN, "integer", "integer", "tostring" },

  -- custom_password_hash.
  { { custom_password_hash = B10 }, "INVALID_TYPE custom_password_hash", "string", "$2b$10$",
    "password.auto" },
  { { custom_password_hash = { hash = { value = "x" } } }, "OBJECT_REQUIRED " .. HASH
    .. "algorithm", "algorithm", "missing", "argon2, bcrypt" },
  { { custom_password_hash = { algorithm = "md5" } }, "OBJECT_REQUIRED " .. HASH .. "hash", "hash",
    "missing", "Leave custom_password_hash out" },
  { { custom_password_hash = { algorithm = "md5", hash = { value = "", encoding = "hex" } } },
    "OBJECT_REQUIRED " .. VALUE, "value", "missing", "Leave custom_password_hash out" },
  { { custom_password_hash = { algorithm = "md5", hash = { value = HEX16 } } },
    "OBJECT_REQUIRED " .. HASH .. "hash.encoding", "encoding", "missing", 'encoding = "hex"' },
  { custom("MD5", HEX16, "hex"), "ENUM_MISMATCH " .. HASH .. "algorithm", "MD5", "3 characters",
    'Write "md5"' },
  { custom("sha384", HEX16, "hex"), "ENUM_MISMATCH " .. HASH .. "algorithm", "sha384", "digits",
    "Write one of argon2" },
  { custom("hunter2", HEX16, "hex"), "ENUM_MISMATCH " .. HASH .. "algorithm", "unknown",
    "7 characters", "Write one of argon2" },
  { custom("md5", HEX16, "hex", { slat = { value = "x" } }),
    "OBJECT_ADDITIONAL_PROPERTIES " .. HASH .. "slat", "salt", "object with key value",
    'Write "salt"' },
  { custom("md5", HEX16, "hex", { keylen = 16 }), "NOT_PASSED " .. HASH .. "keylen", "keylen",
    "integer", "only scrypt" },
  { custom("md5", 12, "hex"), "INVALID_TYPE " .. VALUE, "integer", "integer", "auth0.password" },

  -- Digests.
  { md5(BASE16), "PATTERN " .. VALUE, "Base64, not hex", "Base64, padded", 'encoding = "base64"' },
  { md5(HEX16, "base64"), "PATTERN " .. VALUE, "hex, not Base64", "32 hex digits",
    'encoding = "hex"' },
  { md5("0x" .. HEX16), "PATTERN " .. VALUE, 'starts with "0x"', '"0x"', "password.digest" },
  { md5(HEX20), "PATTERN " .. VALUE, "length of sha1", "40 hex digits", 'algorithm = "sha1"' },
  { md5(HEX16:sub(2)), "PATTERN " .. VALUE, "odd number", "31 hex digits", "whole column" },
  { md5(HEX16:sub(3)), "PATTERN " .. VALUE, "15 bytes instead of 16", "30 hex", "whole column" },
  { md5(HEX16 .. "ab12"), "PATTERN " .. VALUE, "18 bytes", "36 hex digits", "joined" },
  { md5(HEX16 .. " "), "PATTERN " .. VALUE, "whitespace", "1 trailing", "Remove the" },
  { md5(B10), "PATTERN " .. VALUE, "bcrypt", '"$2b$10$"', "password.bcrypt" },
  { md5("zz" .. HEX16:sub(3)), "PATTERN " .. VALUE, "not valid hex", "32 characters",
    "exported" },
  { md5(HEX16, "utf8"), "ENUM_MISMATCH " .. HASH .. "hash.encoding", "utf8", "4 characters",
    'encoding = "hex"' },
  { custom("sha256", BASE16, "base64"), "PATTERN " .. VALUE, "length of md5", "24 characters",
    'algorithm = "md5"' },
  { custom("md4", HEX20, "hex"), "PATTERN " .. VALUE, "md4", "40 hex digits", "sha1" },
  { custom("sha1", HEX16, "hex"), "PATTERN " .. VALUE, "length of md5", "32 hex digits", "md5" },
  { custom("sha512", HEX20, "hex"), "PATTERN " .. VALUE, "length of sha1", "40 hex", "sha1" },

  -- Salts and the password's encoding.
  { salted { value = "xyz", encoding = "hex" }, "PATTERN " .. HASH .. "salt.value", "hex",
    "3 characters", 'encoding = "utf8"' },
  { salted { value = "x", position = "middle" }, "ENUM_MISMATCH " .. HASH .. "salt.position",
    "middle", "6 characters", '"prefix" or "suffix"' },
  { salted { value = "x", encoding = "UTF-8" }, "ENUM_MISMATCH " .. HASH .. "salt.encoding",
    "UTF-8", "5 characters", 'Write "utf8"' },
  { salted { encoding = "hex" }, "OBJECT_REQUIRED " .. HASH .. "salt.value", "value", "missing",
    "auth0.password" },
  { salted "xyz", "INVALID_TYPE " .. HASH .. "salt", "object", "3 characters", "auth0.password" },
  { custom("md5", HEX16, "hex", { password = { encoding = "utf7" } }),
    "ENUM_MISMATCH " .. HASH .. "password.encoding", "utf7", "4 characters", "utf16le" },

  -- HMAC.
  { hmac { digest = false }, "OBJECT_REQUIRED " .. HASH .. "hash.digest", "digest", "missing",
    "password.hmac" },
  { hmac { key = false }, "OBJECT_REQUIRED " .. HASH .. "hash.key", "key", "missing",
    "password.hmac" },
  { hmac { digest = "SHA-1" }, "ENUM_MISMATCH " .. HASH .. "hash.digest", "SHA-1", "5 characters",
    'Write "sha1"' },
  { hmac { digest = "sha1" }, "PATTERN " .. VALUE, "length of md5", "32 hex", 'digest = "md5"' },
  { hmac { key = { value = "zz", encoding = "hex" } }, "PATTERN " .. HASH .. "hash.key.value",
    "hex", "2 characters", 'encoding = "utf8"' },
  { custom("hmac", HEX16, "hex", { salt = { value = "x" }, hash = hmac {}
    .custom_password_hash.hash }), "~NOT_PASSED " .. HASH .. "salt", "with a salt", "object",
    "test tenant" },

  -- LDAP.
  { custom("ldap", "{SHA}" .. SHA1:sub(1, 8)), "PATTERN " .. VALUE, "shorter", '"{SHA}"',
    "whole column" },
  { custom("ldap", "{SSHA}" .. SHA1), "PATTERN " .. VALUE, "and a salt", '"{SSHA}"',
    "whole column" },
  { custom("ldap", "{SHA}HoSqzrp0FPTVFs+a7PKpEXlg1TahssPU5fYHGA=="), "PATTERN " .. VALUE,
    "longer than its digest", '"{SHA}"', "{SSHA}" },
  { custom("ldap", "{CRYPT}$1$abc$def"), "PATTERN " .. VALUE, "cannot verify", '"{CRYPT}$1$"',
    "new password" },
  { custom("ldap", "{CRYPT}" .. B10), "PATTERN " .. VALUE, "another form", '"{CRYPT}$2b$10$"',
    "password.ldap_password" },
  { custom("ldap", "{SHA}a*"), "PATTERN " .. VALUE, "not Base64", '"{SHA}"', "whole column" },
  { custom("ldap", "{SHA3}" .. SHA1), "PATTERN " .. VALUE, "cannot verify", '"{SHA3}"',
    "new password" },
  { custom("ldap", SHA1), "PATTERN " .. VALUE, "base64 of 20 bytes", "28 characters", "digest" },
  { custom("ldap", "e1NIQX1mYlg1eE5qdUVCTDVaUjZyYTNIS1pRU1hmVVE9"), "PATTERN " .. VALUE, "LDIF",
    "44 characters", "password.bytes" },
  { custom("ldap", "{sha}" .. SHA1), "~PATTERN " .. VALUE, "lower-case scheme", '"{sha}"',
    "test tenant" },
  { custom("ldap", "{SHA}" .. SHA1, nil, { salt = { value = "x" } }),
    "NOT_PASSED " .. HASH .. "salt", "salt in the value", "object", "Leave `salt` out" },
  { custom("ldap", "{SHA}" .. SHA1, "base64"), "ENUM_MISMATCH " .. HASH .. "hash.encoding",
    "ldap is text", "6 characters", 'encoding = "utf8"' },

  -- PBKDF2.
  { custom("pbkdf2", (PBKDF2:gsub("l=32", "l=64"))), "PATTERN " .. VALUE, "the key has 32 bytes",
    "l=64$", "Write l=32" },
  { custom("pbkdf2", (PBKDF2:gsub(",l=32", ""))), "PATTERN " .. VALUE, "l=64", "i=10000$", "l=32" },
  { custom("pbkdf2", PBKDF2 .. "="), "PATTERN " .. VALUE, "padding", "padded", "password.phc" },
  { custom("pbkdf2", "$pbkdf2-sha256$29000$ABEiM0RVZneImaq7zN3u.w$"
    .. "T7fb8iVNq2pbBxt2b4.QbqmRktHeX2yjD4prwis59cE"), "PATTERN " .. VALUE, "alphabet", "29000$",
    "password.phc" },
  { custom("pbkdf2", "pbkdf2_sha256$260000$salt$zOfUbTZ6ZYwcY6f+XHlco2OO98tzwW1lE7mzqZwLEig="),
    "PATTERN " .. VALUE, "Django", "pbkdf2_sha256$260000$", "password.django" },
  { custom("pbkdf2", (PBKDF2:gsub("sha256", "sha3"))), "ENUM_MISMATCH " .. VALUE, "sha3",
    "$pbkdf2-sha3$", "sha256" },
  { custom("pbkdf2", PBKDF2:sub(1, 50)), "PATTERN " .. VALUE, "missing", "50 characters",
    "Compare" },
  { custom("pbkdf2", PBKDF2, nil, { salt = { value = "x" } }), "NOT_PASSED " .. HASH .. "salt",
    "salt in the value", "object", "Leave `salt` out" },

  -- Argon2.
  { custom("argon2", ARGON2 .. "="), "PATTERN " .. VALUE, "padding", "padded", "password.phc" },
  { custom("argon2", "$argon2id$v=19$abc$def"), "PATTERN " .. VALUE, "missing", "$argon2id$v=19$",
    "Compare" },
  { custom("argon2", B10), "PATTERN " .. VALUE, "bcrypt", '"$2b$10$"', "password.bcrypt" },
  { custom("argon2", ARGON2, nil, { salt = { value = "x" } }), "NOT_PASSED " .. HASH .. "salt",
    "salt in the value", "object", "Leave `salt` out" },
  { custom("argon2", (ARGON2:gsub("2id", "2i"))), "~PATTERN " .. VALUE, "argon2i", "$argon2i$",
    "test tenant" },
  { custom("argon2", (ARGON2:gsub("2id", "2d"))), "~PATTERN " .. VALUE, "argon2d", "$argon2d$",
    "test tenant" },
  { custom("argon2", (ARGON2:gsub("v=19", "v=16"))), "~PATTERN " .. VALUE, "19", "v=16$", "test" },
  { custom("argon2", (ARGON2:gsub("p=1", "p=2"))), "~PATTERN " .. VALUE, "lane", "p=2$", "test" },
  { custom("argon2", (ARGON2:gsub("p=1", "p=1,keyid=abc"))), "~PATTERN " .. VALUE, "parameters",
    "$argon2id$", "test tenant" },

  -- bcrypt.
  { custom("bcrypt", B10:sub(1, 59)), "PATTERN " .. VALUE, "59 of 60", "52 of", "whole column" },
  { custom("bcrypt", "$2b$03$" .. TAIL), "PATTERN " .. VALUE, "cost is 3", '"$2b$03$"',
    "new password" },
  { custom("bcrypt", HEX16), "PATTERN " .. VALUE, "hex of 16 bytes", "32 hex", "password.digest" },
  { custom("bcrypt", "$2x$10$" .. TAIL), "PATTERN " .. VALUE, "variant", "$2x$10$", "password" },
  { custom("bcrypt", B10, "hex"), "ENUM_MISMATCH " .. HASH .. "hash.encoding", "bcrypt is text",
    "3 characters", 'encoding = "utf8"' },
  { custom("bcrypt", B10, nil, { hash = { value = B10, key = { value = "k" } } }),
    "NOT_PASSED " .. HASH .. "hash.key", "key", "object", "only hmac" },

  -- scrypt.
  { scrypt { keylen = "" }, "OBJECT_REQUIRED " .. HASH .. "keylen", "keylen", "missing",
    "password.scrypt" },
  { scrypt { keylen = 1.5 }, "INVALID_TYPE " .. HASH .. "keylen", "integer", "fraction",
    "password.scrypt" },
  { scrypt { keylen = 0 }, "MINIMUM " .. HASH .. "keylen", "minimum", "integer",
    "password.scrypt" },
  { scrypt { keylen = 64 }, "PATTERN " .. VALUE, "decodes to 16", "32 hex digits", "keylen = 16" },
  { scrypt { cost = 1 }, "MINIMUM " .. HASH .. "cost", "logarithm", "integer", "cost = 2" },
  { scrypt { cost = 14 }, "NOT_PASSED " .. HASH .. "cost", "logarithm", "2 digits",
    "cost = 16384" },
  { scrypt { cost = 1000 }, "NOT_PASSED " .. HASH .. "cost", "power of two", "4 digits", "16384" },
  { scrypt { blockSize = 0 }, "MINIMUM " .. HASH .. "blockSize", "minimum", "integer",
    "whole number" },
  { scrypt { parallelization = "1" }, "INVALID_TYPE " .. HASH .. "parallelization", "integer",
    "1 digit", "whole number" },
  { scrypt { cost = 32768 }, "~MAXIMUM " .. HASH .. "cost", "32 MiB", "5 digits", "test tenant" },
  { scrypt { salt = "" }, "~OBJECT_REQUIRED " .. HASH .. "salt", "salt", "missing",
    "password.scrypt" },

  -- Metadata.
  { { app_metadata = "vip" }, "INVALID_TYPE app_metadata", "object", "3 characters", "Wrap it" },
  { { user_metadata = '{"a":1}' }, "INVALID_TYPE user_metadata", "JSON in a string", "7 characters",
    "value.json" },
  { { user_metadata = { x = { ["a.b"] = 1 } } }, "PATTERN user_metadata.x.a.b", "'.'", "integer",
    "gsub" },
  { { app_metadata = { l = { { ["$a"] = "x" } } } }, "PATTERN app_metadata.l[0].$a", "'$'",
    "1 character", "gsub" },
  { { user_metadata = { f = print } }, "INVALID_TYPE user_metadata.f", "function", "function",
    "Call" },
  { { user_metadata = { f = 0 / 0 } }, "INVALID_TYPE user_metadata.f", "JSON cannot hold",
    "finite", "Leave it out" },
  { { user_metadata = { f = { 1, a = 2 } } }, "INVALID_TYPE user_metadata.f", "gaps", "object",
    "migrate.array" },
  { { user_metadata = { f = { [7] = 2 } } }, "INVALID_TYPE user_metadata.f", "name is a number",
    "object", "migrate.array" },
  { { user_metadata = nested(199) }, "INVALID_TYPE user_metadata" .. (".a"):rep(199),
    "Nested deeper", "object", "Flatten" },

  -- MFA factors.
  { { mfa_factors = json.array {} }, "ARRAY_LENGTH_SHORT mfa_factors", "minimum 1", "empty list",
    "no factor" },
  { { mfa_factors = many(11) }, "ARRAY_LENGTH_LONG mfa_factors", "maximum 10", "list of 11",
    "at most 10" },
  { { mfa_factors = { totp = { secret = "ABC" } } }, "INVALID_TYPE mfa_factors", "array",
    "object with key totp", "Map a list" },
  { { mfa_factors = {} }, "INVALID_TYPE mfa_factors", "array", "empty object",
    "mfa_factors = next(list) and list" },
  { { mfa_factors = { { totp = { secret = "ABC" }, phone = { value = "+1" } } } },
    "OBJECT_PROPERTIES_MAXIMUM mfa_factors[0]", "maximum 1", "keys phone, totp", "of its own" },
  { { mfa_factors = { {} } }, "OBJECT_PROPERTIES_MINIMUM mfa_factors[0]", "minimum 1",
    "empty object", "Leave" },
  { { mfa_factors = { { sms = { value = "+1" } } } },
    "OBJECT_ADDITIONAL_PROPERTIES mfa_factors[0].sms", "sms", "object", "totp, phone or email" },
  { { mfa_factors = { { email = { value = "" } } } }, "OBJECT_REQUIRED mfa_factors[0].email.value",
    "value", "missing", "Leave the factor out" },
  { { mfa_factors = { { email = { value = "x" } } } }, "FORMAT mfa_factors[0].email.value", "no @",
    'without "@"', "Correct" },
  { { mfa_factors = { { phone = { value = "12" } } } }, "PATTERN mfa_factors[0].phone.value",
    '"+"', "2 digits", "value.phone" },
  { totp "ABCD====", "PATTERN mfa_factors[0].totp.secret", "padding", '"="', "value.totp" },
  { totp "abcd efgh", "PATTERN mfa_factors[0].totp.secret", "whitespace", "1 space", "value.totp" },
  { totp "abcdefgh", "PATTERN mfa_factors[0].totp.secret", "lower-case", "lower-case letters",
    "value.totp" },
  { totp "otpauth://totp/x", "PATTERN mfa_factors[0].totp.secret", "otpauth", '"otpauth://"',
    "value.totp" },
  { totp "48656c6c6f19", "PATTERN mfa_factors[0].totp.secret", "hex digits", "12 hex digits",
    'encoding = "hex"' },
  { totp "XYZ189!", "PATTERN mfa_factors[0].totp.secret", "Base32", '"!"', "value.totp" },
}
for _, name in ipairs(schema.APP_METADATA_RESERVED) do
  CASES[#CASES + 1] = { { app_metadata = { [name] = "x" } }, "NOT_PASSED app_metadata." .. name,
    "reserved", "1 character", "another name" }
end

local DEFAULTS <const> = schema.for_connection()

local function checked(changes, settings)
  local user = { email = "a@example.com", email_verified = false }
  for name, value in pairs(changes) do user[name] = value end
  local validator = settings and schema.for_connection(settings) or DEFAULTS
  return user, validator:check(user) or {}
end

local function name_of(finding)
  return (finding.warning and "~" or "") .. finding.code .. " " .. finding.path
end

local function all_of(user, wanted, findings)
  local names = {}
  for _, finding in ipairs(findings) do
    if name_of(finding) == wanted then return advice.of(user, finding) end
    names[#names + 1] = name_of(finding)
  end
  error("found " .. table.concat(names, ", "))
end

for i, case in ipairs(CASES) do
  test(string.format("advice %d: %s, %s", i, case[2], case[3]), function()
    local user, findings = checked(case[1])
    local advised = all_of(user, case[2], findings)
    tap.contains(advised.message, case[3])
    tap.contains(advised.shape, case[4])
    tap.contains(advised.fix, case[5])
  end)
end

---{settings, members, finding, in the fix}
local OF_CONNECTIONS <const> = {
  { { requires_username = true }, {}, "OBJECT_REQUIRED username", "no username" },
  { { requires_username = false }, { username = "u" }, "~NOT_PASSED username", "enable them" },
  { { identifiers = { username = true }, profile_required = {} }, {}, "ANY_OF_MISSING ",
    "no identifier" },
  { { identifiers = { phone_number = true }, profile_required = { phone_number = true } }, {},
    "OBJECT_REQUIRED phone_number", "no phone number" },
  { { username = { min = 4 } }, { username = "abc" }, "MIN_LENGTH username", "Leave" },
}

for _, case in ipairs(OF_CONNECTIONS) do
  test("advice of a connection's rules: " .. case[3], function()
    local user, findings = checked(case[2], case[1])
    tap.contains(all_of(user, case[3], findings).fix, case[4])
  end)
end

test("uncertain rules warn and never reject", function()
  for _, case in ipairs(CASES) do
    local _, findings = checked(case[1])
    for _, finding in ipairs(findings) do
      if case[2]:find("^~") then assert(finding.warning, case[2] .. " is rejected too") end
    end
  end
end)

test("the fix for a code alone never suggests to delete a user", function()
  for _, code in ipairs { "DUPLICATED_USER", "CONFLICT", "CONFLICT_EMAIL", "CONFLICT_USERNAME" } do
    local fix = advice.fix(code, "email")
    tap.equal(fix:lower():find("delete", 1, true) or fix:lower():find("ghost", 1, true), nil, fix)
  end
end)

---Members of a user that contain a secret in the wrong place and format.
local SECRET <const> = "Qz7Xj9"
local SECRETS <const> = {
  { email = SECRET }, { email = SECRET .. "@" .. SECRET }, { username = SECRET .. " " .. SECRET },
  { phone_number = SECRET }, { picture = SECRET }, { password_hash = SECRET },
  { password_hash = "{" .. SECRET .. "}" .. SECRET }, custom(SECRET, SECRET, SECRET),
  custom("md5", SECRET, "hex"), custom("ldap", "{" .. SECRET .. "}" .. SECRET),
  custom("pbkdf2", "$pbkdf2-" .. SECRET .. "$i=1,l=1$" .. SECRET .. "$" .. SECRET),
  custom("argon2", "$argon2" .. SECRET), custom("bcrypt", "$2b$10$" .. SECRET), totp(SECRET),
  salted { value = SECRET, encoding = "hex", position = SECRET }, hmac { digest = SECRET },
  custom("md5", HEX16, "hex", { password = { encoding = SECRET } }), { user_metadata = SECRET },
}

test("no advice contains a letter or digit of the value", function()
  for i, members in ipairs(SECRETS) do
    local user, findings = checked(members)
    assert(#findings > 0, "no finding for secret " .. i)
    for _, finding in ipairs(findings) do
      local advised = advice.of(user, finding)
      for _, name in ipairs { "message", "shape", "fix" } do
        tap.equal(advised[name]:lower():find("qz7", 1, true), nil, advised[name])
      end
    end
  end
end)
