--- The lock of a run directory. It says who works on the run: one process at a time, and the lock
--- ends with it, however it ends.

local clock = require "host.clock"
local file = require "host.file"
local format = require "base.format"
local json = require "host.json"
local process = require "host.process"
local scheduler = require "base.scheduler"

local lock = {}

-- `status` takes the lock for an instant to see whether it is held: not a reason to refuse a run.
local TRIES <const>, PAUSE <const> = 5, 0.02 -- seconds

---@class LockHolder  who holds a lock; empty if an older version of the program holds it
---@field pid? integer
---@field host? string
---@field since? string  ISO 8601 in UTC

---@class RunLock
---@field private held host.file.lock
local RunLock = {}
RunLock.__index = RunLock

---@param path string
---@return RunLock?
---@return string? message
---@return Kind? kind  "busy": another process holds it
function lock.take(path)
  local held, message, kind = file.lock(path)
  for _ = 2, TRIES do
    if kind ~= "busy" then break end
    scheduler.sleep(PAUSE)
    held, message, kind = file.lock(path)
  end
  if not held then return nil, message, kind end
  -- On a full disk the lock is held all the same.
  held:write(json.encode { pid = process.id(), host = process.host(),
    since = clock.iso(clock.now()) } .. "\n")
  return setmetatable({ held = held }, RunLock)
end

function RunLock:close()
  if self.held then
    self.held:write ""
    self.held:close()
  end
  self.held = nil
end

---Who holds a lock; nil if nobody does.
---@param path string
---@return LockHolder?
function lock.holder(path)
  if not file.is_locked(path) then return nil end
  local said = json.decode(file.read(path) or "")
  return type(said) == "table" and said or {}
end

---"process 4711 on box since 2026-11-24 16:51 UTC"
---@param holder LockHolder
---@return string
function lock.describe(holder)
  if not holder.pid then return "another process" end
  return string.format("process %s on %s since %s", holder.pid, holder.host,
    format.moment(holder.since))
end

return lock
