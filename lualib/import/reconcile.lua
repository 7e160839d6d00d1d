--- Reconcile: asks the tenant about users whose outcome its answers leave open, and records what
--- that says.

local clock = require "host.clock"
local codes = require "auth0.codes"
local evidence = require "import.evidence"
local identifiers = require "auth0.identifiers"
local limits = require "auth0.limits"

local reconcile = {}

local LIMIT <const> = 200 -- failures judged at a time
local FIRST_LOOK <const>, LONGEST_LOOK <const> = 5, 300 -- seconds between looks for lost users

-- Told by nobody: the answer about a user's factors was lost with the upload.
local DOUBT <const> = {
  code = "MFA_FACTORS_FAILED",
  message = "an upload whose answer was lost inserted the user, possibly without its MFA factors",
}

---Users of the connection that share an identifier with ours: a function from our user to them.
---@param engine Engine
---@param ours table[]  users
---@param elsewhere? boolean  those of other connections with an id of ours too
---@return fun(user: table): TenantUser[]
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

---When this run may have created a chunk's users; nil when nothing of it was sent.
local function span_of(engine, chunk)
  local first = engine.ledger:first_intent(chunk.id)
  local offset = engine.client.clock_offset or 0 -- seconds the tenant's clock is ahead
  return first and { first = first, last = clock.now() + offset }
end

---When an earlier upload of this chunk may have created its users; nil when there was only one.
local function window(engine, chunk)
  if engine.ledger:attempts(chunk.id) < 2 then return nil end
  return span_of(engine, chunk)
end

---Rules on a conflict. Of a user that the upload held twice, the first is of this run, unless it
---was refused as well; with upsert it need not be new.
---@return Ruling
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

---Rules on the open failures of a chunk. Those that no look-up can settle are left to the
---finalizer.
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

---Corrects the counts of users that were sent with upsert more than once: those that an earlier
---attempt created come back as updated, and were inserted by this run all the same.
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

---Whether each user of a chunk is in the tenant.
---@param engine Engine
---@param chunk LedgerChunk
---@return boolean
function reconcile.are_all_there(engine, chunk)
  local ours = {}
  for i, placed in ipairs(engine:check(engine.dir:users(chunk))) do ours[i] = placed.user end
  local theirs = find(engine, ours)
  local span = span_of(engine, chunk)
  for _, user in ipairs(ours) do
    local ruling = evidence.unknown { ours = user, theirs = theirs(user), window = span }
    if ruling.outcome == "absent" then return false end
  end
  return true
end

---Waits until a look-up tells what became of a chunk: its users are there, or none of its jobs can
---still run unseen. Raises when the import is ending.
---@param engine Engine
---@param chunk LedgerChunk
function reconcile.wait(engine, chunk)
  local begun, pause = engine.ledger:unseen(chunk.id), FIRST_LOOK
  if not begun then return end
  local deadline = limits.JOB_SECONDS + limits.JOB_MARGIN_SECONDS
  -- A clock that is set back meanwhile does not make the wait longer.
  local earlier = math.max(0, clock.now() - begun) / engine.clock.real(1) - engine.clock.elapsed()
  while true do
    local age = earlier + engine.clock.elapsed()
    if age >= deadline or reconcile.are_all_there(engine, chunk) then return end
    engine:sleep(math.min(pause, deadline - age))
    engine:check_running()
    pause = math.min(pause * 2, LONGEST_LOOK)
  end
end

---What became of a user that was looked up: "inserted", "updated", or the failure that it is.
---@return "inserted"|"updated"|NewFailure
local function outcome_of(engine, record, placed, case, message)
  local ruling, updates = evidence.unknown(case), engine.upsert or record.updates
  local outcome = ruling.outcome
  -- Users that go once more for their factors' sake were inserted by this run before, unless the
  -- run updates users.
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

---Looks up, user by user, what became of those that a job does not report, and harvests it.
---@param engine Engine
---@param job Job
---@param reports NewFailure[]
---@param alarms integer  answers that fit nothing of ours, the job's summary among them
---@param why? string     why it failed; nil: it did not, but its summary is short
function reconcile.look_up(engine, job, reports, alarms, why)
  local users = engine:check(engine.dir:users(job.chunk))
  local record, span = engine.ledger:chunk(job.chunk.id), span_of(engine, job.chunk)
  local reported, asked = {}, {}
  for _, failure in ipairs(reports) do reported[failure.place] = failure end
  for _, placed in ipairs(users) do
    if not reported[placed.place] then asked[#asked + 1] = placed.user end
  end
  local theirs, failures = find(engine, asked), {}
  local counts = { inserted = 0, updated = 0, alarms = alarms }
  counts.looked_up = not why and #asked or nil
  local message = why or "the job ended without a result for this user"
  for _, placed in ipairs(users) do
    local outcome = reported[placed.place] or outcome_of(engine, record, placed,
      { ours = placed.user, theirs = theirs(placed.user), window = span }, message)
    if counts[outcome] then
      counts[outcome] = counts[outcome] + 1
    else
      failures[#failures + 1] = outcome
    end
  end
  engine:record("harvested", record, job.attempt, job.id, counts, failures)
end

return reconcile
