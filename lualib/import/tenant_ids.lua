--- User ids and creation times that job results lack: of users sent without a user_id, or found by
--- an upsert under another one. Read from one export of the connection's users, made on first use
--- and kept on disk, because it has a line for each user of the connection.

local clock = require "host.clock"
local evidence = require "import.evidence"
local failure = require "base.failure"
local file = require "host.file"
local identifiers = require "auth0.identifiers"
local json = require "host.json"
local store = require "host.store"

local tenant_ids = {}

local FIELDS <const> = { { name = "created_at" } }
for _, name in ipairs(identifiers.NAMES) do FIELDS[#FIELDS + 1] = { name = name } end
local STRETCH <const> = 5000 -- rows per transaction

-- A key that several users share identifies none of them.
local ADD <const> = [[INSERT INTO known (key, user_id, created) VALUES (?, ?, ?)
  ON CONFLICT (key) DO UPDATE SET user_id = NULL]]

---@class TenantIds
---@field engine Engine
---@field db? host.store.database
---@field unknown integer  users for which it is unknown whether they were inserted or updated
local TenantIds = {}
TenantIds.__index = TenantIds

---@param engine Engine
---@return TenantIds
function tenant_ids.new(engine)
  return setmetatable({ engine = engine, unknown = 0 }, TenantIds)
end

---Keys of all identifiers but the user_id.
local function keys_of(user)
  local values = identifiers.of(user)
  values.user_id = nil
  return identifiers.keys(values)
end

local function take(db, reader)
  local tx, n = db:begin(), 0
  local _ <close> = setmetatable({}, { __close = function() tx:close() end })
  while true do
    local theirs, message, kind = reader:next()
    if theirs == nil then
      if message then failure.raise("users export: " .. message, kind) end
      failure.check(tx:commit())
      return
    end
    for name, value in pairs(theirs) do
      if value == json.null then theirs[name] = nil end
    end
    local created = type(theirs.created_at) == "string" and clock.parse(theirs.created_at) or nil
    for _, key in ipairs(keys_of(theirs)) do
      failure.check(db:run(ADD, key, theirs.user_id, created))
    end
    n = n + 1
    if n % STRETCH == 0 then
      failure.check(tx:commit())
      tx = db:begin()
    end
  end
end

function TenantIds:path(name)
  return self.engine.dir:file(name)
end

function TenantIds:load()
  self:clean()
  local engine, path = self.engine, self:path "ids.export"
  self.db = failure.check(store.open(self:path "ids.db", { durable = false }))
  failure.check(self.db:exec
    "CREATE TABLE known (key TEXT PRIMARY KEY, user_id TEXT, created REAL) WITHOUT ROWID")
  failure.check(engine.jobs.export(engine.client, {
    connection_id = engine.connection.id, save = path, fields = FIELDS,
  }))
  local input <close> = failure.check(file.open(path))
  local reader <close> = json.reader(input, { lines = true, lazy = false })
  take(self.db, reader)
end

---The tenant's user_id of a user, and when it was created; nil if no user or several match.
---@param user User
---@return string? user_id
---@return number? created  unix seconds
function TenantIds:of(user)
  if not self.db then self:load() end
  for _, key in ipairs(keys_of(user)) do
    local row = self.db:row("SELECT user_id, created FROM known WHERE key = ?", key)
    if row and row.user_id then return row.user_id, row.created end
  end
end

---Which users of a chunk an upsert inserted and which it updated.
---@param chunk LedgerChunk
---@param placed PlacedUser[]  users with a result but no row in the ledger
---@return table<integer, "inserted"|"updated"|"unknown"> outcomes  by place
function TenantIds:outcomes(chunk, placed)
  local engine, found, by_place = self.engine, {}, {}
  for i, one in ipairs(placed) do
    local _, created = self:of(one.user)
    found[i] = { created = created }
  end
  local hours = engine.ledger:hours(chunk.id)
  for i, outcome in ipairs(evidence.mixed(found, chunk.inserted, hours)) do
    by_place[placed[i].place] = outcome
  end
  return by_place
end

function TenantIds:clean()
  for _, name in ipairs { "ids.export", "ids.db" } do
    if file.stat(self:path(name)) then file.remove(self:path(name)) end
  end
end

function TenantIds:close()
  if not self.db then return end
  self.db:close()
  self.db = nil
  self:clean()
end

TenantIds.__close = TenantIds.close

return tenant_ids
