--- Runs test files in several processes of the program at a time, and prints their results as if
--- one had run them.

local clock = require "host.clock"
local process = require "host.process"
local scheduler = require "base.scheduler"

local jobs = {}

---@class TestFile
---@field path string
---@field output string
---@field status integer

---Runs a file to its end.
---@param path string
---@param only_test? string
---@return TestFile
local function run(path, only_test)
  local child <close> = assert(process.spawn({
    process.program(), "--run", "tests/run.lua", path, only_test,
  }, { stdout = "pipe", stderr = "inherit", follow = true }))
  local parts = {}
  while true do
    local data = child:read()
    if data == nil then break end
    if data == "" then scheduler.await(child) else parts[#parts + 1] = data end
  end
  while not child:status() do scheduler.await(child, 0.05) end
  return { path = path, output = table.concat(parts), status = child:status() }
end

local SLOWEST <const> = 5 -- files that are named at the end

local counts = { passed = 0, failed = 0, skipped = 0 }
local times = {} ---@type {path: string, seconds: number}[]

---Prints the results of a file, its tests numbered after those of the files before.
---@param done TestFile
---@param n integer
---@return integer n
local function show(done, n)
  local failed, finished = 0, false
  for line in done.output:gmatch "[^\n]+" do
    local word, rest = line:match "^(%l[%l ]-) %d+ %- (.*)$"
    if word == "ok" or word == "not ok" then
      n = n + 1
      print(string.format("%s %d - %s", word, n, rest))
    elseif line:find "^%d+ passed, %d+ failed, %d+ skipped$" then
      local a, b, c = line:match "^(%d+) passed, (%d+) failed, (%d+)"
      counts.passed, counts.skipped = counts.passed + a, counts.skipped + c
      failed, finished = tonumber(b), true
    elseif line:find "^# [%d.]+ seconds$" then
      times[#times + 1] = { path = done.path, seconds = tonumber(line:match "[%d.]+") }
    elseif not line:find "^1%.%.%d+$" then
      print(line)
    end
  end
  -- Leaked memory, or a crash in the middle.
  if failed == 0 and (done.status ~= 0 or not finished) then
    n, failed = n + 1, 1
    print(string.format("not ok %d - %s ends with status %d", n, done.path, done.status))
  end
  counts.failed = counts.failed + failed
  return n
end

local function show_slowest()
  table.sort(times, function(a, b) return a.seconds > b.seconds end)
  for i = 1, math.min(SLOWEST, #times) do
    print(string.format("# %5.1f seconds in %s", times[i].seconds, times[i].path))
  end
end

---@param working string[]  the longest first: what begins last should be short
---@param most integer     processes at a time for these
---@param waiting string[]  files that hardly compute: one more process runs them
---@param only_test? string  part of a test's name
---@return integer status
function jobs.run(working, most, waiting, only_test)
  local began, n = clock.monotonic(), 0
  local function work(paths)
    while paths[1] do n = show(run(table.remove(paths, 1), only_test), n) end
  end
  return scheduler.run(function()
    local workers = { scheduler.spawn(work, waiting) }
    for _ = 1, most do workers[#workers + 1] = scheduler.spawn(work, working) end
    for _, worker in ipairs(workers) do worker:join() end
    show_slowest()
    print(string.format("1..%d\n# %.1f seconds", n, clock.monotonic() - began))
    print(string.format("%d passed, %d failed, %d skipped", counts.passed, counts.failed,
      counts.skipped))
    return (counts.failed == 0 and n > 0) and 0 or 1
  end)
end

return jobs
