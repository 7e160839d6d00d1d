--- The file of a run's journal: made whole or not at all, opened when it is sound. What stands in
--- it is the ledger's.

local crash = require "base.crash"
local file = require "host.file"
local paths = require "base.path"
local store = require "host.store"
local tables = require "migrate.tables"

local journal = {}

local LEAST_ROOM <const> = 64 * 1024 -- bytes that the files beside a journal need

---@return host.store.database?
---@return string? message
---@return Kind? kind
local function open(path, options)
  local db, message, kind = store.open(path, options)
  if not db then
    -- SQLite tells no reason when it cannot make the files beside the journal.
    local room = file.free(paths.dirname(path)) or LEAST_ROOM
    if kind == "full" or kind == "io" and room < LEAST_ROOM then
      message, kind = message .. ": no space left on the disk", "full"
    end
    return nil, message, kind
  end
  return db
end

local function make(path, fill)
  local db, message, kind = open(path)
  if not db then return nil, message, kind end
  local done
  do
    local tx <close> = db:begin()
    db:exec(tables.SCHEMA)
    db:exec("PRAGMA user_version = " .. tables.VERSION)
    fill(db)
    done, message, kind = tx:commit()
  end
  -- The file alone gets the name: what stands beside it, for want of room, would be lost.
  if done then done, message, kind = db:exec "PRAGMA wal_checkpoint(TRUNCATE)" end
  db:close()
  return done, message, kind
end

---Makes a journal. It has its name only once its tables and what `fill` writes are in it: a kill
---before leaves no run.
---@param path string
---@param fill fun(db: host.store.database)
---@return true?
---@return string? message
---@return Kind? kind
function journal.create(path, fill)
  local beside = path .. ".new"
  for _, name in ipairs { beside, beside .. "-wal", beside .. "-shm" } do file.remove(name) end
  local done, message, kind = make(beside, fill)
  if not done then return nil, message, kind end
  crash.point({}, "create.before")
  done, message, kind = file.rename(beside, path)
  crash.point({}, "create.after")
  return done, message, kind
end

---Why a journal cannot be used, or nil.
local function fault(db, path, readonly)
  local version = db:value("PRAGMA user_version")
  if version ~= tables.VERSION then
    return string.format("%s is a journal of version %s; this program knows version %d%s",
      path, version, tables.VERSION,
      version > tables.VERSION and ": use the newer program" or ""), "usage"
  end
  -- A reader comes while a run goes on and is content with what it needs at once.
  local sound, message = db:row(readonly and "SELECT count(*) AS said FROM run"
    or "PRAGMA quick_check(1)")
  if sound and (sound.said or sound.quick_check == "ok") then return nil end
  return string.format("%s is damaged: %s", path, message or sound.quick_check), "parse"
end

---Opens the journal of a run that is there.
---@param path string
---@param options? host.store.Options
---@return host.store.database?
---@return string? message
---@return Kind? kind  "usage" for a journal of a newer version, "parse" for a damaged one
function journal.open(path, options)
  local db, message, kind = open(path, options)
  if not db then return nil, message, kind end
  message, kind = fault(db, path, options and options.readonly)
  if not message then return db end
  db:close()
  return nil, message, kind
end

return journal
