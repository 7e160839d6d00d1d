--- The run directory: the paths of its files, its lock, and the users of a chunk.

local chunk = require "host.chunk"
local command = require "base.command"
local digest = require "host.digest"
local failure = require "base.failure"
local file = require "host.file"
local format = require "base.format"
local identifiers = require "auth0.identifiers"
local json = require "host.json"
local lock = require "journal.lock"
local path = require "base.path"

local directory = {}

-- Lets the journal record what is in flight when the disk is full.
local RESERVE <const> = 4 * 1024 * 1024 -- bytes

-- The files of a run, apart from its lock. Nothing else is ever removed: --run-dir may name a
-- folder that contains other files.
local OURS <const> = {
  "chunks", "journal.db", "journal.db-wal", "journal.db-shm", "journal.db-journal", "reserve",
  "journal.db.new", "journal.db.new-wal", "journal.db.new-shm",
  "identifiers.spool", "skipped.ndjson", "rejected.ndjson", "failed.ndjson",
  "already_there.ndjson", "kept.ndjson", "report.json", "report.html", "log.ndjson",
  "ids.export", "ids.db", "verify.ndjson", "verify.export", "verify.db", "pages",
}

local IS_OURS <const> = {}
for _, name in ipairs(OURS) do IS_OURS[name] = true end

local LOCK <const> = "lock"

---@class RunDirectory
---@field path string
---@field lock? RunLock
local RunDirectory = {}
RunDirectory.__index = RunDirectory

---@param dir string
---@return RunDirectory
function directory.at(dir)
  return setmetatable({ path = dir }, RunDirectory)
end

---@return boolean  whether it holds a run
function RunDirectory:exists()
  return file.stat(self:journal()) ~= nil
end

---The files of the run, whether they exist yet or not.
---@return string[]
function RunDirectory:paths()
  local paths = {}
  for i, name in ipairs(OURS) do paths[i] = path.join(self.path, name) end
  return paths
end

---Why the run directory cannot be created. Its parent is not created: it may be a typing error.
local function misplaced(dir)
  local stat = file.stat(dir)
  if stat then
    return stat.type ~= "folder" and dir .. " is a file; a run needs its own directory" or nil
  end
  local parent = path.dirname(dir:gsub("/+$", ""))
  local above = file.stat(parent)
  if above and above.type == "folder" then return nil end
  return string.format("cannot create %s: no directory %s; create it first, or use another "
    .. "--run-dir", dir, parent)
end

-- Modes that let others write.
local WRITABLE <const> = tonumber("022", 8)

---Whether a folder holds nothing but files of a run.
local function is_of_a_run(dir)
  for _, name in ipairs(file.list(dir) or {}) do
    if name ~= LOCK and not IS_OURS[name] then return false end
  end
  return true
end

---Makes existing files of the run private: others must neither read hashes nor replace a file. A
---link, or what another user owns, is not followed or used. A folder with files of others keeps its
---mode.
---@return boolean? was_shared
---@return string? message
---@return Kind? kind
function RunDirectory:claim()
  local dir, was_shared = self.path:gsub("(.)/+$", "%1"), false
  local stat, has_others = file.stat(dir), not is_of_a_run(dir)
  local function own(name, keep)
    local shared, message, kind = file.own(name, keep)
    if shared == nil and kind ~= "missing" then
      return nil, message .. "; remove it, or use another --run-dir", kind
    end
    was_shared = was_shared or shared == true and not keep
    return true
  end
  local done, message, kind = own(dir, has_others)
  if done and stat and has_others and stat.mode & WRITABLE ~= 0 then
    return nil, dir .. " is writable by other users; use a --run-dir of its own", "unusable"
  end
  local names = { LOCK, table.unpack(OURS) }
  for _, name in ipairs(done and file.list(path.join(dir, "chunks")) or {}) do
    names[#names + 1] = path.join("chunks", name)
  end
  for _, name in ipairs(names) do
    if done then done, message, kind = own(path.join(dir, name)) end
  end
  if not done then return nil, message, kind end
  return was_shared
end

---Creates the directory, or claims it, and locks it for this process.
---@param warn? fun(message: string)  is told when others had access to it
---@return true?
---@return string? message
---@return Kind? kind  "usage", "unusable": it cannot be used, or another process holds the lock
---@return FailureMore? more
function RunDirectory:take(warn)
  local wrong = misplaced(self.path)
  if wrong then return nil, wrong, "usage" end
  local was_shared, message, kind = self:claim()
  if was_shared == nil then return nil, message, kind end
  if was_shared and warn then
    warn(self.path .. " was accessible to other users; it is private now (modes 0700 and 0600)")
  end
  local made
  made, message, kind = file.mkdir(path.join(self.path, "chunks"))
  if not made then return nil, message, kind end
  self.lock, message, kind = lock.take(path.join(self.path, LOCK))
  if self.lock then return true end
  if kind == "busy" then
    local status = command.line { "status", self.path }
    return nil, string.format("%s is in use by another auth0-migrate (%s); `%s` shows its progress",
      self.path, lock.describe(self:holder() or {}), status), "usage", { next = status }
  end
  return nil, message, kind
end

---The process that works on the run; nil if none does.
---@return LockHolder?
function RunDirectory:holder()
  return lock.holder(path.join(self.path, LOCK))
end

---Reserves disk space for the journal, until spend_reserve.
---@return true?
---@return string? message
---@return Kind? kind
function RunDirectory:reserve()
  local reserved, message, kind = file.reserve(path.join(self.path, "reserve"), RESERVE)
  if not reserved then self:spend_reserve() end -- it may be there in part
  return reserved, message, kind
end

---Releases the reserved space: the disk is full, and what is in flight must be recorded.
function RunDirectory:spend_reserve()
  file.remove(path.join(self.path, "reserve"))
end

function RunDirectory:close()
  if self.lock then self.lock:close() end
  self.lock = nil
end

---@return string
function RunDirectory:journal()
  return path.join(self.path, "journal.db")
end

---@param name string
---@return string
function RunDirectory:file(name)
  return path.join(self.path, name)
end

---@param id integer
---@return string
function RunDirectory:chunk(id)
  return path.join(self.path, string.format("chunks/%06d.json", id))
end

---The archive of a chunk, see journal.archive.
---@param id integer
---@return string
function RunDirectory:sent(id)
  return path.join(self.path, string.format("chunks/%06d.sent.zst", id))
end

---@class PlacedUser
---@field place integer    1-based index in the chunk
---@field position integer ordinal in the source
---@field at string        "users.csv:18"
---@field user table       our own copy, hash intact

local MISSING <const> = "%s is missing; restore it: it holds users that are not confirmed to be in "
  .. "the tenant"
local CHANGED <const> = "%s has changed since it was staged; restore the original"

---The bytes of a chunk's file, checked against the journal.
---@param record LedgerChunk
---@return string?
---@return string? message
---@return Kind? kind  "missing"; "parse" if they have changed
function RunDirectory:bytes(record)
  local name = self:chunk(record.id)
  local text, message, kind = file.read(name)
  if not text then
    if kind == "missing" then message = MISSING:format(name) end
    return nil, message, kind
  elseif digest.hex(digest.hash("sha256", text)) ~= record.sha256 then
    return nil, CHANGED:format(name), "parse"
  end
  return text
end

---Joins the values of a chunk with their places.
local function placed(dir, record, values)
  local places, message, kind = chunk.places(record.places)
  if not places then return nil, message, kind end
  if #values ~= record.users or #places ~= record.users then
    return nil, string.format("%s holds %s, but the journal records %d", dir:chunk(record.id),
      format.count(#values, "user"), record.users), "parse"
  end
  for place, where in ipairs(places) do where.place, where.user = place, values[place] end
  return places
end

---@param record LedgerChunk
---@return PlacedUser[]?
---@return string? message
---@return Kind? kind
function RunDirectory:users(record)
  local text, message, kind = self:bytes(record)
  if not text then return nil, message, kind end
  local users = {}
  for place, user in chunk.values(text) do users[place] = user end
  return placed(self, record, users)
end

---@class PlacedOutline
---@field place integer
---@field position integer
---@field at string
---@field user string  members of a JSON object, see host.json.outlines

---The users of a chunk that has its file, reduced to what a finished run knows of them.
---@param record LedgerChunk
---@return PlacedOutline[]?
---@return string? message
---@return Kind? kind
function RunDirectory:written_outlines(record)
  local text, message, kind = self:bytes(record)
  if not text then return nil, message, kind end
  local outlines
  outlines, message, kind = json.outlines(text, identifiers.NAMES)
  if not outlines then return nil, self:chunk(record.id) .. ": " .. message, kind end
  return placed(self, record, outlines)
end

---The users of a chunk, reduced to what a finished run knows of them, even while the chunk file
---exists: `user` has the identifiers, and `digests` of all fields.
---@param record LedgerChunk
---@return PlacedUser[]?
---@return string? message
---@return Kind? kind
function RunDirectory:outlines(record)
  if not file.stat(self:chunk(record.id)) then return self:sealed(record) end
  local list, message, kind = self:written_outlines(record)
  if not list then return nil, message, kind end
  for _, outline in ipairs(list) do outline.user = json.decode("{" .. outline.user .. "}") end
  return list
end

---The same, from the archive.
---@private
function RunDirectory:sealed(record)
  local input <close>, message, kind = file.open(self:sent(record.id))
  if not input then return nil, message, kind end
  local reader <close> = json.reader(input, { lines = true, lazy = false })
  local users = {}
  for place = 1, record.users do
    local line = reader:next()
    if not line then return nil, self:sent(record.id) .. " is truncated", "parse" end
    users[place] = { place = place, position = line.position, at = line.at, user = line }
  end
  return users
end

---Removes the files of an unfinished stage; nothing of it was sent.
---@param ... string  names of files to keep
function RunDirectory:clear(...)
  local kept = {}
  for _, name in ipairs { ... } do kept[name] = true end
  for _, name in ipairs(OURS) do
    local whole = path.join(self.path, name)
    if not kept[name] and file.stat(whole) then failure.check(file.remove_tree(whole)) end
  end
  failure.check(file.mkdir(path.join(self.path, "chunks")))
end

---Removes an abandoned run, and the folder if it is then empty.
function RunDirectory:discard()
  self:clear()
  failure.check(file.remove_tree(path.join(self.path, "chunks")))
  file.remove(path.join(self.path, LOCK))
  local names = file.list(self.path)
  if names and #names == 0 then file.remove_tree(self.path) end
end

---@param folder string
---@param starting? boolean  also one that a process has locked but not begun to stage
---@return string? dir  of its newest run
function directory.newest(folder, starting)
  local newest, newest_time
  for _, name in ipairs(file.list(folder) or {}) do
    local dir = directory.at(folder == "." and name or path.join(folder, name))
    local sign = name:find("%.run$") and (file.stat(dir:journal())
      or starting and dir:holder() and file.stat(dir:file(LOCK)))
    if sign and (not newest or sign.modified > newest_time) then
      newest, newest_time = dir.path, sign.modified
    end
  end
  return newest
end

return directory
