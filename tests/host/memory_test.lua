--- The allocator has no functions of its own: the tests check what Lua stores in its blocks.

local tap = require "tests.tap"
local test, equal = tap.test, tap.equal

local MOST <const> = 1200 -- bytes: more than twice the largest block of a slab

test("blocks of every size keep their contents while neighbours are allocated and freed", function()
  local kept = {}
  for round = 1, 3 do
    for size = round, MOST, 3 do kept[size] = string.char(65 + size % 26):rep(size) end
    for size = 1, MOST, 7 do kept[size] = nil end
    collectgarbage()
  end
  for size, text in pairs(kept) do
    equal(text, string.char(65 + size % 26):rep(size))
  end
end)

test("a block that grows and shrinks over all sizes keeps its start", function()
  local list = {}
  for i = 1, MOST do list[i] = i end
  for i = MOST, 4, -1 do list[i] = nil end
  collectgarbage()
  for i = 4, 40 do list["name" .. i] = i end
  equal({ list[1], list[2], list[3], list.name4, list.name40 }, { 1, 2, 3, 4, 40 })
end)
