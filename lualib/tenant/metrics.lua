--- Metrics of the rehearsal tenant, to evaluate a client with; not part of Auth0's API.

local answers = require "tenant.answers"
local fetch = require "base.fetch"
local http = require "host.http"
local json = require "host.json"
local limits = require "auth0.limits"

local metrics = {}

---@class Metrics  times in real seconds
---@field active integer       running jobs
---@field jobs integer         started jobs
---@field busy number          sum over all slots
---@field changed? number      of the last change of `active`
---@field first? number        when the first job started
---@field last? number         when the last one ended
---@field requests table<string, integer>  by route
---@field statuses table<string, integer>  by route and status
---@field uploads integer
---@field bytes integer        of all uploads
---@field mails integer        uploads that requested completion emails
local Metrics = {}
Metrics.__index = Metrics

---@return Metrics
function metrics.new()
  return setmetatable({
    active = 0, busy = 0, jobs = 0, requests = {}, statuses = {}, uploads = 0, bytes = 0,
    mails = 0,
  }, Metrics)
end

---@param route string
---@param status integer
function Metrics:answered(route, status)
  local key = route .. " " .. status
  self.requests[route] = (self.requests[route] or 0) + 1
  self.statuses[key] = (self.statuses[key] or 0) + 1
end

function Metrics:upload(bytes, mail)
  self.uploads, self.bytes = self.uploads + 1, self.bytes + bytes
  if mail then self.mails = self.mails + 1 end
end

---Adds the busy time of the slots since the last change.
function Metrics:account(now)
  self.busy = self.busy + self.active * (now - (self.changed or now))
  self.changed = now
end

function Metrics:job_begun(now)
  self:account(now)
  self.first = self.first or now
  self.active, self.jobs = self.active + 1, self.jobs + 1
end

function Metrics:job_ended(now)
  self:account(now)
  self.last = now
  self.active = self.active - 1
end

---GET /__tenant/metrics
---@param tenant Tenant
---@return Answer
function metrics.show(tenant)
  local m = tenant.metrics
  local span = m.last and m.last - m.first or 0
  return answers.json {
    slots = {
      limit = limits.JOBS, active = m.active, busy_seconds = m.busy, span_seconds = span,
      use = span > 0 and m.busy / (limits.JOBS * span) or 0,
    },
    jobs = m.jobs, requests = m.requests, statuses = m.statuses,
    uploads = { count = m.uploads, bytes = m.bytes, completion_mails = m.mails },
    users = tenant.db:value("SELECT count(*) FROM user"),
    faults = tenant.faults and tenant.faults.counts or nil,
    rules = tenant.faults and tenant.faults:tally() or nil,
  }
end

---@param base string  "http://127.0.0.1:PORT"
---@return table? metrics
---@return string? message
---@return Kind? kind
function metrics.ask(base)
  local transport <close> = http.new {}
  local answer, message, kind = fetch.new(transport) {
    method = "GET", url = base .. "/__tenant/metrics",
  }
  if not answer then return nil, message, kind end
  return json.decode(answer.body)
end

return metrics
