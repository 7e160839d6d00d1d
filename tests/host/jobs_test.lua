local tap = require "tests.tap"
local jobs = require "host.jobs"
local test, equal, raises = tap.test, tap.equal, tap.raises

---Everything that is due at `now`, in order.
local function drain(queue, now)
  local out = {}
  for value in function() return queue:due(now) end do out[#out + 1] = value end
  return out
end

test("what is due is returned by time", function()
  local queue = jobs.new()
  for _, time in ipairs { 5, 1, 4, 2, 3 } do queue:add(time, "at " .. time) end
  equal(drain(queue, 3), { "at 1", "at 2", "at 3" })
  equal(drain(queue, 10), { "at 4", "at 5" })
end)

test("equal times are returned in the order they were added", function()
  local queue = jobs.new()
  for i = 1, 50 do queue:add(i % 2, i) end
  local out = drain(queue, 1)
  for i = 1, 25 do
    equal(out[i], 2 * i)
    equal(out[25 + i], 2 * i - 1)
  end
end)

test("nothing is due before its time", function()
  local queue = jobs.new()
  queue:add(10.5, true)
  equal(queue:due(10.49), nil)
  equal(queue:due(10.5), true)
end)

test("a value may be false or a table", function()
  local queue, value = jobs.new(), {}
  queue:add(1, false)
  queue:add(2, value)
  equal(queue:due(2), false)
  assert(queue:due(2) == value)
end)

test("next returns the earliest time of what is left", function()
  local queue = jobs.new()
  equal(queue:next(), nil)
  queue:add(7, "b")
  local first = queue:add(3, "a")
  equal(queue:next(), 3.0)
  queue:cancel(first)
  equal(queue:next(), 7.0)
end)

test("a cancelled entry is not returned, and cannot be cancelled twice", function()
  local queue = jobs.new()
  local ticket = queue:add(1, "a")
  queue:add(2, "b")
  equal(queue:cancel(ticket), true)
  equal(queue:cancel(ticket), false)
  equal(drain(queue, 5), { "b" })
end)

test("an entry that was taken cannot be cancelled", function()
  local queue = jobs.new()
  local ticket = queue:add(1, "a")
  queue:due(1)
  equal(queue:cancel(ticket), false)
  equal(queue:cancel(12345), false)
end)

test("the length counts what is neither taken nor cancelled", function()
  local queue = jobs.new()
  local ticket = queue:add(1, "a")
  queue:add(2, "b")
  queue:add(3, "c")
  equal(#queue, 3)
  queue:cancel(ticket)
  equal(#queue, 2)
  queue:due(2)
  equal(#queue, 1)
end)

test("thousands of entries, most of them cancelled, keep their order", function()
  local queue, tickets = jobs.new(), {}
  for i = 1, 5000 do tickets[i] = queue:add(i * 7919 % 5003, i * 7919 % 5003) end
  local kept = {}
  for i = 1, 5000 do
    if i % 10 == 0 then kept[#kept + 1] = i * 7919 % 5003 else queue:cancel(tickets[i]) end
  end
  table.sort(kept)
  equal(drain(queue, 6000), kept)
  equal(#queue, 0)
end)

test("the queue references its values and releases them", function()
  local queue, seen = jobs.new(), setmetatable({}, { __mode = "v" })
  seen[1] = {}
  queue:add(1, seen[1])
  collectgarbage()
  assert(seen[1])
  queue:due(1)
  collectgarbage()
  equal(seen[1], nil)
end)

test("an entry may never be due", function()
  local queue = jobs.new()
  queue:add(math.huge, "never")
  equal(queue:due(1e300), nil)
  equal(queue:next(), math.huge)
end)

test("misuse raises", function()
  local queue = jobs.new()
  raises(function() queue:add(1, nil) end, "nil")
  raises(function() queue:add(0 / 0, 1) end, "time")
  raises(function() queue:add("soon", 1) end, "number")
  raises(function() queue.due({}, 1) end)
end)
