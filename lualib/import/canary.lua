--- The canary: the first users are sent alone, in chunks of their own, and must all be inserted or
--- updated before the rest follows. It is evaluated once, before any fixer; `resume` only repeats a
--- declined question. A canary of all users holds nothing back: the journal names no last chunk.

local format = require "base.format"
local clock = require "host.clock"
local failure = require "base.failure"
local gates = require "journal.gates"

local canary = {}

-- Why an import ends if the operator declines.
local REFUSED <const> = "the canary was imported without failures; the rest is not confirmed"

---@class CanaryFigures
---@field asked string    "10" or "1%"
---@field users integer   actual number
---@field good? integer   inserted or updated; nil: not evaluated yet

---The canary of a run and its result; nil if there is none or it has no users.
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

---Records the result of the canary; `last` is its last chunk, nil means all chunks.
local function note_result(engine, last)
  local row, now = engine.ledger:canary_result(last), clock.now()
  engine:check(engine.ledger:note {
    canary_judged = now, canary_good = row.good,
    canary_over = row.good < row.users and now or nil,
  })
  engine.log("canary", { users = row.users, good = row.good })
  return row
end

---Waits for the canary's result and evaluates it. A failed canary stops the import, but only once.
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

---Asks whether to send the rest, until the operator agrees. Without a terminal the rest follows,
---unless the operator declined before.
local function ask(engine)
  local ledger = engine.ledger
  local answer = engine.progress:hold(engine.ask_canary)
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

---Releases the rest, or stops the import.
---@param engine Engine
function canary.judge(engine)
  if not engine.ledger:get("canary_judged") then
    judge(engine, engine.ledger:get("canary_chunk"))
  end
  if not engine.ending then ask(engine) end
end

---Evaluates a canary of all users at the end of the import; only the report uses the result.
---@param engine Engine
function canary.conclude(engine)
  local ledger = engine.ledger
  if ledger:get("canary_chunk") or ledger:get("canary_judged") then return end
  if canary.figures(ledger) and not ledger:canary_is_open() then note_result(engine) end
end

return canary
