local tap = require "tests.tap"
local file = require "host.file"
local store = require "host.store"
local test, equal, contains, raises = tap.test, tap.equal, tap.contains, tap.raises

---Runs `fn` with a path in a fresh folder that is removed afterwards.
local function with_path(fn)
  local folder = assert(file.temporary())
  local ok, message = xpcall(fn, debug.traceback, folder .. "/t.db", folder)
  assert(file.remove_tree(folder))
  if not ok then error(message, 0) end
end

local function memory()
  local db = assert(store.open(":memory:"))
  assert(db:exec "CREATE TABLE t (a, b); CREATE TABLE u (id INTEGER PRIMARY KEY, n UNIQUE);")
  return db
end

local VALUES <const> = {
  { "an integer of 64 bits", math.maxinteger },
  { "the smallest integer", math.mininteger },
  { "a float that is whole", 3.0 },
  { "a float", 0.1 },
  { "a string with zero bytes", "a\0b\0" },
  { "bytes that are no UTF-8", "\xff\xfe" },
  { "the empty string", "" },
  { "nil", nil },
}
for _, case in ipairs(VALUES) do
  test(case[1] .. " comes back as it was stored", function()
    local db <close> = memory()
    equal(db:run("INSERT INTO t VALUES (?, ?)", case[2], 1), 1)
    equal(db:value "SELECT a FROM t", case[2])
    equal(db:row "SELECT a, b FROM t", { a = case[2], b = 1 })
  end)
end

test("booleans are stored as 0 and 1", function()
  local db <close> = memory()
  db:run("INSERT INTO t VALUES (?, ?)", true, false)
  equal(db:row "SELECT * FROM t", { a = 1, b = 0 })
end)

test("a blob reads as a string", function()
  local db <close> = memory()
  equal(db:value "SELECT x'00ff'", "\0\xff")
  equal(db:value "SELECT x''", "")
end)

test("run counts the rows that changed, and only those of its own", function()
  local db <close> = memory()
  for i = 1, 3 do db:run("INSERT INTO t VALUES (?, 0)", i) end
  equal(db:run "UPDATE t SET b = 1", 3)
  equal(db:run "CREATE TABLE more (x)", 0)
  equal(db:run("DELETE FROM t WHERE a = ?", 99), 0)
end)

test("last_id is the row id of the last insert", function()
  local db <close> = memory()
  db:run("INSERT INTO u VALUES (41, 'x')")
  db:run("INSERT INTO u (n) VALUES ('y')")
  equal(db:last_id(), 42)
end)

test("row is false when there is none, value is nil", function()
  local db <close> = memory()
  equal(db:row "SELECT * FROM t", false)
  equal(db:value "SELECT a FROM t", nil)
end)

test("a missing value can be a statement's last value", function()
  local db <close> = memory()
  equal(db:value("SELECT ifnull(?, 7)", db:value "SELECT a FROM t"), 7)
end)

test("the same text may be read within its own loop", function()
  local db <close> = memory()
  for i = 1, 3 do db:run("INSERT INTO t VALUES (?, 0)", i) end
  local pairs_seen = 0
  for outer in db:rows "SELECT a FROM t" do
    for inner in db:rows "SELECT a FROM t" do
      pairs_seen = pairs_seen + outer.a * inner.a
    end
  end
  equal(pairs_seen, 36)
end)

test("a loop that ends early releases its statement", function()
  local db <close> = memory()
  for i = 1, 3 do db:run("INSERT INTO t VALUES (?, 0)", i) end
  for _ = 1, 3 do
    for row in db:rows "SELECT a FROM t ORDER BY a" do
      if row.a == 2 then break end
    end
  end
  assert(db:exec "DROP TABLE t") -- locked while a statement is read
end)

test("an iterator at its end stays there", function()
  local db <close> = memory()
  local rows = db:rows "SELECT 1"
  equal(rows(), { ["1"] = 1 })
  equal(rows(), nil)
  equal(rows(), nil)
end)

test("transactions within a BEGIN of exec end apart, and are not visible outside", function()
  with_path(function(path)
    local db <close> = assert(store.open(path))
    local other <close> = assert(store.open(path))
    db:exec "CREATE TABLE t (a UNIQUE); BEGIN"
    local function add(a, commit)
      local transaction <close> = db:begin()
      db:run("INSERT INTO t VALUES (0)")
      db:run("INSERT INTO t VALUES (?)", a)
      if commit then return transaction:commit() end
    end
    add(1, false)
    equal(db:value "SELECT count(*) FROM t", 0)
    equal(add(1, true), true)
    local done, message, kind = add(2, true) -- 0 is not unique
    contains(message, "UNIQUE")
    equal({ done, kind }, { nil, "io" })
    equal(db:run "INSERT INTO t VALUES (3)", 1)
    equal({ db:value "SELECT sum(a) FROM t", other:value "SELECT count(*) FROM t" }, { 4, 0 })
    db:exec "COMMIT"
    equal(other:value "SELECT sum(a) FROM t", 4)
    equal(add(5, false), nil)
    db:run "DELETE FROM t"
    equal(add(6, true), true)
    equal(other:value "SELECT sum(a) FROM t", 6)
  end)
end)

test("a loop keeps its values, which nothing else refers to", function()
  local db <close> = memory()
  local found = {}
  for row in db:rows("SELECT ?1 || n AS text FROM (SELECT 1 AS n UNION ALL SELECT 2)",
    ("x"):rep(5000)) do
    collectgarbage()
    found[#found + 1] = row.text .. ("y"):rep(5000)
  end
  for i = 1, 2 do equal(found[i], ("x"):rep(5000) .. i .. ("y"):rep(5000)) end
end)

test("a statement runs again after a value that cannot be stored", function()
  local db <close> = memory()
  local SQL <const> = "INSERT INTO t VALUES (?, ?)"
  raises(function() db:run(SQL, ("x"):rep(5000), {}) end, "cannot be stored")
  collectgarbage()
  equal(db:run(SQL, 1, nil), 1)
  equal(db:row "SELECT a, b FROM t", { a = 1 })
end)

test("more texts than the cache holds do not affect a loop", function()
  local db <close> = memory()
  local sum = 0
  for row in db:rows "SELECT 1 AS n UNION ALL SELECT 2" do
    for i = 1, 250 do equal(db:value("SELECT " .. i), i) end
    sum = sum + row.n
  end
  equal(sum, 3)
end)

test("a prepared statement runs again with other values", function()
  local db <close> = memory()
  local insert <close> = db:prepare "INSERT INTO t VALUES (?, ?)"
  for i = 1, 3 do equal(insert:run(i, nil), 1) end
  equal(db:value "SELECT sum(a) FROM t", 6)
  insert:close()
  insert:close()
  raises(function() insert:run(1, 2) end, "closed")
end)

local MISUSES <const> = {
  { "faulty SQL", function(db) db:run "SELEC 1" end, "syntax" },
  { "faulty SQL in exec", function(db) db:exec "SELECT 1; SELEC 2" end, "syntax" },
  { "an unknown table", function(db) db:prepare "SELECT * FROM nowhere" end, "nowhere" },
  { "too few values", function(db) db:run("INSERT INTO t VALUES (?, ?)", 1) end, "takes 2" },
  { "too many values", function(db) db:row("SELECT 1", 1) end, "takes 0" },
  { "a table as a value", function(db) db:run("INSERT INTO t VALUES (?, 1)", {}) end, "table" },
  { "two statements in one", function(db) db:run "SELECT 1; SELECT 2" end, "more than one" },
  { "no statement", function(db) db:run " -- nothing" end, "no SQL" },
}
for _, case in ipairs(MISUSES) do
  test(case[1] .. " raises", function()
    local db <close> = memory()
    raises(function() case[2](db) end, case[3])
  end)
end

test("SQL reaches no other file", function()
  local db <close> = memory()
  local done, message = db:exec "ATTACH 'x' AS y"
  equal(done, nil)
  contains(message, "too many attached")
  equal(file.stat "x", nil)
end)

test("a comment may follow a statement", function()
  local db <close> = memory()
  equal(db:value "SELECT 1; -- one", 1)
end)

test("a violated constraint is a failure", function()
  local db <close> = memory()
  db:run "INSERT INTO u VALUES (1, 'x')"
  local changes, message, kind = db:run "INSERT INTO u VALUES (2, 'x')"
  equal({ changes, kind }, { nil, "io" })
  contains(message, "UNIQUE")
  equal(db:run "INSERT INTO u VALUES (2, 'y')", 1)
end)

test("what is committed stays, what is closed without commit is gone", function()
  with_path(function(path)
    do
      local db <close> = assert(store.open(path))
      assert(db:exec "CREATE TABLE t (a)")
      do
        local tx <close> = db:begin()
        db:run "INSERT INTO t VALUES (1)"
        assert(tx:commit())
      end
      local tx <close> = db:begin()
      db:run "INSERT INTO t VALUES (2)"
      tx:close()
      db:run "INSERT INTO t VALUES (4)"
    end
    local db <close> = assert(store.open(path, { readonly = true }))
    equal(db:value "SELECT sum(a) FROM t", 5)
  end)
end)

test("a transaction keeps its first failure, does nothing more, and rolls back", function()
  local db <close> = memory()
  local tx <close> = db:begin()
  db:run "INSERT INTO u VALUES (1, 'x')"
  db:run "INSERT INTO u VALUES (2, 'x')"
  local insert <close> = db:prepare "INSERT INTO t VALUES (1, 2)"
  for _, attempt in ipairs {
    function() return db:run "INSERT INTO u VALUES (3, 'y')" end,
    function() return db:exec "INSERT INTO u VALUES (3, 'y')" end,
    function() return db:row "SELECT * FROM u" end,
    function() return insert:run() end,
  } do
    local done, message, kind = attempt()
    equal({ done, kind }, { nil, "io" })
    contains(message, "UNIQUE")
  end
  raises(function() db:value "SELECT 1" end, "UNIQUE")
  raises(function() db:rows "SELECT 1" end, "UNIQUE")
  local done, message, kind = tx:commit()
  equal({ done, kind }, { nil, "io" })
  contains(message, "UNIQUE")
  equal(db:value "SELECT count(*) FROM u", 0)
end)

test("a failed exec inside a transaction counts", function()
  local db <close> = memory()
  local tx <close> = db:begin()
  db:exec "INSERT INTO u VALUES (1, 'x'); INSERT INTO u VALUES (1, 'x')"
  equal(tx:commit(), nil)
end)

test("a commit that fails rolls back and reports it", function()
  local db <close> = memory()
  assert(db:exec [[PRAGMA foreign_keys = ON;
    CREATE TABLE child (u REFERENCES u DEFERRABLE INITIALLY DEFERRED)]])
  do
    local tx <close> = db:begin()
    equal(db:run "INSERT INTO child VALUES (7)", 1)
    local done, message, kind = tx:commit()
    equal({ done, kind }, { nil, "io" })
    contains(message, "FOREIGN KEY")
  end
  equal(db:value "SELECT count(*) FROM child", 0)
  local tx <close> = db:begin()
  equal(tx:commit(), true)
end)

test("a nested transaction raises, and so does a second commit", function()
  local db <close> = memory()
  local tx <close> = db:begin()
  raises(function() db:begin() end, "running")
  assert(tx:commit())
  raises(function() tx:commit() end, "over")
end)

test("a transaction that is neither committed nor closed is rolled back", function()
  local db <close> = memory()
  db:begin()
  db:run "INSERT INTO t VALUES (1, 2)"
  collectgarbage()
  collectgarbage()
  equal(db:value "SELECT count(*) FROM t", 0)
end)

test("two connections: for the second writer the database is busy", function()
  with_path(function(path)
    local one <close> = assert(store.open(path))
    assert(one:exec "CREATE TABLE t (a)")
    local two <close> = assert(store.open(path, { wait = 0 }))
    local tx <close> = one:begin()
    local changes, message, kind = two:run "INSERT INTO t VALUES (1)"
    equal({ changes, kind }, { nil, "busy" })
    contains(message, path)
    local other <close> = two:begin()
    local done, _, why = other:commit()
    equal({ done, why }, { nil, "busy" })
    assert(tx:commit())
  end)
end)

test("a database that may not grow further is full", function()
  with_path(function(path)
    local db <close> = assert(store.open(path))
    assert(db:exec "CREATE TABLE t (a); PRAGMA max_page_count = 8")
    local tx <close> = db:begin()
    db:run("INSERT INTO t VALUES (?)", ("x"):rep(100000))
    local done, message, kind = tx:commit()
    equal({ done, kind }, { nil, "full" })
    contains(message, "full")
  end)
end)

test("a file that is not a database fails to parse", function()
  with_path(function(path)
    assert(file.write(path, ("no database "):rep(100)))
    for _, options in ipairs { {}, { readonly = true }, { durable = false } } do
      local db, message, kind = store.open(path, options)
      equal({ db, kind }, { nil, "parse" })
      contains(message, path)
    end
  end)
end)

test("a missing file is missing when it is only read", function()
  with_path(function(path)
    local db, message, kind = store.open(path, { readonly = true })
    equal({ db, kind }, { nil, "missing" })
    contains(message, path)
    equal(file.stat(path), nil)
  end)
end)

test("a missing folder is missing", function()
  with_path(function(path)
    local db, _, kind = store.open(path .. "/deeper/t.db")
    equal({ db, kind }, { nil, "missing" })
  end)
end)

test("a folder is not opened", function()
  with_path(function(_, folder)
    local db, _, kind = store.open(folder)
    equal({ db, kind }, { nil, "io" })
  end)
end)

test("a database opened for reading cannot be written", function()
  with_path(function(path)
    local db <close> = assert(store.open(path))
    assert(db:exec "CREATE TABLE t (a)")
    local reader <close> = assert(store.open(path, { readonly = true }))
    local changes, message, kind = reader:run "INSERT INTO t VALUES (1)"
    equal({ changes, kind }, { nil, "io" })
    contains(message, "readonly")
  end)
end)

test("reading a database that is not in use leaves no other file", function()
  with_path(function(_, folder)
    for _, name in ipairs { "t.db", "a b?c#d%41.db", "\u{e4}.db" } do
      local path = folder .. "/" .. name
      do
        local db <close> = assert(store.open(path))
        assert(db:exec "CREATE TABLE t (a); INSERT INTO t VALUES (7)")
      end
      local db <close> = assert(store.open(path, { readonly = true }))
      equal(db:value "SELECT a FROM t", 7)
      equal((file.stat(path .. "-wal")), nil)
      equal((file.stat(path .. "-shm")), nil)
    end
  end)
end)

test("a reader sees what is written while both have the database open", function()
  with_path(function(path)
    local db <close> = assert(store.open(path))
    assert(db:exec "CREATE TABLE t (a)")
    local reader <close> = assert(store.open(path, { readonly = true }))
    equal(reader:value "SELECT count(*) FROM t", 0)
    assert(db:run "INSERT INTO t VALUES (1)")
    equal(reader:value "SELECT count(*) FROM t", 1)
  end)
end)

test("a copy has what was committed, is writable, and does not change the original", function()
  with_path(function(path, folder)
    local db <close> = assert(store.open(path))
    assert(db:exec "CREATE TABLE t (a); INSERT INTO t VALUES (1); PRAGMA user_version = 5")
    local tx <close> = db:begin()
    db:run "INSERT INTO t VALUES (2)"
    local reader <close> = assert(store.open(path, { readonly = true }))
    local copy <close> = assert(reader:copy())
    equal({ copy:value "SELECT count(*) FROM t", copy:value "PRAGMA user_version" }, { 1, 5 })
    local own <close> = copy:begin()
    copy:exec "ALTER TABLE t ADD COLUMN b; PRAGMA user_version = 6"
    assert(own:commit())
    assert(tx:commit())
    equal({ copy:value "SELECT count(*) FROM t", copy:value "PRAGMA user_version" }, { 1, 6 })
    equal({ reader:value "SELECT count(*) FROM t", reader:value "PRAGMA user_version" }, { 2, 5 })
    equal(file.list(folder), { "t.db", "t.db-shm", "t.db-wal" })
  end)
end)

test("a database that is not in use is copied without leaving another file", function()
  with_path(function(path, folder)
    do
      local db <close> = assert(store.open(path))
      assert(db:exec "CREATE TABLE t (a); INSERT INTO t VALUES (7)")
    end
    local db <close> = assert(store.open(path, { readonly = true }))
    local copy <close> = assert(db:copy())
    db:close()
    equal(copy:value "SELECT a FROM t", 7)
    assert(copy:run "INSERT INTO t VALUES (8)")
    equal(file.list(folder), { "t.db" })
  end)
end)

test("a damaged page is copied as it is, and fails to parse when it is read", function()
  with_path(function(path)
    do
      local db <close> = assert(store.open(path))
      assert(db:exec "CREATE TABLE t (a); INSERT INTO t VALUES (7)")
    end
    local text = assert(file.read(path))
    assert(file.write(path, text:sub(1, 4096) .. ("\xa5"):rep(#text - 4096)))
    local db <close> = assert(store.open(path, { readonly = true }))
    local copy <close> = assert(db:copy())
    local row, _, kind = copy:row "SELECT a FROM t"
    equal({ row, kind }, { nil, "parse" })
  end)
end)

test("a database with an exclusive lock is not copied, and this is reported", function()
  with_path(function(path)
    local owner <close> = assert(store.open(path, { durable = false }))
    assert(owner:exec "CREATE TABLE t (a)")
    local db <close> = assert(store.open(path, { durable = false, wait = 0 }))
    assert(owner:exec "BEGIN EXCLUSIVE")
    local copy, message, kind = db:copy()
    equal({ copy, kind }, { nil, "busy" })
    contains(message, "copying " .. path)
    assert(owner:exec "COMMIT")
    assert(db:copy()):close()
  end)
end)

test("a database is not copied within its own transaction", function()
  local db <close> = memory()
  local tx <close> = db:begin()
  raises(function() db:copy() end, "a transaction is running")
  assert(tx:commit())
end)

test("a durable database is in WAL mode and syncs each commit, a scratch one does not", function()
  with_path(function(path)
    local db <close> = assert(store.open(path))
    equal({ db:value "PRAGMA journal_mode", db:value "PRAGMA synchronous" }, { "wal", 2 })
    local scratch <close> = assert(store.open(path .. "2", { durable = false }))
    equal({ scratch:value "PRAGMA journal_mode", scratch:value "PRAGMA synchronous" },
      { "memory", 0 })
  end)
end)

test("the file and its companions are private", function()
  with_path(function(path)
    local db <close> = assert(store.open(path))
    assert(db:exec "CREATE TABLE t (a)")
    for _, suffix in ipairs { "", "-wal", "-shm" } do
      equal(assert(file.stat(path .. suffix)).mode, 384, suffix)
    end
  end)
end)

test("a temporary file works as a database", function()
  local db <close> = assert(store.open("", { durable = false }))
  assert(db:exec "CREATE TABLE t (a)")
end)

test("everything of a closed database raises", function()
  local db = memory()
  local insert = db:prepare "INSERT INTO t VALUES (1, 2)"
  local rows = db:rows "SELECT 1"
  local tx = db:begin()
  db:close()
  db:close()
  tx:close()
  raises(function() db:run "SELECT 1" end, "closed")
  raises(function() insert:run() end, "closed")
  raises(function() rows() end, "closed")
  raises(function() tx:commit() end, "over")
end)
