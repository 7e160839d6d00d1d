--- What users lose, as a table: what, how many users, their share, and why.

local format = require "base.format"
local tables = require "cli.text.tables"

local losses_text = {}

local MOST_REASONS <const> = 5

local function row(what, one, share, reason, is_of_run)
  local cells = { what, format.number(one.users), share }
  if is_of_run then cells[#cells + 1] = format.number(one.imported) end
  cells[#cells + 1] = reason
  return cells
end

---The rows of a loss: the only reason beside the sum, or several below it.
local function add(rows, loss, is_of_run)
  local reasons = loss.reasons
  local share, name = format.percent(loss.share), loss.what:gsub("_", " ")
  if #reasons == 1 then
    rows[#rows + 1] = row(name, loss, share, reasons[1].reason, is_of_run)
    return
  end
  rows[#rows + 1] = row(name, loss, share, "", is_of_run)
  for i = 1, math.min(#reasons, MOST_REASONS) do
    rows[#rows + 1] = row("", reasons[i], "", reasons[i].reason, is_of_run)
  end
  if #reasons > MOST_REASONS then
    local more = format.count(#reasons - MOST_REASONS, "more reason")
    rows[#rows + 1] = is_of_run and { "", "", "", "", more } or { "", "", "", more }
  end
end

---@param losses? Loss[]
---@return string[] lines  empty if nothing is lost, or it is not known
function losses_text.lines(losses)
  if not losses or not losses[1] then return {} end
  local is_of_run = losses[1].imported ~= nil
  local rows = { is_of_run and { "What users lose", "to import", "share", "imported", "why" }
    or { "What users lose", "users", "share", "why" } }
  for _, loss in ipairs(losses) do add(rows, loss, is_of_run) end
  return tables.aligned(rows, { false, true, true, is_of_run })
end

return losses_text
