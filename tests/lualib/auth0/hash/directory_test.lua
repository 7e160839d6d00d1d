--- Passwords of directories: cleartext becomes bcrypt, and what is a hash does not.

local directory = require "auth0.hash.directory"
local tap = require "tests.tap"
local verify = require "auth0.hash.verify"

local contains, equal, raises, test = tap.contains, tap.equal, tap.raises, tap.test

local PLAIN <const> = "Tr0ub4dor&3-heron"

---{value, what its hash is of}
local GOOD <const> = {
  { PLAIN, PLAIN }, { "{CLEAR}" .. PLAIN, PLAIN }, { "{cleartext}" .. PLAIN, PLAIN },
  { " " .. PLAIN .. "\n", PLAIN }, { "!not unusable", "!not unusable" }, { "*", "*" },
  { "a1b2:c:1", "a1b2:c:1" }, { "$ecret", "$ecret" }, { "5f4dcc3b", "5f4dcc3b" },
  { "{in braces} and more", "{in braces} and more" },
}
for _, case in ipairs(GOOD) do
  test("the cleartext " .. case[1]:gsub("\n", "\\n") .. " becomes bcrypt of cost 10", function()
    local hash = assert(directory.password(case[1], "u1"))
    equal({ hash.algorithm, hash.hash.value:sub(1, 7) }, { "bcrypt", "$2b$10$" })
    equal({ verify.hash(hash, case[2]), verify.hash(hash, case[2] .. "x") }, { true, false })
  end)
end

---{value, algorithm}
local HASHES <const> = {
  { "{SSHA}HoSqzrp0FPTVFs+a7PKpEXlg1TahssPU5fYHGA==", "ldap" },
  { "{ssha-512}EQXKcT9bRKoDc61hjuwqs4O5VO/kfHoLc5Nxnnw9jCz/vcargRGAIRpvi+ucfr7/CTKiYxzKN5nAmDYu8Yy3"
    .. "7QARIjNEVWZ3iJmqu8zd7v8=", "ldap" },
  { "{pkcs5s2}ABEiM0RVZneImaq7zN3u/7CaLqBhVlO/rf2ofvAfVEowJTfl0WjtKb0q1g3hgzhG", "pbkdf2" },
  { "{CRYPT}$2y$10$./CgKyPTXlcGkYo5xL1s9u0tSWwPdzvaOlibgHKHW9lOzCdmI65Tq", "bcrypt" },
  { "$2y$10$./CgKyPTXlcGkYo5xL1s9u0tSWwPdzvaOlibgHKHW9lOzCdmI65Tq", "bcrypt" },
  { '{"$crypto":{"type":"salted-hash","value":{"algorithm":"BCRYPT","data":"$2y$10$./CgKyPTXlcGkYo5'
    .. 'xL1s9u0tSWwPdzvaOlibgHKHW9lOzCdmI65Tq"}}}', "bcrypt" },
  { "MD5$AQID$" .. "76Uh2DbTJ9T1whxaUmn0rw==", "md5" },
}
test("hashes are kept, with their scheme or without", function()
  for _, case in ipairs(HASHES) do
    local hash, why = directory.password(case[1], "u1")
    equal(hash and hash.algorithm or why, case[2])
    if hash then equal(verify.hash(hash, PLAIN), true) end
  end
end)

---{value, part of the reason}
local LOST <const> = {
  { "{CRYPT}$6$abcdefgh$x", "sha512-crypt" }, { "{CRYPT}$1$abc$x", "md5-crypt" },
  { "{crypt}rl0uE7V2VnN4A", "DES" }, { "{CRYPT}$y$j9T$x$y", "yescrypt" },
  { "$1$abcdefgh$abc", "md5-crypt" }, { "5f4dcc3b5aa765d61d8327deb882cf99", "bare hex" },
  { "{SASL}ada@EXAMPLE.COM", "another system" }, { "{FOO}bar", "{FOO}" },
  { "{TOTP1}GEZDGNBVGY3TQOJQ", "{TOTP1}" }, { ("x"):rep(73), "longer than 72 bytes" },
  { "a\0b", "zero byte" }, { "", "no password hash" },
}
test("what Auth0 cannot verify has a reason, which does not show it", function()
  for _, case in ipairs(LOST) do
    local hash, why = directory.password(case[1], "u1")
    equal(hash, nil)
    contains(why, case[2])
  end
end)

test("the salt of a cleartext follows from the id: the same user is mapped alike", function()
  local function hashed(id) return directory.cleartext(PLAIN, id).hash.value end
  equal(hashed "u1", hashed "u1")
  assert(hashed "u1" ~= hashed "u2")
  raises(function() directory.cleartext(PLAIN) end, "id")
end)
