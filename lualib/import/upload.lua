--- Upload: a chunk becomes a job of the tenant. The intent is durable before the first byte, and
--- what may have been received is never blindly repeated.

local call = require "recipe.call"
local clock = require "host.clock"
local crash = require "base.crash"
local evidence = require "import.evidence"
local failure = require "base.failure"
local harvest = require "import.harvest"
local reconcile = require "import.reconcile"
local poll = require "import.poll"

local upload = {}

local LONGEST_WAIT <const> = 60 -- seconds between tries while the tenant does not answer

-- An upload that takes longer may have stalled: the other slots are not to stay empty for it.
local LATE <const> = 3 -- seconds
local LEAST_LATE <const> = 0.25 -- real seconds: a loaded machine does not hurry with the clock

local MOST_REFUSALS <const> = 5 -- in a row, of an upload with a token just renewed

---@class Job  what run:submit returns
---@field id? string        of the tenant's job, once it is known
---@field chunk LedgerChunk
---@field result? JobResult once harvested
---@field attempt? integer  of the ledger: the upload that was accepted
---@field submitted? number unix seconds
---@field percentage? number of it done, as the tenant says
---@field adopted? number   seconds that it ran before this process
---@field misses? integer   uploads, then looks, in a row that came to nothing
---@field unreachable? number when the first of them did
---@field refused? integer  uploads in a row with a token that was refused
---@field limited? integer  uploads that were told to wait, not for how long

local function send(engine, job)
  local chunk = job.chunk
  local users = engine:check(engine.dir:bytes(chunk))
  local attempt, message, kind = engine.ledger:sending(chunk.id, engine.client.clock_offset)
  if kind == "full" then message = "nothing more is sent: " .. message end
  engine:check(attempt, message, kind)
  engine.log("sending", { chunk = chunk.id, attempt = attempt })
  engine.uploading, job.asked = engine.uploading + 1, engine.clock.elapsed()
  local answer = engine.jobs.submit(engine.client, {
    data = users,
    connection_id = engine.connection.id,
    upsert = engine.upsert or chunk.upsert,
    external_id = string.format("%s-%d", engine.external_id, chunk.id),
    send_completion_email = engine.send_completion_email,
  })
  engine.uploading, job.asked = engine.uploading - 1, nil
  crash.point(engine.ledger, "upload.answer")
  return attempt, answer
end

---Own seconds to wait after a try that came to nothing, ever longer ones. The import ends when the
---patience with an outage is over.
local function wait_longer(engine, job, message)
  local now = engine.clock.elapsed()
  job.unreachable = job.unreachable or now
  if now - job.unreachable > engine.patience then
    engine:check(nil, message, "temporary")
  end
  job.misses = (job.misses or 0) + 1
  return math.min(2 ^ job.misses / 2, LONGEST_WAIT)
end

-- What to do after an answer: true when nothing more is to be sent, own seconds to wait before the
-- next try, nil when a slot is to be waited for, or an error that ends the import.
local answers = {}

function answers.accepted(engine, job, attempt, answer)
  local made = answer.job and answer.job.created_at
  made = type(made) == "string" and clock.parse(made) or nil
  engine:record("sent", job.chunk.id, attempt, answer.id, made)
  job.id, job.attempt, job.unreachable, job.misses = answer.id, attempt, nil, nil
  job.submitted, job.percentage, job.adopted, job.refused = nil, nil, nil, nil
  engine.slots:accepted(engine.clock.elapsed())
  return true
end

function answers.full(engine, job, attempt, answer)
  local slots, active = engine.slots, answer.active or 0
  slots:refused(engine.clock.elapsed(), active, job.chunk.users)
  engine:record("not_sent", job.chunk.id, attempt, "refused",
    slots:describe_others() or string.format("%d import jobs are active", active))
  engine.log("slots_full", { chunk = job.chunk.id, active = active, ours = slots.running,
    foreign = slots:foreign() })
  engine.progress:show()
end

---The tenant refused the token, and a renewed one: nothing was done with the upload.
function answers.unauthorized(engine, job, attempt, answer)
  engine:record("not_sent", job.chunk.id, attempt, "refused", answer.message)
  job.refused = (job.refused or 0) + 1
  engine.log("upload_refused", { chunk = job.chunk.id, times = job.refused })
  if job.refused >= MOST_REFUSALS then engine:check(nil, answer.message, "credentials") end
  return 2 ^ job.refused * (1 + math.random()) / 2
end

function answers.limited(engine, job, attempt, answer)
  engine:record("not_sent", job.chunk.id, attempt, "refused", "rate limit")
  local wait = answer.wait or 1
  engine.log("upload_limited", { chunk = job.chunk.id, seconds = wait })
  if answer.dictated then return wait / engine.clock.real(1) end
  job.limited = (job.limited or 0) + 1
  return math.min(wait * 2 ^ (job.limited - 1), LONGEST_WAIT)
end

function answers.refused(engine, job, attempt, answer)
  engine:record("not_sent", job.chunk.id, attempt, "refused", answer.message)
  engine:check(nil, answer.message, answer.kind == "data" and "fatal" or answer.kind)
end

function answers.unsent(engine, job, attempt, answer)
  engine:record("not_sent", job.chunk.id, attempt, "unsent", answer.message)
  if answer.kind == "credentials" or answer.kind == "tls" or answer.kind == "temporary"
    or answer.kind == "io" or answer.kind == "missing" then
    engine:check(nil, answer.message, answer.kind)
  end
  return wait_longer(engine, job, "the tenant cannot be reached: " .. answer.message)
end

function answers.uncertain(engine, job, attempt, answer)
  engine:record("uncertain", job.chunk.id, attempt, answer.message)
  engine.log("uncertain", { chunk = job.chunk.id, message = answer.message })
  return upload.resolve(engine, job)
    or wait_longer(engine, job, "the tenant does not answer uploads: " .. answer.message)
end

---Finds out what became of a chunk that is not sent again.
local function settle(engine, job)
  reconcile.wait(engine, job.chunk)
  engine.slots:found(job.chunk.users)
  engine.changed:notify()
  local last = engine.ledger:last_attempt(job.chunk.id)
  reconcile.look_up(engine, job.chunk, last.id, nil, nil, "the answer to its upload never came")
  reconcile.failures(engine, job.chunk)
  harvest.finish(engine, job, "lost")
end

---Whether each of these users has something by which a second one of it is refused.
---@param engine Engine
---@param users PlacedUser[]
---@return boolean
function upload.are_repeatable(engine, users)
  for _, placed in ipairs(users) do
    if not evidence.repeatable(placed.user, engine.connection.unique) then return false end
  end
  return true
end

local function is_repeatable(engine, chunk)
  return upload.are_repeatable(engine, engine:check(engine.dir:users(chunk)))
end

---Decides what happens to a chunk whose upload may or may not have been received: nil when it is
---staged again, true when its users are looked up instead, beside the import.
---@param engine Engine
---@param job Job
---@return true?
function upload.resolve(engine, job)
  local age = math.max(0, clock.now() - engine.ledger:last_attempt(job.chunk.id).begun)
  engine.slots:lose(engine.clock.elapsed() - age / engine.clock.real(1), job.chunk.users)
  local decision = evidence.uncertain {
    repeatable = is_repeatable(engine, job.chunk), all_found = false,
    now = engine.clock.elapsed(), deadline = math.huge,
  }
  if decision == "send_again" then
    engine:record("send_again", job.chunk.id)
    return nil
  end
  engine:beside(function() settle(engine, job) end)
  return true
end

---Sends a chunk, waiting for a slot as long as it takes, and watches the job beside.
---@param engine Engine
---@param job Job
function upload.send(engine, job)
  while true do
    engine:take_slot()
    local attempt, answer = send(engine, job)
    local next_step = answers[answer.outcome](engine, job, attempt, answer)
    if job.id then
      engine.log("submitted", { chunk = job.chunk.id, job = job.id, users = job.chunk.users })
      poll.begin(engine, job, upload.again)
      return
    end
    if answer.outcome ~= "full" then engine.slots:free(engine.clock.elapsed()) end
    engine.changed:notify()
    if next_step == true then return end
    if next_step then engine:sleep(next_step) end
    engine:go_on()
  end
end

local function is_late(engine, job, late)
  return job.asked ~= nil and engine.clock.elapsed() - job.asked >= late
    and engine.slots:is_free() and (not engine.late or engine.late.over)
end

---Sends a chunk and waits for its job. When the answer to an upload is late and a slot is free, the
---import goes on without it; without one at a time, so that a tenant that takes no upload at all
---does not make one chunk after the other uncertain.
---@param engine Engine
---@param job Job
function upload.submit(engine, job)
  local late = math.max(LATE, LEAST_LATE / engine.clock.real(1))
  local work = engine:beside(function() upload.send(engine, job) end)
  while not work.over do
    if is_late(engine, job, late) then
      engine.late = work
      engine.log("upload_late", { chunk = job.chunk.id })
      return
    end
    engine.changed:wait(engine.clock.real(late))
  end
  if work.failed then engine:go_on() end
end

---Whether a failed job is worth another try; then it is sent again beside the import.
---@param engine Engine
---@param job Job
---@param why string
---@return boolean
function upload.again(engine, job, why)
  if not is_repeatable(engine, job.chunk) then return false end
  local tries = engine.ledger:jobs(job.chunk.id) -- uploads that were lost are no tries
  local wait = call.check("retry", engine.retry,
    { attempt = tries, job = job.id, chunk = job.chunk.id, message = why })
  if not wait then return false end
  if type(wait) ~= "number" or wait < 0 or wait ~= wait then
    failure.raise("the recipe's `retry` returned " .. tostring(wait) .. ", not seconds", "usage")
  end
  engine:record("send_again", job.chunk.id)
  engine:beside(function()
    engine:sleep(wait)
    engine:go_on()
    job.id = nil
    upload.send(engine, job)
  end)
  return true
end

return upload
