--- Damaged run directories: one clear message, nothing lost, and resume works once the damage is
--- repaired.

local file = require "host.file"
local program = require "tests.e2e.program"
local schema = require "journal.schema"
local store = require "host.store"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene, words = program.scene, program.words

---A run of 30 users in three chunks, staged and with consent; `fn` damages it.
local function damaged(fn)
  scene(30, function(s)
    s:tenant()
    s:run(words("--chunk-users", "10")):ends_with(8)
    fn(s)
  end)
end

local function resumed(s, ...)
  local report = s:run({ "resume", "--yes", "--json", ... }):ends_with(0):object()
  equal({ report.balanced, report.users.inserted, report.users.pending }, { true, 30, 0 })
  s:holds(30)
end

local CHUNK <const> = "shop.run/chunks/000002.json"

test("a missing chunk file is named, with exit status 2; restored, the run is resumed", function()
  damaged(function(s)
    assert(file.rename(s:path(CHUNK), s:path "away"))
    local ended = s:run({ "resume", "--yes", "--json" }):ends_with(2)
    contains(ended:object().message, CHUNK .. " is missing; restore it")
    equal(ended:object().balanced, true)
    contains(ended.stderr, "next: auth0-migrate status shop.run\n")
    assert(file.rename(s:path "away", s:path(CHUNK)))
    resumed(s)
  end)
end)

test("a changed chunk file is not sent but named, with exit status 2", function()
  damaged(function(s)
    local text = s:read(CHUNK)
    s:write(CHUNK, (text:gsub("Person 15", "Person 51")))
    local ended = s:run({ "resume", "--yes" }):ends_with(2)
    contains(ended.stderr, CHUNK .. " has changed since it was staged")
    equal(#s:users(), 10)
    s:write(CHUNK, text)
    resumed(s)
  end)
end)

test("an unreadable chunk file ends a run with 1; resume works once it is readable", function()
  damaged(function(s)
    assert(file.rename(s:path(CHUNK), s:path "away"))
    assert(file.mkdir(s:path(CHUNK)))
    local ended = s:run({ "resume", "--yes" }):ends_with(1)
    contains(ended.stderr, CHUNK)
    assert(not ended.stderr:find("traceback", 1, true), ended.stderr)
    assert(file.remove_tree(s:path(CHUNK)))
    assert(file.rename(s:path "away", s:path(CHUNK)))
    resumed(s)
  end)
end)

test("a journal of a newer program is refused with exit status 2 and unchanged", function()
  damaged(function(s)
    do
      local db <close> = assert(store.open(s:path "shop.run/journal.db"))
      assert(db:exec "PRAGMA user_version = 99")
    end
    for _, args in ipairs { { "resume", "--yes" }, { "status" }, words "--yes" } do
      local ended = s:run(args):ends_with(2)
      contains(ended.stderr, "is a journal of version 99")
      contains(ended.stderr, "upgrade auth0-migrate")
    end
    local db <close> = assert(store.open(s:path "shop.run/journal.db"))
    assert(db:exec("PRAGMA user_version = " .. schema.VERSION))
    db:close()
    resumed(s)
  end)
end)

for name, damage in pairs {
  ["that is not a database"] = function(text) return ("x"):rep(#text) end,
  ["with pages of nonsense"] = function(text)
    return text:sub(1, 4096) .. ("\xa5"):rep(#text - 4096)
  end,
} do
  test("a journal " .. name .. " ends with 2 and is named; with the right one resume works",
    function()
      damaged(function(s)
        local text = s:read "shop.run/journal.db"
        s:write("shop.run/journal.db", damage(text))
        for _, args in ipairs { { "resume", "--yes" }, { "status" }, words "--yes" } do
          local ended = s:run(args):ends_with(2)
          contains(ended.stderr, "shop.run/journal.db")
          assert(not ended.stderr:find("traceback", 1, true), ended.stderr)
        end
        equal(s:metrics().uploads.count, 0)
        s:write("shop.run/journal.db", text)
        resumed(s)
      end)
    end)
end

for dir, said in pairs {
  ["people.csv"] = "people.csv is a file",
  ["people.csv/shop.run"] = "cannot create people.csv/shop.run: no directory people.csv",
  ["nowhere/shop.run/"] = "cannot create nowhere/shop.run/: no directory nowhere",
} do
  test("--run-dir " .. dir .. " ends with 2 and says why no run can be there", function()
    scene(3, function(s)
      contains(s:run(words("--yes", "--run-dir", dir)):ends_with(2).stderr, said)
      equal(s:exists "nowhere", false)
    end)
  end)
end

test("a log that cannot be written is a warning, and the run completes", function()
  scene(3, function(s)
    s:tenant()
    assert(file.mkdir(s:path "shop.run/log.ndjson"))
    local ended = s:run(words "--yes"):ends_with(0)
    contains(ended.stderr, "warning: ")
    contains(ended.stderr, "log.ndjson")
    s:holds(3)
  end)
end)
