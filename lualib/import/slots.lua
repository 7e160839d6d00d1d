--- The tenant's import slots: ours, those of other clients once all are reported as taken, and when
--- another upload is worth an attempt. A pure calculation in seconds of the program's own clock.
---
--- An upload takes a slot. Its job keeps it until it ends (`accepted`, then `ended`); an upload
--- without a job returns it (`refused`: all slots are taken; `free`: anything else).

local limits = require "auth0.limits"

local slots = {}

local LEAST <const>, MOST <const> = 2, 60 -- seconds between attempts while others hold slots
local UNKNOWN <const> = 5   -- seconds before the second attempt while no job's length is known
local SHARE <const> = 0.2   -- of a job's expected time, between attempts while others hold slots
local CLOSE <const> = 0.1   -- of it, where an end is expected
local GROWTH <const>, DOUBLE <const> = 1.5, 2 -- from one attempt to the next
local JITTER <const> = 0.2  -- maximum share added, so that clients spread out
local SETTLING <const> = 5  -- seconds that a tenant may still count a job which it reports as ended
local FORGOTTEN <const> = 3 -- times its expected length, after which a lost job is over

---@class Slots
---@field running integer          jobs of ours
---@field private most integer     slots that this run may hold
---@field private busy integer     those that our uploads and jobs hold
---@field private pace Pace
---@field private random fun(): number
---@field private limit? integer  slots of the tenant; nil: it has never been full
---@field private others integer  of these, held by jobs that we do not watch, as last reported
---@field private lost {since: number, users: integer}[]  uploads of ours that may have become jobs
---@field private users integer   of the last refused upload
---@field private till number     no attempt before, while all slots are held
---@field private probes boolean  the last attempt was made although all slots were held
---@field private tries integer   consecutive refusals
---@field private ended_at number when the last job of ours ended
local Slots = {}
Slots.__index = Slots

---@param most integer  that this run may hold
---@param pace Pace
---@param random? fun(): number  0 to 1
---@return Slots
function slots.new(most, pace, random)
  return setmetatable({
    running = 0, most = most, busy = 0, pace = pace, random = random or math.random, others = 0,
    lost = {}, users = 1, till = -math.huge, probes = false, tries = 0, ended_at = -math.huge,
  }, Slots)
end

---Whether the tenant's slots are all taken, as far as known.
local function is_full(self)
  return self.limit ~= nil and self.busy + self.others >= self.limit
end

---Whether this run may hold one more.
---@return boolean
function Slots:is_free()
  return self.busy < self.most
end

---Seconds until an upload may take a slot; 0: now; nil: not before one of ours is free.
---@param now number
---@return number?
function Slots:wait(now)
  if not self:is_free() then return nil end
  return is_full(self) and math.max(0, self.till - now) or 0
end

---An upload takes a slot. While all are held, one upload at a time probes for a free one.
---@param now number
function Slots:take(now)
  self.probes = is_full(self)
  if self.probes then self.till = now + MOST end
  self.busy = self.busy + 1
end

---A job of an earlier process holds a slot.
function Slots:adopt()
  self.running, self.busy = self.running + 1, self.busy + 1
end

---An upload failed for a reason other than slots.
---@param now number
function Slots:free(now)
  self.busy = self.busy - 1
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

---Seconds between attempts while it is unknown when a slot becomes free.
local function blind(self, now)
  local expected = self.pace:expected(self.users)
  local growth = (expected and GROWTH or DOUBLE) ^ math.min(self.tries - 1, 20)
  local step = (expected and math.max(LEAST, expected * SHARE) or UNKNOWN) * growth
  if now - self.ended_at < SETTLING then step = math.min(step, DOUBLE ^ (self.tries - 1)) end
  return math.min(step, MOST)
end

---Seconds until the next attempt: jobs of lost uploads are expected to end as our other jobs do.
local function pause(self, now)
  local step = blind(self, now)
  for _, one in ipairs(self.lost) do
    local expected = self.pace:expected(one.users)
    local left = expected and one.since + expected - now
    if left and left > 0 then
      -- If these are all the others, an earlier attempt is useless.
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

---The tenant refused an upload because all slots are taken.
---@param now number
---@param active integer  jobs that it reports
---@param users integer   of the upload
function Slots:refused(now, active, users)
  self.busy, self.users = self.busy - 1, users
  self.limit, self.others = math.max(1, active), math.max(0, active - self.running)
  self.tries = self.tries + 1
  forget(self, now)
  self.till = now + pause(self, now)
end

---The tenant accepted an upload: it is a job now.
---@param now number
function Slots:accepted(now)
  self.running = self.running + 1
  if not self.limit then return end
  self.limit = math.max(self.limit, self.running)
  self.others = math.min(self.others, self.limit - self.running)
  self.tries = 1
  if self.probes then drop_first(self) end
  forget(self, now)
  -- If one of the others has ended, all of them may have, unless the lost uploads account for them.
  local knows = not self.probes or #self.lost >= self.others
  self.till = knows and now + pause(self, now) or now
end

---A job of ours has ended.
---@param now number
function Slots:ended(now)
  self.running, self.busy, self.ended_at = self.running - 1, self.busy - 1, now
end

---An upload of ours may have become an unknown job.
---@param since number
---@param users integer
function Slots:lose(since, users)
  table.insert(self.lost, { since = since, users = users })
end

---The job of a lost upload has ended: its users exist, or its time is over.
---@param users integer
function Slots:found(users)
  for i, one in ipairs(self.lost) do
    if one.users == users then
      table.remove(self.lost, i)
      self.others = math.max(0, self.others - 1)
      return
    end
  end
end

---Slots that jobs of other clients hold, as far as known.
---@return integer
function Slots:foreign()
  return math.max(0, self.others - #self.lost)
end

---A message about the slots of other clients; nil if they are known to hold none.
---@return string?
function Slots:describe_others()
  local n = self:foreign()
  if n == 0 then return nil end
  return n == 1 and "1 import job of another client holds a slot"
    or n .. " import jobs of other clients hold slots"
end

return slots
