--- Harvest: records a job's result and errors in the ledger as soon as it ends, joined to our own
--- records. The tenant's echo of a user is redacted and only serves to identify it.

local codes = require "auth0.codes"
local failure = require "base.failure"
local gates = require "journal.gates"
local identifiers = require "auth0.identifiers"
local reconcile = require "import.reconcile"
local scheduler = require "base.scheduler"

local harvest = {}

---@class JobResult
---@field state "completed"|"failed"|"lost"
---@field inserted integer
---@field updated integer
---@field failed integer
---@field total integer

---Identifiers for the join, without the user_id prefix that an echo may have.
local function values_of(user)
  local values = identifiers.of(user)
  values.user_id = identifiers.without_prefix(values.user_id)
  return values
end

---A failure for the ledger from the tenant's errors, each {code, message, path}.
local function new_failure(placed, errors)
  local list = {}
  for i, e in ipairs(errors) do
    list[i] = {
      code = codes.canonical(e.code or "UNKNOWN"),
      path = codes.import_path(e.path, e.message),
      message = e.message or "the tenant reported no message",
    }
  end
  local first = list[1] or { code = "UNKNOWN", message = "the tenant reported no reason" }
  if not list[1] then list[1] = first end
  return {
    place = placed.place, position = placed.position, at = placed.at, code = first.code,
    path = first.path, message = first.message, errors = list,
  }
end

---Joins the tenant's entries to the chunk's users.
---@param users PlacedUser[]
---@param entries {user: table, errors: table[]}[]
---@return NewFailure[] failures  by place, each user once
---@return integer unmatched      entries that match no user
function harvest.join(users, entries)
  local index = identifiers.index(users, function(placed) return values_of(placed.user) end)
  local by_place, unmatched = {}, 0
  for _, entry in ipairs(entries) do
    local placed = index:nearest(values_of(entry.user or {}))[1]
    if not placed then
      unmatched = unmatched + 1
    elseif by_place[placed.place] then
      local known = by_place[placed.place].errors
      local more = new_failure(placed, entry.errors or {}).errors
      table.move(more, 1, #more, #known + 1, known)
    else
      by_place[placed.place] = new_failure(placed, entry.errors or {})
    end
  end
  local failures = {}
  for place = 1, #users do failures[#failures + 1] = by_place[place] end
  return failures, unmatched
end

---The summary's counts; nil if they do not add up to what was sent.
local function counts_of(chunk, summary, failures)
  local inserted, updated = summary.inserted or 0, summary.updated or 0
  if inserted + updated + #failures ~= chunk.users then return nil end
  if summary.total and summary.total ~= chunk.users then return nil end
  return { inserted = inserted, updated = updated }
end

local CALM <const> = 0.05 -- real seconds after a harvest: by then the next upload has started

---Runs while a response is awaited; tasks that wait for this harvest go first.
local function archive(engine, chunk)
  scheduler.sleep(CALM)
  if not engine.ending then engine.archive(chunk) end
end

---Passes a result, now in the ledger, to those waiting for the job.
local function finish(engine, job, state)
  local chunk = engine.ledger:chunk(job.chunk.id)
  local failed = chunk.users - chunk.inserted - chunk.updated
  job.result = {
    state = state, inserted = chunk.inserted, updated = chunk.updated, failed = failed,
    total = chunk.users,
  }
  engine.log("harvested", { job = job.id, chunk = chunk.id, inserted = chunk.inserted,
    updated = chunk.updated, failed = failed })
  local too_many = gates.failures(engine.max_failures, engine.ledger)
  if too_many then engine:stop(failure.new(too_many, "failures")) end
  engine.changed:notify()
  if engine.archive then engine:spawn(function() archive(engine, chunk.id) end) end
end

---The failures that a job reports, and how many match no user: these raise an alarm.
local function reported(engine, job, entries)
  local users = #entries > 0 and engine:check(engine.dir:users(job.chunk)) or {}
  local failures, unmatched = harvest.join(users, entries)
  if unmatched > 0 then
    engine.log("alarm", { job = job.id, message = "failures that match no user of the job",
      count = unmatched })
  end
  return failures, unmatched
end

local function harvest_completed(engine, job, status)
  local chunk = job.chunk
  local entries = {}
  if (status.summary or {}).failed ~= 0 then
    entries = engine:check(engine.jobs.errors(engine.client, job.id))
  end
  local failures, unmatched = reported(engine, job, entries)
  local counts = counts_of(chunk, status.summary or {}, failures)
  if not counts then
    engine.log("alarm", { job = job.id, message = "the job's summary does not match what was sent",
      chunk = chunk.id, summary = status.summary, users = chunk.users, failures = #failures,
      looked_up = chunk.users - #failures })
    reconcile.look_up(engine, job, failures, unmatched + 1)
    reconcile.failures(engine, chunk)
  else
    local for_factors = chunk.upsert and not chunk.updates
    if for_factors and not engine.upsert then
      -- A user sent again with upsert for its failed MFA factors was inserted by this run.
      counts = { inserted = counts.inserted + counts.updated, updated = 0 }
    elseif (engine.upsert or chunk.updates) and counts.updated > 0
      and (for_factors or engine.ledger:attempts(chunk.id) > 1) then
      counts = reconcile.recount(engine, chunk, counts, failures)
    end
    counts.alarms = unmatched
    engine:record("harvested", chunk, job.attempt, job.id, counts, failures)
    if #failures > 0 then reconcile.failures(engine, chunk) end
  end
  finish(engine, job, status.state)
end

---@class FailedJob  a job that failed as a whole; nothing of its users is recorded yet
---@field state "failed"|"lost"
---@field why string
---@field entries {user: table, errors: table[]}[]  errors that it reports anyway
---@field is_silent boolean  it failed, and the tenant reports neither a reason nor errors
---@field all_there? boolean  each of its users is in the tenant

---@return FailedJob
local function read_failure(engine, job, status)
  local why, entries = status.details, nil
  if status.state == "failed" then
    local details, kind
    entries, details, kind = engine.jobs.errors(engine.client, job.id)
    if not entries and kind ~= "usage" then engine:check(nil, details, kind) end
    why = why or details
  end
  local is_silent = not why and entries ~= nil and #entries == 0
  why = why or entries and "the tenant reported no reason"
    or "the job no longer exists in the tenant"
  engine.log("job_failed",
    { job = job.id, chunk = job.chunk.id, state = status.state, message = why })
  return {
    state = status.state, why = why, entries = entries or {}, is_silent = is_silent,
    all_there = status.presumed and reconcile.are_all_there(engine, job.chunk),
  }
end

---Records the outcomes of an ended job; one that failed as a whole is returned instead, to be
---retried.
---@param engine Engine
---@param job Job
---@param status {state: string, summary?: table, details?: string}
---@return FailedJob? failed
function harvest.job(engine, job, status)
  engine:record("ended", job.id, status)
  if status.state ~= "completed" then return read_failure(engine, job, status) end
  harvest_completed(engine, job, status)
end

---Records the outcomes of a failed job or a lost upload that is not retried, by lookups; only once
---no part of it can still be running unseen.
---@param engine Engine
---@param job Job
---@param failed FailedJob
function harvest.failed(engine, job, failed)
  local failures, unmatched = reported(engine, job, failed.entries)
  reconcile.look_up(engine, job, failures, unmatched, failed)
  reconcile.failures(engine, job.chunk)
  finish(engine, job, failed.state)
end

return harvest
