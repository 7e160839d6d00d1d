local tally = require "host.tally"
local tap = require "tests.tap"

local equal, raises, test = tap.equal, tap.raises, tap.test

test("values are counted by size in steps and by kind; the first places without one are kept",
  function()
    local counted <close> = tally.new(16, 2)
    counted:add(0, "a", "f:1")
    counted:add(15, nil, "f:2")
    counted:add(16, "b", "f:3")
    counted:add(100000, nil, "f:4")
    counted:add(17, nil, "f:5")
    equal(counted:facts(), {
      users = 5, largest = 100000, without = 3, sizes = { [0] = 2, [1] = 2, [6250] = 1 },
      kinds = { a = 1, b = 1 }, places = { "f:2", "f:4" }, lost = {},
    })
  end)

test("values are counted by what they lose, but for those that lose nothing", function()
  local counted <close> = tally.new(16, 0)
  for i, lost in ipairs { 0, 3, 1000, 3, 0, 1 } do counted:add(i, "a", "f:1", lost) end
  counted:add(1, "a", "f:1")
  equal(counted:facts().lost, { [1] = 1, [3] = 2, [1000] = 1 })
end)

test("an empty tally counts nothing", function()
  local counted <close> = tally.new(1, 0)
  equal(counted:facts(),
    { users = 0, largest = 0, without = 0, sizes = {}, kinds = {}, places = {}, lost = {} })
  counted:add(1, nil, "f:1")
  equal(counted:facts().places, {})
end)

test("kinds are few and short", function()
  local counted <close> = tally.new(16, 0)
  raises(function() counted:add(1, ("x"):rep(32), "f:1") end, "too many kinds")
  for i = 1, 32 do counted:add(1, "kind" .. i, "f:1") end
  raises(function() counted:add(1, "one more", "f:1") end, "too many kinds")
end)

test("misuse raises", function()
  for _, case in ipairs { { 0, 1 }, { 1, 9 }, { 1, -1 } } do
    raises(function() tally.new(case[1], case[2]) end, "bad argument")
  end
  local counted = tally.new(16, 1)
  raises(function() counted:add(-1, nil, "f:1") end, "a size")
  raises(function() counted:add(1, nil) end, "string expected")
  for _, lost in ipairs { -1, 1 << 20 } do
    raises(function() counted:add(1, nil, "f:1", lost) end, "a smaller number")
  end
  counted:close()
  raises(function() counted:facts() end, "closed")
end)
