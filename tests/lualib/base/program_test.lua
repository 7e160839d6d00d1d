local file = require "host.file"
local loop = require "host.loop"
local process = require "host.process"
local program = require "base.program"
local tap = require "tests.tap"
local test, equal = tap.test, tap.equal

---Plays with a folder of programs, each a shell script.
local function with(scripts, fn)
  local folder = assert(file.temporary())
  for name, text in pairs(scripts) do
    assert(file.write(folder .. "/" .. name, "#!/bin/sh\n" .. text .. "\n"))
    assert(os.execute("chmod 700 " .. folder .. "/" .. name))
  end
  local values = { PATH = folder .. ":/usr/bin:/bin", HOME = "/home/x", SECRET = "no" }
  local ok, message = xpcall(fn, debug.traceback, function(name) return values[name] end, folder,
    values)
  assert(file.remove_tree(folder))
  if not ok then error(message, 0) end
end

local function plan(more)
  local made = { name = "tool", arguments = {}, env = {}, input = "" }
  for key, value in pairs(more or {}) do made[key] = value end
  return made
end

---All of its output, its status and its words.
local function finish(running)
  local parts = {}
  while true do
    local block, message = running:read()
    assert(not message, message)
    if not block then break end
    parts[#parts + 1] = block
  end
  return table.concat(parts), assert(running:status()), running:words()
end

test("a program gets its arguments, its input, its extra text and no environment but its own",
function()
  with({ tool = 'echo "$1|$2"; cat; cat <&3; env | sort; echo words >&2; exit 4' }, function(env)
    local running <close> = assert(program.start(plan {
      arguments = { "a b", "$HOME" }, env = { OWN = "1" }, input = "input\n", extra = "extra\n",
    }, env))
    local said, status, words = finish(running)
    tap.contains(said, "a b|$HOME\ninput\nextra\n")
    tap.contains(said, "\nHOME=/home/x\n")
    tap.contains(said, "\nOWN=1\n")
    assert(not said:find("SECRET", 1, true), said)
    equal({ status, words }, { 4, "words\n" })
  end)
end)

test("much output and many words are read in little memory", function()
  with({ tool = "head -c 3000000 /dev/zero; head -c 1000000 /dev/zero >&2; echo end >&2" },
  function(env)
    local running <close> = assert(program.start(plan(), env))
    local said, status, words = finish(running)
    equal({ #said, status, #words }, { 3000000, 0, 8192 })
    equal(words:sub(-5), "\0end\n")
  end)
end)

test("input that a program does not read, and much that it does, hold nothing up", function()
  with({ tool = "exec true", reader = "exec wc -c" }, function(env)
    local running <close> = assert(program.start(plan { input = ("x"):rep(1000000) }, env))
    equal({ finish(running) }, { "", 0, "" })
    local reader <close> = assert(program.start(plan {
      name = "reader", input = ("x"):rep(1000000),
    }, env))
    tap.contains(finish(reader), "1000000")
  end)
end)

test("a program is searched for only where not everybody may write", function()
  with({ tool = "echo mine" }, function(env, folder, values)
    equal(program.find("tool", env), folder .. "/tool")
    for _, path in ipairs { ".", "", "relative:" .. folder .. "/none", "/nonexistent:" .. "." } do
      values.PATH = path
      local found, message, kind = program.find("tool", env)
      equal({ found, kind }, { nil, "missing" }, path)
      tap.contains(message, "the program tool was not found in ")
    end
    values.PATH = folder
    assert(os.execute("chmod 777 " .. folder))
    equal((program.find("tool", env)), nil)
    assert(os.execute("chmod 700 " .. folder .. " && chmod 777 " .. folder .. "/tool"))
    equal((program.find("tool", env)), nil)
    assert(os.execute("chmod 600 " .. folder .. "/tool"))
    equal((program.find("tool", env)), nil)
  end)
end)

test("a program that closes its output and stays is ended", function()
  with({ tool = "exec >&- 2>&-; exec sleep 1000" }, function(env)
    local running <close> = assert(program.start(plan(), env))
    equal(running:read(), nil)
    equal(running:status(0.01), 137)
  end)
end)

test("a signal ends the waiting, and closing ends the program", function()
  with({ tool = "echo $$; exec sleep 1000" }, function(env)
    local handle = loop.signal "INT"
    local running = assert(program.start(plan(), env))
    local id = running:read():match("%d+")
    -- not by os.execute, during which the signal is ignored
    local _ <close> = assert(process.spawn { "sh", "-c", "kill -INT " .. process.id() })
    equal({ running:read() }, { nil, "interrupted while waiting for tool", "interrupted" })
    equal({ running:status() }, { nil, "interrupted while waiting for tool", "interrupted" })
    assert(handle:count() >= 1)
    handle:close()
    running:close()
    assert(not os.execute("kill -0 " .. id .. " 2>/dev/null"))
  end)
end)
