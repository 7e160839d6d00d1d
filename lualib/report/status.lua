--- The progress of a run, for another terminal: read from the journal alone, also while it runs.

local clock = require "host.clock"
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

---The progress of an import: as last saved, or from the totals if they are ahead.
local function progress_of(seen, users)
  if not seen.at then return nil end
  local rate = seen.rate and seen.rate > 0 and seen.rate or nil
  local done = users.inserted + users.updated + users.already_there + users.failed
  done = math.min(math.max(seen.users, done), seen.total)
  return {
    users = done, total = seen.total, users_per_second = rate, foreign = seen.foreign,
    eta_seconds = rate and (seen.total - done) / rate, seen_seconds = since(seen.at),
  }
end

---@param book Ledger
---@param directory string
---@return Status
function status.of(book, directory)
  local statement = report.build(book, { directory = directory })
  local seen = book:get_table("progress") or {}
  statement.chunks = book:chunks_by_state()
  statement.active, statement.errors = active_jobs(book, seen.jobs or {}), errors_of(book)
  statement.deadline = statement.active[1] and statement.active[1].kept_until
  statement.staged = book:get("staged_at") ~= nil
  statement.agreed = book:get("consent") ~= nil
  statement.finished = book:get("finished_at") ~= nil
  if not statement.finished then statement.progress = progress_of(seen, statement.users) end
  return statement
end

return status
