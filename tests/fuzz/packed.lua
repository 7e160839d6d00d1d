--- chunk.places, and inputs in gzip and zstd: damaged data is a failure, never more.

local chunk = require "host.chunk"
local digest = require "host.digest"
local file = require "host.file"
local fuzz = dofile "tests/fuzz/fuzz.lua"

local places = { "1\tusers.csv:2\n2\tusers.csv:3\n", "", "17\ta\\nb\\\\c\n", "1\t\n",
  ("9\tx\n"):rep(500) }
local place_words = { "\t", "\n", "\\", "\\n", "0", "-1", ("9"):rep(18), ("9"):rep(19), "\0" }

local text = ("a line of some length, and another one; "):rep(50)
local packed = {
  digest.gzip("x"), digest.gzip(text), digest.gzip(("\0"):rep(300000)), digest.gzip(""),
  digest.gzip("a") .. digest.gzip("b") .. "\0\0\0", fuzz.frame(text),
  fuzz.frame("") .. fuzz.frame("z"),
  "\x50\x2a\x4d\x18\3\0\0\0abc" .. fuzz.frame("y"),
}
do
  local folder = assert(file.temporary())
  local out = assert(file.create(folder .. "/a.zst", { zstd = true }))
  assert(out:write(text) and out:finish())
  local f <close> = assert(io.open(folder .. "/a.zst", "rb"))
  packed[#packed + 1] = f:read("a")
  assert(file.remove_tree(folder))
end
local packed_words = { "\x1f\x8b", "\x1f\x8b\8\0\0\0\0\0\0\3", "\x28\xb5\x2f\xfd",
  "\x50\x2a\x4d\x18", "\0\0\0\0", "\xff\xff\xff\xff", "\0\0\1\0\xfe\xff" }

local function check_places(frame)
  local list, message, kind = chunk.places(frame)
  assert(list or kind == "parse" and message)
  for _, place in ipairs(list or {}) do
    assert(math.type(place.position) == "integer" and type(place.at) == "string")
  end
end

return fuzz.run(..., function(_, folder)
  local frame = fuzz.frame(fuzz.broken(places, place_words))
  check_places(frame)
  check_places(fuzz.broken({ frame }, packed_words))

  local data = fuzz.broken(packed, packed_words)
  check_places(data)
  local path = folder .. "/a"
  local input <close> = fuzz.input(path, data)
  local total, step = 0, fuzz.pick { 1, 100, 65536 }
  for _ = 1, 3000 do
    local got, message, kind = input:read(step)
    assert(got or not message or kind == "parse", message)
    if not got then break end
    total = total + #got
  end
  assert(total <= 3000 * 65536)
  local all, message, kind = file.read(path, 1000000)
  assert(all or message and (kind == "parse" or kind == "full"))
end)
