--- Polls a job until it has ended.

local clock = require "host.clock"
local limits = require "auth0.limits"

local poll = {}

local LONGEST_PAUSE <const> = 60 -- seconds between polls that fail

-- The client has retried what can be retried: these kinds end the import, not the job.
local HOPELESS <const> = { credentials = true, temporary = true, interrupted = true }

---A job's status; nil if the request fails in a way that says nothing about the job.
local function look(engine, job)
  local status, message, kind = engine.jobs.status(engine.client, job.id)
  if status then
    job.misses = nil
    return status
  elseif HOPELESS[kind] then
    engine:check(nil, message, kind)
  end
  job.misses = (job.misses or 0) + 1
  engine.log("look_failed", { job = job.id, chunk = job.chunk.id, kind = kind, message = message })
end

local function pause(engine, job, age, looks)
  local wait = engine.pace:wait(job.chunk.users, age, looks, job.percentage)
  if job.misses then wait = math.max(wait, math.min(2 ^ job.misses, LONGEST_PAUSE)) end
  return wait
end

-- Documented: a job that runs longer has failed, whatever its status.
local OVERDUE <const> = limits.JOB_SECONDS + limits.JOB_MARGIN_SECONDS

local function presumed()
  return {
    state = "lost", summary = {}, presumed = true,
    details = "the job was still running after more than two hours and counts as failed",
  }
end

---Sleeps until the next look at a job. What another job teaches meanwhile moves it.
local function sleep(engine, job, began, looks)
  local own = engine.clock
  local looked = own.elapsed()
  while not engine:draining() do
    local left = looked + pause(engine, job, looked - began, looks) - own.elapsed()
    if left <= 0 then return end
    engine.changed:wait(own.real(left))
  end
end

local function wait_for_end(engine, job)
  local own, users = engine.clock, job.chunk.users
  local began, looks, running_until = own.elapsed() - (job.adopted or 0), 0, 0
  while not engine:draining() do
    sleep(engine, job, began, looks)
    if engine:draining() then return nil end
    local status = look(engine, job)
    looks = looks + 1
    local age = own.elapsed() - began
    if age > OVERDUE and (not status or status.state == "running") then status = presumed() end
    if status and status.state ~= "running" then
      if not job.adopted and status.state == "completed" then
        engine.pace:learn(users, running_until, age)
      end
      -- It may still run, and hold a slot, although the tenant does not list it.
      if status.state == "lost" and not status.presumed then engine.slots:lose(began, users) end
      local unseen = age - running_until
      status.ended, status.unseen = clock.now(), own.real(unseen)
      engine.log("job_ended", { job = job.id, chunk = job.chunk.id, state = status.state,
        looks = looks, seconds = age, unseen = unseen })
      return status
    end
    if status then running_until, job.percentage = age, status.percentage end
    engine.progress:show()
  end
end

---Waits for the end of a job, and frees its slot.
---@param engine Engine
---@param job Job
---@return table? status  nil: the import is ending
function poll.wait(engine, job)
  engine.progress:add(job)
  local status = wait_for_end(engine, job)
  engine.progress:remove(job)
  engine.slots:ended(engine.clock.elapsed())
  engine.changed:notify()
  return status
end

return poll
