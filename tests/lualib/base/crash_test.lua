--- base.crash: test builds end at crash points, other builds do not.

local crash = require "base.crash"
local process = require "host.process"
local scheduler = require "base.scheduler"
local file = require "host.file"
local tap = require "tests.tap"
local equal, test = tap.equal, tap.test

local SCRIPT <const> = [[
local crash = require "base.crash"
local Thing = {}
Thing.__index = Thing
function Thing:work(a, b) return a, b end
crash.around(Thing, { "work" })
local thing = setmetatable({}, Thing)
for i = 1, 3 do
  local a, b = thing:work(i, nil)
  assert(a == i and b == nil)
  crash.point(thing, "loop")
end
return 7
]]

---The exit status of a process that passes each crash point three times.
local function status(wanted)
  local folder = assert(file.temporary())
  assert(file.write(folder .. "/script.lua", SCRIPT))
  local ended
  scheduler.run(function()
    local child <close> = assert(process.spawn(
      { process.program(), "--run", folder .. "/script.lua" },
      { env = { AUTH0_MIGRATE_CRASH = wanted }, stdout = "null" }))
    while not child:status() do scheduler.await(child, 1) end
    ended = child:status()
  end)
  assert(file.remove_tree(folder))
  return ended
end

local KILLED <const> = crash.possible and 128 + 9 or 7

for wanted, expected in pairs {
  ["work.before:1"] = KILLED, ["work.after:3"] = KILLED, ["loop:2"] = KILLED,
  ["loop:4"] = 7, ["elsewhere:1"] = 7, ["loop:0"] = 7, ["loop"] = 7, [""] = 7,
} do
  test("AUTH0_MIGRATE_CRASH=" .. wanted .. " ends a process that passes it three times", function()
    equal(status(wanted), expected)
  end)
end
