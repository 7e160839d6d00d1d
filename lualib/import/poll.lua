--- Watch: looks at a job until it has ended, frees its slot, and harvests it at once.

local clock = require "host.clock"
local harvest = require "import.harvest"
local limits = require "auth0.limits"
local scheduler = require "base.scheduler"

local poll = {}

local LONGEST_PAUSE <const> = 60 -- seconds between looks that fail

-- The client has waited out what can be waited out: these end the import, not the job.
local HOPELESS <const> = { credentials = true, temporary = true, interrupted = true }

---Looks at a job. Nil when that fails in a way that says nothing about the job.
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

-- Documented: a job that runs longer has failed, whatever it says.
local OVERDUE <const> = limits.JOB_SECONDS + limits.JOB_MARGIN_SECONDS
local PRESUMED <const> = {
  state = "lost", summary = {}, presumed = true,
  details = "it still ran after more than two hours, and counts as failed",
}

---Waits for the job's end. Returns its status, or nil when the import is ending.
local function wait_for_end(engine, job)
  local own, users = engine.clock, job.chunk.users
  local began, looks, running_until = own.elapsed() - (job.adopted or 0), 0, 0
  while not engine:leaving() do
    engine:sleep(pause(engine, job, own.elapsed() - began, looks))
    if engine:leaving() then return nil end
    local status = look(engine, job)
    looks = looks + 1
    local age = own.elapsed() - began
    if age > OVERDUE and (not status or status.state == "running") then status = PRESUMED end
    if status and status.state ~= "running" then
      if not job.adopted and status.state == "completed" then
        engine.pace:learn(users, running_until, age)
      end
      -- It may run on, and hold a slot, although the tenant does not know of it.
      if status.state == "lost" and not status.presumed then engine.slots:lose(began, users) end
      engine.log("job_ended", { job = job.id, chunk = job.chunk.id, state = status.state,
        looks = looks, seconds = age })
      return status
    end
    if status then running_until, job.percentage = age, status.percentage end
    engine.progress:show()
  end
end

---Watches a job that the tenant has accepted; its slot is taken.
---@param engine Engine
---@param job Job
---@param again fun(engine: Engine, job: Job, why: string): boolean  tries a failed job once more
function poll.begin(engine, job, again)
  job.submitted = job.submitted or clock.now()
  engine.progress:add(job)
  engine:beside(function()
    local status = wait_for_end(engine, job)
    engine.progress:remove(job)
    -- The slot is free before anything is written: the next upload begins now.
    engine.slots:ended(engine.clock.elapsed())
    engine.changed:notify()
    if not status then return end
    scheduler.pass()
    harvest.job(engine, job, status, again)
    engine.progress:show()
    engine.changed:notify()
  end)
end

return poll
