--- The status of a run as text.

local format = require "base.format"
local json = require "host.json"
local lock = require "journal.lock"
local outage_text = require "cli.text.outage"
local path = require "base.path"
local tables = require "cli.text.tables"

local status_text = {}

---"import: 120 of 400 users, 33/s, 8 s left"
local function progress_line(progress)
  local parts = { string.format("import: %s of %s", format.number(progress.users),
    format.count(progress.total, "user")) }
  if progress.users_per_second then
    parts[2] = format.rate(progress.users_per_second)
    parts[3] = format.duration(progress.eta_seconds) .. " left"
  end
  if not progress.users_per_second then
    parts[#parts + 1] = "last update " .. format.duration(progress.seen_seconds) .. " ago"
  end
  return table.concat(parts, ", ")
end

local function state_of(status)
  if status.finished then return "finished" end
  if not status.run then return "starting" end
  if not status.staged then return status.working and "staging" or "not staged completely" end
  return status.agreed and "unfinished" or "planned, waiting for consent"
end

---Whether a process works on the run, and which.
local function working_line(status)
  if status.working then return "working: " .. lock.describe(status.lock) end
  return not status.finished and "no process works on this run" or nil
end

---@param status Status
---@return string
function status_text.of(status)
  local name = status.run or path.basename(status.directory) -- without a journal: it is starting
  local lines = { string.format("%s: %s", name, state_of(status)) }
  lines[#lines + 1] = working_line(status)
  lines[#lines + 1] = tables.undo(status.undo)
  lines[#lines + 1] = ""
  tables.append(lines, tables.books(status))
  local chunks = tables.by_count(status.chunks)
  if chunks ~= "" then
    lines[#lines + 1] = ""
    lines[#lines + 1] = "chunks: " .. chunks
  end
  local is_out = status.outage and status.outage ~= json.null
  lines[#lines + 1] = is_out and outage_text.long(status.outage) or nil
  lines[#lines + 1] = status.progress and progress_line(status.progress)
  for _, job in ipairs(status.active or {}) do
    lines[#lines + 1] = string.format("job %s: chunk %d, for %s%s%s", job.id or "(id unknown)",
      job.chunk, format.duration(math.max(0, job.seconds or 0)),
      job.percentage and ", " .. format.percent(job.percentage / 100) or "",
      job.kept_until and ", result available until " .. format.moment(job.kept_until) or "")
  end
  if status.progress and status.progress.foreign > 0 then
    lines[#lines + 1] = format.count(status.progress.foreign, "import slot")
      .. " in use by other programs"
  end
  for _, one in ipairs(status.errors or {}) do
    lines[#lines + 1] = string.format("%s: chunk %d: %s",
      one.at and format.moment(one.at) or "recently", one.chunk, one.message)
  end
  return tables.text(lines)
end

return status_text
