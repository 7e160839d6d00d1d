--- Room: who holds the tenant's import slots when it says that all of them are taken, and when one
--- more upload is worth a try. A pure calculation; all times in seconds of the program's own clock.

local limits = require "auth0.limits"

local slots = {}

local LEAST <const>, MOST <const> = 2, 60 -- seconds between tries for a slot of others
local UNKNOWN <const> = 5   -- seconds before the second try while no job's length is known
local SHARE <const> = 0.2   -- of a job's expected time, between tries for a slot of others
local CLOSE <const> = 0.1   -- of it, where an end is expected
local GROWTH <const>, DOUBLE <const> = 1.5, 2 -- from one try to the next
local JITTER <const> = 0.2  -- a share, added at most, so that clients part
-- A tenant may still count a job of ours that it calls ended: so long ago, at most.
local SETTLING <const> = 5  -- seconds
local FORGOTTEN <const> = 3 -- times its expected length: a lost job is over

---@class Room
---@field private pace Pace
---@field private random fun(): number
---@field private limit? integer  slots of the tenant; nil: it has never been full
---@field private others integer  of these, held by jobs that we do not watch, as last told
---@field private lost {since: number, users: integer}[]  uploads of ours that may have become jobs
---@field private users integer   of the upload that was refused last
---@field private till number     no try before, while all slots are held
---@field private probes boolean  the last try was made although all slots were held
---@field private tries integer   refused in a row
---@field private ended_at number when a job of ours was last seen to end
local Room = {}
Room.__index = Room

---@param pace Pace
---@param random? fun(): number  0 to 1
---@return Room
function slots.new(pace, random)
  return setmetatable({
    pace = pace, random = random or math.random, others = 0, lost = {}, users = 1,
    till = -math.huge, probes = false, tries = 0, ended_at = -math.huge,
  }, Room)
end

function Room:is_full(ours)
  return self.limit ~= nil and ours + self.others >= self.limit
end

---Seconds until an upload may try for a slot; 0: now.
---@param now number
---@param ours integer  slots that our jobs and uploads hold
---@return number
function Room:wait(now, ours)
  return self:is_full(ours) and math.max(0, self.till - now) or 0
end

---An upload tries. Into full slots one goes at a time: the others wait for what it is told.
---@param now number
---@param ours integer  without the new one
function Room:try(now, ours)
  self.probes = self:is_full(ours)
  if self.probes then self.till = now + MOST end
end

---An upload came to nothing that would tell of slots.
---@param now number
function Room:untold(now)
  self.till = math.min(self.till, now)
end

local function forget(self, now)
  for i = #self.lost, 1, -1 do
    local one = self.lost[i]
    local expected = self.pace:expected(one.users)
    local longest = expected and FORGOTTEN * expected or limits.JOB_SECONDS
    if now - one.since > longest then table.remove(self.lost, i) end
  end
end

---Seconds between tries while nothing tells when a slot becomes free.
local function blind(self, now)
  local expected = self.pace:expected(self.users)
  local growth = (expected and GROWTH or DOUBLE) ^ math.min(self.tries - 1, 20)
  local step = (expected and math.max(LEAST, expected * SHARE) or UNKNOWN) * growth
  if now - self.ended_at < SETTLING then step = math.min(step, DOUBLE ^ (self.tries - 1)) end
  return math.min(step, MOST)
end

---Seconds until the next try: jobs of lost uploads are expected to end as our other jobs do.
local function pause(self, now)
  local step = blind(self, now)
  for _, one in ipairs(self.lost) do
    local expected = self.pace:expected(one.users)
    local left = expected and one.since + expected - now
    if left and left > 0 then
      -- Where these are all the others, there is no use in trying before.
      step = #self.lost >= self.others and math.min(left, MOST) or math.min(step, left)
    elseif left then
      step = math.min(step, math.max(LEAST, CLOSE * expected, -left / 2))
    end
  end
  return step * (1 + JITTER * self.random())
end

---The job of a lost upload has ended: the one that is due first.
local function drop_first(self)
  local first, due
  for i, one in ipairs(self.lost) do
    local at = one.since + (self.pace:expected(one.users) or 0)
    if not first or at < due then first, due = i, at end
  end
  if first then table.remove(self.lost, first) end
end

---The tenant refused an upload: its slots are taken.
---@param now number
---@param active integer  jobs that it tells of
---@param ours integer    of them, those that we watch
---@param users integer   of the upload
function Room:refused(now, active, ours, users)
  self.limit, self.others, self.users = math.max(1, active), math.max(0, active - ours), users
  self.tries = self.tries + 1
  forget(self, now)
  self.till = now + pause(self, now)
end

---The tenant accepted an upload.
---@param now number
---@param ours integer  jobs that we watch, with the new one
function Room:accepted(now, ours)
  if not self.limit then return end
  self.limit = math.max(self.limit, ours)
  self.others = math.min(self.others, self.limit - ours)
  self.tries = 1
  if self.probes then drop_first(self) end
  forget(self, now)
  -- Where one of the others has ended, all of them may have, unless we know better.
  local knows = not self.probes or #self.lost >= self.others
  self.till = knows and now + pause(self, now) or now
end

---A job of ours was seen to have ended.
---@param now number
function Room:ended(now)
  self.ended_at = now
end

---An upload of ours may have become a job that we do not know.
---@param since number
---@param users integer
function Room:lose(since, users)
  table.insert(self.lost, { since = since, users = users })
end

---The job of a lost upload has ended: its users are there, or its time is over.
---@param users integer
function Room:found(users)
  for i, one in ipairs(self.lost) do
    if one.users == users then
      table.remove(self.lost, i)
      self.others = math.max(0, self.others - 1)
      return
    end
  end
end

---Slots that jobs of others hold, as far as is known.
---@return integer
function Room:foreign()
  return math.max(0, self.others - #self.lost)
end

return slots
