--- host.file.own: what this user owns is made private; nothing else is touched.

local file = require "host.file"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test

local function sh(command, ...)
  assert(os.execute(command:format(...)), command)
end

---Calls fn with a folder of its own.
local function within(fn)
  local folder = assert(file.temporary())
  local _ <close> = setmetatable({}, { __close = function() file.remove_tree(folder) end })
  fn(folder)
end

local function mode(path)
  return assert(file.stat(path)).mode & tonumber("777", 8)
end

test("what others can access is made private, and it is said", function()
  within(function(folder)
    assert(file.write(folder .. "/a", "x"))
    equal({ file.own(folder .. "/a"), file.own(folder) }, { false, false })
    for _, loose in ipairs { "666", "604", "777" } do
      sh("chmod %s %s/a %s", loose, folder, folder)
      equal({ file.own(folder .. "/a"), file.own(folder) }, { true, true })
      equal({ mode(folder .. "/a"), mode(folder) }, { tonumber("600", 8), tonumber("700", 8) })
    end
  end)
end)

test("links, devices and pipes are unusable and stay as they are", function()
  within(function(folder)
    assert(file.write(folder .. "/a", "x"))
    sh("chmod 644 %s/a && ln -s a %s/link && mkfifo %s/pipe", folder, folder, folder)
    for name, why in pairs {
      link = "is a symbolic link", pipe = "is not a file or a folder",
    } do
      local owned, message, kind = file.own(folder .. "/" .. name)
      equal({ owned, message, kind }, { nil, folder .. "/" .. name .. " " .. why, "unusable" })
    end
    equal(mode(folder .. "/a"), tonumber("644", 8))
  end)
end)

test("what another user owns is unusable", function()
  within(function(folder)
    assert(file.write(folder .. "/a", "x"))
    if not os.execute("chown 65534 " .. folder .. "/a 2>/dev/null") then
      tap.skip "only root can give a file away"
    end
    local owned, message, kind = file.own(folder .. "/a")
    equal({ owned, message, kind }, { nil, folder .. "/a belongs to another user", "unusable" })
  end)
end)

test("what does not exist is missing", function()
  within(function(folder)
    local owned, _, kind = file.own(folder .. "/a")
    equal({ owned, kind }, { nil, "missing" })
  end)
end)

test("limits of the process and of names are failures of their own kinds", function()
  within(function(folder)
    local long = folder .. "/" .. ("x"):rep(300)
    local _, _, kind = file.read(long)
    equal(kind, "unusable")
    sh("ln -s b %s/a && ln -s a %s/b", folder, folder)
    _, _, kind = file.read(folder .. "/a")
    equal(kind, "unusable")
  end)
end)

---Runs a script of ours in a shell with limits; what it prints.
local function limited(limits, folder, script)
  assert(file.write(folder .. "/script.lua", script))
  local program = require("host.process").program()
  sh("sh -c '%s; exec %s --run %s/script.lua' >%s/out 2>&1", limits, program, folder, folder)
  return assert(file.read(folder .. "/out"))
end

test("a file above the limit of its size is a full disk, not the end of the program", function()
  within(function(folder)
    local out = limited("ulimit -f 8", folder, ([[
      local file = require "host.file"
      local _, message, kind = file.write("%s/big", ("x"):rep(1 << 20))
      print(kind)]]):format(folder))
    equal(out, "full\n")
  end)
end)

test("too many open files are a failure that passes", function()
  within(function(folder)
    local out = limited("ulimit -n 20", folder, ([[
      local file, held, kind = require "host.file", {}, nil
      assert(file.write("%s/a", "x"))
      repeat
        local input, _, why = file.open("%s/a")
        held[#held + 1], kind = input, why
      until not input
      for _, input in ipairs(held) do input:close() end
      print(kind)]]):format(folder, folder))
    equal(out, "exhausted\n")
  end)
end)

test("what is only looked at keeps its mode", function()
  within(function(folder)
    assert(file.write(folder .. "/a", "x"))
    sh("chmod 644 %s/a", folder)
    equal({ file.own(folder .. "/a", true), mode(folder .. "/a") }, { true, tonumber("644", 8) })
  end)
end)
