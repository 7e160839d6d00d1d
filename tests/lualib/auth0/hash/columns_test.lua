--- Hashes whose scheme, salt or rounds are columns of their own, verified with the cleartext.

local password = require "auth0.password"
local tap = require "tests.tap"
local verify = require "auth0.hash.verify"

local equal, test = tap.equal, tap.test

local PLAIN <const> = "Tr0ub4dor&3-heron"

local function check(hash, why)
  equal({ hash ~= nil, why }, { true })
  equal({ verify.hash(hash, PLAIN), verify.hash(hash, PLAIN .. "x") }, { true, false })
end

---{hasher, digest, options}
local CLERK <const> = {
  { "bcrypt_peppered", "$2b$04$abcdefghijklmnopqrstuuXkZQgnYpMKRLwuDnf62d0.7xusRGMVK$pe$"
    .. "pper" },
  { "pbkdf2_sha256", "pbkdf2_sha256$1000$ABEiM0RVZneImaq7zN3u/w==$sowjE6BWK9YCfn3dp4fA"
    .. "kGBOZ7W2H6yyyKOKtjvPp+Q=" },
  { "pbkdf2_sha256_django", "pbkdf2_sha256$1000$pebble77$LCuEyL8/xMu95k37I5xJSkWfdfvipr81d529"
    .. "hT+kyO0=" },
  { "pbkdf2_sha1", "pbkdf2_sha1$1000$pebble-77$ed3082f1227b3ba87f6efee62bba958f7dd01"
    .. "9163f338a7f0fb6e8cc490d402c" },
  { "pbkdf2_sha1", "pbkdf2_sha1$1000$00ff10a5c3d2e1f0$64b272d5cb8313a62b67ac54098edf"
    .. "61ab54f460$20" }, -- the salt is text, although it looks like hex
  { "pbkdf2_sha512", "pbkdf2_sha512$1000$pebble-77$8e13bc78d8e229f6ee8a12b94bd2543d163"
    .. "7b167dd27bf93dc290bf862ce9fc37f0bd476ac2598dbf165a3025725bd8d83d"
    .. "bd35263123bb7d86231b06e5feea9" },
  { "pbkdf2_sha512_hex", "pbkdf2_sha512_hex$1000$00ff10a5c3d2e1f0$c82960a450e39630a300887a"
    .. "202364bf278a533bf00e35f82501a0566e7136449209ce81000fc4bbd642dda7"
    .. "176bd64f09da395c5b1df62a8861e0d45a480b6c" },
  { "scrypt_werkzeug", "scrypt:1024:8:1$pebble-77$206c884f7a82db26bf4134f29233fc043f7100"
    .. "e54e3a9384eb4eba1173ef83204af368cc2c6319cf06df7b99ce74b57458cec4"
    .. "bb83a8f52525b9c93e38679f68" },
  { "md5", "4e81d409bc9fdcef24bddc2f964d1c24" },
  { "sha256", "8a6c565bcea9844bfd8643bf8d423908a359455ff9f36ae215a50a26ca6aa678" },
  { "ldap_ssha", "L4BBcWnExwchUdqa68efBHQrvwEA/xClw9Lh8A==" },
  { "MD5_salted", "pebble-77$11ceed8c8319d637d9478a5ec35f77f7", { position = "prefix" } },
  { "sha256_salted", "pebble-77$9e6fd2c10245413ba9bf67dceebb2cda2aa0984bace283a42489de"
    .. "89d94bf8d2", { position = "suffix" } },
}

for _, case in ipairs(CLERK) do
  test("Clerk: " .. case[1] .. " verifies (" .. case[2]:sub(1, 24) .. ")", function()
    check(password.clerk(case[1], case[2], case[3]))
  end)
end

test("Clerk: a salted digest may have the salt behind it", function()
  check(password.clerk("md5_salted",
    "11ceed8c8319d637d9478a5ec35f77f7$pebble-77", { position = "prefix" }))
end)

---{hasher, digest, part of the reason}
local CLERK_BAD <const> = {
  { "bcrypt_sha256_django", "bcrypt_sha256$$2b$12$x", "bcrypt over SHA-256" },
  { "phpass", "$P$Babc", "phpass" }, { "scrypt_firebase", "a$b$c$d$8$14", "Firebase" },
  { "sha512_symfony", "x", "Symfony" }, { "awscognito", "awscognito#a#b#c", "Cognito" },
  { "bcrypt", "$2a$10$short", "60 characters" }, { "md5", "00", "16 bytes" },
  { "md5_salted", "a$00", "whether the salt comes first" },
  { "pbkdf2_sha256", "pbkdf2_sha256$x", "damaged" },
  { "pbkdf2_sha512_hex", "pbkdf2_sha512_hex$1000$nothex$00", "not hex" },
  { "argon2d", "$argon2d$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$a2V5a2V5a2V5a2V5", "hasher argon2d" },
  { "two words", "x", "of another kind" }, { nil, "pbkdf2_sha256$1$a$b", "does not name" },
}

test("Clerk: what Auth0 cannot verify has a reason", function()
  for _, case in ipairs(CLERK_BAD) do
    local hash, why = password.clerk(case[1], case[2])
    equal(hash, nil)
    tap.contains(why, case[3])
  end
end)

test("Clerk: without a hasher a value says itself what it is, or nothing does", function()
  check(password.clerk(nil, "$2b$04$abcdefghijklmnopqrstuuXkZQgnYpMKRLwuDnf62d0.7xusRGMVK$pe$"
    .. "pper"))
  equal({ password.clerk("bcrypt", nil) }, { nil, "no password hash" })
end)

---{scheme, factor, salt, password}
local FUSIONAUTH <const> = {
  { "salted-pbkdf2-hmac-sha256", "24000", "ABEiM0RVZneImaq7zN3u/w==",
    "CCdXPDeKWc6AtRphZLtsZpv3+DPL8ZhmeiYHRSC3BLE=" },
  { "salted-pbkdf2-hmac-sha256-512", 1000, "ABEiM0RVZneImaq7zN3u/w==",
    "sowjE6BWK9YCfn3dp4fAkGBOZ7W2H6yyyKOKtjvPp+R+GLDjdg1Mm8IeYdTvtXSw"
    .. "2irsIYiT7NnZrrrMEKhFUQ==" },
  { "salted-pbkdf2-hmac-sha512-512", 1000, "ABEiM0RVZneImaq7zN3u/w==",
    "f8rY7xkS7wWQh5UqAKi4a7KO2bn2htluDiB1ba+bmDhQSd/do1HeFgRDw+K5yjyd"
    .. "l9amWH5TSmIZByztg1+Xhg==" },
  { "bcrypt", 5, "abcdefghijklmnopqrstuu",
    "JplqLZj./K8JIDjWA2V4XJxt7MC9bNS" },
  { "salted-hmac-sha256", "1", "ABEiM0RVZneImaq7zN3u/w==",
    "DTNtCnfOPO7fTTNn6nyXEN1Xd81I7Rza8c/Qr9yXU70=" },
  { "salted-md5", 1, "ABEiM0RVZneImaq7zN3u/w==",
    "TNZl/9K/VWCLhPvDEXqbkw==" },
  { "salted-sha256", "1", "ABEiM0RVZneImaq7zN3u/w==",
    "0UkWltXvO67Vlu9mpUOV0YkqzUX8XCx7vv62D53/a4Q=" },
}

local function fusionauth(case)
  return password.fusionauth {
    scheme = case[1], factor = case[2], salt = case[3], password = case[4],
  }
end

for _, case in ipairs(FUSIONAUTH) do
  test("FusionAuth: " .. case[1] .. " verifies", function() check(fusionauth(case)) end)
end

---{scheme, factor, salt, password, part of the reason}
local FUSIONAUTH_BAD <const> = {
  { "salted-md5", 20000, "5TvhZLJlkaq33uNsiPWATg==", "hs9QpO1o7NOZAD/PpbIWUQ==", "many rounds" },
  { "salted-sha256", nil, "5TvhZLJlkaq33uNsiPWATg==", "hs9QpO1o7NOZAD/PpbIWUQ==", "many rounds" },
  { "salted-pbkdf2-hmac-sha256", 24000, "5TvhZLJlkaq33uNsiPWATg==", "AAAA", "damaged" },
  { "phpass-md5", 8, "abc", "AAAA", "phpass-md5 is not supported" },
  { "bcrypt", 10, "short", "short", "60 characters" }, { nil, nil, nil, "x", "not supported" },
}

test("FusionAuth: what Auth0 cannot verify has a reason", function()
  for i = 1, #FUSIONAUTH_BAD do
    local case = FUSIONAUTH_BAD[i]
    local hash, why = fusionauth(case)
    equal(hash, nil)
    tap.contains(why, case[5])
  end
  equal({ password.fusionauth { scheme = "bcrypt" } }, { nil, "no password hash" })
end)

local SALT <const> = "ABEiM0RVZneImaq7zN3u/w=="

test("membership: SHA-1, HMAC with the salt as its key, and a declared digest verify", function()
  check(password.membership { format = 1, salt = SALT, password = "E4VIt979Q2+7v2GQ7K+kIkV1mys=" })
  check(password.membership {
    format = "1", salt = SALT, password = "sECQK7wb1kWDXLCMzEsmbB0mvxRaXnepZwkYmuX9TiM=",
  })
  check(password.membership {
    format = 1, salt = SALT, password = "rHzq3YPT5TMnrOM/AveCqcf1IrZWXbWs0JOIg5HZpes=",
    algorithm = "SHA256",
  })
end)

test("membership: old hashes in the column of Identity, and those of Identity", function()
  check(password.membership { password = "E4VIt979Q2+7v2GQ7K+kIkV1mys=|1|" .. SALT, id = "7" })
  check(password.membership {
    password = "AQAAAAEAACcQAAAAEA8eLTxLWml4h5altMPS4fCTaaWP0F5iI+Bs5oEzEQYqTFHCKgbGKgeLDtVIrFuv"
      .. "Kg==",
  })
end)

test("membership: a cleartext password becomes bcrypt", function()
  check(password.membership { format = "0", password = PLAIN, id = "7" })
end)

test("membership: encrypted, damaged and long cleartext passwords have a reason", function()
  for _, case in ipairs {
    { 0, ("x"):rep(73), "cleartext" }, { 2, "AAAA", "encrypted" }, { 1, "AAAA", "no known length" },
    { 1, "?", "damaged" }, { nil, "AAAA", "not an ASP.NET Identity" },
  } do
    local hash, why = password.membership {
      format = case[1], salt = SALT, password = case[2], id = "7",
    }
    equal(hash, nil)
    tap.contains(why, case[3])
  end
end)

test("Better Auth: the salt is its digits; other hashers are recognised", function()
  check(password.better_auth("00112233445566778899aabbccddeeff:0de19d18003a2df1649f8d2e44d2819"
    .. "76e4d6d1a28a75bc3534a62d51ed269fcb9233bf9289323cda1b5750400e3e4e"
    .. "328c4a91e08141b6cf96d4ba3b5f50eee"))
  check(password.better_auth("$2b$04$abcdefghijklmnopqrstuuXkZQgnYpMKRLwuDnf62d0.7xusRGMVK$pe$"
    .. "pper"))
  equal({ password.better_auth("00:11") }, { nil, "not a hash of Better Auth" })
end)
