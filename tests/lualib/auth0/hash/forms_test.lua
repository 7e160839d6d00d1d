--- Every hash format of source systems and of Auth0's documentation: whether Auth0 accepts it, with
--- which line, or why not.

local advice = require "auth0.advice"
local digest = require "host.digest"
local file = require "host.file"
local identify = require "auth0.hash.identify"
local json = require "host.json"
local password = require "auth0.password"
local schema = require "auth0.schema"
local tap = require "tests.tap"
local rules = require "auth0.hash.rules"
local typed_advice = require "tests.lualib.auth0.typed_advice"
local user_rules = require "auth0.user"
local verify = require "auth0.hash.verify"

local equal, test = tap.equal, tap.test

local PLAIN <const> = "Tr0ub4dor&3-heron"
local WIDE <const> = digest.transcode(PLAIN, "utf16le")
local SALT <const> = "pebble-77"
local SALT16 <const> = digest.unhex("00112233445566778899aabbccddeeff")
local B64 <const> = "ABEiM0RVZneImaq7zN3u/w"
local REST <const> = ("a"):rep(43)

local function hex(name, data) return digest.hex(digest.hash(name, data)) end
local function b64(data, pad) return digest.base64(data, { pad = pad }) end
local function raw(name, data) return digest.hash(name, data) end
local function derived(name, salt, length, rounds)
  return digest.pbkdf2(name, PLAIN, salt, rounds or 10, length)
end
local function adapted(data) return (b64(data, false):gsub("%+", ".")) end
local function dollars(...) return table.concat({ ... }, "$") end

local BCRYPT <const> = digest.bcrypt(PLAIN, 4)
local PHP <const> = (BCRYPT:gsub("^%$2b", "$2y"))
local SCRYPT <const> = digest.scrypt(PLAIN, SALT, 1024, 8, 1, 64)
local ARGON2 <const> = "$argon2id$v=19$m=65536,t=2,p=1$" .. B64
  .. "$/4HLBCCLZW1f20IQf9sBdiAGKicVrl39LvvKRZjKbKI"

local function identity3(prf, name)
  return b64("\1" .. string.pack(">I4I4I4", prf, 10, 16) .. SALT16 .. derived(name, SALT16, 32))
end

---{what, value, scheme, false if it is not a hash of PLAIN}: accepted, and its line verifies PLAIN
---and nothing else.
local TAKEN <const> = {
  { "bcrypt $2a$", (BCRYPT:gsub("2b", "2a", 1)), "bcrypt" }, { "bcrypt $2b$", BCRYPT, "bcrypt" },
  { "bcrypt $2y$ (Laravel, WordPress plugins, Drupal 10.1, phpBB 3.1, Joomla)", PHP, "bcrypt" },
  { "bcrypt between blanks", " " .. BCRYPT .. " \n", "bcrypt" },
  { "Clerk, bcrypt_peppered", digest.bcrypt(PLAIN .. SALT, 4) .. "$" .. SALT, "peppered bcrypt" },
  { "Clerk, pbkdf2_sha1", dollars("pbkdf2_sha1", 10, SALT, digest.hex(derived("sha1", SALT, 20))),
    "Django" },
  { "Clerk, pbkdf2_sha512", dollars("pbkdf2_sha512", 10, SALT,
    digest.hex(derived("sha512", SALT, 64))), "Django" },
  { "Clerk, pbkdf2_sha256_django; Django", dollars("pbkdf2_sha256", 10, SALT,
    b64(derived("sha256", SALT, 32))), "Django" },
  { "Clerk, scrypt_werkzeug", dollars("scrypt:1024:8:1", SALT, digest.hex(SCRYPT)), "Werkzeug" },
  { "Django, pbkdf2_sha1", dollars("pbkdf2_sha1", 10, SALT, b64(derived("sha1", SALT, 20))),
    "Django" },
  { "Django, argon2", "argon2" .. ARGON2, "Django" },
  { "Django, bcrypt", "bcrypt$" .. BCRYPT, "Django" },
  { "Django, scrypt", dollars("scrypt", 1024, SALT, 8, 1, b64(SCRYPT)), "Django" },
  { "Django, sha1", dollars("sha1", SALT, hex("sha1", SALT .. PLAIN)), "Django" },
  { "Django, md5 without a salt", dollars("md5", "", hex("md5", PLAIN)), "Django" },
  { "argon2id", ARGON2, "argon2" },
  { "argon2i", "$argon2i$v=19$m=65536,t=2,p=1$" .. B64
    .. "$JGAcIjxvQwjWnt9kAfY9jGHMWdY3OxVJgcDK7odeUjk", "argon2" },
  { "pbkdf2 as Auth0 has it", "$pbkdf2-sha512$i=10,l=64$" .. B64 .. "$"
    .. b64(derived("sha512", SALT16, 64), false), "pbkdf2" },
  { "pbkdf2 of passlib and ZITADEL", "$pbkdf2-sha256$10$" .. adapted(SALT16) .. "$"
    .. adapted(derived("sha256", SALT16, 32)), "pbkdf2" },
  { "pbkdf2 of passlib with SHA-1", "$pbkdf2$10$" .. adapted(SALT16) .. "$"
    .. adapted(derived("sha1", SALT16, 20)), "pbkdf2" },
  { "scrypt of ZITADEL", "$scrypt$ln=10,r=8,p=1$" .. b64(SALT, false) .. "$" .. b64(SCRYPT, false),
    "scrypt" },
  { "scrypt of Ory Kratos", "$scrypt$ln=1024,r=8,p=1$" .. b64(SALT) .. "$" .. b64(SCRYPT),
    "scrypt" },
  { "ZITADEL, md5salted-prefix", dollars("", "md5salted-prefix", SALT,
    b64(raw("md5", SALT .. PLAIN))), "ZITADEL" },
  { "ZITADEL, md5salted-suffix", dollars("", "md5salted-suffix", SALT,
    b64(raw("md5", PLAIN .. SALT))), "ZITADEL" },
  { "Ory Kratos, sha512 with a salt after", dollars("", "sha512", "pf="
    .. b64("{PASSWORD}{SALT}"), b64(SALT), b64(raw("sha512", PLAIN .. SALT))), "Ory Kratos" },
  { "Ory Kratos, md5", "$md5$" .. b64(raw("md5", PLAIN)), "Ory Kratos" },
  { "Ory Kratos, hmac", dollars("", "hmac-sha256", b64(digest.hex(digest.hmac("sha256", SALT,
    PLAIN))), b64(SALT)), "Ory Kratos" },
  { "ASP.NET Identity 2", b64("\0" .. SALT16 .. derived("sha1", SALT16, 32, 1000)),
    "ASP.NET Identity 2" },
  { "ASP.NET Identity 3, SHA-1", identity3(0, "sha1"), "ASP.NET Identity 3" },
  { "ASP.NET Identity 3, SHA-256", identity3(1, "sha256"), "ASP.NET Identity 3" },
  { "ASP.NET Identity 3, SHA-512", identity3(2, "sha512"), "ASP.NET Identity 3" },
  { "SQL Server 2000", "0x0100" .. "0a0b0c0d" .. hex("sha1", WIDE .. "\10\11\12\13")
    .. ("0"):rep(40), "SQL Server" },
  { "SQL Server 2005", "0x0100" .. "0A0B0C0D" .. hex("sha1", WIDE .. "\10\11\12\13"):upper(),
    "SQL Server" },
  { "SQL Server 2012", "0x0200" .. "0a0b0c0d" .. hex("sha512", WIDE .. "\10\11\12\13"),
    "SQL Server" },
  { "Magento 2, version 0", hex("md5", SALT .. PLAIN) .. ":" .. SALT .. ":0", "Magento" },
  { "Magento 2, version 1", hex("sha256", SALT .. PLAIN) .. ":" .. SALT .. ":1", "Magento" },
  { "Magento 2, version 3", digest.hex(digest.unbase64(ARGON2:match("[^$]+$"))) .. ":"
    .. ("0123456789abcdef") .. ":3_32_2_67108864", "Magento", false },
  { "LDAP {MD5}", "{MD5}" .. b64(raw("md5", PLAIN)), "LDAP" },
  { "LDAP {SMD5}", "{SMD5}" .. b64(raw("md5", PLAIN .. SALT) .. SALT), "LDAP" },
  { "LDAP {sha}", "{sha}" .. b64(raw("sha1", PLAIN)), "LDAP" },
  { "LDAP {SSHA}", "{SSHA}" .. b64(raw("sha1", PLAIN .. SALT) .. SALT), "LDAP" },
  { "LDAP {CRYPT} around bcrypt", "{CRYPT}" .. PHP, "LDAP" },
  { "LDAP {BCRYPT}", "{BCRYPT}" .. BCRYPT, "LDAP" },
  { "Dovecot {BLF-CRYPT}", "{BLF-CRYPT}" .. PHP, "LDAP" },
  { "Dovecot {ARGON2ID}", "{ARGON2ID}" .. ARGON2, "LDAP" },
  { "Oracle 11g", "S:" .. hex("sha1", PLAIN .. "0123456789"):upper()
    .. digest.hex("0123456789"):upper(), "Oracle" },
  { "LDAP {BLOWFISH}", "{BLOWFISH}" .. BCRYPT, "LDAP" },
  { "LDAP {ARGON2}", "{ARGON2}" .. ARGON2, "LDAP" },
  { "LDAP {PBKDF2}", "{PBKDF2}10$" .. adapted(SALT16) .. "$" .. adapted(derived("sha1", SALT16,
    20)), "LDAP" },
  { "389 DS, {PBKDF2_SHA256}", "{PBKDF2_SHA256}" .. b64(string.pack(">I4", 10) .. SALT16:rep(4)
    .. derived("sha256", SALT16:rep(4), 256)), "LDAP" },
  { "Ping DS, {PBKDF2}", "{PBKDF2}10:" .. b64(derived("sha1", SALT16, 20) .. SALT16), "LDAP" },
  { "Ping DS, {PBKDF2-HMAC-SHA256}", "{PBKDF2-HMAC-SHA256}10:"
    .. b64(derived("sha256", SALT16, 32) .. SALT16), "LDAP" },
  { "Samba's NT hash with its scheme", "{X-NTHASH}" .. hex("md4", WIDE):upper(), "LDAP" },
  { "authPassword", dollars("SHA512", b64(SALT16), b64(raw("sha512", PLAIN .. SALT16))),
    "authPassword" },
  { "ForgeRock IDM, SHA-512", json.encode { ["$crypto"] = { type = "salted-hash", value = {
    algorithm = "SHA-512", data = b64(raw("sha512", PLAIN .. SALT16) .. SALT16) } } },
    "ForgeRock" },
  { "ForgeRock IDM, bcrypt", json.encode { ["$crypto"] = { type = "salted-hash", value = {
    algorithm = "BCRYPT", data = BCRYPT } } }, "ForgeRock" },
  { "Atlassian", "{PKCS5S2}" .. b64(SALT16 .. derived("sha1", SALT16, 32, 10000)), "Atlassian" },
  { "MediaWiki, :A:", ":A:" .. hex("md5", PLAIN), "MediaWiki" },
  { "MediaWiki, :pbkdf2:", ":pbkdf2:sha512:10:64:" .. b64(SALT16) .. ":"
    .. b64(derived("sha512", SALT16, 64)), "MediaWiki" },
  { "a Keycloak credential as JSON", json.encode {
    secretData = json.encode { value = b64(derived("sha512", SALT16, 64)), salt = b64(SALT16) },
    credentialData = json.encode { hashIterations = 10, algorithm = "pbkdf2-sha512" },
  }, "Keycloak" },
}
for _, bits in ipairs { "256", "384", "512" } do
  TAKEN[#TAKEN + 1] = { "LDAP {SHA" .. bits .. "}",
    "{SHA" .. bits .. "}" .. b64(raw("sha" .. bits, PLAIN)), "LDAP" }
  TAKEN[#TAKEN + 1] = { "LDAP {SSHA" .. bits .. "}",
    "{SSHA" .. bits .. "}" .. b64(raw("sha" .. bits, PLAIN .. SALT) .. SALT), "LDAP" }
  if bits ~= "384" then
    TAKEN[#TAKEN + 1] = { "LDAP {PBKDF2-SHA" .. bits .. "}", "{PBKDF2-SHA" .. bits .. "}10$"
      .. adapted(SALT16) .. "$" .. adapted(derived("sha" .. bits, SALT16, bits // 8)), "LDAP" }
  end
end

---The user from a line and a value. A record without a value is valid too.
local function user_of(line, value)
  local users = typed_advice.users(line, { { hash = value, usename = SALT }, {} })
  equal(user_rules.has_password(users[2]), false)
  return users[1]
end

for _, case in ipairs(TAKEN) do
  test("hash forms, accepted by Auth0: " .. case[1], function()
    local kind = identify.of(case[2])
    equal({ kind.scheme, kind.supported, kind.reason }, { case[3], true })
    local user = user_of(kind.line, case[2])
    if case[4] ~= false then equal(verify.password(user, PLAIN), true) end
    equal(verify.password(user, PLAIN .. "x"), false)
  end)
end

---{what, value, scheme, part of the reason}
local REFUSED <const> = {
  { "old bcrypt $2$", (BCRYPT:gsub("2b", "2", 1)), "old bcrypt", "not supported" },
  { "old bcrypt $2x$", (BCRYPT:gsub("2b", "2x", 1)), "old bcrypt", "not supported" },
  { "WordPress, Joomla, Clerk: phpass", "$P$B55D6LjfHDkINU5wF.v2BuuzO0/XPk/", "phpass", "MD5" },
  { "phpBB 3.0", "$H$9aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "phpass", "MD5" },
  { "phpBB, bcrypt over phpass", "$2y\\H$12$abc", "phpBB", "hash of a hash" },
  { "WordPress 6.8", "$wp" .. PHP, "WordPress 6.8 bcrypt", "before bcrypt" },
  { "Drupal 7", "$S$Dabcdef", "Drupal phpass", "SHA-512" },
  { "Drupal, from version 6", "U$S$Dabcdef", "Drupal phpass", "SHA-512" },
  { "Drupal, phpass from version 6", "U$P$Babcdef", "phpass", "MD5" },
  { "md5-crypt", "$1$abcdefgh$" .. REST, "md5-crypt", "not supported" },
  { "apr1", "$apr1$abcdefgh$" .. REST, "apr1", "not supported" },
  { "sha1-crypt", "$sha1$480000$salt$" .. REST, "sha1-crypt", "not supported" },
  { "sha256-crypt", "$5$salt$" .. REST, "sha256-crypt", "not supported" },
  { "sha512-crypt", "$6$rounds=5000$salt$" .. REST, "sha512-crypt", "not supported" },
  { "yescrypt", "$y$j9T$salt$" .. REST, "yescrypt", "not supported" },
  { "gost-yescrypt", "$gy$j9T$salt$" .. REST, "gost-yescrypt", "not supported" },
  { "scrypt of crypt(3)", "$7$C6..../....salt$" .. REST, "scrypt-crypt", "not supported" },
  { "LDAP {CRYPT} around sha512-crypt", "{CRYPT}$6$salt$" .. REST, "LDAP", "sha512-crypt" },
  { "LDAP {CRYPT} with DES", "{CRYPT}abCNqKnCVIJEI", "LDAP", "crypt(3)" },
  { "LDAP {SASL}", "{SASL}anna@EXAMPLE.COM", "LDAP", "another system" },
  { "LDAP {KERBEROS}", "{KERBEROS}anna@EXAMPLE.COM", "LDAP", "another system" },
  { "Ping DS, {SCRYPT}", "{SCRYPT}$7$C6..../....salt$" .. REST, "LDAP", "crypt(3)" },
  { "a cleartext with its scheme", "{CLEARTEXT}secret", "LDAP", "password itself" },
  { "a cleartext of Spring's", "{noop}secret", "LDAP", "password itself" },
  { "LM hash", "{X-LMHASH}0182BD0BD4444BF8", "LDAP", "DES" },
  { "Django, bcrypt_sha256", "bcrypt_sha256$" .. BCRYPT, "Django", "SHA-256" },
  { "Django, crypt", "crypt$$abCNqKnCVIJEI", "Django", "DES" },
  { "Django, wrapped", "pbkdf2_wrapped_sha1$10$salt$" .. REST, "Django", "hash of a hash" },
  { "Django, unusable", "!" .. ("a"):rep(40), "Django unusable", "no usable" },
  { "WordPress, none", "*", "unusable", "no usable" },
  { "passlib's bcrypt over SHA-256", "$bcrypt-sha256$v=2,t=2b,r=12$abc$" .. REST,
    "bcrypt over SHA-256 (passlib)", "hash of a hash" },
  { "Supabase, from Firebase", "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=abc$c2FsdA==$" .. REST,
    "Firebase scrypt", "modified scrypt" },
  { "SuperTokens, from Firebase", "$f_scrypt$abc$salt$m=14$r=8$s=Bw==", "Firebase scrypt",
    "modified scrypt" },
  { "Ory Kratos, from Firebase", "$firescrypt$ln=14,r=8,p=1,ss=Bw==,sk=a$b$c", "Firebase scrypt",
    "modified scrypt" },
  { "Ory Kratos, a salt on both sides", dollars("", "sha256", "pf="
    .. b64("{SALT}{PASSWORD}{SALT}"), b64(SALT), b64(raw("sha256", "x"))), "Ory Kratos",
    "only the templates" },
  { "Ory Kratos, sha256-crypt", "$sha256-crypt$x", "SHA-crypt", "not supported" },
  { "argon2d", (ARGON2:gsub("id", "d", 1)), "argon2", "argon2d" },
  { "argon2 of version 1.0", (ARGON2:gsub("v=19", "v=16")), "argon2", "version" },
  { "Magento, upgraded", ("0"):rep(32) .. ":salt:0:1", "Magento", "hashing it again" },
  { "ForgeRock IDM, encrypted", '{"$crypto":{"type":"x-simple-encryption","value":{"data":"a"}}}',
    "ForgeRock", "encrypted" },
  { "ForgeRock IDM, PBKDF2", '{"$crypto":{"value":{"algorithm":"PBKDF2","data":"a"}}}',
    "ForgeRock", "not published" },
  { "Keycloak, argon2d", json.encode { secretData = '{"value":"YQ==","salt":"YQ=="}',
    credentialData = '{"algorithm":"argon2","hashIterations":5,"additionalParameters":'
      .. '{"type":["d"],"memory":["7168"]}}' }, "Keycloak", "argon2d" },
  { "MySQL 4.1", "*94BDCEBE19083CE2A1F959FD02F964C7AF4CFC29", "MySQL", "hash of a hash" },
  { "MySQL 8", "$A$005$abcdefghijklmnopqrst" .. REST, "MySQL 8", "sha256-crypt" },
  { "PostgreSQL, SCRAM", "SCRAM-SHA-256$4096:c2FsdA==$a:b", "SCRAM", "not supported" },
  { "MediaWiki, :B:", ":B:838c83e1:" .. hex("md5", "x"), "MediaWiki", "an MD5 of an MD5" },
  { "Atlassian, cut off", "{PKCS5S2}" .. b64(SALT16), "Atlassian", "damaged" },
  { "a cleartext", "secret", "unknown", "not recognized" },
}

for _, case in ipairs(REFUSED) do
  test("hash forms, not accepted by Auth0: " .. case[1], function()
    local kind = identify.of(case[2])
    equal({ kind.scheme, kind.supported, kind.line }, { case[3], false })
    tap.contains(kind.reason, case[4])
    equal({ password.auto(case[2]) }, { nil, nil, select(3, password.auto(case[2])) })
  end)
end

---{what, value, scheme, whether its line already verifies PLAIN}
local DEPENDS <const> = {
  { "md5, NT hash, MyBB, vBulletin in hex", hex("md5", PLAIN), "hex of 16 bytes", true },
  { "sha1, SMF in hex", hex("sha1", PLAIN), "hex of 20 bytes", true },
  { "sha256, Discourse in hex", hex("sha256", PLAIN):upper(), "hex of 32 bytes", true },
  { "sha256 of PostgreSQL's bytea", "\\x" .. hex("sha256", PLAIN), "hex of 32 bytes", true },
  { "sha512 of a binary column", "0x" .. hex("sha512", PLAIN), "hex of 64 bytes", true },
  { "ASP.NET membership", b64(raw("sha1", PLAIN)), "base64 of 20 bytes", true },
  { "FusionAuth's salted-pbkdf2-hmac-sha256", b64(raw("sha256", PLAIN)), "base64 of 32 bytes",
    true },
  { "Joomla 1.5", hex("md5", PLAIN .. SALT) .. ":" .. SALT, "hex of 16 bytes and a salt", true },
  { "Magento 1", hex("md5", SALT .. PLAIN) .. ":" .. SALT, "hex of 16 bytes and a salt", false },
  { "Better Auth", "00ff10a5c3d2e1f000ff10a5c3d2e1f0:" .. digest.hex(digest.scrypt(PLAIN,
    "00ff10a5c3d2e1f000ff10a5c3d2e1f0", 16384, 16, 1, 64)), "scrypt of Better Auth", true },
  { "PostgreSQL", "md5" .. hex("md5", PLAIN .. SALT), "PostgreSQL md5", true },
  { "libraries for PBKDF2", "sha1:10:18:" .. b64(SALT16) .. ":" .. b64(derived("sha1", SALT16, 18)),
    "PBKDF2 with its parameters", true },
  { "passport-local-mongoose", ("ab"):rep(512), "key of 512 bytes" },
  { "an LDAP value without its scheme", b64(raw("sha1", PLAIN .. SALT) .. SALT),
    "key of 29 bytes" },
}

for _, case in ipairs(DEPENDS) do
  test("hash forms, it depends: " .. case[1], function()
    local kind = identify.of(case[2])
    equal({ kind.scheme, kind.supported }, { case[3], nil })
    tap.contains(kind.reason, "`prove`")
    equal(kind.line ~= nil, case[4] ~= nil)
    if kind.line then equal(verify.password(user_of(kind.line, case[2]), PLAIN), case[4]) end
  end)
end

-- Advice ----------------------------------------------------------------------------------------

local RULES <const> = schema.for_connection()

---@class AdvisedLine
---@field line string
---@field record table
---@field certain boolean  does not need `prove`

---Lines of a mapping in the advice on a rejected user. Nothing else in it calls a builder.
---@param user User
---@param record table
---@return AdvisedLine[]
local function advised(user, record)
  local found = {}
  user_rules.normalise(user)
  for _, finding in ipairs(RULES:check(user) or {}) do
    local fix = advice.of(user, finding).fix
    local lines, rest = typed_advice.lines(fix)
    equal(rest:find("password%.%w+ ?[({]"), nil, fix)
    for _, line in ipairs(lines) do
      local is_certain = not rest:find("prove") and not line:find("row.[ks][ea][yl]")
      found[#found + 1] = { line = line, record = record, certain = is_certain }
    end
  end
  return found
end

---Each line once per hash.
---@param lists AdvisedLine[][]
---@return AdvisedLine[]
local function once(lists)
  local kept, seen = {}, {}
  for _, list in ipairs(lists) do
    for _, one in ipairs(list) do
      local name = one.line .. "\n" .. one.record.hash
      if not seen[name] then kept[#kept + 1] = one end
      seen[name] = true
    end
  end
  return kept
end

---Users with a stored value in the wrong place: as text under each key, and as the value of each
---algorithm.
local function misplaced(value)
  local users = { { password_hash = value }, { custom_password_hash = value } }
  for _, algorithm in ipairs(rules.ALGORITHMS) do
    for _, encoding in ipairs { "utf8", "hex", "base64" } do
      users[#users + 1] = { custom_password_hash = {
        algorithm = algorithm, hash = { value = value, encoding = encoding },
      } }
    end
  end
  for _, user in ipairs(users) do user.email = "a@example.com" end
  return users
end

local LDIF <const> = b64("{SSHA}" .. b64(raw("sha1", PLAIN .. SALT) .. SALT))
local values = { { "LDIF's userPassword::", LDIF } }
table.move(TAKEN, 1, #TAKEN, 2, values)
for _, case in ipairs(DEPENDS) do
  values[#values + 1] = { case[1], case[2], nil, case[4] or false }
end

local shown = {} -- lines of all advice, for the last test

for _, case in ipairs(values) do
  test("advice on a misplaced hash can be typed verbatim: " .. case[1], function()
    local lists = {}
    for _, user in ipairs(misplaced(case[2])) do
      lists[#lists + 1] = advised(user, { hash = case[2], usename = SALT, key = SALT, salt = SALT })
    end
    for _, one in ipairs(once(lists)) do
      local user = typed_advice.users(one.line, { one.record })[1]
      equal(user_rules.has_password(user), true, one.line)
      if one.certain and case[4] ~= false then
        equal({ verify.password(user, PLAIN), one.line }, { true, one.line })
      end
      shown[#shown + 1] = one.line
    end
  end)
end

---{what, an incomplete hash, the record}
local LACKING <const> = {
  { "an HMAC without its key", { algorithm = "hmac", hash = { digest = "sha256",
    value = digest.hex(digest.hmac("sha256", SALT, PLAIN)), encoding = "hex" } }, { key = SALT } },
  { "an HMAC without its digest", { algorithm = "hmac", hash = {
    value = b64(digest.hmac("sha512", SALT16, PLAIN)), encoding = "base64",
    key = { value = digest.hex(SALT16), encoding = "hex" } } }, { key = digest.hex(SALT16) } },
  { "scrypt without its salt", { algorithm = "scrypt", keylen = 64, cost = 1024, blockSize = 8,
    parallelization = 1, hash = { value = digest.hex(SCRYPT), encoding = "hex" } },
    { salt = SALT } },
}

for _, case in ipairs(LACKING) do
  test("advice on an incomplete hash can be typed verbatim: " .. case[1], function()
    local record = case[3]
    record.hash = case[2].hash.value
    local lines = advised({ email = "a@example.com", custom_password_hash = case[2] }, record)
    assert(#lines > 0)
    for _, one in ipairs(lines) do
      equal(verify.password(typed_advice.users(one.line, { record })[1], PLAIN), true)
      shown[#shown + 1] = one.line
    end
  end)
end

---Parts of a module's texts that show a call of a builder.
local function parts_of(module)
  local parts = {}
  for _, quote in ipairs { '"', "'" } do
    for text in assert(file.read(module)):gsub("\\" .. quote, "\1"):gmatch(
      quote .. "([^\n" .. quote .. "]*password%.%w+ ?[({][^\n" .. quote .. "]*)" .. quote) do
      text = text:gsub("\1", quote):gsub("VALUE", "row.hash"):gsub("`", "\0")
      for part in (text:gsub("%f[%%]%%[sdq]", "\0"):gsub("%%%%", "%%") .. "\0"):gmatch("(.-)%z") do
        if part:find("password%.%w+ ?[({]") then parts[#parts + 1] = part end
      end
    end
  end
  return parts
end

test("every call of a builder in a text of the advice has been typed", function()
  local all, n = table.concat(shown, "\n"), 0
  for _, module in ipairs {
    "lualib/auth0/advice/hashes.lua", "lualib/auth0/advice/fields.lua",
    "lualib/auth0/hash/identify.lua",
    "lualib/auth0/codes.lua", "lualib/recipe/inside/unread_values.lua",
  } do
    for _, part in ipairs(parts_of(module)) do
      tap.contains(all, part)
      n = n + 1
    end
  end
  assert(n > 5, "the texts are written in another way")
end)

test("hash forms: raw bytes are written in Base64", function()
  local hash = raw("sha1", PLAIN .. SALT16)
  local made = password.digest("sha1", hash, { encoding = "bytes", salt = SALT16,
    salt_encoding = "bytes", position = "suffix" })
  equal({ made.hash, made.salt }, { { value = b64(hash), encoding = "base64" },
    { value = b64(SALT16), encoding = "base64", position = "suffix" } })
  equal({ verify.hash(made, PLAIN), verify.hash(made, "x") }, { true, false })
  made = password.hmac("md5", digest.hmac("md5", SALT16, PLAIN), SALT16,
    { encoding = "bytes", key_encoding = "bytes" })
  equal({ verify.hash(made, PLAIN), verify.hash(made, "x") }, { true, false })
end)

test("hash forms: hex is decoded without the prefix of a database", function()
  for _, mark in ipairs { "", "0x", "0X", "\\x" } do
    equal(password.bytes(mark .. "00ff", "hex"), "\0\xff")
  end
end)
