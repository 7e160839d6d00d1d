--- The sentences and tables that people read, made from the report's numbers.

local alarms = require "migrate.alarms"
local amounts = require "base.amounts"
local json = require "host.json"

local words = {}

words.number, words.count, words.duration = amounts.number, amounts.count, amounts.duration
words.bytes, words.percent, words.rate = amounts.bytes, amounts.percent, amounts.rate

local MOST_LISTED <const> = 5

---"FORMAT 12, CONFLICT_EMAIL 3", the most frequent first.
local function by_count(map)
  local keys = {}
  for key in pairs(map or {}) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    if map[a] ~= map[b] then return map[a] > map[b] end
    return a < b
  end)
  local parts = {}
  for i, key in ipairs(keys) do
    if i > MOST_LISTED then
      parts[#parts + 1] = "and " .. words.number(#keys - MOST_LISTED) .. " more"
      break
    end
    parts[#parts + 1] = key .. " " .. words.number(map[key])
  end
  return table.concat(parts, ", ")
end

---Rows of {label, number, name, note}, numbers aligned.
local function table_of(rows)
  local width = 0
  for _, row in ipairs(rows) do width = math.max(width, #words.number(row[2])) end
  local lines = {}
  for _, row in ipairs(rows) do
    local note = row[4] and row[4] ~= "" and "  " .. row[4] or ""
    local name = note ~= "" and string.format("%-13s", row[3]) or row[3]
    lines[#lines + 1] = string.format("%-9s %" .. width .. "s  %s%s", row[1],
      words.number(row[2]), name, note)
  end
  return lines
end

---Rows of the books, those that are 0 left out where nobody misses them.
local function book_rows(report)
  local records, users = report.records, report.users or {}
  local codes = report.codes or {}
  local rows = { { "records", records.read, "read" } }
  local function add(n, name, note)
    if n and n > 0 then rows[#rows + 1] = { "", n, name, note } end
  end
  add(records.extra, "extra", "users beyond the first of a record")
  add(records.skipped, "skipped", by_count(report.skipped))
  add(records.unchanged, "unchanged")
  add(records.rejected, "rejected", by_count(codes.rejected))
  add(records.duplicate, "duplicate")
  rows[#rows + 1] = { "", records.staged, report.users and "staged" or "fit to be imported" }
  if not report.users then return rows end
  rows[#rows + 1] = { "users", users.inserted, "inserted" }
  add(users.updated, "updated")
  add(users.already_there, "already there", "not touched, passwords included")
  add(users.failed, "failed", by_count(codes.failed))
  add(users.pending, "pending")
  return rows
end

local function append(lines, more)
  for _, line in ipairs(more) do lines[#lines + 1] = line end
end

local function warning_lines(report)
  local lines = {}
  if report.warning_list then
    for _, warning in ipairs(report.warning_list) do
      lines[#lines + 1] = string.format("warning: %s (%s, %s)", warning.message, warning.code,
        words.count(warning.count, "time"))
      lines[#lines + 1] = warning.at and string.format("  first at %s%s", warning.at,
        warning.shape and ": " .. warning.shape or "")
      lines[#lines + 1] = warning.fix and "  " .. warning.fix
    end
  elseif report.warnings and next(report.warnings) then
    lines[1] = "warnings: " .. by_count(report.warnings)
  end
  return lines
end

local function time_line(report)
  local seconds, jobs = report.seconds or {}, report.jobs or {}
  local parts = {}
  if (seconds.stage or 0) > 0 then
    parts[#parts + 1] = "staged in " .. words.duration(seconds.stage)
  end
  if (jobs.submitted or 0) > 0 then
    parts[#parts + 1] = string.format("imported in %s by %s", words.duration(seconds.import or 0),
      words.count(jobs.submitted, "job"))
    if (jobs.failed or 0) > 0 then
      parts[#parts + 1] = words.count(jobs.failed, "job") .. " failed"
    end
    if (report.slot_use or 0) > 0 then
      parts[#parts + 1] = "slots busy " .. words.percent(report.slot_use)
    end
  end
  return #parts > 0 and table.concat(parts, ", ") or nil
end

---"enterprise 9.0 s, production 31 s, free 1 min 30 s"; nil for none.
---@param hours? TierHours[]
---@return string?
local function tier_words(hours)
  local times = {}
  for _, one in ipairs(hours or {}) do
    times[#times + 1] = one.tier .. " " .. words.duration(one.hours * 3600)
  end
  return #times > 0 and table.concat(times, ", ") or nil
end

---What the times rest on.
---@param hours TierHours[]
---@return string
local function assumption(hours)
  local rates = {}
  for i, one in ipairs(hours) do rates[i] = words.number(one.users_an_hour) end
  return table.concat(rates, ", ") .. " users an hour, two jobs at a time with full chunks: rates "
    .. "that Auth0's staff reported, not promised"
end

local BALANCED <const> = "The books balance: every record is accounted for."
local UNBALANCED <const> = "The books do NOT balance: this is a fault of the program; keep the run."

---The files that say more, those with something in them.
local function details(report)
  local files = { report.directory .. "/report.html" }
  local function add(name, ...)
    for _, n in ipairs { ... } do
      if n > 0 then
        files[#files + 1] = name
        return
      end
    end
  end
  add("rejected.ndjson", report.records.rejected, report.records.duplicate)
  add("failed.ndjson", report.users.failed)
  add("already_there.ndjson", report.users.already_there)
  return table.concat(files, ", ")
end

local TOP_GROUPS <const> = 5  -- in the statement of a run
local MOST_GROUPS <const> = 40 -- of a check
local NOUNS <const> = { duplicate = "duplicate", failed = "user", repaired = "user" }

---A group of findings: code, field and number; what is wrong; where; what to do.
local function group_lines(group)
  local path = group.path ~= "" and "  " .. group.path or ""
  local lines = {
    string.format("%s%s  %s%s", group.code, path, words.count(group.count,
      NOUNS[group.outcome] or "record"), group.outcome == "repaired" and " repaired" or ""),
    "  " .. group.message,
    "  at " .. table.concat(group.examples, ", ")
      .. (group.count > #group.examples and ", ..." or ""),
  }
  lines[#lines + 1] = group.shape
    and (group.count > 1 and "  the first is: " or "  it is: ") .. group.shape
  lines[#lines + 1] = group.fix and "  " .. group.fix
  return lines
end

---The first groups, and how many more there are.
local function groups_lines(groups, most, where)
  local lines = {}
  for i = 1, math.min(most, #groups) do
    append(lines, group_lines(groups[i]))
    lines[#lines + 1] = ""
  end
  if #groups > most then
    append(lines, { string.format("and %s: %s", words.count(#groups - most, "more kind of finding",
      "more kinds of findings"), where), "" })
  end
  return lines
end

---What an undo has done, a line; nil when there was none.
---@param undo? UndoFigures
---@return string?
local function undo_line(undo)
  if not undo then return nil end
  local kept = 0
  for _, n in pairs(undo.kept) do kept = kept + n end
  return string.format("%s: %s deleted, %s already gone, %s kept", undo.finished and "UNDONE"
    or "UNDO BEGUN and not finished", words.count(undo.deleted, "user"), words.number(undo.gone),
    words.number(kept))
end

---How many of a rehearsal's logins got in, and who did not.
local function login_lines(logins)
  local lines = { string.format("logins    %s tried, %s right", words.number(logins.tried),
    words.number(logins.tried - #logins.failed)) }
  for _, one in ipairs(logins.failed) do
    lines[#lines + 1] = string.format("  %s: %s", one.id, one.reason or one.result)
  end
  return lines
end

---How often each rule of a rehearsal's faults has hit, so that one that never did is seen.
---@param faults FaultTally[]
local function fault_lines(faults)
  local lines = {}
  for i, one in ipairs(faults) do
    local noun = one.of_job and "job" or "request"
    local how = string.format("%s of %s", words.number(one.hits), words.count(one.matched, noun))
    if one.matched == 0 then
      how = "never: no " .. noun .. " matched"
    elseif one.hits == 0 then
      how = "never, of " .. words.count(one.matched, noun)
    end
    local route = one.route and ", " .. one.route or ""
    lines[i] = string.format("%-9s %2d  %s%s: %s", i == 1 and "faults" or "", one.rule, one["do"],
      route, how)
  end
  return lines
end

---"the first 46 users (1%)"
local function canary_words(canary)
  local asked = canary.asked:find("%%") and " (" .. canary.asked .. ")" or ""
  return "the first " .. words.count(canary.users, "user") .. asked
end

---How the canary came back, a line.
local function canary_line(canary)
  local bad = canary.good and canary.users - canary.good
  return string.format("canary    %s: %s", canary_words(canary), not bad and "not judged"
    or bad == 0 and "all came back clean" or words.number(bad) .. " did not come back clean")
end

---The statement of a run.
---@param report Report
---@return string
function words.statement(report)
  local lines = { string.format("%s: %s", report.run or report.recipe, report.status) }
  lines[#lines + 1] = undo_line(report.undo)
  if report.message and report.message ~= json.null then
    lines[#lines + 1] = report.message:gsub("^" .. report.status .. "; ", "")
  end
  lines[#lines + 1] = ""
  append(lines, table_of(book_rows(report)))
  if report.canary then lines[#lines + 1] = canary_line(report.canary) end
  if report.logins then append(lines, login_lines(report.logins)) end
  if report.faults then append(lines, fault_lines(report.faults)) end
  lines[#lines + 1] = ""
  lines[#lines + 1] = report.balanced and BALANCED or UNBALANCED
  local alarm = alarms.text(report)
  if alarm then lines[#lines + 1] = "ALARM: " .. alarm end
  append(lines, warning_lines(report))
  lines[#lines + 1] = time_line(report)
  local forecast = tier_words(report.forecast)
  if forecast then
    lines[#lines + 1] = "in production the import takes about: " .. forecast
  end
  local groups = {}
  for _, group in ipairs(report.findings or {}) do
    if group.outcome ~= "duplicate" then groups[#groups + 1] = group end
  end
  if #groups > 0 then
    lines[#lines + 1] = ""
    append(lines, groups_lines(groups, TOP_GROUPS, "report.json has all"))
  end
  if report.directory then lines[#lines + 1] = "Details: " .. details(report) end
  return table.concat(lines, "\n") .. "\n"
end

---"bcrypt 120, none 3"
---@param tally TallyFacts
---@return string
local function password_words(tally)
  local said = by_count(tally.algorithms)
  if tally.without_password == 0 then return said end
  return said .. (said ~= "" and ", " or "") .. "none " .. words.number(tally.without_password)
end

---What a check found, grouped.
---@param report Report
---@return string
function words.findings(report)
  local lines = {}
  append(lines, groups_lines(report.findings or {}, MOST_GROUPS, "--json has all"))
  append(lines, table_of(book_rows(report)))
  if report.tally and report.records.staged > 0 and not report.plan then
    lines[#lines + 1] = "passwords " .. password_words(report.tally)
  end
  local warnings = warning_lines(report)
  if #warnings > 0 then
    lines[#lines + 1] = ""
    append(lines, warnings)
  end
  local time = time_line(report)
  if time then
    lines[#lines + 1] = ""
    lines[#lines + 1] = time
  end
  return table.concat(lines, "\n") .. "\n"
end

---What an import would send, how long it takes, what is odd.
---@param plan Plan
---@return string
function words.plan(plan)
  local lines = {
    string.format("to send   %s in %s, %s", words.count(plan.users, "user"),
      words.count(plan.jobs, "job"), words.bytes(plan.bytes)),
  }
  if plan.left_out then
    local r = plan.left_out
    lines[#lines + 1] = string.format("left out  %s skipped, %s rejected, %s duplicate",
      words.number(r.skipped), words.number(r.rejected), words.number(r.duplicate))
  end
  if plan.connection then lines[#lines + 1] = "into      " .. plan.connection end
  local times = tier_words(plan.hours)
  if times then
    lines[#lines + 1] = "takes     about " .. times
    lines[#lines + 1] = "assumed   " .. assumption(plan.hours)
  end
  local t = plan.tally
  if t then
    lines[#lines + 1] = string.format("a user    %s in the middle, %s at most",
      words.bytes(t.median), words.bytes(t.largest))
    lines[#lines + 1] = "passwords " .. password_words(t)
  end
  if plan.canary then
    lines[#lines + 1] = string.format("canary    %s: %s", canary_words(plan.canary),
      plan.canary.users < plan.users and "alone, before the rest" or "all there are")
  end
  if plan.upsert then lines[#lines + 1] = "upsert    on" end
  for _, risk in ipairs(plan.risks or {}) do lines[#lines + 1] = "mind      " .. risk end
  return table.concat(lines, "\n") .. "\n"
end

---"2026-11-24 16:51 UTC" of an ISO time.
local function moment(iso)
  return iso:gsub("T", " "):sub(1, 16) .. " UTC"
end

local STALE <const> = 60 -- seconds; whoever works has said nothing for longer

---"import: 120 of 400 users, 33/s, 8 s left"
local function progress_line(progress)
  local parts = { string.format("import: %s of %s", words.number(progress.users),
    words.count(progress.total, "user")) }
  if progress.users_per_second then
    parts[2] = words.rate(progress.users_per_second)
    parts[3] = words.duration(progress.eta_seconds) .. " left"
  end
  if progress.seen_seconds > STALE then
    parts[#parts + 1] = "as it was " .. words.duration(progress.seen_seconds) .. " ago"
  end
  return table.concat(parts, ", ")
end

---How far a run is.
---@param status table  of session.status
---@return string
function words.status(status)
  local state = status.finished and "finished" or not status.staged and "staging" or "unfinished"
  local lines = { string.format("%s: %s", status.run, state) }
  lines[#lines + 1] = undo_line(status.undo)
  lines[#lines + 1] = ""
  append(lines, table_of(book_rows(status)))
  local chunks = by_count(status.chunks)
  if chunks ~= "" then
    lines[#lines + 1] = ""
    lines[#lines + 1] = "chunks: " .. chunks
  end
  lines[#lines + 1] = status.progress and progress_line(status.progress)
  for _, job in ipairs(status.active or {}) do
    lines[#lines + 1] = string.format("job %s: chunk %d, for %s%s%s", job.id or "(not yet known)",
      job.chunk, words.duration(math.max(0, job.seconds or 0)),
      job.percentage and ", " .. words.percent(job.percentage / 100) or "",
      job.kept_until and ", its result kept until " .. moment(job.kept_until) or "")
  end
  if status.progress and status.progress.foreign > 0 then
    lines[#lines + 1] = words.count(status.progress.foreign, "import job")
      .. " of others in the slots"
  end
  for _, one in ipairs(status.errors or {}) do
    lines[#lines + 1] = string.format("%s: chunk %d: %s", one.at and moment(one.at) or "lately",
      one.chunk, one.message)
  end
  return table.concat(lines, "\n") .. "\n"
end

return words
