--- Of several mappings that verify, the search names the one that changes the recipe's own least;
--- one that was found for another login comes first.

local digest = require "host.digest"
local line = require "auth0.search.line"
local nearness = require "auth0.search.nearness"
local search = require "auth0.search"
local tap = require "tests.tap"
local typed_advice = require "tests.lualib.auth0.typed_advice"
local verify = require "auth0.hash.verify"

local equal, test = tap.equal, tap.test

local PLAIN <const> = "Tr0ub4dor&3-heron"
local SALT <const> = "00ff10a5c3d2e1f0"
local BYTES <const> = digest.unhex(SALT)
local BCRYPT <const> = digest.bcrypt(PLAIN, 4)
local HEAD <const> = "custom_password_hash = "

local function hash(name, data) return digest.hex(digest.hash(name, data)) end
local function b64(data) return digest.base64(data) end

---A search for a record whose mapping is `own`, by a recipe that mentions the names in it.
local function found(record, own, more)
  more = more or {}
  local user = own and line.user(HEAD .. own, { record = record }) or {}
  return search.search {
    user = user, record = record, cleartext = PLAIN, known = more.known, pause = more.pause,
    mentions = function(name)
      return own ~= nil and own:find("%f[%w_]" .. name .. "%f[^%w_]") ~= nil
    end,
  }
end

local KEY <const> = digest.pbkdf2("sha256", PLAIN, BYTES, 29000, 32)

---{what, record, the recipe's own mapping, the nearest}
local CASES <const> = {
  { "the same digest rather than one that is tried earlier",
    { a = hash("md5", PLAIN), b = hash("sha1", PLAIN), salt = "abc" },
    'password.digest("sha1", row.b, { salt = row.salt })', 'password.digest("sha1", row.b)' },
  { "the same algorithm rather than a digest in another column",
    { old = hash("md5", PLAIN), hash = digest.bcrypt(PLAIN .. "abc", 4), salt = "abc" },
    "password.bcrypt(row.hash)", "password.bcrypt(row.hash, { pepper = row.salt })" },
  { "pbkdf2 with other rounds rather than a digest in another column",
    { old = hash("md5", PLAIN), hash = b64(KEY), salt = b64(BYTES) },
    'password.pbkdf2("sha256", 1000, password.bytes(row.salt, "base64"), '
      .. 'password.bytes(row.hash, "base64"))',
    'password.pbkdf2("sha256", 29000, password.bytes(row.salt, "base64"), '
      .. 'password.bytes(row.hash, "base64"))' },
  { "scrypt with another cost rather than a digest in another column",
    { old = hash("md5", PLAIN), hash = digest.hex(digest.scrypt(PLAIN, SALT, 2048, 8, 1, 32)),
      salt = SALT },
    'password.scrypt { cost = 16384, salt = row.salt, key = password.bytes(row.hash, "hex") }',
    'password.scrypt { cost = 2048, salt = row.salt, key = password.bytes(row.hash, "hex") }' },
  { "the column that the recipe reads, of two with the same hash",
    { a = hash("sha1", PLAIN .. "abc"), z = hash("sha1", PLAIN .. "abc"), salt = "abc" },
    'password.digest("sha1", row.z, { salt = row.salt })',
    'password.digest("sha1", row.z, { salt = row.salt, position = "suffix" })' },
  { "the salt that the recipe reads, of two that are equal",
    { hash = hash("sha1", PLAIN .. "abc"), a_salt = "abc", salt = "abc" },
    'password.digest("sha1", row.hash, { salt = row.salt })',
    'password.digest("sha1", row.hash, { salt = row.salt, position = "suffix" })' },
  { "a salt that the recipe reads, whatever its name",
    { hash = hash("sha1", PLAIN .. "abc"), salt_of_old = "abc", login = "abc" },
    'password.digest("sha1", row.hash, { salt = row.login })',
    'password.digest("sha1", row.hash, { salt = row.login, position = "suffix" })' },
  { "an encoding of the password alone",
    { a = hash("md5", digest.transcode(PLAIN, "utf16le")),
      hash = b64(digest.hash("sha1", BYTES .. digest.transcode(PLAIN, "utf16le"))),
      salt = b64(BYTES) },
    'password.digest("sha1", row.hash, { salt = row.salt, salt_encoding = "base64" })',
    'password.digest("sha1", row.hash, { salt = row.salt, salt_encoding = "base64", '
      .. 'position = "prefix", password_encoding = "utf16le" })' },
  { "the column that the recipe reads, if it maps no hash",
    { a = hash("md5", PLAIN), hash = hash("sha1", PLAIN) }, "password.auto(row.hash)",
    'password.digest("sha1", row.hash)' },
  { "another algorithm, if the recipe's own matches in no way",
    { hash = hash("md5", PLAIN), other = ("ab"):rep(20) }, 'password.digest("sha1", row.other)',
    'password.digest("md5", row.hash)' },
}

for _, case in ipairs(CASES) do
  test("search, the nearest: " .. case[1], function()
    equal(found(case[2], case[3]).line, HEAD .. case[4])
  end)
end

test("search: a mapping of another login is tried first, before everything else", function()
  local record = { hash = hash("sha1", PLAIN .. "abc"), a_salt = "abc", salt = "abc" }
  local known = HEAD
    .. 'password.digest("sha1", row.hash, { salt = row.a_salt, position = "suffix" })'
  local answer = found(record, nil, {
    known = { HEAD .. "password.bcrypt(row.hash)", HEAD .. "row.nothing:sub(1)", known },
    pause = error,
  })
  equal({ answer.line, answer.tried }, { known, 3 })
end)

---{what, record}: names and values that cannot be written as they are
local ODD <const> = {
  { "a word of Lua as a name", { ["end"] = hash("sha1", PLAIN) } },
  { "control characters in a name", { ["a\27[31m\n\"]b"] = hash("sha1", PLAIN) } },
  { "a name that turns text around", { ["a\u{202E}b"] = hash("sha1", PLAIN) } },
  { "a number as the salt", { hash = hash("sha1", PLAIN .. "42"), id = 42 } },
  { "a hash in a table", { login = { hash = hash("sha1", PLAIN .. "abc") .. ":abc" } } },
  { "a hash in JSON", { data = '{"login":{"hash":"' .. hash("sha1", PLAIN) .. '"}}' } },
  { "a value taken apart, whose name is not a word", { ["pass word"] = hash("sha1", PLAIN .. "abc")
    .. ":abc" } },
  { "salt and hash with a dot between", { pw = digest.hex(digest.scrypt(PLAIN, SALT, 16384, 8, 1,
    64)) .. "." .. SALT } },
  { "SHA-384 in Base64, as LDAP has it", { pw = b64(digest.hash("sha384", PLAIN)) } },
}

for _, case in ipairs(ODD) do
  test("search, a line that can be typed: " .. case[1], function()
    local answer = found(case[2])
    assert(answer.line, answer.reason)
    equal(answer.line:find("[^ -~]"), nil)
    local users = typed_advice.users(answer.line, { case[2], { email = "none@example.com" } })
    equal(verify.password(users[1], PLAIN), true)
    equal(verify.password(users[1], PLAIN .. "x"), false)
    equal(users[2].custom_password_hash, nil)
  end)
end

test("a line that fails for a record has no hash there", function()
  equal(line.user(HEAD .. "password.bcrypt(row.hash:sub(2))", { record = {} }), nil)
  equal(line.user(HEAD .. "password.bcrypt(", { record = {} }), nil)
  equal(line.user(HEAD .. "password.bcrypt(row.hash)", { record = { hash = BCRYPT } })
    .custom_password_hash.algorithm, "bcrypt")
end)

test("nearness: nothing changed, an option, a value, an algorithm", function()
  local function parts(expression)
    return nearness.parts(assert(line.user(HEAD .. expression, {
      record = { a = hash("sha1", "a"), b = hash("sha1", "b"), c = hash("md5", "c"), salt = "s" },
    })))
  end
  local own = parts 'password.digest("sha1", row.a, { salt = row.salt })'
  local last = -1
  for _, other in ipairs {
    'password.digest("sha1", row.a, { salt = row.salt })',
    'password.digest("sha1", row.a, { salt = row.salt, position = "suffix" })',
    'password.digest("sha1", row.a)', 'password.digest("sha1", row.b, { salt = row.salt })',
    'password.digest("md5", row.c, { salt = row.salt })',
  } do
    local distance = nearness.distance(own, parts(other))
    assert(distance > last, other)
    last = distance
  end
  equal(nearness.distance(own, own), 0)
end)
