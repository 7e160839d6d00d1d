--- The run directories of tests/fixtures/runs: lists them, and unpacks one as a run that was left
--- just now.

local clock = require "host.clock"
local file = require "host.file"
local store = require "host.store"

local run_fixtures = {}

run_fixtures.FOLDER = "tests/fixtures/runs"

---@class RunFixture
---@field journal integer  version
---@field state integer    version of the tenant's state
---@field name string      "staged"
---@field path string

---@return RunFixture[]
function run_fixtures.all()
  local list = {}
  for _, versions in ipairs(assert(file.list(run_fixtures.FOLDER))) do
    local journal, state = versions:match("^(%d+)-(%d+)$")
    local folder = run_fixtures.FOLDER .. "/" .. versions
    for _, name in ipairs(journal and assert(file.list(folder)) or {}) do
      list[#list + 1] = {
        journal = math.tointeger(tonumber(journal)), state = math.tointeger(tonumber(state)),
        name = name, path = folder .. "/" .. name,
      }
    end
  end
  return list
end

-- Columns that hold a time, in any version.
local JOURNAL_TIMES <const> = {
  chunk = { "first_intent" }, attempt = { "begun", "ended" },
  job = { "submitted", "created", "ended", "harvested" }, once = { "ended" },
}
local STATE_TIMES <const> = {
  user = { "created", "updated" }, job = { "created", "begun", "ended" },
}
local FACTS <const> = "key IN ('begun', 'consent', 'staged_at', 'finished_at')"

---Calls `fn(table, column)` for each column with times that the database has.
local function each_time(db, times, fn)
  for name, columns in pairs(times) do
    for _, column in ipairs(columns) do
      if db:value("SELECT 1 FROM pragma_table_info(?) WHERE name = ?", name, column) then
        fn(name, column)
      end
    end
  end
end

local function newest(db, times)
  local found = 0
  each_time(db, times, function(name, column)
    local query = string.format("SELECT max(%s) FROM %s", column, name)
    found = math.max(found, db:value(query) or 0)
  end)
  return found
end

local function move(db, times, seconds)
  each_time(db, times, function(name, column)
    assert(db:run(string.format("UPDATE %s SET %s = %s + ?", name, column, column), seconds))
  end)
end

---Moves all times so that the last event happened now: jobs and their results are not kept long.
local function make_recent(journal, state)
  local last = math.max(newest(journal, JOURNAL_TIMES), newest(state, STATE_TIMES),
    journal:value("SELECT max(value) FROM run WHERE " .. FACTS))
  local seconds = clock.now() - last
  move(journal, JOURNAL_TIMES, seconds)
  move(state, STATE_TIMES, seconds)
  assert(journal:run("UPDATE run SET value = value + ? WHERE " .. FACTS, seconds))
end

---The bytes as they are on disk, compressed or not.
local function raw(path)
  local input <close> = assert(io.open(path, "rb"))
  return input:read "a"
end

local function copy_tree(from, to)
  assert(file.mkdir(to))
  for _, name in ipairs(assert(file.list(from))) do
    local source, target = from .. "/" .. name, to .. "/" .. name
    if file.stat(source).type == "folder" then
      copy_tree(source, target)
    elseif name:find("%.db%.zst$") then
      assert(file.write((target:gsub("%.zst$", "")), assert(file.read(source))))
    else
      assert(file.write(target, raw(source)))
    end
  end
end

---Unpacks a fixture into FOLDER/run and FOLDER/tenant.db, with its source. Its last event has
---happened just now.
---@param fixture RunFixture
---@param folder string
function run_fixtures.unpack(fixture, folder)
  copy_tree(fixture.path, folder)
  for _, name in ipairs { "people.csv", "existing.json" } do
    assert(file.write(folder .. "/" .. name,
      assert(file.read(run_fixtures.FOLDER .. "/" .. name))))
  end
  local journal <close> = assert(store.open(folder .. "/run/journal.db"))
  local state <close> = assert(store.open(folder .. "/tenant.db"))
  make_recent(journal, state)
end

---Sets the address of the run's tenant, which has another port now.
---@param folder string
---@param base string  "http://127.0.0.1:PORT"
function run_fixtures.point(folder, base)
  local journal <close> = assert(store.open(folder .. "/run/journal.db"))
  assert(journal:run("UPDATE run SET value = ? WHERE key = 'base'", base))
end

return run_fixtures
