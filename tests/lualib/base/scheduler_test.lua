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

---A call that no task can yield through, as one of C.
local function below_c(fn)
  local result
  table.sort({ 1, 2 }, function(a, b)
    if result == nil then result = fn() end
    return a < b
  end)
  return result
end

test("block waits below a call of C, while the other tasks run", function()
  local order = {}
  local result = scheduler.run(function()
    for i = 1, 2 do
      scheduler.spawn(function()
        for _ = 1, 3 do
          scheduler.sleep(0.001)
          order[#order + 1] = i
        end
      end)
    end
    return below_c(function()
      return scheduler.block(function(text)
        while #order < 6 do scheduler.sleep(0.001) end
        return text
      end, "waited")
    end)
  end)
  tap.equal(result, "waited")
  tap.equal(#order, 6)
end)

test("tasks that were ready before a block run in it, and not again after it", function()
  local order = {}
  scheduler.run(function()
    scheduler.spawn(function()
      below_c(function()
        scheduler.block(function() scheduler.sleep(0.01) end)
        order[#order + 1] = "blocked"
        return true
      end)
    end)
    local ready = scheduler.spawn(function() order[#order + 1] = "ready" end)
    ready:join()
    scheduler.sleep(0.02)
  end)
  tap.equal(order, { "ready", "blocked" })
end)

test("a block inside of a block ends first", function()
  local order = {}
  scheduler.run(function()
    local function blocked(name, seconds)
      below_c(function()
        scheduler.block(scheduler.sleep, seconds)
        order[#order + 1] = name
        return true
      end)
    end
    local inner = scheduler.spawn(function()
      scheduler.sleep(0.005)
      blocked("inner", 0.02)
    end)
    blocked("outer", 0.01)
    inner:join()
  end)
  tap.equal(order, { "inner", "outer" })
end)

test("finish ends a block, too", function()
  local seen
  local result = scheduler.run(function()
    scheduler.spawn(function()
      scheduler.sleep(0.001)
      scheduler.finish("stopped")
    end)
    below_c(function()
      seen = table.pack(scheduler.block(scheduler.sleep, 60))
      return true
    end)
    scheduler.sleep(60)
  end)
  tap.equal({ result, seen.n }, { "stopped", 0 })
end)

test("an error of another task during a block ends the run, though it is caught", function()
  local ok, message = pcall(scheduler.run, function()
    scheduler.spawn(function()
      scheduler.sleep(0.001)
      error("broken")
    end)
    below_c(function() return pcall(scheduler.block, scheduler.sleep, 60) or true end)
    scheduler.sleep(60)
  end)
  tap.equal(ok, false)
  assert(message:find("broken", 1, true), message)
end)

test("a task that raises closes its variables", function()
  local closed = false
  local ok, err = pcall(scheduler.run, function()
    local _ <close> = setmetatable({}, { __close = function() closed = true end })
    scheduler.sleep(0)
    error({ "raised" }, 0)
  end)
  tap.equal({ ok, err, closed }, { false, { "raised" }, true })
end)
