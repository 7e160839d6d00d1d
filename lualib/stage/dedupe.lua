--- A recipe's `dedupe` function. Users wait on disk until the whole source is read, because any
--- later record may change which of two is kept.

local call = require "recipe.call"
local json = require "host.json"
local rejection = require "stage.rejection"
local store = require "host.store"
local user_rules = require "auth0.user"

local dedupe = {}

---@class Dedupe
---@field choose_between fun(a: table, b: table): table  the recipe's
---@field slots integer              users that did not clash when they were read
---@field db host.store.database     scratch: the user kept in each slot
local Dedupe = {}
Dedupe.__index = Dedupe

---@param choose fun(a: table, b: table): table
---@return Dedupe?
---@return string? message
---@return Kind? kind
function dedupe.new(choose)
  local db, message, kind = store.open("", { durable = false })
  if not db then return nil, message, kind end
  local created
  created, message, kind = db:exec([[CREATE TABLE kept (
    slot INTEGER PRIMARY KEY, position INTEGER NOT NULL, at TEXT NOT NULL, user TEXT NOT NULL,
    record TEXT)]])
  if not created then return nil, message, kind end
  return setmetatable({ choose_between = choose, db = db, slots = 0 }, Dedupe)
end

---The detector's number for the next user: not its position, as a record can become several users.
---@return integer
function Dedupe:slot()
  return self.slots + 1
end

local function refuse(pipe, at, record, user, code, message, value, kept)
  return pipe:reject(at, { rejection.of_recipe(code, message, value) }, record, user, kept)
end

---A source record as text, because the next read invalidates it; nil if JSON cannot hold it.
local function written(record)
  return (json.encode(json.materialize(record)))
end

---Keeps a user that does not clash so far.
---@param pipe Pipeline
---@param user table
---@param at string
---@param record any
---@return true?
---@return string? message
---@return Kind? kind
function Dedupe:keep(pipe, user, at, record)
  self.slots = self.slots + 1
  local text, why = json.encode(user)
  if not text then return refuse(pipe, at, record, nil, "RECIPE_RESULT", why, user) end
  local done, message, kind = self.db:run("INSERT INTO kept VALUES (?, ?, ?, ?, ?)", self.slots,
    pipe.position, at, text, written(record))
  return done and true, message, kind
end

local MESSAGE <const> = "the same %s as the user at position %d, which the recipe's dedupe keeps"

local function duplicate(position, at, user, kept, clash, record)
  local path = clash.path
  local twice = { code = "DUPLICATE", path = path, message = MESSAGE:format(path, kept) }
  return rejection.new {
    position = position, at = at, outcome = "duplicate", kept = kept, record = record, user = user,
    errors = { rejection.clash(twice, user) },
  }
end

---Findings against the user that dedupe returned, or nil; false, message, kind on a failure.
function Dedupe:objection(pipe, keep, slot, at)
  user_rules.normalise(keep)
  local errors = pipe:errors_of(pipe.validator:check(keep) or {}, keep, at)
  if errors[1] then
    errors[1].message = "the user that dedupe returned is not valid: " .. errors[1].message
    return errors
  end
  local text, why = json.encode(keep)
  if not text then return { rejection.of_recipe("RECIPE_RESULT", why, keep) } end
  local held, message, kind = pipe.duplicates:adopt(keep, slot)
  if held == false then return false, message, kind end
  if held then
    return { rejection.of_recipe("CONFLICT", string.format("the user that dedupe returned "
      .. "conflicts with a third user, at position %d",
      self.db:value("SELECT position FROM kept WHERE slot = ?", held)), keep) }
  end
end

function Dedupe:replace(pipe, row, keep, mine, at, record)
  local position, where, source = row.position, row.at, row.record
  if mine then position, where, source = pipe.position, at, written(record) end
  return self.db:run("UPDATE kept SET position = ?, at = ?, user = ?, record = ? WHERE slot = ?",
    position, where, json.encode(keep), source, row.slot)
end

---Lets the recipe decide between the user kept so far and the current one.
---@param pipe Pipeline
---@param clash Clash
---@param user table
---@param at string
---@param record any
---@return true?
---@return string? message
---@return Kind? kind
function Dedupe:choose(pipe, clash, user, at, record)
  local row, message, kind = self.db:row("SELECT * FROM kept WHERE slot = ?", clash.position)
  if message then return nil, message, kind end
  if not row then return self:keep(pipe, user, at, record) end -- the first could not be written
  local earlier = json.decode(row.user)
  local ok, keep = call.try(self.choose_between, earlier, user)
  if not ok then
    return refuse(pipe, at, record, user, "RECIPE_ERROR", call.text(keep), user, row.position)
  end
  if type(keep) ~= "table" or next(keep) == nil then
    return refuse(pipe, at, record, user, "RECIPE_RESULT", "dedupe returned "
      .. (type(keep) == "table" and "an empty table" or "a " .. type(keep)) .. ", not a user", keep,
      row.position)
  end
  local wrong
  wrong, message, kind = self:objection(pipe, keep, row.slot, at)
  if wrong == false then return nil, message, kind end
  if wrong then return pipe:reject(at, wrong, record, keep, row.position) end
  local mine = keep == user
  local done
  done, message, kind = self:replace(pipe, row, keep, mine, at, record)
  if not done then return nil, message, kind end
  if mine then
    return pipe.sink:rejected(duplicate(row.position, row.at, json.decode(row.user),
      pipe.position, clash, row.record and json.decode(row.record)))
  end
  return pipe.sink:rejected(duplicate(pipe.position, at, user, row.position, clash, record))
end

---Sends the kept users into the sink, in source order.
---@param sink Sink
---@return true?
---@return string? message
---@return Kind? kind
function Dedupe:emit(sink)
  for row in self.db:rows("SELECT * FROM kept ORDER BY slot") do
    local taken, message, kind = sink:user(json.decode(row.user), row.position, row.at,
      row.record and json.decode(row.record))
    if not taken then return nil, message, kind end
  end
  self.db:close()
  return true
end

return dedupe
