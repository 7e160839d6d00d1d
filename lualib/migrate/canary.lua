--- The canary: the first users go alone, in chunks of their own, and must all be inserted or
--- updated before the rest follows. Judged once, before any fixer. Who is asked then and says no is
--- asked again by `resume`.

local amounts = require "base.amounts"
local clock = require "host.clock"
local failure = require "base.failure"
local gates = require "migrate.gates"

local canary = {}

-- Why an import ends after a "no".
canary.REFUSED = "the canary is in the tenant and came back clean; the rest waits for a yes"

local WAITING <const> = [[
SELECT (SELECT count(*) FROM chunk WHERE round = 1 AND id <= ?1 AND state <> 'harvested')
  + (SELECT count(*) FROM failure WHERE chunk <= ?1 AND outcome = 'open')]]

local RESULT <const> = [[
SELECT ifnull(sum(users), 0) AS users, ifnull(sum(inserted + updated), 0)
  + (SELECT count(*) FROM failure WHERE chunk <= ?1 AND outcome IN ('inserted', 'updated')) AS good
FROM chunk WHERE round = 1 AND id <= ?1]]

---@class CanaryFigures
---@field asked string    "10" or "1%"
---@field users integer   that it came to
---@field good? integer   inserted or updated; nil: not judged yet

---What the canary of a run is, and what came of it; nil when there is none.
---@param ledger Ledger
---@return CanaryFigures?
function canary.figures(ledger)
  local limit = (ledger:get_table("settings") or {}).canary
  if not limit or not ledger:get("staged_at") then return nil end
  return {
    asked = gates.text(limit), good = ledger:get("canary_good"),
    users = ledger.db:value([[SELECT ifnull(sum(users), 0) FROM chunk
      WHERE round = 1 AND id <= ifnull(?, id)]], ledger:get("canary_chunk")),
  }
end

---Whether a chunk has to wait for the canary.
---@param engine Engine
---@param id integer  of the chunk
---@return boolean
function canary.holds(engine, id)
  local last = engine.ledger:get("canary_chunk")
  return last ~= nil and id > last and engine.ledger:get("canary_over") == nil
end

---Waits for the canary's result and judges it, once. One that is not clean stops the import now
---and does not hold it again.
local function judge(engine, last)
  local db = engine.ledger.db
  while db:value(WAITING, last) > 0 and not engine.ending do
    if engine.background == 0 then
      engine:stop(failure.new("the canary's users were not sent", "gate"))
    else
      engine.changed:wait()
    end
  end
  if engine.ending then return end
  local row, now = db:row(RESULT, last), clock.now()
  local is_clean = row.good == row.users
  engine:check(engine.ledger:note {
    canary_judged = now, canary_good = row.good, canary_over = not is_clean and now or nil,
  })
  engine.log("canary", { users = row.users, good = row.good })
  if not is_clean then
    engine:stop(failure.new(string.format(
      "the canary: %s of %s users were not inserted or updated; nothing else was sent",
      amounts.number(row.users - row.good), amounts.number(row.users)), "gate"))
  end
end

---Asks whether the rest may follow a clean canary; again as long as nobody has said yes. Without a
---terminal it may, unless somebody has said no.
local function ask(engine)
  local ledger = engine.ledger
  local answer = engine.invite(ledger:get("canary_good"))
  if engine.ending then return end
  if answer == nil then answer = not ledger:get("canary_refused") end
  local now = clock.now()
  if answer then
    engine:check(ledger:note { canary_over = now })
  else
    engine:check(ledger:note { canary_refused = now })
    engine:stop(failure.new(canary.REFUSED, "gate"))
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

return canary
