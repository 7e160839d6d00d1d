--- When to poll a job, learned from ended jobs. A pure calculation in the program's own seconds.

local pace = {}

local SHORTEST <const> = 0.5
local LONGEST <const> = 10
local FIRST_SHARE <const> = 0.7  -- of the expected time, before the first poll
local STEP_SHARE <const> = 0.03  -- of the expected time, between polls
local LATE_GROWTH <const> = 1.25 -- each poll after the expected end waits longer
local UNKNOWN_SHARE <const> = 0.25 -- of the age, between polls of a job of unknown length
local WEIGHT <const> = 0.3       -- of the newest job in the averages
-- Fixed costs dominate small jobs, such as a canary: they predict only jobs up to this many times
-- as large.
local REACH <const> = 3

---@class Pace
---@field per_user? number  seconds per user, averaged
---@field largest integer   users of the largest job learned from
---@field spread? number    how far jobs end from the expected time, as a share of it, averaged
local Pace = {}
Pace.__index = Pace

---@return Pace
function pace.new()
  return setmetatable({ largest = 0 }, Pace)
end

local function clamp(seconds)
  return math.max(SHORTEST, math.min(LONGEST, seconds))
end

---A job has ended between two polls.
---@param users integer
---@param still_running number  seconds after the submit
---@param done number           seconds after the submit
function Pace:learn(users, still_running, done)
  local took = (still_running + done) / 2
  local expected = self:expected(users)
  self.largest = math.max(self.largest, users)
  if expected then
    local off = math.abs(took - expected) / math.max(expected, SHORTEST)
    self.spread = self.spread and self.spread + WEIGHT * (off - self.spread) or off
    self.per_user = self.per_user + WEIGHT * (took / users - self.per_user)
  else
    self.per_user = took / users
  end
end

---@param users integer
---@return number? seconds  nil before a job of about this size has ended
function Pace:expected(users)
  if not self.per_user or users > REACH * self.largest then return nil end
  return self.per_user * users
end

---Seconds to wait before the next poll of a job.
---@param users integer
---@param age number          seconds since its submit
---@param looks integer       polls so far
---@param percentage? number  done, if the tenant reports it
---@return number
function Pace:wait(users, age, looks, percentage)
  local expected = self:expected(users)
  if not expected then
    -- The first jobs of a run: by the reported percentage, else with backoff.
    if not percentage or percentage < 5 then return clamp(age * UNKNOWN_SHARE) end
    return clamp((age * 100 / percentage - age) * 0.9)
  end
  -- Predictable jobs are polled around their expected end, the others from 70 % on.
  local spread = math.max(0.02, math.min(self.spread or 1, 1 - FIRST_SHARE))
  local first = expected * (1 - spread * 1.5)
  first = math.max(expected * FIRST_SHARE, first)
  if age < first and looks == 0 then return math.max(SHORTEST, first - age) end
  local step = clamp(expected * math.min(STEP_SHARE, spread / 3))
  if age > expected then
    local late = (age - expected) / math.max(step, SHORTEST)
    step = clamp(step * LATE_GROWTH ^ math.min(late, 20))
  end
  return step
end

return pace
