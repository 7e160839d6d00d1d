--- auth0.guess: what old systems did to a password is found from one login, and the line works.

local digest = require "host.digest"
local guess = require "auth0.guess"
local json = require "host.json"
local password = require "auth0.password"
local tap = require "tests.tap"
local verify = require "auth0.verify"

local test = tap.test

local PLAIN <const> = "Tr0ub4dor&3-heron"
local WIDE <const> = "Größe-heron"
local SALT <const> = "00ff10a5c3d2e1f0"
local BYTES <const> = digest.unhex(SALT)
local PEPPER <const> = "orchard-pepper"

local function hash(name, data) return digest.hex(digest.hash(name, data)) end
local function raw(name, data) return digest.hash(name, data) end
local function b64(data) return digest.base64(data) end

---Runs a line as a recipe would.
local function run(line, record, pepper)
  local chunk = assert(load("local row, params, password, cjson, value = ...\n"
    .. "local password_hash, custom_password_hash\n" .. line
    .. "\nreturn password_hash, custom_password_hash"))
  return chunk(record, { pepper = pepper }, password, { decode = json.decode })
end

---{name, record, part of the line, {cleartext, pepper}}
local FOUND <const> = {
  { "sha1 with a salt after", { hash = hash("sha1", PLAIN .. SALT), salt = SALT },
    'password.digest("sha1", row.hash, { salt = row.salt, position = "suffix" })' },
  { "a salt in hex that counts as bytes", { hash = hash("sha256", BYTES .. PLAIN), salt = SALT },
    'salt_encoding = "hex", position = "prefix"' },
  { "a salt in Base64 that counts as text",
    { pw = b64(raw("sha256", b64(BYTES) .. PLAIN)), s = b64(BYTES) }, "salt = row.s, position" },
  { "the address as the salt, in lower case",
    { hash = hash("md5", "anna@example.com" .. PLAIN), email = "Anna@example.com" },
    "row.email:lower()" },
  { "a padded salt", { hash = hash("sha1", "abc" .. PLAIN), salt = "abc   " }, "row.salt:match" },
  { "a padded hash", { hash = hash("sha1", PLAIN) .. "\0\0  " }, '"sha1", row.hash)' },
  { "a hash with 0x", { hash = "0x" .. hash("sha1", PLAIN):upper() }, '"sha1", row.hash)' },
  { "NTLM", { nt = hash("md4", digest.transcode(PLAIN, "utf16le")) },
    '"md4", row.nt, { password_encoding = "utf16le" }' },
  { "letters in latin1", { hash = hash("sha1", digest.transcode(WIDE, "latin1")) },
    'password_encoding = "latin1"', { WIDE } },
  { "salt and hash in one value", { pw = "abc:" .. hash("sha1", "abc" .. PLAIN) },
    'row.pw:match("^[^:]*:([^:]*)")' },
  { "a pepper after", { hash = hash("sha256", PLAIN .. PEPPER) }, "salt = params.pepper",
    { PLAIN, PEPPER } },
  { "salt and pepper before", { hash = hash("sha256", "abc" .. PEPPER .. PLAIN), salt = "abc" },
    "salt = row.salt .. params.pepper", { PLAIN, PEPPER } },
  { "an LDAP value without its scheme", { pw = b64(raw("sha1", PLAIN .. "salt") .. "salt") },
    'password.ldap("{SSHA}" .. row.pw)' },
  { "an LDAP value", { pw = "{SHA}" .. b64(raw("sha1", PLAIN)) },
    "password.ldap_password(row.pw)" },
  { "hmac with the salt as its key", { hash = digest.hex(digest.hmac("sha256", "abc", PLAIN)),
    salt = "abc" }, 'password.hmac("sha256", row.hash, row.salt)' },
  { "hmac with a key in hex", { hash = digest.hex(digest.hmac("sha1", BYTES, PLAIN)),
    key = SALT }, 'key_encoding = "hex"' },
  { "bcrypt in another field", { a = "x", legacy = digest.bcrypt(PLAIN, 4) },
    "password.bcrypt(row.legacy)" },
  { "bcrypt with a pepper after", { hash = digest.bcrypt(PLAIN .. PEPPER, 4) },
    "password.bcrypt(row.hash, { pepper = params.pepper })", { PLAIN, PEPPER } },
  { "bcrypt with a salt before", { hash = digest.bcrypt("abc" .. PLAIN, 4), salt = "abc" },
    'pepper = row.salt, position = "prefix"' },
  { "bcrypt of letters in latin1",
    { hash = digest.bcrypt(digest.transcode(WIDE, "latin1"), 4) },
    'custom_password_hash.password = { encoding = "latin1" }', { WIDE } },
  { "pbkdf2 with its rounds in the record", { hash = b64(digest.pbkdf2("sha256", PLAIN, BYTES, 1717,
    32)), salt = b64(BYTES), iterations = 1717 },
    'password.pbkdf2("sha256", row.iterations, password.bytes(row.salt, "base64"), '
      .. 'password.bytes(row.hash, "base64"))' },
  { "pbkdf2 with a salt as text", { hash = digest.hex(digest.pbkdf2("sha1", PLAIN, SALT, 1000, 24)),
    salt = SALT }, 'password.pbkdf2("sha1", 1000, row.salt, password.bytes(row.hash, "hex"))' },
  { "pbkdf2 with a key longer than its digest",
    { hash = digest.hex(digest.pbkdf2("sha1", PLAIN, SALT, 1000, 64)), salt = SALT },
    '"sha1", 1000' },
  { "scrypt with its cost as a logarithm", { hash = digest.hex(digest.scrypt(PLAIN, BYTES, 1024, 8,
    1, 64)), salt = SALT, ln = 10 }, "cost = 1 << row.ln" },
  { "inside JSON", { data = json.encode { pw = hash("sha1", "abc" .. PLAIN), s = "abc" } },
    "cjson.decode(row.data).pw" },
  { "a field whose name is no word", { ["pass word"] = hash("sha1", PLAIN) }, 'row["pass word"]' },
}

for _, case in ipairs(FOUND) do
  test("guess: " .. case[1], function()
    local cleartext, pepper = PLAIN, nil
    if case[4] then cleartext, pepper = case[4][1], case[4][2] end
    local found = guess.search {
      user = {}, record = case[2], cleartext = cleartext, pepper = pepper,
    }
    tap.contains(found.line, case[3])
    local plain, custom = run(found.line, case[2], pepper)
    tap.equal(verify.password({ password_hash = plain, custom_password_hash = custom }, cleartext),
      true)
    tap.equal(found.line:find(SALT, 1, true), nil)
  end)
end

---{name, record, part of the reason, {cleartext, pepper}}
local WITHOUT <const> = {
  { "md5 of md5", { hash = hash("md5", hash("md5", PLAIN)) },
    "md5 over the hex of the password's" },
  { "MySQL's PASSWORD", { hash = hash("sha1", raw("sha1", PLAIN)) },
    "the bytes of the password's" },
  { "md5 of md5 and salt", { hash = hash("md5", hash("md5", PLAIN) .. "abc"), salt = "abc" },
    "with row.salt as its salt" },
  { "salts on both sides", { hash = hash("sha1", "abc" .. PLAIN .. "xyz"), salt = "abc",
    salt2 = "xyz" }, "salts on both sides" },
  { "a digest that Auth0 lacks", { hash = hash("sha384", PLAIN) }, "is sha384" },
  { "the password as key of an hmac", { hash = digest.hex(digest.hmac("sha256", PLAIN, "abc")),
    salt = "abc" }, "the password as its key" },
  { "bcrypt of sha256", { hash = digest.bcrypt(hash("sha256", PLAIN), 4) },
    "bcrypt over the hex of the password's sha256" },
  { "a password in upper case", { hash = hash("sha1", PLAIN:upper()) }, "in upper case" },
  { "a salt in front of the digest", { hash = SALT .. hash("sha1", BYTES .. PLAIN) },
    "with its salt in front, which goes before" },
  { "phpass", { hash = "$P$Babcdefghijklmnopqrstuvwxyz01234" }, "phpass" },
  { "Drupal", { hash = "$S$Dabcdef" }, "Drupal" },
  { "WordPress 6.8", { hash = "$wp" .. digest.bcrypt(b64(digest.hmac("sha384", "wp-sha384", PLAIN)),
    4) }, "and the password fits" },
  { "sha512-crypt of another password", { hash = "$6$rounds=1000$abcdefgh$" .. ("a"):rep(86) },
    "row.hash is sha512-crypt; Auth0 has no form" },
  { "pbkdf2 with a pepper", { hash = digest.hex(digest.pbkdf2("sha256", PLAIN .. PEPPER, "abc", 10,
    32)), salt = "abc" }, "the password and the pepper", { PLAIN, PEPPER } },
}

for _, case in ipairs(WITHOUT) do
  test("guess: no form of Auth0's, and why: " .. case[1], function()
    local more = case[4] or { PLAIN }
    local found = guess.search {
      user = {}, record = case[2], cleartext = more[1], pepper = more[2],
    }
    tap.equal(found.line, nil)
    tap.contains(found.reason, case[3])
  end)
end

test("guess: the mapped hash is looked at where the record does not hold it", function()
  local found = guess.search { record = {}, cleartext = PLAIN, user = { custom_password_hash = {
    algorithm = "sha1", hash = { value = hash("md5", PLAIN), encoding = "hex" },
  } } }
  tap.contains(found.line, 'password.digest("md5", value)')
end)

test("guess: blanks around the cleartext are told", function()
  local found = guess.search { record = {}, cleartext = PLAIN .. " ", user = {
    custom_password_hash = password.digest("sha1", hash("sha1", PLAIN)),
  } }
  tap.contains(found.reason, "without the blanks")
end)

test("guess: nothing fits another password, and the search ends when it is told to", function()
  local calls = 0
  local found = guess.search {
    record = { hash = ("ab"):rep(32), salt = "abc" }, user = {}, cleartext = PLAIN,
    pause = function()
      calls = calls + 1
      return calls > 20
    end,
  }
  tap.equal({ found.line, found.unfinished, calls }, { nil, true, 21 })
  tap.contains(found.reason, "nothing that was tried fits")
  assert(found.tried > 100)
end)

test("a mapped hash that does not fit does not hide the hash of the record", function()
  local record = { salt = b64(BYTES), rounds = 10,
    hash = b64(digest.pbkdf2("sha256", PLAIN, BYTES, 10, 32)) }
  local wrong = password.pbkdf2("sha256", 10, record.salt, password.bytes(record.hash, "base64"))
  local found = guess.search {
    user = { custom_password_hash = wrong }, record = record, cleartext = PLAIN,
  }
  tap.contains(found.line, 'password.bytes(row.salt, "base64")')
end)
