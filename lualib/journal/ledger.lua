--- The ledger: each state transition of a run is one function here and one transaction of the
--- journal. Nothing else writes to the journal. docs/journal.md describes the tables.
--- A chunk goes staged -> sending -> sent -> ended -> harvested. It is uncertain if its upload
--- began and no response arrived, or if its job ended without a result. It is split, and no longer
--- counted, once its users are in two new chunks.

local clock = require "host.clock"
local crash = require "base.crash"
local queries = require "journal.queries"
local file = require "journal.file"
local json = require "host.json"
local schema = require "journal.schema"
local text = require "host.text"

local ledger = {}

---@class Ledger
---@field db host.store.database
local Ledger = {}
Ledger.__index = Ledger

---Creates the journal of a new run.
---@param path string
---@param facts table<string, any>  see Ledger:set
---@return Ledger?
---@return string? message
---@return Kind? kind
function ledger.create(path, facts)
  local done, message, kind = file.create(path, function(db)
    setmetatable({ db = db }, Ledger):set(facts)
  end)
  if not done then return nil, message, kind end
  return ledger.open(path)
end

---Opens the journal of an existing run, see journal.file.
---@param path string
---@param options? JournalOptions
---@return Ledger?
---@return string? message
---@return Kind? kind  "usage" for a journal of a newer version
function ledger.open(path, options)
  local db, message, kind = file.open(path, options)
  if not db then return nil, message, kind end
  return setmetatable({ db = db }, Ledger)
end

---The ledger of a run that has no journal yet: everything is 0.
---@return Ledger?
---@return string? message
---@return Kind? kind
function ledger.blank()
  local db, message, kind = file.blank()
  if not db then return nil, message, kind end
  return setmetatable({ db = db }, Ledger)
end

function Ledger:close()
  self.db:close()
end

---Writes facts of the run; a table is stored as JSON.
---@param facts table<string, nil|boolean|integer|number|string|table>
function Ledger:set(facts)
  for key, value in pairs(facts) do
    if type(value) == "table" then value = assert(json.encode(value)) end
    self.db:run("INSERT OR REPLACE INTO run VALUES (?, ?)", key, value)
  end
end

---Writes facts, durable when this returns.
---@param facts table<string, any>
---@return true?
---@return string? message
---@return Kind? kind
function Ledger:note(facts)
  local tx <close> = self.db:begin()
  self:set(facts)
  return tx:commit()
end

---Progress of the import, for `status`. Not a transition: nothing is lost if it is not written.
---@param progress table
function Ledger:save_progress(progress)
  local tx <close> = self.db:begin()
  self:set { progress = progress }
  tx:commit()
end

---The outages of the tenant, for the report and `status`. Not a transition either.
---@param more {count: integer, seconds: number}  since the last call
---@param present? table  the one that lasts
function Ledger:save_outages(more, present)
  local tx <close> = self.db:begin()
  local sum = self:get_table "outages" or { count = 0, seconds = 0 }
  self:set { outages = { count = sum.count + more.count, seconds = sum.seconds + more.seconds,
    present = present } }
  tx:commit()
end

---@class StagedPart  the outcome of a part of the source
---@field chunk? NewChunk
---@field losses? {after: integer, sets: LostSet[]}  the sets of losses behind that number
---@field rejected {position: integer, at: string, outcome: string, code: string}[]  also path, kept
---@field skipped table<string, integer>   by reason, since the last part
---@field warnings table<string, {n: integer, message: string}>  totals so far
---@field facts table<string, any>         counters so far

---@class NewChunk  as LedgerChunk, without round and state
---@field lost? string  what its users lose, as host.chunk wrote it; nil: nothing

---What the users of a chunk lose, beside it.
local function set_lost(db, chunk, lost)
  if not lost then return end
  db:exec(schema.LOSSES)
  db:run("INSERT OR REPLACE INTO loss VALUES (?, ?)", chunk, lost)
end

local function add_chunk(db, round, chunk)
  db:run([[INSERT INTO chunk (id, round, state, users, bytes, sha256, places, upsert, half_of,
    origin) VALUES (?, ?, 'staged', ?, ?, ?, ?, ?, ?, ?)]], chunk.id, round, chunk.users,
    chunk.bytes, chunk.sha256, chunk.places, chunk.updates and 2 or chunk.upsert and 1 or 0,
    chunk.half_of, chunk.origin)
  set_lost(db, chunk.id, chunk.lost)
end

local function add_sets(db, losses)
  if not losses.sets[1] then return end
  db:exec(schema.LOSSES)
  for i, set in ipairs(losses.sets) do
    db:run("INSERT OR REPLACE INTO loss_set VALUES (?, ?)", losses.after + i,
      assert(json.encode(set)))
  end
end

---Codes and paths of a recipe may quote a record: rejected.ndjson has them as they are.
---@param part StagedPart
---@return true?
---@return string? message
---@return Kind? kind
function Ledger:staged(part)
  local db = self.db
  local tx <close> = db:begin()
  if part.losses then add_sets(db, part.losses) end
  if part.chunk then add_chunk(db, 1, part.chunk) end
  for _, r in ipairs(part.rejected) do
    db:run([[INSERT INTO rejected (position, at, outcome, code, path, kept)
      VALUES (?, ?, ?, ?, ?, ?)]], r.position, r.at, r.outcome, text.redact(r.code),
      r.path and text.redact(r.path), r.kept)
  end
  for reason, n in pairs(part.skipped) do
    db:run([[INSERT INTO skipped VALUES (?, ?)
      ON CONFLICT (reason) DO UPDATE SET n = n + excluded.n]], reason, n)
  end
  for code, warning in pairs(part.warnings) do
    db:run("INSERT OR REPLACE INTO warning VALUES (?, ?, ?)", code, warning.n, warning.message)
  end
  self:set(part.facts)
  return tx:commit()
end

---Marks the last chunk of the canary.
---@param chunk NewChunk
---@param rest? NewChunk  a new chunk for the users behind the canary's
---@return true?
---@return string? message
---@return Kind? kind
function Ledger:set_apart(chunk, rest)
  local tx <close> = self.db:begin()
  if rest then
    self.db:run("UPDATE chunk SET users = ?, bytes = ?, sha256 = ?, places = ? WHERE id = ?",
      chunk.users, chunk.bytes, chunk.sha256, chunk.places, chunk.id)
    if not chunk.lost and rest.lost then
      self.db:run("DELETE FROM loss WHERE chunk = ?", chunk.id)
    end
    set_lost(self.db, chunk.id, chunk.lost)
    add_chunk(self.db, 1, rest)
  end
  self:set { canary_chunk = chunk.id }
  return tx:commit()
end

---The intent to send, durable before the first byte. Its time is by the tenant's clock, like the
---creation times that it is compared with: our own clock may change in between.
---@param chunk integer
---@param offset? number  seconds that the tenant's clock is ahead
---@return integer? attempt
---@return string? message
---@return Kind? kind
function Ledger:sending(chunk, offset)
  local now = clock.now() + (offset or 0)
  local tx <close> = self.db:begin()
  self.db:run("INSERT INTO attempt (chunk, begun) VALUES (?, ?)", chunk, now)
  local attempt = self.db:last_id()
  self.db:run([[UPDATE chunk SET state = 'sending', first_intent = ifnull(first_intent, ?)
    WHERE id = ?]], now, chunk)
  local done, message, kind = tx:commit()
  return done and attempt, message, kind
end

local function end_attempt(db, attempt, outcome, message)
  db:run("UPDATE attempt SET ended = ?, outcome = ?, message = ? WHERE id = ?", clock.now(),
    outcome, message, attempt)
end

---The tenant accepted the chunk. Called as soon as the job's id is known.
---@param chunk integer
---@param attempt integer
---@param job string       id
---@param created? number  unix seconds, by the tenant's clock
---@return true?
---@return string? message
---@return Kind? kind
function Ledger:sent(chunk, attempt, job, created)
  local tx <close> = self.db:begin()
  end_attempt(self.db, attempt, "accepted")
  self.db:run([[INSERT INTO job (id, chunk, attempt, submitted, created, state)
    VALUES (?, ?, ?, ?, ?, 'running')]], job, chunk, attempt, clock.now(), created)
  self.db:run("UPDATE chunk SET state = 'sent' WHERE id = ?", chunk)
  return tx:commit()
end

---The chunk did not arrive or was refused, and may be sent again. `first_intent` then is that of
---the first attempt that may have been received, if any.
---@param chunk integer
---@param attempt integer
---@param outcome "unsent"|"refused"
---@param why string
---@return true?
---@return string? message
---@return Kind? kind
function Ledger:not_sent(chunk, attempt, outcome, why)
  local tx <close> = self.db:begin()
  end_attempt(self.db, attempt, outcome, why)
  self.db:run([[UPDATE chunk SET state = 'staged', first_intent = (SELECT min(begun) FROM attempt
    WHERE chunk = ?1 AND outcome IN ('accepted', 'uncertain')) WHERE id = ?1]], chunk)
  return tx:commit()
end

---The upload began and no response arrived.
---@param chunk integer
---@param attempt integer
---@param why string
---@return true?
---@return string? message
---@return Kind? kind
function Ledger:uncertain(chunk, attempt, why)
  local tx <close> = self.db:begin()
  end_attempt(self.db, attempt, "uncertain", why)
  self.db:run("UPDATE chunk SET state = 'uncertain' WHERE id = ?", chunk)
  return tx:commit()
end

---Marks chunks whose upload an earlier process did not finish as uncertain.
---@return integer? n  chunks
---@return string? message
---@return Kind? kind
function Ledger:adopt()
  local tx <close> = self.db:begin()
  self.db:run([[UPDATE attempt SET ended = ?, outcome = 'uncertain',
    message = 'the program ended before the response arrived' WHERE outcome IS NULL]], clock.now())
  local n = self.db:run("UPDATE chunk SET state = 'uncertain' WHERE state = 'sending'")
  local done, message, kind = tx:commit()
  return done and n, message, kind
end

---Returns an uncertain chunk, or one whose job failed, to `staged`.
---@param chunk integer
---@return true?
---@return string? message
---@return Kind? kind
function Ledger:send_again(chunk)
  local tx <close> = self.db:begin()
  self.db:run("UPDATE chunk SET state = 'staged' WHERE id = ?", chunk)
  return tx:commit()
end

---Replaces a chunk whose job failed by its halves, whose files exist.
---@param chunk LedgerChunk
---@param halves {id: integer, users: integer, bytes: integer, sha256: string, places: string}[]
---@return true?
---@return string? message
---@return Kind? kind
function Ledger:split(chunk, halves)
  if halves[1].users + halves[2].users ~= chunk.users then
    error(string.format("the halves of chunk %d do not have its users", chunk.id), 2)
  end
  local tx <close> = self.db:begin()
  self.db:run("UPDATE chunk SET state = 'split' WHERE id = ?", chunk.id)
  for _, half in ipairs(halves) do
    half.upsert, half.updates = chunk.upsert, chunk.updates
    half.half_of, half.origin = chunk.id, chunk.origin or chunk.id
    add_chunk(self.db, chunk.round, half)
  end
  return tx:commit()
end

---@class JobEnd
---@field state "completed"|"failed"|"lost"
---@field summary? {total?: integer, inserted?: integer, updated?: integer, failed?: integer}
---@field details? string
---@field ended? number   unix seconds: the look that saw its end; default now
---@field unseen? number  seconds before it since the last look that saw it running, or the submit

local function add(db, key, n)
  if not n or n == 0 then return end
  db:run([[INSERT INTO run VALUES (?, ?)
    ON CONFLICT (key) DO UPDATE SET value = value + excluded.value]], key, n)
end

---The job has ended; its result is not harvested yet. Should a later process look again, the first
---look that saw it completed counts.
---@param job string
---@param result JobEnd
---@return true?
---@return string? message
---@return Kind? kind
function Ledger:ended(job, result)
  local s, unseen = result.summary or {}, result.unseen or 0
  local tx <close> = self.db:begin()
  if self.db:value("SELECT 1 FROM job WHERE id = ? AND ended IS NULL", job) then
    add(self.db, "unseen", unseen)
    self:set { last_unseen = unseen }
  end
  self.db:run([[UPDATE job SET state = ?1, ended = iif(state = 'completed', ended, ?2), total = ?3,
    inserted = ?4, updated = ?5, failed = ?6, details = ?7 WHERE id = ?8]], result.state,
    result.ended or clock.now(), s.total, s.inserted, s.updated, s.failed, result.details, job)
  self.db:run("UPDATE chunk SET state = 'ended' WHERE id = (SELECT chunk FROM job WHERE id = ?)",
    job)
  return tx:commit()
end

---@class NewFailure  a user that the job did not import
---@field place integer    1-based index in the chunk
---@field position integer
---@field at string
---@field code string
---@field path? string
---@field message string
---@field errors table[]   {code, path, message}
---@field outcome? string  default "open"
---@field user_id? string
---@field why? string

---A chunk's result. The counts and failures must add up to the chunk's users.
---@param chunk LedgerChunk
---@param attempt integer
---@param job string?      nil if the users were looked up instead
---@param counts {inserted: integer, updated: integer, alarms?: integer, looked_up?: integer}
---@param failures NewFailure[]
---@return true?
---@return string? message
---@return Kind? kind
function Ledger:harvested(chunk, attempt, job, counts, failures)
  local sum = counts.inserted + counts.updated + #failures
  if sum ~= chunk.users then
    error(string.format("chunk %d has %d users, its result has %d", chunk.id, chunk.users, sum), 2)
  end
  local db = self.db
  local tx <close> = db:begin()
  if job then db:run("UPDATE job SET harvested = ? WHERE id = ?", clock.now(), job) end
  db:run("UPDATE chunk SET state = 'harvested', inserted = ?, updated = ? WHERE id = ?",
    counts.inserted, counts.updated, chunk.id)
  add(db, "alarms", counts.alarms)
  add(db, "looked_up", counts.looked_up)
  add(db, "short_jobs", counts.looked_up and 1)
  for _, f in ipairs(failures) do
    db:run([[INSERT INTO failure (chunk, place, position, at, round, job, attempt, code, path,
      message, errors, outcome, user_id, why) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]],
      chunk.id, f.place, f.position, f.at, chunk.round, job, attempt, f.code, f.path, f.message,
      assert(json.encode(json.array(f.errors))), f.outcome or "open", f.user_id, f.why)
  end
  return tx:commit()
end

---@class Verdict
---@field id integer       of the failure
---@field outcome "judged"|"failed"|"already_there"|"inserted"|"updated"
---@field user_id? string  of the user in the tenant
---@field why? string
---@field finding? {code: string, message: string}  replaces the tenant's

---Outcomes of failed users, by evidence. Those that are "judged" are left to the finalizer.
---@param verdicts Verdict[]
---@return true?
---@return string? message
---@return Kind? kind
function Ledger:judged(verdicts)
  local tx <close> = self.db:begin()
  for _, v in ipairs(verdicts) do
    self.db:run([[UPDATE failure SET outcome = ?, user_id = ifnull(?, user_id),
      why = ifnull(?, why) WHERE id = ?]], v.outcome, v.user_id, v.why, v.id)
    if v.finding then
      self.db:run("UPDATE failure SET code = ?, path = '', message = ?, errors = ? WHERE id = ?",
        v.finding.code, v.finding.message, json.encode(json.array { v.finding }), v.id)
    end
  end
  return tx:commit()
end

---@class Repaired
---@field id integer   of the failure
---@field why? string  what was changed

---Adds a chunk of repaired users and marks their failures.
---@param round integer
---@param chunk NewChunk
---@param failures Repaired[]  one per user of the chunk
---@return true?
---@return string? message
---@return Kind? kind
function Ledger:requeued(round, chunk, failures)
  if chunk.users ~= #failures then error("a chunk needs one repaired user per failure", 2) end
  local tx <close> = self.db:begin()
  add_chunk(self.db, round, chunk)
  for _, repaired in ipairs(failures) do
    self.db:run("UPDATE failure SET outcome = 'requeued', why = ? WHERE id = ?", repaired.why,
      repaired.id)
  end
  return tx:commit()
end

---Reopens a finished run to import its failed users again.
---@param recipe table<string, any>  see run.fingerprint
---@return true?
---@return string? message
---@return Kind? kind
function Ledger:reopen(recipe)
  local tx <close> = self.db:begin()
  self.db:run("DELETE FROM run WHERE key = 'finished_at'")
  self:set(recipe)
  return tx:commit()
end

---A warning of the import. Replaces an earlier count: a repeated check counts the same users.
---@param code string
---@param n integer
---@param message string
---@return true?
---@return string? message
---@return Kind? kind
function Ledger:warned(code, n, message)
  local tx <close> = self.db:begin()
  self.db:run("INSERT OR REPLACE INTO warning VALUES (?, ?, ?)", code, n, message)
  return tx:commit()
end

---@param key string
---@return true?
---@return string? message
---@return Kind? kind
function Ledger:done_once(key)
  local tx <close> = self.db:begin()
  self.db:run("INSERT OR IGNORE INTO once VALUES (?, ?)", key, clock.now())
  return tx:commit()
end

---The run's users are being deleted: from here on none of them is imported.
---@return true?
---@return string? message
---@return Kind? kind
function Ledger:begin_undo()
  local tx <close> = self.db:begin()
  self.db:exec(schema.UNDO)
  self:set { undo_begun = self:get("undo_begun") or clock.now() }
  return tx:commit()
end

---The intent to delete the users at these places, durable before the first deletion.
---@param chunk integer
---@param places integer[]
---@return true?
---@return string? message
---@return Kind? kind
function Ledger:undoing(chunk, places)
  local tx <close> = self.db:begin()
  self.db:run([[INSERT INTO undo VALUES (?1, 0, 0, 0, ?2)
    ON CONFLICT (chunk) DO UPDATE SET intent = ?2]], chunk, json.encode(json.array(places)))
  return tx:commit()
end

---@class Undone
---@field place integer   the last one of the part
---@field deleted integer
---@field gone integer    already deleted by others
---@field kept {place: integer, position: integer, at: string, why: string, user_id?: string}[]

---Part of a chunk's users has been processed.
---@param chunk integer
---@param part Undone
---@return true?
---@return string? message
---@return Kind? kind
function Ledger:undone(chunk, part)
  local tx <close> = self.db:begin()
  self.db:run([[INSERT INTO undo VALUES (?1, ?2, ?3, ?4, NULL) ON CONFLICT (chunk) DO UPDATE
    SET place = ?2, deleted = deleted + ?3, gone = gone + ?4, intent = NULL]], chunk, part.place,
    part.deleted, part.gone)
  for _, k in ipairs(part.kept) do
    self.db:run("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?, ?, ?)", chunk, k.place,
      k.position, k.at, k.why, k.user_id)
  end
  return tx:commit()
end

crash.around(Ledger, {
  "note", "staged", "set_apart", "sending", "sent", "not_sent", "uncertain", "adopt",
  "send_again", "split", "ended", "harvested", "judged", "requeued", "reopen", "warned",
  "done_once", "begin_undo", "undoing", "undone",
})

for name, read in pairs(queries) do Ledger[name] = read end

return ledger
