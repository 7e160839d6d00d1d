--- What a value without a scheme may be: every line is typed for a hash that was made so, and every
--- candidate that Auth0 cannot verify says what to do.

local digest = require "host.digest"
local identify = require "auth0.hash.identify"
local tap = require "tests.tap"
local typed_advice = require "tests.lualib.auth0.typed_advice"
local user_rules = require "auth0.user"
local verify = require "auth0.hash.verify"

local contains, equal, test = tap.contains, tap.equal, tap.test

local PLAIN <const> = "Tr0ub4dor&3-heron"
local WIDE <const> = digest.transcode(PLAIN, "utf16le")
local SALT <const> = digest.unhex("00112233445566778899aabbccddeeff")

local b64, hex, raw, hmac = digest.base64, digest.hex, digest.hash, digest.hmac
local function derived(name, rounds, size, salt)
  return digest.pbkdf2(name, PLAIN, salt or SALT, rounds, size)
end
local SCRYPT <const> = digest.scrypt(PLAIN, SALT, 16384, 8, 1, 64)
local ARGON2 <const> = digest.unbase64("/4HLBCCLZW1f20IQf9sBdiAGKicVrl39LvvKRZjKbKI")

---{name, bytes of the hash, encodings, the rest of the record by encoding}
local function plain() return {} end
local function salted(write) return { salt = write(SALT), iterations = 10 } end
local CASES <const> = {
  { "MD5 (osCommerce", raw("md5", PLAIN), "both", plain },
  { "NT hash", raw("md4", WIDE), "both", plain },
  { "HMAC-MD5", hmac("md5", "abc", PLAIN), "both", function() return { key = "abc" } end },
  { "SHA-1 ", raw("sha1", PLAIN), "both", plain },
  { "ASP.NET membership", raw("sha1", SALT .. WIDE), "base64", salted },
  { "Simple Machines", raw("sha1", "anna" .. PLAIN), "hex",
    function() return { username = "Anna" } end },
  { "HMAC-SHA1", hmac("sha1", "abc", PLAIN), "both", function() return { key = "abc" } end },
  { "SHA-256", raw("sha256", PLAIN), "both", plain },
  { "HMAC-SHA256", hmac("sha256", "abc", PLAIN), "both", function() return { key = "abc" } end },
  { "key of PBKDF2 (FusionAuth", derived("sha256", 10, 32), "both", salted },
  { "key of Argon2", ARGON2, "both", salted },
  { "SHA-384, as LDAP", raw("sha384", PLAIN), "base64", plain },
  { "SHA-512", raw("sha512", PLAIN), "both", plain },
  { "HMAC-SHA512", hmac("sha512", SALT, PLAIN), "both",
    function(write) return { key = write(SALT) } end },
  { "key of PBKDF2 (Keycloak", derived("sha512", 10, 64), "both", salted },
  { "key of scrypt", SCRYPT, "both", salted },
  { "key of PBKDF2 of passport", derived("sha256", 25000, 512, "abc"), "both",
    function() return { salt = "abc" } end },
  { "salt of 16 bytes and key of PBKDF2 (.NET)", SALT .. derived("sha1", 10000, 20), "both",
    plain },
  { "salt of 16 bytes and key of PBKDF2 (Atlassian", SALT .. derived("sha1", 10000, 32), "base64",
    plain },
  { "salt of 16 bytes and key of PBKDF2 (Spring", SALT .. derived("sha256", 310000, 32), "hex",
    plain },
  { "salt of 8 bytes and key of PBKDF2 (Spring", SALT:sub(1, 8)
    .. derived("sha1", 185000, 32, SALT:sub(1, 8)), "hex", plain },
  { "key of PBKDF2", derived("sha1", 10, 20), "both", salted },
  { "key of PBKDF2", derived("sha256", 10, 128), "both", salted },
}
for _, ldap in ipairs { { "SMD5", "md5" }, { "SSHA", "sha1" }, { "SSHA256", "sha256" },
  { "SSHA384", "sha384" }, { "SSHA512", "sha512" } } do
  for _, size in ipairs { 4, 8, 16 } do
    local salt = SALT:sub(-size)
    CASES[#CASES + 1] = { "LDAP's {" .. ldap[1] .. "}", raw(ldap[2], PLAIN .. salt) .. salt,
      "base64", plain }
  end
end

---The candidate whose name begins so.
local function named(kind, name)
  for _, one in ipairs(kind.candidates or {}) do
    if one.name:sub(1, #name) == name then return one end
  end
  error("no candidate " .. name .. " of " .. kind.scheme, 2)
end

local function verifies(origin, record)
  local user = typed_advice.users(origin.line, { record, {} })
  equal({ verify.password(user[1], PLAIN), verify.password(user[1], "x") }, { true, false })
  equal(user_rules.has_password(user[2]), false)
end

for _, case in ipairs(CASES) do
  for encoding, write in pairs { hex = hex, base64 = b64 } do
    if case[3] == "both" or case[3] == encoding then
      local form = #case[2] .. " bytes in " .. encoding
      test("hash origins, " .. form .. ": " .. case[1], function()
        local record = case[4](write)
        record.hash = write(case[2])
        local kind = identify.of(record.hash)
        equal(kind.supported, nil)
        verifies(named(kind, case[1]), record)
      end)
    end
  end
end

---{name, value}: candidates that Auth0 cannot verify
local WITHOUT <const> = {
  { "Firebase", b64(("\xfb\xef\xbe\7"):rep(16)) },
  { "Firebase", b64(("\xfb\xef\xbe\7"):rep(16), { url = true, pad = false }) },
  { "SHA-512 of many rounds (Symfony)", b64(("\7"):rep(64)) },
  { "Whirlpool", hex(("\7"):rep(64)) }, { "LM hash", hex(("\7"):rep(16)) },
  { "MD5 of an MD5 and a salt (vBulletin", hex(("\7"):rep(16)) },
  { "MySQL's PASSWORD() without", hex(("\7"):rep(20)) }, { "SHA-224", b64(("\7"):rep(28)) },
  { "MySQL's PASSWORD() before 4.1", "6f8c114b58f2ce9e" }, { "DES of crypt(3)", "abCNqKnCVIJEI" },
  { "extended DES", "_J9..rasmBYk8r9AiWNc" },
  { "bcrypt of another hash (WordPress 6.8", digest.bcrypt(PLAIN, 4) },
}

for _, case in ipairs(WITHOUT) do
  test("hash origins, not supported: " .. case[1], function()
    local one = named(identify.of(case[2]), case[1])
    equal({ one.supported, one.line }, { false })
    contains(one.advice, "import these users without a hash, and they set a new password")
  end)
end

---Pairs of salt and hash in one value.
for what, value in pairs {
  ["hex, a dot between"] = hex(SCRYPT) .. "." .. hex(SALT),
  ["Base64, a dollar between"] = b64(SALT) .. "$" .. b64(SCRYPT),
  ["Base64, a colon between"] = b64(SCRYPT) .. ":" .. b64(SALT),
} do
  test("hash origins, salt and hash in one value: " .. what, function()
    verifies(named(identify.of(value), "key of scrypt"), { hash = value })
  end)
end

test("hash origins: a pepper of Devise", function()
  local origin = named(identify.of((digest.bcrypt(PLAIN, 4))), "bcrypt with a pepper (Devise)")
  local user = typed_advice.users(origin.line, { { hash = digest.bcrypt(PLAIN .. "abc", 4) } },
    "abc")[1]
  equal(verify.password(user, PLAIN), true)
end)

test("hash origins: text of letters is not taken for Base64", function()
  for _, value in ipairs { "thequickbrownfoxjumpsoverthelazydog", "hunter2", "secret" } do
    equal({ identify.of(value).scheme, identify.of(value).candidates }, { "unknown" })
  end
end)
