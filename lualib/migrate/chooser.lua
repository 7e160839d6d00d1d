--- A recipe's `dedupe` function: users wait on disk until the whole source is read, for any later
--- record may change which of two is kept.

local guard = require "base.guard"
local json = require "host.json"
local store = require "host.store"

local chooser = {}

---@class Chooser
---@field dedupe fun(a: table, b: table): table
---@field db host.store.database  scratch: the users kept so far, by the position that came first
local Chooser = {}
Chooser.__index = Chooser

---@param dedupe fun(a: table, b: table): table
---@return Chooser?
---@return string? message
---@return Kind? kind
function chooser.new(dedupe)
  local db, message, kind = store.open("", { durable = false })
  if not db then return nil, message, kind end
  local made
  made, message, kind = db:exec([[CREATE TABLE kept (
    slot INTEGER PRIMARY KEY, position INTEGER NOT NULL, at TEXT NOT NULL, user TEXT NOT NULL)]])
  if not made then return nil, message, kind end
  return setmetatable({ dedupe = dedupe, db = db }, Chooser)
end

---A user that clashes with none so far.
---@param user table
---@param position integer
---@param at string
---@return true?
---@return string? message
---@return Kind? kind
function Chooser:keep(user, position, at)
  local done, message, kind = self.db:run("INSERT INTO kept VALUES (?, ?, ?, ?)", position,
    position, at, assert(json.encode(user)))
  return done and true, message, kind
end

local function duplicate(position, at, user, kept, clash, record)
  return {
    position = position, at = at, outcome = "duplicate", code = "DUPLICATE", path = clash.path,
    message = clash.message, kept = kept, record = record, user = user,
    errors = { { code = "DUPLICATE", path = clash.path, message = clash.message } },
  }
end

---Lets the recipe decide between the user kept so far and the one at hand.
---@param pipe Pipeline
---@param clash Clash
---@param user table
---@param at string
---@param record any
---@return true?
---@return string? message
---@return Kind? kind
function Chooser:choose(pipe, clash, user, at, record)
  local row, message, kind = self.db:row("SELECT * FROM kept WHERE slot = ?", clash.position)
  if not row then return nil, message or "the kept user is gone from the scratch file", kind end
  local earlier = json.decode(row.user)
  local ok, keep = guard.call(self.dedupe, earlier, user)
  if not ok or type(keep) ~= "table" then
    local why = ok and "dedupe returned a " .. type(keep) .. ", not a user" or keep.message
    return pipe:reject(at, ok and "RECIPE_RESULT" or "RECIPE_ERROR", "", why, record, user)
  end
  if keep == earlier then
    return pipe.sink:rejected(duplicate(pipe.position, at, user, row.position, clash,
      json.materialize(record)))
  end
  local position, where = row.position, row.at
  if keep == user then position, where = pipe.position, at end
  local done
  done, message, kind = self.db:run("UPDATE kept SET position = ?, at = ?, user = ? WHERE slot = ?",
    position, where, assert(json.encode(keep)), row.slot)
  if not done then return nil, message, kind end
  if keep == user then
    return pipe.sink:rejected(duplicate(row.position, row.at, earlier, position, clash))
  end
  return pipe.sink:rejected(duplicate(pipe.position, at, user, position, clash,
    json.materialize(record)))
end

---Sends the users that stayed into the sink, in the order of the source.
---@param sink Sink
---@return true?
---@return string? message
---@return Kind? kind
function Chooser:emit(sink)
  for row in self.db:rows("SELECT * FROM kept ORDER BY slot") do
    local taken, message, kind = sink:user(json.decode(row.user), row.position, row.at)
    if not taken then return nil, message, kind end
  end
  self.db:close()
  return true
end

return chooser
