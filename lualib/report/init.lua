--- The report of a run: report.json and report.html.

local totals = require "journal.totals"
local canary = require "import.canary"
local clock = require "host.clock"
local codes = require "auth0.codes"
local evidence = require "import.evidence"
local file = require "host.file"
local findings = require "stage.findings"
local halves = require "journal.halves"
local json = require "host.json"
local lost = require "journal.lost"
local html = require "report.html"

local report = {}

local STATUS <const> = {
  [0] = "complete", [1] = "failed", [2] = "failed", [3] = "complete", [4] = "gated",
  [5] = "incomplete", [6] = "failed", [7] = "gated", [8] = "planned", [130] = "interrupted",
}

local MOST_ISOLATED <const> = 100 -- users named

---@class ReportWarning  the first one represents all
---@field code string     maybe with the field: "MAX_LENGTH name"
---@field count integer
---@field message string
---@field at? string      place of the first, for findings of the rules
---@field shape? string   redacted description of its value
---@field fix? string     what to do

---@class Report  the shape of report.json; --json shows a null for a member without a value
---@field run string
---@field recipe string
---@field status string
---@field exit integer
---@field tenant? string      its URL; nil while unknown
---@field connection? string  its name
---@field begun string        ISO 8601, by our clock
---@field written string
---@field records table<string, integer>
---@field users table<string, integer>
---@field jobs table<string, integer>
---@field codes {rejected: table<string, integer>, failed: table<string, integer>}
---@field skipped table<string, integer>
---@field warnings table<string, integer>   by code
---@field warning_list ReportWarning[]
---@field findings? FindingGroup[]  of what was rejected, failed or repaired
---@field alarms integer      responses that match nothing of ours; see log.ndjson
---@field looked_up {jobs: integer, users: integer}  whose summary did not match what was sent
---@field isolated {count: integer, at: string[]}  failed users that make jobs fail, the first ones
---@field rounds integer
---@field balanced boolean
---@field outages integer     of the tenant, in all sessions
---@field seconds {stage: number, import: number, outages: number}
---@field slot_use number
---@field next string|lightuserdata
---@field message? string   why it ended as it did
---@field directory string
---@field logins? {tried: integer, failed: TriedLogin[], blocked: TriedLogin[]}  of a rehearsal;
---  blocked: the password is right, and the recipe maps the user as blocked
---@field faults? FaultTally[]  of a rehearsal with --faults
---@field forecast? {tier: string, hours: number}[]  of a rehearsal: the production estimate
---@field rehearsal? string   the command that rehearses again
---@field losses? Loss[]      what users lose; nil: the program that staged did not note it
---@field undo? UndoFigures
---@field canary? CanaryFigures

local function pick(from, ...)
  local picked = {}
  for _, key in ipairs { ... } do picked[key] = from[key] end
  return picked
end

---Share of the slots' time that jobs took, between the first submit and the last end.
local function slot_use(ledger, slots)
  local row = ledger:job_times()
  local span = row.n > 0 and row.last - row.first or 0
  if span <= 0 then return 0, 0 end
  return math.min(1, row.busy / (span * math.min(slots, row.n))), span
end

---The warnings of the stage; those of the rules have the place, value and fix of the first.
---@param ledger Ledger
---@return ReportWarning[]
function report.warnings(ledger)
  local warnings, firsts = totals.warnings(ledger), ledger:get_table("warned") or {}
  for _, warning in ipairs(warnings) do
    local first = firsts[warning.code] or {}
    warning.at, warning.shape, warning.fix = first.at, first.shape, first.fix
  end
  return json.array(warnings)
end

local function counted(warnings)
  local by_code = {}
  for _, warning in ipairs(warnings) do by_code[warning.code] = warning.count end
  return by_code
end

local function iso(unix)
  return unix and clock.iso(unix) or nil
end

local function round(number, places)
  local factor = 10 ^ places
  return math.floor(number * factor + 0.5) / factor
end

---The fix for a DUPLICATED_USER of known case: a deletion only if a lookup found no user.
local function add_fix(row, finding)
  if finding.code ~= "DUPLICATED_USER" then return end
  if codes.is_twice(finding.code, finding.message) then
    finding.case, finding.fix = "twice", codes.TWICE_FIX
  elseif evidence.is_ghost(row) then
    finding.case, finding.fix = "ghost", codes.GHOST_FIX
  end
end

---A failed user with all its findings, or a repaired one.
local function as_finding(row, is_isolated)
  if row.outcome ~= "requeued" then
    for _, finding in ipairs(row.errors) do
      add_fix(row, finding)
      if is_isolated then finding.case, finding.fix = "isolated", codes.ISOLATED_FIX end
    end
    return { outcome = "failed", at = row.at, errors = row.errors }
  elseif row.why then
    return { outcome = "repaired", at = row.at, errors = {
      { code = row.code, path = row.path, message = row.why,
        fix = "Repaired and sent again; users that failed again are listed under failed." },
    } }
  end
end

---What was rejected, failed or repaired, grouped. Memory does not grow with the records.
---@param ledger Ledger
---@return FindingGroup[]
function report.findings(ledger)
  local failed, has_isolated = findings.new(), halves.isolated(ledger, 0).count > 0
  for row in ledger:failed_or_repaired() do
    local finding = as_finding(row, has_isolated and halves.is_isolated(ledger, row.id))
    if finding then failed:add(finding) end
  end
  local list = failed:list()
  for _, group in ipairs(ledger:get_table("findings") or {}) do list[#list + 1] = group end
  return json.array(findings.sorted(list))
end

local function isolated_of(ledger)
  local isolated = halves.isolated(ledger, MOST_ISOLATED)
  return { count = isolated.count, at = json.array(isolated.at) }
end

---The report from the journal. Without `exit` the totals decide: 0 if nothing is left to do, 1 if
---they do not balance, 3 if records were rejected or failed, 5 if users are pending.
---@param ledger Ledger
---@param options {directory: string, exit?: integer, message?: string, next?: string}
---@return Report
function report.build(ledger, options)
  local figures = totals.figures(ledger)
  local use, import_seconds = slot_use(ledger, ledger:get("slots") or 2)
  local exit = options.exit
  local balanced = totals.balanced(figures)
  local warnings = report.warnings(ledger)
  local outages = ledger:get_table("outages") or { count = 0, seconds = 0 }
  if not exit then
    exit = not balanced and 1 or figures.pending > 0 and 5
      or figures.rejected + figures.failed > 0 and 3 or 0
  end
  return {
    run = ledger:get("run"), recipe = ledger:get("recipe"), status = STATUS[exit], exit = exit,
    tenant = ledger:get("base"), connection = ledger:get("connection"),
    begun = iso(ledger:get("begun")), written = iso(clock.now()),
    records = pick(figures, "read", "extra", "skipped", "unchanged", "rejected", "duplicate",
      "staged"),
    users = pick(figures, "inserted", "updated", "already_there", "failed", "pending"),
    jobs = { submitted = figures.submitted, completed = figures.completed,
      failed = figures.jobs_failed },
    codes = totals.codes(ledger), skipped = totals.skipped(ledger),
    warnings = counted(warnings), warning_list = warnings, rounds = figures.rounds,
    alarms = ledger:get("alarms") or 0,
    isolated = isolated_of(ledger),
    looked_up = { jobs = ledger:get("short_jobs") or 0, users = ledger:get("looked_up") or 0 },
    balanced = balanced, outages = outages.count,
    seconds = { stage = round(ledger:get("stage_seconds") or 0, 3),
      import = round(import_seconds, 3), outages = round(outages.seconds, 3) },
    slot_use = round(use, 4), next = options.next or json.null, message = options.message,
    directory = options.directory,
    losses = lost.report(ledger) or json.null, undo = totals.undone(ledger),
    rehearsal = ledger:get("rehearsal"), canary = canary.figures(ledger),
  }
end

---The report of what ended before anything was done: every figure is zero, and what is not known
---yet is null.
---@return table
function report.empty()
  local none = json.null
  return {
    run = none, recipe = none, tenant = none, connection = none, begun = none, written = none,
    directory = none, plan = none, next = none, undo = none, canary = none, rehearsal = none,
    losses = none,
    records = { read = 0, extra = 0, skipped = 0, unchanged = 0, rejected = 0, duplicate = 0,
      staged = 0 },
    users = { inserted = 0, updated = 0, already_there = 0, failed = 0, pending = 0 },
    jobs = { submitted = 0, completed = 0, failed = 0 },
    codes = { rejected = {}, failed = {} }, skipped = {}, warnings = {},
    warning_list = json.array {}, findings = json.array {}, rounds = 0, alarms = 0,
    looked_up = { jobs = 0, users = 0 }, balanced = true, outages = 0,
    isolated = { count = 0, at = json.array {} },
    seconds = { stage = 0, import = 0, outages = 0 }, slot_use = 0,
  }
end

---Writes report.json and report.html.
---@param dir RunDirectory
---@param statement Report
---@return true?
---@return string? message
---@return Kind? kind
function report.write(dir, statement)
  local written, message, kind = file.write(dir:file("report.html"), html.of(statement))
  if not written then return nil, message, kind end
  return file.write(dir:file("report.json"), assert(json.encode(statement)) .. "\n")
end

---Removes the report of an earlier session, which does not cover what is sent from now on.
---@param dir RunDirectory
function report.discard(dir)
  file.remove(dir:file("report.json"))
  file.remove(dir:file("report.html"))
end

---Reads the report.json of a run.
---@param dir RunDirectory
---@return Report?
---@return string? message
---@return Kind? kind
function report.read(dir)
  local text, message, kind = file.read(dir:file("report.json"))
  if not text then return nil, message, kind end
  local statement
  statement, message, kind = json.decode(text)
  return statement, message, kind
end

return report
