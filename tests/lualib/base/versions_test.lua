--- base.versions: databases of older and newer versions, and of other kinds.

local store = require "host.store"
local tap = require "tests.tap"
local versions = require "base.versions"

local contains, equal, test = tap.contains, tap.equal, tap.test

---@return Layout
local function layout(migrations, unmarked)
  return {
    what = "book", version = 3, tables = { "entry" }, unmarked = unmarked,
    migrations = migrations or {
      "ALTER TABLE entry ADD COLUMN two; UPDATE entry SET two = one + 1",
      function(db)
        db:exec "ALTER TABLE entry ADD COLUMN three; UPDATE entry SET three = two + 1"
      end,
    },
  }
end

local function book(version)
  local db = assert(store.open ":memory:")
  assert(db:exec "CREATE TABLE entry (one NOT NULL); INSERT INTO entry VALUES (1)")
  assert(db:exec("PRAGMA user_version = " .. version))
  return db
end

local function content(db)
  return { db:value "PRAGMA user_version", db:row "SELECT * FROM entry" }
end

test("a database two versions behind gets both migrations, in order", function()
  local db <close> = book(1)
  equal(versions.check(db, layout(), "x.db"), 1)
  assert(versions.update(db, layout(), "x.db"))
  equal(content(db), { 3, { one = 1, two = 2, three = 3 } })
  equal(versions.check(db, layout(), "x.db"), 3)
end)

test("a database one version behind gets the last migration only", function()
  local db <close> = book(2)
  assert(db:exec "ALTER TABLE entry ADD COLUMN two; UPDATE entry SET two = 7")
  assert(versions.update(db, layout(), "x.db"))
  equal(content(db), { 3, { one = 1, two = 7, three = 8 } })
end)

test("a database that another process has upgraded is not changed", function()
  local db <close> = book(1)
  equal(versions.check(db, layout(), "x.db"), 1)
  for _ = 1, 2 do assert(versions.update(db, layout(), "x.db")) end
  equal(content(db), { 3, { one = 1, two = 2, three = 3 } })
end)

test("a migration that fails leaves the database unchanged", function()
  local db <close> = book(1)
  local failing = layout {
    "ALTER TABLE entry ADD COLUMN two", "INSERT INTO entry VALUES (NULL, 2)",
  }
  local done, message, kind = versions.update(db, failing, "x.db")
  equal({ done, kind }, { nil, "io" })
  contains(message, "cannot upgrade x.db: ")
  equal(content(db), { 1, { one = 1 } })
end)

test("a migration that raises leaves the database unchanged", function()
  local db <close> = book(1)
  local raising = layout { "ALTER TABLE entry ADD COLUMN two", function() error("a mistake") end }
  tap.raises(function() versions.update(db, raising, "x.db") end, "a mistake")
  equal(content(db), { 1, { one = 1 } })
end)

test("a newer database is refused with both versions and what to do", function()
  local db <close> = book(4)
  local version, message, kind = versions.check(db, layout(), "x.db")
  equal({ version, kind }, { nil, "usage" })
  equal(message,
    "x.db is a book of version 4; this program supports versions up to 3: upgrade auth0-migrate")
end)

for name, sql in pairs {
  ["without the tables"] = "DROP TABLE entry; CREATE TABLE other (x)",
  ["without a version"] = "PRAGMA user_version = 0",
  ["with a version below all"] = "PRAGMA user_version = -5",
} do
  test("a database " .. name .. " is of another kind", function()
    local db <close> = book(2)
    assert(db:exec(sql))
    local version, message, kind = versions.check(db, layout(), "x.db")
    equal({ version, message, kind }, { nil, "x.db is not a book of auth0-migrate", "usage" })
  end)
end

test("a database without a version has the version of `unmarked`", function()
  local db <close> = book(0)
  equal(versions.check(db, layout(nil, 1), "x.db"), 1)
  assert(versions.update(db, layout(nil, 1), "x.db"))
  equal(content(db), { 3, { one = 1, two = 2, three = 3 } })
end)
