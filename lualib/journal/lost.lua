--- Queries about what the users of a run lose. The journal of an older program does not know.

local json = require "host.json"
local losses = require "journal.losses"

local lost = {}

-- Users of these outcomes are not imported by the run. Those that were requeued have another row,
-- or none.
local NOT_IMPORTED <const> = "('already_there', 'failed', 'judged', 'open')"

local function has_table(ledger)
  return ledger.db:value("SELECT 1 FROM sqlite_master WHERE name = 'loss'") == 1
end

---Whether the stage noted what users lose.
---@param ledger Ledger
---@return boolean
function lost.is_known(ledger)
  return ledger:get("lost") ~= nil
end

---@param ledger Ledger
---@return LostSet[]  by number
function lost.sets(ledger)
  local sets = {}
  if not has_table(ledger) then return sets end
  for row in ledger.db:rows("SELECT id, losses FROM loss_set") do
    sets[row.id] = json.decode(row.losses)
  end
  return sets
end

---What the users of a chunk lose, by place; nothing for places that are missing.
---@param ledger Ledger
---@param chunk integer
---@return table<integer, integer>  see journal.losses
function lost.of_chunk(ledger, chunk)
  if not has_table(ledger) then return {} end
  return losses.by_place(ledger.db:value("SELECT codes FROM loss WHERE chunk = ?", chunk))
end

local function subtract(counts, code, n)
  if code ~= 0 then counts[code] = (counts[code] or 0) - n end
end

---Leaves out the users of chunks without a result.
local function without_pending(ledger, counts)
  for row in ledger.db:rows([[SELECT codes FROM loss JOIN chunk ON chunk.id = loss.chunk
      WHERE state NOT IN ('harvested', 'split')]]) do
    for code, n in losses.runs(row.codes) do subtract(counts, code, n) end
  end
end

local function without_failed(ledger, counts)
  local chunk, codes
  for row in ledger.db:rows("SELECT chunk, place FROM failure WHERE outcome IN " .. NOT_IMPORTED
    .. " ORDER BY chunk") do
    if row.chunk ~= chunk then chunk, codes = row.chunk, lost.of_chunk(ledger, row.chunk) end
    subtract(counts, codes[row.place] or 0, 1)
  end
end

---Users that the run has inserted or updated, by what they lose.
local function imported(ledger, staged)
  local counts = {}
  if not ledger:was_sent() or not has_table(ledger) then return counts end
  for code, n in pairs(staged) do counts[code] = n end
  without_pending(ledger, counts)
  without_failed(ledger, counts)
  return counts
end

---@param ledger Ledger
---@return Loss[]?  nil: not known
function lost.report(ledger)
  local staged = {}
  if not lost.is_known(ledger) then return nil end
  for _, pair in ipairs(ledger:get_table("lost")) do staged[pair[1]] = pair[2] end
  return losses.list(staged, lost.sets(ledger), ledger:users_staged(), imported(ledger, staged))
end

return lost
