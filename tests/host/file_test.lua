local tap = require "tests.tap"
local file = require "host.file"
local test, equal, contains = tap.test, tap.equal, tap.contains

---Runs `fn` with a fresh folder that is removed afterwards.
local function with_folder(fn)
  local folder = assert(file.temporary())
  local ok, message = xpcall(fn, debug.traceback, folder)
  assert(file.remove_tree(folder))
  if not ok then error(message, 0) end
end

local function slurp(input)
  local parts = {}
  while true do
    local data, message, kind = input:read(7)
    if not data then return table.concat(parts), message, kind end
    parts[#parts + 1] = data
  end
end

local function bytes(hex)
  return (hex:gsub("%s", ""):gsub("%x%x", function(pair)
    return string.char(tonumber(pair, 16))
  end))
end

-- "hello world\n" as made by gzip and zstd
local GZIP <const> = bytes "1f8b08000000000000ffcb48cdc9c95728cf2fca49e102002d3b08af0c000000"

local function packed(path, text)
  local out = assert(file.create(path, { zstd = true }))
  assert(out:write(text))
  assert(out:finish())
  return assert(io.open(path, "rb")):read("a")
end

---An input that is fed these values, one in each call.
local function fed(values)
  local n = 0
  return file.feed("rows", function()
    n = n + 1
    if type(values[n]) == "table" then return table.unpack(values[n], 1, 3) end
    return values[n]
  end)
end

test("an input that is fed has the bytes of all parts, as they are", function()
  local gzip = "\x1f\x8b\8\0 no gzip"
  local input <close> = fed { gzip, "", "b", ("c"):rep(200 * 1000) }
  equal(slurp(input), gzip .. "b" .. ("c"):rep(200 * 1000))
  equal({ input:read(1), input:name() }, { nil, "rows" })
  equal({ input:progress() }, { #gzip + 1 + 200 * 1000 })
end)

test("an input that is fed nothing is empty", function()
  local input <close> = file.feed("rows", function() end)
  equal({ input:read(10) }, {})
end)

test("what feeds an input can fail, and what it raises is raised", function()
  local input <close> = fed { "ab", { nil, "the server is gone", "network" }, "cd" }
  equal(input:read(10), "ab")
  equal({ input:read(10) }, { nil, "the server is gone", "network" })
  equal(input:read(10), "cd") -- it may be read again, as after an interruption
  local raising <close> = file.feed("rows", function() error("wrong", 0) end)
  tap.raises(function() raising:read(1) end, "wrong")
  local odd <close> = fed { 7 }
  tap.raises(function() odd:read(1) end, "the input rows was fed a number")
  tap.raises(function() file.feed("rows", "text") end, "function expected")
end)

test("an input that is fed may be closed by what feeds it, and is collected", function()
  local input
  input = file.feed("rows", function()
    input:close()
    return "last"
  end)
  equal(input:read(10), "last")
  tap.raises(function() input:read(10) end, "closed")
  local kept = setmetatable({ file.feed("rows", function() end) }, { __mode = "v" })
  collectgarbage()
  equal(#kept, 0)
end)

test("what is written is read back", function()
  with_folder(function(folder)
    local path = folder .. "/a"
    assert(file.write(path, "one\0two"))
    equal(file.read(path), "one\0two")
    assert(file.write(path, ""))
    equal(file.read(path), "")
  end)
end)

test("a written file is private, and no other file is left", function()
  with_folder(function(folder)
    assert(file.write(folder .. "/a", "x"))
    equal(file.stat(folder .. "/a").mode, tonumber("600", 8))
    equal(file.list(folder), { "a" })
  end)
end)

test("writing into a missing folder is missing", function()
  local ok, message, kind = file.write("/nowhere/at/all", "x")
  equal({ ok, kind }, { nil, "missing" })
  contains(message, "writing /nowhere/at/all: ")
end)

test("a full disk is reported as full", function()
  if not file.stat("/dev/full") then tap.skip("no /dev/full here") end
  local out <close> = assert(file.create("/dev/full", { append = true }))
  assert(out:write("x"))
  local ok, message, kind = out:finish()
  equal({ ok, kind }, { nil, "full" })
  contains(message, "writing /dev/full")
end)

test("a failed write is reported by everything that follows", function()
  if not file.stat("/dev/full") then tap.skip("no /dev/full here") end
  local out <close> = assert(file.create("/dev/full", { append = true }))
  equal(select(3, out:write(("x"):rep(200000))), "full")
  equal(select(3, out:write("y")), "full")
  equal(select(3, out:flush()), "full")
  equal(select(3, out:finish()), "full")
end)

test("an output appends if requested, else it replaces the file", function()
  with_folder(function(folder)
    local path = folder .. "/log"
    for _, text in ipairs { "one", "two" } do
      local out <close> = assert(file.create(path, { append = true }))
      assert(out:write(text))
      assert(out:finish())
    end
    equal(file.read(path), "onetwo")
    local out = assert(file.create(path))
    out:close()
    equal(file.read(path), "")
  end)
end)

test("a flushed output can be read while it is open", function()
  with_folder(function(folder)
    for _, zstd in ipairs { false, true } do
      local out <close> = assert(file.create(folder .. "/a", { zstd = zstd }))
      assert(out:write("text"))
      assert(out:flush())
      local input <close> = assert(file.open(folder .. "/a"))
      equal(input:read(10), "text")
    end
  end)
end)

test("an output is closed once it is finished", function()
  with_folder(function(folder)
    local out = assert(file.create(folder .. "/a"))
    assert(out:finish())
    out:close()
    tap.raises(function() out:write("x") end, "is closed")
  end)
end)

test("gzip is recognised by content, members are joined and padding ignored", function()
  with_folder(function(folder)
    for name, data in pairs {
      one = GZIP, two = GZIP .. GZIP, padded = GZIP .. ("\0"):rep(300),
    } do
      assert(file.write(folder .. "/a", data))
      local expected = "hello world\n"
      equal(file.read(folder .. "/a"), name == "two" and expected .. expected or expected, name)
    end
  end)
end)

test("zstd is recognised by content and frames are joined", function()
  with_folder(function(folder)
    local text = ("some words "):rep(50000)
    local data = packed(folder .. "/a", text)
    assert(#data < 2000)
    equal(file.read(folder .. "/a"), text)
    assert(file.write(folder .. "/b", data .. packed(folder .. "/a", "tail")))
    equal(file.read(folder .. "/b"), text .. "tail")
  end)
end)

test("compressed data that ends too early is a failure that says so", function()
  with_folder(function(folder)
    local zstd = packed(folder .. "/a", ("abc"):rep(100))
    for _, data in ipairs { GZIP, zstd } do
      for cut = 5, #data - 1 do
        assert(file.write(folder .. "/cut", data:sub(1, cut)))
        local input <close> = assert(file.open(folder .. "/cut"))
        local _, message, kind = slurp(input)
        equal(kind, "parse", "cut to " .. cut)
        contains(message, "unexpected end")
      end
    end
  end)
end)

test("damaged compressed data is a failure", function()
  with_folder(function(folder)
    local broken = GZIP:sub(1, 14) .. "\255\255\255" .. GZIP:sub(18)
    for _, data in ipairs { broken, GZIP .. "rubbish" } do
      assert(file.write(folder .. "/a", data))
      local data_read, message, kind = file.read(folder .. "/a")
      equal({ data_read, kind }, { nil, "parse" })
      contains(message, "damaged gzip data")
    end
  end)
end)

test("an empty file reads as nothing", function()
  with_folder(function(folder)
    assert(file.write(folder .. "/a", ""))
    local input <close> = assert(file.open(folder .. "/a"))
    equal({ input:read(1) }, {})
  end)
end)

test("reading in small pieces loses nothing", function()
  with_folder(function(folder)
    local text = ("0123456789"):rep(3000)
    assert(file.write(folder .. "/a", text))
    local input <close> = assert(file.open(folder .. "/a"))
    equal((slurp(input)), text)
  end)
end)

test("an input knows its name and how far it is", function()
  with_folder(function(folder)
    assert(file.write(folder .. "/users.csv", "12345"))
    local input <close> = assert(file.open(folder .. "/users.csv"))
    equal(input:name(), "users.csv")
    equal({ input:progress() }, { 0, 5 })
    input:read(100)
    equal({ input:progress() }, { 5, 5 })
    local other <close> = assert(file.open(folder .. "/users.csv", "people"))
    equal(other:name(), "people")
  end)
end)

test("a closed input raises and may be closed again", function()
  with_folder(function(folder)
    assert(file.write(folder .. "/a", "x"))
    local input = assert(file.open(folder .. "/a"))
    input:close()
    input:close()
    tap.raises(function() input:read(1) end, "is closed")
  end)
end)

test("opening reports what is missing and what is a folder", function()
  local cases = { { "/nowhere/users.csv", "missing" }, { "/", "io" } }
  for _, case in ipairs(cases) do
    local input, message, kind = file.open(case[1])
    equal({ input, kind }, { nil, case[2] })
    contains(message, "opening " .. case[1])
  end
end)

test("reading more than the limit is full", function()
  with_folder(function(folder)
    assert(file.write(folder .. "/a", "12345"))
    equal(file.read(folder .. "/a", 5), "12345")
    local data, message, kind = file.read(folder .. "/a", 4)
    equal({ data, kind }, { nil, "full" })
    contains(message, "longer than 4 bytes")
  end)
end)

test("a decompression bomb is unpacked no further than the limit", function()
  with_folder(function(folder)
    local out <close> = assert(file.create(folder .. "/a", { zstd = true }))
    local zeros = ("\0"):rep(1 << 20)
    for _ = 1, 16 do assert(out:write(zeros)) end
    assert(out:finish())
    equal(select(3, file.read(folder .. "/a", 1000)), "full")
  end)
end)

test("folders are made with their parents, private, and twice is fine", function()
  with_folder(function(folder)
    local path = folder .. "/a/b/c"
    assert(file.mkdir(path))
    assert(file.mkdir(path))
    local st = file.stat(folder .. "/a")
    equal({ st.type, st.mode }, { "folder", tonumber("700", 8) })
    assert(file.write(path .. "/f", ""))
    equal(select(3, file.mkdir(path .. "/f")), "io")
  end)
end)

test("a list is sorted by bytes; glob finds what matches", function()
  with_folder(function(folder)
    for _, name in ipairs { "b.csv", "a.csv", "B.csv", "c.txt", ".hidden" } do
      assert(file.write(folder .. "/" .. name, ""))
    end
    equal(file.list(folder), { ".hidden", "B.csv", "a.csv", "b.csv", "c.txt" })
    equal(file.glob(folder .. "/*.csv"),
      { folder .. "/B.csv", folder .. "/a.csv", folder .. "/b.csv" })
    equal(file.glob(folder .. "/*.json"), {})
    equal(select(3, file.list(folder .. "/none")), "missing")
  end)
end)

test("stat returns type, size and time", function()
  with_folder(function(folder)
    assert(file.write(folder .. "/a", "abc"))
    local st = file.stat(folder .. "/a")
    equal({ st.type, st.size }, { "file", 3 })
    assert(math.abs(st.modified - os.time()) < 60)
    equal(file.stat("/dev/null").type, "other")
    equal(select(3, file.stat(folder .. "/b")), "missing")
  end)
end)

test("removing and renaming work once", function()
  with_folder(function(folder)
    assert(file.write(folder .. "/a", "1"))
    assert(file.rename(folder .. "/a", folder .. "/b"))
    assert(file.remove(folder .. "/b"))
    equal(select(3, file.remove(folder .. "/b")), "missing")
    equal(select(3, file.rename(folder .. "/b", folder .. "/c")), "missing")
  end)
end)

test("removing a tree does not follow symbolic links", function()
  with_folder(function(folder)
    assert(file.mkdir(folder .. "/tree/deep"))
    assert(file.mkdir(folder .. "/other"))
    assert(file.write(folder .. "/other/kept", "x"))
    assert(os.execute(("ln -s ../other '%s/tree/link'"):format(folder)))
    assert(file.remove_tree(folder .. "/tree"))
    equal(file.list(folder), { "other" })
    equal(file.list(folder .. "/other"), { "kept" })
    equal(select(3, file.remove_tree(folder .. "/tree")), "missing")
  end)
end)

test("a lock has one holder and is free again when closed", function()
  with_folder(function(folder)
    local path = folder .. "/lock"
    local lock = assert(file.lock(path))
    local second, message, kind = file.lock(path)
    equal({ second, kind }, { nil, "busy" })
    contains(message, "another process holds it")
    lock:close()
    lock:close()
    assert(file.lock(path)):close()
    equal(select(3, file.lock(folder .. "/no/lock")), "missing")
  end)
end)

test("whether a file is locked can be seen without the lock", function()
  with_folder(function(folder)
    local path = folder .. "/lock"
    equal(select(3, file.is_locked(path)), "missing")
    local lock = assert(file.lock(path))
    equal({ file.is_locked(path), file.is_locked(path) }, { true, true })
    equal(select(3, file.lock(path)), "busy")
    lock:close()
    equal(file.is_locked(path), false)
    assert(file.lock(path)):close()
  end)
end)

test("the holder of a lock replaces what its file contains", function()
  with_folder(function(folder)
    local path = folder .. "/lock"
    local lock = assert(file.lock(path))
    assert(lock:write "the first text")
    assert(lock:write "second")
    equal(file.read(path), "second")
    lock:close()
    equal(file.read(path), "second")
    tap.raises(function() lock:write "third" end, "released")
  end)
end)

test("space is reserved with the requested size", function()
  with_folder(function(folder)
    assert(file.reserve(folder .. "/a", 100000))
    equal(file.stat(folder .. "/a").size, 100000)
    equal(select(3, file.reserve(folder .. "/no/a", 1)), "missing")
  end)
end)

test("free space is a number of bytes", function()
  assert(math.type(file.free("/tmp")) == "integer")
  equal(select(3, file.free("/nowhere")), "missing")
end)

test("a real path has no symbolic links", function()
  with_folder(function(folder)
    local real = assert(file.real(folder))
    assert(file.mkdir(folder .. "/a"))
    assert(os.execute(("ln -s a '%s/link'"):format(folder)))
    equal(file.real(folder .. "/link"), real .. "/a")
    equal(file.real("."), file.working_directory())
    equal(select(3, file.real(folder .. "/none")), "missing")
  end)
end)

test("a path with a zero byte or without any is misuse", function()
  for _, path in ipairs { "", "a\0b" } do
    tap.raises(function() file.stat(path) end, "path")
  end
end)

test("a watched signal ends the wait for input, and reading can go on after it", function()
  local watch = require "host.loop".signal("HUP")
  local input <close> = assert(file.open("/dev/zero"))
  assert(os.execute("kill -HUP $PPID"))
  local data, message, kind = input:read(10)
  equal({ data, message, kind }, { nil, "reading /dev/zero: interrupted", "interrupted" })
  equal(watch:count(), 1)
  equal(input:read(2), "\0\0")
  watch:close()
end)

test("a file is opened next to an open one, where that is now", function()
  with_folder(function(folder)
    assert(file.write(folder .. "/a", ""))
    assert(file.write(folder .. "/a-log", "x"))
    local input <close> = assert(file.open(folder .. "/a"))
    equal(slurp(assert(file.beside(input, "-log"))), "x")
    equal(select(3, file.beside(input, "-none")), "missing")
    assert(os.execute(("ln -s a %s/b; ln -s a-log %s/a-link; mkfifo %s/a-pipe"):format(
      folder, folder, folder)))
    equal(slurp(assert(file.beside(assert(file.open(folder .. "/b")), "-log"))), "x")
    local _, message, kind = file.beside(input, "-link")
    contains(message, "/a-link: it is a link, which is not followed")
    equal({ kind, (select(3, file.beside(input, "-pipe"))) }, { "unusable", "io" })
    assert(file.rename(folder .. "/a", folder .. "/c"))
    equal(select(3, file.beside(input, "-log")), "missing")
    assert(file.remove(folder .. "/c"))
    _, message = file.beside(input, "-log")
    contains(message, "its folder was changed meanwhile")
    for _, ending in ipairs { "/../x", "" } do
      equal((pcall(file.beside, input, ending)), false)
    end
  end)
end)
