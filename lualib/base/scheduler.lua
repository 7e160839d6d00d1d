--- Runs tasks, which are coroutines; the only caller of loop.wait. A task that must wait yields a
--- function, which the driver calls with itself and the task, and which records what will wake the
--- task: the driver itself knows none of the ways to wait. Below a call of C, where no task can
--- yield, `block` drives the others until one of them has ended.

local host_clock = require "host.clock"
local jobs = require "host.jobs"
local loop = require "host.loop"

local scheduler = {}

---@class Task
---@field thread thread
---@field done boolean
---@field results? table    packed, if done
---@field joiners Task[]
---@field ticket? integer   of the timer that would wake it
---@field handle? userdata  the handle that would wake it
local Task = {}
Task.__index = Task

local function wake(driver, task, ...)
  if task.ticket then driver.timers:cancel(task.ticket) end
  if task.handle then driver.waiting[task.handle] = nil end
  task.ticket, task.handle = nil, nil
  driver.last = driver.last + 1
  driver.ready[driver.last] = { task = task, args = table.pack(...) }
end

local function wake_at(driver, task, time)
  task.ticket = driver.timers:add(time, task)
end

local function new_task(driver, fn)
  local task = setmetatable({ thread = coroutine.create(fn), done = false, joiners = {} }, Task)
  driver.tasks[task] = true
  return task
end

local function finish(driver, task, results)
  task.done, task.results = true, results
  driver.tasks[task] = nil
  for _, joiner in ipairs(task.joiners) do wake(driver, joiner) end
end

---Notes an error that ends all tasks: a caller of `block` may catch it on its way up.
local function fail(driver, err)
  driver.failed = driver.failed or { err }
  error(err, 0)
end

local function step(driver, entry)
  local task = entry.task
  if task.done then return end
  local args = entry.args
  local results = table.pack(coroutine.resume(task.thread, table.unpack(args, 1, args.n)))
  if not results[1] then
    -- End the program with this traceback, not with a lost task.
    local err = results[2]
    if type(err) == "string" then err = debug.traceback(task.thread, err) end
    coroutine.close(task.thread) -- an error alone closes none of its to-be-closed variables
    fail(driver, err)
  elseif coroutine.status(task.thread) == "dead" then
    finish(driver, task, table.pack(table.unpack(results, 2, results.n)))
  else
    results[2](driver, task)
  end
end

---Steps the tasks that are ready, one by one: a step may block, and the others then run meanwhile.
---@param first? Task  stop once it has ended
local function run_ready(driver, first)
  while driver.first <= driver.last do
    local batch = driver.last
    while driver.first <= batch do
      local entry = driver.ready[driver.first]
      driver.ready[driver.first] = nil
      driver.first = driver.first + 1
      step(driver, entry)
      if driver.finished or first and first.done then return end
    end
    if driver.passed then return end
  end
end

local function wait_for_events(driver)
  local timeout = math.huge
  if driver.passed or driver.first <= driver.last then
    timeout = 0
  elseif driver.timers:next() then
    timeout = math.max(0, driver.timers:next() - host_clock.monotonic())
  end
  driver.passed = false
  for _, handle in ipairs(loop.wait(timeout)) do
    local task = driver.waiting[handle]
    if task then wake(driver, task, true) else driver.early[handle] = true end
  end
  local now = host_clock.monotonic()
  local task = driver.timers:due(now)
  while task do
    task.ticket = nil
    wake(driver, task, false)
    task = driver.timers:due(now)
  end
end

---Runs tasks until the first one has ended, or `finish` was called.
---@param at_once? boolean  as soon as it has; else the others get their turn before
local function drive(driver, first, at_once)
  while true do
    run_ready(driver, at_once and first or nil)
    if first.done or driver.finished then return end
    if driver.failed then error(driver.failed[1], 0) end
    wait_for_events(driver)
  end
end

---@type table?  the driver that runs now
local current

---Makes a driver the current one again when its scope ends.
local function restore(driver)
  return setmetatable({}, { __close = function() current = driver end })
end

---Calls `main(...)` as the first task, runs all tasks until it returns, and returns its results.
---Tasks that still wait are then closed, with their to-be-closed variables. An error in any task
---ends all tasks and is raised here.
---@param main function
---@param ... any
---@return any ...
function scheduler.run(main, ...)
  local driver = {
    ready = {}, first = 1, last = 0,         -- {task, args} that can resume, a queue
    tasks = {},                              -- set of live tasks
    timers = jobs.new(),                     -- task by monotonic seconds
    waiting = {},                            -- handle -> task
    early = setmetatable({}, { __mode = "k" }), -- handles ready before a task waited
  }
  local first = new_task(driver, main)
  local _ <close> = restore(current)
  wake(driver, first, ...)
  current = driver
  drive(driver, first)
  if driver.failed then error(driver.failed[1], 0) end
  for task in pairs(driver.tasks) do coroutine.close(task.thread) end
  local results = driver.finished or first.results
  return table.unpack(results, 1, results.n)
end

---Starts a task; it runs when the current one next waits.
---@param fn function
---@param ... any
---@return Task
function scheduler.spawn(fn, ...)
  local args = table.pack(...)
  return coroutine.yield(function(driver, task)
    local new = new_task(driver, fn)
    wake(driver, task, new)
    wake(driver, new, table.unpack(args, 1, args.n))
  end)
end

---Calls `fn(...)` as a task and waits for its results, for a caller that cannot yield because C
---called it; all other tasks run meanwhile. A second `block`, of one of those, ends before the
---first can. Returns nothing if `scheduler.finish` was called: the caller has to return soon.
---@param fn function
---@param ... any
---@return any ...
function scheduler.block(fn, ...)
  local driver = assert(current, "no scheduler runs")
  local task = new_task(driver, fn)
  wake(driver, task, ...)
  drive(driver, task, true)
  if not task.done then return end
  return table.unpack(task.results, 1, task.results.n)
end

---Waits until the task ends and returns its results.
---@return any ...
function Task:join()
  if not self.done then
    coroutine.yield(function(_, task) self.joiners[#self.joiners + 1] = task end)
  end
  return table.unpack(self.results, 1, self.results.n)
end

---Ends scheduler.run with these results; all tasks are closed.
---@param ... any
function scheduler.finish(...)
  local results = table.pack(...)
  coroutine.yield(function(driver) driver.finished = results end)
end

---Gives other tasks, signals and descriptors a turn, without waiting for any.
function scheduler.pass()
  coroutine.yield(function(driver, task)
    driver.passed = true
    wake(driver, task)
  end)
end

---@param seconds number  real time
function scheduler.sleep(seconds)
  coroutine.yield(function(driver, task)
    wake_at(driver, task, host_clock.monotonic() + seconds)
  end)
end

---Waits until a handle (transfer, listener, child, signal, prompt) is ready. Only one task at a
---time may wait for a handle.
---@param handle userdata
---@param seconds? number  real time; default: no limit
---@return boolean ready  false on timeout
function scheduler.await(handle, seconds)
  return coroutine.yield(function(driver, task)
    if driver.early[handle] then
      driver.early[handle] = nil
      return wake(driver, task, true)
    end
    driver.waiting[handle] = task
    task.handle = handle
    if seconds and seconds < math.huge then
      wake_at(driver, task, host_clock.monotonic() + seconds)
    end
  end)
end

---@class Condition
---@field waiters table<Task, table>
local Condition = {}
Condition.__index = Condition

---An event that tasks wait for and another task announces.
---@return Condition
function scheduler.condition()
  return setmetatable({ waiters = {} }, Condition)
end

---Waits for the next notify.
---@param seconds? number  real time; default: no limit
---@return boolean notified  false on timeout
function Condition:wait(seconds)
  local me
  local notified = coroutine.yield(function(driver, task)
    me = task
    self.waiters[task] = driver
    if seconds and seconds < math.huge then
      wake_at(driver, task, host_clock.monotonic() + seconds)
    end
  end)
  self.waiters[me] = nil
  return notified
end

---Wakes all current waiters. May be called from any task.
function Condition:notify()
  for task, driver in pairs(self.waiters) do
    self.waiters[task] = nil
    wake(driver, task, true)
  end
end

---@class Clock  tests pass their own
---@field now fun(): number             Unix seconds
---@field elapsed fun(): number         program seconds: monotonic, times the scale
---@field sleep fun(seconds: number)    program seconds: divided by the scale
---@field sleep_dictated fun(seconds: number) a wait that a server requested: never scaled
---@field real fun(seconds: number): number program seconds to real seconds, for timeouts

---@param scale? number  AUTH0_MIGRATE_TIME_SCALE; default 1
---@return Clock
function scheduler.clock(scale)
  scale = scale or 1
  return {
    now = host_clock.now,
    elapsed = function() return host_clock.monotonic() * scale end,
    sleep = function(seconds) scheduler.sleep(seconds / scale) end,
    sleep_dictated = scheduler.sleep,
    real = function(seconds) return seconds / scale end,
  }
end

return scheduler
