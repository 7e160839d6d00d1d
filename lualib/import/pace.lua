--- When to look at a job, learned from ended jobs. A pure calculation in the program's own seconds.

local pace = {}

local SHORTEST <const> = 0.5
local LONGEST <const> = 10
local UNKNOWN_SHARE <const> = 0.1 -- of the age, between looks at a job of unknown length
local REMAINING_SHARE <const> = 0.9 -- of the remaining time, by the reported percentage
local LEAST_LEAD <const> = 0.03 -- of the expected time: how long before the end looks begin
local MOST_LEAD <const> = 0.3
local LEAD <const> = 2 -- times the spread
local EARLIER <const> = 4 -- times the lead, after each end in a row that the first look saw
local LOOKS <const> = 5 -- before the expected end
local MOST_STEP <const> = 0.025 -- of the expected time, between looks
local LATE_GROWTH <const> = 1.25 -- each look at an overdue job waits longer
local WEIGHT <const> = 0.3 -- of the newest job in the averages, at least
-- Fixed costs dominate small jobs, such as a canary: they predict only jobs up to this many times
-- as large, and teach nothing of larger ones.
local REACH <const> = 3

---@class Pace
---@field per_user? number  seconds per user, averaged
---@field largest integer   users of the largest job learned from
---@field doubt number      how far `per_user` may be off because looks are rare, as a share of it
---@field spread number     how far jobs end from the expected time, as a share of it, averaged
---@field surprises integer consecutive jobs whose end was seen at the first look
local Pace = {}
Pace.__index = Pace

---@return Pace
function pace.new()
  return setmetatable({ largest = 0, doubt = 0, spread = 0, surprises = 0 }, Pace)
end

local function clamp(seconds)
  return math.max(SHORTEST, math.min(LONGEST, seconds))
end

---A job has ended between two looks. If none saw it running, its length stays unknown, and the next
---job is looked at earlier.
---@param users integer
---@param still_running number  seconds after the submit; 0: it was not seen running
---@param done number           seconds after the submit
function Pace:learn(users, still_running, done)
  if users * REACH < self.largest then return end
  local expected = self:expected(users)
  if still_running <= 0 then
    if expected then self.surprises = self.surprises + 1 end
    return
  end
  local took = (still_running + done) / 2
  local per_user, doubt, off = took / users, (done - still_running) / 2 / took, 0
  if expected then
    off = math.max(0, math.abs(took - expected) / expected - self.doubt)
    local weight = math.max(WEIGHT, self.doubt / (self.doubt + doubt))
    per_user = self.per_user + weight * (per_user - self.per_user)
    doubt = self.doubt + weight * (doubt - self.doubt)
  end
  self.per_user, self.doubt = per_user, doubt
  self.spread = self.spread + WEIGHT * (off - self.spread)
  self.largest, self.surprises = math.max(self.largest, users), 0
end

---@param users integer
---@return number? seconds  nil before a job of about this size has ended
function Pace:expected(users)
  if not self.per_user or users > REACH * self.largest then return nil end
  return self.per_user * users
end

---Seconds to wait before the next look at a job of unknown length: the first ones of a run.
local function backoff(age, looks, percentage)
  if looks == 0 then return SHORTEST end -- an adopted job may have ended long ago
  if not percentage or percentage < 5 then return clamp(age * UNKNOWN_SHARE) end
  return clamp((age * 100 / percentage - age) * REMAINING_SHARE)
end

---Seconds to wait after a look at a job, or after its submit, before the next look.
---@param users integer
---@param age number          seconds since its submit
---@param looks integer       so far
---@param percentage? number  done, if the tenant reports it
---@return number
function Pace:wait(users, age, looks, percentage)
  local expected = self:expected(users)
  if not expected then return backoff(age, looks, percentage) end
  local lead = math.max(LEAST_LEAD, math.min(MOST_LEAD, LEAD * (self.spread + self.doubt)))
  lead = math.min(1, lead * EARLIER ^ self.surprises) * expected
  local first = expected - lead
  if age < first then return math.max(SHORTEST, first - age) end
  local step = clamp(math.min(lead / LOOKS, MOST_STEP * expected))
  local late = (age - expected - lead) / step
  return late > 0 and clamp(step * LATE_GROWTH ^ math.min(late, 20)) or step
end

return pace
