--- What people read of a run that goes on, or was broken off.

local amounts = require "base.format"
local figures = require "cli.text.tables"
local path = require "base.path"

local status_words = {}

local STALE <const> = 60 -- seconds; whoever works has said nothing for longer

---"import: 120 of 400 users, 33/s, 8 s left"
local function progress_line(progress)
  local parts = { string.format("import: %s of %s", amounts.number(progress.users),
    amounts.count(progress.total, "user")) }
  if progress.users_per_second then
    parts[2] = amounts.rate(progress.users_per_second)
    parts[3] = amounts.duration(progress.eta_seconds) .. " left"
  end
  if progress.seen_seconds > STALE then
    parts[#parts + 1] = "as it was " .. amounts.duration(progress.seen_seconds) .. " ago"
  end
  return table.concat(parts, ", ")
end

local function state_of(status)
  if status.finished then return "finished" end
  if not status.staged then return "staging" end
  return status.agreed and "unfinished" or "planned, waiting for consent"
end

---What to type when nobody works on the run; nil where somebody was seen at work just now.
local function resume_line(status)
  local seen = status.progress and status.progress.seen_seconds
  if status.finished or status.undo or seen and seen <= STALE then return nil end
  return string.format("unless a program works on it: auth0-migrate resume %s",
    path.quote(status.directory))
end

---How far a run is.
---@param status Status
---@return string
function status_words.of(status)
  local lines = { string.format("%s: %s", status.run, state_of(status)) }
  lines[#lines + 1] = figures.undo(status.undo)
  lines[#lines + 1] = ""
  figures.append(lines, figures.books(status))
  local chunks = figures.by_count(status.chunks)
  if chunks ~= "" then
    lines[#lines + 1] = ""
    lines[#lines + 1] = "chunks: " .. chunks
  end
  lines[#lines + 1] = status.progress and progress_line(status.progress)
  for _, job in ipairs(status.active or {}) do
    lines[#lines + 1] = string.format("job %s: chunk %d, for %s%s%s", job.id or "(not yet known)",
      job.chunk, amounts.duration(math.max(0, job.seconds or 0)),
      job.percentage and ", " .. amounts.percent(job.percentage / 100) or "",
      job.kept_until and ", its result kept until " .. amounts.moment(job.kept_until) or "")
  end
  if status.progress and status.progress.foreign > 0 then
    lines[#lines + 1] = amounts.count(status.progress.foreign, "import job")
      .. " of others in the slots"
  end
  for _, one in ipairs(status.errors or {}) do
    lines[#lines + 1] = string.format("%s: chunk %d: %s",
      one.at and amounts.moment(one.at) or "lately", one.chunk, one.message)
  end
  lines[#lines + 1] = resume_line(status)
  return table.concat(lines, "\n") .. "\n"
end

return status_words
