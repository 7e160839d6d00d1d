--- Spring Security's hashes: the vectors of its own tests, of scrypt with more memory by OpenSSL.

local identify = require "auth0.hash.identify"
local password = require "auth0.password"
local tap = require "tests.tap"
local verify = require "auth0.hash.verify"

local equal, test = tap.equal, tap.test

---{what, password, value, algorithm}
local GOOD <const> = {
  { "{bcrypt}", "password", "{bcrypt}$2a$10$dXJ3SW6G7P50lGmMkkmwe.20cQQubK3.HZWzG3YB1tlRy.fqvM/BG",
    "bcrypt", "LDAP" },
  { "{scrypt}", "password", "{scrypt}$e0801$8bWJaSu2IKSn9Z9kM+TPXfOc/9bdYSrN1oD9qfVThWEwdRTnO7re7E"
    .. "i+fUZRJ68k9lTyuTeUp4of4g24hHnazw==$OAOec05+bXxvuu/1qZ6NUR+xQYvYv7BeL1QxwRpY5Pc=",
    "scrypt" },
  { "scrypt without its id", "password", "$e0801$8bWJaSu2IKSn9Z9kM+TPXfOc/9bdYSrN1oD9qfVThWEwdRTnO"
    .. "7re7Ei+fUZRJ68k9lTyuTeUp4of4g24hHnazw==$OAOec05+bXxvuu/1qZ6NUR+xQYvYv7BeL1QxwRpY5Pc=",
    "scrypt" },
  { "{scrypt@SpringSecurity_v5_8}", "password", "{scrypt@SpringSecurity_v5_8}$100801$ABEiM0RVZneIma"
    .. "q7zN3u/w==$zQOTnb7vTXHVUHDusRqCvoORsTxTGyiYKTaiFCAhmSM=", "scrypt" },
  { "{argon2@SpringSecurity_v5_8}", "Tr0ub4dor&3-heron", "{argon2@SpringSecurity_v5_8}$argon2id$v=1"
    .. "9$m=65536,t=2,p=1$ABEiM0RVZneImaq7zN3u/w$/4HLBCCLZW1f20IQf9sBdiAGKicVrl39LvvKRZjKbKI",
    "argon2" },
  { "{pbkdf2}", "password", "{pbkdf2}5d923b44a6d129f3ddf3e3c8d29412723dcbde72445e8ef6bf3b508fbf17fa"
    .. "4ed4d6b99ca763d8dc", "pbkdf2" },
  { "{ldap}", "password", "{ldap}{SSHA}igvD9lOiTXm16dmOw0YWRb9OjK2ThZvdQku2EQ==", "ldap" },
  { "{MD4} with a salt", "password", "{MD4}{KYp8/QErWyQemYazZQ8UnWWfbGbkYkVC8qMi0duoA84=}152ce09d3"
    .. "261d2b53cac55b2ea4d1c7a", "md4" },
  { "{MD5} with a salt", "password", "{MD5}{aRYR+Yp2xSqtgF+vtjH6jNda6M083iEbP+zCFjLt9IA=}905e382a2"
    .. "5eed53e22224223b3581092", "md5" },
  { "{MD5} with an empty salt", "password", "{MD5}{}f1026a66095fc2058c1f8771ed05d6da", "md5" },
  { "{MD5} with a salt, in Base64", "abc123", "{MD5}{THIS_IS_A_SALT}poqv2QKZ0LE33ij7S7aFcw==",
    "md5" },
  { "{MD5}", "password", "{MD5}5f4dcc3b5aa765d61d8327deb882cf99", "md5" },
  { "{SHA-1} with a salt", "password", "{SHA-1}{6581QepZz2qd8jVrT2QYPVtK8DuM2n45dVslmc3UTWc=}4f3157"
    .. "3948ddbfb8ac9dd80107dfad13fd8f2454", "sha1" },
  { "{SHA-256} with a salt", "password", "{SHA-256}{UisHp3pFSMqcqrhQsrhR+hspIG0SyMDyDW/XtY+t6nA=}a9"
    .. "8efbaf59277bfd1837c33fd4fde67de5bcfd2205bcba0992f6fc32b03a8f88", "sha256" },
  { "{SHA-256}", "Tr0ub4dor&3-heron", "{SHA-256}8a6c565bcea9844bfd8643bf8d423908a359455ff9f36ae215a"
    .. "50a26ca6aa678", "sha256" },
  { "{SHA} in hex", "Tr0ub4dor&3-heron", "{SHA}7db5f9c4d8ee1012f9651eab6b71ca6504977d44", "sha1" },
}

for _, case in ipairs(GOOD) do
  test("Spring Security: " .. case[1] .. " verifies the password, and nothing else", function()
    local scheme = password.identify(case[3])
    equal({ scheme.name, scheme.supported }, { case[5] or "Spring Security", true })
    local hash = password.auto(case[3])
    local custom = type(hash) == "table" and hash or password.bcrypt(hash)
    equal(custom.algorithm, case[4])
    equal({ verify.hash(custom, case[2]), verify.hash(custom, case[2] .. "x") }, { true, false })
  end)
end

test("LDAP's values in Base64 stay LDAP's", function()
  for _, value in ipairs { "{SHA}fbX5xNjuEBL5ZR6ra3HKZQSXfUQ=", "{MD5}ToHUCbyf3O8kvdwvlk0cJA==" } do
    equal(password.auto(value).algorithm, "ldap")
  end
end)

---{value, part of the reason}
local BAD <const> = {
  { "{sha256}97cde38028ad898ebc02e690819fa220e88c62e0699403e94fff291cfffaf8410849f27605abcbc0",
    "1024 rounds" },
  { "{pbkdf2@SpringSecurity_v5_8}" .. ("ab"):rep(48), "does not contain its parameters" },
  { "{pbkdf2}" .. ("ab"):rep(41), "settings of its own" },
  { "{argon2}$argon2d$v=19$m=1024,t=1,p=1$c29tZXNhbHQ$Li5eBf5XrCz0cuzQRe9oflYqmA/VAzmzichw4ZYrvEU",
    "argon2d is not supported" },
  { "{noop}password", "cleartext" },
  { "{SHA-256}abc", "wrong length for {SHA256}" },
  { "{MD5}{salt}abc", "not 16 bytes" },
}

for _, case in ipairs(BAD) do
  test("Spring Security, not imported: " .. case[1]:sub(1, 30), function()
    local hash, _, reason = password.auto(case[1])
    equal(hash, nil)
    tap.contains(reason, case[2])
  end)
end

test("a salt with the length of the digest leaves open which is which", function()
  local md5 <const> = "5f4dcc3b5aa765d61d8327deb882cf99"
  for _, salt in ipairs { "0123456789abcdef0123456789abcdef", "poqv2QKZ0LE33ij7S7aFcw==" } do
    local kind = identify.of(md5 .. ":" .. salt)
    equal({ kind.scheme, kind.line, kind.supported }, { "hash and salt of 16 bytes" })
    tap.contains(kind.reason, "password_order=")
  end
  equal(identify.of(md5 .. ":q9Z").scheme, "hex of 16 bytes and a salt")
end)
