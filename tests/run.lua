--- Runs the tests: `auth0-migrate --run tests/run.lua [-N] [part of a file name] [part of a test
--- name]`; N files at a time, in a process each.

local crash = require "base.crash"
local file = require "host.file"

local arguments = (...)
local at_a_time = tonumber((arguments[1] or ""):match "^%-(%d+)$")
if at_a_time then table.remove(arguments, 1) end
local only_file, only_test = table.unpack(arguments)

dofile "tests/modules.lua"

local tap = require "tests.tap"
_G.test = tap.test

---The files with tests that are wanted.
---@param folder string
---@param paths string[]
local function collect(folder, paths)
  for _, name in ipairs(assert(file.list(folder))) do
    local path = folder .. "/" .. name
    if assert(file.stat(path)).type == "folder" then
      collect(path, paths)
    elseif name:find("_test%.lua$") and (not only_file or path:find(only_file, 1, true)) then
      paths[#paths + 1] = path
    end
  end
  return paths
end

-- These wait for most of their time: one more process runs them, next to the N.
local WAITING <const> = {
  ["tests/e2e/day_test.lua"] = true, ["tests/e2e/hangup_test.lua"] = true,
  ["tests/e2e/outage_test.lua"] = true, ["tests/e2e/token_test.lua"] = true,
}

-- The rules of the source tree and of its annotations are the same in every build.
local function is_needed(path)
  return only_file or not crash.possible or not path:find "^tests/house"
end

local paths = {}
for _, path in ipairs(collect("tests", {})) do
  if is_needed(path) then paths[#paths + 1] = path end
end
if at_a_time then
  -- What takes long begins first.
  local function weight(path)
    return (path:find "/e2e/" and 1 << 30 or 0) + assert(file.stat(path)).size
  end
  table.sort(paths, function(a, b) return weight(a) > weight(b) end)
  local working, waiting = {}, {}
  for _, path in ipairs(paths) do
    local list = WAITING[path] and waiting or working
    list[#list + 1] = path
  end
  return require("tests.jobs").run(working, at_a_time, waiting, only_test)
end
for _, path in ipairs(paths) do
  local count = select("#", dofile(path))
  assert(count == 0, path .. " returns something")
end
return tap.run(only_test)
