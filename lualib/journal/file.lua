--- The file of a run's journal: made whole or not at all, opened when it is sound, brought up to
--- date when an older program made it. What stands in it is the ledger's.

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
    db:exec(schema.SCHEMA)
    db:exec("PRAGMA user_version = " .. schema.VERSION)
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
function journal_file.create(path, fill)
  local beside = path .. ".new"
  for _, name in ipairs { beside, beside .. "-wal", beside .. "-shm" } do file.remove(name) end
  local done, message, kind = make(beside, fill)
  if not done then return nil, message, kind end
  crash.point({}, "create.before")
  done, message, kind = file.rename(beside, path)
  crash.point({}, "create.after")
  return done, message, kind
end

---What is wrong with a journal, or nil.
local function damage(db, readonly)
  -- A reader comes while a run goes on and is content with what it needs at once.
  local sound, message = db:row(readonly and "SELECT count(*) AS said FROM run"
    or "PRAGMA quick_check(1)")
  if sound and (sound.said or sound.quick_check == "ok") then return nil end
  return message or sound.quick_check
end

---Brings an older journal up to date. A reader gets a copy: another program, even the older one,
---may hold the run.
---@return host.store.database?
---@return string? message
---@return Kind? kind
local function brought_up(db, path, readonly)
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
---@field on_update? fun(from: integer, to: integer)  the journal was brought up to date

---Opens the journal of a run that is there. Only who holds the run's lock may open it for writing:
---one of an older version is then brought up to date. Opened for reading it stays as it is, and
---what is returned shows this moment only.
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
    usable, message, kind = brought_up(db, path, options.readonly)
    if usable and options.on_update then options.on_update(version, LAYOUT.version) end
  end
  if not usable then db:close() end
  return usable, message, kind
end

return journal_file
