--- Mistakes in a recipe, as people see them: each error has the recipe's line, and words that a
--- recipe's author knows.

local json = require "host.json"
local program = require "tests.e2e.program"
local rig = require "tests.e2e.recipe_rig"
local tap = require "tests.tap"

local test, once = tap.test, rig.once

local HEAD <const> = [[
local csv, json, ndjson = require "source.csv", require "source.json", require "source.ndjson"
local lookup, value = require "source.lookup", require "source.value"
local migrate, password = require "migrate", require "auth0.password"
local metadata = require "auth0.metadata"
local cases = {
]]

-- Each is on a line of its own: {the body of `map`, the message}.
---@type {[1]: string, [2]: string}[]
local CASES <const> = {
  -- JSON null
  { "return row.none.city",
    "attempt to index null (field 'none'); JSON null is not nil: value.null_if(record.none) is nil "
      .. "for null" },
  { "local city = row.none return city.name",
    "attempt to index null (local 'city'); JSON null is not nil: value.null_if(city) is nil for "
      .. "null" },
  { "return row.none:lower()", "attempt to index null (field 'none'); JSON null is not nil" },
  { "return row.none()", "attempt to call null (field 'none'); JSON null is not nil" },
  { "return row.none + 1", "attempt to perform arithmetic on null (field 'none')" },
  { "return 'x' .. row.none", "attempt to concatenate null (field 'none')" },
  { "return #row.none", "attempt to get length of null (field 'none')" },
  { "return row.none | 1", "attempt to perform bitwise operation on null (field 'none')" },
  { "return row.none < 3",
    "attempt to compare null with number; JSON null is not nil: value.null_if(x) is nil for null" },
  { "for _ in pairs(row.none) do end",
    "attempt to loop over null with pairs, which expects a table; JSON null is not nil" },
  { "for _ in ipairs(row.none) do end", "attempt to index null; JSON null is not nil" },
  { "for _ = 1, row.none do end", "bad 'for' limit (number expected, got null)" },
  { "return string.lower(row.none)", "bad argument #1 to 'lower' (string expected, got null)" },
  { "return table.concat({ row.none })", "invalid value (null) at index 1 in table for 'concat'" },
  { "return row.none", "map returned null, not a user" },
  { "return { row.none }", "map returned a list whose item 1 is null, not a user" },
  { "return nil, row.none", "map returned nil and null as the reason, not a string" },
  { "migrate.warn(row.none)", "migrate.warn expects a code, got null" },
  { "return migrate.reject(row.none)", "migrate.reject expects text as its reason, got null" },
  { "error(row.none)", "the error value is null" },
  -- records, and values that are not there
  { "return row()", "attempt to call a record value (local 'row')" },
  { "return row", "map returned a record, not a user" },
  { "return 'x' .. row", "attempt to concatenate a record value (local 'row')" },
  { "return { email = row.email, app_metadata = row }", "found type record (copy its members)" },
  { "return row.nested.absent.x", "attempt to index a nil value (field 'absent')" },
  { "return row.list[9].x", "attempt to index a nil value" },
  { "return 'x' .. row.absent", "attempt to concatenate a nil value (field 'absent')" },
  { "error()", "the error value is nil" },
  -- names
  { "return row.email:lwer()",
    "attempt to call a nil value (method 'lwer'); did you mean \"lower\"?" },
  { "return tonubmer(row.id)",
    "attempt to call a nil value (global 'tonubmer'); did you mean \"tonumber\"?" },
  { "return require 'source.cvs'", "did you mean \"source.csv\"?" },
  { "return value.fone('1')", "source.value has no fone; did you mean \"phone\"?" },
  -- what the library was given
  { "return value.phone(5, {})", "bad argument #2 to 'value.phone' (string expected, got table)" },
  { "local x = value.phone(row.email, {})",
    "bad argument #2 to 'value.phone' (string expected, got table)" },
  { "local x = value.email({})", "bad argument #1 to 'value.email' (string expected, got table)" },
  { "local x = value.totp({})", "value.totp(secret, options) cannot use a table" },
  { "local x = value.member(nil, 'a')", "value.member(record, name) cannot use nil, a string" },
  { "local x = value.username({})", "value.username(name, id, email) cannot use a table" },
  { "local x = value.switch(row.email, 5)", "value.switch expects a table of words" },
  { "local x = password.argon2('x')", "password.argon2 expects a table { kind, " },
  { "local x = password.bcrypt('x', 5)", "password.bcrypt: options must be a table" },
  { "local x = password.declared('x', 'sha256_slated')",
    "password.declared has no format \"sha256_slated\"; did you mean \"sha256_salted\"?" },
  { "local x = password.bytes('x', 'base46')",
    "password.bytes has no encoding \"base46\"; did you mean \"base64\"?" },
  { "local x = metadata.safe(5)", "metadata.safe(members) cannot use a number" },
  { "csv.records(nil)", "csv.records expects the name of its input, got nil" },
  { "return csv.records(nil)", "csv.records expects the name of its input, got nil" },
  { "csv.records('users.ndjson', { delimiter = 5 })",
    "csv.records: delimiter must be a string, not a number" },
  { "json.records('users.ndjson', { pointer = 'users' })",
    "json.records: a JSON pointer must begin with /" },
  { "lookup(row.none, 'id')", "source.lookup expects records, got null" },
  { "require(row.none)", "require expects a module name, got null" },
  { "coroutine.wrap(function() value.phone(5, {}) end)()",
    "bad argument #2 to 'value.phone' (string expected, got table)" },
  { "error(select(2, pcall(csv.records, 'x.csv', 5)), 0)", "csv.records: options must be a table" },
}

local RECORD <const> = [[{"email":"a@example.com","none":null,"nested":{},"list":[],"id":"1"}]]

local FIRST <const> = select(2, HEAD:gsub("\n", "")) + 1 -- the line of the first case

---The message of each case, by its number.
local messages = once(function()
  local lines, records = { HEAD }, {}
  for i, case in ipairs(CASES) do
    lines[#lines + 1] = "function(row) " .. case[1] .. " end,\n"
    records[i] = RECORD
  end
  lines[#lines + 1] = [[}
return {
  params = { input = { required = true } },
  source = function(params) return ndjson.records(params.input) end,
  map = function(row, _, position)
    local result, reason = cases[position](row)
    return result, reason
  end,
}
]]
  local result = rig.run({
    ["shop.lua"] = table.concat(lines), ["users.ndjson"] = table.concat(records, "\n") .. "\n",
  }, { "check", "shop.lua", "input=users.ndjson", "--json" })
  tap.equal(result.status, 3)
  local found = {}
  for _, finding in ipairs(json.decode(result.stdout).findings) do
    for _, at in ipairs(finding.examples) do
      found[tonumber(at:match("%d+$"))] = finding.message
    end
  end
  return found
end)

for i, case in ipairs(CASES) do
  test("a mistake is told in a recipe's words: " .. case[1], function()
    local message = messages()[i]
    assert(message, "no finding")
    tap.contains(message, case[2])
    for _, inside in ipairs { "userdata", "lualib", "unread_values", "'fn'" } do
      assert(not message:find(inside, 1, true), message)
    end
    if not message:find("map returned", 1, true) and not message:find("found type", 1, true) then
      local line = message:match("^shop.lua:(%d+): ")
      assert(line, message)
      local is_tail = case[1]:find("^return [%w.]+[( ]") -- it leaves no line but the function's
      assert(is_tail or tonumber(line) == FIRST + i - 1, message)
    end
  end)
end

-- {a line of a recipe, the message, the column of the caret}
for _, case in ipairs {
  { "  local x = = 1", "unexpected symbol near '='", 13 },
  { "  x = 5 x 5", "syntax error near '5'", 11 },
  { "\treturn { email row.email }", "'}' expected near 'row'", 17 },
  { "  local s = \"abc", "unfinished string near '\"abc'", 13 },
  { "  return 'é' 'b'", "'end' expected (to close 'function' at line 3) near ''b''", 14 },
  { "  return 'é', row row", "'end' expected (to close 'function' at line 3) near 'row'", 19 },
  { "  goto done", "no visible label 'done' for <goto> at line 4", nil },
} do
  test("a syntax error shows its line and a caret: " .. case[1], function()
    local result = rig.run({ ["shop.lua"] = "return {\nsource = print,\nmap = function(row)\n"
      .. case[1] .. "\nend }\n" }, { "check", "shop.lua" })
    tap.equal(result.status, 2)
    local line = case[1]:gsub("\t", " ")
    tap.contains(result.stderr, case[2] .. "\n   4 | " .. line .. "\n")
    local caret = result.stderr:match("\n     | ( *)%^\n")
    tap.equal(caret and #caret + 1, case[3])
  end)
end

test("a syntax error of a module has the module's place", function()
  local result = rig.run({ ["shop.lua"] = "require 'parts'", ["parts.lua"] = "local = 1" },
    { "check", "shop.lua" })
  tap.contains(result.stderr,
    "error: parts.lua:1: <name> expected near '='\n   1 | local = 1\n     |       ^\n")
end)

test("a long line is shown around the caret", function()
  local result = rig.run({ ["shop.lua"] = "x = '" .. ("a"):rep(500) .. "' = '" .. ("b"):rep(500)
    .. "'" }, { "check", "shop.lua" })
  local line, caret = result.stderr:match("\n   1 | ([^\n]*)\n     | ( *)%^\n")
  assert(line:find("^…a+' = 'b+…$"), line)
  tap.equal(utf8.len(line) <= 74, true)
  tap.equal(line:sub(utf8.offset(line, #caret + 1), utf8.offset(line, #caret + 1)), "=")
end)

-- {what, the file, its text, the reader, the body of `map`, the record as it is shown}
for _, case in ipairs {
  { "parts of a JSON record are changed", "users.ndjson", '{"a":{"b":1},"c":[1,{"d":null}]}\n',
    "ndjson.records(params.input)",
    "row.a.b, row.a.e, row.c[2].d = nil, 5, 'new' table.remove(row.c)",
    '{"a":{"b":1},"c":[1,{"d":null}]}' },
  { "a record that is a list is changed", "users.json", '[["a",["b"]]]',
    "json.records(params.input)", "row[1], row[2][1] = nil, 5", '["a",["b"]]' },
  { "a column is read", "users.csv", "a,b\n1,\n", "csv.records(params.input)", "local x = row.b",
    '{"a":"1"}' },
  { "a table of the recipe's own is changed", "users.ndjson", '{"a":1}\n',
    "coroutine.wrap(function() for row in ndjson.records(params.input) do "
      .. "coroutine.yield { own = row.a } end end)", "row.more = true", '{"more":true,"own":1}' },
  { "a record of ours comes from the recipe's own iterator", "users.ndjson", '{"a":{"b":1}}\n',
    "coroutine.wrap(function() for row in ndjson.records(params.input) do "
      .. "coroutine.yield(row) end end)", "row.a.b = 2", '{"a":{"b":1}}' },
} do
  local files = {
    ["shop.lua"] = "local csv, json, ndjson = require 'source.csv', require 'source.json', require "
      .. "'source.ndjson'\nlocal migrate = require 'migrate'\nreturn { params = { input = {} }, "
      .. "source = function(params) return " .. case[4] .. " end, map = function(row) " .. case[5]
      .. " return migrate.reject('no') end }", [case[2]] = case[3],
  }
  test("a rejected record is shown as it was read: " .. case[1], function()
    program.scene(nil, function(place)
      for name, text in pairs(files) do place:write(name, text) end
      local shown = place:run { "preview", "shop.lua", "input=" .. case[2], "--json" }
      tap.equal(shown:object().records[1].record, json.decode(case[6]))
      place:run({ "rehearse", "shop.lua", "input=" .. case[2], "--allow-empty", "--json" })
        :ends_with(3)
      tap.equal(place:lines("shop.rehearsal/rejected.ndjson")[1].record, json.decode(case[6]))
    end)
  end)
end

test("a record whose reader has moved on rejects its record, and is not shown", function()
  local result = rig.run({ ["shop.lua"] = [[
    local ndjson = require "source.ndjson"
    return {
      source = function()
        local records, before = ndjson.records("users.ndjson"), nil
        before = records()
        return function()
          local row, last = records(), before
          before = row
          return last
        end
      end,
      map = function(row) return { email = row.email } end,
    }
  ]], ["users.ndjson"] = '{"email":"a@example.com"}\n{"email":"b@example.com"}\n' },
    { "preview", "shop.lua", "--json" })
  local first = json.decode(result.stdout).records[1]
  tap.equal(first.record, nil)
  tap.contains(first.errors[1].message, "this record is no longer valid: the reader has moved on")
end)

test("names that the source and the looked-up files do not have are told once, with the nearest",
  function()
    local result = rig.run({ ["shop.lua"] = [[
      local csv, json = require "source.csv", require "source.json"
      local lookup, ndjson = require "source.lookup", require "source.ndjson"
      return {
        source = function()
          plans = lookup(csv.records("plans.csv"), "id")
          roles = lookup(json.records("roles.json"), "id")
          return ndjson.records("users.ndjson")
        end,
        map = function(row)
          local plan, role = plans:get(row.plan) or {}, roles:get(1)
          return {
            email = row.emial or row.email, username = row.usrname,
            app_metadata = {
              name = plan.nmae, role = role.nam, scope = role.of.scpe, opt = row.opt,
            },
          }
        end,
      }
    ]], ["users.ndjson"] = '{"email":"a@example.com","plan":"p"}\n'
      .. '{"email":"b@example.com","opt":1}\n', ["plans.csv"] = "id,name\np,Plus\n",
      ["roles.json"] = '[{"id":1,"name":"r","of":{"scope":"s"}}]' },
      { "check", "shop.lua" })
    tap.equal(result.status, 0)
    local shown = (result.stdout .. result.stderr):gsub("%s+", " ")
    for _, words in ipairs {
      'no record of users.ndjson has the member "emial"; did you mean "email"?',
      'no record of users.ndjson has the member "usrname"',
      'column "nmae" is not in plans.csv; did you mean "name"?',
      'no record of roles.json has the member "nam"; did you mean "name"?',
      'no record of roles.json has the member "of.scpe"; did you mean "of.scope"?',
    } do
      tap.contains(shown, words)
      tap.equal(select(2, shown:gsub(words:gsub("%p", "%%%0"), "")), 1)
    end
    assert(not shown:find('"opt"', 1, true), shown)
  end)

test("members inside records that none has are told once, those that the program reads are not",
  function()
    local result = rig.run({ ["shop.lua"] = [[
      local json, value = require "source.json", require "source.value"
      return {
        source = function() return json.records("users.json") end,
        map = function(row)
          local profile, user = row.profile, row.user
          assert(getmetatable(profile) == nil)
          setmetatable(row.own, { __index = function() return "mine" end })
          assert(row.own.anything == "mine" and getmetatable(row.own))
          value.member(profile, "Lnge")
          user.user_metadata = {
            profile = profile, city = profile.cty, street = row.addresses[1].strret,
            opt = profile.opt, text = ("x"):gsub("x", profile),
          }
          return user
        end,
      }
    ]], ["users.json"] = [=[[
      {"user": {"email": "a@example.com"}, "own": {},
        "profile": {"city": "x", "lang": "de", "none": {}}, "addresses": [{"street": 1}]},
      {"user": {"email": "b@example.com"}, "own": {},
        "profile": {"opt": 1}, "addresses": [{}, {"street": 1}]}
    ]]=] }, { "check", "shop.lua" })
    tap.equal(result.status, 0)
    local shown = (result.stdout .. result.stderr):gsub("%s+", " ")
    for _, words in ipairs {
      '"profile.cty"; did you mean "profile.city"?', '"profile.Lnge"; did you mean "profile.lang"?',
      '"addresses[].strret"; did you mean "addresses[].street"?',
    } do
      tap.contains(shown, "no record of users.json has the member " .. words)
    end
    tap.equal(select(2, shown:gsub("has the member", "")), 3)
  end)

test("an object inside a record that a user gets is written as it was read", function()
  local result = rig.run({ ["shop.lua"] = [[
    local ndjson = require "source.ndjson"
    return {
      source = function() return ndjson.records("users.ndjson") end,
      map = function(row)
        assert(row.data.missing == nil and row.data.o.missing == nil)
        return { email = row.email, user_metadata = row.data }
      end,
    }
  ]], ["users.ndjson"] = '{"email":"a@example.com",'
    .. '"data":{"o":{},"l":[],"n":null,"x":[{"y":1}]}}\n' }, { "map", "shop.lua" })
  tap.equal(result.status, 0)
  tap.contains(result.stdout, '"user_metadata":{"l":[],"n":null,"o":{},"x":[{"y":1}]}')
end)

test("a key of dedupe that no user has is told", function()
  local recipe = rig.recipe_with('dedupe = { "email", "app_metadata.crm" },')
  for crm, warned in pairs { crm = false, cmr = true } do
    local result = rig.run({ ["shop.lua"] = recipe,
      ["users.ndjson"] = '{"email":"a@example.com","app_metadata":{"' .. crm .. '":1}}\n' },
      { "check", "shop.lua", "input=users.ndjson", "--json" })
    local first = json.decode(result.stdout).warning_list[1]
    tap.equal(first and { first.code, first.message } or false, warned and { "unknown_key",
      'no user has "app_metadata.crm", which `dedupe` names' })
  end
end)

test("a column that the csv recipe is given and the file does not have is told with the nearest",
  function()
    local result = rig.run({ ["users.csv"] = "e-mail,id\na@example.com,1\n" },
      { "check", "csv", "input=users.csv", "email=emial" })
    tap.equal(result.status, 2)
    tap.contains(result.stderr, 'email=emial: the file has no such column; it has "e-mail", "id"; '
      .. 'did you mean "e-mail"?')
  end)

-- {the recipe or the reader, the document, the exit status, what is shown}
for _, case in ipairs {
  { "json", '{"users":[{"email":"a@example.com"},{"email":"b@example.com"}]}', 3,
    'no "email" in record 1 of users.json; an array of 2 objects is at /users: write pointer = '
      .. '"/users"' },
  { "json", '[["a@example.com"]]', 3, "record 1 of users.json is a list of 1, not an object" },
  { "json", "email,name\na@example.com,A\n", 2,
    "users.json is CSV, not JSON: read it with source.csv, or with the recipe csv" },
  { "csv", '[{"email":"a@example.com"}]', 2, "users.json is JSON, not CSV" },
  { "keycloak", '{"data":{"users":[{"email":"a@example.com"}]}}', 2,
    "users.json: no list at /users: there is no /users" },
  { "keycloak", '{"data":{"users":[{"email":"a@example.com"}]}}', 2,
    "; an array of 1 object is at /data/users" },
  { "keycloak", "[]", 2, "users.json is an empty list, not a realm" },
  { "keycloak", "[1,[2]]", 2, "users.json is a list, but not of realms" },
  { "auth0", '{"users":[{"user_id":"auth0|1"}]}', 3,
    'no "user_id" in record 1 of users.json; an array of 1 object is at /users' },
  { "auth0", "[null,7]", 3, "not a JSON object, and so not a user" },
} do
  test("a document of another shape says what was found: " .. case[1] .. ", " .. case[4], function()
    local recipe = case[1] == "json" and "shop.lua" or case[1]
    local result = rig.run({ ["users.json"] = case[2], ["shop.lua"] = [[
      return {
        source = function(params) return require "source.json".records(params.input) end,
        params = { input = {} },
        map = function(row) return row.email and { email = row.email } or nil, "no e-mail" end,
      }
    ]] }, { "check", recipe, "input=users.json" })
    tap.equal(result.status, case[3])
    tap.contains((result.stdout .. result.stderr):gsub("%s+", " "), case[4])
    assert(not result.stderr:find("lualib/", 1, true), result.stderr)
  end)
end

-- {a line at the top of the recipe, the message}
for _, case in ipairs {
  { 'lookup(csv.records("plns.csv"), "id")', "cannot read plns.csv: no such file" },
  { 'lookup(csv.records("plans.csv"), "ide")',
    'no record of plans.csv has "ide" (records read: 1); did you mean "id"?' },
  { 'lookup(csv.records("plans.csv"))',
    "source.lookup expects a key: a column name or a function" },
  { 'require "source.cvs"', 'module "source.cvs" not found' },
  { "csv.recs()", "source.csv has no recs; it has recognise, records" },
  { 'csv.records("plans.csv", { trim = "no" })',
    "csv.records: trim must be a boolean, not a string" },
  { 'json.records("u.json", { pointer = {} })',
    "json.records: pointer must be a string, not a table" },
  { 'json.records("u.json", { limit = "1" })',
    "json.records: limit must be a number, not a string" },
} do
  test("an error outside of map has the recipe's line: " .. case[1], function()
    local result = rig.run({ ["plans.csv"] = "id,name\np,Plus\n", ["shop.lua"] = "local csv, "
      .. "json, lookup = require 'source.csv', require 'source.json', require 'source.lookup'\n"
      .. case[1] .. "\nreturn { source = print, map = print }\n" }, { "check", "shop.lua" })
    tap.equal(result.status, 2)
    tap.contains(result.stderr:gsub("%s+", " "), "error: shop.lua:2: " .. case[2])
  end)
end

test("a value that is used as a name of the library is not shown", function()
  local result = rig.run({ ["plans.csv"] = "id,name\nsecret-one,Plus\n", ["shop.lua"] = [[
    local csv, lookup = require "source.csv", require "source.lookup"
    local password = require "auth0.password"
    local plans = lookup(csv.records "plans.csv", "id")
    return {
      source = function() return csv.records "plans.csv" end,
      map = function(row)
        migrated = password.digest("5f4dcc3b5aa765d61d8327deb882cf99", "md5")
        return { email = plans[row.id].name }
      end,
    }
  ]] }, { "check", "shop.lua" })
  tap.contains(result.stdout .. result.stderr,
    "shop.lua:8: a lookup is not a table: write lookup:get(value)")
  for _, hidden in ipairs { "secret-one", "5f4dcc3b" } do
    assert(not (result.stdout .. result.stderr):find(hidden, 1, true), result.stderr)
  end
end)
