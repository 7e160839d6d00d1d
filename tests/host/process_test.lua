--- host.process: child processes, their pipes and their exit.

local file = require "host.file"
local http = require "host.http"
local loop = require "host.loop"
local patience = require "tests.host.patience"
local process = require "host.process"
local server = require "host.server"
local tap = require "tests.tap"
local test = tap.test
local wait_for = patience.until_ready

---The output of a child, and its status.
local function finish(child, stream)
  local said, at_end = {}, false
  wait_for(function()
    for data in function() return child:read(stream) end do
      if data == "" then return false end
      said[#said + 1] = data
    end
    at_end = true
    return child:status() ~= nil
  end)
  assert(at_end)
  return table.concat(said), child:status()
end

local function shell(script, options)
  return assert(process.spawn({ "sh", "-c", script }, options))
end

test("a child's output and exit status arrive", function()
  local child <close> = shell("echo hello; exit 3")
  local said, status = finish(child)
  tap.equal(said, "hello\n")
  tap.equal(status, 3)
end)

test("words of the command are passed as they are", function()
  local child <close> = assert(process.spawn { "printf", "%s|", "a b", "$HOME", "*", "" })
  tap.equal(finish(child), "a b|$HOME|*||")
end)

test("a killed child has 128 and the signal as status", function()
  for signal, status in pairs { TERM = 143, KILL = 137, INT = 130, HUP = 129 } do
    local child <close> = shell("exec sleep 100")
    child:kill(signal)
    wait_for(function() return child:status() end)
    tap.equal(child:status(), status)
  end
end)

test("a status is nil while the child runs", function()
  local child <close> = shell("exec sleep 100")
  tap.equal(child:status(), nil)
  tap.equal(child:read(), "")
end)

test("the loop returns a child that has ended without output", function()
  loop.wait(0) -- discards what earlier tests left
  local child <close> = shell("exec sleep 0.05", { stdout = "null" })
  local ready = loop.wait(patience.SECONDS)
  tap.equal(#ready, 1)
  assert(ready[1] == child)
  tap.equal(child:status(), 0)
end)

test("what is written reaches its stdin, however much it is", function()
  local child <close> = assert(process.spawn({ "cat" }, { stdin = "pipe" }))
  local line = string.rep("x", 99) .. "\n"
  for _ = 1, 5000 do assert(child:write(line)) end
  child:finish()
  local said, status = finish(child)
  tap.equal(#said, 500000)
  tap.equal(status, 0)
end)

test("a child with much output waits until it is read", function()
  local child <close> = shell("head -c 1000000 /dev/zero; echo done >&2", { stderr = "pipe" })
  for _ = 1, 5 do loop.wait(0.02) end
  tap.equal(child:read("stderr"), "")
  tap.equal(#finish(child), 1000000)
  tap.equal(finish(child, "stderr"), "done\n")
end)

test("writing to a child that no longer reads is closed", function()
  local child <close> = shell("exec <&-; echo ready; exec sleep 100", { stdin = "pipe" })
  wait_for(function() return child:read() ~= "" end)
  local ok, message, kind = child:write("x")
  tap.equal(ok, nil)
  tap.contains(message, "closed its input")
  tap.equal(kind, "closed")
end)

test("a nonexistent program is missing", function()
  local child, message, kind = process.spawn { "/no/such/program" }
  tap.equal(child, nil)
  tap.contains(message, "/no/such/program")
  tap.equal(kind, "missing")
end)

test("a file that is not a program is an io failure", function()
  local child, message, kind = process.spawn { "/dev/null" }
  tap.equal(child, nil)
  tap.contains(message, "/dev/null")
  tap.equal(kind, "io")
end)

test("a missing directory is named", function()
  local child, message, kind = process.spawn({ "true" }, { directory = "/no/such/place" })
  tap.equal(child, nil)
  tap.contains(message, "/no/such/place")
  tap.equal(kind, "missing")
end)

test("a child runs in the directory it is given", function()
  local child <close> = assert(process.spawn({ "pwd" }, { directory = "/" }))
  tap.equal(finish(child), "/\n")
end)

test("env is added to the environment, and wins", function()
  local child <close> = shell('echo "$HOME $ADDED ${PATH:+path}"',
    { env = { ADDED = "yes", HOME = "/nowhere" } })
  tap.equal(finish(child), "/nowhere yes path\n")
end)

test("a program is searched for in the PATH of the child", function()
  local child, _, kind = process.spawn({ "sh" }, { env = { PATH = "/no/such/place" } })
  tap.equal(child, nil)
  tap.equal(kind, "missing")
end)

test("pipes of one child are not inherited by the next", function()
  local first <close> = assert(process.spawn({ "cat" }, { stdin = "pipe" }))
  local second <close> = shell("exec sleep 100")
  first:finish()
  tap.equal(finish(first), "", "cat ends, for nobody else holds its stdin")
  tap.equal(second:status(), nil)
end)

test("a child gets the three standard descriptors and no others", function()
  local listener <close> = assert(server.listen())
  local client <close> = http.new()
  local url = "http://127.0.0.1:" .. listener:port()
  local transfer <close> = client:start({ method = "GET", url = url })
  local request -- connected, and not answered
  wait_for(function() request = listener:accept() return request end)
  local others = shell("for n in 3 4 5 6 7 8 9; do (: >&$n) 2>/dev/null && echo $n; done; :",
    { stdout = "pipe" })
  tap.equal({ finish(others) }, { "", 0 })
  assert(not transfer:done() and request:respond(200))
end)

test("with env_alone the environment is what was given", function()
  local child <close> = assert(process.spawn({ "/usr/bin/env" }, {
    env = { ONLY = "this" }, env_alone = true,
  }))
  tap.equal(finish(child), "ONLY=this\n")
end)

test("a child reads its extra text from descriptor 3, and has no other", function()
  local child <close> = shell("cat <&3; echo; ls /dev/fd", { extra = "a secret" })
  local said = finish(child)
  tap.equal(said:match("^[^\n]*"), "a secret")
  assert(not said:find("\n[5-9]\n") and not said:find("\n%d%d+\n"), said)
  local file_of <close> = shell("cat /dev/fd/3 && cat /dev/fd/3", { extra = ("x"):rep(4096) })
  tap.equal(finish(file_of), ("x"):rep(4096))
  local without <close> = shell("cat <&3", { stderr = "null" })
  tap.equal({ finish(without) }, { "", 2 })
end)

---What `await` returns until the child has ended, and its output.
local function awaited(child)
  local said = {}
  while true do
    for data in function() return child:read() end do
      if data == "" then break end
      said[#said + 1] = data
    end
    if child:status() then return table.concat(said) end
    assert(child:await(60) == true)
  end
end

test("a child can be awaited without the loop, for its output, its input and its end", function()
  local text = ("x"):rep(300 * 1000)
  local child <close> = shell("exec cat", { stdin = "pipe" })
  assert(child:write(text))
  child:finish()
  tap.equal(#awaited(child), #text)
  local quiet <close> = shell("exec true")
  tap.equal(awaited(quiet), "")
  assert(quiet:await(60)) -- nothing more can come
  local errors <close> = shell("echo no >&2; exec sleep 100", { stderr = "pipe" })
  assert(errors:await(60))
  tap.equal(errors:read "stderr", "no\n")
end)

test("awaiting ends when the time is over, and when a signal arrives", function()
  local child <close> = shell("exec sleep 100")
  tap.equal(child:await(0.01), false)
  local watched <close> = setmetatable({ loop.signal "INT" }, {
    __close = function(self) self[1]:close() end,
  })
  local sender <close> = shell("kill -INT " .. process.id())
  local seen, message, kind = child:await(60)
  tap.equal({ seen, kind }, { nil, "interrupted" })
  tap.contains(message, "interrupted")
  tap.equal(watched[1]:count(), 1)
  finish(sender)
end)

test("a closed child has its grace to end by itself, also while it waits to write", function()
  local folder = assert(file.temporary())
  for _, busy in ipairs { "sleep 100", "cat /dev/zero" } do
    local child = shell("trap 'echo interrupted >ended; kill $!; exit' INT; " .. busy
      .. " & echo begun; wait", { grace = 60, directory = folder })
    while child:read() == "" do assert(child:await(60)) end
    child:close()
    tap.equal(file.read(folder .. "/ended"), "interrupted\n")
    assert(file.remove(folder .. "/ended"))
  end
  local stubborn = shell("trap '' INT; echo begun; while :; do sleep 1; done", { grace = 0.05 })
  while stubborn:read() == "" do assert(stubborn:await(60)) end
  stubborn:close()
  assert(file.remove_tree(folder))
end)

test("closing a running child kills it and leaves no zombie", function()
  local child = shell("exec sleep 100")
  local id = child:id()
  child:close()
  child:close()
  local look <close> = shell("kill -0 " .. id .. " 2>/dev/null || echo gone")
  tap.equal(finish(look), "gone\n")
end)

test("a collected child is killed", function()
  local id = shell("exec sleep 100"):id()
  collectgarbage()
  collectgarbage()
  local look <close> = shell("kill -0 " .. id .. " 2>/dev/null || echo gone")
  tap.equal(finish(look), "gone\n")
end)

test("a group has its own id", function()
  local child <close> = shell("ps -o pgid= -p $$", { group = true })
  local group, status = finish(child)
  if status ~= 0 then tap.skip("there is no ps") end
  tap.equal(tonumber(group), child:id())
end)

test("a follower dies with its parent", function()
  if not file.stat("/proc/self/status") then tap.skip("only Linux can tell a child") end
  local parent <close> = assert(process.spawn({ process.program(), "--run",
    "tests/host/process_follow.lua" }, { stdin = "pipe" }))
  local id = ""
  wait_for(function()
    id = id .. (parent:read() or "")
    return id:find("\n")
  end)
  parent:kill("KILL")
  wait_for(function()
    local status = file.read("/proc/" .. tonumber(id) .. "/status")
    return not status or status:find("State:%s+Z")
  end)
end)

test("misuse raises", function()
  local child <close> = shell("exit 0")
  local cases = {
    { "empty list", function() process.spawn {} end },
    { "must be a string", function() process.spawn { "a", 1 } end },
    { "zero byte", function() process.spawn { "a\0b" } end },
    { "invalid option", function() process.spawn({ "a" }, { stdin = "sideways" }) end },
    { "cannot be a name", function() process.spawn({ "a" }, { env = { ["a=b"] = "" } }) end },
    { "not an open pipe", function() child:write("x") end },
    { "not a pipe", function() child:finish() end },
    { "is not a pipe", function() child:read("stderr") end },
    { "invalid option", function() child:kill("STOP") end },
  }
  for _, case in ipairs(cases) do tap.raises(case[2], case[1]) end
  child:close()
  tap.raises(function() child:read() end, "closed")
end)

test("a process knows its program and id", function()
  assert(process.id() > 0)
  tap.equal(type(process.host()), "string")
  tap.contains(process.program(), "auth0-migrate")
  assert(process.peak_memory() > 1000000)
  tap.equal(process.env("AUTH0_MIGRATE_NOT_SET"), nil)
  assert(process.env("PATH"))
end)
