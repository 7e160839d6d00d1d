--- prove, with the real program: what it suggests is typed into the recipe, and then all logins
--- succeed; what people read if they made a mistake themselves.

local digest = require "host.digest"
local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene = program.scene

local PLAIN <const> = "Tr0ub4dor&3-heron"
local SALT <const> = "00ff10a5c3d2e1f0"
local HASH <const> = "custom_password_hash = "

local RECIPE <const> = [[
local ndjson = require "source.ndjson"
local password = require "auth0.password"
return {
  params = { input = { required = true } },
  source = function(params) return ndjson.records(params.input) end,
  map = function(row)
    if row.skip then return nil, "left the company" end
    return {
      email = row.mail, user_id = row.id, username = row.login, phone_number = row.phone,
      LINE
    }
  end,
}
]]

---Writes the recipe with a line in it.
local function recipe(s, line, text)
  s:write("shop.lua", ((text or RECIPE):gsub("LINE", function() return line end)))
end

---Writes records with the password PLAIN and an id, and their logins.
local function people(s, records)
  local lines, logins = {}, {}
  for i, record in ipairs(records) do
    record.id, record.mail = "u" .. i, "u" .. i .. "@example.com"
    lines[i] = assert(json.encode(record)) .. "\n"
    logins[i] = assert(json.encode { id = record.id, password = PLAIN }) .. "\n"
  end
  s:write("people.ndjson", table.concat(lines))
  s:write("logins.ndjson", table.concat(logins))
end

local function prove(s, ...)
  return s:run { "prove", "shop.lua", "input=people.ndjson", "--logins", "logins.ndjson", ... }
end

local function hash(name, data) return digest.hex(digest.hash(name, data)) end

---The lines of text after `this mapping matches: `, each once.
local function suggested(text)
  local lines, seen = {}, {}
  for line in text:gmatch("\n  this mapping matches: ([^\n]+)") do
    if not seen[line] then lines[#lines + 1] = line end
    seen[line] = true
  end
  return lines
end

test("prove searches for seconds of the processor, whatever the time scale", function()
  scene(nil, function(s)
    local key = digest.scrypt(PLAIN, SALT, 16384, 8, 1, 64)
    people(s, { { hash = digest.hex(key), salt = SALT } })
    recipe(s, HASH .. 'password.digest("sha512", row.hash)')
    local ended = s:run({ "prove", "shop.lua", "input=people.ndjson", "--logins", "logins.ndjson" },
      { AUTH0_MIGRATE_TIME_SCALE = "1000" }):ends_with(3)
    contains(ended.stdout, "password.scrypt { cost = 16384, salt = row.salt")
  end)
end)

test("prove names one mapping for all logins, though another fits some of them too", function()
  scene(nil, function(s)
    -- Only the third tells that the salt is not the number of the customer.
    people(s, {
      { hash = hash("sha1", PLAIN .. "a1"), customer_salt = "a1", code = "a1" },
      { hash = hash("sha1", PLAIN .. "b2"), customer_salt = "b2", code = "b2" },
      { hash = hash("sha1", PLAIN .. "c3"), customer_salt = "x", code = "c3" },
    })
    recipe(s, HASH .. 'password.digest("sha1", row.hash)')
    local ended = prove(s):ends_with(3)
    local line = HASH
      .. 'password.digest("sha1", row.hash, { salt = row.code, position = "suffix" })'
    equal(suggested(ended.stdout), { line })
    contains(ended.stdout, "this mapping matches 3 logins: " .. line .. "\n")
    recipe(s, line)
    prove(s):ends_with(0)
  end)
end)

test("prove suggests nothing if the recipe's mapping matches all logins", function()
  scene(nil, function(s)
    people(s, { { hash = digest.bcrypt(PLAIN, 4) }, { hash = hash("sha1", PLAIN) } })
    recipe(s, HASH .. 'password.auto(row.hash) or password.declared(row.hash, "sha1")')
    local ended = prove(s):ends_with(0)
    equal(ended.stdout:find("mapping", 1, true), nil)
    equal(prove(s, "--json"):ends_with(0):object().line, json.null)
  end)
end)

test("prove joins the mappings of a source with several kinds of hashes", function()
  scene(nil, function(s)
    people(s, {
      { hash = digest.bcrypt(PLAIN, 4) }, { hash = hash("sha1", PLAIN .. "abc"), salt = "abc" },
      { hash = hash("md5", "abc" .. PLAIN), salt = "abc" },
    })
    for _, line in ipairs { "password.bcrypt(row.hash)", 'password.digest("sha256", row.hash)' } do
      recipe(s, HASH .. line)
      local object = prove(s, "--json"):ends_with(3):object()
      local text = prove(s):ends_with(3).stdout
      contains(text, "it does not match 2 other logins, which the recipe or another line does: see "
        .. "the last line")
      contains(text, "this mapping matches 3 logins: " .. object.line .. "\n")
      recipe(s, object.line)
      contains(prove(s):ends_with(0).stdout, "3 tried, 3 succeeded")
    end
  end)
end)

test("prove says of a mapping that others need another one, if none suits all", function()
  scene(nil, function(s)
    people(s, {
      { hash = hash("sha1", PLAIN .. "abc"), salt = "abc" },
      { hash = hash("sha1", "abc" .. PLAIN), salt = "abc" },
    })
    recipe(s, HASH .. 'password.digest("sha1", row.hash, { salt = row.salt })')
    local ended = prove(s):ends_with(3)
    contains(ended.stdout, "it does not match 1 other login, which the recipe or another line "
      .. "does: use it for records of this kind only")
    equal(ended.stdout:find("\nthis mapping matches"), nil)
  end)
end)

test("prove shows a mapping that Auth0 may not verify, also for several logins", function()
  scene(nil, function(s)
    local function mac(key, salt) return digest.hex(digest.hmac("sha256", key, PLAIN .. salt)) end
    people(s, { { hash = mac("k1", "s1"), key = "k1", salt = "s1" },
      { hash = mac("k2", "s2"), key = "k2", salt = "s2" } })
    recipe(s, HASH .. 'password.hmac("sha256", row.hash, row.key)')
    for _, login in ipairs(prove(s, "--json"):ends_with(3):object().logins) do
      equal(login.line, HASH .. 'password.hmac("sha256", row.hash, row.key, { salt = row.salt, '
        .. 'position = "suffix" })')
      contains(login.reason, "test one login first")
    end
  end)
end)

test("prove says that a password may be wrong if others match", function()
  scene(nil, function(s)
    people(s, { { hash = digest.bcrypt(PLAIN, 4) }, { hash = digest.bcrypt("another", 4) } })
    recipe(s, HASH .. "password.bcrypt(row.hash)")
    local text = prove(s):ends_with(3).stdout
    contains(text, "u1: yes (bcrypt)\nu2: no, people.ndjson:2\n")
    contains(text, "check that this is the user's password")
    contains(text, "the recipe's mapping matches 1 other login: this password may be wrong, or")
  end)
end)

---{what, record, the recipe, the line, arguments}: a suggestion, and all that it says is needed
local NEEDS <const> = {
  { "the module of passwords", { hash = hash("sha1", PLAIN) },
    (RECIPE:gsub("local password[^\n]*\n", "")), "" },
  { "the parameter of the pepper", { hash = digest.bcrypt(PLAIN .. "orchard", 4) },
    (RECIPE:gsub("function%(row%)", "function(row, params)")), "", { "--pepper-file", "pepper" } },
  { "the module of JSON", { data = json.encode { pw = hash("sha1", PLAIN) } }, RECIPE, "" },
  { "another name of the record", { hash = hash("sha1", PLAIN) },
    (RECIPE:gsub("%f[%w]row%f[%W]", "person")), "" },
}

---Does what each sentence says.
local function obey(text, needs, names)
  for _, need in ipairs(needs) do
    local added = need:match("^add `(.-)` at the top of the recipe$")
    local declaration = need:match("^declare the pepper, `params = { (.-) }`, and give it as ")
    if added then
      text = added .. "\n" .. text
    elseif declaration then
      text = text:gsub("params = { ", "%0" .. declaration .. ", ")
    else
      equal(need, "row stands for the record, the first parameter of `map`")
      names.row = "person"
    end
  end
  return text
end

for _, case in ipairs(NEEDS) do
  test("prove says what its line needs: " .. case[1], function()
    scene(nil, function(s)
      people(s, { case[2] })
      s:write("pepper", "orchard\n")
      recipe(s, case[4], case[3])
      local ended = prove(s, "--json", table.unpack(case[5] or {})):ends_with(3)
      local login, names = ended:object().logins[1], { row = "row" }
      equal(#login.needs, 1)
      contains(prove(s, table.unpack(case[5] or {})).stdout, "\n  " .. login.needs[1] .. "\n")
      local text = obey(case[3], login.needs, names)
      recipe(s, (login.line:gsub("%f[%w]row%f[%W]", names.row)), text)
      prove(s, table.unpack(case[5] and { "pepper=@pepper" } or {})):ends_with(0)
    end)
  end)
end

test("prove shows how a shipped recipe is extended, and which parameter suffices", function()
  scene(nil, function(s)
    s:write("people.csv", "id,email,password_hash,salt\nu1,anna@example.com,"
      .. hash("sha1", PLAIN .. "abc") .. ",abc\n")
    s:write("logins.csv", "id,password\nu1," .. PLAIN .. "\n")
    local words = { "prove", "csv", "input=people.csv", "--logins", "logins.csv" }
    local text = s:run(words):ends_with(3).stdout
    local own = text:match("\n  this recipe cannot be changed; extend it with one of your own:\n"
      .. "(.-\n    }%))\n")
    s:write("own.lua", own)
    words[2] = "own.lua"
    s:run(words):ends_with(0)
    words[2], words[#words + 1] = "csv", text:match("\n  or try (password_format=%S+) first")
    s:run(words):ends_with(0)
  end)
end)

test("prove finds a login by each identifier, as people write it", function()
  scene(nil, function(s)
    local record = { hash = digest.bcrypt(PLAIN, 4), login = "anna", phone = "+4930123456" }
    people(s, { record })
    recipe(s, HASH .. "password.bcrypt(row.hash)")
    local lines = {}
    for i, id in ipairs { "U1@Example.com", "Anna", "u1", "auth0|u1", "+49 30 123-456" } do
      lines[i] = json.encode { id = id, password = PLAIN } .. "\n"
    end
    s:write("logins.ndjson", table.concat(lines))
    contains(prove(s):ends_with(0).stdout, "5 tried, 5 succeeded")
  end)
end)

test("prove names the identifiers that users have; next: shows such users", function()
  scene(nil, function(s)
    people(s, { { hash = digest.bcrypt(PLAIN, 4) } })
    recipe(s, HASH .. "password.bcrypt(row.hash)")
    s:write("logins.ndjson", json.encode { id = "anna", password = PLAIN })
    local ended = prove(s):ends_with(3)
    contains(ended.stdout, "anna: no\n  no mapped user has this identifier (records read 1, "
      .. "rejected 0, skipped 0; users have user_id, email)\n")
    contains(ended.stderr, "next: auth0-migrate preview shop.lua input=people.ndjson\n")
    contains(s:run({ "preview", "shop.lua", "input=people.ndjson" }):ends_with(0).stdout, "u1")
  end)
end)

test("prove notices a password in a record, shows nothing of it, and its line works", function()
  scene(nil, function(s)
    people(s, { { note = PLAIN }, { note = PLAIN } })
    recipe(s, HASH .. "password.bcrypt(row.note)")
    local ended = prove(s):ends_with(3)
    contains(ended.stdout, "u1: no, people.ndjson:1\n  no hash is mapped\n")
    contains(ended.stdout, "row.note is the password itself, not a hash of it. This line makes")
    equal((ended.stdout .. ended.stderr):find("Tr0ub", 1, true), nil)
    equal(ended.stderr:find("next:", 1, true), nil) -- preview would show it
    local object = prove(s, "--json"):ends_with(3):object()
    equal({ object.logins[1].cleartext, object.next }, { "row.note", json.null })
    recipe(s, suggested(ended.stdout)[1])
    prove(s):ends_with(0)
  end)
end)

test("prove reads the digest from the column that names it, so that one line suits all", function()
  scene(nil, function(s)
    people(s, {
      { hash = hash("sha1", "abc" .. PLAIN), salt = "abc", algo = "SHA-1" },
      { hash = hash("sha256", "def" .. PLAIN), salt = "def", algo = "SHA-256" },
      { hash = hash("sha512", "ghi" .. PLAIN), salt = "ghi", algo = "SHA-512" },
    })
    recipe(s, HASH .. 'password.digest("sha1", row.hash)')
    local lines = suggested(prove(s):ends_with(3).stdout)
    equal(lines, { HASH
      .. 'password.digest(row.algo, row.hash, { salt = row.salt, position = "prefix" })' })
    recipe(s, lines[1])
    prove(s):ends_with(0)
  end)
end)

test("prove tries the recipe's secret parameters as peppers", function()
  scene(nil, function(s)
    people(s, { { hash = hash("sha256", PLAIN .. "orchard") } })
    s:write("secret", "orchard\n")
    local text = RECIPE:gsub("params = {", "params = { site_key = { secret = true },")
    recipe(s, HASH .. 'password.digest("sha256", row.hash)', text)
    local ended = prove(s, "site_key=@secret"):ends_with(3)
    local line = suggested(ended.stdout)[1]
    contains(line, 'salt = params.site_key, position = "suffix"')
    contains(ended.stdout, "\n  params is the second parameter of `map`: function(row, params)\n")
    equal((ended.stdout .. ended.stderr):find("orchard", 1, true), nil)
    recipe(s, line, (text:gsub("function%(row%)", "function(row, params)")))
    prove(s, "site_key=@secret"):ends_with(0)
  end)
end)

test("prove says what it tried and what it did not", function()
  scene(nil, function(s)
    people(s, { { hash = digest.bcrypt("another", 4) } })
    recipe(s, HASH .. "password.bcrypt(row.hash)")
    local text = prove(s):ends_with(3).stdout
    contains(text, "no match found; check that this is the user's password (tried ")
    contains(text, "\n  not tried: a secret that the system adds to passwords (--pepper-file)\n")
    s:write("pepper", "orchard\n")
    equal(prove(s, "--pepper-file", "pepper"):ends_with(3).stdout:find("not tried", 1, true), nil)
  end)
end)
