--- auth0.hash.verify against the worked values of Auth0's hash formats.

local digest = require "host.digest"
local json = require "host.json"
local tap = require "tests.tap"
local verify = require "auth0.hash.verify"

local test = tap.test

local PLAIN <const> = "Tr0ub4dor&3-heron"
local SALT16 <const> = "ABEiM0RVZneImaq7zN3u/w"

local function bytes(algorithm, value, encoding, more)
  local custom = { algorithm = algorithm, hash = { value = value, encoding = encoding } }
  for key, given in pairs(more or {}) do custom[key] = given end
  return custom
end

local function text(algorithm, value, more)
  return bytes(algorithm, value, "utf8", more)
end

local function salt(position, value, encoding)
  return { salt = { value = value or "pebble-77", encoding = encoding, position = position } }
end

local function hmac(name, value, encoding, key, key_encoding, more)
  local custom = bytes("hmac", value, encoding, more)
  custom.hash.digest, custom.hash.key = name, { value = key, encoding = key_encoding }
  return custom
end

local WIDE <const> = { password = { encoding = "utf16le" } }
local WIDE_SALTED <const> = salt("prefix", "AP8QpcPS4fA=", "base64")
WIDE_SALTED.password = { encoding = "utf16le" }

---{name, hash}: the cleartext is PLAIN.
local FITS <const> = {
  { "md5", bytes("md5", "4e81d409bc9fdcef24bddc2f964d1c24", "hex") },
  { "md5 in upper case", bytes("md5", "4E81D409BC9FDCEF24BDDC2F964D1C24", "hex") },
  { "md5, salt before",
    bytes("md5", "11ceed8c8319d637d9478a5ec35f77f7", "hex", salt("prefix", nil, "utf8")) },
  { "md5, salt after", bytes("md5", "TDF6RRyBtuidHqdgxWADFg==", "base64", salt "suffix") },
  { "sha1", bytes("sha1", "7db5f9c4d8ee1012f9651eab6b71ca6504977d44", "hex") },
  { "sha1, salt before, by default",
    bytes("sha1", "641e576df53ddb5bf295e66ba2bf53b718203fe4", "hex", salt(nil)) },
  { "sha1, salt after", bytes("sha1", "r4pi6DJob62PrGrEVfD9nLZpio0=", "base64", salt "suffix") },
  { "sha256", bytes("sha256",
    "8a6c565bcea9844bfd8643bf8d423908a359455ff9f36ae215a50a26ca6aa678", "hex") },
  { "sha256, salt before", bytes("sha256",
    "c53e5f20ded689556fd164d3b8c35e33cda214affa6c447eba4a6141e1023476", "hex", salt "prefix") },
  { "sha256, salt after", bytes("sha256", "nm/SwQJFQTupv2fc7rss2iqgmEus4oOkJIneidlL+NI=", "base64",
    salt "suffix") },
  { "sha256, in the URL alphabet", bytes("sha256", "nm_SwQJFQTupv2fc7rss2iqgmEus4oOkJIneidlL-NI",
    "base64", salt "suffix") },
  { "sha512, salt before", bytes("sha512", "de4d58084f4433dc52f65f05406ad7cabcd2ae230f3684d9471f74"
    .. "fb7808ce1bd7837c90670a985f394e953a095b0e2a2a9e9002aa2355588db055edbaf1a259", "hex",
    salt "prefix") },
  { "sha512, salt after", bytes("sha512", "kIh+asHTBUhJQvqrKCeUxhP8Fpu3OFA7/s64Q1FWzNhmiXcs4Chkt66"
    .. "MC3RJXDm9RPYmJvEsMJ4rqTCL3yHFRg==", "base64", salt "suffix") },
  { "md4", bytes("md4", "dc310f43d6f8326dc9f2420eaf36cbb5", "hex") },
  { "sha256, salt of bytes", bytes("sha256",
    "6bcc8a68b2a76c62bbcc48e8b8712499a0d47a59019e0371114e52f798689980", "hex",
    salt("prefix", "00ff10a5c3d2e1f0", "hex")) },
  { "sha1 of a wide password", bytes("sha1", "cxmg4Iuahb8B5c3QN17Xj7bALqA=", "base64",
    WIDE_SALTED) },
  { "NTLM", bytes("md4", "7349fe48561f6e72580a922bf19256be", "hex", WIDE) },
  { "hmac-sha256", hmac("sha256",
    "1b0401f8942e0207c19780ec12f1983393fc38c0dedbffe04d20e0e660456d7d", "hex", "orchard-key",
    "utf8") },
  { "hmac-sha512 with a key in hex", hmac("sha512", "dp6DT/wHKRfGIwUypJYZ0B/THCAXok+HmMNYxvmkyd91Z"
    .. "o3b3IcywNG14iFIVMDG3jSkTqIX7OcHDDGIgDv7Gw==", "base64", "0badc0de0badf00d", "hex") },
  { "{MD5}", text("ldap", "{MD5}ToHUCbyf3O8kvdwvlk0cJA==") },
  { "{SMD5}", text("ldap", "{SMD5}73NDOvqvt1s9HI3qhLWmGKGyw9Tl9gcY") },
  { "{SHA}", text("ldap", "{SHA}fbX5xNjuEBL5ZR6ra3HKZQSXfUQ=") },
  { "{SSHA}", text("ldap", "{SSHA}HoSqzrp0FPTVFs+a7PKpEXlg1TahssPU5fYHGA==") },
  { "{SHA256}", text("ldap", "{SHA256}imxWW86phEv9hkO/jUI5CKNZRV/582riFaUKJspqpng=") },
  { "{SSHA256}", text("ldap",
    "{SSHA256}s1/3x4myGlbM3eUp5+gpVIZqaRStYJR7y10chMP/rEahssPU5fYHGA==") },
  { "{SSHA384}", text("ldap", "{SSHA384}mpXlfa3amUAvi0uG/3rRxIjvDcRrMGNUajdYXyY37Lx8B11a2gNMm6IgIz"
    .. "c4fRQnobLD1OX2Bxg=") },
  { "{SSHA512}", text("ldap", "{SSHA512}tzeVqAEaOdubysGPp+2KTm5/TuTUz8wo6TKeX1WUYt7M2yPjAb4je3XLVv"
    .. "ERn8c+tWgtFn9Ymvn2d0UJOjFCQqGyw9Tl9gcY") },
  { "pbkdf2-sha1", text("pbkdf2", "$pbkdf2-sha1$i=1000,l=32$" .. SALT16
    .. "$Mn1nlcjoiC8Z1oOb4N6L1KvXdpbUb7cek1GCVr6iwP0") },
  { "pbkdf2-sha256", text("pbkdf2", "$pbkdf2-sha256$i=10000,l=32$" .. SALT16
    .. "$T7fb8iVNq2pbBxt2b4+QbqmRktHeX2yjD4prwis59cE") },
  { "pbkdf2-sha512", text("pbkdf2", "$pbkdf2-sha512$i=100000,l=64$" .. SALT16
    .. "$ktp8opd2H1Opcj+nfERp2vWwwTXlYiZiOO2SjhMoy8rhbXbQt2KciQIy/t"
    .. "/fMp87FXVqiMgYPD+Hjyj+D2T0UQ")
  },
  { "pbkdf2 with its defaults", text("pbkdf2", "$pbkdf2-sha512$" .. SALT16
    .. "$ktp8opd2H1Opcj+nfERp2vWwwTXlYiZiOO2SjhMoy8rhbXbQt2KciQIy/t"
    .. "/fMp87FXVqiMgYPD+Hjyj+D2T0UQ")
  },
  { "ASP.NET Identity 2", text("pbkdf2",
    "$pbkdf2-sha1$i=1000,l=32$Dx4tPEtaaXiHlqW0w9Lh8A$"
    .. "pCExcYdb3G0WI5i/LMIN3tGSn8MlEYYlsH77sSoTYEw") },
  { "ASP.NET Identity 3", text("pbkdf2", "$pbkdf2-sha256$i=10000,l=32$Dx4tPEtaaXiHlqW0w9Lh8A$"
    .. "k2mlj9BeYiPgbOaBMxEGKkxRwioGxioHiw7VSKxbryo") },
  { "ASP.NET Identity 3 with SHA-512", text("pbkdf2",
    "$pbkdf2-sha512$i=100000,l=32$Dx4tPEtaaXiHlqW0w9Lh8A$"
    .. "uscWTD3qcIty94FvTakfaYmnGUN4YZw+C6hnyOV2/QQ") },
  { "Django", text("pbkdf2",
    "$pbkdf2-sha256$i=260000,l=32$cXVhcnR6c2FsdA$zOfUbTZ6ZYwcY6f+XHlco2OO98tzwW1lE7mzqZwLEig") },
  { "scrypt", bytes("scrypt", "e519832be2b6dc7b4d38654d7b3c1f94d9f93dd9cc75f41a3c52718830b381708bf"
    .. "658017bf40cc794341d6a49895d460dfc8f59854dc77de8ffae6db5f56da3", "hex",
    { salt = { value = "pebble-77" }, keylen = 64 }) },
  { "scrypt of other costs", bytes("scrypt", "XXwOgV8XTXza1RqduV+z5ElzsMSWpyaLx/5idgPiO1M=",
    "base64", { salt = { value = "AP8QpcPS4fA=", encoding = "base64" }, keylen = 32, cost = 4096,
      blockSize = 8, parallelization = 2 }) },
  { "bcrypt", text("bcrypt", "$2b$10$./CgKyPTXlcGkYo5xL1s9u0tSWwPdzvaOlibgHKHW9lOzCdmI65Tq") },
  { "bcrypt of PHP", text("bcrypt",
    "$2y$10$./CgKyPTXlcGkYo5xL1s9u0tSWwPdzvaOlibgHKHW9lOzCdmI65Tq") },
  { "bcrypt of old", text("bcrypt",
    "$2a$10$./CgKyPTXlcGkYo5xL1s9u0tSWwPdzvaOlibgHKHW9lOzCdmI65Tq") },
  { "bcrypt of cost 12", text("bcrypt",
    "$2b$12$Bv2rNCrYYVgFjoUyu7Jf6.WgsHjdrqVMRadMDcVOq1DUkmS9jefj2") },
  { "bcrypt with a salt", text("bcrypt",
    "$2b$10$Bv2rNCrYYVgFjoUyu7Jf6.wu7jD5q4q1jHeByHvtfYJQ9zHCfU.iW", salt("prefix", nil, "utf8")) },
  { "argon2id", text("argon2", "$argon2id$v=19$m=65536,t=2,p=1$" .. SALT16
    .. "$/4HLBCCLZW1f20IQf9sBdiAGKicVrl39LvvKRZjKbKI") },
  { "argon2i", text("argon2", "$argon2i$v=19$m=65536,t=2,p=1$" .. SALT16
    .. "$JGAcIjxvQwjWnt9kAfY9jGHMWdY3OxVJgcDK7odeUjk") },
}

for _, case in ipairs(FITS) do
  test("verify: the password matches, another does not: " .. case[1], function()
    tap.equal(verify.password({ custom_password_hash = case[2] }, PLAIN), true)
    tap.equal(verify.password({ custom_password_hash = case[2] }, PLAIN .. "!"), false)
  end)
end

test("verify: password_hash is bcrypt", function()
  local user = { password_hash = "$2b$10$./CgKyPTXlcGkYo5xL1s9u0tSWwPdzvaOlibgHKHW9lOzCdmI65Tq" }
  tap.equal(verify.password(user, PLAIN), true)
  tap.equal(verify.password(user, "tr0ub4dor&3-heron"), false)
end)

-- Computed here, as the old system would ---------------------------------------------------

local LATIN <const> = "Größe" -- in UTF-8

---{name, encoding, bytes of LATIN}
for _, case in ipairs {
  { "utf8", nil, LATIN }, { "latin1", "latin1", "Gr\xf6\xdfe" },
  { "binary", "binary", "Gr\xf6\xdfe" },
  { "ucs2", "ucs2", "G\0r\0\xf6\0\xdf\0e\0" }, { "utf16le", "utf16le", "G\0r\0\xf6\0\xdf\0e\0" },
} do
  test("verify: characters outside ASCII as " .. case[1], function()
    local custom = bytes("sha1", digest.hex(digest.hash("sha1", case[3])), "hex",
      { password = { encoding = case[2] } })
    tap.equal(verify.hash(custom, LATIN), true)
    tap.equal(verify.hash(custom, "Grosse"), false)
  end)
end

for name, alias in pairs {
  ["RSA-SHA1-2"] = "sha1", ["RSA-SHA256"] = "sha256", sha384WithRSAEncryption = "sha384",
  ["ssl3-md5"] = "md5", ripemd = "ripemd160", rmd160 = "ripemd160", md4 = "md4",
  whirlpool = "whirlpool", ["RSA-RIPEMD160"] = "ripemd160", sha224 = "sha224",
} do
  test("verify: pbkdf2 with OpenSSL's name " .. name, function()
    local key = digest.pbkdf2(alias, PLAIN, "saltsalt", 3, 20)
    local custom = text("pbkdf2", "$pbkdf2-" .. name .. "$i=3,l=20$c2FsdHNhbHQ$"
      .. digest.base64(key, { pad = false }))
    tap.equal(verify.hash(custom, PLAIN), true)
    tap.equal(verify.hash(custom, "x"), false)
  end)
end

test("verify: every digest of hmac", function()
  for _, name in ipairs { "md4", "md5", "ripemd160", "sha1", "sha224", "sha256", "sha384", "sha512",
    "whirlpool" } do
    local custom = hmac(name, digest.hex(digest.hmac(name, "key", PLAIN)), "hex", "key")
    tap.equal(verify.hash(custom, PLAIN), true, name)
    tap.equal(verify.hash(custom, "x"), false, name)
  end
end)

local LONG <const> = ("0123456789"):rep(8)

---{name, hash, cleartext, part of the reason}
local UNTOLD <const> = {
  { "no hash", nil, PLAIN, "no password hash" },
  { "bcrypt of utf16le", text("bcrypt", digest.bcrypt("secret", 4), WIDE), "secret", "zero" },
  { "bcrypt of more than 72 bytes", text("bcrypt", digest.bcrypt(LONG, 4)), LONG, "the first 72" },
  { "a salt that fills the 72 bytes of bcrypt", text("bcrypt", digest.bcrypt(LONG .. "a", 4),
    salt("prefix", LONG)), "a", "the first 72" },
  { "bcrypt of an immense cost", text("bcrypt", "$2b$30$" .. ("a"):rep(53)), "x", "too long" },
  { "argon2d", text("argon2", "$argon2d$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$" .. ("a"):rep(22)), "x",
    "argon2d" },
  { "argon2 of another version", text("argon2",
    "$argon2id$v=16$m=64,t=1,p=1$c2FsdHNhbHQ$" .. ("a"):rep(22)), "x", "version" },
  { "argon2 with a short salt", text("argon2",
    "$argon2id$v=19$m=64,t=1,p=1$c2FsdA$" .. ("a"):rep(22)), "x", "below 8" },
  { "pbkdf2 with a digest of no library", text("pbkdf2", "$pbkdf2-mdc2$i=1,l=4$c2Fs$AAAAAA"), "x",
    "mdc2" },
  { "pbkdf2 of immense iterations", text("pbkdf2",
    "$pbkdf2-sha1$i=999999999,l=4$c2Fs$AAAAAA"), "x", "too long" },
  { "scrypt without a salt", bytes("scrypt", "00", "hex", { keylen = 1 }), "x", "salt" },
  { "scrypt of immense cost", bytes("scrypt", "00", "hex", { keylen = 1, cost = 1 << 26,
    salt = { value = "s" } }), "x", "needs 64 GiB" },
  { "hmac with a salt", hmac("sha1", digest.hex(digest.hmac("sha1", "k", "saltx")), "hex",
    "k", nil, salt("prefix", "salt")), "x", "does not document" },
  { "characters outside latin1", bytes("md5", ("0"):rep(32), "hex",
    { password = { encoding = "latin1" } }), "Ж", "latin1" },
  { "characters outside ASCII", bytes("md5", ("0"):rep(32), "hex",
    { password = { encoding = "ascii" } }), "ö", "ASCII" },
  { "a salt that does not decode", bytes("md5", ("0"):rep(32), "hex", salt("prefix", "zz", "hex")),
    "x", "salt" },
  { "a value that does not decode", bytes("md5", "zz", "hex"), "x", "hex" },
  { "an unknown algorithm", bytes("md2", "00", "hex"), "x", "md2" },
  { "a pepper that fills the 72 bytes of bcrypt", text("bcrypt", digest.bcrypt("pass" .. LONG, 4),
    salt("suffix", LONG)), "pass", "it matches" },
  { "bcrypt of a password with a zero byte", text("bcrypt", digest.bcrypt("ab", 4)), "ab\0c",
    "zero" },
  { "bcrypt of an invalid cost", text("bcrypt", "$2b$03$" .. ("a"):rep(53)), "x",
    "cannot compute this hash" },
  { "a salt in the middle", bytes("md5", ("0"):rep(32), "hex", salt("middle")), "x", "position" },
}

---Values of a hostile file: {name, hash, part of the reason}. None is computed.
local HOSTILE <const> = {
  { "argon2 of 4 TiB", text("argon2", "$argon2id$v=19$m=4294967295,t=1,p=1$" .. SALT16 .. "$"
    .. ("a"):rep(43)), "needs 4 TiB of memory" },
  { "argon2 of 2^32 passes", text("argon2", "$argon2id$v=19$m=65536,t=4294967295,p=1$" .. SALT16
    .. "$" .. ("a"):rep(43)), "too long" },
  { "argon2 of a thousand threads", text("argon2", "$argon2id$v=19$m=65536,t=1,p=1000$" .. SALT16
    .. "$" .. ("a"):rep(43)), "1000 threads" },
  { "argon2 of a number without end", text("argon2", "$argon2id$v=19$m=" .. ("9"):rep(400)
    .. ",t=1,p=1$" .. SALT16 .. "$" .. ("a"):rep(43)), "cannot be verified here" },
  { "pbkdf2 of 2^31 iterations", text("pbkdf2", "$pbkdf2-sha1$i=2147483648,l=20$c2Fs$"
    .. ("A"):rep(27)), "2147483648 iterations" },
  { "pbkdf2 of more than an integer holds", text("pbkdf2",
    "$pbkdf2-sha1$i=99999999999999999999,l=20$c2Fs$" .. ("A"):rep(27)), "too long" },
  { "pbkdf2 of a key that goes on and on", text("pbkdf2", "$pbkdf2-sha1$i=1000000,l=3000$c2Fs$"
    .. ("A"):rep(4000)), "too long" },
  { "scrypt of 2^62", bytes("scrypt", "00", "hex", { keylen = 1, cost = 1 << 62,
    salt = { value = "s" } }), "EiB" },
  { "scrypt of a block of 2^60", bytes("scrypt", "00", "hex", { keylen = 1, blockSize = 1 << 60,
    salt = { value = "s" } }), "of memory" },
  { "scrypt of a million lanes", bytes("scrypt", "00", "hex", { keylen = 1, cost = 1024,
    parallelization = 1000000, salt = { value = "s" } }), "too long" },
  { "bcrypt of cost 31", text("bcrypt", "$2b$31$" .. ("a"):rep(53)), "too long" },
}

for _, case in ipairs(HOSTILE) do
  test("verify: " .. case[1] .. " is reported, not computed", function()
    local fits, reason = verify.hash(case[2], "x")
    tap.equal(fits, nil)
    tap.contains(reason, case[3])
  end)
end

---{name, hash}: costs of frameworks are tried, and the wrong password is a no.
local DEAR <const> = {
  { "bcrypt of cost 12", text("bcrypt", "$2b$12$" .. ("a"):rep(53)) },
  { "Django's argon2", text("argon2", "$argon2id$v=19$m=102400,t=2,p=8$" .. SALT16 .. "$"
    .. ("a"):rep(42) .. "A") },
  { "Keycloak's pbkdf2", text("pbkdf2", "$pbkdf2-sha1$i=1300000,l=20$c2Fs$" .. ("A"):rep(27)) },
  { "a key of 512 bytes", text("pbkdf2", "$pbkdf2-sha256$i=25000,l=512$c2Fs$"
    .. ("A"):rep(683)) },
  { "Werkzeug's scrypt", bytes("scrypt", ("00"):rep(64), "hex", { keylen = 64, cost = 32768,
    salt = { value = "s" } }) },
}

for _, case in ipairs(DEAR) do
  test("verify: no limit excludes " .. case[1], function()
    tap.equal({ verify.hash(case[2], "x") }, { false })
  end)
end

---{name, text, part of the reason}: of crypt(3), which prove tries to identify.
local COSTLY_TEXTS <const> = {
  { "sha512-crypt", "$6$rounds=999999999$abcdefgh$" .. ("a"):rep(86), "too long" },
  { "sha1-crypt", "$sha1$4294967295$abcdefgh$" .. ("a"):rep(28), "too long" },
  { "yescrypt", "$y$jZT$abcdefgh$" .. ("a"):rep(43), "unknown" },
  { "scrypt", "$7$zzzzzzzzzzz$abc$" .. ("a"):rep(43), "unknown" },
  { "old bcrypt", "$2x$31$" .. ("a"):rep(53), "too long" },
  { "argon2", "$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHQ$" .. ("a"):rep(43), "4 TiB" },
}

for _, case in ipairs(COSTLY_TEXTS) do
  test("verify.text: a hostile " .. case[1] .. " is reported, not computed", function()
    local fits, reason = verify.text("x", case[2])
    tap.equal(fits, nil)
    tap.contains(reason, case[3])
  end)
end

---What a recipe may map, but the import rejects: {name, custom_password_hash}.
local SHAPELESS <const> = {
  { "a text", "x" }, { "a number", 5 }, { "an empty table", {} },
  { "a hash that is a text", { algorithm = "md5", hash = "x" } },
  { "a value that is a number", { algorithm = "md5", hash = { value = 5, encoding = "hex" } } },
  { "a null", json.null }, { "an empty value", bytes("md5", "", "hex") },
  { "a salt that is a text", bytes("md5", ("0"):rep(32), "hex", { salt = "x" }) },
  { "a salt without value", bytes("md5", ("0"):rep(32), "hex", { salt = {} }) },
  { "a password that is a number", bytes("md5", ("0"):rep(32), "hex", { password = 5 }) },
  { "a cost that is a text", bytes("scrypt", "00", "hex", { keylen = 1, cost = "1024",
    salt = { value = "s" } }) },
  { "a key of no bytes", bytes("scrypt", "", "hex", { keylen = 0, salt = { value = "s" } }) },
  { "an hmac without its digest", { algorithm = "hmac", hash = { value = "00", encoding = "hex",
    key = { value = "k" } } } },
  { "an hmac without its key", { algorithm = "hmac", hash = { value = "00", encoding = "hex",
    digest = "md5" } } },
  { "an LDAP scheme without a value", text("ldap", "{SSHA}") },
  { "a bcrypt without a value", text("bcrypt", "$2b$10$") },
  { "a pbkdf2 without a key", text("pbkdf2", "$pbkdf2-sha1$i=1,l=0$c2Fs$") },
}

for _, case in ipairs(SHAPELESS) do
  test("verify: an invalid hash is neither yes nor no: " .. case[1], function()
    for _, cleartext in ipairs { "x", "" } do
      local fits, reason = verify.password({ custom_password_hash = case[2] }, cleartext)
      tap.equal(fits, nil)
      assert(reason)
    end
  end)
end

test("verify: nulls in a hash count as absent, as in an import", function()
  local custom = bytes("sha1", "7db5f9c4d8ee1012f9651eab6b71ca6504977d44", "hex",
    { salt = json.null, password = { encoding = json.null }, cost = "" })
  tap.equal({ verify.hash(custom, PLAIN), verify.hash(custom, "x") }, { true, false })
end)

test("verify: a password_hash matches only its password, and another type is reported", function()
  local user = { password_hash = "$2b$10$./CgKyPTXlcGkYo5xL1s9u0tSWwPdzvaOlibgHKHW9lOzCdmI65Tq" }
  tap.equal({ verify.password(user, PLAIN), verify.password(user, "x") }, { true, false })
  tap.equal(verify.password({ password_hash = 5 }, "x"), nil)
end)

for _, case in ipairs(UNTOLD) do
  test("verify: what cannot be verified is neither yes nor no: " .. case[1], function()
    local fits, reason = verify.password({ custom_password_hash = case[2] }, case[3])
    tap.equal(fits, nil)
    tap.contains(reason, case[4])
  end)
end

test("verify: a password that differs in the first 72 bytes is a no", function()
  tap.equal(verify.hash(text("bcrypt", digest.bcrypt(LONG, 4)), "x" .. LONG), false)
end)

test("verify: a hash of another length than its algorithm's is a no", function()
  tap.equal(verify.hash(bytes("sha1", ("0"):rep(32), "hex"), "x"), false)
  tap.equal(verify.hash(text("ldap", "{SHA}AAAA"), "x"), false)
  tap.equal(verify.hash(text("pbkdf2", "$pbkdf2-sha1$i=1,l=5$c2Fs$AAAAAA"), "x"), false)
end)

-- One-time passwords --------------------------------------------------------------------------

local SECRET <const> = digest.base32("12345678901234567890") -- RFC 6238, appendix B

test("verify.totp: the values of RFC 6238", function()
  for time, code in pairs {
    [59] = "287082", [1111111109] = "081804", [1111111111] = "050471", [1234567890] = "005924",
    [2000000000] = "279037", [20000000000] = "353130",
  } do
    tap.equal(verify.totp(SECRET, code, time), true)
    tap.equal(verify.totp(SECRET:lower(), code, time), true)
  end
end)

test("verify.totp: one step early or late is fine, two are not", function()
  for offset, fits in pairs { [-60] = false, [-30] = true, [30] = true, [60] = false } do
    tap.equal(verify.totp(SECRET, "005924", 1234567890 + offset), fits)
  end
end)

test("verify.totp: other codes are rejected, and an invalid secret is reported", function()
  for _, code in ipairs { "005925", "5924", "", "0005924" } do
    tap.equal(verify.totp(SECRET, code, 1234567890), false)
  end
  tap.equal(verify.totp("not base32!", "005924", 1234567890), nil)
end)
