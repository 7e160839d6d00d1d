--- The database file of a run's journal: created atomically, checked when opened, and migrated if
--- an older program wrote it. Its contents are the ledger's business.

local crash = require "base.crash"
local file = require "host.file"
local paths = require "base.path"
local store = require "host.store"
local schema = require "journal.schema"
local versions = require "base.versions"

local journal_file = {}

---@type Layout
local LAYOUT <const> = {
  what = "journal", version = schema.VERSION, migrations = schema.MIGRATIONS,
  tables = { "run", "chunk", "attempt", "job" },
}

local LEAST_ROOM <const> = 64 * 1024 -- bytes for the files that SQLite creates next to a journal

local function open(path, options)
  local db, message, kind = store.open(path, options)
  if not db then
    -- SQLite does not say why it cannot create those files.
    local room = file.free(paths.dirname(path)) or LEAST_ROOM
    if kind == "full" or kind == "io" and room < LEAST_ROOM then
      message, kind = message .. ": no space left on the disk", "full"
    end
    return nil, message, kind
  end
  return db
end

---Fills an empty database.
local function found(db, fill)
  local tx <close> = db:begin()
  db:exec(schema.SCHEMA)
  db:exec("PRAGMA user_version = " .. schema.VERSION)
  fill(db)
  return tx:commit()
end

---A journal without a run, in memory.
---@return host.store.database?
---@return string? message
---@return Kind? kind
function journal_file.blank()
  local db, message, kind = store.open(":memory:")
  if not db then return nil, message, kind end
  found(db, function() end)
  return db
end

local function make(path, fill)
  local db, message, kind = open(path)
  if not db then return nil, message, kind end
  local done
  done, message, kind = found(db, fill)
  -- Only this file is renamed: anything left in the -wal file would be lost.
  if done then done, message, kind = db:exec "PRAGMA wal_checkpoint(TRUNCATE)" end
  db:close()
  return done, message, kind
end

---Creates a journal with what `fill` writes. Renamed when complete: a kill before leaves no run.
---@param path string
---@param fill fun(db: host.store.database)
---@return true?
---@return string? message
---@return Kind? kind
function journal_file.create(path, fill)
  local fresh = path .. ".new"
  for _, name in ipairs { fresh, fresh .. "-wal", fresh .. "-shm" } do file.remove(name) end
  local done, message, kind = make(fresh, fill)
  if not done then return nil, message, kind end
  crash.point({}, "create.before")
  done, message, kind = file.rename(fresh, path)
  crash.point({}, "create.after")
  return done, message, kind
end

---What is damaged in a journal, or nil.
local function damage(db, readonly)
  -- A reader may open it while a run writes, and a full check takes too long for it.
  local sound, message = db:row(readonly and "SELECT count(*) AS said FROM run"
    or "PRAGMA quick_check(1)")
  if sound and (sound.said or sound.quick_check == "ok") then return nil end
  return message or sound.quick_check
end

---Migrates an older journal. A reader gets a copy: another program, maybe the older one, may write.
local function migrate(db, path, readonly)
  if not readonly then
    local done, message, kind = versions.update(db, LAYOUT, path)
    return done and db, message, kind
  end
  local copy, message, kind = db:copy()
  if not copy then return nil, message, kind end
  local done
  done, message, kind = versions.update(copy, LAYOUT, path)
  if not done then
    copy:close()
    return nil, message, kind
  end
  db:close()
  return copy
end

---@class JournalOptions : host.store.Options
---@field on_update? fun(from: integer, to: integer)  called after a migration

---Opens an existing journal. Only the holder of the run's lock may open it for writing, which
---migrates one of an older version. Opened for reading, such a journal stays unchanged, and the
---result is a snapshot.
---@param path string
---@param options? JournalOptions
---@return host.store.database?
---@return string? message
---@return Kind? kind  "usage" for a journal of a newer version, "parse" for a damaged one
function journal_file.open(path, options)
  options = options or {}
  local db, message, kind = open(path, options)
  if not db then return nil, message, kind end
  local version
  version, message, kind = versions.check(db, LAYOUT, path)
  local fault = version and damage(db, options.readonly)
  if fault then version, message, kind = nil, path .. " is damaged: " .. fault, "parse" end
  local usable = version and db
  if version and version < LAYOUT.version then
    usable, message, kind = migrate(db, path, options.readonly)
    if usable and options.on_update then options.on_update(version, LAYOUT.version) end
  end
  if not usable then db:close() end
  return usable, message, kind
end

return journal_file
