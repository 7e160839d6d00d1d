--- The canary: the first users go alone, in chunks of their own, and must all be inserted or
--- updated before the rest follows. Judged once, before any fixer.

local clock = require "host.clock"
local failure = require "base.failure"
local gates = require "migrate.gates"

local canary = {}

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

---Whether a chunk has to wait for the canary's verdict.
---@param engine Engine
---@param id integer  of the chunk
---@return boolean
function canary.holds(engine, id)
  local last = engine.ledger:get("canary_chunk")
  return last ~= nil and id > last and engine.ledger:get("canary_judged") == nil
end

---Waits for the canary's result and judges it; stops the import when it is not clean, or when the
---person who was asked says so.
---@param engine Engine
function canary.judge(engine)
  local db, last = engine.ledger.db, engine.ledger:get("canary_chunk")
  while db:value(WAITING, last) > 0 and not engine.ending do
    if engine.background == 0 then
      engine:stop(failure.new("the canary's users were not sent", "gate"))
    else
      engine.changed:wait()
    end
  end
  if engine.ending then return end
  local row = db:row(RESULT, last)
  engine:check(engine.ledger:note { canary_judged = clock.now(), canary_good = row.good })
  engine.log("canary", { users = row.users, good = row.good })
  if row.good < row.users then
    engine:stop(failure.new(string.format(
      "the canary: %d of %d users were not inserted or updated; nothing else was sent",
      row.users - row.good, row.users), "gate"))
  elseif engine.invite(row.users) == false then
    engine:stop(failure.new("the canary is in the tenant, and you said stop", "gate"))
  end
end

return canary
