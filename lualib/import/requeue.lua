--- Requeue: repaired users become new chunks. User, round and mark are one transaction, so that a
--- kill leaves each failure either open or queued, never both.

local advice = require "auth0.advice"
local chunk = require "host.chunk"
local duplicates = require "stage.duplicates"
local failure = require "base.failure"
local halves = require "journal.halves"
local identifiers = require "auth0.identifiers"
local lost = require "journal.lost"
local schema = require "auth0.schema"
local sorted = require "base.sorted"
local user_rules = require "auth0.user"

local requeue = {}

---@class Requeue
---@field engine Engine
---@field batches table<string, RequeueBatch>
---@field private chunk? integer  of the last failure, and what its users lose
---@field private codes? table<integer, integer>

---@class RequeueBatch
---@field writer host.chunk.writer
---@field failures Repaired[]
---@field round integer
---@field upsert boolean
---@field updates boolean  upsert was requested: users that it finds existed before this run

local Requeue = {}
Requeue.__index = Requeue

---@param engine Engine
---@return Requeue
function requeue.new(engine)
  return setmetatable({
    engine = engine, batches = {}, validator = schema.for_connection(engine.connection),
  }, Requeue)
end

---All identifiers of the run, rebuilt from the chunk files; needed only if a repair changes one.
local function all_identifiers(engine)
  local detector = failure.check(duplicates.new {
    unique = engine.connection.unique, spool = engine.dir.path,
  })
  for record in engine.ledger:chunks() do
    local whole = engine.ledger:chunk(record.id)
    for _, placed in ipairs(engine:check(engine.dir:outlines(whole))) do
      detector:judge(placed.user, placed.position)
    end
  end
  return detector
end

local function changed(user, before)
  local new = identifiers.of(user)
  for name, value in pairs(before) do
    if new[name] == value then new[name] = nil end
  end
  return new
end

---Why the repaired user cannot be sent, or nil. Normalises the user.
---@param user table
---@param before Identifiers  as they failed
---@param position integer
---@return string?
function Requeue:objection(user, before, position)
  local user_id = user.user_id
  user_rules.normalise(user)
  -- Normalised when it was staged: of one that is left as it was, no second prefix goes.
  if user_id == before.user_id then user.user_id = user_id end
  for _, finding in ipairs(self.validator:check(user) or {}) do
    if not finding.warning then
      local advised = advice.of(user, finding)
      return string.format("the repaired user is still invalid: %s %s: %s", finding.code,
        finding.path, advised.message)
    end
  end
  local new = changed(user, before)
  if not next(new) then return nil end
  self.detector = self.detector or all_identifiers(self.engine)
  local clash = self.detector:judge(new, position)
  if clash and clash.position ~= position then
    return string.format("the repaired user conflicts with record %d: %s", clash.position,
      clash.message)
  end
end

---How a repaired user is sent: "i" as new, "m" with upsert because this run has saved it without
---its factors, "u" with upsert because a fixer requests it.
local function manner(refused, options)
  if refused.code == "MFA_FACTORS_FAILED" then return "m" end
  return options.upsert and "u" or "i"
end

---What the user of a failure loses: it has the number that it had in its earlier chunk.
---@private
---@param id integer  of the failure
---@return integer?
function Requeue:lost_of(id)
  local row = self.engine.ledger:failure(id)
  if row.chunk ~= self.chunk then
    self.chunk, self.codes = row.chunk, lost.of_chunk(self.engine.ledger, row.chunk)
  end
  return self.codes[row.place]
end

---Queues a valid repaired user. False and a reason if it fits into no chunk.
---@param user table
---@param refused table  the failure
---@param options FixOptions
---@return boolean queued
---@return string? why
function Requeue:add(user, refused, options)
  local engine = self.engine
  local how = manner(refused, options)
  -- Those that made jobs fail may do so again: not in the job of others.
  local is_apart = halves.is_isolated(engine.ledger, refused.id)
  local key = refused.round .. how .. (is_apart and "x" or "")
  local batch = self.batches[key]
  if not batch then
    batch = {
      writer = chunk.new(engine.chunk_bytes, engine.chunk_users), failures = {},
      round = refused.round + 1, upsert = how ~= "i", updates = how == "u",
    }
    self.batches[key] = batch
  end
  local code = self:lost_of(refused.id)
  local function pack()
    return batch.writer:add(user, refused.position, refused.at, user_rules.ORDER, nil, code)
  end
  local bytes, message = pack()
  if not bytes and batch.writer:count() > 0 then
    self:write(batch)
    bytes, message = pack()
  end
  if not bytes then return false, message end
  table.insert(batch.failures, { id = refused.id, why = options.why })
  return true
end

function Requeue:write(batch)
  local engine, writer = self.engine, batch.writer
  local id = engine.ledger:last_chunk() + 1
  local sha256 = engine:check(writer:save(engine.dir:chunk(id)))
  engine:check(engine.ledger:requeued(batch.round, {
    id = id, users = writer:count(), bytes = writer:size(), sha256 = sha256,
    places = writer:places(), lost = writer:lost(), upsert = batch.upsert, updates = batch.updates,
  }, batch.failures))
  batch.failures = {}
  writer:reset()
end

---Writes all queued users into chunks, in a stable order.
function Requeue:flush()
  for _, batch in sorted.pairs(self.batches) do
    if batch.writer:count() > 0 then self:write(batch) end
  end
end

---Whether a failure is queued and not yet written.
---@param id integer
---@return boolean
function Requeue:holds(id)
  for _, batch in pairs(self.batches) do
    for _, held in ipairs(batch.failures) do
      if held.id == id then return true end
    end
  end
  return false
end

return requeue
