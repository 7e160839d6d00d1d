--- Lines and tables shared by several texts: the books, counts, times by tier.

local format = require "base.format"
local foreign = require "host.text"
local sorted = require "base.sorted"

local tables = {}

local MOST_LISTED <const> = 5
local LONGEST <const> = 8000 -- bytes of a line

---"FORMAT 12, CONFLICT_EMAIL 3", the most frequent first.
---@param map? table<string, integer>
---@return string
function tables.by_count(map)
  local keys, parts = sorted.by_count(map), {}
  for i, key in ipairs(keys) do
    if i > MOST_LISTED then
      parts[#parts + 1] = "and " .. format.number(#keys - MOST_LISTED) .. " more"
      break
    end
    parts[#parts + 1] = key .. " " .. format.number(map[key])
  end
  return table.concat(parts, ", ")
end

---Rows of {label, number, name, note}, numbers aligned.
local function table_of(rows)
  local width = 0
  for _, row in ipairs(rows) do width = math.max(width, #format.number(row[2])) end
  local lines = {}
  for _, row in ipairs(rows) do
    local note = row[4] and row[4] ~= "" and "  " .. row[4] or ""
    local name = note ~= "" and string.format("%-13s", row[3]) or row[3]
    lines[#lines + 1] = string.format("%-9s %" .. width .. "s  %s%s", row[1],
      format.number(row[2]), name, note)
  end
  return lines
end

---Rows of texts as aligned lines.
---@param rows string[][]
---@param right table<integer, boolean>  columns that are aligned on the right
---@return string[]
function tables.aligned(rows, right)
  local widths = {}
  for _, row in ipairs(rows) do
    for i, cell in ipairs(row) do
      widths[i] = math.max(widths[i] or 0, utf8.len(cell) or #cell)
    end
  end
  local lines = {}
  for i, row in ipairs(rows) do
    local cells = {}
    for k, cell in ipairs(row) do
      local fill = (" "):rep(widths[k] - (utf8.len(cell) or #cell))
      cells[k] = right[k] and fill .. cell or cell .. fill
    end
    lines[i] = (table.concat(cells, "  "):gsub(" +$", ""))
  end
  return lines
end

---Rows of the books. Most rows are omitted if their number is 0.
local function book_rows(report)
  local records, users = report.records, report.users or {}
  local codes = report.codes or {}
  local rows = { { "records", records.read, "read" } }
  local function add(n, name, note)
    if n and n > 0 then rows[#rows + 1] = { "", n, name, note } end
  end
  add(records.extra, "extra", "users beyond the first of a record")
  add(records.skipped, "skipped", tables.by_count(report.skipped))
  add(records.unchanged, "unchanged")
  add(records.rejected, "rejected", tables.by_count(codes.rejected))
  add(records.duplicate, "duplicate")
  rows[#rows + 1] = { "", records.staged, report.users and "staged" or "ready to import" }
  if not report.users then return rows end
  rows[#rows + 1] = { "users", users.inserted, "inserted", report.undo
    and format.number(report.undo.deleted) .. " deleted by undo" }
  add(users.updated, "updated")
  add(users.already_there, "already there", "unchanged, including their passwords")
  add(users.failed, "failed", tables.by_count(codes.failed))
  add(users.pending, "pending")
  return rows
end

---The books of a run or a check as aligned lines.
---@param report Report|table  or a status, which has the same fields
---@return string[]
function tables.books(report)
  return table_of(book_rows(report))
end

---@param lines string[]
---@param more string[]
function tables.append(lines, more)
  for _, line in ipairs(more) do lines[#lines + 1] = line end
end

---A text of lines. Each stays one line, whatever it quotes.
---@param lines string[]
---@return string
function tables.text(lines)
  local shown = {}
  for i, line in ipairs(lines) do shown[i] = foreign.printable(line, LONGEST) end
  return table.concat(shown, "\n") .. "\n"
end

---"enterprise 9.0 s, production 31 s, free 1 min 30 s"; nil for none.
---@param hours? TierHours[]
---@return string?
function tables.tiers(hours)
  local times = {}
  for _, one in ipairs(hours or {}) do
    times[#times + 1] = one.tier .. " " .. format.duration(one.hours * 3600)
  end
  return #times > 0 and table.concat(times, ", ") or nil
end

---The result of an undo, one line; nil if there was none.
---@param undo? UndoFigures
---@return string?
function tables.undo(undo)
  if not undo then return nil end
  local kept = 0
  for _, n in pairs(undo.kept) do kept = kept + n end
  return string.format("%s: %s deleted, %s already gone, %s kept%s",
    undo.finished and "UNDONE" or "UNDO STARTED, not finished",
    format.count(undo.deleted, "user"), format.number(undo.gone), format.number(kept),
    undo.ended and "; finished " .. format.moment(undo.ended)
      or undo.begun and "; started " .. format.moment(undo.begun) or "")
end

---"the first 46 users (1%)"
---@param canary {users: integer, asked: string}
---@return string
function tables.canary(canary)
  local asked = canary.asked:find("%%") and " (" .. canary.asked .. ")" or ""
  return "the first " .. format.count(canary.users, "user") .. asked
end

---"bcrypt 120, none 3"
---@param tally TallyFacts
---@return string
function tables.passwords(tally)
  local text = tables.by_count(tally.algorithms)
  if tally.without_password == 0 then return text end
  return text .. (text ~= "" and ", " or "") .. "none " .. format.number(tally.without_password)
end

local SETTINGS <const> = {
  -- "2 h", not "2 h 00 min": as the user wrote it
  patience = function(seconds) return (format.duration(seconds):gsub(" 00 %a+$", "")) end,
  chunk_bytes = format.number, chunk_users = format.number,
}

---A setting's value for display.
---@param one {name: string, value: any}
---@return string
function tables.setting(one)
  local as_text = SETTINGS[one.name] or tostring
  return as_text(one.value)
end

return tables
