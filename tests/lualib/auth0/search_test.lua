--- auth0.search finds out from one login how old systems hash a password, and the line works.

local digest = require "host.digest"
local search = require "auth0.search"
local json = require "host.json"
local password = require "auth0.password"
local tap = require "tests.tap"
local typed_advice = require "tests.lualib.auth0.typed_advice"
local user_rules = require "auth0.user"
local verify = require "auth0.hash.verify"

local test = tap.test

local PLAIN <const> = "Tr0ub4dor&3-heron"
local WIDE <const> = "Größe-heron"
local SALT <const> = "00ff10a5c3d2e1f0"
local BYTES <const> = digest.unhex(SALT)
local PEPPER <const> = "orchard-pepper"

local function hash(name, data) return digest.hex(digest.hash(name, data)) end
local function raw(name, data) return digest.hash(name, data) end
local function b64(data) return digest.base64(data) end

-- Costly attempts until a search counts as failed.
local FOUND_CALLS <const> = 2500
local WITHOUT_CALLS <const> = 300

local function pause_after(most)
  local calls = 0
  return function()
    calls = calls + 1
    return calls > most
  end
end

---{name, record, part of the line, {cleartext, pepper}}
local FOUND <const> = {
  { "sha1 with a salt after", { hash = hash("sha1", PLAIN .. SALT), salt = SALT },
    'password.digest("sha1", row.hash, { salt = row.salt, position = "suffix" })' },
  { "a salt in hex that counts as bytes", { hash = hash("sha256", BYTES .. PLAIN), salt = SALT },
    'salt_encoding = "hex", position = "prefix"' },
  { "a salt in Base64 that counts as text",
    { pw = b64(raw("sha256", b64(BYTES) .. PLAIN)), s = b64(BYTES) }, "salt = row.s, position" },
  { "the address as the salt, in lower case",
    { hash = hash("md5", "anna@example.com" .. PLAIN), email = "Anna@example.com" },
    "row.email:lower()" },
  { "a padded salt", { hash = hash("sha1", "abc" .. PLAIN), salt = "abc   " }, "row.salt:match" },
  { "a padded hash", { hash = hash("sha1", PLAIN) .. "\0\0  " }, '"sha1", row.hash)' },
  { "a hash with 0x", { hash = "0x" .. hash("sha1", PLAIN):upper() }, '"sha1", row.hash)' },
  { "NTLM", { nt = hash("md4", digest.transcode(PLAIN, "utf16le")) },
    '"md4", row.nt, { password_encoding = "utf16le" }' },
  { "letters in latin1", { hash = hash("sha1", digest.transcode(WIDE, "latin1")) },
    'password_encoding = "latin1"', { WIDE } },
  { "salt and hash in one value", { pw = "abc:" .. hash("sha1", "abc" .. PLAIN) },
    'row.pw:match("^[^:]*:([^:]*)")' },
  { "a pepper after", { hash = hash("sha256", PLAIN .. PEPPER) }, "salt = params.pepper",
    { PLAIN, PEPPER } },
  { "salt and pepper before", { hash = hash("sha256", "abc" .. PEPPER .. PLAIN), salt = "abc" },
    "salt = row.salt .. params.pepper", { PLAIN, PEPPER } },
  { "an LDAP value without its scheme", { pw = b64(raw("sha1", PLAIN .. "salt") .. "salt") },
    'password.ldap("{SSHA}" .. row.pw)' },
  { "an LDAP value", { pw = "{SHA}" .. b64(raw("sha1", PLAIN)) },
    "password.ldap_password(row.pw)" },
  { "hmac with the salt as its key", { hash = digest.hex(digest.hmac("sha256", "abc", PLAIN)),
    salt = "abc" }, 'password.hmac("sha256", row.hash, row.salt)' },
  { "hmac with a key in hex", { hash = digest.hex(digest.hmac("sha1", BYTES, PLAIN)),
    key = SALT }, 'key_encoding = "hex"' },
  { "bcrypt in another field", { a = "x", legacy = digest.bcrypt(PLAIN, 4) },
    "password.bcrypt(row.legacy)" },
  { "bcrypt with a pepper after", { hash = digest.bcrypt(PLAIN .. PEPPER, 4) },
    "password.bcrypt(row.hash, { pepper = params.pepper })", { PLAIN, PEPPER } },
  { "bcrypt with a salt before", { hash = digest.bcrypt("abc" .. PLAIN, 4), salt = "abc" },
    'pepper = row.salt, position = "prefix"' },
  { "bcrypt of letters in latin1",
    { hash = digest.bcrypt(digest.transcode(WIDE, "latin1"), 4) },
    'password.auto(row.hash, { password_encoding = "latin1" })', { WIDE } },
  { "pbkdf2 with its rounds in the record", { hash = b64(digest.pbkdf2("sha256", PLAIN, BYTES, 1717,
    32)), salt = b64(BYTES), iterations = 1717 },
    'password.pbkdf2("sha256", row.iterations, password.bytes(row.salt, "base64"), '
      .. 'password.bytes(row.hash, "base64"))' },
  { "pbkdf2 with a salt as text", { hash = digest.hex(digest.pbkdf2("sha1", PLAIN, SALT, 1000, 24)),
    salt = SALT }, 'password.pbkdf2("sha1", 1000, row.salt, password.bytes(row.hash, "hex"))' },
  { "pbkdf2 with a key longer than its digest",
    { hash = digest.hex(digest.pbkdf2("sha1", PLAIN, SALT, 1000, 64)), salt = SALT },
    '"sha1", 1000' },
  { "scrypt with its cost as a logarithm", { hash = digest.hex(digest.scrypt(PLAIN, BYTES, 1024, 8,
    1, 64)), salt = SALT, ln = 10 }, "cost = 1 << row.ln" },
  { "scrypt with N, r and p in columns", { hash = digest.hex(digest.scrypt(PLAIN, BYTES, 512, 4, 3,
    32)), salt = SALT, n = 512, r = 4, p = 3 }, "cost = row.n, block = row.r, lanes = row.p" },
  { "scrypt with r equal to p, as text", { hash = digest.hex(digest.scrypt(PLAIN, BYTES, 512, 2, 2,
    32)), salt = SALT, ["cost"] = "512", block_size = "2", parallelization = "2" },
    "cost = row.cost, block = row.block_size, lanes = row.parallelization" },
  { "scrypt with its parameters in a text", { hash = digest.hex(digest.scrypt(PLAIN, BYTES, 1024, 4,
    2, 32)), salt = SALT, options = "ln=10,r=4,p=2" },
    'cost = 1 << tonumber(row.options:match("%f[%w]ln=(%d+)")), block = row.options:match' },
  { "a digest that a column names", { hash = hash("sha256", "abc" .. PLAIN), salt = "abc",
    method = "SHA-256" }, "password.digest(row.method, row.hash, { salt = row.salt" },
  { "pbkdf2 whose digest is in the name of the algorithm", { hash = b64(digest.pbkdf2("sha512",
    PLAIN, BYTES, 1000, 64)), salt = b64(BYTES), algorithm = "PBKDF2WithHmacSHA512" },
    'password.pbkdf2(row.algorithm:match("[Ss][Hh][Aa][-_]?%d+"), 1000' },
  { "an hmac that a column names", { hash = digest.hex(digest.hmac("sha384", "abc", PLAIN)),
    salt = "abc", alg = "HmacSHA384" }, "password.hmac(row.alg, row.hash, row.salt)" },
  { "a salt that is nested in a list", { hash = hash("sha1", "abc" .. PLAIN),
    login = { { salt = "abc" } } }, "row.login and row.login[1] and password.digest" },
  { "inside JSON", { data = json.encode { pw = hash("sha1", "abc" .. PLAIN), s = "abc" } },
    "cjson.decode(row.data).pw" },
  { "a salt in front of the digest", { hash = SALT .. hash("sha1", BYTES .. PLAIN) },
    'password.bytes(row.hash, "hex"):sub(-20)' },
  { "a salt behind the digest that goes before",
    { hash = b64(raw("sha256", BYTES .. PLAIN) .. BYTES) },
    'salt = password.bytes(row.hash, "base64"):sub(33), salt_encoding = "bytes", '
      .. 'position = "prefix"' },
  { "SQL Server's without its mark", { hash = "0200" .. "0a0b0c0d" .. hash("sha512",
    digest.transcode(PLAIN, "utf16le") .. "\10\11\12\13"), salt = "0x0a0b0c0d",
    key = hash("sha512", digest.transcode(PLAIN, "utf16le") .. "\10\11\12\13") },
    'password_encoding = "utf16le"' },
  { "the Base64 of the digest in hex", { hash = b64(hash("sha1", PLAIN)) },
    'password.digest("sha1", password.bytes(row.hash, "base64"))' },
  { "the hex of the digest in Base64", { hash = digest.hex(b64(raw("md5", "abc" .. PLAIN))),
    salt = "abc" }, 'password.bytes(row.hash, "hex"), { salt = row.salt' },
  { "Base64 of URLs", { hash = digest.base64(raw("sha512", PLAIN .. "abc"), { url = true,
    pad = false }), salt = "abc" }, '"sha512", row.hash, { salt = row.salt' },
  { "Base64 of passlib", { hash = (b64(raw("sha512",
    PLAIN)):gsub("%+", ".")) }, "sha512" },
  { "hex in upper case with a salt in upper case", { hash = hash("sha1", "ABC" .. PLAIN):upper(),
    salt = "abc" }, "row.salt:upper()" },
  { "bytea of PostgreSQL", { hash = "\\x" .. hash("sha256", PLAIN .. BYTES),
    salt = "\\x" .. SALT }, 'salt = password.bytes(row.salt, "hex"), salt_encoding = "bytes"' },
  { "Symfony's way with a salt, once", { hash = b64(raw("sha512", PLAIN .. "{abc}")),
    salt = "abc" }, 'salt = "{" .. row.salt .. "}", position = "suffix"' },
  { "a salt of bytes and a pepper", { hash = hash("sha256", BYTES .. PEPPER .. PLAIN),
    salt = SALT }, 'password.bytes(row.salt, "hex") .. params.pepper, salt_encoding = "bytes"',
    { PLAIN, PEPPER } },
  { "hmac with a pepper in hex", { hash = digest.hex(digest.hmac("sha512", BYTES, PLAIN)) },
    'params.pepper, { key_encoding = "hex" }', { PLAIN, SALT } },
  { "ASP.NET membership with HMAC", { Password = b64(digest.hmac("sha256", BYTES:rep(8),
    digest.transcode(PLAIN, "utf16le"))), PasswordSalt = b64(BYTES) },
    'password.bytes(row.PasswordSalt, "base64"):rep(8), { key_encoding = "bytes", '
      .. 'password_encoding = "utf16le" }' },
  { "ASP.NET membership", { Password = b64(raw("sha1", BYTES .. digest.transcode(PLAIN,
    "utf16le"))), PasswordSalt = b64(BYTES) }, 'salt_encoding = "base64", position = "prefix", '
      .. 'password_encoding = "utf16le"' },
  { "SMF", { member = "Anna", passwd = hash("sha1", "anna" .. PLAIN) }, "row.member:lower()" },
  { "Joomla's hash:salt", { password = hash("md5", PLAIN .. "abc") .. ":abc" },
    'position = "suffix"' },
  { "PostgreSQL's md5", { rolname = "anna", rolpassword = "md5" .. hash("md5", PLAIN .. "anna") },
    'row.rolpassword:sub(4), { salt = row.rolname, position = "suffix" }' },
  { "Clerk's pbkdf2 with a salt in Base64, which looks like Django's", { password_digest =
    "pbkdf2_sha256$10$" .. b64(BYTES) .. "$" .. b64(digest.pbkdf2("sha256", PLAIN, BYTES, 10,
    32)) }, 'password.pbkdf2("sha256", row.password_digest:match' },
  { "rounds in a column of another name", { hash = b64(digest.pbkdf2("sha512", PLAIN, BYTES, 4711,
    64)), salt = b64(BYTES), n = "4711", id = 123456 }, 'password.pbkdf2("sha512", row.n,' },
  { "passport-local-mongoose", { hash = digest.hex(digest.pbkdf2("sha256", PLAIN, SALT, 25000,
    512)), salt = SALT }, 'password.pbkdf2("sha256", 25000, row.salt,' },
  { "salt and key of scrypt in one value", { password = SALT .. ":" .. digest.hex(digest.scrypt(
    PLAIN, SALT, 1024, 16, 1, 64)) }, "cost = 1024, block = 16" },
  { "FusionAuth's pbkdf2", { factor = "24000", salt =
    "50ytXQaga5nHjr66iBcwTB60U5nJh1tLMfq54pVED4U=",
    password = "rM17vqieZKZQCqpncZCgvSimTHbq+l4Rk+szLyzNklc=" },
    'password.pbkdf2("sha256", row.factor, password.bytes(row.salt, "base64")', { "fusion pbk" } },
  { "FusionAuth's bcrypt in three columns", { factor = "10", salt = "5KLGqK/pF5ESd0ytmS2xp.",
    password = "udwS.1cRJnv1wmahjMjQeau6O2rRXSm" },
    'string.format("$2a$%02d$%s%s", row.factor, row.salt, row.password)', { "fusion bcrypt" } },
  { "FusionAuth's hmac", { factor = "1", salt = "y72w3mAa0KcgDavf73CSrHOB9VsJO3nX7NdCib2FsXY=",
    password = "60sEBbxuWWjgyPetiXD0Ni8rO54Pa6C69jp9NdkqwxI=" },
    'password.hmac("sha256", row.password, row.salt, { key_encoding = "base64" })',
    { "fusion hmac" } },
  { "salt and key of the same length in one value", { password = "sha256:1000:" .. b64(BYTES:rep(3))
    .. ":" .. b64(digest.pbkdf2("sha256", PLAIN, BYTES:rep(3), 1000, 24)) },
    'password.pbkdf2(row.password:match("^([^:]*)"), row.password:match' },
  { "the Base64 of an LDAP value", { userPassword = b64("{SSHA}" .. b64(raw("sha1", PLAIN .. "salt")
    .. "salt")) }, 'password.ldap_password(password.bytes(row.userPassword, "base64"))' },
  { "the Base64 of a bcrypt", { hash = b64(digest.bcrypt(PLAIN, 4)) },
    'password.bcrypt(password.bytes(row.hash, "base64"))' },
  { "a field of two words", { ["pass word"] = hash("sha1", PLAIN) }, 'row["pass word"]' },
}

local function secrets_of(pepper)
  return pepper and { { name = "pepper", value = pepper } } or {}
end

---The record without the field of the hash that the line reads.
local function without_field(line, record)
  local field = line:match("= row%.([%w_]+) and ")
  if not field then return nil end
  local copy = {}
  for name, value in pairs(record) do copy[name] = name ~= field and value or nil end
  return copy
end

for _, case in ipairs(FOUND) do
  test("search: " .. case[1], function()
    local cleartext, pepper = PLAIN, nil
    if case[4] then cleartext, pepper = case[4][1], case[4][2] end
    local found = search.search {
      user = {}, record = case[2], cleartext = cleartext, secrets = secrets_of(pepper),
      pause = pause_after(FOUND_CALLS),
    }
    tap.contains(found.line, case[3])
    local users = typed_advice.users(found.line, { case[2], without_field(found.line, case[2]) },
      pepper)
    tap.equal(verify.password(users[1], cleartext), true)
    tap.equal(users[1].password_hash, nil)
    if users[2] then tap.equal(user_rules.has_password(users[2]), false) end
    tap.equal(found.line:find(SALT, 1, true), nil)
  end)
end

---{name, record, part of the reason, {cleartext, pepper}}
local WITHOUT <const> = {
  { "md5 of md5", { hash = hash("md5", hash("md5", PLAIN)) },
    "md5 over the hex of the password's" },
  { "MySQL's PASSWORD", { hash = hash("sha1", raw("sha1", PLAIN)) },
    "the bytes of the password's" },
  { "md5 of md5 and salt", { hash = hash("md5", hash("md5", PLAIN) .. "abc"), salt = "abc" },
    "with row.salt as salt" },
  { "salts on both sides", { hash = hash("sha1", "abc" .. PLAIN .. "xyz"), salt = "abc",
    salt2 = "xyz" }, "salts on both sides" },
  { "a digest that Auth0 lacks", { hash = hash("sha384", PLAIN) }, "is sha384" },
  { "the password as key of an hmac", { hash = digest.hex(digest.hmac("sha256", PLAIN, "abc")),
    salt = "abc" }, "the password as its key" },
  { "bcrypt of sha256", { hash = digest.bcrypt(hash("sha256", PLAIN), 4) },
    "bcrypt over the hex of the password's sha256" },
  { "a password in upper case", { hash = hash("sha1", PLAIN:upper()) }, "in upper case" },
  { "three times", { hash = hash("md5", hash("md5", hash("md5", PLAIN))) },
    "the hex of the md5 of the hex of the password's md5" },
  { "sha512/256", { hash = hash("sha512-256", "abc" .. PLAIN), salt = "abc" }, "is sha512-256" },
  { "sha3", { hash = b64(raw("sha3-256", PLAIN)) }, "is sha3-256" },
  { "the same salt on both sides", { hash = hash("sha256", "abc" .. PLAIN .. "abc"),
    salt = "abc" }, "sha256 of row.salt, the password and row.salt: Auth0 does not support" },
  { "a salt before and a pepper after", { hash = hash("sha256", "abc" .. PLAIN .. PEPPER),
    salt = "abc" }, "row.salt, the password and params.pepper", { PLAIN, PEPPER } },
  { "vBulletin", { hash = hash("md5", hash("md5", PLAIN) .. "a%b"), salt = "a%b" },
    "row.hash is md5 over the hex of the password's md5 with row.salt as salt (suffix)" },
  { "MyBB", { hash = hash("md5", hash("md5", "abc") .. hash("md5", PLAIN)), salt = "abc" },
    "md5 of the hex of the salt's md5 and the hex of the password's md5 (MyBB" },
  { "OpenCart", { password = hash("sha1", "abc" .. hash("sha1", "abc" .. hash("sha1", PLAIN))),
    salt = "abc" }, "(OpenCart), with row.salt as salt" },
  { "restful_authentication", { h = hash("sha1", "--abc--" .. PLAIN .. "--"), salt = "abc" },
    "restful_authentication" },
  { "sha256 of many rounds", { hash = (function()
    local made = raw("sha256", "abc" .. PLAIN)
    for _ = 2, 1000 do made = raw("sha256", made) end
    return digest.hex(made)
  end)(), salt = "abc" }, "row.hash is 1000 rounds of sha256 of row.salt and password" },
  { "sha512 of many rounds, as Symfony has it", { password = (function()
    local made = raw("sha512", PLAIN .. "{abc}")
    for _ = 2, 5000 do made = raw("sha512", made .. PLAIN .. "{abc}") end
    return b64(made)
  end)(), salt = "abc" }, '5000 rounds of sha512 of password and "{" .. row.salt .. "}"' },
  { "FusionAuth's salted-md5", { factor = "20000", salt = "5TvhZLJlkaq33uNsiPWATg==",
    password = "hs9QpO1o7NOZAD/PpbIWUQ==" }, "20000 rounds of md5", { "fusion md5x" } },
  { "bcrypt over an hmac with the pepper", { hash = digest.bcrypt(b64(digest.hmac("sha256",
    PEPPER, PLAIN)), 4) }, "bcrypt over the Base64 of the hmac-sha256 of the password and the "
    .. "pepper", { PLAIN, PEPPER } },
  { "bcrypt over md5", { hash = digest.bcrypt(hash("md5", PLAIN), 4) },
    "bcrypt over the hex of the password's md5" },
  { "bcrypt over the Base64 of sha384", { hash = digest.bcrypt(b64(raw("sha384", PLAIN)), 4) },
    "bcrypt over the Base64 of the password's sha384" },
  { "WordPress 6.8 whose $wp was cut off", { hash = digest.bcrypt(b64(digest.hmac("sha384",
    "wp-sha384", PLAIN)), 4) }, "bcrypt over WordPress 6.8's hash" },
  { "Django's bcrypt_sha256", { password = "bcrypt_sha256$" .. digest.bcrypt(hash("sha256",
    PLAIN), 4) }, "and the password matches" },
  { "phpass of another password", { hash = "$P$Babcdefghijklmnopqrstuvwxyz01234" },
    "row.hash is phpass, but Auth0 cannot import it" },
  { "phpass", { user_pass = "$P$B55D6LjfHDkINU5wF.v2BuuzO0/XPk/" },
    "row.user_pass is phpass and the password matches", { "test" } },
  { "Drupal", { pass = "$S$DuUY7s9uuhA7tqZe0CFEpnyQ2eEd1Pa1pFsUFoK88pSe1KBOWbjy" },
    "Drupal phpass and the password matches", { "drupal seven" } },
  { "Drupal, from version 6",
    { pass = "U$S$DRzOurufCwK1t3Af5KEDvyN45IHn9rbxCN116EkDr87iejm60655" },
    "Drupal phpass and the password matches", { "d six" } },
  { "phpass of a hostile cost", { hash = "$P$zabcdefghijklmnopqrstuvwxyz01234" },
    "row.hash is phpass, but Auth0 cannot import it" },
  { "sha512-crypt of a hostile cost", { hash = "$6$rounds=999999999$abcdefgh$"
    .. ("a"):rep(86) }, "row.hash is sha512-crypt, but Auth0 cannot import it" },
  { "crypt(3) in an LDAP directory", { userPassword = "{CRYPT}$6$rounds=1000$abcdefgh$"
    .. ("a"):rep(86) }, "row.userPassword is LDAP, but Auth0 cannot import it" },
  { "bcrypt of a hostile cost", { hash = "$2b$31$" .. ("a"):rep(53) },
    "no match found" },
  { "argon2 of a hostile cost", { hash = "$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHQ$"
    .. ("a"):rep(43) }, "no match found" },
  { "WordPress 6.8", { hash = "$wp" .. digest.bcrypt(b64(digest.hmac("sha384", "wp-sha384", PLAIN)),
    4) }, "and the password matches" },
  { "sha512-crypt of another password", { hash = "$6$rounds=1000$abcdefgh$" .. ("a"):rep(86) },
    "row.hash is sha512-crypt, but Auth0 cannot import it" },
  { "pbkdf2 with a pepper", { hash = digest.hex(digest.pbkdf2("sha256", PLAIN .. PEPPER, "abc", 10,
    32)), salt = "abc" }, "the password and the pepper", { PLAIN, PEPPER } },
}

for _, case in ipairs(WITHOUT) do
  test("search: not supported by Auth0, and why: " .. case[1], function()
    local more = case[4] or { PLAIN }
    local found = search.search {
      user = {}, record = case[2], cleartext = more[1], secrets = secrets_of(more[2]),
      pause = pause_after(WITHOUT_CALLS),
    }
    tap.equal(found.line, nil)
    tap.contains(found.reason, case[3])
  end)
end

test("search: each secret may be a pepper, by its own name", function()
  local found = search.search {
    user = {}, record = { hash = hash("sha256", "abc" .. "b-secret" .. PLAIN), salt = "abc" },
    cleartext = PLAIN, secrets = { { name = "a", value = "a-secret" }, { name = "site key",
      value = "b-secret" } }, pause = pause_after(FOUND_CALLS),
  }
  tap.contains(found.line, 'salt = row.salt .. params["site key"], position = "prefix"')
  tap.equal(found.line:find("secret", 1, true), nil)
end)

test("search: what was not tried is said, and what was tried last is the costliest", function()
  local stages, calls = {}, 0
  local found = search.search {
    user = {}, record = { hash = ("ab"):rep(32), salt = "abc" }, cleartext = PLAIN,
    pause = function(stage)
      if stages[#stages] ~= stage then stages[#stages + 1] = stage end
      calls = calls + 1
      return calls > 60
    end,
  }
  tap.equal(found.unfinished, true)
  tap.equal(stages, { "rounds of digests", "PBKDF2 and scrypt" })
  tap.equal(#found.untried, 2)
  tap.contains(found.untried[1], "some of PBKDF2 with ")
  tap.contains(found.untried[2], "to 131072")
end)

test("search: Firebase's export is recognized by its fields", function()
  local found = search.search {
    record = { localId = "a", passwordHash = b64(("x"):rep(64)), salt = "abc" }, user = {},
    cleartext = PLAIN, pause = function() return true end,
  }
  tap.contains(found.reason, "looks like Firebase's modified scrypt")
end)

test("search: the mapped hash is used if the record does not hold it", function()
  local found = search.search { record = {}, cleartext = PLAIN, user = { custom_password_hash = {
    algorithm = "sha1", hash = { value = hash("md5", PLAIN), encoding = "hex" },
  } } }
  tap.contains(found.line, 'password.digest("md5", value)')
end)

test("search: a part of a field is preferred to the mapped hash", function()
  local hex = hash("md5", PLAIN .. "abc")
  local found = search.search {
    record = { hash = hex .. ":abc" }, cleartext = PLAIN,
    user = { custom_password_hash = password.digest("md5", hex) },
  }
  tap.contains(found.line, 'password.digest("md5", row.hash:match')
end)

test("search: a number between salt and key is tried first as the rounds", function()
  local key = digest.pbkdf2("sha1", PLAIN, BYTES:rep(3), 6400, 18)
  local found = search.search {
    record = { hash = "sha1:6400:18:" .. b64(BYTES:rep(3)) .. ":" .. b64(key) }, user = {},
    cleartext = PLAIN, pause = pause_after(150),
  }
  tap.contains(found.line, 'password.pbkdf2(row.hash:match("^([^:]*)"), '
    .. 'row.hash:match("^[^:]*:([^:]*)"), ')
end)

test("search: the mapped digest and salt are tried first with other rounds", function()
  local record = { salt = SALT, a = "10001", b = "b64text=", c = "2026",
    hash = digest.hex(digest.pbkdf2("sha256", PLAIN, BYTES, 29000, 32)) }
  local found = search.search {
    record = record, cleartext = PLAIN, pause = pause_after(400), user = { custom_password_hash =
      password.pbkdf2("sha256", 1000, BYTES, password.bytes(record.hash, "hex")) },
  }
  tap.contains(found.line, 'password.pbkdf2("sha256", 29000, password.bytes(row.salt, "hex")')
end)

test("search: outer whitespace of the cleartext is reported", function()
  local found = search.search { record = {}, cleartext = PLAIN .. " ", user = {
    custom_password_hash = password.digest("sha1", hash("sha1", PLAIN)),
  } }
  tap.contains(found.reason, "without its outer whitespace")
end)

test("search: no match for another password, and the search ends on request", function()
  local calls = 0
  local found = search.search {
    record = { hash = ("ab"):rep(32), salt = "abc" }, user = {}, cleartext = PLAIN,
    pause = function()
      calls = calls + 1
      return calls > 20
    end,
  }
  tap.equal({ found.line, found.unfinished, calls }, { nil, true, 21 })
  tap.contains(found.reason, "no match found")
  tap.contains(found.reason, "values as salt or key")
  assert(found.tried > 100)
end)

test("a mapped hash that does not match does not hide the hash of the record", function()
  local record = { salt = b64(BYTES), rounds = 10,
    hash = b64(digest.pbkdf2("sha256", PLAIN, BYTES, 10, 32)) }
  local wrong = password.pbkdf2("sha256", 10, record.salt, password.bytes(record.hash, "base64"))
  local found = search.search {
    user = { custom_password_hash = wrong }, record = record, cleartext = PLAIN,
  }
  tap.contains(found.line, 'password.bytes(row.salt, "base64")')
end)
