--- The lock of a run directory: who works on the run.

local file = require "host.file"
local lock = require "journal.lock"
local process = require "host.process"
local scheduler = require "base.scheduler"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test

local function with_path(fn)
  local folder = assert(file.temporary())
  scheduler.run(fn, folder .. "/lock")
  assert(file.remove_tree(folder))
end

test("a lock names the process that holds it, while it does", function()
  with_path(function(path)
    equal(lock.holder(path), nil)
    local held = assert(lock.take(path))
    local holder = lock.holder(path)
    equal({ holder.pid, holder.host }, { process.id(), process.host() })
    assert(holder.since:find("^%d+%-%d%d%-%d%dT"))
    equal(select(3, lock.take(path)), "busy")
    held:close()
    held:close()
    equal({ lock.holder(path), file.read(path) }, { nil, "" })
  end)
end)

test("what a killed process left in the file does not hold the lock", function()
  with_path(function(path)
    assert(file.write(path, '{"pid":1,"host":"box","since":"2026-11-24T16:51:07Z"}\n'))
    equal(lock.holder(path), nil)
    assert(lock.take(path)):close()
  end)
end)

test("a lock of an older version of the program is held by another process", function()
  with_path(function(path)
    local held <close> = assert(file.lock(path))
    equal(lock.holder(path), {})
    equal(lock.describe(lock.holder(path)), "another process")
    assert(held)
  end)
end)

test("a glance at the lock does not refuse the process that takes it", function()
  with_path(function(path)
    local glance = assert(file.lock(path))
    scheduler.spawn(function() glance:close() end)
    assert(lock.take(path)):close()
  end)
end)
