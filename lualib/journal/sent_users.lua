--- The users that a run sent, in a scratch database on disk, for the comparison with the tenant's.

local identifiers = require "auth0.identifiers"
local json = require "host.json"
local run_users = require "journal.users"
local store = require "host.store"

local sent_users = {}

local STRETCH <const> = 5000 -- rows per transaction

---What is expected of a user in the tenant.
sent_users.THERE = 0     -- it exists
sent_users.COMPARED = 1  -- it exists and is as it was sent
sent_users.IN_FLIGHT = 2 -- nothing is known yet

local TABLE <const> = [[
CREATE TABLE sent (
  id INTEGER PRIMARY KEY, position INTEGER, at TEXT, expected INTEGER, key TEXT, ids TEXT,
  digests TEXT, seen INTEGER NOT NULL DEFAULT 0)]]

---@class SentUser
---@field id integer
---@field position integer
---@field at string
---@field expected integer
---@field ids table      filled under COMPARED
---@field digests table  filled under COMPARED

---@class SentUsers
---@field private db host.store.database
local SentUsers = {}
SentUsers.__index = SentUsers

---@param path string  a file that does not exist
---@return SentUsers?
---@return string? message
---@return Kind? kind
function sent_users.create(path)
  local db, message, kind = store.open(path, { durable = false })
  if not db then return nil, message, kind end
  local done
  done, message, kind = db:exec(TABLE)
  if done then return setmetatable({ db = db }, SentUsers) end
  db:close()
  return nil, message, kind
end

function SentUsers:close()
  self.db:close()
end

SentUsers.__close = SentUsers.close

---Runs `fn(turn)` in a series of transactions; `fn` calls `turn` after each user.
---@param fn fun(turn: fun(): true?, string?, Kind?): true?, string?, Kind?
---@return true?
---@return string? message
---@return Kind? kind
function SentUsers:in_stretches(fn)
  local tx, n = self.db:begin(), 0
  local _ <close> = setmetatable({}, { __close = function() tx:close() end })
  local done, message, kind = fn(function()
    n = n + 1
    if n % STRETCH ~= 0 then return true end
    local committed, why, what = tx:commit()
    tx = self.db:begin()
    return committed, why, what
  end)
  if not done then return nil, message, kind end
  return tx:commit()
end

---@alias AddSentUser fun(entry: RunUser, expected: integer): true?, string?, Kind?

---Adds users: `each` calls its argument with each entry and what is expected of it.
---@param each fun(add: AddSentUser): true?, string?, Kind?
---@return true?
---@return string? message
---@return Kind? kind
function SentUsers:fill(each)
  local done, message, kind = self:in_stretches(function(turn)
    return each(function(entry, expected)
      local is_compared = expected == sent_users.COMPARED
      local added, why, what = self.db:run([[INSERT INTO sent
        (position, at, expected, key, ids, digests) VALUES (?, ?, ?, ?, ?, ?)]], entry.position,
        entry.at, expected, run_users.key(entry), is_compared and json.encode(entry.ids) or "{}",
        is_compared and json.encode(entry.digests) or "{}")
      if not added then return nil, why, what end
      return turn()
    end)
  end)
  if not done then return nil, message, kind end
  -- Created after the rows: a sort on disk is far cheaper than random inserts into a tree.
  return self.db:exec("CREATE INDEX sent_key ON sent (key)")
end

---Lists of users that may match one of the tenant's and are not seen yet, by the most reliable
---identifier first. If addresses are not unique, several users share a key.
---@param theirs table
---@return fun(): SentUser[]?
function SentUsers:candidates(theirs)
  local keys, i = identifiers.keys(identifiers.of(theirs)), 0
  return function()
    i = i + 1
    if not keys[i] then return nil end
    local rows = {}
    for row in self.db:rows([[SELECT * FROM sent WHERE key = ? AND seen = 0
        ORDER BY id LIMIT 100]], keys[i]) do
      row.ids, row.digests = json.decode(row.ids), json.decode(row.digests)
      rows[#rows + 1] = row
    end
    return rows
  end
end

---@param one SentUser
---@return true?
---@return string? message
---@return Kind? kind
function SentUsers:mark_seen(one)
  return self.db:run("UPDATE sent SET seen = 1 WHERE id = ?", one.id)
end

---Users that should exist and were not seen, in source order.
---@return fun(): {position: integer, at: string}?
function SentUsers:missing()
  return self.db:rows([[SELECT position, at FROM sent WHERE seen = 0 AND expected <> ?
    ORDER BY position]], sent_users.IN_FLIGHT)
end

return sent_users
