--- Hash formats of single systems, verified with the cleartext.

local password = require "auth0.password"
local tap = require "tests.tap"
local digest = require "host.digest"
local verify = require "auth0.hash.verify"

local equal, test = tap.equal, tap.test

local PLAIN <const> = "Tr0ub4dor&3-heron"

---{scheme, what, value}: each verifies PLAIN, and nothing else.
local GOOD <const> = {
  { "Ory Kratos", "a salt before", "$sha256$pf=e1NBTFR9e1BBU1NXT1JEfQ==$cGViYmxlLTc3$xT5fIN7WiVV"
    .. "v0WTTuMNeM82iFK/6bER+ukphQeECNHY=" },
  { "Ory Kratos", "a salt after", "$sha512$pf=e1BBU1NXT1JEfXtTQUxUfQ==$cGViYmxlLTc3$kIh+asHTBUh"
    .. "JQvqrKCeUxhP8Fpu3OFA7/s64Q1FWzNhmiXcs4Chkt66MC3RJXDm9RPYmJvE"
    .. "sMJ4rqTCL3yHFRg==" },
  { "Ory Kratos", "plain md5", "$md5$ToHUCbyf3O8kvdwvlk0cJA==" },
  { "Ory Kratos", "hmac", "$hmac-sha256$YWY0OWM2NWZmZDQ4MTc5ZWViYmRkZTc0ZjZjZDliMGNiM2F"
    .. "lYzkwN2ZlZjc2Y2Q4MjgyODBjMzdkMTQ0YWYxZA==$cGViYmxlLTc3" },
  { "scrypt", "Ory's N", "$scrypt$ln=1024,r=8,p=1$cGViYmxlLTc3$IGyIT3qC2ya/QTTykjP8BD9"
    .. "xAOVOOpOE6066EXPvgyA=" },
  { "scrypt", "passlib's logarithm", "$scrypt$ln=10,r=8,p=1$cGViYmxlLTc3$IGyIT3qC2ya/QTTykjP8BD9xA"
    .. "OVOOpOE6066EXPvgyA" },
  { "Werkzeug", "scrypt", "scrypt:1024:8:1$pebble-77$206c884f7a82db26bf4134f29233fc043f"
    .. "7100e54e3a9384eb4eba1173ef83204af368cc2c6319cf06df7b99ce74b5"
    .. "7458cec4bb83a8f52525b9c93e38679f68" },
  { "Werkzeug", "pbkdf2", "pbkdf2:sha256:1000$pebble-77$f77ca92b5329ecebd9d2d7be3c2445b"
    .. "ef10568dac6577868458db0c23b420b99" },
  { "Magento", "md5", "11ceed8c8319d637d9478a5ec35f77f7:pebble-77:0" },
  { "Magento", "sha256", "c53e5f20ded689556fd164d3b8c35e33cda214affa6c447eba4a6141e102"
    .. "3476:pebble-77:1" },
}

for _, case in ipairs(GOOD) do
  test(case[1] .. ": " .. case[2] .. " is identified, imported and verifies", function()
    local scheme = password.identify(case[3])
    equal({ scheme.name, scheme.supported }, { case[1], true })
    local custom, second = password.auto(case[3])
    equal(second, nil)
    equal({ verify.hash(custom, PLAIN), verify.hash(custom, PLAIN .. "x") }, { true, false })
  end)
end

test("Magento: Argon2 uses the first 16 bytes of the salt, and the parameters of the version",
  function()
    local value = ("ab"):rep(32) .. ":0123456789abcdefXYZ:"
    for _, version in ipairs { "2", "3_32_2_67108864" } do
      local custom = password.auto(value .. version)
      tap.contains(custom.hash.value,
        "$argon2id$v=19$m=65536,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$")
    end
  end)

test("Magento 1 has no version, and at first no salt", function()
  for value, salt in pairs {
    [digest.hex(digest.hash("md5", "qX" .. PLAIN)) .. ":qX"] = "qX",
    [digest.hex(digest.hash("sha256", "qX" .. PLAIN)) .. ":qX"] = "qX",
    [digest.hex(digest.hash("md5", PLAIN))] = false,
  } do
    local custom = password.magento(value)
    equal(custom.salt and custom.salt.value or false, salt)
    equal({ verify.hash(custom, PLAIN), verify.hash(custom, PLAIN .. "x") }, { true, false })
  end
end)

test("Magento: what is not a hash, or has a salt that Argon2 does not get, has a reason", function()
  for _, value in ipairs {
    "x", "abc:qX", ("ab"):rep(32) .. ":short:2", ("0"):rep(32) .. ":a:0:1", "", ("0"):rep(40),
  } do
    local custom, why = password.magento(value)
    equal({ custom, type(why) }, { nil, "string" })
  end
end)

---{scheme, value}: identified, but not supported by Auth0.
local BAD <const> = {
  { "Magento", ("0"):rep(32) .. ":salt:0:1" }, { "Magento", ("0"):rep(64) .. ":salt:9" },
  { "Magento", ("0"):rep(30) .. ":salt:3_32_2_67108864" },
  { "Ory Kratos", "$sha256$pf=e1NBTFR9fHtQQVNTV09SRH0=$cGViYmxlLTc3$AAAA" },
  { "Ory Kratos", "$sha256$pf=*$cGViYmxlLTc3$AAAA" }, { "Ory Kratos", "$hmac-sha256$x" },
  { "Firebase scrypt", "$firescrypt$ln=14,r=8,p=1,ss=Bw==,sk=a$b$c" },
  { "md5-crypt", "$md5-crypt$x" }, { "SHA-crypt", "$sha512-crypt$x" },
  { "Werkzeug", "scrypt:1024:8:1$pebble-77$" }, { "Werkzeug", "pbkdf2:sha256:1$s$0g" },
  { "scrypt", "$scrypt$ln=x$a$b" }, { "scrypt", "$scrypt$ln=99999,r=8,p=1$YWJj$YWJj" },
  { "SCRAM", "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$a:b" },
  { "MySQL", "*94BDCEBE19083CE2A1F959FD02F964C7AF4CFC29" },
}

for _, case in ipairs(BAD) do
  test(case[1] .. ": " .. case[2]:sub(1, 24) .. " is rejected with a reason", function()
    local scheme = password.identify(case[2])
    equal({ scheme.name, scheme.supported }, { case[1], false })
    assert(scheme.reason)
  end)
end
