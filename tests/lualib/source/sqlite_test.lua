--- source.sqlite: tables, views and queries, their places, and what is said of names that are not
--- there.

local tap = require "tests.tap"
local bad_record = require "source.bad_record"
local csv = require "source.csv"
local failure = require "base.failure"
local folder = require "tests.lualib.source.folder"
local lookup = require "source.lookup"
local sqlite = require "source.sqlite"
local store = require "host.store"
local test, equal, raises = tap.test, tap.equal, tap.raises

local USERS <const> = [[CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, phone TEXT);
  INSERT INTO users VALUES (7, 'a@x', NULL), (9, CAST(x'ff' AS TEXT), NULL), (12, 'c@x', '1');]]
local ROLES <const> = "CREATE TABLE roles (user, role, PRIMARY KEY (user, role)) WITHOUT ROWID; "
  .. "INSERT INTO roles VALUES (12, 'b'), (7, 'a'), (12, 'a');"

---Runs fn with a folder of databases, by their statements.
local function with(databases, fn)
  folder.with({}, function(root)
    for name, sql in pairs(databases) do
      local db <close> = assert(store.open(root .. "/" .. name, { durable = false }))
      assert(db:exec(sql))
    end
    fn(root, root .. "/a.db")
  end)
end

local function collect(records, column)
  local all = {}
  for record, at in records do
    all[#all + 1] = { bad_record.is(record) and record.message or record[column], at }
  end
  return all
end

---The message and kind of the Failure that `fn` raises.
local function failing(fn)
  local ok, err = pcall(fn)
  assert(not ok and failure.is(err), tostring(err))
  return { err.message, err.kind }
end

test("the rows of a table have its rowid as their place, in its order", function()
  with({ ["a.db"] = USERS .. ROLES }, function(_, path)
    local records = sqlite.records(path, { table = "users" })
    equal(records:columns(), { "id", "email", "phone" })
    equal(collect(records, "id"), {
      { 7, "a.db#users:7" }, { 'invalid UTF-8 in column "email"', "a.db#users:9" },
      { 12, "a.db#users:12" },
    })
    equal((records:progress()), 1.0)
  end)
end)

test("rows of tables without rowids, of views and of queries are counted from 0", function()
  with({ ["a.db"] = USERS .. ROLES .. "CREATE VIEW v AS SELECT id FROM users" }, function(_, path)
    equal(collect(sqlite.records(path, { table = "roles" }), "role"),
      { { "a", "a.db#roles/0" }, { "a", "a.db#roles/1" }, { "b", "a.db#roles/2" } })
    equal(collect(sqlite.records(path, { table = "V" }), "id"),
      { { 7, "a.db#v/0" }, { 9, "a.db#v/1" }, { 12, "a.db#v/2" } })
    local query = "SELECT id FROM users WHERE id > 7 ORDER BY id"
    for _, wanted in ipairs { query, { query = query } } do
      equal(collect(sqlite.records(path, wanted), "id"), { { 9, "a.db#/0" }, { 12, "a.db#/1" } })
    end
  end)
end)

test("names are quoted, columns may be called as rowids are, generated ones are read", function()
  with({ ["a.db"] = [[CREATE TABLE "a ""b""" (rowid, oid, g AS (oid * 2));
    INSERT INTO "a ""b""" VALUES ('r', 2);
    CREATE TABLE all_three (rowid, oid, _rowid_); INSERT INTO all_three VALUES (1, 2, 3)]] },
    function(_, path)
      equal(collect(sqlite.records(path, { table = 'a "b"' }), "g"), { { 4, 'a.db#a "b":1' } })
      equal(collect(sqlite.records(path, { table = 'a "b"' }), "rowid"),
        { { "r", 'a.db#a "b":1' } })
      equal(collect(sqlite.records(path, { table = "all_three" }), "oid"),
        { { 2, "a.db#all_three/0" } })
    end)
end)

test("the only table need not be named", function()
  with({ ["a.db"] = USERS }, function(_, path)
    equal(#collect(sqlite.records(path)), 3)
  end)
end)

test("several databases are read one after the other; one without the table is skipped", function()
  with({ ["a.db"] = USERS, ["b.sqlite"] = ROLES, ["c.sqlite3"] = USERS }, function(root)
    local records = sqlite.records(root, { table = "users" })
    local all = collect(records, "id")
    equal({ #all, all[1][2], all[6][2] }, { 6, "a.db#users:7", "c.sqlite3#users:12" })
    equal(records:warnings(), { {
      code = "file_without_records",
      message = 'b.sqlite: it has no table "users", but "roles"',
    } })
  end)
end)

for what, case in pairs {
  ["a table"] = { { table = "usrs" },
    'a.db: it has no table "usrs", but "roles", "users"; did you mean "users"?' },
  ["a choice of the table"] = { {},
    'a.db: it has the tables "roles", "users": choose one, with { table = "roles" }' },
  ["a table of a query"] = { "SELECT id FROM usrs",
    'a.db: no such table: usrs; it has "roles", "users"; did you mean "users"?' },
  ["a column of a query"] = { "SELECT u.emial FROM users u", "a.db: no such column: u.emial; "
    .. 'it has "user", "role", "id", "email", "phone"; did you mean "email"?' },
} do
  test("what is not there is named with what there is: " .. what, function()
    with({ ["a.db"] = USERS .. ROLES }, function(_, path)
      equal(failing(function() sqlite.records(path, case[1]) end), { case[2], "missing" })
    end)
  end)
end

test("a database without tables, a wrong query and stdin are failures", function()
  with({ ["a.db"] = "PRAGMA user_version = 1", ["b.db"] = USERS }, function(root, path)
    equal(failing(function() sqlite.records(path) end), { "a.db: it has no tables", "missing" })
    equal(failing(function() sqlite.records(root .. "/b.db", "DELETE FROM users") end),
      { "b.db: only a SELECT may be run, without PRAGMA and ATTACH", "parse" })
  end)
  equal(failing(function() sqlite.records("-") end),
    { "a database cannot be read from stdin: name its file", "usage" })
end)

test("columns that do not exist are warned about once, with the closest name", function()
  with({ ["a.db"] = USERS }, function(_, path)
    local function read(optional)
      local records = sqlite.records(path, { optional = optional })
      for row in records do assert(not row.emial and not row.zzzzzz and row.phone ~= "2") end
      local messages = {}
      for i, warning in ipairs(records:warnings()) do
        equal(warning.code, "unknown_column")
        messages[i] = warning.message
      end
      return messages
    end
    local bad = { "message", "raw" } -- of a record that is broken
    equal(read(bad), {
      'column "emial" is not in a.db; did you mean "email"?', 'column "zzzzzz" is not in a.db',
    })
    equal(read { "emial", "zzzzzz" }, {})
    equal(read(true), {})
  end)
end)

test("a record as it was read has literals of SQL for blobs", function()
  with({ ["a.db"] = "CREATE TABLE t (b); INSERT INTO t VALUES (x'ff00')" }, function(_, path)
    local records = sqlite.records(path)
    equal({ records().b, records:as_read() }, { "\xFF\0", { b = "X'ff00'" } })
  end)
end)

test("two readers of a database are open at the same time: a join", function()
  with({ ["a.db"] = USERS .. ROLES }, function(_, path)
    local users = sqlite.records(path, { table = "users" })
    local roles <close> = lookup(sqlite.records(path, { table = "roles" }), "user")
    users()
    equal({ #roles:all(12), roles:get(7).role, users:title() }, { 2, "a", "a.db" })
    users:close()
  end)
end)

test("a file in another format is named, and a database where another is expected", function()
  with({ ["a.db"] = USERS }, function(root, path)
    folder.with({ ["u.db"] = "id,email\n1,a\n" .. ("2,b\n"):rep(200) }, function(other)
      equal(failing(function() sqlite.records(other .. "/u.db") end),
        { "u.db is CSV, not SQLite: read it with source.csv, or with the recipe csv", "parse" })
    end)
    equal(failing(function() csv.records(path) end)[1]:match("is an SQLite database: .*"),
      "is an SQLite database: read it with source.sqlite")
    assert(os.execute(("gzip -c %s > %s/z.db"):format(path, root)))
    equal(failing(function() sqlite.records(root .. "/z.db") end)[1],
      "z.db: it is compressed, and a database is not read in order: decompress it first (gzip -d)")
  end)
end)

test("text of a database is shown without its control characters", function()
  with({ ["a.db"] = 'CREATE TABLE "a\27[31m" (x); CREATE TABLE "b" (x)' }, function(_, path)
    equal(failing(function() sqlite.records(path) end)[1],
      'a.db: it has the tables "a\\x1b[31m", "b": choose one, with { table = "a\\x1b[31m" }')
  end)
end)

test("misuse raises", function()
  raises(function() sqlite.records("a.db", { tabel = "x" }) end,
    'sqlite.records has no option "tabel"; did you mean "table"?')
  raises(function() sqlite.records("a.db", { table = 1 }) end,
    "sqlite.records: table must be a string, not a number")
  raises(function() sqlite.records("a.db", 5) end,
    "sqlite.records expects a query or options, got number")
  raises(function() sqlite.records("a.db", { table = "a", query = "b" }) end,
    "sqlite.records: table and query cannot be combined")
  raises(function() sqlite.records(nil) end,
    "sqlite.records expects the name of its input, got nil")
end)

test("a database is recognised by its signature, and its tables by their statements", function()
  with({ ["a.db"] = USERS, ["b.db"] = USERS .. ROLES, ["c.db"] = "PRAGMA user_version = 1" },
    function(root)
      local function recognised(name)
        local handle <close> = assert(io.open(root .. "/" .. name))
        return sqlite.recognise(handle:read(65536))
      end
      equal(recognised "a.db", { sure = 3, options = { table = "users" },
        what = 'an SQLite database with the tables "users"' })
      equal(recognised "b.db",
        { sure = 3, what = 'an SQLite database with the tables "roles", "users"' })
      equal(recognised "c.db", { sure = 3, what = "an SQLite database" })
    end)
  for _, head in ipairs {
    "", "id,email\n1,a\n", '[{"a": 1}]', '{"a": 1}\n', "dn: a\nuid: a\n", "<?xml?><a/>",
    "-- SQLite format 3\nCREATE TABLE users (id int);\n", "\x16\0\0\0\2a\0\2\0\0\0a\0\0",
  } do
    equal(sqlite.recognise(head), nil)
  end
end)
