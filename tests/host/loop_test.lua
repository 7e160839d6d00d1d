local tap = require "tests.tap"
local http = require "host.http"
local loop = require "host.loop"
local process = require "host.process"
local test, equal, raises = tap.test, tap.equal, tap.raises

---Sends this process a signal, after `seconds` if given.
local function send(name, seconds)
  local command = string.format("kill -%s $PPID", name)
  if seconds then command = string.format("(sleep %s; %s) &", seconds, command) end
  assert(os.execute(command))
end

---The output of a separate program that runs `script`, and its exit status; `before` is a
---shell command that precedes it.
local function run(before, script)
  local path = os.tmpname()
  local f = assert(io.open(path, "w"))
  f:write('local loop = require "host.loop"\n', script, "\nreturn 0\n")
  f:close()
  local pipe = assert(io.popen(string.format("%s; '%s' --run %s 2>&1; echo $?", before,
    process.program(), path)))
  local out = pipe:read("a")
  pipe:close()
  os.remove(path)
  return out
end

---A handle that is posted immediately: a transfer with an invalid URL.
local function posted(client)
  return client:start { method = "GET", url = "http://127.0.0.1:none/" }
end

test("waiting ends at its time with nothing to return", function()
  equal(loop.wait(0.01), {})
  equal(loop.wait(0), {})
  equal(loop.wait(-1), {})
end)

test("waiting forever with nothing to wait for is misuse", function()
  raises(function() loop.wait(math.huge) end, "nothing to wait for")
end)

test("a time that is not a number is misuse", function()
  raises(function() loop.wait(0 / 0) end, "not a number")
  raises(function() loop.wait() end, "number")
end)

test("posted handles are returned immediately, each once, in order", function()
  local client <close> = http.new()
  local a, b = posted(client), posted(client)
  local ready = loop.wait(math.huge)
  equal(#ready, 2)
  assert(ready[1] == a and ready[2] == b)
  equal(loop.wait(0), {})
end)

test("a posted handle lives until the wait has returned it", function()
  local client <close> = http.new()
  posted(client)
  collectgarbage()
  collectgarbage()
  local ready = loop.wait(0)
  equal(#ready, 1)
  equal(ready[1]:done(), true)
end)

test("a watched signal wakes the wait and is counted", function()
  local signal <close> = loop.signal("HUP")
  send("HUP", 0.05)
  local ready = loop.wait(math.huge)
  equal(#ready, 1)
  assert(ready[1] == signal)
  equal(signal:count(), 1)
  equal(signal:count(), 0)
end)

test("a signal that came before the wait is not missed", function()
  local signal <close> = loop.signal("TERM")
  send("TERM")
  assert(loop.wait(math.huge)[1] == signal)
  equal(signal:count(), 1)
end)

test("a second stop ends a program that cannot receive the first", function()
  equal(run(":", [[
    local signal = loop.signal("INT")
    loop.last_words("bye ")
    local sender = io.popen("kill -INT $PPID; sleep 0.7; kill -INT $PPID")
    while true do end]]), "bye 130\n")
end)

test("two stops at once are both left to the program", function()
  equal(run(":", [[
    local signal = loop.signal("INT")
    io.popen("kill -INT $PPID; kill -INT $PPID"):close()
    io.write(signal:count() > 0 and "heard " or "lost ")]]), "heard 0\n")
end)

test("each watched signal is distinguished", function()
  local int <close> = loop.signal("INT")
  local winch <close> = loop.signal("WINCH")
  send("WINCH")
  local ready = loop.wait(5)
  equal(#ready, 1)
  assert(ready[1] == winch)
  equal(int:count(), 0)
  equal(winch:count(), 1)
end)

test("two handles of one signal both receive it", function()
  local a <close> = loop.signal("HUP")
  local b <close> = loop.signal("HUP")
  send("HUP")
  equal(#loop.wait(5), 2)
  equal(a:count() + b:count(), 2)
end)

test("closing one handle of a signal does not affect the other", function()
  local a <close> = loop.signal("HUP")
  local b = loop.signal("HUP")
  b:close()
  b:close()
  send("HUP")
  assert(loop.wait(5)[1] == a)
end)

test("a signal that came before its handle is not counted", function()
  local a <close> = loop.signal("HUP")
  send("HUP")
  loop.wait(5)
  local b <close> = loop.signal("HUP")
  equal(b:count(), 0)
  equal(a:count(), 1)
end)

test("a collected signal handle stops watching", function()
  loop.signal("HUP")
  collectgarbage()
  collectgarbage()
  raises(function() loop.wait(math.huge) end, "nothing to wait for")
end)

test("a signal whose last handle closed has its previous effect again", function()
  local out = run("true", [[
    loop.signal("TERM"):close()
    os.execute("kill -TERM $PPID")
    print("alive")]])
  equal(out:match("%d+%s*$"), "143\n")
  equal(out:find("alive"), nil)
end)

test("an ignored HUP stays ignored, an ignored INT is watched", function()
  equal(run("trap '' HUP INT", [[
    local hup <close> = loop.signal("HUP")
    local int <close> = loop.signal("INT")
    os.execute("(sleep 0.02; kill -HUP $PPID; kill -INT $PPID) &")
    local ready = loop.wait(5)
    print(#ready, ready[1] == int, hup:count(), int:count())]]), "1\ttrue\t0\t1\n0\n")
end)

test("a closed signal and an unknown one are misuse", function()
  local signal = loop.signal("INT")
  signal:close()
  raises(function() signal:count() end, "closed")
  raises(function() loop.signal("KILL") end, "no such signal")
end)

test("waiting works inside a coroutine", function()
  local client <close> = http.new()
  local transfer = posted(client)
  local ready = coroutine.wrap(function() return loop.wait(5) end)()
  assert(ready[1] == transfer)
end)
