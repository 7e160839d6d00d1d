--- Outages of a server. One begins when a request has to wait for its next attempt because it was
--- not answered, and ends when nothing waits any longer. Uploads are requests whose callers wait.

local outages = {}

local COUNTED <const> = 2 -- attempts in a row without an answer: one alone is not reported

---@class Outage  unix seconds
---@field since number
---@field next_try? number       of the request that is tried first; nil: one is being tried
---@field patience_until number  when the first request gives up
---@field why string             of the last attempt: "status 503", "timeout"

---@class OutageWait
---@field why string
---@field seconds number   real seconds until the next attempt
---@field patience number  own seconds that the caller waits in all, from the first failure

---@class Outages
---@field private clock Clock
---@field private log fun(event: string, fields: table)
---@field private changed fun()
---@field private waiting table<any, {since: number, next_try: number, deadline: number,
---attempts: integer}>  own seconds
---@field private began? number   own seconds: of the present outage
---@field private counted boolean the present outage counts
---@field private why string
---@field private past number     own seconds of earlier outages
---@field private count integer   of those that count, the present one included
---@field private lasted number   own seconds of the earlier ones that count
local Outages = {}
Outages.__index = Outages

---@param options {clock: Clock, log?: fun(event: string, fields: table), changed?: fun()}
---@return Outages
function outages.new(options)
  local function ignore() end
  return setmetatable({
    clock = options.clock, log = options.log or ignore,
    changed = options.changed or ignore, waiting = {}, counted = false, past = 0,
    count = 0, lasted = 0,
  }, Outages)
end

---A request waits for its next attempt: it was not answered.
---@param request any  identifies it
---@param wait OutageWait
function Outages:wait(request, wait)
  local clock = self.clock
  local now = clock.elapsed()
  local one = self.waiting[request]
    or { since = now, deadline = now + wait.patience, attempts = 0 }
  self.waiting[request] = one
  one.next_try, one.attempts = now + wait.seconds / clock.real(1), one.attempts + 1
  self.why = wait.why
  if not self.began then
    self.began, self.counted = now, false
    self.log("outage", { why = wait.why })
  end
  if one.attempts >= COUNTED and not self.counted then
    self.count, self.counted = self.count + 1, true
  end
  self.changed()
end

---A request was answered, or is not tried again.
---@param request any
function Outages:over(request)
  if not self.waiting[request] then return end
  self.waiting[request] = nil
  if not next(self.waiting) then
    local seconds = self.clock.elapsed() - self.began
    self.began, self.past = nil, self.past + seconds
    if self.counted then self.lasted = self.lasted + seconds end
    self.log("outage_over", { seconds = seconds })
  end
  self.changed()
end

---Nothing waits any longer.
function Outages:clear()
  for request in pairs(self.waiting) do self:over(request) end
end

---@private
function Outages:present()
  return self.began and self.clock.elapsed() - self.began or 0
end

---@return number seconds  real, in which a request waited for an answer
function Outages:seconds()
  return self.clock.real(self.past + self:present())
end

---The outages to report, the present one included.
---@return integer count
---@return number seconds  real
function Outages:figures()
  return self.count, self.clock.real(self.lasted + (self.counted and self:present() or 0))
end

---The present outage.
---@return Outage?
function Outages:current()
  if not self.began then return nil end
  local clock = self.clock
  local now, elapsed = clock.now(), clock.elapsed()
  local function unix(own) return now + clock.real(own - elapsed) end
  local next_try, deadline
  for _, one in pairs(self.waiting) do
    deadline = math.min(deadline or one.deadline, one.deadline)
    if one.next_try > elapsed then next_try = math.min(next_try or one.next_try, one.next_try) end
  end
  return { since = unix(self.began), next_try = next_try and unix(next_try),
    patience_until = unix(deadline), why = self.why }
end

return outages
