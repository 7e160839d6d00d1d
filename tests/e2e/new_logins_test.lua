--- The command new with known logins: the recipe that it writes is right about the hash at once.

local digest = require "host.digest"
local json = require "host.json"
local people = require "tests.e2e.new_people"
local program = require "tests.e2e.program"
local store = require "host.store"
local tap = require "tests.tap"
local test, equal, contains = tap.test, tap.equal, tap.contains

local hex <const> = digest.hex
local BCRYPT <const> = "$2b$10$./CgKyPTXlcGkYo5xL1s9u0tSWwPdzvaOlibgHKHW9lOzCdmI65Tq"
local BCRYPT_PASSWORD <const> = "Tr0ub4dor&3-heron"

---@param person Person
local function suffixed(name, person)
  return hex(digest.hash(name, person.password .. person.hex_salt))
end

---The file of the logins of some people, and of further lines.
---@param numbers integer[]
local function logins_of(numbers, more)
  local lines = { "id,password" }
  for i, n in ipairs(numbers) do
    local one = people.of(n)
    lines[#lines + 1] = string.format("%s,%s", i % 2 == 0 and one.id or one.email, one.password)
  end
  table.move(more or {}, 1, #(more or {}), #lines + 1, lines)
  return table.concat(lines, "\n") .. "\n"
end

---Writes the recipe, and returns it and what was printed.
local function new(s, input)
  local words = { "new", "made.lua", "input=" .. input, "--logins", "logins.csv", "--force" }
  local shown = s:run(words):ends_with(0).stdout
  return s:read "made.lua", shown
end

---What is typed next succeeds without an edit, and no file has a secret.
local function goes_on(s, recipe, shown, ...)
  local params = { ... }
  contains(shown, "auth0-migrate prove made.lua " .. table.concat(params, " ")
    .. " --logins logins.csv")
  contains(shown, "auth0-migrate rehearse made.lua " .. table.concat(params, " ")
    .. " --logins logins.csv")
  s:run({ "test", "made.lua" }):ends_with(0)
  for _, command in ipairs { "prove", "rehearse" } do
    local words = { command, "made.lua", table.unpack(params) }
    words[#words + 1], words[#words + 2] = "--logins", "logins.csv"
    assert(s:run(words):ends_with(0), recipe)
  end
  local written = recipe .. s:read "made.test.yaml" .. shown
  for i = 1, people.COUNT do
    local one = people.of(i)
    for _, secret in ipairs { one.password, one.hex_salt, one.salt } do
      assert(not written:find(secret, 1, true), "a secret was written")
    end
  end
end

---Writes users whose salts stand behind their passwords.
local function write_suffixed(s)
  s:write("users.csv", "id,mail,pw_hash,salt\n" .. people.text(function(one)
    return string.format("%d,%s,%s,%s\n", one.id, one.email, suffixed("sha256", one), one.hex_salt)
  end))
end

test("new --logins: a salt behind the password, in CSV", function()
  program.scene(nil, function(s)
    s:write("logins.csv", logins_of { 1, 2 })
    write_suffixed(s)
    local recipe, shown = new(s, "users.csv")
    contains(shown, 'logins    2 tried, 2 proven by password.digest("sha256", row.pw_hash, '
      .. '{ salt = row.salt, position = "suffix" })\n')
    contains(recipe, 'custom_password_hash = password.digest("sha256", row.pw_hash,')
    assert(not recipe:find("prove", 1, true), recipe)
    contains(s:read "made.test.yaml", "login: a made-up password")
    goes_on(s, recipe, shown, "input=users.csv")
  end)
end)

test("new --logins: a guess that is right loses its doubt", function()
  program.scene(nil, function(s)
    s:write("logins.csv", logins_of { 3 })
    s:write("users.csv", "id,mail,pw_hash\n" .. people.text(function(one)
      return string.format("%d,%s,%s\n", one.id, one.email, hex(people.digest("md5", one)))
    end))
    s:run({ "new", "made.lua", "input=users.csv" }):ends_with(0)
    contains(s:read "made.lua", "taken for MD5")
    local recipe, shown = new(s, "users.csv")
    contains(shown, "logins    1 tried, 1 proven by password.digest(")
    assert(not recipe:find("prove", 1, true), recipe)
    goes_on(s, recipe, shown, "input=users.csv")
  end)
end)

test("new --logins: the bytes of a joined table in SQLite", function()
  program.scene(nil, function(s)
    do
      local db <close> = assert(store.open(s.folder .. "/app.db", { durable = false }))
      assert(db:exec [[CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);
        CREATE TABLE credentials (user_id INTEGER, password_hash BLOB, password_salt BLOB)]])
      for _, one in ipairs(people.all()) do
        assert(db:exec(string.format("INSERT INTO users VALUES (%d, '%s'); "
          .. "INSERT INTO credentials VALUES (%d, x'%s', x'%s')", one.id, one.email, one.id,
          hex(digest.hash("sha1", one.password .. one.salt)), hex(one.salt))))
      end
    end
    s:write("logins.csv", logins_of { 4, 5 })
    local recipe, shown = new(s, "app.db")
    contains(shown, "logins    2 tried, 2 proven by ")
    contains(recipe, 'position = "suffix"')
    assert(not recipe:find("prove", 1, true), recipe)
    goes_on(s, recipe, shown, "input=app.db")
  end)
end)

---Writes users of whom some have hashes that say what they are, and others digests.
local function write_two_schemes(s)
  s:write("users.csv", "id,mail,pw_hash,salt\n" .. people.text(function(one, i)
    local is_old = i % 2 == 1
    return string.format("%d,%s,%s,%s\n", one.id, one.email,
      is_old and suffixed("sha1", one) or BCRYPT, is_old and one.hex_salt or "")
  end))
end

test("new --logins: hashes that say what they are beside digests, with a login of each", function()
  program.scene(nil, function(s)
    write_two_schemes(s)
    s:write("logins.csv", logins_of({ 1, 3 },
      { people.of(2).email .. "," .. BCRYPT_PASSWORD }))
    local recipe, shown = new(s, "users.csv")
    contains(shown, "logins    3 tried, 3 proven by password.auto(row.pw_hash) or ")
    assert(not recipe:find("prove", 1, true), recipe)
    goes_on(s, recipe, shown, "input=users.csv")
  end)
end)

test("new --logins: what no login has a hash of keeps its reader and its doubt", function()
  program.scene(nil, function(s)
    write_two_schemes(s)
    s:write("logins.csv", logins_of { 1, 3 })
    local recipe, shown = new(s, "users.csv")
    contains(recipe, "custom_password_hash = password.auto(row.pw_hash)\n        or password.dig")
    goes_on(s, recipe, shown, "input=users.csv")
    s:write("logins.csv", "id,password\n" .. people.of(2).email .. "," .. BCRYPT_PASSWORD .. "\n")
    recipe, shown = new(s, "users.csv")
    contains(shown, "logins    1 tried, 1 proven by ")
    contains(recipe, "bare digests beside other hashes")
  end)
end)

test("new --logins: digests of two sizes, with a login of one, then of each", function()
  program.scene(nil, function(s)
    s:write("users.csv", "id,mail,pw_hash\n" .. people.text(function(one, i)
      return string.format("%d,%s,%s\n", one.id, one.email,
        hex(people.digest(i % 2 == 1 and "md5" or "sha1", one)))
    end))
    s:write("logins.csv", logins_of { 1 })
    local recipe, shown = new(s, "users.csv")
    contains(shown, "logins    1 tried, 1 proven by ")
    contains(recipe, "digests of several sizes")
    s:write("logins.csv", logins_of { 1, 2 })
    recipe, shown = new(s, "users.csv")
    contains(shown, "logins    2 tried, 2 proven by ")
    assert(not recipe:find("prove", 1, true), recipe)
    goes_on(s, recipe, shown, "input=users.csv")
  end)
end)

test("new --logins: a column that names the algorithm gets the line in its function", function()
  program.scene(nil, function(s)
    s:write("users.csv", "id,mail,hash_algo,pw_hash,salt\n" .. people.text(function(one, i)
      local written = i % 2 == 1 and "sha1," .. suffixed("sha1", one)
        or "md5," .. hex(people.digest("md5", one, one.hex_salt))
      return string.format("%d,%s,%s,%s\n", one.id, one.email, written, one.hex_salt)
    end))
    s:write("logins.csv", logins_of { 1, 2 })
    local recipe, shown = new(s, "users.csv")
    contains(shown, "logins    2 tried, 2 proven by hash_of(")
    contains(recipe, 'position = "suffix"')
    assert(not recipe:find("prove", 1, true), recipe)
    goes_on(s, recipe, shown, "input=users.csv")
    s:write("logins.csv", logins_of { 1 })
    contains((new(s, "users.csv")), "taken for MD5")
  end)
end)

test("new --logins: an object that some records lack", function()
  program.scene(nil, function(s)
    s:write("users.ndjson", people.text(function(one, i)
      return json.encode {
        id = one.id, email = one.email,
        auth = i > 2 and { ["pw-hash"] = suffixed("sha512", one), salt = one.hex_salt } or nil,
      } .. "\n"
    end))
    s:write("logins.csv", logins_of { 3, 4 })
    local recipe, shown = new(s, "users.ndjson")
    contains(recipe, 'password.digest("sha512", auth["pw-hash"], { salt = auth.salt,')
    goes_on(s, recipe, shown, "input=users.ndjson")
    equal(json.decode(s:run({ "check", "made.lua", "input=users.ndjson", "--json" })
      :ends_with(0).stdout).records.rejected, 0)
  end)
end)

test("new --logins: a salt that nobody would take for one is no metadata", function()
  program.scene(nil, function(s)
    s:write("users.csv", "id,mail,pw_hash,zusatz\n" .. people.text(function(one)
      return string.format("%d,%s,%s,%s\n", one.id, one.email,
        hex(digest.hash("sha256", one.hex_salt .. one.password)), one.hex_salt)
    end))
    s:write("logins.csv", logins_of { 6, 7 })
    local recipe, shown = new(s, "users.csv")
    contains(shown, "2 proven by ")
    equal(select(2, recipe:gsub("row%.zusatz", "")), 1, recipe)
    goes_on(s, recipe, shown, "input=users.csv")
  end)
end)

test("new --logins: a wrong password and an unknown id leave the guess and its comment", function()
  program.scene(nil, function(s)
    write_suffixed(s)
    s:run({ "new", "made.lua", "input=users.csv" }):ends_with(0)
    local guess = s:read "made.lua"
    s:write("logins.csv", logins_of({}, { people.of(1).email .. ",wrong", "nobody@x.test,wrong" }))
    local object = json.decode(s:run({ "new", "made.lua", "input=users.csv", "--logins",
      "logins.csv", "--force", "--json" }):ends_with(0).stdout)
    equal(s:read "made.lua", guess)
    equal({ object.tried, object.proven, object.proven_by }, { 2, 0, json.null })
    equal({ object.logins[1].result, object.logins[2].result }, { "no", "missing" })
  end)
end)

test("new --logins: an unknown id leaves no doubt about a line that the others prove", function()
  program.scene(nil, function(s)
    write_suffixed(s)
    s:write("logins.csv", logins_of({ 1 }, { "nobody@x.test,wrong" }))
    local recipe, shown = new(s, "users.csv")
    contains(shown, "logins    2 tried, 1 proven by ")
    contains(shown, "          nobody@x.test: not found, no mapped user has this identifier")
    contains(recipe, 'position = "suffix"')
    assert(not recipe:find("prove", 1, true), recipe)
  end)
end)

test("new --logins: passwords in the export are noticed and not shown", function()
  program.scene(nil, function(s)
    for _, base64 in ipairs { false, true } do
      s:write("users.csv", "id,mail,password\n" .. people.text(function(one)
        return string.format("%d,%s,%s\n", one.id, one.email,
          base64 and digest.base64(one.password) or one.password)
      end))
      s:write("logins.csv", logins_of { 1, 2 })
      local recipe, shown = new(s, "users.csv")
      contains(shown, "logins    2 tried, 2 proven by ")
      contains(shown, "row.password has the passwords themselves")
      contains(recipe, "password.cleartext(")
      assert(not recipe:find("prove", 1, true), recipe)
      goes_on(s, recipe, shown, "input=users.csv")
    end
  end)
end)

test("new --logins: a recipe that extends a shipped one says what is proven", function()
  program.scene(nil, function(s)
    s:write("users.csv", "id,email,password_hash\n" .. people.text(function(one)
      return string.format("%d,%s,%s\n", one.id, one.email, BCRYPT)
    end))
    s:write("logins.csv", "id,password\n" .. people.of(1).email .. "," .. BCRYPT_PASSWORD .. "\n")
    local shown = s:run({ "new", "made.lua", "input=users.csv", "from=csv", "--logins",
      "logins.csv" }):ends_with(0).stdout
    contains(shown, "logins    1 tried, 1 proven\n")
  end)
end)

test("new --logins: a file that cannot be read, or nothing to write, ends before all else",
  function()
    program.scene(nil, function(s)
      s:write("users.csv", "id,mail\n1,a@x.test\n")
      s:run({ "new", "made.lua", "input=users.csv", "--logins", "missing.csv" }):ends_with(2)
      s:run({ "new", "--merge", "made.lua", "input=users.csv", "--logins", "missing.csv" })
        :ends_with(2)
      assert(not io.open(s.folder .. "/made.lua"))
    end)
  end)
