--- Upload: a chunk becomes a job of the tenant. The intent is durable before the first byte is
--- sent; an upload that may have been received is never blindly repeated.

local clock = require "host.clock"
local crash = require "base.crash"
local evidence = require "import.evidence"
local failure = require "base.failure"
local format = require "base.format"
local halve = require "import.halve"
local halves = require "journal.halves"
local harvest = require "import.harvest"
local poll = require "import.poll"
local reconcile = require "import.reconcile"

local upload = {}

local LONGEST_WAIT <const> = 60 -- seconds between attempts while the tenant does not respond

-- A longer upload may have stalled; the other slots must not stay empty meanwhile.
local LATE <const> = 3 -- seconds
local LEAST_LATE <const> = 0.25 -- real seconds: a loaded machine does not follow a scaled clock

local MOST_REFUSALS <const> = 5 -- consecutive, of an upload with a renewed token

-- Why an upload was not sent, where waiting does not help: these kinds end the import.
local HOPELESS <const> = {
  credentials = true, tls = true, temporary = true, io = true, missing = true,
}

---@class Job  what run:submit returns
---@field id? string        of the tenant's job, once it is known
---@field chunk LedgerChunk
---@field result? JobResult once harvested
---@field attempt? integer  of the ledger: the upload that was, or may have been, accepted
---@field submitted? number unix seconds
---@field bytes? string     of the chunk, read while it waits for a slot
---@field starting? boolean it has a slot and its upload has not begun
---@field asked? number     own seconds: start of an unanswered upload
---@field percentage? number done, as the tenant reports
---@field adopted? number   seconds it ran before this process
---@field misses? integer   consecutive failed uploads, then failed polls
---@field unreachable? number own seconds: the first of them
---@field refused? integer  consecutive uploads with a rejected token
---@field limited? integer  rate limits that did not say how long to wait

local function is_repeatable(engine, chunk)
  local users = engine:check(engine.dir:users(chunk))
  return evidence.repeatable(users, engine.connection.unique)
end

---Reads the chunk of one job that waits for a slot: more would cost memory.
local function preload(engine, job)
  if engine.preloaded then return end
  engine.preloaded, job.bytes = job, engine:check(engine.dir:bytes(job.chunk))
end

---The bytes of a job's chunk, no longer kept.
local function bytes_of(engine, job)
  local bytes = job.bytes or engine:check(engine.dir:bytes(job.chunk))
  if engine.preloaded == job then engine.preloaded, job.bytes = nil, nil end
  return bytes
end

local function post(engine, job)
  local chunk = job.chunk
  local users = bytes_of(engine, job)
  local attempt, message, kind = engine.ledger:sending(chunk.id, engine.client.clock_offset)
  if kind == "full" then message = "nothing more is sent: " .. message end
  engine:check(attempt, message, kind)
  engine.log("sending", { chunk = chunk.id, attempt = attempt })
  job.asked = engine.clock.elapsed()
  local answer = engine:shield(engine.jobs.submit, engine.client, {
    data = users,
    connection_id = engine.connection.id,
    upsert = engine.upsert or chunk.upsert,
    external_id = string.format("%s-%d", engine.external_id, chunk.id),
    send_completion_email = engine.send_completion_email,
    on_sent = function()
      crash.point(engine.ledger, "upload.begun")
      engine.log("upload_begun", { chunk = chunk.id })
      engine:started(job)
    end,
  })
  engine:started(job)
  job.asked = nil
  crash.point(engine.ledger, "upload.answer")
  return attempt, answer
end

---Own seconds to wait after a failed attempt, with backoff. Ends the import when patience runs out.
local function wait_longer(engine, job, message, why)
  local now = engine.clock.elapsed()
  job.unreachable = job.unreachable or now
  local left = engine.patience - (now - job.unreachable)
  if left < 0 then engine:check(nil, message, "temporary") end
  job.misses = (job.misses or 0) + 1
  local wait = math.min(2 ^ job.misses / 2, LONGEST_WAIT)
  engine.outages:wait(job, { why = why, seconds = engine.clock.real(wait), patience = left })
  return wait
end

-- By outcome of an upload: own seconds to wait before the next attempt, or an error that ends the
-- import. The job has an `attempt` when nothing more is to be sent.
local answers = {}

---A known id says nothing about this upload, and would give it the results of another.
function answers.accepted(engine, job, attempt, answer)
  if engine.ledger:has_job(answer.id) then
    return answers.uncertain(engine, job, attempt, { message = string.format(
      "the response to the upload has the id of an earlier job of this run, %s", answer.id) })
  end
  local created = answer.job and answer.job.created_at
  created = type(created) == "string" and clock.parse(created) or nil
  engine:record("sent", job.chunk.id, attempt, answer.id, created)
  job.id, job.attempt, job.unreachable, job.misses = answer.id, attempt, nil, nil
  job.submitted, job.percentage, job.adopted, job.refused = clock.now(), nil, nil, nil
  engine.slots:accepted(engine.clock.elapsed())
  engine.log("submitted", { chunk = job.chunk.id, job = job.id, users = job.chunk.users })
end

function answers.full(engine, job, attempt, answer)
  local slots, active = engine.slots, answer.active or 0
  slots:refused(engine.clock.elapsed(), active, job.chunk.users)
  engine:record("not_sent", job.chunk.id, attempt, "refused",
    slots:describe_others() or format.count(active, "active import job"))
  engine.log("slots_full", { chunk = job.chunk.id, active = active, ours = slots.running,
    foreign = slots:foreign() })
  engine.progress:show()
end

---The tenant rejected the token and a renewed one; it did not process the upload.
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
  if HOPELESS[answer.kind] then engine:check(nil, answer.message, answer.kind) end
  return wait_longer(engine, job, "the tenant cannot be reached: " .. answer.message, answer.kind)
end

---Whether to send a chunk again whose upload may have been received; else its users are looked up.
local function resolve(engine, job)
  local last = engine.ledger:last_attempt(job.chunk.id)
  local age = math.max(0, clock.now() - last.begun)
  engine.slots:lose(engine.clock.elapsed() - age / engine.clock.real(1), job.chunk.users)
  local again = is_repeatable(engine, job.chunk)
  if again then engine:record("send_again", job.chunk.id) else job.attempt = last.id end
  return again
end

function answers.uncertain(engine, job, attempt, answer)
  engine:record("uncertain", job.chunk.id, attempt, answer.message)
  engine.log("uncertain", { chunk = job.chunk.id, message = answer.message })
  if not resolve(engine, job) then return nil end
  return wait_longer(engine, job, "the tenant does not answer uploads: " .. answer.message,
    answer.kind or "no answer to an upload")
end

-- Outcomes of an upload that the tenant did not answer.
local UNANSWERED <const> = { unsent = true, uncertain = true }

---Sends a chunk, waiting for a slot as long as it takes, until it is a job or may be one.
local function send(engine, job)
  while true do
    preload(engine, job)
    engine:take_slot(job)
    local attempt, answer = post(engine, job)
    local wait = answers[answer.outcome](engine, job, attempt, answer)
    if not (wait and UNANSWERED[answer.outcome]) then engine.outages:over(job) end
    engine.flowing = answer.outcome == "accepted"
    if not job.id and answer.outcome ~= "full" then engine.slots:free(engine.clock.elapsed()) end
    engine.changed:notify()
    if job.attempt then return end
    if wait then engine:sleep(wait) end
    engine:check_running()
  end
end

---Determines the outcome of a lost upload that is not repeated.
local function settle(engine, job)
  reconcile.wait(engine, job.chunk)
  engine.slots:found(job.chunk.users)
  engine.changed:notify()
  harvest.failed(engine, job,
    { state = "lost", why = "the tenant did not answer its upload", entries = {},
      is_silent = false })
end

---Own seconds until a chunk whose job failed is sent again; nil if it is not.
local function retry_delay(engine, job, failed)
  if failed.all_there or halve.is_last_attempt(job.chunk, failed)
    or not is_repeatable(engine, job.chunk) then
    return nil
  end
  local tries = engine.ledger:jobs(job.chunk.id) -- lost uploads do not count
  local wait = engine.retry {
    attempt = tries, job = job.id, chunk = job.chunk.id, message = failed.why,
  }
  if not wait then return nil end
  if type(wait) ~= "number" or wait < 0 or wait ~= wait then
    failure.raise("the recipe's `retry` returned " .. tostring(wait) .. ", not seconds", "usage")
  end
  return wait
end

---Ends the attempts with a chunk: records the outcomes of its failed job, or returns its halves.
local function give_up(engine, job, failed)
  reconcile.wait(engine, job.chunk)
  local parts, why = halve.try(engine, job.chunk, failed)
  if parts then return parts end
  failed.why = why or failed.why
  harvest.failed(engine, job, failed)
end

---Waits for a job and records its outcomes. If it failed: own seconds until a retry, or the halves
---that replace its chunk.
local function follow(engine, job)
  local status = poll.wait(engine, job)
  if not status then return nil end
  engine:make_way()
  local failed = harvest.job(engine, job, status)
  local delay, parts = failed and retry_delay(engine, job, failed), nil
  if delay then
    engine:record("send_again", job.chunk.id)
  elseif failed then
    parts = give_up(engine, job, failed)
  end
  engine.progress:show()
  engine.changed:notify()
  return delay, parts
end

local import_chunk

---Imports the halves of a chunk; the result of its job is theirs. One after the other: which users
---are found does not depend on the order in which jobs end.
local function import_halves(engine, job, parts)
  local result = { state = "failed", inserted = 0, updated = 0, failed = 0, total = 0 }
  for _, chunk in ipairs(parts) do
    local half = { chunk = chunk }
    import_chunk(engine, half)
    if not half.result then return end -- the import is ending
    for _, name in ipairs { "inserted", "updated", "failed", "total" } do
      result[name] = result[name] + half.result[name]
    end
  end
  job.result = result
  engine.changed:notify()
end

---Takes a chunk from its current state to its result.
function import_chunk(engine, job)
  if not job.attempt then send(engine, job) end
  if not job.id then return settle(engine, job) end
  local delay, parts = follow(engine, job)
  if parts then return import_halves(engine, job, parts) end
  if not delay then return end
  engine:sleep(delay)
  engine:check_running()
  job.id, job.attempt = nil, nil
  return import_chunk(engine, job)
end

---Continues in the background what an earlier process left: a job, or an unanswered upload.
---@param engine Engine
---@param job Job
function upload.adopt(engine, job)
  engine:spawn(function()
    if not job.id then resolve(engine, job) end
    import_chunk(engine, job)
  end)
end

---Sends in the background the halves of a chunk that an earlier process did not send, one after the
---other, after those that it did send.
---@param engine Engine
---@param parts LedgerChunk[]
function upload.adopt_halves(engine, parts)
  engine:spawn(function()
    for i, chunk in ipairs(parts) do
      while halves.unsettled(engine.ledger, chunk.origin) > #parts - i + 1 do
        engine:check_running()
        engine.changed:wait()
      end
      import_chunk(engine, { chunk = chunk })
    end
  end)
end

---Imports a chunk in the background and waits until it is a job or may be one. It returns earlier,
---for one upload at a time, so that a tenant that answers none does not make one chunk after the
---other uncertain: if the response is late and a slot is free, or, unless `answered`, once the
---upload has begun and the tenant answered the last one. The next is then ready for the next slot.
---@param engine Engine
---@param job Job
---@param uploads {open?: Job}  the upload that was not waited for
---@param answered? boolean     not before the tenant's answer, unless it is late
function upload.submit(engine, job, uploads, answered)
  local longest = math.max(LATE, LEAST_LATE / engine.clock.real(1))
  local work = engine:spawn(function() import_chunk(engine, job) end)
  while not (job.attempt or work.over) do
    if uploads.open and uploads.open.attempt then uploads.open = nil end
    if job.asked and not uploads.open then
      local is_late = engine.clock.elapsed() - job.asked >= longest and engine.slots:is_free()
      if is_late then engine.log("upload_late", { chunk = job.chunk.id }) end
      if is_late or engine.flowing and not (job.starting or answered) then
        uploads.open = job
        return
      end
    end
    engine.changed:wait(engine.clock.real(longest))
  end
  if work.failed then engine:check_running() end
end

return upload
