--- Dumps that the programs themselves wrote (tests/fixtures/dumps), and what is said of others.

local tap = require "tests.tap"
local bad_record = require "source.bad_record"
local csv = require "source.csv"
local digest = require "host.digest"
local dump = require "source.dump"
local failure = require "base.failure"
local file = require "host.file"
local folder = require "tests.lualib.source.folder"
local lookup = require "source.lookup"
local test, equal, contains, raises = tap.test, tap.equal, tap.contains, tap.raises

local DUMPS <const> = "tests/fixtures/dumps/"

---The records of an iterator and their places; a broken record as its message.
local function collect(records)
  local all, places = {}, {}
  for record, at in records do
    local plain = bad_record.is(record) and record.message or {}
    for name, value in pairs(type(plain) == "table" and record or {}) do plain[name] = value end
    all[#all + 1], places[#places + 1] = plain, at
  end
  return all, places
end

---The Failure that `fn` raises.
local function failing(fn)
  local ok, err = pcall(fn)
  assert(not ok and failure.is(err), tostring(err))
  return err
end

local SECRET <const> = "\0\xff'\"\r\n\x1a\\"

local POSTGRESQL <const> = {
  { id = "1", email = "one@example.com", key = "k", active = "t", flag = "101",
    name = "O'Brien \\ \"q\" \n tab\t cr\r \b\fv end",
    uuid = "00112233-4455-6677-8899-aabbccddeeff", secret = SECRET, balance = "12345678901234.5600",
    ratio = "1.5e+100", ["Tags, all"] = "{\"a,b\",c'd}", settings = '{"a": "x\\ny"}',
    created = "2020-01-02 03:04:05+00", n = "-5" },
  { id = "9007199254740993", email = "two@example.com", name = "", active = "f", secret = "",
    ratio = "NaN", ["Tags, all"] = "{}" },
  { id = "3", email = "drei@example.com", key = "\\.", flag = "000", secret = "it's",
    name = "\u{1F600} '); INSERT INTO public.users VALUES (4,'x');\n\\.\n", balance = "-1.0000",
    ratio = "-Infinity", settings = '"/* no */ -- no"', created = "infinity", n = "0" },
}

local MARIADB <const> = {
  { id = "1", email = "one@example.com", name = "O'Brien \\ \"q\" \n tab\t cr\r end", active = "1",
    flag = "\1", uuid = "\0\17\34\51\68\85\102\119\x88\x99\xaa\xbb\xcc\xdd\xee\xff",
    secret = SECRET, balance = "12345678901234.5600", ratio = "1.5e100", kind = "a,b",
    lower_email = "one@example.com",
    settings = '{"a":"x\\ny"}', created = "2020-01-02 03:04:05" },
  { id = "3", email = "drei@example.com", active = "1", uuid = "''\\'" .. ("\0"):rep(12),
    name = "\u{1F600} '); INSERT INTO `users` VALUES (4,'x');", secret = "it's",
    balance = "-1.0000", lower_email = "drei@example.com", settings = "/* no */ -- no # no" },
  { id = "9007199254740993", email = "two@example.com", name = "", active = "0", flag = "\0",
    secret = "", ratio = "-0.25", kind = "c)", lower_email = "two@example.com" },
}

local SQLITE <const> = {
  { id = "1", email = "one@example.com", name = "O'Brien \\ \"q\"\n tab\t cr\r end",
    secret = SECRET, ratio = "1.4999999999999999028e+100", n = "5" },
  { id = "3", email = "drei@example.com", ratio = "1e999", n = "0",
    name = "\u{1F600} '); INSERT INTO users VALUES (4,'x');" },
  { id = "9007199254740993", email = "two@example.com", name = "", secret = "", ratio = "-0.25" },
}

for name, expected in pairs {
  pg_copy = POSTGRESQL, pg_inserts = POSTGRESQL, pg_columns = POSTGRESQL, mariadb = MARIADB,
  mariadb_hex = MARIADB, mariadb_single = MARIADB, sqlite = SQLITE,
} do
  test("the users of " .. name .. ".sql", function()
    local records <close> = dump.records(DUMPS .. name .. ".sql", { table = "users" })
    equal((collect(records)), expected)
    equal(records:warnings(), {})
  end)
end

test("the same dump, compressed", function()
  local text = assert(file.read(DUMPS .. "mariadb.sql"))
  folder.with({ ["u.sql.gz"] = digest.gzip(text) }, function(root)
    local out <close> = assert(file.create(root .. "/v.sql.zst", { zstd = true }))
    assert(out:write(text) and out:finish())
    for _, name in ipairs { "u.sql.gz", "v.sql.zst" } do
      equal((collect(dump.records(root .. "/" .. name, { table = "users" }))), MARIADB)
    end
  end)
end)

test("places name the file, the line, and the byte on a line of several rows", function()
  folder.with({ ["u.sql"] = "INSERT INTO `users` (`id`) VALUES (1),(2);\n" }, function(root)
    local _, places = collect(dump.records(root .. "/u.sql", { table = "users" }))
    equal(places, { "u.sql:1", "u.sql:1:39" })
  end)
end)

test("a schema, a database and quotes may be written with the table", function()
  local text = "INSERT INTO public.\"User\" (id) VALUES (1);\n"
    .. "INSERT INTO other.\"User\" (id) VALUES (2);\nINSERT INTO `a.b` (id) VALUES (3);\n"
  folder.with({ ["u.sql"] = text }, function(root)
    for table_, id in pairs { ["public.User"] = "1", ['other."User"'] = "2", ["`a.b`"] = "3" } do
      equal((collect(dump.records(root .. "/u.sql", { table = table_ }))), { { id = id } })
    end
    local records = dump.records(root .. "/u.sql", { table = "User" })
    contains(failing(function() collect(records) end).message,
      'choose one, such as table = "other.User"')
  end)
end)

test("a broken row is a value among the others, also on the first line", function()
  folder.with({ ["u.sql"] = "INSERT INTO users (id) VALUES (1,2),(3);\n" }, function(root)
    local all, places = collect(dump.records(root .. "/u.sql", { table = "users" }))
    equal({ all, places }, { { "the row has 2 values, the table 1 columns", { id = "3" } },
      { "u.sql:1", "u.sql:1:37" } })
  end)
end)

test("a missing table is told with the nearest and with those that there are", function()
  local err = failing(function()
    collect(dump.records(DUMPS .. "pg_copy.sql", { table = "usres" }))
  end)
  equal({ err.message, err.kind }, { 'no table "usres" in pg_copy.sql, which has auth.members, '
    .. 'public.users, public.wp_users; did you mean "users"?', "missing" })
end)

test("files without the table are passed, if another one has it", function()
  folder.with({
    ["a.sql"] = "CREATE TABLE roles (id int);\n",
    ["b.sql"] = "INSERT INTO users (id) VALUES (1);\n",
    ["c.txt"] = "no",
  }, function(root)
    local records = dump.records(root, { table = "users" })
    equal((collect(records)), { { id = "1" } })
    equal(records:warnings()[1].code, "file_without_records")
  end)
end)

test("a file in another format is told as such", function()
  folder.with({ ["u.sql"] = "id,email\n1,a\n", ["x.sql"] = "(hello);\n", ["p.sql"] = "PGDMP\1\14\0",
    ["u.csv"] = "SET NAMES utf8;\nINSERT INTO a (b, c) VALUES (1, 2);\n" }, function(root)
    local function said(reader, name, options)
      return failing(function() collect(reader.records(root .. "/" .. name, options)) end).message
    end
    contains(said(dump, "u.sql", { table = "users" }), "u.sql is CSV, not SQL")
    contains(said(dump, "x.sql", { table = "users" }), "x.sql is not a dump: no table is in it")
    contains(said(dump, "p.sql", { table = "users" }), "`pg_restore -f dump.sql FILE`")
    contains(said(csv, "p.sql"), "`pg_restore -f dump.sql FILE`")
    contains(said(csv, "u.csv"), "u.csv is SQL, not CSV: read it with source.dump")
  end)
end)

test("a cut dump whose first line could be CSV is told as cut", function()
  local text = "SET NAMES utf8;\nINSERT INTO users (a, b) VALUES (1, 2\n"
  folder.with({ ["u.sql"] = text }, function(root)
    local records = dump.records(root .. "/u.sql", { table = "users" })
    contains(failing(function() collect(records) end).message,
      "u.sql:2: the file ends inside this statement: it was cut off")
  end)
end)

test("a dump whose last comment is missing warns", function()
  local text = "-- MySQL dump 10\nINSERT INTO users (id) VALUES (1);\n"
  folder.with({ ["u.sql"] = text }, function(root)
    local records = dump.records(root .. "/u.sql", { table = "users" })
    records()
    equal(records:warnings(), {})
    collect(records)
    equal(records:warnings()[1].code, "dump_cut")
  end)
end)

test("columns that the table does not have are warned about, and NULL is not", function()
  folder.with({ ["u.sql"] = "INSERT INTO users (id, email) VALUES (1, NULL);\n" }, function(root)
    local function warnings(optional)
      local records = dump.records(root .. "/u.sql", { table = "users", optional = optional })
      local row = records()
      equal({ row.email, row.emial, row.emial, row.phone, row[1] }, {})
      return records:warnings()
    end
    equal(warnings(), {
      { code = "unknown_column",
        message = 'column "emial" is not in table "users" of u.sql; did you mean "email"?' },
      { code = "unknown_column", message = 'column "phone" is not in table "users" of u.sql' },
    })
    equal(#warnings { "phone" }, 1)
    equal(warnings(true), {})
  end)
end)

test("another table of the same dump is looked up", function()
  local path = DUMPS .. "pg_copy.sql"
  local emails <close> = lookup(dump.records(path, { table = "wp_users" }), "id")
  local found = {}
  for row in dump.records(path, { table = "public.users" }) do
    found[#found + 1] = emails:get(row.id).email
  end
  equal(found, { "one@example.com", "two@example.com", "drei@example.com" })
end)

test("columns are known before the first record", function()
  local records = dump.records(DUMPS .. "sqlite.sql", { table = "users" })
  equal(records:columns(), { "id", "email", "name", "secret", "ratio", "n" })
  equal((collect(records)), SQLITE)
end)

test("misuse raises", function()
  raises(function() dump.records("x.sql") end, "needs the name of a table")
  raises(function() dump.records("x.sql", { table = "" }) end, "needs the name of a table")
  raises(function() dump.records("x.sql", { table = "a..b" }) end, "needs the name of a table")
  raises(function() dump.records("x.sql", { table = 1 }) end, "table")
  raises(function() dump.records("x.sql", { tabel = "x" }) end, 'did you mean "table"')
end)
