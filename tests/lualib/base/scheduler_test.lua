local scheduler = require "base.scheduler"
local tap = require "tests.tap"
local test = tap.test

test("run returns the results of its main function", function()
  tap.equal({ scheduler.run(function(a, b) return b, a end, 1, 2) }, { 2, 1 })
end)

test("tasks take turns at their waits", function()
  local order = {}
  scheduler.run(function()
    local task = scheduler.spawn(function()
      order[#order + 1] = "b1"
      scheduler.sleep(0)
      order[#order + 1] = "b2"
      return "done"
    end)
    order[#order + 1] = "a1"
    local result = task:join()
    order[#order + 1] = result
  end)
  tap.equal(order, { "a1", "b1", "b2", "done" })
end)

test("a task that has ended can be joined late, and twice", function()
  scheduler.run(function()
    local task = scheduler.spawn(function() return 7 end)
    scheduler.sleep(0)
    tap.equal(task:join(), 7)
    tap.equal(task:join(), 7)
  end)
end)

test("sleeps end in the order of their times", function()
  local order = {}
  scheduler.run(function()
    local tasks = {}
    for _, n in ipairs { 3, 1, 2 } do
      tasks[#tasks + 1] = scheduler.spawn(function()
        scheduler.sleep(n / 100)
        order[#order + 1] = n
      end)
    end
    for _, task in ipairs(tasks) do task:join() end
  end)
  tap.equal(order, { 1, 2, 3 })
end)

test("a condition wakes all waiters, and a wait may time out", function()
  scheduler.run(function()
    local condition = scheduler.condition()
    local woken = 0
    local tasks = {}
    for _ = 1, 2 do
      tasks[#tasks + 1] = scheduler.spawn(function()
        if condition:wait(5) then woken = woken + 1 end
      end)
    end
    scheduler.sleep(0)
    condition:notify()
    for _, task in ipairs(tasks) do task:join() end
    tap.equal(woken, 2)
    tap.equal(condition:wait(0.01), false)
    condition:notify()
  end)
end)

test("a notify after the timeout does not wake a later wait", function()
  scheduler.run(function()
    local condition = scheduler.condition()
    tap.equal(condition:wait(0.005), false)
    condition:notify()
    tap.equal(condition:wait(0.005), false)
  end)
end)

test("an error in a task ends the run", function()
  tap.raises(function()
    scheduler.run(function()
      scheduler.spawn(function() error("boom") end)
      scheduler.sleep(1)
    end)
  end, "boom")
end)

test("finish ends the run from any task and closes the others", function()
  local closed = false
  local result = scheduler.run(function()
    scheduler.spawn(function()
      local _ <close> = setmetatable({}, { __close = function() closed = true end })
      scheduler.sleep(100)
    end)
    scheduler.spawn(function() scheduler.finish("early") end)
    scheduler.sleep(100)
  end)
  tap.equal(result, "early")
  tap.equal(closed, true)
end)

test("pass lets other tasks run and returns", function()
  local order = {}
  scheduler.run(function()
    scheduler.spawn(function() order[#order + 1] = "other" end)
    scheduler.pass()
    order[#order + 1] = "main"
  end)
  tap.equal(order, { "other", "main" })
end)

test("the scale divides program waits and multiplies program time", function()
  scheduler.run(function()
    local clock = scheduler.clock(1000)
    local began = clock.elapsed()
    clock.sleep(10) -- a hundredth of a real second
    assert(clock.elapsed() - began >= 10)
    tap.equal(clock.real(2000), 2.0)
  end)
end)
