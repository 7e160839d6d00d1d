--- The results of verify, undo, doctor and forget as text.

local format = require "base.format"
local sorted = require "base.sorted"
local tables = require "cli.text.tables"

local followup = {}

---Rows of {number, text}, numbers aligned. After the first, rows with 0 are omitted.
local function rows_of(rows)
  local width, lines = 0, {}
  for _, row in ipairs(rows) do width = math.max(width, #format.number(row[1])) end
  for i, row in ipairs(rows) do
    if i == 1 or row[1] > 0 then
      lines[#lines + 1] = string.format("%" .. width .. "s  %s", format.number(row[1]), row[2])
    end
  end
  return lines
end

local function text_of(lines)
  return tables.text(lines)
end

---@param statement UndoStatement
---@return string
function followup.undo(statement)
  local lines = { string.format("%s: %s", statement.run, statement.status) }
  lines[#lines + 1] = statement.message
  lines[#lines + 1] = ""
  local rows = {
    { statement.deleted, "deleted" }, { statement.gone, "already gone" },
  }
  for _, why in ipairs(sorted.by_count(statement.kept)) do
    rows[#rows + 1] = { statement.kept[why], "kept: " .. why }
  end
  for _, line in ipairs(rows_of(rows)) do lines[#lines + 1] = line end
  if next(statement.kept) then
    lines[#lines + 1] = "Details: " .. statement.directory .. "/kept.ndjson"
  end
  return text_of(lines)
end

---@param statement VerifyStatement
---@return string
function followup.verify(statement)
  local users = statement.users
  local lines = { string.format("%s: %s", statement.run, statement.status) }
  lines[#lines + 1] = statement.message
  lines[#lines + 1] = ""
  local rows = {
    { users.compared, statement.sample and "compared (sample)" or "compared" },
    { users.same, "identical" }, { users.different, "different" },
    { users.missing, "missing" },
    { users.already_there, "already there before this run; not compared" },
    { users.in_flight, "in flight, result not yet known; not compared" },
    { users.pending - users.in_flight, "not sent yet" },
    { users.failed, "failed; not compared" },
    { users.extra or 0, "in the connection, not part of this run" },
    { users.blocked, "compared, blocked in the tenant but not by this run" },
  }
  for _, line in ipairs(rows_of(rows)) do lines[#lines + 1] = line end
  for _, name in ipairs(sorted.by_count(statement.fields)) do
    lines[#lines + 1] = string.format("differs: %s, %s", name,
      format.count(statement.fields[name], "user"))
  end
  for _, one in ipairs(statement.examples) do
    lines[#lines + 1] = string.format("at %s: %s", one.at,
      one.fields and table.concat(one.fields, ", ") or one.outcome)
  end
  if statement.list then lines[#lines + 1] = "Details: " .. statement.list end
  return text_of(lines)
end

local MARKS <const> = { ok = "ok   ", warn = "warn ", fail = "FAIL " }

---@param statement DoctorStatement
---@return string
function followup.doctor(statement)
  local lines = {}
  for _, one in ipairs(statement.settings) do
    lines[#lines + 1] = string.format("%-16s %s (%s)", one.name, tables.setting(one), one.origin)
  end
  if #lines > 0 then lines[#lines + 1] = "" end
  for _, line in ipairs(statement.checks) do
    lines[#lines + 1] = MARKS[line.verdict] .. line.check .. ": " .. line.said
    if line.means then lines[#lines + 1] = "       " .. line.means end
    if line.fix then lines[#lines + 1] = "       fix: " .. line.fix end
  end
  if statement.saved then
    lines[#lines + 1] = ""
    lines[#lines + 1] = "saved: " .. statement.saved .. ", for --connection-file"
  end
  return text_of(lines)
end

---@param statement ForgetStatement
---@return string
function followup.forget(statement)
  local lines = { string.format("%s: %s", statement.directory, statement.status) }
  lines[#lines + 1] = statement.message
  if #statement.stayed > 0 then
    lines[#lines + 1] = "kept, not part of the run: " .. table.concat(statement.stayed, ", ")
  end
  return text_of(lines)
end

return followup
