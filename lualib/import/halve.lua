--- A chunk whose job fails as a whole, without a reason, is replaced by its halves: in the end all
--- users are imported but those that cause it. Only where the tenant completes other jobs, and no
--- job of the chunk may have imported users.

local chunks = require "host.chunk"
local crash = require "base.crash"
local evidence = require "import.evidence"
local halves = require "journal.halves"
local lost = require "journal.lost"
local reconcile = require "import.reconcile"
local user_rules = require "auth0.user"

local halve = {}

local MOST_SEARCHED <const> = 3 -- users of a chunk; each costs two jobs per halving
local LOOK <const> = 1 -- seconds between looks at other jobs

local ALONE <const> = "a job with this user alone failed, and the tenant reported no reason"
local NOT_SEARCHED <const> = "the job failed, and the tenant reported no reason; the cause was not "
  .. "searched for, after " .. MOST_SEARCHED .. " other users of the same chunk"

---Whether another job of this run has completed. Waits for those that are uploaded or running.
local function is_another_completed(engine)
  local ledger = engine.ledger
  local others = ledger:under_way()
  while not ledger:has_completed() do
    local now, is_over = ledger:under_way(), true
    for id in pairs(others) do is_over = is_over and not now[id] end
    if is_over then return false end
    engine:sleep(LOOK)
    engine:check_running()
  end
  return true
end

---Whether no job of a chunk has imported users, and sending them again creates none twice.
local function is_untouched(engine, chunk)
  return evidence.repeatable(engine:check(engine.dir:users(chunk)), engine.connection.unique)
    and not reconcile.may_have_run(engine, chunk)
end

---Writes the users from index `first` to `last` into the file of a new chunk.
local function pack(engine, chunk, id, users, first, last)
  local codes = lost.of_chunk(engine.ledger, chunk.id)
  local writer <close> = chunks.new(math.max(engine.chunk_bytes, chunk.bytes))
  for place = first, last do
    local placed = users[place]
    assert(writer:add(placed.user, placed.position, placed.at, user_rules.ORDER, nil,
      codes[place]))
  end
  return {
    id = id, users = writer:count(), places = writer:places(), bytes = writer:size(),
    lost = writer:lost(),
    sha256 = engine:check(writer:save(engine.dir:chunk(id))),
  }
end

---The files first, then the journal: a kill in between leaves the chunk as it was.
local function split(engine, chunk)
  local ledger = engine.ledger
  local users, id = engine:check(engine.dir:users(chunk)), ledger:last_chunk()
  local middle = chunk.users // 2
  local first = pack(engine, chunk, id + 1, users, 1, middle)
  crash.point(ledger, "split.file")
  local second = pack(engine, chunk, id + 2, users, middle + 1, chunk.users)
  engine:record("split", chunk, { first, second })
  engine.log("split", { chunk = chunk.id, users = chunk.users, first = id + 1, second = id + 2 })
  return { ledger:chunk(id + 1), ledger:chunk(id + 2) }
end

---Whether a failed job is not repeated, and the recipe's `retry` not asked: the attempts with the
---users of a half were made before it was one.
---@param chunk LedgerChunk
---@param failed FailedJob
---@return boolean
function halve.is_last_attempt(chunk, failed)
  return failed.is_silent and chunk.half_of ~= nil
end

---Replaces a chunk whose job failed for the last time, when none of it can be running unseen.
---@param engine Engine
---@param chunk LedgerChunk
---@param failed FailedJob
---@return LedgerChunk[]? halves  to send; nil: its users have failed
---@return string? why            what to say of them, if it is not the job's own reason
function halve.try(engine, chunk, failed)
  if not failed.is_silent then return nil end
  if not is_another_completed(engine) then return nil end
  if chunk.users == 1 then return nil, ALONE end
  if not is_untouched(engine, chunk) then return nil end
  -- Last, because other halves may have failed meanwhile.
  if halves.other_searches(engine.ledger, chunk) >= MOST_SEARCHED then return nil, NOT_SEARCHED end
  return split(engine, chunk)
end

return halve
