--- The command new: from an export to a recipe with tests, which pass as they were written.

local file = require "host.file"
local json = require "host.json"
local new_exports = require "tests.e2e.new_exports"
local program = require "tests.e2e.program"
local tap = require "tests.tap"
local test, equal, contains = tap.test, tap.equal, tap.contains

---Writes an export and a recipe of it; calls `fn` with the scene and the recipe's text.
local function with(export, fn, ...)
  local more = { ... }
  program.scene(nil, function(s)
    for name, text in pairs(export.files) do s:write(name, text) end
    s:run({ "new", "made.lua", "input=" .. export.input, table.unpack(more) }):ends_with(0)
    fn(s, s:read "made.lua", s:read "made.test.yaml")
  end)
end

for _, export in ipairs(new_exports) do
  test("what new writes of " .. export.name .. " passes test and check unedited", function()
    with(export, function(s, recipe)
      s:run({ "test", "made.lua" }):ends_with(0)
      local checked = s:run({ "check", "made.lua", "input=" .. export.input, "--json" })
        :ends_with(0)
      local records = json.decode(checked.stdout).records
      equal({ records.read, records.staged }, { export.records, export.users }, recipe)
      for _, part in ipairs(export.has) do contains(recipe, part) end
    end)
  end)

  test("no rare cell of " .. export.name .. " is in what new writes", function()
    with(export, function(_, recipe, tests)
      for _, cell in ipairs(export.rare) do
        assert(not (recipe .. tests):find(cell, 1, true), cell)
      end
      for _, word in ipairs(export.frequent or {}) do contains(tests, word) end
    end)
  end)
end

test("new proves its own made-up password", function()
  with(new_exports[1], function(s, _, tests)
    contains(tests, "login: a made-up password")
    s:write("made.test.yaml", (tests:gsub("login: a made%-up password", "login: another one")))
    s:run({ "test", "made.lua" }):ends_with(3)
  end)
end)

test("new does not overwrite a file unless --force is given", function()
  with(new_exports[1], function(s, recipe)
    s:write("made.lua", "-- mine\n")
    local ended = s:run({ "new", "made.lua", "input=" .. new_exports[1].input }):ends_with(2)
    contains(ended.stderr, "made.lua exists already")
    equal(s:read "made.lua", "-- mine\n")
    s:run({ "new", "made.lua", "input=" .. new_exports[1].input, "--force" }):ends_with(0)
    equal(s:read "made.lua", recipe)
  end)
end)

test("new ends with the commands to type next, in order", function()
  program.scene(nil, function(s)
    for name, text in pairs(new_exports[1].files) do s:write(name, text) end
    local words = { "new", "made", "input=" .. new_exports[1].input, "--json" }
    local report = json.decode(s:run(words):ends_with(0).stdout)
    local names = {}
    for i, line in ipairs(report.commands) do names[i] = line:match("^auth0%-migrate (%l+) ") end
    equal(names, { "preview", "check", "prove", "test", "rehearse" })
    equal({ report.recipe, report.tests }, { "made.lua", "made.test.yaml" })
  end)
end)

local REALM <const> = "tests/recipes/keycloak/acme-realm.json"

test("an export that a shipped recipe knows is named and extended", function()
  program.scene(nil, function(s)
    s:write("realm.json", assert(file.read(REALM)))
    local ended = s:run({ "new", "made.lua", "input=realm.json" }):ends_with(0)
    contains(ended.stdout, "extends   the recipe keycloak")
    contains(s:read "made.lua", "migrate.extend(keycloak, {")
    s:run({ "test", "made.lua" }):ends_with(0)
    s:run({ "check", "made.lua", "input=realm.json" }):ends_with(0)
    s:run({ "new", "own.lua", "input=realm.json", "from=none" }):ends_with(0)
    assert(not s:read("own.lua"):find("extend", 1, true))
  end)
end)

test("further files are joined by the column whose values are those of the users", function()
  program.scene(nil, function(s)
    local users, roles, n = { "id,mail" }, { "member,role" }, 40
    for i = 1, n do
      users[#users + 1] = string.format("%d,rarename%d@joined.test", 800 + i, i)
      roles[#roles + 1] = string.format("%d,%s", 800 + i, i % 2 == 0 and "reader" or "editor")
      if i == 1 then roles[#roles + 1] = "801,rarerole" end
    end
    s:write("users.csv", table.concat(users, "\n") .. "\n")
    s:write("roles.csv", table.concat(roles, "\n") .. "\n")
    s:run({ "new", "made.lua", "input=roles.csv,users.csv" }):ends_with(0)
    local text = s:read "made.lua"
    contains(text, '{ key = "id", other = "member", name = "roles", all = true }')
    assert(not (text .. s:read "made.test.yaml"):find("rare", 1, true))
    s:run({ "test", "made.lua" }):ends_with(0)
    local shown = s:run({ "map", "made.lua", "input=users.csv", "roles=roles.csv" }):ends_with(0)
    equal(json.decode(shown.stdout:match("^[^\n]*")).app_metadata.role,
      json.array { "editor", "rarerole" })
  end)
end)

test("--merge shows the columns that a recipe does not read, and writes nothing", function()
  program.scene(nil, function(s)
    local rows = { "id,mail,first_name,plan" }
    for i = 1, 30 do rows[#rows + 1] = string.format("%d,m%d@x.test,Name%d,pro", i + 900, i, i) end
    s:write("users.csv", table.concat(rows, "\n") .. "\n")
    local OWN <const> = 'local csv = require "source.csv"\nreturn {\n  params = { input = {} },\n'
      .. "  source = function(params) return csv.records(params.input) end,\n"
      .. "  map = function(row) return { email = row.mail, user_id = row.id } end,\n}\n"
    s:write("own.lua", OWN)
    local shown = s:run({ "new", "--merge", "own.lua", "input=users.csv" }):ends_with(0).stdout
    contains(shown, "given_name = row.first_name,")
    contains(shown, "plan = row.plan, -- in app_metadata")
    assert(not shown:find("row.mail", 1, true))
    equal(s:read "own.lua", OWN)
  end)
end)

test("new says what is wrong with its arguments", function()
  program.scene(nil, function(s)
    s:write("users.csv", "id,email\n1,a@b.cd\n")
    for _, case in ipairs {
      { { "new" }, "missing argument RECIPE" },
      { { "new", "made.lua" }, "new requires input=EXPORT" },
      { { "new", "made.lua", "input=users.csv", "inptu=x" }, "new has no parameter inptu" },
      { { "new", "made.lua", "input=-" }, "write it to a file first" },
      { { "new", "made.lua", "input=user.csv" }, "no such file" },
    } do
      contains(s:run(case[1]):ends_with(2).stderr, case[2])
    end
  end)
end)
