--- The state that the parts of an import share, its background work, and how it ends.

local failure = require "base.failure"
local guard = require "base.guard"
local outages = require "base.outages"
local pace = require "import.pace"
local progress = require "import.progress"
local slots = require "import.slots"
local scheduler = require "base.scheduler"

local engine = {}

local LONGEST_START <const> = 0.25 -- real seconds that a harvest waits for the next upload
local TURNS <const> = 8 -- of the transport, which sends up to 64 KB in each

---@class Engine : EngineOptions
---@field client table        auth0.api.client
---@field connection table    settings of auth0.connection
---@field jobs table          auth0.api.jobs, or a test's
---@field users table         auth0.api.users, or a test's
---@field upsert boolean
---@field rounds integer      maximum, the import included
---@field retry fun(failure: table): number?
---@field external_id string
---@field send_completion_email boolean
---@field archive? fun(chunk: integer)  archives a harvested chunk before the run ends
---@field slots Slots
---@field pace Pace
---@field outages Outages
---@field progress ImportProgress
---@field changed Condition   slots, jobs or the ending have changed
---@field ending? Failure     set once: no new submits
---@field private starting integer     uploads that have a slot and have sent nothing yet
---@field preloaded? Job       whose chunk is in memory while it waits for a slot
---@field flowing? boolean     the tenant accepted the last upload
---@field private interrupted boolean  jobs in flight are not waited for
---@field private background integer   tasks of Engine:spawn that run
---@field private shielded integer     calls to wait for even after an interrupt
local Engine = {}
Engine.__index = Engine

---@param parts table  becomes the engine
---@return Engine
function engine.new(parts)
  local self = setmetatable(parts, Engine)
  self.pace, self.changed = pace.new(), scheduler.condition()
  self.slots = slots.new(parts.slots, self.pace)
  self.outages = parts.client.outages or outages.new { clock = parts.clock, log = parts.log }
  self.progress = progress.new(self)
  self.background, self.shielded, self.interrupted, self.starting = 0, 0, false, 0
  return self
end

---Ends the import: what is in flight is recorded, nothing new is sent. The first reason counts.
---@param reason Failure
function Engine:stop(reason)
  if reason.kind == "interrupted" and not self.interrupted then
    self.interrupted = true
    self.changed:notify()
  end
  if self.ending then return end
  self.ending = reason
  self.log("ending", { kind = reason.kind, message = reason.message })
  self.changed:notify()
end

---Raises the reason if the import is ending.
function Engine:check_running()
  if self.ending then error(self.ending, 0) end
end

-- Endings that wait for jobs in flight: the tenant deletes a job's result after a day.
local PATIENT <const> = { canary = true, failures = true, full = true }

---Whether jobs in flight are left to a later process.
---@return boolean
function Engine:draining()
  return self.ending ~= nil and (self.interrupted or not PATIENT[self.ending.kind])
end

---Returns `value`. A failure ends the import and is raised; the guard around the recipe catches it.
---@generic T
---@param value T?
---@param message? string
---@param kind? Kind
---@return T
function Engine:check(value, message, kind)
  if value or not message then return value end
  local reason = failure.new(message, kind)
  self:stop(reason)
  error(reason, 0)
end

---Calls a method of the ledger. On a full disk it spends the reserve, and nothing more is sent.
---@param method string
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

---Ends the import for what was raised; an unexpected error, one with a trace, is logged.
---@param reason Failure
function Engine:fail(reason)
  if reason.trace then self.log("error", { message = reason.message, trace = reason.trace }) end
  self:stop(reason)
end

---@class Work
---@field over boolean
---@field failed? boolean  raised an error

---Runs `fn` in the background. The import's end waits for it; an error in it ends the import.
---@param fn fun()
---@return Work
function Engine:spawn(fn)
  local work = { over = false }
  self.background = self.background + 1
  scheduler.spawn(function()
    local ok, reason = guard.call(fn)
    self.background = self.background - 1
    work.over, work.failed = true, not ok
    if not ok then self:fail(reason) end
    self.changed:notify()
  end)
  return work
end

---Whether nothing runs in the background.
---@return boolean
function Engine:is_idle()
  return self.background == 0
end

---Calls `fn(...)`; the import's end waits for it even after an interrupt.
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

---Waits until no background work runs or, when draining, until no call is shielded.
function Engine:join()
  while not self:is_idle() and not (self:draining() and self.shielded == 0) do
    self.changed:wait()
  end
end

---Sleeps, in the program's own seconds; returns early when draining.
---@param seconds number
function Engine:sleep(seconds)
  local until_ = self.clock.elapsed() + seconds
  while not self:draining() do
    local left = until_ - self.clock.elapsed()
    if left <= 0 then return end
    self.changed:wait(self.clock.real(left))
  end
end

---Waits for a free slot, of ours and of the tenant's, and takes it for an upload; `started` says
---when that has begun. Raises if the import is ending.
---@param job Job
function Engine:take_slot(job)
  while not self.ending do
    local left = self.slots:wait(self.clock.elapsed())
    if left == 0 then break end
    self.changed:wait(left and self.clock.real(left))
  end
  self:check_running()
  self.slots:take(self.clock.elapsed())
  self.starting, job.starting = self.starting + 1, true
end

---The upload of a job has begun to be sent, or will not be.
---@param job Job
function Engine:started(job)
  if not job.starting then return end
  self.starting, job.starting = self.starting - 1, nil
  self.changed:notify()
end

---Lets the upload that waits for a slot have the one that a job has just left. Returns once it has
---begun to be sent: what is written or read meanwhile would keep the slot empty.
function Engine:make_way()
  scheduler.pass() -- it takes the slot
  if self.starting == 0 then return end
  local till = self.clock.elapsed() + LONGEST_START / self.clock.real(1)
  while self.starting > 0 and not self.ending do
    local left = till - self.clock.elapsed()
    if left <= 0 then return end
    self.changed:wait(self.clock.real(left))
  end
  for _ = 1, TURNS do scheduler.pass() end -- fills the socket's buffer
end

return engine
