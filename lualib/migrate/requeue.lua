--- Requeue: repaired users become new chunks. User, round and mark are one transaction, so that a
--- kill leaves each failure either open or queued, never both.

local chunk = require "host.chunk"
local duplicates = require "migrate.duplicates"
local failure = require "base.failure"
local schema = require "auth0.schema"
local user_rules = require "auth0.user"

local requeue = {}

---@class Requeue
---@field engine Engine
---@field batches table<string, {writer: host.chunk.writer, failures: integer[], round: integer}>
local Requeue = {}
Requeue.__index = Requeue

---@param engine Engine
---@return Requeue
function requeue.new(engine)
  return setmetatable({
    engine = engine, batches = {}, validator = schema.for_connection(engine.connection),
  }, Requeue)
end

---Every identifier of the run, rebuilt from the chunk files: only a repair that changes an
---identifier needs it.
local function all_identifiers(engine)
  local detector = failure.check(duplicates.new {
    unique = engine.connection.unique, spool = engine.dir.path,
  })
  for record in engine.ledger:chunks() do
    local whole = engine.ledger:chunk(record.id)
    for _, placed in ipairs(engine:check(engine.dir:identifiers(whole))) do
      detector:judge(placed.user, placed.position)
    end
  end
  return detector
end

local function same_identifiers(a, b)
  return a.email == b.email and a.user_id == b.user_id and a.username == b.username
    and a.phone_number == b.phone_number
end

---Why the repaired user cannot go: a message, or nil.
function Requeue:objection(user, original, position)
  local findings = self.validator:check(user)
  for _, finding in ipairs(findings or {}) do
    if not finding.warning then
      return string.format("the repaired user is still refused: %s %s: %s", finding.code,
        finding.path, finding.message)
    end
  end
  if same_identifiers(user, original) then return nil end
  self.detector = self.detector or all_identifiers(self.engine)
  local clash = self.detector:judge(user, position)
  if clash and clash.position ~= position then
    return string.format("the repaired user clashes with record %d: %s", clash.position,
      clash.message)
  end
end

---Queues a repaired user. False and a reason when the rules or a clash forbid it.
---@param user table
---@param refused table  the failure
---@param upsert boolean
---@return boolean queued
---@return string? why
function Requeue:add(user, refused, upsert)
  local engine = self.engine
  user_rules.normalise(user)
  local why = self:objection(user, refused.user, refused.position)
  if why then return false, why end
  local key = refused.round .. (upsert and "u" or "i")
  local batch = self.batches[key]
  if not batch then
    batch = {
      writer = chunk.new(engine.chunk_bytes, engine.chunk_users), failures = {},
      round = refused.round + 1, upsert = upsert,
    }
    self.batches[key] = batch
  end
  local bytes, message = batch.writer:add(user, refused.position, refused.at, user_rules.ORDER)
  if not bytes and batch.writer:count() > 0 then
    self:write(batch)
    bytes, message = batch.writer:add(user, refused.position, refused.at, user_rules.ORDER)
  end
  if not bytes then return false, message end
  table.insert(batch.failures, refused.id)
  return true
end

function Requeue:write(batch)
  local engine, writer = self.engine, batch.writer
  local id = engine.ledger:last_chunk() + 1
  local sha256 = engine:check(writer:save(engine.dir:chunk(id)))
  engine:check(engine.ledger:requeued(batch.round, {
    id = id, users = writer:count(), bytes = writer:size(), sha256 = sha256,
    places = writer:places(), upsert = batch.upsert,
  }, batch.failures))
  batch.failures = {}
  writer:reset()
end

---Makes chunks of all that waits.
function Requeue:flush()
  for _, key in ipairs { "u", "i" } do
    for name, batch in pairs(self.batches) do
      if name:sub(-1) == key and batch.writer:count() > 0 then self:write(batch) end
    end
  end
end

---Whether a failure waits to be written.
---@param id integer
---@return boolean
function Requeue:holds(id)
  for _, batch in pairs(self.batches) do
    for _, held in ipairs(batch.failures) do
      if held == id then return true end
    end
  end
  return false
end

return requeue
