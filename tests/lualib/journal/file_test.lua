--- Journals of older versions: their migration, and reading them without one.

local file = require "host.file"
local fixtures = require "tests.run_fixtures"
local journal_file = require "journal.file"
local ledger = require "journal.ledger"
local schema = require "tests.schema_of"
local store = require "host.store"
local journal_schema = require "journal.schema"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test

---Calls `fn(path, folder)` with the journal of a fixture.
local function unpacked(fixture, fn)
  local folder = assert(file.temporary())
  fixtures.unpack(fixture, folder)
  fn(folder .. "/run/journal.db", folder)
  assert(file.remove_tree(folder))
end

---The first fixture of each version, oldest first.
local function each_version()
  local list = {}
  for _, fixture in ipairs(fixtures.all()) do
    if not list[fixture.journal] then list[fixture.journal] = fixture end
  end
  return list
end

local versions_kept = each_version()
local oldest <const> = versions_kept[1]

test("there is a fixture and a migration for every version", function()
  equal({ #versions_kept, #journal_schema.MIGRATIONS },
    { journal_schema.VERSION, journal_schema.VERSION - 1 })
end)

for version, fixture in ipairs(versions_kept) do
  test("a journal of version " .. version .. " gets the tables of a new one", function()
    unpacked(fixture, function(path, folder)
      assert(journal_file.create(folder .. "/new.db", function() end))
      local new <close> = assert(store.open(folder .. "/new.db"))
      local db <close> = assert(journal_file.open(path))
      equal(db:value "PRAGMA user_version", journal_schema.VERSION)
      equal(schema.of(db), schema.of(new))
    end)
  end)
end

test("a migration is reported with its versions, and only once", function()
  unpacked(oldest, function(path)
    local seen = {}
    local options = { on_update = function(from, to) seen[#seen + 1] = { from, to } end }
    for _ = 1, 2 do assert(journal_file.open(path, options)):close() end
    equal(seen, { { 1, journal_schema.VERSION } })
  end)
end)

test("an older journal is read while the older program writes to it", function()
  unpacked(oldest, function(path)
    local writer <close> = assert(store.open(path))
    assert(writer:run "INSERT INTO run VALUES ('committed', 1)")
    local tx <close> = writer:begin()
    writer:run "INSERT INTO run VALUES ('open', 1)"
    local book = assert(ledger.open(path, { readonly = true }))
    equal({ book:get "committed", book:get "open" }, { 1, nil })
    equal(#book:open_jobs(), 0)
    book:close()
    assert(tx:commit())
    equal(writer:value "PRAGMA user_version", 1)
    equal(writer:value "SELECT count(*) FROM pragma_table_info('job') WHERE name = 'created'", 0)
    local later = assert(ledger.open(path, { readonly = true }))
    equal(later:get "open", 1)
    later:close()
  end)
end)

test("a reader leaves an idle older journal unchanged, and no file next to it", function()
  unpacked(oldest, function(path, folder)
    local before, names = assert(file.read(path)), file.list(folder .. "/run")
    local book = assert(ledger.open(path, { readonly = true }))
    equal(book.db:value "SELECT count(*) FROM job WHERE created IS NOT NULL", 0)
    book:close()
    equal(file.read(path) == before, true)
    equal(file.list(folder .. "/run"), names)
  end)
end)

test("a database that is not a journal is not changed", function()
  unpacked(oldest, function(_, folder)
    local path = folder .. "/tenant.db"
    local before = assert(file.read(path))
    for _, readonly in ipairs { true, false } do
      local db, message, kind = journal_file.open(path, { readonly = readonly })
      equal({ db, kind }, { nil, "usage" })
      contains(message, "tenant.db is not a journal of auth0-migrate")
    end
    equal(file.read(path) == before, true)
  end)
end)
