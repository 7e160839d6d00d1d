local tap = require "tests.tap"
local digest = require "host.digest"
local test, equal, contains, raises = tap.test, tap.equal, tap.contains, tap.raises

-- name, digest of "" (published vectors)
local EMPTY <const> = {
  md4 = "31d6cfe0d16ae931b73c59d7e0c089c0",
  md5 = "d41d8cd98f00b204e9800998ecf8427e",
  sha1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709",
  sha224 = "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f",
  sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  sha384 = "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
    .. "274edebfe76f65fbd51ad2f14898b95b",
  sha512 = "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
    .. "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
  ripemd160 = "9c1185a5c5e9fc54612808977ee8f548b2258d31",
  whirlpool = "19fa61d75522a4669b44e39c1d2e1726c530232130d407f89afee0964997f7a7"
    .. "3e83be698b288febcf88e3e03c4f0757ea8964e59b63d93708b138cc42a66eb3",
  ["sha512-256"] = "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a",
  ["sha3-256"] = "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a",
  ["sha3-512"] = "a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a6"
    .. "15b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e301758586281dcd26",
}
for name, expected in pairs(EMPTY) do
  test(name .. " of nothing is the published digest", function()
    local raw, message, kind = digest.hash(name, "")
    if kind == "missing" then tap.skip(message) end
    equal(digest.hex(raw), expected)
  end)
end

test("data in pieces has the digest of the whole", function()
  local hasher = assert(digest.new "sha256")
  equal(hasher:add("a"):add(""):add("bc"):finish(), digest.hash("sha256", "abc"))
  raises(function() hasher:add "x" end, "finished")
  raises(function() hasher:finish() end, "finished")
end)

test("a digest that OpenSSL lacks is missing", function()
  for _, call in ipairs {
    function() return digest.hash("sha9", "") end,
    function() return digest.new "sha9" end,
    function() return digest.hmac("sha9", "", "") end,
    function() return digest.pbkdf2("sha9", "", "", 1, 1) end,
  } do
    local raw, message, kind = call()
    equal({ raw, kind }, { nil, "missing" })
    contains(message, "sha9")
  end
end)

test("hmac takes any key, an empty one too", function()
  equal(digest.hex(digest.hmac("sha256", "", "")),
    "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
  equal(digest.hex(digest.hmac("md5", "key", "The quick brown fox jumps over the lazy dog")),
    "80070713463e7749b90c2dc24911e275")
end)

test("pbkdf2 agrees with others, without a password or salt too", function()
  equal(digest.hex(digest.pbkdf2("sha256", "password", "salt", 2, 20)),
    "ae4d0c95af6b46d32d0adff928f06dd02a303f8e")
  equal(digest.hex(digest.pbkdf2("sha512", "", "", 1, 64)),
    "6d2ecbbbfb2e6dcd7056faf9af6aa06eae594391db983279a6bf27e0eb228614"
    .. "3ab0c996f33ca4b667e945829ea693340f2831797324e5f31df18ed171d18c97")
end)

test("scrypt agrees with RFC 7914", function()
  equal(digest.hex(digest.scrypt("password", "NaCl", 1024, 8, 16, 64)),
    "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
    .. "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640")
end)

test("scrypt computes with more memory than OpenSSL's own limit", function()
  equal(#assert(digest.scrypt("p", "s", 65536, 8, 1, 16)), 16) -- 64 MiB
end)

local BAD_COSTS <const> = {
  { "no iterations", function() return digest.pbkdf2("sha1", "", "", 0, 20) end, "parse" },
  { "no length", function() return digest.pbkdf2("sha1", "", "", 1, 0) end, "parse" },
  { "N that is odd", function() return digest.scrypt("", "", 3, 8, 1, 16) end, "parse" },
  { "r of zero", function() return digest.scrypt("", "", 2, 0, 1, 16) end, "parse" },
  { "N beyond reason", function() return digest.scrypt("", "", 1 << 40, 8, 1, 16) end, "full" },
  { "2 GiB of scrypt", function() return digest.scrypt("", "", 1 << 20, 16, 1, 16) end, "full" },
}
for _, case in ipairs(BAD_COSTS) do
  test("a derivation with " .. case[1] .. " fails", function()
    local raw, message, kind = case[2]()
    equal({ raw, kind }, { nil, case[3] })
    equal(type(message), "string")
  end)
end

local CRYPTS <const> = {
  { "bcrypt $2b$", "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW" },
  { "bcrypt $2y$", "$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW" },
  { "SHA-512 crypt", "$6$rounds=1000$salt$HNxBeBnDfSfUrTj6KiLnmd7tGCvHEmcExh8kl/S0cZ5WrCciN"
    .. "ZgfhbpkeFQ4JfkHX.8vPq45lY0iINnCx1Lkm." },
  { "MD5 crypt", "$1$salt$ez2vlPGdaLYkJam5pWs/Y1" },
}
for _, case in ipairs(CRYPTS) do
  test("crypt_verify verifies " .. case[1], function()
    equal(digest.crypt_verify("secret", case[2]), true)
    equal(digest.crypt_verify("Secret", case[2]), false)
    equal(digest.crypt_verify("", case[2]), false)
  end)
end

local UNTELLABLE <const> = {
  { "an unknown scheme", "secret", "$99$salt$hash" },
  { "an empty hash", "secret", "" },
  { "a failure token", "secret", "*0" },
  { "a zero byte in the password", "sec\0ret", CRYPTS[1][2] },
  { "a zero byte in the hash", "secret", CRYPTS[1][2] .. "\0" },
  { "a password beyond crypt's limit", ("x"):rep(600), CRYPTS[1][2] },
}
for _, case in ipairs(UNTELLABLE) do
  test("crypt_verify fails with " .. case[1], function()
    local told, message, kind = digest.crypt_verify(case[2], case[3])
    equal({ told, kind }, { nil, "parse" })
    contains(message, "cannot compute this hash")
  end)
end

test("a new bcrypt string verifies and has a salt of its own", function()
  local one, two = assert(digest.bcrypt("secret", 4)), assert(digest.bcrypt("secret", 4))
  equal(one:sub(1, 7), "$2b$04$")
  equal(#one, 60)
  assert(one ~= two)
  equal(digest.crypt_verify("secret", one), true)
  raises(function() digest.bcrypt("secret", 3) end, "cost")
  equal(select(3, digest.bcrypt("sec\0ret", 4)), "parse")
end)

test("a bcrypt string may have a salt that is given", function()
  local salt = ("\0\xff"):rep(8)
  local one = assert(digest.bcrypt("secret", 4, salt))
  equal(one, digest.bcrypt("secret", 4, salt))
  equal(digest.crypt_verify("secret", one), true)
  raises(function() digest.bcrypt("secret", 4, "short") end, "16 bytes")
end)

local ARGON2 <const> = {
  "$argon2d$v=19$m=16,t=1,p=1$c29tZXNhbHQ$GWi98iefW22KZWWIh8aNgg",
  "$argon2i$v=19$m=16,t=1,p=1$c29tZXNhbHQ$YWfzPchNaiOrHmytyrbOYg",
  "$argon2id$v=19$m=16,t=1,p=1$c29tZXNhbHQ$QcCAHhjutkbi/fQjJqmR+w",
}
for _, encoded in ipairs(ARGON2) do
  test("argon2_verify verifies " .. encoded:match "argon2%a+", function()
    equal(digest.argon2_verify("secret", encoded), true)
    equal(digest.argon2_verify("secret\0", encoded), false)
  end)
end

test("argon2_verify refuses what it cannot or should not compute", function()
  for _, case in ipairs {
    { "$2b$04$abc", "parse" },
    { "$argon2id$v=19$m=16,t=1,p=1$c29tc2FsdA", "parse" },
    { "$argon2id$v=19$m=99999999,t=1,p=1$c29tc2FsdA$" .. ("A"):rep(22), "full" },
  } do
    local told, message, kind = digest.argon2_verify("secret", case[1])
    equal({ told, kind }, { nil, case[2] }, case[1])
    contains(message, "Argon2")
  end
end)

test("equal compares bytes", function()
  equal(digest.equal("a\0b", "a\0b"), true)
  equal(digest.equal("a\0b", "a\0c"), false)
  equal(digest.equal("a", "ab"), false)
  equal(digest.equal("", ""), true)
end)

local RSA <const> = [[
-----BEGIN PRIVATE KEY-----
MIICdQIBADANBgkqhkiG9w0BAQEFAASCAl8wggJbAgEAAoGBAKy/IyY/b3IEOQ27
LjYjODp1YX7UhjobODVOq+4MrFUE8VJFvX5JYkUEUIw7ZzzXQpsnc0BIO2jCyB4c
kaYEN0Dgjan8nibeHiDbsZMze21ZEQQ+mlTU11H0If1xRVweeO+6F6OxJZGDBQ0y
16I4cdPWMbjA09oAuerDLpx1ltMtAgMBAAECgYBuIbWRDuRINnUBUhKWJUIV0vwD
Vg71QKFHKw7lx2KfGXWY1CmJN9PU2HlZzg11dm9aZ35Mv0BQ+82FlQUuaIWoZCoY
A3tmzOWqtRzxqTMDd7I/dAXWPx97AqEWRDdSITsKDUBVHVWgEsTQ1oTCP32UB9kL
LoIeDLJUVvbtl3HjAQJBAOIIAfp+lbWTdwpXLM5sHmGHVIoZ/bALpsJ7B/76OQC6
fAxIWZ+4Pl+oNbkT+SoFriyEtCioOc57GZ2DPEFRCk0CQQDDpohrfMtZ5fJInKpR
eUDPI0vk2RhV76VZHBcNKcFDk8/jnXMiL6QvKGvQu+YaybKc3R8EV2sebZ8IQ535
h5xhAkA8eugMntJwQ4UWvzy9/zAh6JQ2X74B3RxB7am2ED4wc7W9k55nnmUSM3As
lauWEu8H+no6ZskQ9t9jxjnZQFYBAkBe2bFxSsLbBlt7UFhRv1LoGNiGTak6oD+s
/609OGz1cgdq9b4HaMlUA2ihfTaE7hulaJ3M4QSRb9uVihJgEpqBAkBYksUg+AAJ
sRV1xrexZ0QRGsD/CozARJZZidfELvE4VeKwXXgShSps/v7uuzVWvWirNuM1xUYD
HwZrkXdW1MHu
-----END PRIVATE KEY-----
]]
local EC <const> = [[
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIC2hS/HCpA9gXVWuwKn0tqbx0X9e67defmO0lmfd3LsloAoGCCqGSM49
AwEHoUQDQgAExkZl/uKq30YAWAVY0/JmpfIORy2OzcmQMKzNhQ2JD4EQkbDe0ZY7
s0Z5veg4Gi/8bJnvpRPdBNWIS6SpKp9K8g==
-----END EC PRIVATE KEY-----
]]
local ENCRYPTED <const> = [[
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjKrTlMMi31bAICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEOuIUV5eTSuwGvPNsozvVL4EgZAp
g/hRhmJYTeV5qbmY+jk6l/ROeGL7nLAg86W2vKIQyomHEoQSIUyoBOTKpO9r1MB8
WYspuwOMyIoFWFV4BthDsmeJs6Y4Dw/VY8KjPrbtiN1iBpBpbckMD/3Okw9S6pKv
sAAGxXk8L5WFCq851QhoN3kQ2MVj8+kMUXOx46eEp0iho4fdsMZs4UOJIjKxWig=
-----END ENCRYPTED PRIVATE KEY-----
]]

test("RS256 and RS384 are the PKCS #1 signatures", function()
  equal(digest.hex(assert(digest.sign("RS256", RSA, "data"))),
    "01b1836059481a12e9b69fa736975491cf854a1ac7484073b00525ae1c30d468"
    .. "4c73b32ebb95b4d2d51f5be27961b9d2dced503a098df94e197fc5ee01abde47"
    .. "c4c89ec90eadbc0011dc9331ded615bdb02761cc5be80a0b47038a14553d669f"
    .. "45b0492389219590c92216cd9093b9dd525cc04158c73cb9bbd8ecb3805650e3")
  equal(digest.hex(assert(digest.sign("RS384", RSA, "data"))),
    "0674c64a37d90e3107f62addd8ac6a2a52222593d28b50302e4a944e2cc10c20"
    .. "0f714d0e5c892f2605d9c8dcdded140e04e1db1915599967e05a1d7a47158cb3"
    .. "d8439038e7937225fa83cfe4c6a8e15220f3e49a1c78b93fb55c6202005cc710"
    .. "e497da77469d3a57ea482167fa954638ee0a2e0408f73226f3d8b792d631d529")
end)

test("PS256 is salted", function()
  local one = assert(digest.sign("PS256", RSA, "data"))
  equal(#one, 128)
  assert(one ~= digest.sign("PS256", RSA, "data"))
end)

for name, pem in pairs { ["of another type"] = EC, ["with a passphrase"] = ENCRYPTED,
  ["that is not a key"] = "no key" } do
  test("a private key " .. name .. " is a failure that shows nothing of it", function()
    local raw, message, kind = digest.sign("RS256", pem, "data")
    equal({ raw, kind }, { nil, "parse" })
    contains(message, "private key")
    assert(not message:find("MII", 1, true))
  end)
end

test("an unknown signature algorithm raises", function()
  raises(function() digest.sign("HS256", RSA, "data") end, "HS256")
end)

test("random returns as many bytes as requested", function()
  equal(#digest.random(33), 33)
  equal(digest.random(0), "")
  assert(digest.random(16) ~= digest.random(16))
end)

test("hex and back", function()
  equal(digest.hex "\0\x7f\xff", "007fff")
  equal(digest.unhex "007FfF", "\0\x7f\xff")
  equal(digest.unhex "", "")
  for _, text in ipairs { "0", "0g", "00 ", " 00" } do equal(digest.unhex(text), nil, text) end
end)

local BASE64 <const> = { -- RFC 4648, section 10
  { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
  { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" }, { "\xfb\xff", "+/8=" },
}
for _, case in ipairs(BASE64) do
  test(string.format("Base64 of %q and back", case[1]), function()
    local bare = case[2]:gsub("=", "")
    local url = bare:gsub("%+", "-"):gsub("/", "_")
    equal(digest.base64(case[1]), case[2])
    equal(digest.base64(case[1], { pad = false }), bare)
    equal(digest.base64(case[1], { url = true, pad = false }), url)
    for _, text in ipairs { case[2], bare, url } do equal(digest.unbase64(text), case[1]) end
  end)
end

test("invalid Base64 is nil", function()
  for _, text in ipairs { "Z", "Zg=", "Zg===", "Zm9v====", "Zm9v=", "=", "==", "====", "Zg==Zg==",
    "Zm 9v", "Zm9v\n", "Zm9v\0", "Zm9vZ", "Zm.v" } do
    equal(digest.unbase64(text), nil, text)
  end
end)

test("the unused bits of the last Base64 digit do not matter", function()
  equal(digest.unbase64 "Zh==", "f")
  equal(digest.unbase64 "Zm9=", "fo")
end)

test("every byte survives the encodings", function()
  local all = {}
  for i = 0, 255 do all[#all + 1] = string.char(i) end
  for n = 250, 256 do
    local data = table.concat(all, "", 257 - n)
    equal(digest.unbase64(digest.base64(data)), data)
    equal(digest.unbase32(digest.base32(data)), data)
    equal(digest.unhex(digest.hex(data)), data)
  end
end)

local BASE32 <const> = {
  { "", "" }, { "f", "MY" }, { "fo", "MZXQ" }, { "foo", "MZXW6" }, { "foob", "MZXW6YQ" },
  { "fooba", "MZXW6YTB" }, { "foobar", "MZXW6YTBOI" },
}
for _, case in ipairs(BASE32) do
  test(string.format("Base32 of %q and back", case[1]), function()
    equal(digest.base32(case[1]), case[2])
    equal(digest.unbase32(case[2]:lower()), case[1])
    equal(digest.unbase32(case[2] .. ("="):rep(-#case[2] % 8)), case[1])
  end)
end

test("invalid Base32 is nil", function()
  for _, text in ipairs { "M", "MZX", "MZXW6Y", "MY=", "MY=======", "M1", "MZXW6YTB========",
    "M Y" } do
    equal(digest.unbase32(text), nil, text)
  end
end)

local TRANSCODED <const> = {
  { "aé", "utf16le", "a\0\xe9\0" },
  { "aé", "utf16be", "\0a\0\xe9" },
  { "😀", "utf16le", "\x3d\xd8\x00\xde" },
  { "😀", "utf16be", "\xd8\x3d\xde\x00" },
  { "aé", "latin1", "a\xe9" },
  { "€", "latin1", nil },
  { "\xff", "utf16le", nil },
  { "\xc3", "utf16le", nil },
  { "\xc0\x80", "utf16le", nil },
  { "\xed\xa0\x80", "utf16le", nil },
  { "\xf4\x90\x80\x80", "utf16le", nil },
  { "\xe2\x82", "utf16be", nil },
}
for _, case in ipairs(TRANSCODED) do
  test(string.format("%q as %s", case[1], case[2]), function()
    equal(digest.transcode(case[1], case[2]), case[3])
  end)
end

test("an unknown encoding raises", function()
  raises(function() digest.transcode("", "utf7") end, "utf7")
end)
