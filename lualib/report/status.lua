--- The progress of a run, for another terminal: read from the journal alone, also while it runs.

local clock = require "host.clock"
local command = require "base.command"
local exit_status = require "base.exit_status"
local json = require "host.json"
local limits = require "auth0.limits"
local report = require "report"

local status = {}

local MOST_ERRORS <const> = 5

---@class StatusJob
---@field id string
---@field chunk integer
---@field users integer
---@field state string
---@field seconds number       since its submit
---@field percentage? number   done, as last reported
---@field kept_until string    ISO; later the tenant no longer has its results

---@class Status : Report
---@field chunks table<string, integer>  by state
---@field active StatusJob[]
---@field errors {at: string, chunk: integer, message: string}[]  the newest first
---@field deadline? string   of the result that expires first
---@field progress? {users: integer, total: integer, users_per_second?: number,
---eta_seconds?: number, foreign: integer, seen_seconds: number}  of an import that has started
---@field staged boolean
---@field agreed boolean     the operator has agreed to the import
---@field finished boolean
---@field working boolean    a process works on the run
---@field lock LockHolder|lightuserdata  that process
---@field outage StatusOutage|lightuserdata  the present one

---@class StatusOutage  ISO 8601
---@field since string
---@field next_try? string       nil: the tenant is being tried
---@field patience_until string
---@field why string             "status 503"

---Seconds since a time; never negative, even if the clock was set back.
local function since(time)
  return math.max(0, clock.now() - time)
end

local function active_jobs(book, percentages)
  local list = {}
  for _, job in ipairs(book:open_jobs()) do
    list[#list + 1] = {
      id = job.id, chunk = job.chunk, users = book:chunk(job.chunk).users, state = job.state,
      seconds = since(job.submitted), percentage = percentages[job.id],
      kept_until = clock.iso(job.submitted + limits.JOB_KEPT_SECONDS),
    }
  end
  return json.array(list)
end

local function errors_of(book)
  local list = {}
  for row in book:last_errors(MOST_ERRORS) do
    list[#list + 1] = { at = row.at and clock.iso(row.at), chunk = row.chunk,
      message = row.message }
  end
  return json.array(list)
end

local STALE <const> = 60 -- seconds without an update, after which a rate says nothing

---The progress of an import: as last saved, or from the totals if they are ahead.
local function progress_of(seen, users, moves)
  if not seen.at then return nil end
  moves = moves and since(seen.at) <= STALE
  local rate = moves and seen.rate and seen.rate > 0 and seen.rate or nil
  local done = users.inserted + users.updated + users.already_there + users.failed
  done = math.min(math.max(seen.users, done), seen.total)
  return {
    users = done, total = seen.total, users_per_second = rate, foreign = seen.foreign,
    eta_seconds = rate and (seen.total - done) / rate, seen_seconds = since(seen.at),
  }
end

---The status of a run that could not be read.
---@return table
function status.empty()
  local statement = report.empty()
  statement.plan, statement.findings = nil, nil -- of the report alone
  statement.deadline, statement.progress = json.null, json.null
  statement.chunks, statement.active, statement.errors = {}, json.array {}, json.array {}
  statement.staged, statement.agreed, statement.finished = false, false, false
  statement.working, statement.lock, statement.outage = false, json.null, json.null
  return statement
end

---The outage that the process which works on the run waits out.
local function outage_of(book, holder)
  local present = (book:get_table("outages") or {}).present
  if not (present and holder and holder.pid == present.pid) then return nil end
  local waits = present.next_try and present.next_try > clock.now()
  return { since = clock.iso(present.since), why = present.why,
    next_try = waits and clock.iso(present.next_try) or nil,
    patience_until = clock.iso(present.patience_until) }
end

local function given(value)
  return value ~= json.null and value or nil
end

---The command that brings an unfinished run forward: the one that its last session named, unless
---that session was killed and left no report.
local function continuation(book, resume, last)
  local rehearsal = book:get "rehearsal"
  if rehearsal then return rehearsal end
  local is_current = last and last.status ~= "complete"
  return is_current and given(last.next) or resume
end

---@param statement Status
---@param book Ledger
---@param last? Report  as its last session wrote it
---@return string?
local function next_of(statement, book, last)
  local function on_run(name) return command.line { name, statement.directory } end
  if statement.working then return nil end
  if statement.undo then
    return not statement.undo.finished and on_run "undo" or nil
  end
  if not statement.finished then
    return continuation(book, on_run "resume", last)
  end
  if last then return given(last.next) end
  return book:has_failed() and on_run "retry" or nil
end

---@param book Ledger
---@param dir RunDirectory
---@param holder? LockHolder  the process that works on the run, read before the journal was opened
---@return Status
function status.of(book, dir, holder)
  local statement = report.build(book, { directory = dir.path })
  local seen = book:get_table("progress") or {}
  statement.chunks = book:chunks_by_state()
  statement.active, statement.errors = active_jobs(book, seen.jobs or {}), errors_of(book)
  statement.deadline = statement.active[1] and statement.active[1].kept_until
  statement.staged = book:get("staged_at") ~= nil
  statement.agreed = book:get("consent") ~= nil
  statement.finished = book:get("finished_at") ~= nil
  if not statement.finished and statement.status == "complete" then
    statement.status, statement.exit = "incomplete", exit_status.of "temporary"
  end
  statement.working = holder ~= nil
  statement.lock = holder or json.null
  local outage = outage_of(book, holder)
  statement.outage = outage or json.null
  if not statement.finished then
    statement.progress = progress_of(seen, statement.users, holder and not outage)
  end
  statement.next = next_of(statement, book, report.read(dir)) or json.null
  return statement
end

return status
