--- Handles that are never closed explicitly. With sanitizers the program also fails on a leak.

local clock = require "host.clock"
local file = require "host.file"
local loop = require "host.loop"
local process = require "host.process"
local tap = require "tests.tap"
local test = tap.test

local LONG_ENOUGH <const> = 30 -- seconds; only a failing test waits that long

---The exit status of the program, and its stderr.
local function run(how)
  local folder = assert(file.temporary())
  local child <close> = assert(process.spawn(
    { process.program(), "--run", "tests/host/close_all.lua", folder, how },
    { stdin = "null", stderr = "pipe" }))
  local deadline, said = clock.monotonic() + LONG_ENOUGH, ""
  repeat
    assert(clock.monotonic() < deadline, "the program does not end")
    loop.wait(0.5)
    said = said .. (child:read("stderr") or "")
  until child:status()
  assert(file.remove_tree(folder))
  return { child:status(), said .. (child:read("stderr") or "") }
end

test("handles of all kinds that are open when the program ends are closed in any order", function()
  tap.equal(run("at_exit"), { 0, "" })
end)

test("handles of all kinds that become garbage together are closed in any order", function()
  tap.equal(run("in_a_cycle"), { 0, "" })
end)
