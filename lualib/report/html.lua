--- report.html: the report as one self-contained page, for readers who were not there.

local alarms = require "report.alarms"
local format = require "base.format"
local isolated = require "report.isolated"
local json = require "host.json"
local sorted = require "base.sorted"

local html = {}

local STYLE <const> = [[
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --good: #1a7f37; --bad: #c0392b;
  --mixed: #9a6700 }
@media (prefers-color-scheme: dark) {
  :root { --good: #3fb950; --bad: #ff7b72; --mixed: #d29922 } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem }
.verdict { font-size: 1.1rem; margin: .25rem 0 1.5rem } .good { color: var(--good) }
.bad { color: var(--bad) } .mixed { color: var(--mixed) }
.finding { margin: 0 0 1rem; padding: .1rem 0 .1rem .8rem; border-left: 3px solid var(--line) }
.finding p { margin: .1rem 0; overflow-wrap: anywhere } .soft { opacity: .75 }
.bar { display: flex; height: 1.25rem; border-radius: .3rem; overflow: hidden;
  background: var(--soft) }
.bar span { min-width: 2px }
.inserted { background: #2da44e } .updated { background: #54aeff }
.already_there { background: #a8a29e }
.failed { background: #cf222e } .pending { background: #e3b341 }
table { border-collapse: collapse; width: 100% } td:first-child { white-space: nowrap }
td, th { text-align: left; padding: .3rem .5rem;
  border-bottom: 1px solid var(--line) } td.n, th.n { text-align: right;
  font-variant-numeric: tabular-nums; white-space: nowrap } tr.sum td { font-weight: 600 }
code { background: var(--soft); padding: .1rem .35rem; border-radius: .25rem }
footer { margin-top: 2.5rem; font-size: .85rem; opacity: .7 }
]]

local ENTITY <const> = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

local function escape(value)
  return (tostring(value):gsub('[&<>"]', ENTITY))
end

---1204331 as "1 204 331", with thin spaces.
local function number(n)
  local text = string.format("%d", n)
  local grouped = text:reverse():gsub("(%d%d%d)", "%1\0"):reverse():gsub("^%z", "")
  return (grouped:gsub("%z", "\u{2009}"))
end

local function row(name, n, note, class)
  return string.format('<tr%s><td>%s</td><td class="n">%s</td><td>%s</td></tr>',
    class and ' class="' .. class .. '"' or "", escape(name), number(n), note or "")
end

local VERDICT <const> = {
  complete = "complete", planned = "planned, nothing sent yet", gated = "stopped by a gate",
  interrupted = "interrupted", incomplete = "incomplete", failed = "failed",
}

local RECORDS <const> = {
  { "skipped", "by the recipe" }, { "rejected", "not sent; see rejected.ndjson" },
  { "duplicate", "the same user as another record; see rejected.ndjson" },
  { "staged", "to be imported" },
}

local USERS <const> = {
  { "inserted", "new in the tenant" }, { "updated", "changed by upsert" },
  { "already_there", "existed in the connection; unchanged, passwords included" },
  { "failed", "see failed.ndjson" }, { "pending", "not yet imported" },
}

local function bar(users, total)
  local parts = {}
  for _, entry in ipairs(USERS) do
    local n = users[entry[1]]
    if n > 0 then
      parts[#parts + 1] = string.format('<span class="%s" style="flex:%d" title="%s %s"></span>',
        entry[1], math.max(1, math.floor(n * 1000 / total)), escape(entry[1]), number(n))
    end
  end
  return '<div class="bar">' .. table.concat(parts) .. "</div>"
end

local function counted(title, heading, map)
  local keys, rows = sorted.by_count(map), {}
  if #keys == 0 then return "" end
  for _, key in ipairs(keys) do
    rows[#rows + 1] = string.format('<tr><td>%s</td><td class="n">%s</td></tr>', escape(key),
      number(map[key]))
  end
  return string.format('<h2>%s</h2><table><tr><th>%s</th><th class="n">records</th></tr>%s</table>',
    escape(title), escape(heading), table.concat(rows))
end

local function books(statement)
  local r, u = statement.records, statement.users
  local rows = { row("read from the source", r.read, "", "sum") }
  if r.extra > 0 then rows[#rows + 1] = row("additional users from a record", r.extra) end
  for _, entry in ipairs(RECORDS) do rows[#rows + 1] = row(entry[1], r[entry[1]], entry[2]) end
  rows[#rows + 1] = row("users to import", r.staged, "", "sum")
  for _, entry in ipairs(USERS) do
    local note = entry[2]
    if entry[1] == "inserted" and statement.undo then
      note = number(statement.undo.deleted) .. " deleted by undo"
    end
    rows[#rows + 1] = row(entry[1]:gsub("_", " "), u[entry[1]], note)
  end
  local canary = statement.canary
  if canary then
    local bad = canary.good and canary.users - canary.good
    rows[#rows + 1] = row("canary", canary.users, "sent first: " .. (not bad and "no result yet"
      or bad == 0 and "all inserted or updated" or number(bad) .. " not inserted or updated"))
  end
  return "<table>" .. table.concat(rows) .. "</table>"
end

local MOST_FINDINGS <const> = 40
local OUTCOMES <const> = {
  rejected = "rejected", failed = "failed", repaired = "repaired", duplicate = "duplicate",
}

local function shape(group)
  if not group.shape then return "" end
  return string.format('<p class="soft">%s: %s</p>', group.count > 1 and "first value" or "value",
    escape(group.shape))
end

---What was wrong, where, and what to do, the most frequent first.
local function findings(statement)
  local parts = {}
  for i, group in ipairs(statement.findings or {}) do
    if i > MOST_FINDINGS then
      parts[#parts + 1] = "<p>report.json lists all findings.</p>"
      break
    end
    local places = table.concat(group.examples, ", ")
      .. (group.count > #group.examples and ", ..." or "")
    parts[#parts + 1] = string.format('<div class="finding"><p><b>%s</b> %s &middot; %s %s</p>'
      .. '<p>%s</p><p class="soft">at %s</p>%s<p class="soft">%s</p></div>', escape(group.code),
      escape(group.path), number(group.count), OUTCOMES[group.outcome] or escape(group.outcome),
      escape(group.message), escape(places), shape(group), escape(group.fix or ""))
  end
  return #parts > 0 and "<h2>Findings</h2>" .. table.concat(parts) or ""
end

local function warnings(statement)
  local rows = {}
  for _, warning in ipairs(statement.warning_list or {}) do
    local about = escape(warning.message)
    if warning.at then about = about .. "<br>first at " .. escape(warning.at) end
    if warning.shape then about = about .. ": " .. escape(warning.shape) end
    if warning.fix then about = about .. "<br>" .. escape(warning.fix) end
    rows[#rows + 1] = string.format('<tr><td>%s</td><td class="n">%s</td><td>%s</td></tr>',
      escape(warning.code), number(warning.count), about)
  end
  return #rows > 0 and "<h2>Warnings</h2><table>" .. table.concat(rows) .. "</table>" or ""
end

---What users lose, by what and why.
local function losses(statement)
  local rows = {}
  for _, loss in ipairs(statement.losses ~= json.null and statement.losses or {}) do
    for i, one in ipairs(loss.reasons) do
      local name = i == 1 and loss.what:gsub("_", " ") or ""
      rows[#rows + 1] = string.format('<tr><td>%s</td><td class="n">%s</td><td class="n">%s</td>'
        .. '<td class="n">%s</td><td>%s</td></tr>', name, number(one.users),
        format.percent(one.users / math.max(1, statement.records.staged)),
        number(one.imported), escape(one.reason))
    end
  end
  return #rows > 0 and '<h2>What users lose</h2><table><tr><th></th><th class="n">to import</th>'
    .. '<th class="n">share</th><th class="n">imported</th><th>why</th></tr>'
    .. table.concat(rows) .. "</table>" or ""
end

local function verdict_class(exit)
  return exit == 0 and "good" or exit == 3 and "mixed" or "bad"
end

local function forecast(statement)
  if not statement.forecast then return "" end
  local rows = {}
  for _, one in ipairs(statement.forecast) do
    rows[#rows + 1] = string.format('<tr><td>%s</td><td class="n">%s</td></tr>',
      escape(one.tier), format.duration(one.hours * 3600))
  end
  return '<h2>Production estimate</h2><table><tr><th>tier</th><th class="n">about</th></tr>'
    .. table.concat(rows) .. "</table>"
end

---What an undo has deleted since; "" without one.
local function undone(statement)
  local undo = statement.undo
  if not undo then return "" end
  local kept = 0
  for _, n in pairs(undo.kept) do kept = kept + n end
  local said = undo.finished and "Undone on " .. format.moment(undo.ended)
    or "An undo started on " .. format.moment(undo.begun) .. " and is not finished"
  return string.format('<p class="bad">%s: of the users that this run inserted, %s deleted, %s '
    .. "already gone, %s kept.</p>", said, number(undo.deleted), number(undo.gone), number(kept))
end

local function subject(statement)
  local said = "Recipe " .. (statement.recipe or "unknown")
  if statement.connection then said = said .. " into " .. statement.connection end
  if statement.forecast then
    said = said .. " of the built-in tenant"
  elseif statement.tenant then
    said = said .. " at " .. statement.tenant:gsub("^https://", "")
  end
  if statement.begun then said = said .. ", started " .. format.moment(statement.begun) end
  if statement.written then said = said .. "; as of " .. format.moment(statement.written) end
  return '<p class="soft">' .. escape(said) .. ".</p>"
end

---", 2 outages of the tenant (5 min 40 s)"
local function outages(statement)
  local n = statement.outages or 0
  return n == 0 and "" or string.format(", %s of the tenant (%s)", format.count(n, "outage"),
    format.duration(statement.seconds.outages))
end

---@param statement Report
---@return string html
function html.of(statement)
  local verdict = VERDICT[statement.status] or statement.status
  if statement.exit == 3 then
    verdict = verdict .. "; some records were rejected or failed"
  end
  local parts = {
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>", escape(statement.run),
    "</title><style>", STYLE, "</style><h1>", escape(statement.run), "</h1>", subject(statement),
    string.format('<p class="verdict %s">%s%s</p>', verdict_class(statement.exit), escape(verdict),
      statement.message and ": " .. escape(statement.message) or ""),
    undone(statement),
  }
  if statement.records.staged > 0 then
    parts[#parts + 1] = bar(statement.users, statement.records.staged)
  end
  parts[#parts + 1] = "<h2>Where every record went</h2>"
  parts[#parts + 1] = books(statement)
  parts[#parts + 1] = string.format('<p class="%s">%s</p>', statement.balanced and "good" or "bad",
    statement.balanced and "The books balance: every record is accounted for."
      or "The books do not balance: do not rely on this run before its journal is examined.")
  local alarm = alarms.text(statement)
  if alarm then parts[#parts + 1] = '<p class="bad">Alarm: ' .. escape(alarm) .. ".</p>" end
  local culprits = isolated.text(statement)
  if culprits then parts[#parts + 1] = "<p>" .. escape(culprits) .. ".</p>" end
  parts[#parts + 1] = findings(statement)
  parts[#parts + 1] = counted("Why records were skipped", "reason", statement.skipped)
  parts[#parts + 1] = losses(statement)
  parts[#parts + 1] = warnings(statement)
  if type(statement.next) == "string" and not statement.next:find("^auth0%-migrate report ") then
    parts[#parts + 1] = "<h2>Next</h2><p><code>" .. escape(statement.next) .. "</code></p>"
  end
  parts[#parts + 1] = forecast(statement)
  local j = statement.jobs
  parts[#parts + 1] = string.format("<footer>%s %s, %s completed, %s failed; staged in %s, "
    .. "imported in %s%s; import slots in use %.1f %% of the time.</footer></html>\n",
    number(j.submitted), j.submitted == 1 and "job" or "jobs", number(j.completed),
    number(j.failed),
    format.duration(statement.seconds.stage), format.duration(statement.seconds.import),
    outages(statement),
    statement.slot_use * 100)
  return table.concat(parts)
end

return html
