local tap = require "tests.tap"
local file = require "host.file"
local process = require "host.process"
local terminal = require "host.terminal"
local test, equal, raises = tap.test, tap.equal, tap.raises

---Runs `script` in a separate program through `shell`, a command line in which PROGRAM is replaced
---by it, in a fresh folder; returns its stdout.
local function run(shell, script)
  local folder = assert(file.temporary())
  local path = folder .. "/script.lua"
  local f = assert(io.open(path, "w"))
  f:write([[local loop, terminal = require "host.loop", require "host.terminal"
]], script, "\nreturn 0\n")
  f:close()
  local program = string.format("'%s' --run %s", process.program(), path)
  local command = "cd " .. folder .. "; " .. shell:gsub("PROGRAM", (program:gsub("%%", "%%%%")))
  local pipe = assert(io.popen(command))
  local out = pipe:read("a")
  pipe:close()
  assert(file.remove_tree(folder))
  return out
end

-- script(1) of util-linux makes a terminal, if the system permits it.
local TRY <const> = "command -v stty && script -qec true /dev/null </dev/null"

---Runs `script` with its own terminal, on which `typed` (a shell command) types.
local function run_on_terminal(typed, script)
  if not os.execute("{ " .. TRY .. "; } >/dev/null 2>&1") then
    tap.skip "cannot make a terminal"
  end
  local shell = "{ %s; } | script -qec \"stty cols 97; PROGRAM; stty -a; >done\" /dev/null"
  return (run(shell:format(typed), script):gsub("\r", ""))
end

---A shell command that waits until the script has made a file of that name.
local function seen(name)
  return "until [ -e " .. name .. " ]; do sleep 0.01; done"
end

local ASK <const> = [[
  local prompt <close> = assert(terminal.prompt(HIDDEN))
  local function ask()
    local line = prompt:line()
    while line == nil do
      loop.wait(5)
      line = prompt:line()
    end
    return line
  end
]]

local PIPED <const> = "setsid -w PROGRAM" -- without a controlling terminal

test("the descriptor of a stream closed at the start is not used by the next file", function()
  equal(run("PROGRAM >&- 2>&- <&-; cat out", [[
    local f = assert(io.open("out", "w"))
    terminal.write("stdout", "for people")
    f:write("for the file")
    f:close()]]), "for the file")
end)

test("a pipe is not a terminal", function()
  equal(run("PROGRAM </dev/null", [[io.write(tostring(terminal.is_tty("stdin")), " ",
    tostring(terminal.is_tty("stdout")))]]), "false false")
end)

test("the width without a terminal is 80", function()
  equal(run("PROGRAM 2>/dev/null", "io.write(terminal.width())"), "80")
end)

test("on a terminal the streams are terminals and its width is known", function()
  local out = run_on_terminal(seen("done"), [[
    print(terminal.is_tty("stdin"), terminal.is_tty("stderr"), terminal.width())]])
  tap.contains(out, "true\ttrue\t97")
end)

test("what is written arrives whole and after what print left", function()
  local out = run("PROGRAM | (sleep 0.1; cat)", [[
    print("first")
    assert(terminal.write("stdout", ("0123456789"):rep(100000)))
    assert(terminal.write("stdout", ""))
    print("last")]])
  equal(out, "first\n" .. ("0123456789"):rep(100000) .. "last\n")
end)

test("a non-blocking stream is written whole, too", function()
  if not os.execute("command -v perl >/dev/null") then tap.skip("no perl") end
  local out = run([[perl -MFcntl -e 'fcntl(STDOUT, F_SETFL, O_NONBLOCK); exec @ARGV' PROGRAM |
    (sleep 0.1; wc -c)]], [[assert(terminal.write("stdout", ("x"):rep(1000000)))]])
  equal(tonumber(out), 1000000)
end)

test("a missing reader is closed", function()
  local out = run("{ { sleep 0.1; PROGRAM 2>&3; } | true; } 3>&1", [[
    local _, message, kind = terminal.write("stdout", "x")
    io.stderr:write(kind, " ", message)]])
  equal(out, "closed writing stdout: closed")
end)

test("a full disk is full", function()
  if not file.stat("/dev/full") then tap.skip("no /dev/full") end
  local out = run("PROGRAM 2>&1 >/dev/full", [[
    local _, message, kind = terminal.write("stdout", "x")
    io.stderr:write(kind, " ", message)]])
  equal(out, "full writing stdout: No space left on device")
end)

test("a signal interrupts a write that waits for its reader", function()
  local out = run("{ { PROGRAM 2>&3; } | sleep 0.3; } 3>&1", [[
    local int <close> = loop.signal("TERM")
    os.execute("(sleep 0.1; kill -TERM $PPID) &")
    local _, message, kind = terminal.write("stdout", ("x"):rep(1000000))
    io.stderr:write(kind, " ", int:count())]])
  equal(out, "interrupted 1")
end)

test("stdin cannot be written, other names are not streams", function()
  raises(function() terminal.write("stdin", "x") end, "read only")
  raises(function() terminal.write("stdlog", "x") end, "stdlog")
  raises(function() terminal.is_tty("tty") end, "tty")
end)

test("lines are read from stdin when there is no terminal", function()
  local out = run("printf 'one\\r\\n\\ntwo' | " .. PIPED,
    ASK:gsub("HIDDEN", "") .. [[print(ask(), ask(), ask(), ask(), ask())]])
  equal(out, "one\t\ttwo\tfalse\tfalse\n")
end)

test("no byte beyond the line is read", function()
  local out = run("printf 'one\\ntwo\\nthree' | " .. PIPED, ASK:gsub("HIDDEN", "true") .. [[
    io.write(ask(), " ")
    prompt:close()
    io.write(io.read("a"))]])
  equal(out, "one two\nthree")
end)

test("a line waits until it is taken", function()
  local out = run("printf 'one\\ntwo\\n' | " .. PIPED, [[
    local prompt <close> = terminal.prompt()
    print(loop.wait(5)[1] == prompt, #loop.wait(0.01), prompt:line(), prompt:line())
    print(loop.wait(5)[1] == prompt, prompt:line())]])
  equal(out, "true\t0\tone\tnil\ntrue\ttwo\n")
end)

test("a long line is read whole", function()
  local out = run("{ head -c 100000 /dev/zero | tr '\\0' x; echo; } | " .. PIPED,
    ASK:gsub("HIDDEN", "") .. "print(#ask())")
  equal(out, "100000\n")
end)

test("without any input a prompt fails", function()
  local out = run(PIPED .. " <&-", [[
    local _, message, kind = terminal.prompt()
    io.write(kind, " ", message)]])
  equal(out, "closed no terminal and no stdin to read the answer from")
end)

test("a closed prompt is misuse", function()
  local prompt = terminal.prompt()
  if not prompt then tap.skip("no stdin") end
  prompt:close()
  prompt:close()
  raises(function() prompt:line() end, "closed")
end)

test("a hidden line is not echoed, and the echo comes back", function()
  local typed = table.concat({ seen("hidden"), "echo s3cret", seen("open"), "echo shown",
    seen("done") }, "; ")
  local out = run_on_terminal(typed, ASK:gsub("HIDDEN", "true") .. [[
    io.open("hidden", "w"):close()
    print("[" .. #ask() .. "]")
    prompt:close()
    io.open("open", "w"):close()
    io.read()]])
  tap.contains(out, "[6]")
  equal(out:find("s3cret", 1, true), nil)
  tap.contains(out, "shown")
end)

test("the echo comes back when a signal ends the program", function()
  local out = run_on_terminal(seen("done"), [[
    local int = loop.signal("TERM")
    local prompt = terminal.prompt(true)
    print("hidden: " .. io.popen("stty -a"):read("a"):match("%-?echo ") .. type(prompt))
    os.execute("(sleep 0.05; kill -TERM $PPID) &")
    assert(loop.wait(5)[1] == int)]])
  local hidden, after = out:match("hidden: (%S+) userdata(.*)")
  equal(hidden, "-echo")
  equal(after:match("%-?echo "), "echo ")
end)
