--- A recipe's `dedupe` function: users wait on disk until the whole source is read, for any later
--- record may change which of two is kept.

local guard = require "base.guard"
local json = require "host.json"
local store = require "host.store"
local user_rules = require "auth0.user"

local chooser = {}

---@class Chooser
---@field dedupe fun(a: table, b: table): table
---@field slots integer              users that clashed with none when they came
---@field db host.store.database     scratch: the user kept in each slot
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
  return setmetatable({ dedupe = dedupe, db = db, slots = 0 }, Chooser)
end

---Where the detector is to remember a user: a record can become several, so positions do not do.
---@return integer
function Chooser:slot()
  return self.slots + 1
end

local function refuse(pipe, at, record, user, code, message)
  return pipe:reject(at, code, "", message, record, user)
end

---A user that clashes with none so far.
---@param pipe Pipeline
---@param user table
---@param at string
---@param record any
---@return true?
---@return string? message
---@return Kind? kind
function Chooser:keep(pipe, user, at, record)
  self.slots = self.slots + 1
  local text, why = json.encode(user)
  if not text then return refuse(pipe, at, record, nil, "RECIPE_RESULT", why) end
  local done, message, kind = self.db:run("INSERT INTO kept VALUES (?, ?, ?, ?)", self.slots,
    pipe.position, at, text)
  return done and true, message, kind
end

local MESSAGE <const> = "the %s is that of the user at position %d too, the one that the recipe's "
  .. "dedupe keeps"

local function duplicate(position, at, user, kept, clash, record)
  local message = MESSAGE:format(clash.path, kept)
  return {
    position = position, at = at, outcome = "duplicate", code = "DUPLICATE", path = clash.path,
    message = message, kept = kept, record = record, user = user,
    errors = { { code = "DUPLICATE", path = clash.path, message = message } },
  }
end

---Why the user that a dedupe returned cannot stay in a slot: {code, path, message, errors}, or nil.
---False, message, kind when that cannot be told.
local function objection(pipe, keep, slot)
  user_rules.normalise(keep)
  local errors = pipe:errors_of(pipe.validator:check(keep) or {})
  local first = errors[1]
  if first then
    local message = "what the recipe's dedupe returned is refused: " .. first.message
    return { code = first.code, path = first.path, message = message, errors = errors }
  end
  local text, why = json.encode(keep)
  if not text then return { code = "RECIPE_RESULT", path = "", message = why } end
  local held, message, kind = pipe.duplicates:adopt(keep, slot)
  if held == false then return false, message, kind end
  if held then
    return {
      code = "CONFLICT", path = "",
      message = "what the recipe's dedupe returned clashes with a further user",
    }
  end
end

---Puts the user that stays into its slot.
function Chooser:replace(pipe, row, keep, mine, at)
  local position, where = row.position, row.at
  if mine then position, where = pipe.position, at end
  return self.db:run("UPDATE kept SET position = ?, at = ?, user = ? WHERE slot = ?",
    position, where, json.encode(keep), row.slot)
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
  if message then return nil, message, kind end
  if not row then return self:keep(pipe, user, at, record) end -- the first could not be written
  local earlier = json.decode(row.user)
  local ok, keep = guard.call(self.dedupe, earlier, user)
  if not ok then
    local where = keep.where and keep.where .. ": " or ""
    return refuse(pipe, at, record, user, "RECIPE_ERROR", where .. keep.message)
  end
  if type(keep) ~= "table" or next(keep) == nil then
    return refuse(pipe, at, record, user, "RECIPE_RESULT", "dedupe returned "
      .. (type(keep) == "table" and "an empty table" or "a " .. type(keep)) .. ", not a user")
  end
  local wrong
  wrong, message, kind = objection(pipe, keep, row.slot)
  if wrong == false then return nil, message, kind end
  if wrong then
    return pipe:reject(at, wrong.code, wrong.path, wrong.message, record, keep, wrong.errors)
  end
  local mine = keep == user
  local done
  done, message, kind = self:replace(pipe, row, keep, mine, at)
  if not done then return nil, message, kind end
  if mine then
    return pipe.sink:rejected(duplicate(row.position, row.at, json.decode(row.user),
      pipe.position, clash))
  end
  return pipe.sink:rejected(duplicate(pipe.position, at, user, row.position, clash,
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
