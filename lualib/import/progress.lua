--- Import progress: shown at this terminal, saved in the journal for `status` at another.

local clock = require "host.clock"
local format = require "base.format"
local limits = require "auth0.limits"

local progress = {}

local SAVE_INTERVAL <const> = 1 -- seconds
local LONG <const> = 3600 -- seconds; for older jobs, show until when their results are kept

-- Without another user for this long, jobs have stalled: a multiple of their expected time.
local STILL <const>, LEAST_STILL <const> = 3, 60 -- own seconds
local UNKNOWN_STILL <const> = 600 -- own seconds, while no job's length is known

---@class ImportProgress
---@field private ledger Ledger
---@field private ui table
---@field private slots Slots
---@field private pace Pace
---@field private clock Clock
---@field private outages Outages
---@field private jobs table<string, Job>  running jobs, by id
---@field private total integer     users
---@field private first? integer    users done when this import started
---@field private done integer      users, as last shown
---@field private began number      working seconds, see ImportProgress:now
---@field private moved_at number   working seconds: when `done` last grew
---@field private idle number       seconds of earlier stalls
---@field private idle_since? number working seconds: start of a stall
---@field private shown? Progress   the last one
---@field private saved_at number   monotonic seconds
local ImportProgress = {}
ImportProgress.__index = ImportProgress

---@param engine Engine  with its slots, pace and outages
---@return ImportProgress
function progress.new(engine)
  local self = setmetatable({
    ledger = engine.ledger, ui = engine.ui, slots = engine.slots, pace = engine.pace,
    clock = engine.clock, outages = engine.outages, jobs = {},
    total = engine.ledger:users_staged(), done = 0, idle = 0, saved_at = -math.huge,
  }, ImportProgress)
  self.began = self:now()
  self.moved_at = self.began
  return self
end

---Working seconds: real ones that do not pass during an outage.
---@private
function ImportProgress:now()
  return clock.monotonic() - self.outages:seconds()
end

---@param job Job  now running
function ImportProgress:add(job)
  self.jobs[job.id] = job
end

---@param job Job  ended, or no longer watched
function ImportProgress:remove(job)
  self.jobs[job.id] = nil
end

local function detail_of(self)
  local others = self.slots:describe_others()
  if others then return others end
  local oldest = math.huge
  for _, job in pairs(self.jobs) do oldest = math.min(oldest, job.submitted) end
  if clock.now() - oldest > LONG then
    return "results are kept until " .. format.moment(clock.iso(oldest + limits.JOB_KEPT_SECONDS))
  end
end

local function save(self, shown, stalled)
  local percentages = {}
  for id, job in pairs(self.jobs) do percentages[id] = job.percentage end
  local has_rate = not stalled and shown.seconds > SAVE_INTERVAL
  self.ledger:save_progress {
    at = clock.now(), users = shown.done, total = shown.total, foreign = self.slots:foreign(),
    jobs = percentages, rate = has_rate and shown.since / shown.seconds or nil,
  }
end

---Seconds without another user after which the running jobs have stalled.
local function longest_standstill(self)
  local longest = LEAST_STILL
  for _, job in pairs(self.jobs) do
    local expected = self.pace:expected(job.chunk.users)
    longest = math.max(longest, expected and STILL * expected or UNKNOWN_STILL)
  end
  return self.clock.real(longest)
end

---Whether no user is imported: none of our jobs runs because others hold the slots, or those that
---run stand still. The time of a stall is excluded from the rate.
---@private
---@return boolean stalled
function ImportProgress:account(done, running)
  local now = self:now()
  if done ~= self.done or running == 0 then self.done, self.moved_at = done, now end
  local stalled = now - self.moved_at > longest_standstill(self)
  if running == 0 then stalled = self.slots:foreign() > 0 end
  if stalled then
    self.idle_since = self.idle_since or self.moved_at
  else
    self:work()
  end
  return stalled
end

---The end of a stall, if there was one.
---@private
function ImportProgress:work()
  local now = self:now()
  if self.idle_since then self.idle = self.idle + now - self.idle_since end
  self.idle_since = nil
end

---Calls `fn(...)`, which waits for the operator.
---@generic T
---@param fn fun(...): T
---@param ... any
---@return T
function ImportProgress:hold(fn, ...)
  self.idle_since = self.idle_since or self:now()
  if self.shown then save(self, self.shown, true) end
  local value = fn(...)
  self.moved_at = self:now()
  self:work()
  return value
end

---Running jobs count by the percentage that the tenant reports.
function ImportProgress:show()
  local done, n, now = self.ledger:users_harvested(), 0, clock.monotonic()
  for _, job in pairs(self.jobs) do
    n, done = n + 1, done + job.chunk.users * (job.percentage or 0) / 100
  end
  done = math.min(self.total, math.floor(done))
  self.first = self.first or done
  local was_stalled = self.idle_since ~= nil
  local stalled = self:account(done, n)
  local shown = {
    phase = "import", done = done, total = self.total, jobs = n, detail = detail_of(self),
    share = self.total > 0 and done / self.total or nil, stalled = stalled,
    seconds = self:now() - self.began - self.idle, since = done - self.first,
  }
  self.shown = shown
  self.ui:progress(shown)
  if now - self.saved_at < SAVE_INTERVAL and stalled == was_stalled then return end
  self.saved_at = now
  save(self, shown, stalled)
end

return progress
