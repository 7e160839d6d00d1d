--- Queries of the journal: the reading half of the ledger.

local json = require "host.json"
local limits = require "auth0.limits"

---@class Ledger
local queries = {}

---@class LedgerChunk
---@field id integer
---@field round integer      1: staged from the source
---@field state string
---@field users integer
---@field bytes integer
---@field sha256 string
---@field places string      for chunk.places
---@field upsert boolean     sent with upsert, whatever the run's setting
---@field updates? boolean   at a fixer's request: the users it updates existed before this run
---@field first_intent? number start of its first upload: unix seconds, by the tenant's clock
---@field half_of? integer    the chunk that was split into this one and another
---@field origin? integer     the first of these chunks, which is not a half itself

local function as_chunk(row)
  if not row then return nil end
  row.updates, row.upsert = row.upsert == 2, row.upsert ~= 0
  return row
end

---@param key string
---@return nil|integer|number|string
function queries:get(key)
  return self.db:value("SELECT value FROM run WHERE key = ?", key)
end

---@param key string
---@return any  a fact that was set as a table
function queries:get_table(key)
  local text = self:get(key)
  return text and json.decode(text)
end

---@param key string
---@return boolean  whether a step of run:once has completed
function queries:was_done(key)
  return self.db:value("SELECT 1 FROM once WHERE key = ?", key) ~= nil
end

---The next chunk in one of the states, after chunk `after`.
---@param state string
---@param after? integer
---@return LedgerChunk?
function queries:next_chunk(state, after)
  return as_chunk(self.db:row("SELECT * FROM chunk WHERE state = ? AND id > ? ORDER BY id LIMIT 1",
    state, after or 0))
end

---@param id integer
---@return LedgerChunk?
function queries:chunk(id)
  return as_chunk(self.db:row("SELECT * FROM chunk WHERE id = ?", id))
end

---The next chunk for `run:chunks()`, after chunk `after`. The import sends halves by itself.
---@param after integer
---@return LedgerChunk?
function queries:next_to_submit(after)
  return as_chunk(self.db:row([[SELECT * FROM chunk WHERE state = 'staged' AND half_of IS NULL
    AND id > ? ORDER BY id LIMIT 1]], after))
end

---@return fun(): LedgerChunk?  all in order, without their places; none that was split
function queries:chunks()
  return self.db:rows([[SELECT id, round, state, users, bytes, first_intent FROM chunk
    WHERE state <> 'split' ORDER BY id]])
end

---@return fun(): integer? id  of the harvested chunks, in order
function queries:chunks_with_result()
  local rows = self.db:rows("SELECT id FROM chunk WHERE state = 'harvested' ORDER BY id")
  return function()
    local row = rows()
    return row and row.id
  end
end

---@param last? integer  chunk; nil: all chunks
---@return fun(): string? places  of the chunks of the first round, as staged, for chunk.places
function queries:places_up_to(last)
  local rows = self.db:rows([[SELECT places FROM chunk
    WHERE round = 1 AND half_of IS NULL AND id <= ifnull(?, id) ORDER BY id]], last)
  return function()
    local row = rows()
    return row and row.places
  end
end

---The chunk with the last of the first `n` staged users.
---@param n integer
---@return integer? id
---@return integer? users  how many of its users belong to them
function queries:chunk_of(n)
  for record in self:chunks() do
    if n <= record.users then return record.id, n end
    n = n - record.users
  end
end

---@return integer
function queries:last_chunk()
  return self.db:value("SELECT max(id) FROM chunk") or 0
end

---@param chunk integer
---@return integer attempts  that may have reached the tenant, those of a half's origin included
function queries:attempts(chunk)
  return self.db:value([[SELECT count(*) FROM attempt
    WHERE chunk IN (SELECT ?1 UNION SELECT origin FROM chunk WHERE id = ?1)
    AND ifnull(outcome, 'uncertain') IN ('accepted', 'uncertain')]], chunk)
end

---When this run may first have created a chunk's users. Those repeated for their MFA factors were
---sent in another chunk before, and those of a half in its origin.
---@param chunk integer
---@return number? first  unix seconds, by the tenant's clock; nil: nothing of it was sent
function queries:first_intent(chunk)
  return self.db:value([[SELECT CASE upsert WHEN 1 THEN (SELECT min(first_intent) FROM chunk)
    ELSE (SELECT first_intent FROM chunk AS whole WHERE whole.id = ifnull(chunk.origin, chunk.id))
    END FROM chunk WHERE id = ?]], chunk)
end

---@param chunk integer
---@return integer jobs  that the chunk became
function queries:jobs(chunk)
  return self.db:value("SELECT count(*) FROM job WHERE chunk = ?", chunk)
end

---Whether the outcomes of a harvested chunk are final. Failed users may be sent again.
---@param chunk integer
---@return boolean
function queries:is_settled(chunk)
  return self.db:value([[SELECT 1 FROM chunk WHERE id = ?1 AND state = 'harvested'
    AND NOT EXISTS (SELECT 1 FROM failure WHERE chunk = ?1
      AND outcome NOT IN ('inserted', 'updated', 'already_there'))]], chunk) == 1
end

---The end of a chunk's last upload whose job, if any, may be running unobserved.
---@param chunk integer
---@return number? unix  seconds
function queries:unseen(chunk)
  return self.db:value([[SELECT max(ifnull(attempt.ended, attempt.begun)) FROM attempt
    LEFT JOIN job ON job.attempt = attempt.id
    WHERE attempt.chunk = ? AND (attempt.outcome = 'uncertain' OR job.state = 'lost')]], chunk)
end

---@param chunk integer
---@return {id: integer, begun: number, outcome: string?, message: string?}?
function queries:last_attempt(chunk)
  return self.db:row("SELECT * FROM attempt WHERE chunk = ? ORDER BY id DESC LIMIT 1", chunk) or nil
end

---Jobs of last attempts that are not harvested.
---@return {id: string, chunk: integer, attempt: integer, submitted: number, state: string}[]
function queries:open_jobs()
  local list = {}
  for row in self.db:rows([[SELECT job.* FROM job JOIN chunk ON chunk.id = job.chunk
    WHERE job.harvested IS NULL AND chunk.state IN ('sent', 'ended')
      AND job.attempt = (SELECT max(id) FROM attempt WHERE attempt.chunk = job.chunk)
    ORDER BY submitted]]) do
    list[#list + 1] = row
  end
  return list
end

---@return table<integer, true> ids  of chunks that are being uploaded, or whose job is running
function queries:under_way()
  local ids = {}
  for row in self.db:rows("SELECT id FROM chunk WHERE state IN ('sending', 'sent')") do
    ids[row.id] = true
  end
  return ids
end

---@return boolean  whether a job of this run has completed
function queries:has_completed()
  return self.db:value("SELECT 1 FROM job WHERE state = 'completed' LIMIT 1") == 1
end

---@param chunk integer
---@return string? id  of its last job
function queries:last_job(chunk)
  return self.db:value("SELECT id FROM job WHERE chunk = ? ORDER BY attempt DESC LIMIT 1", chunk)
end

---@param outcomes string  names, separated by blanks
---@param after integer    id
---@param n integer        at most
---@param chunk? integer   with its halves
---@return table[]
function queries:failures(outcomes, after, n, chunk)
  local list = {}
  for row in self.db:rows([[SELECT failure.*, (SELECT count(*) FROM attempt
      WHERE attempt.chunk = failure.chunk AND attempt.id <= failure.attempt) AS upload
    FROM failure
    WHERE instr(?1, outcome) > 0 AND id > ?2 AND (?4 IS NULL OR chunk = ?4
      OR chunk IN (SELECT id FROM chunk WHERE origin = ?4))
    ORDER BY id LIMIT ?3]], outcomes, after, n, chunk) do
    row.errors = json.decode(row.errors)
    list[#list + 1] = row
  end
  return list
end

---@param id integer
---@return table?
function queries:failure(id)
  local row = self.db:row("SELECT * FROM failure WHERE id = ?", id)
  if not row then return nil end
  row.errors = json.decode(row.errors)
  return row
end

---@return integer[] ids  of harvested chunks with failures that are still open
function queries:unjudged()
  local ids = {}
  for row in self.db:rows([[SELECT DISTINCT chunk FROM failure WHERE outcome = 'open'
    ORDER BY chunk]]) do
    ids[#ids + 1] = row.chunk
  end
  return ids
end

---@return integer users  written into chunks by the stage
function queries:users_staged()
  return self.db:value([[SELECT ifnull(sum(users), 0) FROM chunk
    WHERE round = 1 AND state <> 'split']])
end

---@return integer users  of the first round whose job's result is recorded
function queries:users_harvested()
  return self.db:value([[SELECT ifnull(sum(users), 0) FROM chunk
    WHERE round = 1 AND state = 'harvested']])
end

---@return integer users  in all chunks; a repaired user counts once for each round
function queries:users_in_chunks()
  return self.db:value("SELECT ifnull(sum(users), 0) FROM chunk WHERE state <> 'split'")
end

---@return {jobs: integer, users: integer, bytes: integer}  staged and not yet sent
function queries:to_send()
  return self.db:row([[SELECT count(*) AS jobs, ifnull(sum(users), 0) AS users,
    ifnull(sum(bytes), 0) AS bytes FROM chunk WHERE state = 'staged']])
end

---@return boolean  whether any upload was started
function queries:was_sent()
  return self.db:value("SELECT 1 FROM attempt LIMIT 1") == 1
end

---@return boolean  whether a chunk has no recorded result yet
function queries:is_pending()
  return self.db:value([[SELECT 1 FROM chunk WHERE state NOT IN ('harvested', 'split')
    LIMIT 1]]) == 1
end

---@return boolean  whether jobs of this run may still be running in the tenant
function queries:may_run()
  return self.db:value([[SELECT 1 FROM chunk WHERE state IN ('sending', 'sent', 'ended')
    LIMIT 1]]) == 1
end

---@return boolean  whether the outcome of a sent user is not known yet
function queries:is_unsettled()
  return self.db:value([[SELECT 1 FROM chunk
    WHERE state IN ('sending', 'sent', 'ended', 'uncertain')
    UNION ALL SELECT 1 FROM failure WHERE outcome = 'open' LIMIT 1]]) == 1
end

---@return boolean  whether a user failed for good
function queries:has_failed()
  return self.db:value("SELECT 1 FROM failure WHERE outcome = 'failed' LIMIT 1") == 1
end

---@return table<string, integer>  chunks by state
function queries:chunks_by_state()
  local by_state = {}
  for row in self.db:rows("SELECT state, count(*) AS n FROM chunk GROUP BY state") do
    by_state[row.state] = row.n
  end
  return by_state
end

---The last errors of uploads and jobs, newest first.
---@param n integer  at most
---@return fun(): {at?: number, chunk: integer, message: string}?
function queries:last_errors(n)
  return self.db:rows([[SELECT ended AS at, chunk, message FROM attempt
      WHERE message IS NOT NULL AND outcome <> 'accepted'
    UNION ALL SELECT ended, chunk, details FROM job
      WHERE details IS NOT NULL AND state IN ('failed', 'lost')
    ORDER BY at DESC LIMIT ?]], n)
end

---Whether a job of this run has this id.
---@param id string
---@return boolean
function queries:has_job(id)
  return self.db:value("SELECT 1 FROM job WHERE id = ?", id) ~= nil
end

---First submission, last end and total time of the jobs that have ended. The end of a job is taken
---as halfway between the last poll that saw it running and the one that saw it completed.
---@return {first?: number, last?: number, busy?: number, n: integer}  unix seconds, seconds
function queries:job_times()
  local row = self.db:row [[SELECT min(submitted) AS first, max(ended) AS last,
    sum(ended - submitted) AS busy, count(*) AS n FROM job WHERE ended IS NOT NULL]]
  if row.n > 0 then
    row.last = row.last - (self:get "last_unseen" or 0) / 2
    row.busy = row.busy - (self:get "unseen" or 0) / 2
  end
  return row
end

-- The chunks up to the last one of the canary, ?1 (nil: all), with the halves of each.
local CANARY <const> = [[
WITH canary AS (SELECT * FROM chunk
  WHERE round = 1 AND state <> 'split' AND (?1 IS NULL OR ifnull(origin, id) <= ?1))
]]

---Whether the canary's outcome is not known yet.
---@param last? integer  its last chunk; nil: all users are in the canary
---@return boolean
function queries:canary_is_open(last)
  return self.db:value(CANARY .. [[SELECT 1 FROM canary WHERE state <> 'harvested'
    UNION ALL SELECT 1 FROM failure JOIN canary ON canary.id = failure.chunk
      WHERE outcome = 'open' LIMIT 1]], last) == 1
end

---@param last? integer  its last chunk; nil: all users are in the canary
---@return {users: integer, good: integer}  good: inserted or updated
function queries:canary_result(last)
  return self.db:row(CANARY .. [[SELECT ifnull(sum(users), 0) AS users,
      ifnull(sum(inserted + updated), 0)
      + (SELECT count(*) FROM failure JOIN canary ON canary.id = failure.chunk
        WHERE outcome IN ('inserted', 'updated')) AS good
    FROM canary]], last)
end

---Users that failed or were repaired, in journal order.
---@return fun(): {id: integer, at: string, code: string, path: string?, message: string,
---errors: table[], outcome: string, why: string?, user_id: string?}?
function queries:failed_or_repaired()
  local rows = self.db:rows([[SELECT id, at, code, path, message, errors, outcome, why, user_id
    FROM failure WHERE outcome IN ('failed', 'judged', 'requeued') ORDER BY id]])
  return function()
    local row = rows()
    if row then row.errors = json.decode(row.errors) end
    return row
  end
end

---@return fun(): {code: string, message: string, user_id: string?}?
function queries:judged_failures()
  return self.db:rows("SELECT code, message, user_id FROM failure WHERE outcome = 'judged'")
end

---How far a chunk is undone: the last place processed, and those whose deletion was interrupted.
---@param chunk integer
---@return {place: integer, intent: integer[]}
function queries:undo_progress(chunk)
  local row = self.db:row("SELECT place, intent FROM undo WHERE chunk = ?", chunk)
  if not row then return { place = 0, intent = {} } end
  return { place = row.place, intent = row.intent and json.decode(row.intent) or {} }
end

---Users that an undo kept in the tenant.
---@return fun(): {position: integer, at: string, user_id: string?, why: string}?
function queries:kept()
  return self.db:rows("SELECT position, at, user_id, why FROM kept ORDER BY position")
end

-- Counted from an intent: later than this its job creates no users, however it ends.
local DEADLINE <const> = limits.JOB_SECONDS + limits.JOB_MARGIN_SECONDS

local RECEIVED <const> = [[
SELECT attempt.begun, job.created, job.state, job.ended - job.submitted AS seconds
FROM attempt LEFT JOIN job ON job.attempt = attempt.id
WHERE attempt.chunk = ? AND ifnull(attempt.outcome, 'uncertain') IN ('accepted', 'uncertain')]]

-- For the duration of an upload, which neither clock shows, and for clock drift.
local LATE <const> = 60 -- seconds

---When a chunk's users may have been created, by the tenant's clock. From the creation of its first
---job, or from the first intent if a response lacked that, or if the users are repeated for their
---MFA factors. Until a minute after the last job, or as long as a job may run if its end or the
---upload's response was not seen. Our own clock, which may have changed since, only measures how
---long a job ran. `is_exact`: no user can have been created earlier.
---@param chunk integer
---@return {first: number, last: number, is_exact: boolean}?  unix seconds; nil: it was never sent
function queries:hours(chunk)
  local own = self:chunk(chunk).first_intent
  -- Under upsert a user older than its own upload may have signed up in the meantime.
  local first = self:get "upsert" == 1 and own or self:first_intent(chunk)
  local last, made
  local is_exact = first == own
  for row in self.db:rows(RECEIVED, chunk) do
    local is_known = row.state == "completed" and row.seconds and row.seconds >= 0
    local end_ = row.begun + (is_known and math.min(row.seconds + LATE, DEADLINE) or DEADLINE)
    last = math.max(last or end_, end_)
    made = row.created and math.min(made or row.created, row.created)
    is_exact = is_exact and made ~= nil
  end
  if not (first and last) then return nil end
  return { first = is_exact and made or first, last = last, is_exact = is_exact }
end

---Whether the job of a first-round user completed without reporting it, and the tenant lacks it. If
---another user has one of its identifiers, the next job reports that.
---@param id integer  of the failure
---@return boolean
function queries:was_left_out(id)
  return self.db:value([[SELECT 1 FROM failure JOIN job ON job.id = failure.job
    WHERE failure.id = ? AND failure.round = 1 AND failure.code = 'JOB_FAILED'
      AND job.state = 'completed']], id) == 1
end

---@return fun(): string? code  of each record that was rejected
function queries:rejected_codes()
  local rows = self.db:rows("SELECT code FROM rejected WHERE outcome = 'rejected'")
  return function()
    local row = rows()
    return row and row.code
  end
end

---@param chunk integer
---@return table<integer, {outcome: string, user_id: string?, code: string, message: string}>  its
---  failures by place
function queries:outcomes(chunk)
  local by_place = {}
  for row in self.db:rows([[SELECT place, outcome, user_id, code, message, job FROM failure
    WHERE chunk = ?]], chunk) do
    by_place[row.place] = row
  end
  return by_place
end

return queries
