--- Import progress: shown at this terminal, saved in the journal for `status` at another.

local clock = require "host.clock"
local format = require "base.format"
local limits = require "auth0.limits"

local progress = {}

local SAVE_INTERVAL <const> = 1 -- seconds
local LONG <const> = 3600 -- seconds; for older jobs, show until when their results are kept

---@class ImportProgress
---@field private ledger Ledger
---@field private ui table
---@field private slots Slots
---@field private jobs table<string, Job>  running jobs, by id
---@field private total integer     users
---@field private began number      monotonic seconds
---@field private first? integer    users done when this import started
---@field private saved_at number   monotonic seconds
local ImportProgress = {}
ImportProgress.__index = ImportProgress

---@param ledger Ledger
---@param ui table
---@param slots Slots
---@return ImportProgress
function progress.new(ledger, ui, slots)
  return setmetatable({
    ledger = ledger, ui = ui, slots = slots, jobs = {}, total = ledger:users_staged(),
    began = clock.monotonic(), saved_at = -math.huge,
  }, ImportProgress)
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

local function save(self, shown)
  local percentages = {}
  for id, job in pairs(self.jobs) do percentages[id] = job.percentage end
  self.ledger:save_progress {
    at = clock.now(), users = shown.done, total = shown.total, foreign = self.slots:foreign(),
    jobs = percentages,
    rate = shown.seconds > SAVE_INTERVAL and shown.since / shown.seconds or nil,
  }
end

---Running jobs count by the percentage that the tenant reports.
function ImportProgress:show()
  local done, n, now = self.ledger:users_harvested(), 0, clock.monotonic()
  for _, job in pairs(self.jobs) do
    n, done = n + 1, done + job.chunk.users * (job.percentage or 0) / 100
  end
  done = math.min(self.total, math.floor(done))
  self.first = self.first or done
  local shown = {
    phase = "import", done = done, total = self.total, jobs = n, detail = detail_of(self),
    share = self.total > 0 and done / self.total or nil,
    seconds = now - self.began, since = done - self.first,
  }
  self.ui:progress(shown)
  if now - self.saved_at < SAVE_INTERVAL then return end
  self.saved_at = now
  save(self, shown)
end

return progress
