--- What the parts of an import share: the tenant, the ledger, the slots, and why it must end.

local failure = require "base.failure"
local guard = require "base.guard"
local pace = require "import.pace"
local progress = require "import.progress"
local slots = require "import.slots"
local scheduler = require "base.scheduler"

local engine = {}

---@class Engine
---@field ledger Ledger
---@field dir RunDirectory
---@field client table        auth0.client
---@field jobs table          auth0.api.jobs, or a test's
---@field users table         auth0.api.users, or a test's
---@field connection table    settings of auth0.connection
---@field recipe Recipe
---@field clock Clock
---@field upsert boolean
---@field slots Slots          made of the number that the run may hold
---@field rounds integer      most rounds, the import included
---@field retry fun(failure: table): number?
---@field pace Pace
---@field changed Condition   slots, jobs or the ending have changed
---@field ending? Failure     set once: no new submits
---@field hasty boolean       an interrupt has come: jobs in flight are not waited for
---@field background integer  tasks beside the import
---@field private shielded integer  calls that are waited for although an interrupt has come
---@field identified table<integer, Identifiers>  of refused users that are being repaired, by
---the failure's id: a repair may change the user in place
---@field log fun(event: string, fields: table)
---@field progress ImportProgress
---@field ui table            for the progress
---@field seal? fun(chunk: integer)  writes early what will remain of a harvested chunk
---@field max_failures? Limit
---@field delete_ghosts? boolean   --delete-ghosts
---@field agree fun(n: integer): boolean?  asks whether ghosts may be deleted; nil: nobody to ask
---@field invite fun(users: integer): boolean?  asks whether to go on after the canary
local Engine = {}
Engine.__index = Engine

---@param parts table  the fields above that come from outside
---@return Engine
function engine.new(parts)
  local self = setmetatable(parts, Engine)
  self.pace, self.changed = pace.new(), scheduler.condition()
  self.slots = slots.new(parts.slots, self.pace)
  self.progress = progress.new(parts.ledger, parts.ui, self.slots)
  self.background, self.shielded, self.hasty = 0, 0, false
  self.identified = {}
  return self
end

---Ends the import: what is in flight is recorded, nothing new is sent. The first reason counts.
---@param reason Failure
function Engine:stop(reason)
  if reason.kind == "interrupted" and not self.hasty then
    self.hasty = true
    self.changed:notify()
  end
  if self.ending then return end
  self.ending = reason
  self.log("ending", { kind = reason.kind, message = reason.message })
  self.changed:notify()
end

---Passes a result on; a failure of the world ends the import and is raised to the caller, whom
---the guard around the recipe's function catches.
---@generic T
---@param value T?
---@param message? string
---@param kind? Kind
---@return T
function Engine:check(value, message, kind)
  if value == nil or value == false then
    if message then
      local reason = failure.new(message, kind)
      self:stop(reason)
      error(reason, 0)
    end
  end
  return value
end

---Records what has happened: calls a method of the ledger. On a full disk the room that was kept
---for this is spent, and nothing more is sent.
---@param method string  of the ledger
---@param ... any
---@return any
function Engine:record(method, ...)
  local ledger = self.ledger
  local value, message, kind = ledger[method](ledger, ...)
  if not value and kind == "full" then
    self:stop(failure.new("nothing more is sent: " .. message, kind))
    self.dir:spend_reserve()
    value, message, kind = ledger[method](ledger, ...)
  end
  return self:check(value, message, kind)
end

---Raises the reason when the import is ending.
function Engine:go_on()
  if self.ending then error(self.ending, 0) end
end

---Waits for a slot that is free, of ours and of the tenant's, and takes it. Raises when the import
---is ending.
function Engine:take_slot()
  while not self.ending do
    local left = self.slots:wait(self.clock.elapsed())
    if left == 0 then break end
    self.changed:wait(left and self.clock.real(left))
  end
  self:go_on()
  self.slots:take(self.clock.elapsed())
end

---Notes an error that nobody foresaw.
---@param reason Failure
function Engine:log_trace(reason)
  if reason.trace then self.log("error", { message = reason.message, trace = reason.trace }) end
end

---@class Work  what runs beside the import
---@field over boolean
---@field failed? boolean  it has raised

---Runs `fn` beside the import. The import's end waits for it; what it raises ends the import.
---@param fn fun()
---@return Work
function Engine:beside(fn)
  local work = { over = false }
  self.background = self.background + 1
  scheduler.spawn(function()
    local ok, reason = guard.call(fn)
    self.background = self.background - 1
    work.over, work.failed = true, not ok
    if not ok then
      self:log_trace(reason)
      self:stop(reason)
    end
    self.changed:notify()
  end)
  return work
end

---Calls `fn(...)`, for whose return the import's end waits even after an interrupt.
---@generic T
---@param fn fun(...): T
---@param ... any
---@return T
function Engine:shield(fn, ...)
  self.shielded = self.shielded + 1
  local value = fn(...)
  self.shielded = self.shielded - 1
  return value
end

-- Endings that wait for the jobs in flight: a tenant forgets a job's result after a day.
local PATIENT <const> = { canary = true, failures = true, full = true }

---Whether jobs in flight are left to a later session.
---@return boolean
function Engine:leaving()
  return self.ending ~= nil and (self.hasty or not PATIENT[self.ending.kind])
end

---Waits until no work is left beside the import, or jobs are to be left and nothing is shielded.
function Engine:drain()
  while self.background > 0 and not (self:leaving() and self.shielded == 0) do
    self.changed:wait()
  end
end

---Sleeps, in the program's own seconds; ends early when jobs are left to a later session.
---@param seconds number
function Engine:sleep(seconds)
  local until_ = self.clock.elapsed() + seconds
  while not self:leaving() do
    local left = until_ - self.clock.elapsed()
    if left <= 0 then return end
    self.changed:wait(self.clock.real(left))
  end
end

return engine
