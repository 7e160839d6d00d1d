--- Passwords, with the real program: logins tried and tested, hashes identified.

local digest = require "host.digest"
local json = require "host.json"
local process = require "host.process"
local program = require "tests.e2e.program"
local scheduler = require "base.scheduler"
local tap = require "tests.tap"
local worked_hashes = require "tests.lualib.auth0.hash.worked_hashes"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene = program.scene

local PLAIN <const> = "Tr0ub4dor&3-heron"
local BCRYPT <const> = digest.bcrypt(PLAIN, 4)
local CSV <const> = "id,password\n%s,\"" .. PLAIN .. "\"\n"

---A source of one row in which `hash` is the stored password; further columns by name.
local function one(s, hash, more)
  s:write("people.csv", string.format("id,email,name,hash%s\nu1,anna@example.com,Anna,%s%s\n",
    more and "," .. more[1] or "", hash, more and "," .. more[2] or ""))
end

---Fails if the output of a command contains the password or the hash.
local function discreet(ended, hash)
  for _, text in ipairs { ended.stdout, ended.stderr } do
    equal(text:find(PLAIN, 1, true), nil, text)
    if hash then equal(text:find(hash, 1, true), nil, text) end
  end
end

-- try-login -----------------------------------------------------------------------------------

---A scene with Anna in the tenant.
local function with_anna(fn)
  scene(nil, function(s)
    one(s, BCRYPT)
    s:tenant()
    s:run(program.words "--yes"):ends_with(0)
    fn(s)
  end)
end

test("try-login succeeds for address and user_id, with 0", function()
  with_anna(function(s)
    s:write("logins.csv", string.format(CSV, "ANNA@example.com") .. "u1," .. PLAIN .. "\n"
      .. "auth0|u1," .. PLAIN .. "\n")
    local ended = s:run({ "try-login", "--logins", "logins.csv" }):ends_with(0)
    equal(ended.stdout, "ANNA@example.com: yes\nu1: yes\nauth0|u1: yes\n")
    discreet(ended)
  end)
end)

test("try-login fails for a wrong password and for an unknown user, with 3", function()
  with_anna(function(s)
    s:write("logins.ndjson", json.encode { id = "anna@example.com", password = "wrong" } .. "\n"
      .. json.encode { id = "nobody@example.com", password = PLAIN } .. "\n")
    local ended = s:run({ "try-login", "--logins", "logins.ndjson", "--json" }):ends_with(3)
    local object = ended:object()
    equal({ object.exit, object.tried, object.failed }, { 3, 2, 2 })
    equal({ object.logins[1].result, object.logins[2].result }, { "no", "missing" })
    equal(ended:next(), nil)
    discreet(ended)
    equal(s:run({ "try-login", "nobody@example.com", "--logins", "logins.ndjson" }):ends_with(3)
      .stdout:find("anna"), nil)
  end)
end)

test("try-login succeeds for a hash of each algorithm, and fails with another password", function()
  scene(nil, function(s)
    local users, lines = worked_hashes.users(), {}
    s:write("before.json", json.encode(json.array(users)))
    s:tenant({ "--existing", "before.json" })
    for _, user in ipairs(users) do
      for _, password in ipairs { "x" .. worked_hashes.PLAIN, worked_hashes.PLAIN } do
        lines[#lines + 1] = json.encode { id = user.email, password = password }
      end
    end
    s:write("logins.ndjson", table.concat(lines, "\n") .. "\n")
    local ended = s:run({ "try-login", "--logins", "logins.ndjson", "--json" }):ends_with(3)
    for i, tried in ipairs(ended:object().logins) do
      equal(tried.result, i % 2 == 0 and "yes" or "no", tried.id)
    end
    discreet(ended)
  end)
end)

test("an empty password is not a login: the message names the line", function()
  scene(nil, function(s)
    s:tenant()
    s:write("logins.csv", "id,password\nu1,x\nu2,\n")
    contains(s:run({ "try-login", "--logins", "logins.csv" }):ends_with(2).stderr, "line 3")
  end)
end)

---{name, arguments, part of the message, environment}
local MISUSES <const> = {
  { "no login", { "try-login" }, "requires an ID" },
  { "no terminal to ask", { "try-login", "anna@example.com" }, "--logins FILE" },
  { "a file that is not there", { "try-login", "--logins", "none.csv" }, "none.csv" },
  { "a login not in the file", { "try-login", "bob", "--logins", "a.csv" }, "no login for bob" },
  { "another header", { "try-login", "--logins", "header.csv" }, "id,password" },
  { "a broken line", { "try-login", "--logins", "broken.csv" }, "line 2" },
  { "JSON without a password", { "try-login", "--logins", "lacking.ndjson" }, "line 2" },
  { "no logins in the file", { "try-login", "--logins", "empty.csv" }, "no logins" },
}

test("try-login names what it cannot use, with 2", function()
  scene(nil, function(s)
    s:tenant()
    s:write("a.csv", string.format(CSV, "a"))
    s:write("header.csv", "email,password\na,b\n")
    s:write("broken.csv", 'id,password\na,"b\n')
    s:write("lacking.ndjson", '{"id": "a", "password": "b"}\n{"id": "a"}\n')
    s:write("empty.csv", "id,password\n")
    for _, case in ipairs(MISUSES) do
      contains(s:run(case[2]):ends_with(2).stderr, case[3])
    end
    local far = s:run({ "try-login", "--logins", "a.csv" },
      { AUTH0_DOMAIN = "acme.eu.auth0.com" }):ends_with(2)
    contains(far.stderr, "this machine")
    local none = s:run({ "try-login", "--logins", "a.csv" }, { AUTH0_CLIENT_SECRET = "" })
    contains(none:ends_with(2).stderr, "AUTH0_CLIENT_SECRET")
  end)
end)

-- rehearse ------------------------------------------------------------------------------------

test("a rehearsal tries logins: 0 if all succeed", function()
  scene(nil, function(s)
    one(s, BCRYPT)
    s:write("logins.csv", string.format(CSV, "anna@example.com"))
    local ended = s:run({ "rehearse", "shop.lua", "input=people.csv", "--logins", "logins.csv" })
    contains(ended:ends_with(0).stdout, "1 tried, 1 succeeded")
    discreet(ended, BCRYPT)
  end)
end)

test("a rehearsal ends with 3 if a login fails, and its report names it", function()
  scene(nil, function(s)
    one(s, BCRYPT)
    s:write("logins.csv", "id,password\nanna@example.com,wrong\nu1," .. PLAIN .. "\n")
    local ended = s:run({ "rehearse", "shop.lua", "input=people.csv", "--logins", "logins.csv",
      "--json" }):ends_with(3)
    local failed = { { id = "anna@example.com", result = "no",
      reason = "the password is wrong" } }
    equal(ended:object().logins, { tried = 2, failed = failed, blocked = {} })
    local written = json.decode(s:read "shop.rehearsal/report.json")
    equal({ written.exit, written.logins.failed }, { 3, failed })
    local shown = s:run({ "report", "shop.rehearsal" }):ends_with(3).stdout
    contains(shown, "2 tried, 1 succeeded\n  anna@example.com: the password is wrong")
    equal(s:read("shop.rehearsal/log.ndjson"):find("anna", 1, true), nil)
    discreet(ended, BCRYPT)
  end)
end)

---Anna and Bob, whose accounts are closed if `state` says so, and a login of both.
local function closed(s, anna, bob, password)
  s:recipe(function(text)
    return (text:gsub("custom_password_hash =", 'blocked = row.state == "closed" or nil, %0'))
  end)
  s:write("people.csv", string.format("id,email,name,state,hash\nu1,anna@example.com,Anna,%s,%s\n"
    .. "u2,bob@example.com,Bob,%s,%s\n", anna, BCRYPT, bob, BCRYPT))
  s:write("logins.csv", string.format(CSV, "anna@example.com") .. "u2," .. (password or PLAIN)
    .. "\n")
end

local REHEARSE <const> = { "rehearse", "shop.lua", "input=people.csv", "--logins", "logins.csv" }

test("prove and a rehearsal agree about a blocked user whose hash is right: 0", function()
  scene(nil, function(s)
    closed(s, "open", "closed")
    local proven = s:run { "prove", table.unpack(REHEARSE, 2) }:ends_with(0)
    contains(proven.stdout, "u2: yes (bcrypt)\n  the recipe maps this user as blocked")
    contains(proven.stdout, "2 tried, 2 succeeded")
    local list = s:run { "prove", "--json", table.unpack(REHEARSE, 2) }:object().logins
    equal({ list[1].blocked, list[2].result, list[2].blocked }, { nil, "yes", true })
    local shown = s:run(REHEARSE):ends_with(0)
    contains(shown.stdout, "2 tried, 1 succeeded, 1 blocked, as mapped\n  u2: the password is ")
    equal(shown:next(), nil)
    local written = json.decode(s:read "shop.rehearsal/report.json")
    equal(written.logins, { tried = 2, failed = {}, blocked = { { id = "u2", result = "blocked",
      reason = "the password is right; the user is blocked, as mapped" } } })
    contains(s:run({ "report", "shop.rehearsal" }):ends_with(0).stdout, "1 blocked, as mapped")
    discreet(shown, BCRYPT)
  end)
end)

test("a blocked user with another password fails as any other does", function()
  scene(nil, function(s)
    closed(s, "open", "closed", "wrong")
    local ended = s:run(REHEARSE):ends_with(3)
    contains(ended.stdout, "2 tried, 1 succeeded\n  u2: the password is wrong")
    contains(ended:next(), "auth0-migrate prove ")
    local proven = s:run({ "prove", table.unpack(REHEARSE, 2) }):ends_with(3).stdout
    contains(proven, "not match the mapped hash (bcrypt)\n  the recipe maps this user as blocked")
  end)
end)

test("a user who was blocked before, and not by the recipe, fails, and not for the hash", function()
  scene(nil, function(s)
    closed(s, "open", "open")
    s:write("before.json", json.encode(json.array { {
      email = "bob@example.com", user_id = "u2", blocked = true,
      custom_password_hash = { algorithm = "bcrypt", hash = { value = BCRYPT } },
    } }))
    local ended = s:run({ "rehearse", "--existing", "before.json", "--json",
      table.unpack(REHEARSE, 2) }):ends_with(3)
    local logins = ended:object().logins
    equal({ #logins.failed, logins.failed[1].id, logins.blocked }, { 1, "u2", {} })
    contains(logins.failed[1].reason, "not by the recipe")
    contains(ended:next(), "auth0-migrate report ")
  end)
end)

test("try-login tells a blocked user whose password is right, with 0", function()
  scene(nil, function(s)
    closed(s, "open", "closed")
    s:tenant()
    s:run({ "run", "shop.lua", "input=people.csv", "--yes" }):ends_with(0)
    local words = { "try-login", "--logins", "logins.csv" }
    equal(s:run(words):ends_with(0).stdout, "anna@example.com: yes\n"
      .. "u2: blocked, the password is right, but the user is blocked\n")
    local object = s:run({ "try-login", "--json", table.unpack(words, 2) }):object()
    equal({ object.exit, object.tried, object.failed, object.blocked }, { 0, 2, 0, 1 })
    s:write("logins.csv", "id,password\nu2,wrong\n")
    contains(s:run(words):ends_with(3).stdout, "u2: no, the password is wrong")
  end)
end)

test("a login by a phone number as people write it finds its user, as prove does", function()
  scene(nil, function(s)
    s:recipe(function(text)
      return (text:gsub("custom_password_hash =", "phone_number = row.phone, %0"))
    end)
    one(s, BCRYPT, { "phone", "+4930123456" })
    s:write("logins.csv", string.format(CSV, "+49 (30) 123-456"))
    s:run({ "prove", table.unpack(REHEARSE, 2) }):ends_with(0)
    contains(s:run(REHEARSE):ends_with(0).stdout, "1 tried, 1 succeeded")
  end)
end)

-- prove ---------------------------------------------------------------------------------------

local SHA1 <const> = digest.hex(digest.hash("sha1", PLAIN .. "abc"))

---A recipe that maps `hash` with an expression.
local function maps(s, expression)
  s:recipe(function(text)
    return (text:gsub("password%.bcrypt%(row%.hash%)", function() return expression end))
  end)
end

local function prove(s, ...)
  return s:run { "prove", "shop.lua", "input=people.csv", "--logins", "logins.csv", ... }
end

test("prove succeeds if the mapped hash matches, by any identifier, with 0", function()
  scene(nil, function(s)
    one(s, BCRYPT)
    s:write("logins.csv", string.format(CSV, "Anna@Example.com") .. "u1," .. PLAIN .. "\n"
      .. "auth0|u1," .. PLAIN .. "\n")
    local ended = prove(s):ends_with(0)
    contains(ended.stdout, "Anna@Example.com: yes (bcrypt)")
    contains(ended.stdout, "3 tried, 3 succeeded")
    discreet(ended, BCRYPT)
    equal(s:exists "shop.run", false)
  end)
end)

test("prove shows the line that matches, and the recipe with this line succeeds", function()
  scene(nil, function(s)
    one(s, SHA1, { "salt", "abc" })
    maps(s, 'password.digest("sha1", row.hash, { salt = row.salt })')
    s:write("logins.csv", string.format(CSV, "anna@example.com"))
    local ended = prove(s, "--json"):ends_with(3)
    local login = ended:object().logins[1]
    equal({ login.result, login.at, login.algorithm }, { "no", "people.csv:2", "sha1" })
    equal(login.line, 'custom_password_hash = password.digest("sha1", row.hash, '
      .. '{ salt = row.salt, position = "suffix" })')
    contains(ended.stderr, "next: auth0-migrate preview shop.lua input=people.csv --at ")
    discreet(ended, SHA1)
    maps(s, login.line:match("= (.*)$"))
    prove(s):ends_with(0)
  end)
end)

test("prove finds a pepper in a file, and never shows it", function()
  scene(nil, function(s)
    local hash = digest.bcrypt(PLAIN .. "orchard-pepper", 4)
    one(s, hash)
    s:write("logins.csv", string.format(CSV, "anna@example.com"))
    s:write("pepper", "orchard-pepper\n")
    local ended = prove(s, "--pepper-file", "pepper"):ends_with(3)
    contains(ended.stdout, "password.bcrypt(row.hash, { pepper = params.pepper })")
    equal((ended.stdout .. ended.stderr):find("orchard", 1, true), nil)
    discreet(ended, hash)
  end)
end)

test("prove explains unsupported hashes, missing users and rejected records", function()
  scene(nil, function(s)
    s:write("people.csv", "id,email,name,hash\n,anna@example.com,Anna,$P$Babcdefgh\n"
      .. "u2,not-an-address,Bob," .. BCRYPT .. "\n")
    s:write("logins.csv", string.format(CSV, "anna@example.com") .. "u2," .. PLAIN .. "\n"
      .. "nobody@example.com,x\n")
    local text = prove(s):ends_with(3).stdout
    contains(text, "row.hash is phpass, but Auth0 cannot import it")
    contains(text, "u2: no, people.csv:3")
    contains(text, "the password matches the mapped hash (bcrypt)")
    contains(text, "the import would reject this user: FORMAT email, ")
    contains(text, "\n  Correct it in the source")
    contains(text, "nobody@example.com: no\n  no mapped user has this identifier")
  end)
end)

test("prove does not count a matching password of a user who would be rejected", function()
  scene(nil, function(s)
    s:write("people.csv", "id,email,name,hash\nu2,not-an-address,Bob," .. BCRYPT .. "\n")
    s:write("logins.csv", string.format(CSV, "u2"))
    local object = prove(s, "--json"):ends_with(3):object()
    equal({ object.verified, object.logins[1].result }, { 0, "refused" })
  end)
end)

test("prove searches the line for a mapped hash that is padded or has 0x before it", function()
  for hash, line in pairs {
    [BCRYPT .. "  "] = "password.bcrypt(row.hash)",
    ["0x" .. SHA1] = 'password.digest("sha1", row.hash, { salt = row.salt, position = "suffix" })',
  } do
    scene(nil, function(s)
      one(s, hash, { "salt", "abc" })
      maps(s, string.format('{ algorithm = %q, hash = { value = row.hash, encoding = %q } }',
        hash:find "0x" and "sha1" or "bcrypt", hash:find "0x" and "hex" or "utf8"))
      s:write("logins.csv", string.format(CSV, "anna@example.com"))
      local login = prove(s, "--json"):ends_with(3):object().logins[1]
      equal(login.line, "custom_password_hash = " .. line)
      maps(s, login.line:match("= (.*)$"))
      prove(s):ends_with(0)
    end)
  end
end)

test("prove shows place and reason for a login whose record became no user", function()
  scene(nil, function(s)
    s:write("people.csv", "id,email,name,hash\nu1,,Anna,x\nu2,bob@example.com,Bob,x\n")
    s:recipe(function(text)
      return (text:gsub("if not row.email then", 'if row.id == "u2" then error "oh" end %0'))
    end)
    s:write("logins.csv", string.format(CSV, "u1") .. "BOB@example.com,x\nu3,x\n")
    local ended = prove(s, "--json"):ends_with(3)
    local list = ended:object().logins
    equal({ list[1].result, list[1].at, list[1].refused.outcome, list[1].refused.reason },
      { "missing", "people.csv:2", "skipped", "no address" })
    equal({ list[2].result, list[2].at, list[2].refused.code },
      { "missing", "people.csv:3", "RECIPE_ERROR" })
    contains(list[3].reason, "(records read 2, rejected 1, skipped 1)")
    local text = prove(s):ends_with(3).stdout
    contains(text, "u1: no, people.csv:2\n  skipped by the recipe: no address\n")
    contains(text, "BOB@example.com: no, people.csv:3\n  its record was rejected: RECIPE_ERROR, ")
    contains(text, "preview --at")
    discreet(ended)
  end)
end)

test("prove stops reading once each login has its user", function()
  scene(40, function(s)
    s:recipe(function(text)
      return (text:gsub("if not row.email then", 'if row.id == "u30" then error "read" end %0'))
    end)
    s:write("logins.csv", "id,password\nu2,wrong\n")
    local ended = prove(s):ends_with(3)
    contains(ended.stdout, "u2: no, people.csv:3")
    contains(ended.stdout, "the password does not match the mapped hash (bcrypt)")
  end)
end)

test("prove without logins, or with a missing pepper file, ends with 2", function()
  scene(1, function(s)
    contains(s:run({ "prove", "shop.lua", "input=people.csv" }):ends_with(2).stderr, "--logins")
    s:write("logins.csv", string.format(CSV, "u1"))
    contains(prove(s, "--pepper-file", "none"):ends_with(2).stderr, "pepper")
    contains(s:run({ "prove", "shop.lua", "input=none.csv", "--logins", "logins.csv" })
      :ends_with(2).stderr, "none.csv")
  end)
end)

-- hash ----------------------------------------------------------------------------------------

test("hash identify shows scheme and line, with 3 for what Auth0 does not support", function()
  scene(nil, function(s)
    local ended = s:run({ "hash", "identify", BCRYPT }):ends_with(0)
    contains(ended.stdout, "bcrypt: supported by Auth0")
    contains(ended.stdout, "password.bcrypt(row.hash)")
    contains(s:run({ "hash", "identify", "$P$Babcdef" }):ends_with(3).stdout, "phpass")
    contains(s:run({ "hash", "identify", ("0"):rep(40) }):ends_with(0).stdout, '"sha1", row.hash')
    contains(s:run({ "hash", "identify", "secret" }):ends_with(3).stdout,
      "unknown: the scheme of the hash was not recognized; `prove` ")
    s:run({ "hash", "name", "x" }):ends_with(2)
  end)
end)

test("hash identify names all that a value may be, and what to do with each", function()
  scene(nil, function(s)
    local value = digest.base64(("\xfb\xef\xbe\7"):rep(16))
    local text = s:run({ "hash", "identify", value }):ends_with(0).stdout
    contains(text, "base64 of 64 bytes: it depends; ")
    contains(text, '\n    custom_password_hash = password.digest("sha512", row.hash)\n')
    contains(text, "\n  may be Firebase's modified scrypt (with the members localId, passwordHash "
      .. "and salt): not supported by Auth0; import these users without a hash, and they set a new "
      .. "password; or leave them to Auth0's automatic migration, whose script asks Firebase")
    local kinds = s:run({ "hash", "identify", value, "--json" }):object().hashes
    local supported = 0
    for _, candidate in ipairs(kinds[1].candidates) do
      supported = supported + (candidate.supported and 1 or 0)
      equal(candidate.line ~= nil, candidate.supported)
    end
    equal({ supported, #kinds[1].candidates }, { 5, 8 })
    contains(s:run({ "hash", "identify", "$P$Babcdef" }):ends_with(3).stdout,
      "\n  import these users without a hash")
  end)
end)

test("hash identify - reads its values from stdin, one per line", function()
  scheduler.run(function()
    local child <close> = assert(process.spawn({ process.program(), "hash", "identify", "-",
      "--json" }, { stdin = "pipe" }))
    assert(child:write(BCRYPT .. "\r\n\n$6$salt$abcdef\n"))
    child:finish()
    local text = ""
    while true do
      local data = child:read()
      if data == nil then break end
      text = text .. data
      if data == "" then scheduler.await(child, 1) end
    end
    while not child:status() do scheduler.await(child, 1) end
    equal(child:status(), 3)
    local hashes = json.decode(text).hashes
    equal({ #hashes, hashes[1].scheme, hashes[2].scheme }, { 2, "bcrypt", "sha512-crypt" })
  end)
end)
