--- host.sqlite: what is read of a database, what a query may do, and other programs that use it.

local tap = require "tests.tap"
local file = require "host.file"
local folder = require "tests.lualib.source.folder"
local sqlite = require "host.sqlite"
local store = require "host.store"
local test, equal, contains, raises = tap.test, tap.equal, tap.contains, tap.raises

---Writes a database and closes it. `durable`: in WAL mode.
local function write(path, sql, durable)
  local db <close> = assert(store.open(path, { durable = durable or false }))
  assert(db:exec(sql))
end

local function open(path, options)
  local input = assert(file.open(path))
  options = options or {}
  options.beside = options.beside or file.beside
  options.wait = options.wait or 0
  return sqlite.open(input, options)
end

---Runs fn with a database of these statements.
local function with(sql, fn, options)
  folder.with({}, function(root)
    write(root .. "/a.db", sql)
    local db <close> = assert(open(root .. "/a.db", options))
    fn(db)
  end)
end

---The rows of a query as {row or message, place}, and the failure that ends the reading.
local function rows(db, sql, options)
  local ok, message, kind = db:select(sql, options)
  if not ok then return {}, message, kind end
  local all = {}
  while true do
    local row, place, at = db:next()
    if row == nil then return all, place, at end
    all[#all + 1] = row and { row, place } or { place, at }
  end
end

local USERS <const> = [[CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, hash BLOB, n);
  INSERT INTO users VALUES (7, 'Ä', x'00ff', 9223372036854775807), (-3, '', x'', 1.5),
    (9, NULL, NULL, -9223372036854775808)]]

test("integers have 64 bits, blobs are bytes, NULL is nil, and a place may be the rowid", function()
  with(USERS, function(db)
    equal({ rows(db, "SELECT rowid, * FROM users ORDER BY rowid",
      { place = "users:", rowid = true }) }, { {
      { { id = -3, name = "", hash = "", n = 1.5 }, "users:-3" },
      { { id = 7, name = "Ä", hash = "\0\xFF", n = math.maxinteger }, "users:7" },
      { { id = 9, n = math.mininteger }, "users:9" },
    } })
    equal(db:columns(), { "id", "name", "hash", "n" })
  end)
end)

test("rows without a number are counted from 0", function()
  with(USERS, function(db)
    equal({ rows(db, "SELECT id FROM users ORDER BY id", { place = "/" }) },
      { { { { id = -3 }, "/0" }, { { id = 7 }, "/1" }, { { id = 9 }, "/2" } } })
    equal({ db:next() }, {})
  end)
end)

test("a text that is not UTF-8 and a row over the limit are stepped over", function()
  with([[CREATE TABLE t (id INTEGER PRIMARY KEY, x);
    INSERT INTO t VALUES (1, CAST(x'61ff' AS TEXT)), (2, 'ok'), (3, zeroblob(101)), (4, 'ok')]],
    function(db)
      equal({ rows(db, "SELECT id AS _, id, x FROM t", { place = "t:", rowid = true }) }, { {
        { 'invalid UTF-8 in column "x"', "t:1" }, { { id = 2, x = "ok" }, "t:2" },
        { "a row longer than 100 bytes", "t:3" }, { { id = 4, x = "ok" }, "t:4" },
      } })
    end, { limit = 100 })
end)

test("a row that is stepped over comes with its text", function()
  with("CREATE TABLE t (a, b, c); INSERT INTO t VALUES (CAST(x'61ff' AS TEXT), x'00', NULL)",
    function(db)
      assert(db:select("SELECT * FROM t"))
      equal({ db:next() },
        { false, 'invalid UTF-8 in column "a"', "0", "a=a\u{FFFD}\nb=(bytes)\n" })
      equal(db:record(), { a = "a\xFF", b = "X'00'" })
    end)
end)

test("the last row can be read again, with blobs as their literals", function()
  with(USERS, function(db)
    assert(db:select("SELECT hash, n FROM users WHERE id = 7"))
    equal(db:record(), nil)
    db:next().n = 1
    equal(db:record(), { hash = "X'00ff'", n = math.maxinteger })
    db:next()
    equal(db:record(), nil)
  end)
end)

test("a value far over the limit ends the reading", function()
  with("CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(5000))", function(db)
    equal(select(2, rows(db, "SELECT * FROM t")),
      "a value, or the query, is far longer than the limit of 100 bytes")
  end, { limit = 100 })
end)

for sql, expected in pairs {
  ["SELECT emial FROM users"] = { "no such column: emial", "missing" },
  ["SELECT 1 FROM usrs"] = { "no such table: usrs", "missing" },
  ['SELECT "text" FROM users'] = { "no such column: text", "missing" },
  ["SELEC 1"] = { 'near "SELEC": syntax error', "parse" },
  [""] = { "the query is empty", "parse" },
  ["-- nothing"] = { "the query is empty", "parse" },
  ["SELECT 1; SELECT 2"] = { "more than one query", "parse" },
  ["SELECT 1; x"] = { "more than one query", "parse" },
  ["SELECT ?"] = { "the query has a parameter: write its value in place of it", "parse" },
  ["EXPLAIN SELECT 1"] = { "EXPLAIN returns no records", "parse" },
  ["SELECT 1 AS a, 2 AS a"] = { 'two columns are called "a": name one of them with AS', "parse" },
  ["SELECT 1 AS '\xFF'"] = { "the name of column 1 is not UTF-8", "parse" },
} do
  test("a query that cannot be read is told: " .. expected[1], function()
    with(USERS, function(db)
      equal({ rows(db, sql) }, { {}, expected[1], expected[2] })
      equal(#rows(db, "SELECT id FROM users"), 3)
    end)
  end)
end

for _, sql in ipairs {
  "INSERT INTO users DEFAULT VALUES", "DELETE FROM users", "UPDATE users SET n = 1",
  "CREATE TABLE x (a)", "CREATE TEMP TABLE x (a)", "DROP TABLE users", "PRAGMA user_version",
  "PRAGMA query_only = 0", "PRAGMA writable_schema = 1", "ATTACH '/etc/passwd' AS x",
  "ATTACH ':memory:' AS x", "DETACH main", "VACUUM", "VACUUM INTO '/tmp/x'", "REINDEX", "ANALYZE",
  "BEGIN", "COMMIT", "SAVEPOINT x", "CREATE VIRTUAL TABLE x USING fts5(a)",
  "SELECT load_extension('x')", "SELECT * FROM pragma_database_list", "SELECT * FROM dbstat",
  "SELECT readfile('/etc/passwd')", "SELECT fts3_tokenizer('simple')",
  "SELECT json_patch('{}', '{}')", "WITH x AS (SELECT 1) DELETE FROM users",
} do
  test("a query can only read: " .. sql, function()
    with(USERS, function(db)
      local found, message, kind = rows(db, sql)
      equal({ #found, message ~= nil, kind == "parse" or kind == "missing" }, { 0, true, true })
      equal(#rows(db, "SELECT id FROM users"), 3)
    end)
  end)
end

test("WITH, VALUES, views, json_each and functions are read", function()
  with(USERS .. "; CREATE VIEW v AS SELECT id * 2 AS twice FROM users", function(db)
    equal(rows(db, [[WITH a AS (SELECT max(twice) AS m FROM v)
      SELECT m, upper('x') AS u, (SELECT sum(value) FROM json_each('[1,2]')) AS s FROM a]]),
      { { { m = 18, u = "X", s = 3 }, "0" } })
  end)
end)

test("functions that are replaced return what SQLite's own do", function()
  local texts = { "NULL", "''", "'a'", "'aaaa'", "'abcabc'", "'ä€ä'", "'€'", "x'00'", "x'610061'",
    "12", "' '", "'  a '" }
  local own <close> = assert(store.open(":memory:", { durable = false }))
  local list = {}
  for _, a in ipairs(texts) do
    for _, b in ipairs(texts) do
      for _, fn in ipairs { "instr(%s, %s)", "replace(%s, %s, 'zz')", "replace(%s, %s, '')",
        "replace('abc', %s, %s)", "trim(%s, %s)", "ltrim(%s, %s)", "rtrim(%s, %s)" } do
        list[#list + 1] = ("SELECT hex(%s) AS x, typeof(%s) AS t"):format(fn, fn)
          :format(a, b, a, b)
      end
    end
  end
  folder.with({}, function(root)
    write(root .. "/a.db", "CREATE TABLE t (x)")
    for i = 1, #list, 90 do
      local sql = table.concat(list, " UNION ALL ", i, math.min(i + 89, #list))
      local db <close> = assert(open(root .. "/a.db"))
      local expected = {}
      for row in own:rows(sql) do expected[#expected + 1] = row end
      for n, row in ipairs(rows(db, sql)) do
        equal(row[1], expected[n], list[i + n - 1])
      end
    end
  end)
end)

for _, sql in ipairs {
  "instr(zeroblob(30000000), CAST(zeroblob(15000000) || 'x' AS BLOB))",
  "instr(hex(zeroblob(15000000)), hex(zeroblob(7000000)) || 'x')",
  "length(replace(hex(zeroblob(15000000)), hex(zeroblob(7000000)) || 'x', ''))",
  "length(trim(hex(zeroblob(15000000)), 'x'))",
} do
  test("a function of long values ends: " .. sql, function()
    with(USERS, function(db) equal(#rows(db, "SELECT " .. sql .. " AS n"), 1) end)
  end)
end

test("what a function makes has the limit of a value", function()
  with(USERS, function(db)
    contains(select(2, rows(db, "SELECT replace(hex(zeroblob(1000)), '0', hex(zeroblob(1000)))")),
      "far longer than the limit")
    equal(select(2, rows(db, "SELECT trim('x', hex(zeroblob(200)))")), "trim: too many characters")
  end, { limit = 10000 })
end)

test("a view may use them", function()
  with("CREATE TABLE t (x); INSERT INTO t VALUES ('a-b'); "
    .. "CREATE VIEW v AS SELECT replace(x, '-', '+') AS y, instr(x, '-') AS n FROM t", function(db)
    equal(rows(db, "SELECT * FROM v"), { { { y = "a+b", n = 2 }, "0" } })
  end)
end)

test("tables and views are told, and the columns of a query", function()
  with([[CREATE TABLE b (x); CREATE TABLE a (y INTEGER PRIMARY KEY AUTOINCREMENT);
    CREATE VIEW v AS SELECT 1]], function(db)
    equal(db:tables(), {
      { name = "a", type = "table" }, { name = "b", type = "table" }, { name = "v", type = "view" },
    })
    equal(db:names("SELECT x, 1 AS n FROM b"), { "x", "n" })
    equal({ db:absent() }, {})
    equal({ db:names("SELECT z FROM b") }, { nil, "no such column: z", "missing" })
    equal({ db:absent() }, { "column", "z" })
    assert(not db:names("SELECT 1 FROM main.c"))
    equal({ db:absent() }, { "table", "main.c" })
  end)
end)

test("a virtual table is told", function()
  folder.with({}, function(root)
    write(root .. "/a.db", "CREATE VIRTUAL TABLE ft USING rtree(id, a, b)")
    local db <close> = assert(open(root .. "/a.db"))
    equal({ db:select("SELECT * FROM ft") }, { nil,
      "a virtual table (rtree) cannot be read: read the tables that have its content", "parse" })
  end)
end)

-- Other files and programs -------------------------------------------------------------------

test("what is not a database is told", function()
  folder.with({ text = ("hello\n"):rep(200), gz = "\x1F\x8B\8\0", zst = "\x28\xB5\x2F\xFD",
    cut = "SQLite format 3\0\16\0" }, function(root)
    for name, message in pairs {
      text = "it is not an SQLite database, or it is encrypted",
      cut = "it is not an SQLite database, or it is encrypted",
      gz = "it is compressed, and a database is not read in order: decompress it first (gzip -d)",
      zst = "it is compressed, and a database is not read in order: decompress it first (zstd -d)",
    } do
      equal({ open(root .. "/" .. name) }, { nil, message, "parse" })
    end
    assert(os.execute("mkfifo " .. root .. "/pipe"))
    local writer = assert(io.popen("printf x > " .. root .. "/pipe", "w"))
    equal({ open(root .. "/pipe") },
      { nil, "pipe is not a regular file: a database is not read in order", "unusable" })
    writer:close()
  end)
end)

test("a damaged database is told, with what saves the rest", function()
  folder.with({}, function(root)
    write(root .. "/a.db", "CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(20000))")
    local text = assert(file.read(root .. "/a.db"))
    assert(file.write(root .. "/b.db", text:sub(1, 4096) .. ("\xFF"):rep(#text - 4096)))
    local db <close> = assert(open(root .. "/b.db"))
    local _, message, kind = rows(db, "SELECT * FROM t")
    contains(message, 'the database is damaged: "sqlite3 FILE .recover" writes what is left of it')
    equal(kind, "parse")
  end)
end)

test("a file that another connection has locked is told, with what to do", function()
  folder.with({}, function(root)
    write(root .. "/a.db", USERS)
    local other <close> = assert(store.open(root .. "/a.db", { durable = false }))
    assert(other:exec("BEGIN EXCLUSIVE"))
    equal({ open(root .. "/a.db") }, { nil, "a.db is locked by another program: end the program "
      .. 'that uses it, or read a copy of it (sqlite3 FILE ".backup COPY")', "busy" })
    assert(other:exec("COMMIT; BEGIN IMMEDIATE"))
    local db <close> = assert(open(root .. "/a.db"))
    equal(#rows(db, "SELECT id FROM users"), 3)
  end)
end)

test("a reader keeps others from writing, also when its file is opened and closed", function()
  folder.with({}, function(root)
    write(root .. "/a.db", USERS)
    local db = assert(open(root .. "/a.db"))
    assert(db:select("SELECT id FROM users"))
    assert(file.open(root .. "/a.db")):close()
    local other <close> = assert(store.open(root .. "/a.db", { durable = false, wait = 0 }))
    equal(select(3, other:exec("DELETE FROM users")), "busy")
    db:close()
    assert(other:exec("DELETE FROM users"))
  end)
end)

---The files of a folder, sorted.
local function names_in(root)
  return assert(file.list(root))
end

---Copies files of a database that is in use.
local function copy(root, to, ...)
  assert(file.mkdir(root .. to))
  for _, name in ipairs { ... } do
    assert(file.write(root .. to .. "/" .. name, assert(file.read(root .. "/" .. name))))
  end
end

for what, names in pairs {
  ["in use by a program that writes"] = false,
  ["that a program left behind"] = { "a.db", "a.db-wal", "a.db-shm" },
  ["that was copied without its index"] = { "a.db", "a.db-wal" },
} do
  test("what is only in the log of a database is read, of one " .. what, function()
    folder.with({}, function(root)
      local other <close> = assert(store.open(root .. "/a.db"))
      assert(other:exec(USERS))
      if names then copy(root, "/copy", table.unpack(names)) end
      local path = root .. (names and "/copy" or "")
      local before = names_in(path)
      local db <close> = assert(open(path .. "/a.db"))
      equal(#rows(db, "SELECT id FROM users"), 3)
      assert(not names or other:exec("DELETE FROM users"))
      db:close()
      equal(names_in(path), before)
    end)
  end)
end

test("a database in WAL mode without a log is read, and nothing is created next to it", function()
  folder.with({}, function(root)
    write(root .. "/a.db", USERS, true)
    equal(names_in(root), { "a.db" })
    assert(os.execute("chmod 500 " .. root))
    local db <close> = assert(open(root .. "/a.db"))
    equal(#rows(db, "SELECT id FROM users"), 3)
    equal(names_in(root), { "a.db" })
    assert(os.execute("chmod 700 " .. root))
  end)
end)

test("a change that no lock could prevent is told at the end", function()
  folder.with({}, function(root)
    write(root .. "/a.db", USERS, true)
    local db <close> = assert(open(root .. "/a.db"))
    assert(db:select("SELECT id FROM users"))
    write(root .. "/a.db", "DELETE FROM users; PRAGMA wal_checkpoint(PASSIVE)", true)
    local row, message, kind
    repeat row, message, kind = db:next() until not row
    equal({ message, kind }, { "a.db was changed while it was read: end the program that writes "
      .. "to it, or read a copy of it", "busy" })
  end)
end)

test("a journal that must be rolled back is told", function()
  folder.with({}, function(root)
    write(root .. "/a.db", USERS)
    local other = assert(store.open(root .. "/a.db", { durable = false }))
    assert(other:exec("PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; BEGIN; "
      .. "UPDATE users SET n = zeroblob(100000)"))
    copy(root, "/copy", "a.db", "a.db-journal")
    other:close()
    local _, message, kind = open(root .. "/copy/a.db")
    contains(message, "a.db was not closed by the program that wrote it")
    equal({ kind, names_in(root .. "/copy") }, { "unusable", { "a.db", "a.db-journal" } })
  end)
end)

test("a log is found where the file is, not where a link to it is", function()
  folder.with({}, function(root)
    local other <close> = assert(store.open(root .. "/a.db"))
    assert(other:exec(USERS))
    assert(file.mkdir(root .. "/l"))
    assert(os.execute(("ln -s ../a.db %s/l/b.db"):format(root)))
    local db <close> = assert(open(root .. "/l/b.db"))
    equal(#rows(db, "SELECT id FROM users"), 3)
  end)
end)

test("a log that is a link or not a file is refused", function()
  folder.with({}, function(root)
    write(root .. "/a.db", USERS, true)
    assert(os.execute(("ln -s /etc/passwd %s/a.db-wal"):format(root)))
    local real = assert(file.real(root))
    equal({ open(root .. "/a.db") },
      { nil, "opening " .. real .. "/a.db-wal: it is a link, which is not followed", "unusable" })
    assert(os.execute(("rm %s/a.db-wal && mkfifo %s/a.db-wal"):format(root, root)))
    equal({ open(root .. "/a.db") },
      { nil, "opening " .. real .. "/a.db-wal: Invalid argument", "io" })
  end)
end)

test("a damaged log is told, at once", function()
  folder.with({}, function(root)
    write(root .. "/a.db", USERS, true)
    assert(file.write(root .. "/a.db-wal", ("x"):rep(40)))
    equal({ open(root .. "/a.db") }, { nil, "its log (a.db-wal) is damaged: copy the database and "
      .. "its log again, together", "parse" })
  end)
end)

test("what opens files beside may fail or raise, and the error is told", function()
  folder.with({}, function(root)
    write(root .. "/a.db", USERS)
    equal({ open(root .. "/a.db", { beside = function() return nil, "no", "refused" end }) },
      { nil, "no", "refused" })
    equal({ pcall(open, root .. "/a.db", { beside = function() error("oh", 0) end }) },
      { false, "oh" })
    equal({ open(root .. "/a.db", { beside = function() return 1 end }) },
      { nil, "a file next to a.db was not opened", "io" })
  end)
end)

test("misuse raises", function()
  with(USERS, function(db)
    raises(function() db:next() end, "nothing is selected")
    assert(db:select("SELECT id FROM users"))
    raises(function() db:select("SELECT 1") end, "rows are being read")
    raises(function() db:tables() end, "rows are being read")
    raises(function() db:names("SELECT 1") end, "rows are being read")
    raises(function() db:select("SELECT\0 1") end, "SQL with a zero byte")
    db:close()
    db:close()
    raises(function() db:next() end, "the database is closed")
    equal(db:record(), nil)
  end)
  raises(function() sqlite.open(assert(file.open("README.md")), {}) end,
    "beside must be a function")
  raises(function() open("README.md", { limit = 0 }) end, "the limit must be positive")
end)
