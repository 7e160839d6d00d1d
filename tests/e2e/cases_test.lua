--- The command test: what goes in and comes out of cases, and how what is wrong is said.

local file = require "host.file"
local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"
local test, equal, contains = tap.test, tap.equal, tap.contains

local HASH <const> = "$2b$10$9oZav.HNidL3IXx2GeGcguLBhoPpNutjRszkmM8rFNf9.P6EVKAoW" -- correct horse

local SHOP <const> = [[
local csv, fixers = require "source.csv", require "auth0.fixers"
local migrate = require "migrate"
return {
  params = {
    input = { help = "customers", kind = "input", required = true },
    country = { kind = "country" }, key = { kind = "secret" }, sep = {},
  },
  source = function(params) return csv.records(params.input, { null = { "NULL" } }) end,
  map = function(row, params)
    if not row.email then return nil, "no address" end
    if row.plan == "bad" then return migrate.reject("bad", "FORMAT", "app_metadata.plan") end
    if row.plan == "odd" then migrate.warn("odd_plan", "odd plans") end
    if row.plan == "lost" then migrate.lost("totp", "no secret 12345678") end
    if row.plan == "two" then return { { email = row.email }, { email = "2" .. row.email } } end
    return {
      email = row.email, user_id = row.id, username = row.name, password_hash = row.hash,
      app_metadata = {
        plan = row.plan, kind = math.type(row.id) or type(row.id), country = params.country,
        key = params.key, sep = params.sep,
        seen = os.date("%Y-%m-%d %H:%M"), dice = math.random(1000000),
      },
    }
  end,
  fix = {
    CONFLICT_USERNAME = fixers.rename_username "-%d",
    FORMAT = function(user) user.email = "none" return user end,
  },
}
]]

---Runs `fn` with a scene that has the recipe and these tests.
local function with(tests, fn, recipe, more)
  program.scene(nil, function(s)
    s:write("shop.lua", recipe or SHOP)
    for name, text in pairs(more or {}) do
      local folder = name:match("^(.*)/")
      if folder then file.mkdir(s:path(folder)) end
      s:write(name, text)
    end
    if tests then s:write("shop.test.yaml", tests) end
    fn(s)
  end)
end

---The only case of these tests, as --json has it.
local function result(tests, status, args, recipe, more)
  local case
  with(tests, function(s)
    local words = { "test", "shop.lua", "--json", table.unpack(args or {}) }
    case = s:run(words):ends_with(status):object().cases[1]
  end, recipe, more)
  return case
end

-- Cases that pass.
local PASSES <const> = {
  ["a record of CSV is text"] = [[
  record: { id: 7, email: a@b.cd, plan: true }
  user_has: { user_id: "7", app_metadata: { kind: string, plan: "true" } }]],
  ["codes, dates and words stay text"] = [[
  record: { id: 007, email: a@b.cd, plan: no, name: x1e3 }
  user_has: { user_id: 007, username: x1e3, app_metadata: { plan: no } }]],
  ["null words and nulls of the reader count"] = [[
  record: { id: null, email: a@b.cd, plan: "NULL" }
  user_has: { user_id: null, app_metadata: { plan: null } }]],
  ["a whole user, as it is sent"] = [[
  record: { email: a@b.cd, name: ann }
  now: 2020-02-03T04:05:06Z
  user:
    email: a@b.cd
    username: ann
    app_metadata: { kind: nil, seen: 2020-02-03 04:05, dice: 757150 }]],
  ["a skipped record"] = "  record: { id: 7 }\n  skipped: no address\n",
  ["a skipped record, whatever the reason"] = "  record: { id: 7 }\n  skipped: true",
  ["a rejected record"] =
    "  record: { email: a@b.cd, plan: bad }\n  rejected: FORMAT at app_metadata.plan",
  ["a rejected record by its code"] = "  record: { email: a }\n  rejected: FORMAT",
  ["several users"] = [[
  record: { email: a@b.cd, plan: two }
  users: [ { email: a@b.cd }, { email: 2a@b.cd } ]
]],
  ["warnings"] = "  record: { email: a@b.cd, plan: odd }\n  warnings: [odd_plan]",
  ["numbers of warnings"] = "  record: { email: a@b.cd, plan: odd }\n  warnings: { odd_plan: 1 }",
  ["no warnings, though columns are missing"] = "  record: { email: a@b.cd }\n  warnings: []",
  ["a password"] = "  record: { email: a@b.cd, hash: " .. HASH .. " }\n  login: correct horse",
  ["what is lost, in any order"] =
    "  record: { email: a@b.cd, plan: lost }\n  lost: [totp, password]",
  ["what is lost, and why"] = [[
  record: { email: a@b.cd, plan: lost, hash: ]] .. HASH .. [[ }
  lost: { totp: no secret 12345678 }]],
  ["nothing is lost"] = "  record: { email: a@b.cd, hash: " .. HASH .. " }\n  lost: []",
  ["one who is skipped loses nothing"] = "  record: { plan: lost }\n  lost: []",
  ["a parameter"] = [[
  record: { email: a@b.cd }
  params: { country: "+49", key: s3cret }
  user_has: { app_metadata: { country: "49", key: s3cret } }]],
  ["a text that is not a file"] = [[
  record: { email: a@b.cd }
  params: { sep: / }
  user_has: { app_metadata: { sep: / } }]],
  ["a text that begins with a slash"] = [[
  record: { email: a@b.cd }
  params: { sep: /shop.lua }
  user_has: { app_metadata: { sep: /shop.lua } }]],
  ["a repair of what comes out of the record"] = [[
  record: { email: a@b.cd, name: ann }
  fix: { code: CONFLICT_USERNAME, path: username }
  user_has: { username: ann-2 }]],
  ["a repair of a user"] = [[
  fix: { code: CONFLICT_USERNAME, round: 2, user: { email: a@b.cd, username: ann } }
  user: { email: a@b.cd, username: ann-3 }]],
  ["a repair that gives up"] = [[
  fix: { code: CONFLICT_USERNAME, user: { email: a@b.cd } }
  gives_up: true]],
  ["a repair that makes an invalid user"] = [[
  fix: { code: FORMAT, user: { email: a@b.cd } }
  rejected: FORMAT at email]],
  ["files that are written out"] = [[
  files: { data/a.csv: "id,email\n1,a@b.cd\n", data/b.csv: "id,email\n2,\n3,\n4,x\n" }
  input: data
  user_has: { user_id: "1" }
  skipped: { no address: 2 }
  rejected: [ FORMAT at email ]
]],
  ["duplicates of a file"] = [[
  files: { a.csv: "id,email\n1,a@b.cd\n1,a@b.cd\n" }
  input: [ a.csv ]
  user_has: { user_id: "1" }]],
}
for name, text in pairs(PASSES) do
  test("passes: " .. name, function()
    local case = result("- name: " .. name:gsub(",", "") .. "\n" .. text .. "\n", 0,
      { "--show-values" })
    equal({ case.passed, case.differences }, { true, {} })
  end)
end

-- Cases that fail: what is said, {path, expected, came}.
local FAILS <const> = {
  ["a field"] = {
    "record: { email: a@b.cd, id: 7 }, user_has: { user_id: 8 }", "user_id", "8", '"7"',
  },
  ["a nested field"] = {
    "record: { email: a@b.cd, plan: x }, user_has: { app_metadata: { plan: y } }",
    "app_metadata.plan", '"y"', '"x"',
  },
  ["a field that should not be there"] = {
    "record: { email: a@b.cd, id: 7 }, user_has: { user_id: null }", "user_id", "null", '"7"',
  },
  ["a field that a whole user lacks"] = {
    "fix: { code: CONFLICT_USERNAME, user: { email: a@b.cd, username: a } }, "
      .. "user: { email: a@b.cd }", "username", "nothing", '"a-2"',
  },
  ["a user that is skipped"] = {
    "record: { id: 7 }, user_has: {}", "user", "a user", "skipped: no address",
  },
  ["a user that is rejected"] = {
    "record: { email: a@b.cd, plan: bad }, user_has: {}", "user", "a user",
    "rejected: FORMAT at app_metadata.plan: bad",
  },
  ["a skip that is a user"] = {
    "record: { email: a@b.cd }, skipped: true", "skipped", "a skipped record", "a user",
  },
  ["another reason"] = {
    "record: { id: 7 }, skipped: other", "skipped", "skipped: other", "skipped: no address",
  },
  ["another code"] = {
    "record: { email: a@b.cd, plan: bad }, rejected: MAX_LENGTH", "rejected", "MAX_LENGTH",
    "rejected: FORMAT at app_metadata.plan: bad",
  },
  ["a rejection that nobody expects"] = {
    "record: { email: a@b.cd, plan: bad }, warnings: []", "rejected", "nothing",
    "rejected: FORMAT at app_metadata.plan: bad (record:2)",
  },
  ["a warning that is missing"] = {
    "record: { email: a@b.cd }, warnings: [odd]", "warnings: odd", "a warning", "nothing",
  },
  ["a loss that is not named"] = {
    "record: { email: a@b.cd, plan: lost }, lost: [password]", "lost: totp", "nothing",
    "no secret (number)",
  },
  ["a loss that does not come"] = {
    "record: { email: a@b.cd }, lost: [password, passkey]", "lost: passkey", "lost", "nothing",
  },
  ["another reason of a loss"] = {
    "record: { email: a@b.cd }, lost: { password: moved }", "lost: password", "moved",
    "no password in the source",
  },
  ["a warning too many"] = {
    "record: { email: a@b.cd, plan: odd }, warnings: []", "warnings: odd_plan", "nothing",
    "1 time",
  },
  ["a wrong password"] = {
    "record: { email: a@b.cd, hash: " .. HASH .. " }, login: wrong", "login",
    "the password matches", "the password does not match the mapped hash (bcrypt)",
  },
  ["no password"] = {
    "record: { email: a@b.cd }, login: wrong", "login", "the password matches",
    "the user has no password hash",
  },
  ["fewer users"] = {
    "record: { email: a@b.cd }, users: []", "users", "0 users", "a user",
  },
  ["no fix for the code"] = {
    "fix: { code: MAX_LENGTH, user: { email: a@b.cd } }, user: { email: a@b.cd }", "user",
    "a user", "fix gave up: the recipe has no fix for MAX_LENGTH",
  },
  ["a source that fails"] = {
    "files: { a.csv: 'id,\"email' }, input: a.csv, user: {}", "user", "a user",
    "a.csv:1: the quote that opens here is never closed",
  },
}
for name, case in pairs(FAILS) do
  test("fails: " .. name, function()
    local made = result("- { name: x, " .. case[1] .. " }\n", 3, { "--show-values" })
    equal(made.passed, false)
    local first = made.differences[1]
    equal({ first.path, first.expected }, { case[2], case[3] })
    contains(first.came, case[4])
  end)
end

local TWO <const> = [[
- name: fine
  record: { id: 7, email: ada@example.com }
  user_has: { email: ada@example.com }

- name: broken
  record: { id: 7, email: ada@example.com }
  user_has: { email: bob@example.com, app_metadata: { plan: pro } }
]]

test("a failure has its place, what was expected and what came, without values", function()
  with(TWO, function(s)
    local ended = s:run({ "test", "shop.lua" }):ends_with(3)
    equal(ended.stdout, [[
shop.lua (shop.test.yaml)
ok    fine
FAIL  broken  (shop.test.yaml:5)
      email
        expected  e-mail address of 15 characters
        came      another e-mail address of 15 characters
      app_metadata.plan
        expected  3 characters, lower-case letters
        came      nothing
tests     2 cases, 1 passed, 1 failed
]])
    assert(not (ended.stdout .. ended.stderr):find("bob", 1, true), "a value is shown")
    equal(ended:next(), "auth0-migrate test shop.lua --show-values")
    local shown = s:type_in(ended:next()):ends_with(3)
    contains(shown.stdout, 'expected  "bob@example.com"')
    contains(shown.stdout, 'came      "ada@example.com"')
    equal(shown:next(), nil)
  end)
end)

test("--json is one object, --junit a file", function()
  with(TWO, function(s)
    local object = s:run({ "test", "shop.lua", "--json", "--junit", "out.xml" }):ends_with(3)
      :object()
    equal({ object.passed, object.failed, object.exit, object.status, #object.cases },
      { 1, 1, 3, "complete", 2 })
    local case = object.cases[2]
    equal({ case.recipe, case.file, case.line, case.name, #case.differences },
      { "shop.lua", "shop.test.yaml", 5, "broken", 2 })
    local xml = s:read "out.xml"
    contains(xml, '<testsuites tests="2" failures="1">')
    contains(xml, 'name="broken" file="shop.test.yaml" line="5"')
    assert(not xml:find("bob", 1, true), "a value is shown")
  end)
end)

test("the result is the same each time, whatever the environment says", function()
  local text = "- { name: x, record: { email: a@b.cd }, user_has: { app_metadata: { seen: x } } }\n"
  with(text, function(s)
    local first = s:run({ "test", "shop.lua", "--show-values" }):ends_with(3).stdout
    contains(first, '"2026-01-01 00:00"')
    local second = s:run({ "test", "shop.lua", "--show-values" }, {
      AUTH0_MIGRATE_PARAM_COUNTRY = "DE", TZ = "Asia/Tokyo",
    }):ends_with(3).stdout
    equal(second, first)
  end)
end)

test("the tests of a folder, of several recipes, in any working directory", function()
  with(nil, function(s)
    file.mkdir(s:path "other")
    s:write("other/shop.lua", SHOP)
    s:write("other/shop.test.yaml", "- { name: c, record: { id: 1 }, skipped: true }\n")
    local object = s:run({ "test", "shop.lua", "other/shop.lua", "csv", "--json" }):ends_with(0)
      :object()
    local names = {}
    for i = 1, 4 do names[i] = object.cases[i].file .. " " .. object.cases[i].name end
    equal(names, {
      "shop.test/a.yaml a", "shop.test/b.yaml b", "other/shop.test.yaml c",
      "csv.test.yaml columns are found by their usual names",
    })
  end, nil, {
    ["shop.test/b.yaml"] = "- { name: b, record: { id: 1 }, skipped: true }\n",
    ["shop.test/a.yaml"] = "- { name: a, record: { id: 1 }, skipped: true }\n",
    ["shop.test/notes.txt"] = "none",
  })
end)

local JOIN <const> = [[
local csv, json, lookup = require "source.csv", require "source.json", require "source.lookup"
local roles
return {
  params = { input = { required = true }, roles = { required = true } },
  source = function(params)
    roles = lookup(csv.records(params.roles), "id")
    return json.records(params.input, { pointer = "/users" })
  end,
  map = function(row)
    local role = roles:get(row.id)
    return { email = row.mail, user_id = tostring(row.id), blocked = row.off,
      app_metadata = { role = role and role.role, id = row.id } }
  end,
}
]]

test("a pattern of files next to the test", function()
  local case = result("- { name: a, input: 'da*/*.csv', user_has: { user_id: 007 } }\n", 0, nil,
    nil, { ["data/in.csv"] = "id,email\n007,a@b.cd\n" })
  equal(case.passed, true)
end)

test("a recipe that joins reads a real file next to the test, and types of JSON", function()
  local case = result([[
- name: joined
  record: { id: 7, mail: a@b.cd, off: true }
  params: { roles: data/roles.csv }
  user:
    email: a@b.cd
    user_id: "7"
    blocked: true
    app_metadata: { role: editor, id: 7 }
  warnings: []
]], 0, nil, JOIN, { ["data/roles.csv"] = "id,role\n7,editor\n" })
  equal(case.passed, true)
end)

test("a record reaches map as it is if the source reads no file", function()
  local case = result([[
- name: own
  record: { id: 7, mail: a@b.cd, tags: [a] }
  user: { email: a@b.cd, app_metadata: { id: 7, seen: prepared, tags: [a] } }
]], 0, nil, [[
local seen
return {
  source = function() seen = "prepared" return function() end end,
  map = function(row)
    return { email = row.mail, app_metadata = { id = row.id, seen = seen, tags = row.tags } }
  end,
}
]])
  equal(case.passed, true)
end)

-- {the reading, type of a number, of null}: what a record of a reader has.
for _, case in ipairs {
  { 'require("source.ndjson").records(params.input)', "integer", "userdata" },
  { 'require("source.yaml").records(params.input, { pointer = "/a/b" })', "integer", "userdata" },
  { 'require("source.extended_json").records(params.input)', "integer", "userdata" },
  { 'require("source.xml").records(params.input, "users/user")', "string", "nil" },
  { 'require("source.ldif").records(params.input)', "string", "nil" },
  { 'require("source.dump").records(params.input, { table = "users" })', "string", "nil" },
  { 'require("source.fixed").records(params.input, { fields = { { "id", 1, 3 } } })', "string",
    "nil" },
  { 'require("source.sqlite").records(params.input, { table = "users" })', "integer", "userdata" },
} do
  test("a record as it is read by " .. case[1]:match("source%.[%w_]+"), function()
    local made = result("- { name: a, record: { id: 7, none: null, l: [1] }, skipped: x }\n", 3,
      { "--show-values" }, ([[
return {
  params = { input = { required = true } },
  source = function(params) return %s end,
  map = function(row)
    return nil, (math.type(row.id) or type(row.id)) .. " " .. type(row.none)
      .. " " .. (math.type(row.l[1]) or type(row.l[1]))
  end,
}
]]):format(case[1]))
    equal({ made.differences[1].came, made.notes },
      { "skipped: " .. case[2] .. " " .. case[3] .. " " .. case[2], {} })
  end)
end

test("the only parameter of a recipe takes the record, whatever its name", function()
  local case = result("- { name: a, record: { id: 7 }, user_has: { email: 7@b.cd } }\n", 0, nil, [[
return {
  params = { export = { kind = "input", required = true }, other = { default = "x" } },
  source = function(params) return require("source.ndjson").records(params.export) end,
  map = function(row) return { email = math.type(row.id) == "integer" and row.id .. "@b.cd" } end,
}
]])
  equal(case.passed, true)
end)

test("an iterator of the recipe around a reader gets the record", function()
  local case = result("- { name: a, record: { id: 7 }, user_has: { email: 17@b.cd } }\n", 0, nil, [[
return {
  params = { input = { required = true } },
  source = function(params)
    local records = require("source.csv").records(params.input)
    return function()
      local row, at = records()
      return row and { email = "1" .. row.id .. "@b.cd" }, at
    end
  end,
  map = function(row) return { email = row.email } end,
}
]])
  equal(case.passed, true)
end)

test("why the source could not run is said with the failure", function()
  local case = result("- { name: own, record: { id: 7 }, user: {} }\n", 3, nil, [[
return {
  source = function() error("no database") end,
  map = function() return nil, "none" end,
}
]])
  contains(case.notes[1], "no database")
end)

test("golden files are written, compared and shown as a diff", function()
  local text = "- { name: all, input: in.csv, expect: out/users.ndjson }\n"
  with(text, function(s)
    file.mkdir(s:path "out")
    local missing = s:run({ "test", "shop.lua" }):ends_with(3)
    contains(missing.stdout, "no such file; --update writes it")
    equal(missing:next(), "auth0-migrate test shop.lua --update")
    local wrote = s:type_in(missing:next()):ends_with(0).stdout
    contains(wrote, "wrote out/users.ndjson: 2 users (0 changed, 2 added, 0 removed, 0 moved)")
    local golden = s:read "out/users.ndjson"
    equal(select(2, golden:gsub("\n", "")), 2)
    equal(json.decode(golden:match("^[^\n]+")).email, "a@b.cd")
    s:run({ "test", "shop.lua" }):ends_with(0)

    s:write("in.csv", "id,email,plan\n1,a@b.cd,new\n3,new@b.cd,p\n2,c@d.ef,p2\n")
    local failed = s:run({ "test", "shop.lua", "--json", "--show-values" }):ends_with(3):object()
    local paths = {}
    for i, one in ipairs(failed.cases[1].differences) do paths[i] = one.path end
    equal(paths, {
      "out/users.ndjson:1 app_metadata.plan",
      "out/users.ndjson: further user 2",
    })
    local updated = s:run({ "test", "shop.lua", "--update", "--show-values" }):ends_with(0).stdout
    contains(updated, "updated out/users.ndjson: 3 users (1 changed, 1 added, 0 removed, 0 moved)")
    contains(updated, '  @@ out/users.ndjson:1 app_metadata.plan\n  - "p"\n  + "new"\n')
    contains(s:run({ "test", "shop.lua", "--update" }):ends_with(0).stdout, "1 passed, 0 failed")
  end, (SHOP:gsub("math.random%(1000000%)", "#row.id")), {
    ["in.csv"] = "id,email,plan\n1,a@b.cd,p\n2,c@d.ef,p2\n",
  })
end)

test("a golden file with a rejected record fails, and says which", function()
  local case = result("- { name: all, input: in.csv, expect: u.ndjson }\n", 3, nil, nil, {
    ["in.csv"] = "id,email\n1,nobody\n", ["u.ndjson"] = "",
  })
  contains(case.differences[1].came, "rejected: FORMAT at email")
  contains(case.differences[1].came, "in.csv:2")
end)

-- Test files that are wrong: {text, what is said}; exit status 2.
local WRONG <const> = {
  { "- { name: a, recrod: {}, skipped: true }",
    'shop.test.yaml:1: unknown key "recrod"; did you mean "record"?' },
  { "- name: a\n  record: {}\n  params: { cuontry: DE }\n  skipped: true",
    'shop.test.yaml:3: the recipe has no parameter "cuontry"; did you mean "country"?' },
  { "- { name: a, record: {}, params: { country: Atlantis }, skipped: true }",
    "shop.test.yaml:1: the parameter country must be a calling code or a country" },
  { "- { name: a, input: user.csv, skipped: true }",
    'there is no user.csv in the directory of the test file; did you mean "users.csv"?' },
  { "- { name: a, input: ../users.csv, skipped: true }", "is not in the directory of the test" },
  { "- { name: a, input: /etc/passwd, skipped: true }", "is not in the directory of the test" },
  { "- { name: a, input: 'users.csv,/etc/passwd', skipped: true }", "/etc/passwd is not in the" },
  { "- { name: a, input: '/etc/*', skipped: true }", "is not in the directory of the test file" },
  { "- { name: a, input: 'x*/../../*', skipped: true }", "is not in the directory of the test" },
  { "- { name: a, input: '-', skipped: true }", "a test does not read stdin" },
  { "- { name: a, record: {}, params: { input: /etc/passwd }, skipped: true }",
    "/etc/passwd is not in the directory of the test file" },
  { "- { name: a, record: { id: [1] }, skipped: true }", "the cell id must be a text, not a list" },
  { "- { name: a, record: {}, expect: /tmp/u.ndjson }", "is not in the directory of the test" },
  { "- { name: a, record: {}, expect: ../u.ndjson }", "is not in the directory of the test file" },
  { "- { name: a, record: { email: a@b.cd }, expect: users.csv }", "users.csv:1: not a user" },
  { "a: &a [*a]", "contains itself" },
  { "- {", "shop.test.yaml: YAML, line 2" },
  { "\xff\xfe", "shop.test.yaml" },
}
for _, case in ipairs(WRONG) do
  test("a wrong test file ends with 2: " .. case[1]:gsub("[\n\x80-\xff]", " "), function()
    with(case[1], function(s)
      local ended = s:run({ "test", "shop.lua", "--json" }):ends_with(2)
      contains(ended:object().message, case[2])
      contains(ended.stderr, "error: ")
    end, nil, { ["users.csv"] = "id,email\n" })
  end)
end

test("no case runs if a file is wrong, and no golden file is written", function()
  with("- { name: a, record: { email: a@b.cd }, expect: u.ndjson }\n- 1\n", function(s)
    s:run({ "test", "shop.lua", "--update" }):ends_with(2)
    assert(not s:exists "u.ndjson", "the golden file was written")
  end)
end)

test("a link leads to no file outside of the test's directory", function()
  with("- { name: a, record: { email: a@b.cd }, expect: u.ndjson }\n", function(s)
    s.within = { "sh", "-c", 'ln -s /etc/hostname u.ndjson && exec "$@"', "sh" }
    contains(s:run({ "test", "shop.lua", "--update" }):ends_with(2).stderr, "is not a file in")
  end)
end)

test("without tests, it says how to write one", function()
  with(nil, function(s)
    local ended = s:run({ "test", "shop.lua" }):ends_with(2)
    contains(ended.stderr, "shop.lua has no tests: write shop.test.yaml")
    equal(ended:next(), "auth0-migrate test --help")
    contains(s:type_in(ended:next()):ends_with(0).stdout, "record: {")
  end)
end)

test("a recipe that is not there, and one that is not a recipe", function()
  with(TWO, function(s)
    equal(s:run({ "test", "shp.lua" }):ends_with(2):next(), "auth0-migrate test shop.lua")
    s:write("shop.lua", "return 1")
    contains(s:run({ "test", "shop.lua" }):ends_with(2).stderr, "shop.lua")
    contains(s:run({ "test", "shop.lua", "input=a" }):ends_with(2).stderr, "takes no parameters")
  end)
end)

test("a text of a parameter grants no file to the recipe", function()
  with("- { name: a, record: {}, params: { key: secret.txt }, user: {} }\n", function(s)
    file.mkdir(s:path "shop")
    for _, name in ipairs { "shop.lua", "shop.test.yaml" } do
      s:write("shop/" .. name, s:read(name))
    end
    local ended = s:run({ "test", "shop/shop.lua", "--json", "--show-values" }):ends_with(3)
    contains(ended:object().cases[1].differences[1].came, "skipped: nil")
  end, [[
return {
  params = { input = { required = true }, key = {} },
  source = function(params) return require("source.csv").records(params.input) end,
  map = function(_, params) return nil, tostring(io.open(params.key)) end,
}
]], { ["secret.txt"] = "secret" })
end)

test("a recipe is granted nothing by its test", function()
  local case = result("- { name: a, record: {}, user: {} }\n", 3, { "--show-values" }, [[
return {
  params = { input = { required = true } },
  source = function(params) return require("source.csv").records(params.input) end,
  map = function() return nil, tostring(io.open("/etc/passwd") == nil) .. " "
    .. tostring(pcall(os.getenv, "HOME")) end,
}
]])
  equal(case.differences[1].came, "skipped: true false")
end)

test("nothing is left in the temporary directory", function()
  local text = "- { name: a, files: { b/c.csv: x }, record: { email: a@b.cd }, skipped: true }\n"
  with(text, function(s)
    file.mkdir(s:path "tmp")
    local env = { TMPDIR = s:path "tmp" }
    s:run({ "test", "shop.lua" }, env):ends_with(3)
    s:write("shop.test.yaml", text:gsub("files", "params: { cuontry: DE }, files"))
    s:run({ "test", "shop.lua" }, env):ends_with(2)
    equal(file.list(s:path "tmp"), {})
  end)
end)

test("Ctrl-C ends the tests", function()
  with("- { name: a, record: { email: a@b.cd }, skipped: true }\n", function(s)
    local started = s:start { "test", "shop.lua" }
    s:until_("the recipe", function() return started.stderr:find "mapping" end)
    started:kill "INT"
    equal(started:wait().status, 130)
  end, [[
return {
  params = { input = { required = true } },
  source = function(params)
    local records, i = require("source.csv").records(params.input), 0
    return function()
      i = i + 1
      if i == 1 then print "mapping" end
      return i < 1e9 and { i = i } or nil, "x"
    end
  end,
  map = function() return nil, "x" end,
}
]])
end)
