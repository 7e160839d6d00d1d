--- Recipes whose source is an SQLite database or the export of a directory: what they read, and how
--- a query that never ends is ended.

local program = require "tests.e2e.program"
local store = require "host.store"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene = program.scene

local RECIPE <const> = [[
local sqlite = require "source.sqlite"
return {
  params = { input = { required = true, kind = "input" } },
  source = function(params)
    print "here"
    return sqlite.records(params.input, WANTED)
  end,
  map = function(row)
    return { email = row.email, user_id = tostring(row.id), email_verified = true }
  end,
}
]]

local USERS <const> = [[CREATE TABLE users (id INTEGER PRIMARY KEY, email, photo BLOB);
  INSERT INTO users VALUES (7, 'ada@example.com', x'ff00'), (8, 'no address', x'ff00'),
    (9, CAST(x'ff' AS TEXT), NULL)]]

-- Counts without end, and finds WHERE.
local ENDLESS <const> = '"WITH RECURSIVE c(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM c) '
  .. "SELECT id, id || '@example.com' AS email FROM c WHERE %s\""

---A scene with a database in a folder outside of the recipe's, open in WAL mode.
local function with(wanted, fn)
  scene(0, function(s)
    assert(os.execute(("mkdir '%s/work' '%s/data'"):format(s.folder, s.folder)))
    s:write("work/made.lua", (RECIPE:gsub("WANTED", function() return wanted end)))
    local db <close> = assert(store.open(s:path "data/app.db"))
    assert(db:exec(USERS))
    fn(s)
  end)
end

test("a database that was named is read with its log, and broken rows are rejected", function()
  with('{ table = "users" }', function(s)
    local ended = s:run({ "run", "work/made.lua", "input=data/app.db", "--no-input",
      "--allow-no-passwords" }):ends_with(8)
    contains(ended.stdout .. ended.stderr, "app.db#users:8")
    local said = s:read "made.run/rejected.ndjson"
    contains(said, '"at":"app.db#users:8"')
    contains(said, [["record":{"email":"no address","id":8,"photo":"X'ff00'"}]])
    contains(said, '"at":"app.db#users:9"')
    contains(said, 'invalid UTF-8 in column \\"email\\"')
    contains(s:read "made.run/chunks/000001.json", '"user_id":"7"')
  end)
end)

test("a database that was not named is refused, and so is one through a query", function()
  with('"SELECT 1"', function(s)
    s:write("work/other.lua", ([[
      local sqlite = require "source.sqlite"
      return { source = function() return sqlite.records(%q) end, map = function() end }]])
      :format(s:path "data/app.db"))
    contains(s:run({ "check", "work/other.lua" }):ends_with(2).stderr,
      "--allow-read=" .. s:path "data/app.db")
    s:write("work/made.lua", (RECIPE:gsub("WANTED", "\"ATTACH '%%1.db' AS x\"")))
    contains(s:run({ "check", "work/made.lua", "input=data/app.db" }):ends_with(2).stderr,
      "only a SELECT may be run")
  end)
end)

test("a query without end is ended by the budget of a read", function()
  with(ENDLESS:format "id = 1 OR id < 0", function(s)
    contains(s:run({ "check", "work/made.lua", "input=data/app.db", "--recipe-steps", "100000" })
      :ends_with(2).stderr, "a call of `source` takes too many instructions")
  end)
end)

test("a query without end is ended by one interrupt", function()
  with(ENDLESS:format "id < 0", function(s)
    local started = s:start({ "check", "work/made.lua", "input=data/app.db" })
    s:until_("the query", function()
      assert(not started.status, started.stderr)
      return started.stderr:find("here\n", 1, true)
    end)
    started:kill "INT"
    contains(started:ends_with(130).stderr, "interrupted")
  end)
end)

test("the export of a directory becomes users, and a rejected one keeps its bytes", function()
  scene(0, function(s)
    s:write("people.lua", [[
      local ldif = require "source.ldif"
      return {
        params = { input = { required = true } },
        source = function(params) return ldif.records(params.input) end,
        map = function(entry)
          if not entry.mail then return nil, "no mail" end
          return { email = entry.mail[1], user_id = entry.uid[1], email_verified = false }
        end,
      }]])
    s:write("people.ldif", "version: 1\n\ndn: dc=x\no: X\n\ndn: uid=a,dc=x\nuid: a\n"
      .. "mail: a@example.com\nmail: b@example.com\n\ndn: uid=b,dc=x\nuid: b\nmail: b\n"
      .. "photo:: /w==\n\ndn: uid=c,dc=x\nuid:: ?\n")
    s:run({ "run", "people.lua", "input=people.ldif", "--no-input" }):ends_with(8)
    contains(s:read "people.run/chunks/000001.json", '"email":"a@example.com"')
    contains(s:read "people.run/skipped.ndjson", '"at":"people.ldif:3"')
    local rejected = s:read "people.run/rejected.ndjson"
    contains(rejected, '"at":"people.ldif:11"')
    contains(rejected, '"photo":["/w=="]')
    contains(rejected, '"at":"people.ldif:16"')
    equal(select(2, rejected:gsub("\n", "")), 2)
  end)
end)

test("a rejected row of a dump keeps its bytes", function()
  scene(0, function(s)
    s:write("dump.lua", [[
      local dump = require "source.dump"
      return {
        params = { input = { required = true } },
        source = function(params) return dump.records(params.input, { table = "users" }) end,
        map = function(row)
          return { email = row.email, user_id = row.id, email_verified = false }
        end,
      }]])
    s:write("users.sql", "INSERT INTO users (id, email, salt) VALUES (1, 'a', X'00FF');\n"
      .. "INSERT INTO users (id, email, salt) VALUES (2, 'b@example.com', X'00FF');\n")
    s:run({ "run", "dump.lua", "input=users.sql", "--no-input" }):ends_with(8)
    contains(s:read "dump.run/rejected.ndjson",
      [["record":{"email":"a","id":"1","salt":"\\x00ff"}]])
  end)
end)
