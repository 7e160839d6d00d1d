--- Hashes that mean something of their own in Ory Kratos and in ZITADEL.

local json = require "host.json"
local servers = require "auth0.hash.servers"
local tap = require "tests.tap"
local verify = require "auth0.hash.verify"

local equal, test = tap.equal, tap.test

-- scrypt of "kratos Dan 4" with N=16 and of "kratos Cleo 3" with N=16384, by OpenSSL.
local SIXTEEN <const> =
  "$scrypt$ln=16,r=8,p=1$AQIDBAUGBwgJCgsMDQ4PEA==$gYa05F4HsoM3Q2EDOvSOIyduQCAlZZDaS4fyTcOHDFI="
local LARGE <const> =
  "r=8,p=1$AQIDBAUGBwgJCgsMDQ4PEA$TLtlnVB7yBgXq3mugbtvkPsnhaM5Yy/fXogVSBrWGXM"

test("Kratos: what follows ln= of scrypt is N, also if it is small", function()
  local hash = servers.kratos(SIXTEEN)
  equal({ hash.cost, verify.hash(hash, "kratos Dan 4") }, { 16, true })
  hash = servers.kratos("$scrypt$ln=16384," .. LARGE)
  equal({ hash.cost, verify.hash(hash, "kratos Cleo 3") }, { 16384, true })
end)

test("ZITADEL: it is log2 of N", function()
  local hash = servers.zitadel("$scrypt$ln=14," .. LARGE)
  equal({ hash.cost, verify.hash(hash, "kratos Cleo 3") }, { 16384, true })
  local none, why = servers.zitadel("$scrypt$ln=16384," .. LARGE)
  equal(none, nil)
  tap.contains(why, "log2")
end)

test("ZITADEL: 32 digits are an md5, which are no hash elsewhere", function()
  local digits = "5f4dcc3b5aa765d61d8327deb882cf99"
  equal(verify.hash(servers.zitadel(digits), "password"), true)
  equal(servers.kratos(digits), nil)
end)

test("other hashes are read as anywhere", function()
  for _, name in ipairs { "kratos", "zitadel" } do
    equal(servers[name]("{SSHA}Zl3+qPu3nMdAGGmCR7NtPHz88N4BAgME").algorithm, "ldap")
    local none, why = servers[name] "$6$abc$def"
    equal({ none, why }, { nil, "sha512-crypt is not supported" })
    equal(select(2, servers[name](nil)), "no password hash")
  end
end)

test("ForgeRock: objects of IDM, also as text, and what its directory stores", function()
  local object = { ["$crypto"] = { type = "salted-hash", value = {
    algorithm = "SHA-1", data = "Zl3+qPu3nMdAGGmCR7NtPHz88N4BAgME",
  } } }
  local stored = "{SSHA}Zl3+qPu3nMdAGGmCR7NtPHz88N4BAgME"
  for _, given in ipairs { object, json.encode(object), stored } do
    equal(verify.hash(servers.forgerock(given), "green Valley 1"), true)
  end
  object["$crypto"].value.algorithm = "PBKDF2"
  equal({ servers.forgerock(object) }, { nil, "ForgeRock's PBKDF2 is not published" })
end)
