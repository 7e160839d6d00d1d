--- What the fuzz drivers share: mutated samples until the time is up. Run them manually, with
--- sanitizers: `auth0-migrate --run tests/fuzz/json.lua SECONDS SEED FROM`. Each input depends only
--- on the seed and its number; every thousandth number is shown, so that a crash can be reproduced.

local clock = require "host.clock"
local file = require "host.file"
local terminal = require "host.terminal"

local fuzz = {}

local SHOWN <const> = 1000 -- inputs per line of progress
local LONGEST <const> = 64 * 1024 -- bytes of an input

---A random element of the list.
function fuzz.pick(list)
  return list[math.random(#list)]
end

local function cut(text)
  local from = math.random(#text + 1)
  return from, math.random(from, #text + 1)
end

---Ways to mutate a text, each called with another sample and the words of the format.
local MUTATIONS <const> = {
  function(text) -- another byte
    local at = math.random(#text + 1)
    return text:sub(1, at - 1) .. string.char(math.random(0, 255)) .. text:sub(at + 1)
  end,
  function(text) -- one bit
    local at = math.random(#text)
    local byte = text:byte(at) ~ 1 << math.random(0, 7)
    return text:sub(1, at - 1) .. string.char(byte) .. text:sub(at + 1)
  end,
  function(text, _, words) -- a word of the format
    local at = math.random(#text + 1)
    return text:sub(1, at - 1) .. fuzz.pick(words) .. text:sub(at)
  end,
  function(text, _, words) -- a word in place of a part
    local from, to = cut(text)
    return text:sub(1, from - 1) .. fuzz.pick(words) .. text:sub(to)
  end,
  function(text) -- a part removed
    local from, to = cut(text)
    return text:sub(1, from - 1) .. text:sub(to)
  end,
  function(text) -- a part repeated
    local from, to = cut(text)
    local times = math.min(fuzz.pick { 1, 1, 2, 10, 300 }, LONGEST // (to - from + 1))
    return text:sub(1, to - 1) .. text:sub(from, to - 1):rep(times) .. text:sub(to)
  end,
  function(text, other) -- the end of another one
    return text:sub(1, math.random(#text + 1)) .. other:sub(math.random(#other + 1))
  end,
  function(text) return text:sub(1, math.random(#text + 1)) end, -- truncated
}

---A sample with some mutations.
function fuzz.broken(samples, words)
  local text = fuzz.pick(samples)
  for _ = 1, math.random(0, 6) do
    if #text == 0 then text = fuzz.pick(words) end
    text = fuzz.pick(MUTATIONS)(text, fuzz.pick(samples), words):sub(1, LONGEST)
  end
  return text
end

---A zstd frame of one stored block, with the size of its content.
function fuzz.frame(data)
  return string.pack("<I4BI4I3", 0xFD2FB528, 0xA0, #data, #data << 3 | 1) .. data
end

---Writes the text to `path` and opens it as an input that is read at once, or in pieces: a reader
---gets at most the content of one frame at a time.
function fuzz.input(path, text, in_pieces)
  local out = assert(io.open(path, "wb"))
  local at = 1
  while in_pieces and at <= #text do
    local size = fuzz.pick { 1, 1, 2, 3, 7, 20, 200 }
    assert(out:write(fuzz.frame(text:sub(at, at + size - 1))))
    at = at + size
  end
  assert(in_pieces or out:write(text))
  assert(out:close())
  return assert(file.open(path))
end

---Calls `try(number, folder)` until the time is up; it raises an error for a wrong result.
---@param arguments string[]  seconds, seed, number of the first input
---@param try fun(number: integer, folder: string)
---@return integer exit
function fuzz.run(arguments, try)
  local seconds, seed = tonumber(arguments[1] or 10), tonumber(arguments[2] or 1)
  local number = math.tointeger(arguments[3] or 1)
  local folder <const> = assert(file.temporary())
  local deadline, exit = clock.monotonic() + seconds, 0
  local function say(text) terminal.write("stderr", text .. "\n") end
  while exit == 0 and clock.monotonic() < deadline do
    math.randomseed(seed, number)
    local ok, message = xpcall(try, debug.traceback, number, folder)
    if not ok then
      say(("seed %d, input %d: %s"):format(seed, number, message))
      exit = 1
    end
    if number % SHOWN == 0 then say(("seed %d, input %d"):format(seed, number)) end
    number = number + 1
  end
  assert(file.remove_tree(folder))
  say(("%d inputs"):format(number - (math.tointeger(arguments[3] or 1))))
  return exit
end

return fuzz
