--- A recipe's `dedupe` function. Users wait on disk until the whole source is read, because any
--- later record may change which of two is kept.

local call = require "recipe.call"
local json = require "host.json"
local mapped = require "stage.mapped"
local rejection = require "stage.rejection"
local store = require "host.store"

local dedupe = {}

---@class Dedupe
---@field private state State        of the recipe
---@field private slots integer      users that did not clash when they were read
---@field private db host.store.database  scratch: the user kept in each slot
local Dedupe = {}
Dedupe.__index = Dedupe

---@param state State
---@return Dedupe?
---@return string? message
---@return Kind? kind
function dedupe.new(state)
  local db, message, kind = store.open("", { durable = false })
  if not db then return nil, message, kind end
  local created
  created, message, kind = db:exec([[CREATE TABLE kept (
    slot INTEGER PRIMARY KEY, position INTEGER NOT NULL, at TEXT NOT NULL, user TEXT NOT NULL,
    record TEXT, algorithm TEXT, members INTEGER NOT NULL, lost INTEGER NOT NULL)]])
  if not created then return nil, message, kind end
  return setmetatable({ state = state, db = db, slots = 0 }, Dedupe)
end

---The detector's number for the next user: not its position, as a record can become several users.
---@return integer
function Dedupe:slot()
  return self.slots + 1
end

---The current record as text, because the next read invalidates it; nil if JSON cannot hold it.
local function written(user)
  return (json.encode(user:record()))
end

---Leaves the slot of the current user empty: the detector knows it, but it cannot be kept.
function Dedupe:leave_out()
  self.slots = self.slots + 1
end

---Keeps the current user, which does not clash so far.
---@param pipe Pipeline
---@param at string
---@return true?
---@return string? message
---@return Kind? kind
function Dedupe:keep(pipe, at)
  self.slots = self.slots + 1
  local user = pipe.mapped
  local done, message, kind = self.db:run("INSERT INTO kept VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    self.slots, pipe.position, at, user.draft:text(), written(user), user.algorithm, user.members,
    user.lost)
  return done and true, message, kind
end

local MESSAGES <const> = {
  chosen = "the same %s as the user at position %d, which the recipe's dedupe keeps",
  merged = "the same %s as the user at position %d, with which the recipe's dedupe merged it",
}

local function duplicate(position, at, user, kept, clash, record, which)
  local path = clash.path
  local message = MESSAGES[which == "merged" and "merged" or "chosen"]:format(path, kept)
  local twice = { code = "DUPLICATE", path = path, message = message }
  return rejection.new {
    position = position, at = at, outcome = "duplicate", kept = kept, record = record, user = user,
    errors = { rejection.clash(twice, user) },
  }
end

---Puts the user that was chosen into the slot: one of the two, or a merged one.
---@private
function Dedupe:replace(pipe, row, at, is_later)
  local position, where, record, user = row.position, row.at, row.record, pipe.mapped
  if is_later then position, where, record = pipe.position, at, written(user) end
  return self.db:run("UPDATE kept SET position = ?, at = ?, user = ?, record = ?, algorithm = ?, "
    .. "members = ?, lost = ? WHERE slot = ?", position, where, user.draft:text(), record,
    user.algorithm, user.members, user.lost, row.slot)
end

---Findings of the rules about the user that was chosen. What helpers could not read was noted when
---its record was mapped.
---@private
function Dedupe:findings()
  return (select(2, assert(self.state:call("notes"))))
end

---The user that was chosen, checked anew: an objection to it, or nil; false, message, kind on a
---failure.
---@type table<string, fun(self: Dedupe, pipe: Pipeline, row: table, at: string, ...): ...: any>
local CHOSEN <const> = {
  refused = function(_, _, _, _, code, path, reason, shape)
    return { rejection.refused(code, path, reason, shape) }
  end,
  odd = function(self, _, _, _, code, message)
    return { rejection.finding(code, "", message, self.state:must("shape", "chosen")) }
  end,
  invalid = function(self, pipe, _, at)
    local errors = pipe:errors_of(self:findings(), at)
    errors[1].message = "the user that dedupe returned is not valid: " .. errors[1].message
    return errors
  end,
  unwritable = function(self, _, _, _, why)
    return { rejection.finding("RECIPE_RESULT", "", why, self.state:must("shape", "user")) }
  end,
  kept = function(self, pipe, row, at, algorithm, members, noted, lost, ...)
    local user = pipe.mapped
    user.algorithm, user.members, user.lost = algorithm, members, lost
    self.state:draft(user.draft)
    if noted then pipe:errors_of(self:findings(), at) end
    local held, message, kind = pipe.duplicates:adopt(row.slot, ...)
    if held == false then return false, message, kind end
    if not held then return nil end
    return { rejection.finding("CONFLICT", "", string.format("the user that dedupe returned "
      .. "conflicts with a third user, at position %d",
      self.db:value("SELECT position FROM kept WHERE slot = ?", held)),
      self.state:must("shape", "user")) }
  end,
}

---Handles what the recipe chose between the user of `row` and the current one.
---@private
function Dedupe:chosen(pipe, row, clash, at, later, ok, which, event, _, _, ...)
  if not ok then
    local err = which
    call.limit(err, "dedupe")
    return pipe:reject(at, { rejection.finding("RECIPE_ERROR", "", call.text(err),
      self.state:must("shape", "user")) }, later, row.position)
  end
  if event ~= "kept" then pipe.mapped.draft:clear() end
  local wrong, message, kind = CHOSEN[event](self, pipe, row, at, ...)
  if wrong == false then return nil, message, kind end
  if wrong then
    local is_user = event ~= "odd" and event ~= "refused"
    local shown = is_user and pipe.mapped:user() or later
    return pipe:reject(at, wrong, shown, row.position)
  end
  local done
  done, message, kind = self:replace(pipe, row, at, which == "later")
  if not done then return nil, message, kind end
  if which == "later" then
    return pipe.sink:rejected(duplicate(row.position, row.at, json.decode(row.user),
      pipe.position, clash, row.record and json.decode(row.record), which))
  end
  return pipe.sink:rejected(duplicate(pipe.position, at, later, row.position, clash,
    pipe.mapped:record(), which))
end

---Lets the recipe decide between the user kept so far and the current one.
---@param pipe Pipeline
---@param clash Clash
---@param at string
---@return true?
---@return string? message
---@return Kind? kind
function Dedupe:choose(pipe, clash, at)
  local row, message, kind = self.db:row("SELECT * FROM kept WHERE slot = ?", clash.position)
  if message then return nil, message, kind end
  if not row then return self:keep(pipe, at) end -- the first could not be written
  local later = pipe.mapped:user()
  return self:chosen(pipe, row, clash, at, later, self.state:call("choose", row.user, row.lost))
end

---Sends the kept users into the sink, in source order.
---@param sink Sink
---@return true?
---@return string? message
---@return Kind? kind
function Dedupe:emit(sink)
  local user = mapped.new()
  for row in self.db:rows("SELECT * FROM kept ORDER BY slot") do
    user:hold(row)
    local taken, message, kind = sink:user(user, row.position, row.at)
    if not taken then return nil, message, kind end
  end
  self.db:close()
  return true
end

return dedupe
