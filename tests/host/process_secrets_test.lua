--- host.process: variables that are taken, and a process that is hardened.

local file = require "host.file"
local process = require "host.process"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test

local PRINT <const> = [[
local file, process = require "host.file", require "host.process"
local function block() return assert(file.read "/proc/self/environ") end
]]

---What a script of ours prints, started with SECRET and OTHER.
local function printed(script)
  local folder = assert(file.temporary())
  local _ <close> = setmetatable({}, { __close = function() file.remove_tree(folder) end })
  assert(file.write(folder .. "/script.lua", PRINT .. script))
  assert(os.execute(string.format("SECRET=hunter2 OTHER=kept %s --run %s/script.lua >%s/out 2>&1",
    process.program(), folder, folder)))
  return assert(file.read(folder .. "/out"))
end

test("a variable that is taken is gone, for children and in the first block too", function()
  if not file.stat "/proc/self/environ" then tap.skip "there is no /proc" end
  equal(printed [[
    print(block():find("SECRET=hunter2", 1, true) ~= nil, process.take_env "SECRET")
    print(process.env "SECRET", process.take_env "SECRET", process.env "OTHER")
    print(block():find("hunter2", 1, true), block():find("OTHER=kept", 1, true) ~= nil)
    os.execute "echo ${SECRET-gone} $OTHER"]],
    "true\thunter2\nnil\tnil\tkept\nnil\ttrue\ngone kept\n")
end)

test("what is not a name of a variable is misuse", function()
  for _, name in ipairs { "", "A=B" } do
    tap.raises(function() process.take_env(name) end, "not the name of a variable")
  end
end)

test("a hardened process leaves no core and still knows itself", function()
  local out = printed [[
    local done = process.harden()
    print(done, process.program() ~= nil, process.peak_memory() > 0)
    os.execute "ulimit -c"]]
  local done = out:match "^%a+"
  equal(out, done == "true" and "true\ttrue\ttrue\n0\n" or out)
  assert(done == "true" or done == "false", out)
end)
