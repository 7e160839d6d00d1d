--- How far an import is: for people at this terminal, and in the journal for `status` at another.

local clock = require "host.clock"
local format = require "base.format"
local limits = require "auth0.limits"

local progress = {}

local SAVE_INTERVAL <const> = 1 -- seconds
local LONG <const> = 3600 -- seconds; the results of jobs that old are worth a word

---@class ImportProgress
---@field private ledger Ledger
---@field private ui table
---@field private slots Slots
---@field private jobs table<string, Job>  those that run, by id
---@field private total integer     users
---@field private began number      monotonic seconds
---@field private first? integer    users that were done when this import began
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

---@param job Job  that runs from now on
function ImportProgress:add(job)
  self.jobs[job.id] = job
end

---@param job Job  that does not run any more, or is not watched
function ImportProgress:remove(job)
  self.jobs[job.id] = nil
end

---What people should know beside the figures.
local function detail_of(self)
  local others = self.slots:describe_others()
  if others then return others end
  local oldest = math.huge
  for _, job in pairs(self.jobs) do oldest = math.min(oldest, job.submitted) end
  if clock.now() - oldest > LONG then
    return "results are kept until " .. format.moment(clock.iso(oldest + limits.JOB_KEPT_SECONDS))
  end
end

---Notes for `status` how far the import is.
local function save(self, shown)
  local percentages = {}
  for id, job in pairs(self.jobs) do percentages[id] = job.percentage end
  self.ledger:save_progress {
    at = clock.now(), users = shown.done, total = shown.total, foreign = self.slots:foreign(),
    jobs = percentages,
    rate = shown.seconds > SAVE_INTERVAL and shown.since / shown.seconds or nil,
  }
end

---Shows how far the import is; what runs counts by the percentage that the tenant gives.
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
