--- Reconcile: looks up users whose outcome the responses leave open, and records the results.

local clock = require "host.clock"
local codes = require "auth0.codes"
local evidence = require "import.evidence"
local identifiers = require "auth0.identifiers"
local limits = require "auth0.limits"

local reconcile = {}

local LIMIT <const> = 200 -- failures evaluated at a time
local FIRST_LOOK <const>, LONGEST_LOOK <const> = 5, 300 -- seconds between lookups of lost users

-- Not reported: the result for a user's factors was lost with the upload.
local DOUBT <const> = {
  code = "MFA_FACTORS_FAILED",
  message = "an upload whose answer was lost inserted the user, possibly without its MFA factors",
}

---A function from one of our users to the users of the connection that share an identifier with it;
---with `elsewhere`, also to those of other connections that have our user_id.
local function find(engine, ours, elsewhere)
  local ids, emails = {}, {}
  for _, user in ipairs(ours) do
    ids[#ids + 1] = identifiers.with_prefix(user.user_id)
    emails[#emails + 1] = user.email
  end
  local found, message, kind = engine.users.find(engine.client, {
    connection = engine.connection.name, ids = ids, emails = emails, others = ours,
    elsewhere = elsewhere,
  })
  engine:check(found, message, kind)
  local index = identifiers.index(found, function(theirs)
    return identifiers.of(theirs.elsewhere and { user_id = theirs.user_id } or theirs)
  end)
  return function(user) return index:sharing(identifiers.stored(user)) end
end

---When this run may have created a chunk's users; nil if it was never sent.
local function span_of(engine, chunk)
  local first = engine.ledger:first_intent(chunk.id)
  local offset = engine.client.clock_offset or 0 -- seconds that the tenant's clock is ahead
  return first and { first = first, last = clock.now() + offset }
end

---When an earlier upload of this chunk may have created its users; nil if there was none.
local function window(engine, chunk)
  if engine.ledger:attempts(chunk.id) < 2 then return nil end
  return span_of(engine, chunk)
end

---Decides a conflict. If the upload held a user twice, the first is of this run, unless it failed
---as well; with upsert it need not be new.
local function rule(engine, chunk, failure, ours, theirs)
  local twice = codes.is_twice(failure.code, failure.message)
  local upsert = engine.upsert or chunk.upsert
  local verdict = evidence.conflict {
    ours = ours, theirs = theirs, window = window(engine, chunk), twice = twice,
    span = twice and not upsert and span_of(engine, chunk) or nil,
  }
  if verdict.outcome == "inserted" and evidence.doubts_factors(ours, failure.round) then
    return { outcome = "judged", user_id = verdict.user_id, finding = DOUBT }
  end
  return verdict
end

---Decides the open failures of a chunk. Those that no lookup can settle are left to the finalizer.
---@param engine Engine
---@param chunk LedgerChunk
function reconcile.failures(engine, chunk)
  local users
  local open = engine.ledger:failures("open", 0, LIMIT, chunk.id)
  while #open > 0 do
    users = users or engine:check(engine.dir:users(chunk))
    local asked = {}
    for _, failure in ipairs(open) do
      if evidence.is_conflict(failure.code) then asked[#asked + 1] = users[failure.place].user end
    end
    local theirs = #asked > 0 and find(engine, asked, true)
    local verdicts = {}
    for i, failure in ipairs(open) do
      local verdict = { outcome = "judged" }
      if theirs and evidence.is_conflict(failure.code) then
        local ours = users[failure.place].user
        verdict = rule(engine, chunk, failure, ours, theirs(ours))
      end
      verdict.id = failure.id
      verdicts[i] = verdict
    end
    engine:record("judged", verdicts)
    open = engine.ledger:failures("open", open[#open].id, LIMIT, chunk.id)
  end
end

---Corrects the counts of users sent with upsert more than once: those that an earlier attempt
---created are reported as updated, although this run inserted them.
---@param engine Engine
---@param chunk LedgerChunk
---@param counts {inserted: integer, updated: integer}
---@param failures NewFailure[]
---@return {inserted: integer, updated: integer}
function reconcile.recount(engine, chunk, counts, failures)
  local failed, asked, inserted = {}, {}, 0
  for _, failure in ipairs(failures) do failed[failure.place] = true end
  for _, placed in ipairs(engine:check(engine.dir:users(chunk))) do
    if not failed[placed.place] then asked[#asked + 1] = placed.user end
  end
  local theirs, span = find(engine, asked), span_of(engine, chunk)
  for _, user in ipairs(asked) do
    local ruling = evidence.unknown { ours = user, theirs = theirs(user), window = span }
    if ruling.outcome == "inserted" then inserted = inserted + 1 end
  end
  inserted = math.max(inserted, counts.inserted)
  return { inserted = inserted, updated = counts.inserted + counts.updated - inserted }
end

---Which outcomes a lookup shows for the users of a chunk, see evidence.unknown.
---@return table<string, true>
local function outcomes_of(engine, chunk)
  local ours, shown = {}, {}
  for i, placed in ipairs(engine:check(engine.dir:users(chunk))) do ours[i] = placed.user end
  local theirs, span = find(engine, ours), span_of(engine, chunk)
  for _, user in ipairs(ours) do
    shown[evidence.unknown { ours = user, theirs = theirs(user), window = span }.outcome] = true
  end
  return shown
end

---Whether each user of a chunk is in the tenant.
---@param engine Engine
---@param chunk LedgerChunk
---@return boolean
function reconcile.are_all_there(engine, chunk)
  return not outcomes_of(engine, chunk).absent
end

---Whether a job of a chunk may have imported some of its users: this run created one, or an upload
---is without an answer and no user is missing, so that nothing shows whether it only updated them.
---@param engine Engine
---@param chunk LedgerChunk
---@return boolean
function reconcile.may_have_run(engine, chunk)
  local shown = outcomes_of(engine, chunk)
  return shown.inserted or engine.ledger:unseen(chunk.id) ~= nil and not shown.absent
end

---Waits until a lookup can decide a chunk: its users exist, or none of its jobs can still be
---running unseen. Raises if the import is ending.
---@param engine Engine
---@param chunk LedgerChunk
function reconcile.wait(engine, chunk)
  local begun, pause = engine.ledger:unseen(chunk.id), FIRST_LOOK
  if not begun then return end
  local deadline = limits.JOB_SECONDS + limits.JOB_MARGIN_SECONDS
  -- A clock that is set back meanwhile does not extend the wait.
  local earlier = math.max(0, clock.now() - begun) / engine.clock.real(1) - engine.clock.elapsed()
  while true do
    local age = earlier + engine.clock.elapsed()
    if age >= deadline or reconcile.are_all_there(engine, chunk) then return end
    engine:sleep(math.min(pause, deadline - age))
    engine:check_running()
    pause = math.min(pause * 2, LONGEST_LOOK)
  end
end

---The outcome of a user that was looked up: "inserted", "updated" or a NewFailure. `refused`: the
---tenant answered each upload, and each job failed, so that an earlier user was not updated.
local function outcome_of(engine, record, placed, case, message, refused)
  local ruling, updates = evidence.unknown(case), engine.upsert or record.updates
  local outcome = ruling.outcome
  if outcome == "updated" and updates and refused then outcome = "judged" end
  -- Users sent again for their factors were inserted by this run, unless the run updates users.
  if outcome == "updated" and record.upsert and not updates then outcome = "inserted" end
  local doubt = outcome == "inserted" and evidence.doubts_factors(placed.user, record.round)
  if outcome == "inserted" and not doubt or outcome == "updated" and updates then return outcome end
  local finding = doubt and DOUBT or { code = "JOB_FAILED", path = "", message = message }
  return {
    place = placed.place, position = placed.position, at = placed.at, code = finding.code,
    path = "", message = finding.message, errors = { finding },
    outcome = outcome == "updated" and "already_there" or "open",
    user_id = ruling.user_id, why = ruling.why,
  }
end

---Looks up the outcome of each user that a job does not report, and harvests the job.
---@param engine Engine
---@param job Job
---@param reports NewFailure[]
---@param alarms integer  responses that match nothing of ours, the job's summary included
---@param failed? FailedJob  nil: it completed, but its summary is short
function reconcile.look_up(engine, job, reports, alarms, failed)
  local users = engine:check(engine.dir:users(job.chunk))
  local record, span = engine.ledger:chunk(job.chunk.id), span_of(engine, job.chunk)
  local reported, asked = {}, {}
  for _, failure in ipairs(reports) do reported[failure.place] = failure end
  for _, placed in ipairs(users) do
    if not reported[placed.place] then asked[#asked + 1] = placed.user end
  end
  local theirs, failures = find(engine, asked), {}
  local counts = { inserted = 0, updated = 0, alarms = alarms }
  counts.looked_up = not failed and #asked or nil
  local message = failed and failed.why or "the job ended without a result for this user"
  local refused = failed and failed.state == "failed" and not engine.ledger:unseen(record.id)
  for _, placed in ipairs(users) do
    local outcome = reported[placed.place] or outcome_of(engine, record, placed,
      { ours = placed.user, theirs = theirs(placed.user), window = span }, message, refused)
    if counts[outcome] then
      counts[outcome] = counts[outcome] + 1
    else
      failures[#failures + 1] = outcome
    end
  end
  engine:record("harvested", record, job.attempt, job.id, counts, failures)
end

return reconcile
