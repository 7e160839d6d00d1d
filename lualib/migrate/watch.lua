--- Watch: looks at a job until it has ended, frees its slot, and harvests it at once.

local harvest = require "migrate.harvest"
local scheduler = require "base.scheduler"

local watch = {}

local function look(engine, job)
  local status, message, kind = engine.jobs.status(engine.client, job.id)
  if status then return status end
  -- The client has waited out what can be waited out; what is left ends the import, not the job.
  engine:check(nil, message, kind)
end

---Waits for the job's end. Returns its status, or nil when the import is ending.
local function wait_for_end(engine, job)
  local clock, users = engine.clock, job.chunk.users
  local began, looks, running_until = clock.elapsed(), 0, 0
  if job.adopted then began = clock.elapsed() - job.adopted end
  while not engine:leaving() do
    engine:sleep(engine.pace:wait(users, clock.elapsed() - began, looks,
      job.percentage))
    if engine:leaving() then return nil end
    local status = look(engine, job)
    looks = looks + 1
    local age = clock.elapsed() - began
    if status.state ~= "running" then
      if not job.adopted and status.state == "completed" then
        engine.pace:learn(users, running_until, age)
      end
      engine.log("job_ended", { job = job.id, chunk = job.chunk.id, state = status.state,
        looks = looks, seconds = age })
      return status
    end
    running_until = age
    job.percentage = status.percentage
    engine.progress()
  end
end

---Watches a job that the tenant has accepted; its slot is taken.
---@param engine Engine
---@param job Job
---@param again fun(engine: Engine, job: Job, why: string): boolean  tries a failed job once more
function watch.begin(engine, job, again)
  engine.watched[job.id] = job
  engine:beside(function()
    local status = wait_for_end(engine, job)
    engine.watched[job.id] = nil
    -- The slot is free before anything is written: the next upload begins now.
    engine:free_slot()
    if not status then return end
    scheduler.pass()
    harvest.job(engine, job, status, again)
    engine.progress()
    engine.changed:notify()
  end)
end

return watch
