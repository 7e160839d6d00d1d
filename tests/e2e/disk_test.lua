--- Runs on a full disk: the real program on a small file system.

local disk = require "tests.e2e.disk"
local file = require "host.file"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local words = program.words

---Plays a scene whose run directory is on a small disk; `dir` is that directory, `seen(name)` the
---path of a file in it for this process.
local function on_disk(n, fn)
  program.scene(n, function(s)
    local small <close> = disk.new(s) or tap.skip "no namespace of one's own here"
    s.within = small.within
    fn(s, small, small.path .. "/shop.run", function(name)
      return small.seen .. "/shop.run/" .. name
    end)
  end)
end

---How often an event is in the log.
local function events(seen, event)
  local text = file.read(seen "log.ndjson") or ""
  return select(2, text:gsub('"event":"' .. event .. '"', ""))
end

---The message is the system's or SQLite's, depending on which wrote first.
local function says_full(text)
  assert(text:lower():find "no space left" or text:find "disk is full", text)
end

local function resumed(s, dir, n)
  local report = s:run({ "resume", dir, "--json" }):ends_with(0):object()
  equal({ report.balanced, report.users.pending }, { true, 0 })
  equal(report.users.inserted, n)
  s:holds(n)
end

test("a disk that fills up while staging ends with 5, nothing is sent, resume stages again",
  function()
    on_disk(60, function(s, small, dir, seen)
      s:tenant()
      local run = s:start(words("--yes", "--chunk-users", "2", "--run-dir", dir, "slow=300000"))
      s:until_("a chunk", function() return file.stat(seen "chunks/000002.json") end)
      small:fill()
      run:ends_with(5)
      says_full(run.stderr)
      contains(run.stderr, "next: auth0-migrate resume " .. dir)
      equal(s:metrics().uploads.count, 0)
      small:empty()
      resumed(s, dir, 60)
    end)
  end)

test("a disk that is full from the start is reported, with exit status 5", function()
  on_disk(5, function(s, small, dir)
    small:fill()
    local run = s:run(words("--yes", "--run-dir", dir)):ends_with(5)
    says_full(run.stderr)
    small:empty()
    s:tenant()
    s:run(words("--yes", "--run-dir", dir)):ends_with(0)
    s:holds(5)
  end)
end)

-- Makes a journal in the given folder, with more and more space; prints what went wrong.
local MAKES_JOURNALS <const> = [[
local file, ledger = require "host.file", require "journal.ledger"
local folder = ...
folder = folder[1]
for room = 8, 160, 8 do
  local filler, name = folder .. "/filler", folder .. "/journal.db"
  assert(file.reserve(filler, file.free(folder) - room * 1024))
  local book, message, kind = ledger.create(name, { run = "r" })
  if book then
    book:close()
  elseif kind ~= "full" or file.stat(name) then
    print(room, message)
  end
  for _, left in ipairs(file.list(folder)) do file.remove(folder .. "/" .. left) end
end
]]

test("a journal without enough disk space is not made, however little is missing",
  function()
    on_disk(nil, function(s, small)
      s:write("make.lua", MAKES_JOURNALS)
      equal(s:run({ "--run", "make.lua", small.path }):ends_with(0).stdout, "")
    end)
  end)

for _, moment in ipairs {
  { "with two jobs in flight", function(seen) return events(seen, "submitted") == 2 end },
  { "after the first harvest", function(seen) return events(seen, "harvested") > 0 end },
} do
  test("a disk that fills up " .. moment[1] .. ": the jobs are recorded, then status 5", function()
    on_disk(60, function(s, small, dir, seen)
      s:slow_tenant(nil, 60)
      local run = s:start(words("--yes", "--chunk-users", "10", "--run-dir", dir, "--json"))
      s:until_(moment[1], function() return moment[2](seen) end)
      small:fill()
      local report = run:ends_with(5):object()
      contains(report.message, "nothing more is sent")
      equal({ report.status, report.balanced }, { "incomplete", true })
      local sent = s:metrics().jobs
      equal(report.jobs, { submitted = sent, completed = sent, failed = 0 })
      assert(sent < 6, "it was stopped before its end")
      equal(report.users.inserted, sent * 10)
      small:empty()
      resumed(s, dir, 60)
    end)
  end)
end

test("without disk space a run does not continue: exit status 5 before anything is sent", function()
  on_disk(20, function(s, small, dir, seen)
    s:slow_tenant(nil, 60)
    s:run(words("--chunk-users", "10", "--run-dir", dir)):ends_with(8)
    assert(file.remove(seen "reserve"))
    small:fill()
    local run = s:run({ "resume", dir, "--yes" }):ends_with(5)
    says_full(run.stderr)
    equal(s:metrics().uploads.count, 0)
    small:empty()
    s:run({ "resume", dir, "--yes" }):ends_with(0)
    s:holds(20)
  end)
end)
