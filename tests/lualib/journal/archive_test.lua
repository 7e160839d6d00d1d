--- Archives of chunks: when they are written, and what they replace.

local chunks = require "host.chunk"
local file = require "host.file"
local json = require "host.json"
local rig = require "tests.rig"
local archive = require "journal.archive"
local tap = require "tests.tap"

local test = tap.test

---A harvested chunk of two users, the second of which failed.
local function with_refused(outcome, fn)
  rig.with_run({ n = 4 }, function(_, _, book, dir)
    local chunk = book:chunk(1)
    local attempt = assert(book:sending(1))
    assert(book:sent(1, attempt, "job_1"))
    assert(book:harvested(chunk, attempt, "job_1", { inserted = outcome and 1 or 2, updated = 0 },
      outcome and { { place = 2, position = 2, at = "x:2", code = "CONFLICT", message = "no",
        errors = {}, outcome = outcome } } or {}))
    fn(book, dir)
  end)
end

local function lines(path)
  local list = {}
  for line in assert(file.read(path)):gmatch("[^\n]+") do list[#list + 1] = json.decode(line) end
  return list
end

local function go_on() return true end

for _, case in ipairs {
  { "no user failed", nil, true },
  { "the failed user exists already", "already_there", true },
  { "a failed user is not yet reconciled", "open", false },
  { "a fixer may still see a failed user", "judged", false },
  { "a failed user may be retried", "failed", false },
  { "a failed user was sent again", "requeued", false },
} do
  test("an archive is written early only if the chunk is settled: " .. case[1], function()
    with_refused(case[2], function(book, dir)
      assert(archive.prepare(book, dir, 1))
      tap.equal(file.stat(dir:sent(1)) ~= nil, case[3])
      tap.equal(file.stat(dir:chunk(1)) ~= nil, true)
      assert(archive.prepare(book, dir, 2)) -- was never sent
      tap.equal(file.stat(dir:sent(2)), nil)
    end)
  end)
end

test("at the end early archives are kept as they are, and the rest is written", function()
  with_refused("already_there", function(book, dir)
    assert(file.write(dir:sent(1), "as it was"))
    assert(archive.replace(book, dir, go_on))
    tap.equal(file.read(dir:sent(1)), "as it was")
    tap.equal(file.list(dir:file "chunks"), { "000001.sent.zst", "000002.sent.zst" })
  end)
end)

test("at the end the files of split and unrecorded chunks are removed, halves archived", function()
  with_refused("already_there", function(book, dir)
    local parts = {}
    for i = 1, 2 do
      local writer <close> = chunks.new(1000)
      assert(writer:add({ email = i .. "@example.com" }, 2 + i, "x:" .. i))
      parts[i] = { id = 2 + i, users = 1, bytes = writer:size(), places = writer:places(),
        sha256 = assert(writer:save(dir:chunk(2 + i))) }
    end
    assert(book:split(book:chunk(2), parts))
    assert(file.write(dir:chunk(5), "[]")) -- a kill came before it was recorded
    for _ = 1, 2 do -- it can be repeated
      assert(archive.replace(book, dir, go_on))
      tap.equal(file.list(dir:file "chunks"),
        { "000001.sent.zst", "000003.sent.zst", "000004.sent.zst" })
    end
  end)
end)

test("at the end an archive of a chunk that was not settled is replaced", function()
  with_refused("failed", function(book, dir)
    assert(file.write(dir:sent(1), "out of date"))
    assert(file.write(dir:sent(1) .. ".new", "cut o"))
    assert(archive.replace(book, dir, go_on))
    local first, second = table.unpack(lines(dir:sent(1)))
    tap.equal({ first.outcome, second.outcome, second.job }, { "inserted", "failed", "job_1" })
    tap.equal(file.list(dir:file "chunks"), { "000001.sent.zst", "000002.sent.zst" })
  end)
end)

test("outlines of a chunk are the same from its file and from its archive", function()
  with_refused("failed", function(book, dir)
    local function outlines()
      local list = {}
      for i, placed in ipairs(assert(dir:outlines(book:chunk(1)))) do
        list[i] = { placed.place, placed.position, placed.at, placed.user.email,
          placed.user.digests }
      end
      return list
    end
    local before = outlines()
    assert(archive.replace(book, dir, go_on))
    tap.equal(outlines(), before)
    tap.equal(#before, 2)
  end)
end)

test("a chunk file that was changed stays, and is named", function()
  with_refused(nil, function(book, dir)
    assert(file.write(dir:chunk(1), "[]"))
    for _, fn in ipairs { function() return archive.prepare(book, dir, 1) end,
      function() return archive.replace(book, dir, go_on) end } do
      local done, message, kind = fn()
      tap.equal({ done, kind }, { nil, "parse" })
      tap.contains(message, "000001.json")
      tap.equal(file.list(dir:file "chunks"), { "000001.json", "000002.json" })
    end
  end)
end)
