--- Runs that an older program left, and those of this one: each is resumed by this program to what
--- an undisturbed run leaves, and read without a trace.

local crash = require "base.crash"
local file = require "host.file"
local fixtures = require "tests.run_fixtures"
local json = require "host.json"
local program = require "tests.e2e.program"
local store = require "host.store"
local schema = require "journal.schema"
local tap = require "tests.tap"
local tenant_state = require "tenant.state"

local contains, equal, test = tap.contains, tap.equal, tap.test

local KILLED <const> = 137

---Calls `fn(scene)` with a fixture as a run in the scene, and the run's tenant.
local function left(fixture, fn)
  program.scene(nil, function(s)
    fixtures.unpack(fixture, s.folder)
    s:tenant { "--state", "tenant.db" }
    fixtures.point(s.folder, s.env.AUTH0_DOMAIN)
    fn(s)
  end)
end

---The tenant's users without what depends on the time.
local function users_of(s)
  local users = s:users()
  for _, user in ipairs(users) do user.created_at, user.updated_at = nil, nil end
  table.sort(users, function(a, b) return a.email < b.email end)
  return users
end

local function books_of(report)
  return {
    records = report.records, users = report.users, codes = report.codes,
    skipped = report.skipped, balanced = report.balanced, rounds = report.rounds,
  }
end

local undisturbed

---What an undisturbed run leaves.
local function expected()
  if undisturbed then return undisturbed end
  program.scene(nil, function(s)
    for _, name in ipairs { "people.csv", "existing.json" } do
      s:write(name, assert(file.read(fixtures.FOLDER .. "/" .. name)))
    end
    s:tenant { "--existing", "existing.json" }
    local ended = s:run { "run", "csv", "input=people.csv", "--yes", "--json" }
    undisturbed = { books = books_of(ended:ends_with(3):object()), users = users_of(s) }
  end)
  equal(undisturbed.books.users,
    { inserted = 9, updated = 0, already_there = 1, failed = 2, pending = 0 })
  return undisturbed
end

---The books that a fixture ends with. A finished run keeps the codes that its tenant returned then.
local function books_expected(s, fixture)
  local books = {}
  for name, value in pairs(expected().books) do books[name] = value end
  if fixture and fixture.name == "finished" then
    books.codes = json.decode(s:read "run/report.json").codes
  end
  return books
end

local function check_resumed(s, fixture)
  local books = books_expected(s, fixture)
  local report = s:run({ "resume", "run", "--yes", "--json" }):ends_with(3):object()
  equal(books_of(report), books)
  equal(users_of(s), expected().users)
end

local function version_of(path)
  local db <close> = assert(store.open(path, { readonly = true }))
  equal(db:value "PRAGMA quick_check", "ok")
  return db:value "PRAGMA user_version"
end

---The files of the run, by name.
local function contents(s)
  local found = {}
  for _, name in ipairs(assert(file.list(s:path "run"))) do
    found[name] = name ~= "chunks" and s:read("run/" .. name) or ""
  end
  return found
end

local function named(fixture)
  return string.format("%s, of journal %d and state %d", fixture.name, fixture.journal,
    fixture.state)
end

for _, fixture in ipairs(fixtures.all()) do
  test("resume ends like an undisturbed run: " .. named(fixture), function()
    left(fixture, function(s)
      check_resumed(s, fixture)
      equal(version_of(s:path "run/journal.db"), schema.VERSION)
      equal(version_of(s:path "tenant.db"), tenant_state.VERSION)
    end)
  end)

  test("status reads it and does not change it: " .. named(fixture), function()
    left(fixture, function(s)
      local before = contents(s)
      local status = s:run({ "status", "run", "--json" }):ends_with(0):object()
      equal({ status.records.staged, status.finished }, { 12, fixture.name == "finished" })
      equal(contents(s), before)
      equal(version_of(s:path "run/journal.db"), fixture.journal)
    end)
  end)
end

---What a fixture of the current versions is called in `fixtures.all`.
local function is_current(fixture)
  return fixture.journal == schema.VERSION and fixture.state == tenant_state.VERSION
end

test("there are fixtures of every state for the versions of this program", function()
  local names = {}
  for _, fixture in ipairs(fixtures.all()) do
    if is_current(fixture) then names[#names + 1] = fixture.name end
  end
  equal(names, { "finished", "in_flight", "split", "staged", "uncertain" })
end)

for _, fixture in ipairs(fixtures.all()) do
  if fixture.name == "finished" then
    test("a finished run is reported, verified and undone: " .. named(fixture), function()
      left(fixture, function(s)
        local report = s:run({ "report", "run", "--json" }):ends_with(3):object()
        equal(books_of(report), books_expected(s, fixture))
        local verified = s:run({ "verify", "run", "--json" }):ends_with(0):object()
        local seen = verified.users
        equal({ seen.same, seen.different, seen.missing, seen.extra }, { 9, 0, 0, 2 })
        local undone = s:run({ "undo", "run", "--yes", "--json" }):ends_with(0):object()
        equal({ undone.deleted, undone.gone, #undone.kept }, { 9, 0, 0 })
        local ids = {}
        for i, user in ipairs(users_of(s)) do ids[i] = user.user_id end
        equal(ids, { "auth0|u4", "auth0|u1", "auth0|other3" })
      end)
    end)
  end
end

-- Killed while a file is migrated --------------------------------------------------------------

local function line_of(row)
  local cells = {}
  for name, value in pairs(row) do cells[#cells + 1] = string.format("%s=%q", name, value) end
  table.sort(cells)
  return table.concat(cells, " ")
end

---All rows of all tables, as text.
local function dump(path)
  local db <close>, lines = assert(store.open(path, { readonly = true })), {}
  for name in db:rows "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name" do
    for row in db:rows("SELECT * FROM " .. name.name) do
      lines[#lines + 1] = name.name .. " " .. line_of(row)
    end
  end
  return table.concat(lines, "\n")
end

local function needs_crash_points()
  if not crash.possible then tap.skip "this build has no CRASH_POINTS" end
end

---Kills a command during the migration of a file, and returns what the file is then.
local function killed(s, args, point, path)
  s:run(args, { AUTH0_MIGRATE_CRASH = point .. ":1" }):ends_with(KILLED)
  return version_of(s:path(path)), dump(s:path(path))
end

for _, fixture in ipairs(fixtures.all()) do
  if fixture.journal < schema.VERSION then
    test("a kill leaves the older journal or the new one, whole: " .. named(fixture), function()
      needs_crash_points()
      left(fixture, function(s)
        local path, args = "run/journal.db", { "resume", "run", "--yes" }
        local before = dump(s:path(path))
        local version, content = killed(s, args, "update.before", path)
        equal({ version, content == before }, { fixture.journal, true })
        equal((killed(s, args, "update.after", path)), schema.VERSION)
        check_resumed(s, fixture)
      end)
    end)
  end
  if fixture.state < tenant_state.VERSION then
    test("a kill leaves the older state or the new one, whole: " .. named(fixture), function()
      needs_crash_points()
      program.scene(nil, function(s)
        fixtures.unpack(fixture, s.folder)
        local path, args = "tenant.db", { "tenant", "--state", "tenant.db" }
        local before = dump(s:path(path))
        local version, content = killed(s, args, "update.before", path)
        equal({ version, content == before }, { 0, true })
        equal((killed(s, args, "update.after", path)), tenant_state.VERSION)
        s:tenant { "--state", path }
        fixtures.point(s.folder, s.env.AUTH0_DOMAIN)
        check_resumed(s, fixture)
      end)
    end)
  end
end

-- Refused ---------------------------------------------------------------------------------------

test("a state of a newer tenant and another database are refused with 2", function()
  program.scene(nil, function(s)
    fixtures.unpack(fixtures.all()[1], s.folder)
    local function refused(path, ...)
      local ended = s:run({ "tenant", "--state", path }):ends_with(2)
      for _, part in ipairs { path, ... } do contains(ended.stderr, part) end
    end
    refused("run/journal.db", "is not a tenant's state of auth0-migrate", "--state")
    do
      local db <close> = assert(store.open(s:path "tenant.db"))
      assert(db:exec "PRAGMA user_version = 99")
    end
    refused("tenant.db", "is a tenant's state of version 99",
      "this program supports versions up to " .. tenant_state.VERSION,
      "upgrade auth0-migrate", "--state")
    equal(version_of(s:path "tenant.db"), 99)
  end)
end)
