--- The report of a run and the findings of a check as text.

local alarms = require "report.alarms"
local coverage_text = require "cli.text.coverage"
local format = require "base.format"
local isolated = require "report.isolated"
local losses_text = require "cli.text.losses"
local tables = require "cli.text.tables"
local json = require "host.json"
local command = require "base.command"
local warnings_text = require "cli.text.warnings"

local report_text = {}

local function warning_lines(report)
  if report.warning_list then return warnings_text.lines(report.warning_list) end
  if not report.warnings or not next(report.warnings) then return {} end
  return { "warnings: " .. tables.by_count(report.warnings) }
end

local function time_line(report)
  local seconds, jobs = report.seconds or {}, report.jobs or {}
  local parts = {}
  if (seconds.stage or 0) > 0 then
    parts[#parts + 1] = "staged in " .. format.duration(seconds.stage)
  end
  if (jobs.submitted or 0) > 0 then
    local ended = (jobs.completed or 0) + (jobs.failed or 0) > 0
    parts[#parts + 1] = not ended and format.count(jobs.submitted, "job") .. " started, none ended"
      or string.format("imported in %s by %s", format.duration(seconds.import or 0),
      format.count(jobs.submitted, "job"))
    if (jobs.failed or 0) > 0 then
      parts[#parts + 1] = format.count(jobs.failed, "job") .. " failed"
    end
    if (report.slot_use or 0) > 0 then
      parts[#parts + 1] = "slots busy " .. format.percent(report.slot_use)
    end
  end
  return #parts > 0 and table.concat(parts, ", ") or nil
end

local BALANCED <const> = "The books balance: every record is accounted for."
local UNBALANCED <const> = "The books do NOT balance: this is a bug in auth0-migrate; keep the run."

---The files with details that are not empty.
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
  if report.undo and next(report.undo.kept) then files[#files + 1] = "kept.ndjson" end
  return table.concat(files, ", ")
end

local TOP_GROUPS <const> = 5  -- of a run
local MOST_GROUPS <const> = 40 -- of a check
local NOUNS <const> = { duplicate = "duplicate", failed = "user", repaired = "repair" }

---A group of findings: code, field and count; what is wrong; where; what to do.
local function group_lines(group)
  local where = group.path ~= "" and "  " .. group.path or ""
  local lines = {
    string.format("%s%s  %s", group.code, where, format.count(group.count,
      NOUNS[group.outcome] or "record")),
    "  " .. group.message,
    "  at " .. table.concat(group.examples, ", ")
      .. (group.count > #group.examples and ", ..." or ""),
  }
  lines[#lines + 1] = group.shape
    and (group.count > 1 and "  first value: " or "  value: ") .. group.shape
  lines[#lines + 1] = group.fix and "  " .. group.fix
  return lines
end

---The first groups and the number of further ones.
local function groups_lines(groups, most, where)
  local lines = {}
  for i = 1, math.min(most, #groups) do
    tables.append(lines, group_lines(groups[i]))
    lines[#lines + 1] = ""
  end
  if #groups > most then
    local more = format.count(#groups - most, "more kind of finding", "more kinds of findings")
    tables.append(lines, { string.format("and %s, see %s", more, where), "" })
  end
  return lines
end

---The logins that a rehearsal tried: how many succeeded, which failed, and which are refused as the
---recipe has it; a report of an earlier release does not have those apart.
local function login_lines(logins)
  local blocked = logins.blocked or {}
  local lines = { string.format("logins    %s tried, %s succeeded%s", format.number(logins.tried),
    format.number(logins.tried - #logins.failed - #blocked),
    #blocked > 0 and ", " .. format.number(#blocked) .. " blocked, as mapped" or "") }
  for _, list in ipairs { logins.failed, blocked } do
    for _, one in ipairs(list) do
      lines[#lines + 1] = string.format("  %s: %s", one.id, one.reason or one.result)
    end
  end
  return lines
end

---How often each fault rule of a rehearsal was applied, including rules that never were.
local function fault_lines(faults)
  local lines = {}
  for i, one in ipairs(faults) do
    local noun = one.of_job and "matching job" or "matching request"
    local how = one.matched == 0 and "no " .. noun
      or format.number(one.hits) .. " of " .. format.count(one.matched, noun)
    local route = one.route and ", " .. one.route or ""
    lines[i] = string.format("%-9s %2d  %s%s: %s", i == 1 and "faults" or "", one.rule, one["do"],
      route, how)
  end
  return lines
end

local function canary_line(canary)
  local bad = canary.good and canary.users - canary.good
  return string.format("canary    %s: %s", tables.canary(canary), not bad and "not evaluated"
    or bad == 0 and "all imported" or format.number(bad) .. " not imported")
end

local function outage_line(report)
  if (report.outages or 0) == 0 then return nil end
  return string.format("outages   %s of the tenant, %s in all", format.number(report.outages),
    format.duration(report.seconds.outages))
end

local RETRIED <const> = "Before you retry, repair the users in failed.ndjson or add a `fix` to the "
  .. "recipe; users whose lines you remove stay failed."

local function is_retried(report)
  local retry = report.directory and command.line { "retry", report.directory }
  return retry and type(report.next) == "string" and report.next:sub(1, #retry) == retry
end

---The tenant and connection; nil for a rehearsal, whose tenant no longer exists.
local function whereto(report)
  local host = report.tenant and report.tenant:match("^https://(.+)$")
  if not host then return nil end
  return "into " .. (report.connection and report.connection .. " at " or "") .. host
end

local function given(value)
  return value ~= json.null and value or nil
end

---The report of a run.
---@param report Report
---@return string
function report_text.statement(report)
  local lines = { string.format("%s: %s", report.run or report.recipe, report.status) }
  lines[#lines + 1] = whereto(report)
  lines[#lines + 1] = tables.undo(report.undo)
  if report.message ~= json.null then lines[#lines + 1] = report.message end
  lines[#lines + 1] = ""
  tables.append(lines, tables.books(report))
  if report.canary then lines[#lines + 1] = canary_line(report.canary) end
  lines[#lines + 1] = outage_line(report)
  if report.logins then tables.append(lines, login_lines(report.logins)) end
  if report.faults then tables.append(lines, fault_lines(report.faults)) end
  lines[#lines + 1] = ""
  lines[#lines + 1] = report.balanced and BALANCED or UNBALANCED
  local alarm = alarms.text(report)
  if alarm then lines[#lines + 1] = "ALARM: " .. alarm end
  lines[#lines + 1] = isolated.text(report)
  tables.append(lines, warning_lines(report))
  lines[#lines + 1] = time_line(report)
  local forecast = tables.tiers(report.forecast)
  if forecast then
    lines[#lines + 1] = "estimated import time by tier: " .. forecast
  end
  local groups = {}
  for _, group in ipairs(report.findings or {}) do
    if group.outcome ~= "duplicate" then groups[#groups + 1] = group end
  end
  if #groups > 0 then
    lines[#lines + 1] = ""
    tables.append(lines, groups_lines(groups, TOP_GROUPS, "report.json"))
  end
  local lost = losses_text.lines(given(report.losses))
  if lost[1] and #groups == 0 then lines[#lines + 1] = "" end
  tables.append(lines, lost)
  if lost[1] and report.directory then
    lines[#lines + 1] = "People to write to: " .. command.line { "lists", report.directory }
  end
  if lost[1] then lines[#lines + 1] = "" end
  if report.directory then lines[#lines + 1] = "Details: " .. details(report) end
  lines[#lines + 1] = is_retried(report) and RETRIED or nil
  return tables.text(lines)
end

---The gates that would stop a run.
local function gate_lines(stopped)
  local lines = {}
  for i, gate in ipairs(stopped) do
    lines[i] = string.format("STOP: %s; a run would send nothing (%s if this is meant)",
      gate.message, gate.option)
  end
  return lines
end

---The findings of a check, grouped.
---@param report Report
---@return string
function report_text.findings(report)
  local lines = {}
  tables.append(lines, groups_lines(report.findings or {}, MOST_GROUPS, "--json"))
  tables.append(lines, tables.books(report))
  if report.tally and report.records.staged > 0 and not report.plan then
    lines[#lines + 1] = "passwords " .. tables.passwords(report.tally)
    local large = report.tally.large
    if large then lines[#lines + 1] = "large     " .. large.summary end
  end
  for _, part in ipairs {
    report.coverage and coverage_text.lines(report.coverage) or {},
    losses_text.lines(report.losses), warning_lines(report),
    gate_lines(report.gates or {}),
  } do
    if #part > 0 then lines[#lines + 1] = "" end
    tables.append(lines, part)
  end
  local time = time_line(report)
  if time then
    lines[#lines + 1] = ""
    lines[#lines + 1] = time
  end
  return tables.text(lines)
end

return report_text
