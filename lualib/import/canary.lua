--- The canary: the first users go alone, in chunks of their own, and must all be inserted or
--- updated before the rest follows. Judged once, before any fixer. Who is asked then and says no is
--- asked again by `resume`. A canary of all users is judged too, but nothing waits for it: the
--- journal then names no last chunk of it.

local format = require "base.format"
local clock = require "host.clock"
local failure = require "base.failure"
local gates = require "journal.gates"

local canary = {}

-- Why an import ends after a "no".
local REFUSED <const> = "the canary was imported without failures; the rest is not confirmed"

---@class CanaryFigures
---@field asked string    "10" or "1%"
---@field users integer   that it came to
---@field good? integer   inserted or updated; nil: not judged yet

---What the canary of a run is, and what came of it; nil when there is none, or nobody to be
---in it.
---@param ledger Ledger
---@return CanaryFigures?
function canary.figures(ledger)
  local limit = (ledger:get_table("settings") or {}).canary
  if not limit or not ledger:get("staged_at") then return nil end
  local users = ledger:canary_result(ledger:get("canary_chunk")).users
  if users == 0 then return nil end
  return { asked = gates.text(limit), users = users, good = ledger:get("canary_good") }
end

---Whether a chunk has to wait for the canary.
---@param engine Engine
---@param id integer  of the chunk
---@return boolean
function canary.holds(engine, id)
  local last = engine.ledger:get("canary_chunk")
  return last ~= nil and id > last and engine.ledger:get("canary_over") == nil
end

---Notes what came of the canary.
---@param engine Engine
---@param last? integer  its last chunk; nil: all of them
---@return {users: integer, good: integer}
local function note_result(engine, last)
  local row, now = engine.ledger:canary_result(last), clock.now()
  engine:check(engine.ledger:note {
    canary_judged = now, canary_good = row.good,
    canary_over = row.good < row.users and now or nil,
  })
  engine.log("canary", { users = row.users, good = row.good })
  return row
end

---Waits for the canary's result and judges it, once. One that is not clean stops the import now
---and does not hold it again.
local function judge(engine, last)
  while engine.ledger:canary_is_open(last) and not engine.ending do
    if engine:is_idle() then
      engine:stop(failure.new("the canary's users were not sent", "canary"))
    else
      engine.changed:wait()
    end
  end
  if engine.ending then return end
  local row = note_result(engine, last)
  if row.good < row.users then
    engine:stop(failure.new(string.format(
      "canary failed: %s of %s not inserted or updated; nothing else was sent",
      format.number(row.users - row.good), format.count(row.users, "user")), "canary"))
  end
end

---Asks whether the rest may follow a clean canary; again as long as nobody has said yes. Without a
---terminal it may, unless somebody has said no.
local function ask(engine)
  local ledger = engine.ledger
  local answer = engine.ask_canary(ledger:get("canary_good"))
  if engine.ending then return end
  local nobody_asked = answer == nil
  if nobody_asked then answer = not ledger:get("canary_refused") end
  local now = clock.now()
  if answer then
    engine:check(ledger:note { canary_over = now })
  else
    engine:check(ledger:note { canary_refused = now })
    engine:stop(failure.new(REFUSED, "canary", { add = nobody_asked and "--yes" or nil }))
  end
end

---Lets the rest follow, or stops the import.
---@param engine Engine
function canary.judge(engine)
  if not engine.ledger:get("canary_judged") then
    judge(engine, engine.ledger:get("canary_chunk"))
  end
  if not engine.ending then ask(engine) end
end

---Judges a canary of all users at the end of the import. Nothing is left to ask about or to hold
---back: the statement says what came of it.
---@param engine Engine
function canary.conclude(engine)
  local ledger = engine.ledger
  if ledger:get("canary_chunk") or ledger:get("canary_judged") then return end
  if canary.figures(ledger) and not ledger:canary_is_open() then note_result(engine) end
end

return canary
