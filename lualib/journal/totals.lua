--- The figures of the report. Each is counted from the journal's tables; none is a remainder.

local clock = require "host.clock"
local text = require "host.text"

local totals = {}

local BOOKS <const> = [[
SELECT
  (SELECT value FROM run WHERE key = 'read') AS read,
  (SELECT value FROM run WHERE key = 'extra') AS extra,
  (SELECT sum(n) FROM skipped) AS skipped,
  (SELECT count(*) FROM rejected WHERE outcome = 'rejected') AS rejected,
  (SELECT count(*) FROM rejected WHERE outcome = 'duplicate') AS duplicate,
  (SELECT sum(users) FROM chunk WHERE round = 1 AND state <> 'split') AS staged,
  (SELECT sum(inserted) FROM chunk)
    + (SELECT count(*) FROM failure WHERE outcome = 'inserted') AS inserted,
  (SELECT sum(updated) FROM chunk)
    + (SELECT count(*) FROM failure WHERE outcome = 'updated') AS updated,
  (SELECT count(*) FROM failure WHERE outcome = 'already_there') AS already_there,
  (SELECT count(*) FROM failure WHERE outcome IN ('failed', 'judged')) AS failed,
  (SELECT sum(users) FROM chunk WHERE state NOT IN ('harvested', 'split')) AS chunks_pending,
  (SELECT count(*) FROM failure WHERE outcome = 'open') AS unjudged,
  (SELECT count(*) FROM failure WHERE outcome = 'requeued') AS requeued,
  (SELECT max(round) FROM chunk) AS rounds,
  (SELECT count(*) FROM job) AS submitted,
  (SELECT count(*) FROM job WHERE state = 'completed') AS completed,
  (SELECT count(*) FROM job WHERE state IN ('failed', 'lost')) AS jobs_failed
]]

---@param ledger Ledger
---@return table<string, integer>
function totals.figures(ledger)
  local row = ledger.db:row(BOOKS)
  local figures = {}
  for _, key in ipairs { "read", "extra", "skipped", "rejected", "duplicate", "staged", "inserted",
    "updated", "already_there", "failed", "requeued", "submitted", "completed", "jobs_failed" } do
    figures[key] = row[key] or 0
  end
  figures.pending = (row.chunks_pending or 0) + (row.unjudged or 0)
  figures.rounds = row.rounds or 0
  figures.unchanged = 0
  return figures
end

local function counts(db, sql)
  local map = {}
  for row in db:rows(sql) do map[row.key] = row.n end
  return map
end

---Counts by what a recipe or the tenant said: those that differ in a value only are one.
local function redacted(counted)
  local map = {}
  for key, n in pairs(counted) do
    key = text.redact(key)
    map[key] = (map[key] or 0) + n
  end
  return map
end

---Rejected and failed records by their first code.
---@param ledger Ledger
---@return {rejected: table<string, integer>, failed: table<string, integer>}
function totals.codes(ledger)
  return {
    rejected = redacted(counts(ledger.db, [[SELECT code AS key, count(*) AS n FROM rejected
      WHERE outcome = 'rejected' GROUP BY code]])),
    failed = redacted(counts(ledger.db, [[SELECT code AS key, count(*) AS n FROM failure
      WHERE outcome IN ('failed', 'judged') GROUP BY code]])),
  }
end

---@param ledger Ledger
---@return table<string, integer> by reason
function totals.skipped(ledger)
  return redacted(counts(ledger.db, "SELECT reason AS key, n FROM skipped"))
end

---@param ledger Ledger
---@return {code: string, count: integer, message: string}[]  with the first message
function totals.warnings(ledger)
  local list = {}
  for row in ledger.db:rows("SELECT code, n, message FROM warning ORDER BY code") do
    list[#list + 1] = { code = row.code, count = row.n, message = row.message }
  end
  return list
end

---@param ledger Ledger
---@return integer users  that may have been sent and have no result yet
function totals.in_flight(ledger)
  return ledger.db:value([[SELECT
    (SELECT ifnull(sum(users), 0) FROM chunk
      WHERE state NOT IN ('harvested', 'split') AND first_intent IS NOT NULL)
    + (SELECT count(*) FROM failure WHERE outcome = 'open')]])
end

---Users that may have been inserted: all of a chunk that does not say which were only updated.
---@param ledger Ledger
---@return integer
function totals.inserted(ledger)
  return ledger.db:value([[SELECT
    (SELECT ifnull(sum(CASE WHEN inserted > 0 THEN inserted + updated ELSE 0 END), 0) FROM chunk)
    + (SELECT count(*) FROM failure WHERE outcome = 'inserted')]])
end

---@class UndoFigures
---@field deleted integer
---@field gone integer   did not exist any longer
---@field kept table<string, integer>  by reason
---@field finished boolean
---@field begun string   ISO 8601
---@field ended? string  when it was finished

local function iso(unix)
  return unix and clock.iso(unix) or nil
end

---@param ledger Ledger
---@return UndoFigures?  so far; nil without an undo
function totals.undone(ledger)
  if not ledger:get("undo_begun") then return nil end
  local row = ledger.db:row([[SELECT ifnull(sum(deleted), 0) AS deleted,
    ifnull(sum(gone), 0) AS gone FROM undo]])
  return {
    deleted = row.deleted, gone = row.gone, finished = ledger:get("undo_finished") ~= nil,
    begun = iso(ledger:get("undo_begun")), ended = iso(ledger:get("undo_finished")),
    kept = counts(ledger.db, "SELECT why AS key, count(*) AS n FROM kept GROUP BY why"),
  }
end

---Whether both sums hold: every record read and every user staged is accounted for.
---@param f table<string, integer>  of totals.figures
---@return boolean
function totals.balanced(f)
  return f.read + f.extra == f.skipped + f.unchanged + f.rejected + f.duplicate + f.staged
    and f.staged == f.inserted + f.updated + f.already_there + f.failed + f.pending
end

return totals
