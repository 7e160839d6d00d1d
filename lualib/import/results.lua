--- Users of a run that have a result: the outcome of each, and its user_id in the tenant.

local identifiers = require "auth0.identifiers"
local tenant_ids = require "import.tenant_ids"

local results = {}

local CODE <const> = "OUTCOME_UNKNOWN"
local OPEN <const> = "inserted or updated by upsert, the tenant does not report which: "
  .. "run:users yields the user as unknown"
local TOLD <const> = { already_there = true, failed = true } -- known from the ledger alone

---Outcomes by place. An upsert job only reports how many it inserted and how many it updated.
local function taken(ids, chunk, users, rows)
  local rest = {}
  for _, placed in ipairs(users) do
    if not rows[placed.place] then rest[#rest + 1] = placed end
  end
  if chunk.updated > 0 and chunk.inserted > 0 then return ids:outcomes(chunk, rest) end
  local by_place = {}
  for _, placed in ipairs(rest) do
    by_place[placed.place] = chunk.updated > 0 and "updated" or "inserted"
  end
  return by_place
end

local function with_results(engine, ids, record, wanted)
  local chunk, list = engine.ledger:chunk(record.id), {}
  local outcomes = engine.ledger:outcomes(record.id)
  local users = engine:check(engine.dir:users(chunk))
  local rest = TOLD[wanted] and {} or taken(ids, chunk, users, outcomes)
  for _, placed in ipairs(users) do
    local row = outcomes[placed.place]
    local is = row and row.outcome or rest[placed.place]
    if is == "unknown" then ids.unknown = ids.unknown + 1 end
    if is ~= "requeued" and (not wanted or is == wanted) then
      local own = identifiers.with_prefix(placed.user.user_id)
      list[#list + 1] = {
        user = placed.user, position = placed.position, outcome = is,
        user_id = row and row.user_id or own,
        -- An upsert may have found the user by its address, under another user_id.
        doubtful = not (row and row.user_id) and (not own or chunk.updated > 0),
      }
    end
  end
  return list
end

---Iterates over users with a result. A users export supplies an unknown user_id, and whether an
---upsert inserted or updated a user; if it cannot, the outcome is "unknown" and the report warns.
---@param engine Engine
---@param outcome? "inserted"|"updated"|"unknown"|"already_there"|"failed"
---@return fun(): {user: table, position: integer, outcome: string, user_id: string?}?
function results.each(engine, outcome)
  local ids, records = tenant_ids.new(engine), engine.ledger:chunks()
  local batch, i = {}, 0
  -- No coroutine: waiting for the export yields the recipe's own.
  local function following()
    while not batch[i + 1] do
      local record = records()
      if not record then
        if ids.unknown > 0 then engine:record("warned", CODE, ids.unknown, OPEN) end
        return ids:close()
      end
      batch, i = {}, 0
      if record.state == "harvested" then batch = with_results(engine, ids, record, outcome) end
    end
    i = i + 1
    local one = batch[i]
    if one.doubtful and one.outcome ~= "failed" then
      one.user_id = ids:of(one.user) or one.user_id
    end
    one.doubtful = nil
    return one
  end
  return following, nil, nil, ids -- `for` closes it, also on an early exit
end

return results
