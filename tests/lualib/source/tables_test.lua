--- source.tables: the same rows from every form of an export, and which table is chosen.

local tap = require "tests.tap"
local failure = require "base.failure"
local folder = require "tests.lualib.source.folder"
local lookup = require "source.lookup"
local store = require "host.store"
local tables = require "source.tables"
local test, equal = tap.test, tap.equal

local PG <const> = "--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE public.users (\n    id "
  .. "bigint,\n    \"Email\" text,\n    name text\n);\n\n"
local MYSQL <const> = "-- MySQL dump 10.13\nCREATE TABLE `users` (\n  `id` int,\n  `Email` text,\n"
  .. "  `name` text\n);\nINSERT INTO `users` VALUES (7,'a@b.co','O\\'Hara\\n'),(8,'b@b.co',NULL);\n"
  .. "-- Dump completed\n"
local PHPMYADMIN <const> = '[\n{"type":"header","version":"5.2.1","comment":"Export"},'
  .. '\n{"type":"database","name":"shop"},\n{"type":"table","name":"logs","database":"shop","data":'
  .. '\n[\n{"type":"table","name":"x"}\n]\n}\n,{"type":"table","name":"users","database":"shop",'
  .. '"data":\n[\n{"id":"7","Email":"a@b.co","name":"O\'Hara\\n"},\n{"id":"8","Email":"b@b.co",'
  .. '"name":null}\n]\n}\n]\n'
local DUMPDATA <const> = '[{"model":"sites.site","pk":1,"fields":{"name":"x"}},'
  .. '{"model":"shop.users","pk":7,"fields":{"Email":"a@b.co","name":"O\'Hara\\n"}},'
  .. '{"model":"shop.users","pk":8,"fields":{"Email":"b@b.co","name":null}}]'

local SCRIPT <const> = "CREATE TABLE [dbo].[users](\n\t[id] [int] NOT NULL\n)\nGO\n"
  .. "INSERT [dbo].[users] ([id], [Email], [name])\nVALUES (7, N'a@b.co', N'O''Hara\n')\nGO\n"
  .. "INSERT [dbo].[users] ([id], [Email], [name]) VALUES (8, N'b@b.co', NULL)\nGO\n"
local ROWS <const> = '[{"id":7,"Email":"a@b.co","name":"O\'Hara\\n"},\n'
  .. '{"id":8,"Email":"b@b.co","name":null}]'

---ASCII as UTF-16 with its mark.
local function utf16(ascii, is_big)
  if is_big then return "\xFE\xFF" .. ascii:gsub(".", "\0%0") end
  return "\xFF\xFE" .. ascii:gsub(".", "%0\0")
end

-- The name of a file, its text and the place of the second row.
for name, case in pairs {
  ["COPY"] = { "a.sql", PG .. 'COPY public.users (id, "Email", name) FROM stdin;\n'
    .. "7\ta@b.co\tO'Hara\\n\n8\tb@b.co\t\\N\n\\.\n\n-- PostgreSQL database dump complete\n",
    "a.sql:13" },
  ["INSERT"] = { "a.sql", PG .. "INSERT INTO public.users VALUES (7, 'a@b.co', 'O''Hara\n');\n"
    .. "INSERT INTO public.users VALUES (8, 'b@b.co', NULL);\n"
    .. "\n-- PostgreSQL database dump complete\n", "a.sql:13" },
  ["mysqldump"] = { "a.sql", MYSQL, "a.sql:7:53" },
  ["CSV"] = { "a.csv", "id,E-Mail,NAME\n7,a@b.co,\"O'Hara\n\"\n8,b@b.co,NULL\n", "a.csv:4" },
  ["CSV with semicolons"] = { "a.txt", "id;Email;name\n7;a@b.co;\"O'Hara\n\"\n8;b@b.co;\\N\n",
    "a.txt:4" },
  ["CSV of phpMyAdmin"] = { "a.csv", '"id","Email","name"\n"7","a@b.co","O\'Hara\n"\n'
    .. '"8","b@b.co",NULL\n', "a.csv:4" },
  ["CSV with NULL in quotes"] = { "a.csv", '"id","Email","name"\n"7","a@b.co","O\'Hara\n"\n'
    .. '"8","b@b.co","NULL"\n', "a.csv:4" },
  ["the client of MySQL"] = { "a.tsv", "id\tEmail\tname\n7\ta@b.co\tO'Hara\\n\n8\tb@b.co\tNULL\n",
    "a.tsv:3" },
  ["CSV of MySQL's server without names"] = { "a.csv", '7,"a@b.co","O\'Hara\\\n"\n'
    .. '8,"b@b.co",\\N\n', "a.csv:3" },
  ["rows of COPY without names"] = { "users", "7\ta@b.co\tO'Hara\\n\n8\tb@b.co\t\\N\n", "users:2" },
  ["MySQL's server between tabs, without names"] = { "users.txt",
    "7\ta@b.co\tO'Hara\\\n\n8\tb@b.co\t\\N\n", "users.txt:3" },
  ["a script of SQL Server"] = { "a.sql", SCRIPT, "a.sql:9" },
  ["a script in UTF-8 with its mark"] = { "a.sql", "\xEF\xBB\xBF" .. SCRIPT, "a.sql:9" },
  ["a script in UTF-16"] = { "a.sql", utf16(SCRIPT), "a.sql:9" },
  ["a script in UTF-16, big endian"] = { "a.sql", utf16(SCRIPT, true), "a.sql:9" },
  ["JSON"] = { "a.json", ROWS, "a.json#/1" },
  ["JSON in UTF-16"] = { "a.json", utf16(ROWS), "a.json#/1" },
  ["JSON inside a document"] = { "a.json", '{"users":[{"id":7,"Email":"a@b.co",'
    .. '"name":"O\'Hara\\n"},{"id":8,"Email":"b@b.co"}]}', "a.json#/users/1" },
  ["NDJSON"] = { "a.ndjson", '{"id":7,"Email":"a@b.co","name":"O\'Hara\\n"}\n'
    .. '{"id":8,"Email":"b@b.co"}\n', "a.ndjson:2" },
  ["JSON of phpMyAdmin"] = { "a.json", PHPMYADMIN, "a.json#/3/data/1" },
  ["Django's dumpdata"] = { "a.json", DUMPDATA, "a.json#/2" },
  ["Django's dumpdata in lines"] = { "a.jsonl", DUMPDATA:sub(2, -2):gsub("},{", "}\n{") .. "\n",
    "a.jsonl:3" },
  ["YAML"] = { "a.yaml", "- id: 7\n  Email: a@b.co\n  name: \"O'Hara\\n\"\n- id: 8\n"
    .. "  Email: b@b.co\n", nil },
} do
  test("the rows of a table are the same from " .. name, function()
    folder.with({ [case[1]] = case[2] }, function(root)
      local records = tables.records(root .. "/" .. case[1], {
        table = { "users", "shop_users" }, has = { "id", "email" }, columns = { "id", "email" },
        layouts = { { "id", "email" }, { "email", "id", "name" }, { "id", "email", "name" } },
      })
      local rows, last = {}, nil
      for row, at in records do rows[#rows + 1], last = row, at end
      equal(rows, {
        { id = "7", email = "a@b.co", name = "O'Hara\n" }, { id = "8", email = "b@b.co" },
      })
      if case[3] then equal(last, case[3]) end
      equal(records:warnings(), {})
    end)
  end)
end

local function with_database(sql, fn)
  folder.with({}, function(root)
    local db <close> = assert(store.open(root .. "/a.db", { durable = false }))
    assert(db:exec(sql))
    fn(root .. "/a.db")
  end)
end

---All values of a column.
local function all(records, column)
  local list = {}
  for row in records do list[#list + 1] = row[column] end
  return list
end

test("a table of a database of SQLite is read, and views", function()
  with_database("CREATE TABLE logs (x); CREATE TABLE u (ID INTEGER, big INTEGER, f REAL);"
    .. "INSERT INTO u VALUES (7, 9007199254740993, 1.5), (8, NULL, 3.0);"
    .. "CREATE VIEW v AS SELECT id FROM u", function(path)
    local rows = {}
    for row, at in tables.records(path, { table = "u" }) do rows[#rows + 1] = { row, at } end
    equal(rows, { { { id = "7", big = "9007199254740993", f = "1.5" }, "a.db#u:1" },
      { { id = "8", f = "3" }, "a.db#u:2" } })
    equal(all(tables.records(path, { table = "V" }), "id"), { "7", "8" })
  end)
end)

local TWO <const> = "CREATE TABLE a_users (id int, email text);\n"
  .. "INSERT INTO a_users VALUES (1,'a');\n"
  .. "CREATE TABLE b_users (id int, mail text);\nINSERT INTO b_users VALUES (2,'b');\n"
  .. "CREATE TABLE c_users (id int, mail text);\nINSERT INTO c_users VALUES (3,'c');\n"
  .. "CREATE TABLE a_meta (user_id int, k text);\nINSERT INTO a_meta VALUES (1,'x'),(1,'y');\n"

test("a table is chosen by its name, the best first, then by its columns", function()
  folder.with({ ["a.sql"] = TWO }, function(root)
    local path = root .. "/a.sql"
    local function chosen(options) return tables.records(path, options).table end
    equal(chosen { table = { "B_Users", "*_users" } }, "b_users")
    equal(chosen { table = { "none", "*_users" }, has = { "email" } }, "a_users")
    equal(chosen { table = { "c*" } }, "c_users")
    equal(chosen { table = "*_users", has = { "email" }, columns = { email = { "k" } } }, "a_users")
  end)
end)

---The message and kind of the Failure that `fn` raises.
local function failing(fn)
  local ok, err = pcall(fn)
  assert(not ok and failure.is(err), tostring(err))
  return err.message, err.kind
end

-- Files, options and a part of the message.
for name, case in pairs {
  ["several tables fit"] = { { ["a.sql"] = TWO }, { table = "*_users", has = { "mail" } },
    "a.sql has several such tables: b_users, c_users; choose one with table=b_users", "usage" },
  ["no table is called so"] = { { ["a.sql"] = TWO }, { table = "x" },
    'a.sql: it has no table "x", but a_users, b_users', "missing" },
  ["no table has the columns"] = { { ["a.sql"] = TWO }, { table = "*_users", has = { "login" } },
    "with the columns login", "missing" },
  ["a file lacks a column"] = { { ["a.csv"] = "id,emial\n1,a@b.co\n" },
    { table = "x", has = { "email" } }, 'a.csv: it has no column "email", but id, emial; did you '
    .. 'mean "emial"?', "missing" },
  ["nothing names the columns"] = { { ["a.csv"] = "1,a@b.co\n2,b@b.co\n" }, { table = "x" },
    "a.csv: it has no row with the names of its 2 columns: give them, as in columns=", "missing" },
  ["other columns are named"] = { { ["a.csv"] = "1,a@b.co\n2,b@b.co\n" },
    { table = "x", header = { "id" } }, "a.csv: it has 2 columns, not 1", "missing" },
  ["a dump is XML"] = { { ["a.xml"] = '<?xml version="1.0"?>\n<mysqldump><database name="d">\n'
    .. '<table_data name="users"><row><field name="id">1</field></row></table_data>\n'
    .. "</database></mysqldump>\n" }, { table = "users" },
    "a.xml: it is XML, in which no tables are looked for: export the table as SQL", "missing" },
  ["a file is none of them"] = { { ["a.sql"] = "PK\3\4" .. ("\0"):rep(300) }, { table = "x" },
    "a zip archive", "parse" },
} do
  test("it is a failure that " .. name, function()
    folder.with(case[1], function(root)
      local message, kind = failing(function()
        tables.records(root .. "/" .. next(case[1]), case[2])()
      end)
      tap.contains(message, case[3])
      equal(kind, case[4])
    end)
  end)
end

test("main and side tables come from one file, or from files of their own", function()
  local users, meta = "id,email\n1,a@b.co\n", "user_id,k\n1,x\n1,y\n"
  for _, files in ipairs {
    { ["a.sql"] = TWO }, { ["u.csv"] = users, ["m.csv"] = meta },
  } do
    folder.with(files, function(root)
      local main = tables.records(root, {
        table = { "a_users" }, has = { "id", "email" },
      })
      local side = tables.find(root, { table = "a_meta", has = { "user_id", "k" } })
      local found = lookup(side, "user_id")
      local row = main()
      equal({ row.id, found:all(row.id)[2].k }, { "1", "y" })
      equal(main:warnings(), {})
    end)
  end
end)

---What mysqldump --tab writes next to the rows.
local function definition(name)
  return "-- MySQL dump 10.13\nCREATE TABLE `" .. name .. "` (\n  `id` int NOT NULL,\n  `Email` "
    .. "varchar(99),\n  `note` text,\n  PRIMARY KEY (`id`)\n) ENGINE=InnoDB;\n-- Dump completed\n"
end

for form, rows in pairs {
  ["between tabs"] = "1\ta@b.co\tO'Hara, \"x\"\\\n\\\t\\\\\n2\tb@b.co\t\\N\n",
  ["in quotes, with commas"] = '"1","a@b.co","O\'Hara, \\"x\\"\\\n\t\\\\"\n"2","b@b.co",\\N\n',
} do
  test("a folder of mysqldump --tab has the rows of its tables: " .. form, function()
    folder.with({
      ["users.sql"] = definition "users", ["users.txt"] = rows,
      ["roles.sql"] = definition "roles", ["roles.txt"] = "7\tadmin\t\\N\n",
      ["empty.sql"] = definition "empty", ["empty.txt"] = "",
    }, function(root)
      local users = tables.records(root, { table = "users", has = { "id", "email" } })
      local first, second = users(), users()
      equal({ first, second, users() },
        { { id = "1", email = "a@b.co", note = "O'Hara, \"x\"\n\t\\" },
          { id = "2", email = "b@b.co" } })
      equal(users:warnings(), {})
      equal(tables.find(root, { table = "roles", has = { "email" } })().email, "admin")
      equal(tables.find(root, { table = "empty" })(), nil)
      equal(tables.find(root, { table = "missing" }), nil)
    end)
  end)
end

test("a side table that is not there is nil", function()
  folder.with({ ["a.csv"] = "id,email\n1,a@b.co\n", ["a.sql"] = TWO }, function(root)
    local options = { table = "*_roles", has = { "user_id", "role" } }
    equal(tables.find(root .. "/a.csv", options), nil)
    equal(tables.find(root .. "/a.sql", options), nil)
  end)
end)

test("several files with the table are read one after another, and others are named", function()
  folder.with({
    ["1.csv"] = "id,email\n1,a\n", ["2.json"] = '[{"email":"b","ID":2}]', ["3.csv"] = "x,y\n1,2\n",
  }, function(root)
    local records = tables.records(root, { table = "users", has = { "email" } })
    equal(all(records, "id"), { "1", "2" })
    local warning = records:warnings()[1]
    equal({ #records:warnings(), warning.code }, { 1, "file_without_records" })
    tap.contains(warning.message, "3.csv")
  end)
end)

test("pages of an answer, one after another, are read if their rows have the columns", function()
  local options = { table = "users", has = { "id", "email" } }
  local one = '{"data":[{"id":1,"email":"a@b.co"}],"n":2}'
  local two = '{"data":[{"id":2,"email":"c@d.co"}]}'
  for _, between in ipairs { "", "\n" } do
    folder.with({ ["a.json"] = one .. between .. two }, function(root)
      equal(all(tables.records(root .. "/a.json", options), "id"), { "1", "2" })
    end)
  end
  local user = '{"id":%d,"email":"a@b.co","data":[{"id":7,"email":"x@y.co"}]}\n'
  folder.with({ ["a.json"] = user:format(1) .. user:format(2) }, function(root)
    equal(all(tables.records(root .. "/a.json", options), "id"), { "1", "2" })
  end)
end)

test("a large list of phpMyAdmin's JSON has its tables found across blocks", function()
  local rows = {}
  for i = 1, 4000 do rows[i] = '{"id":"' .. i .. '","email":"u' .. i .. '@b.co"}' end
  local text = '[\n{"type":"header","version":"5.2"},\n{"type":"database","name":"d"},\n'
  for i = 1, 3 do
    text = text .. (i > 1 and "," or "") .. '{"type":"table","name":"t' .. i .. '","database":"d",'
      .. '"data":\n[\n' .. table.concat(rows, ",\n", 1, i * 1300) .. "\n]\n}\n"
  end
  for pad = 0, 3 do
    folder.with({ ["a.json"] = (" "):rep(pad * 37) .. text .. "]\n" }, function(root)
      local records = tables.records(root .. "/a.json", { table = "t3", has = { "email" } })
      equal(#all(records, "id"), 3900)
    end)
  end
end)

test("a header that the columns name again is no row", function()
  folder.with({ ["a.csv"] = "Id,E_Mail\n1,a@b.co\n", ["b.csv"] = "ada,ann\n" }, function(root)
    local options = { table = "x", header = { "id", "email" } }
    equal(all(tables.records(root .. "/a.csv", options), "id"), { "1" })
    equal(all(tables.records(root .. "/b.csv", options), "email"), { "ann" })
  end)
end)

test("misuse of tables.records is an error", function()
  tap.raises(function() tables.records("x", {}) end, "needs the name of a table")
  tap.raises(function() tables.records("x", { tabel = "x" }) end, "tabel")
end)
