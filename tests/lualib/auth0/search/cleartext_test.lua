--- A record that holds the password itself: the search notices it at once, says how it is hashed,
--- and shows nothing of it.

local digest = require "host.digest"
local json = require "host.json"
local search = require "auth0.search"
local tap = require "tests.tap"
local typed_advice = require "tests.lualib.auth0.typed_advice"
local verify = require "auth0.hash.verify"

local contains, equal, test = tap.contains, tap.equal, tap.test

local PLAIN <const> = "Tr0ub4dor & heron+%41"
local FREQUENT <const> = "password"

local ATTEMPTS <const> = 5 -- that take time

local function found(record, cleartext, user)
  local calls = 0
  return search.search {
    user = user or {}, record = record, cleartext = cleartext or PLAIN,
    pause = function()
      calls = calls + 1
      return calls > ATTEMPTS
    end,
  }
end

local function escaped(value, space)
  return (value:gsub("[^%w]", function(c)
    return c == " " and space or string.format("%%%02X", c:byte())
  end))
end

---{what, record, part of the line, part of the reason}
local CASES <const> = {
  { "as it is", { id = "7", pw = PLAIN }, "row.id and password.cleartext(row.pw, row.id)",
    "row.pw is the password itself, not a hash of it" },
  { "in a column of any name", { id = "7", x1 = PLAIN }, "password.cleartext(row.x1, row.id)",
    "row.x1 is the password itself" },
  { "padded", { mail = "a@example.com", pw = "  " .. PLAIN .. " " }, "row.pw:match(",
    "padded" },
  { "in Base64", { id = 7, pw = digest.base64(PLAIN) },
    'password.cleartext(password.bytes(row.pw, "base64"), tostring(row.id))', "in Base64" },
  { "in Base64 of URLs without padding", { id = "7", pw = digest.base64(PLAIN, { url = true,
    pad = false }) }, 'password.bytes(row.pw, "base64")', "in Base64" },
  { "in hex", { id = "7", pw = digest.hex(PLAIN):upper() }, 'password.bytes(row.pw, "hex")',
    "in hex" },
  { "as in a URL", { id = "7", pw = escaped(PLAIN, "%20") }, ":gsub(", "as in a URL" },
  { "as in a form", { id = "7", pw = escaped(PLAIN, "+") }, ":gsub(", "as in a URL" },
  { "with a scheme of LDAP", { uid = "ada", userpassword = { "{CLEARTEXT}" .. PLAIN } },
    "password.directory(row.userpassword[1], row.uid)", "the password itself" },
  { "with a scheme of Spring", { id = "7", pw = "{noop}" .. PLAIN }, "password.directory(row.pw",
    "the password itself" },
  { "nested", { id = "7", logins = { { kind = "x" }, { secret = PLAIN } } },
    "password.cleartext(row.logins[2].secret, row.id)", "row.logins[2].secret" },
  { "in JSON", { id = "7", data = json.encode { login = { pw = PLAIN } } },
    "password.cleartext(cjson.decode(row.data).login.pw, row.id)", "the password itself" },
  { "as a part", { id = "7", pw = "x|" .. PLAIN }, 'row.pw:match("^[^|]*|([^|]*)")',
    "the password itself" },
  { "without anything else", { pw = PLAIN }, "password.cleartext(row.pw, row.pw)",
    "the password itself" },
}

for _, case in ipairs(CASES) do
  test("a cleartext password is noticed: " .. case[1], function()
    local answer = found(case[2])
    contains(answer.line, case[3])
    contains(answer.reason, case[4])
    contains(answer.reason, "keep the export safe")
    assert(answer.cleartext)
    for _, text in ipairs { answer.line, answer.reason, answer.cleartext } do
      equal(text:find("Tr0ub", 1, true), nil)
    end
    local users = typed_advice.users(answer.line, { case[2], { email = "none@example.com" } })
    equal(verify.password(users[1], PLAIN), true)
    equal(verify.password(users[1], PLAIN .. "x"), false)
    equal(users[2].custom_password_hash, nil)
  end)
end

test("a hash in the record counts more than the password beside it", function()
  contains(found({ id = "7", hint = PLAIN, hash = digest.hex(digest.hash("sha1", PLAIN)) }).line,
    'password.digest("sha1", row.hash)')
  contains(found({ id = "7", pw = PLAIN, hash = digest.bcrypt(PLAIN, 4) }).line,
    "password.bcrypt(row.hash)")
end)

test("a password that is the user's name, or short, may be there by chance", function()
  local user = { username = FREQUENT }
  for record, name in pairs {
    [{ login = FREQUENT, hash = ("ab"):rep(20) }] = "row.login",
    [{ plan = "pro", hash = ("ab"):rep(20) }] = "row.plan",
  } do
    local answer = found(record, record.plan or FREQUENT, user)
    equal({ answer.line, answer.cleartext }, {})
    contains(answer.reason, name .. " is the same as the password")
  end
  contains(found({ password = FREQUENT, login = FREQUENT }, nil, user).reason, "no match")
  contains(found({ password = FREQUENT, login = FREQUENT }, FREQUENT, user).line,
    "password.cleartext(row.password")
end)

test("a password that bcrypt cannot hash has no line", function()
  local long = ("x1"):rep(40)
  local answer = found({ id = "7", pw = long }, long)
  equal(answer.line, nil)
  contains(answer.reason, "row.pw is the password itself, not a hash of it; bcrypt cannot hash it")
  equal(answer.cleartext, "row.pw")
end)
