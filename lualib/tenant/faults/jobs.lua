--- Effects of faults on import jobs of the rehearsal tenant. They are not stored: after a restart
--- the jobs resume without them.

local clock = require "host.clock"
local faults = require "tenant.faults"
local identifiers = require "auth0.identifiers"
local jobs = require "tenant.jobs"
local json = require "host.json"
local limits = require "auth0.limits"
local scheduler = require "base.scheduler"

local job_faults = {}

local FACTORS <const> = {
  { code = "MFA_FACTORS_FAILED", message = "Unable to import factors" },
}

---A function that returns whether a job has a user with one of these identifiers, as it was sent.
local function finder(job)
  local present
  return function(names)
    if not present then
      present = {}
      local list = json.decode(job.payload)
      for _, user in ipairs(type(list) == "table" and list or {}) do
        for _, name in ipairs(identifiers.NAMES) do
          local value = type(user) == "table" and user[name]
          if value then present[value] = true end
        end
      end
    end
    for _, name in ipairs(names) do
      if present[name] then return true end
    end
    return false
  end
end

---The fault of a newly accepted job.
---@param tenant Tenant
---@param job StoredJob
---@return Fault?
function job_faults.choose(tenant, job)
  local fault = tenant.faults and tenant.faults:of_job(clock.now() - tenant.began, finder(job))
  if not fault then return nil end
  if fault.action == "job-lost" then tenant.lost[job.id] = true end
  return fault
end

local MARGIN <const> = 0.05 -- seconds; two clocks are read

---Real seconds until the job exceeds its time limit.
local function seconds_left(tenant, job)
  local left = (limits.JOB_SECONDS - (tenant:now() - job.begun)) / tenant.scale
  return math.max(0, left) + MARGIN
end

---The users that the job processes. Waits while the job is stuck, at most until its time limit.
---@param tenant Tenant
---@param job StoredJob
---@param fault? Fault
---@param list UploadedUsers
---@return UploadedUsers
function job_faults.reached(tenant, job, fault, list)
  local action = fault and fault.action
  if action == "job-stuck" then
    scheduler.sleep(math.min(fault.seconds, seconds_left(tenant, job)))
  end
  if action == "job-failed" then return list:up_to(math.floor(list.count * (fault.share or 0))) end
  if action == "job-short" then return list:up_to(list.count - fault.missing) end
  return list
end

---How many users of a job are imported before the connection disappears.
---@param fault? Fault
---@param total integer
---@return number
function job_faults.gone_after(fault, total)
  if not fault or fault.action ~= "connection-gone" then return math.huge end
  return math.floor(total * (fault.share or 0))
end

---The errors of a user whose factors are not stored; nil when they are.
---@param fault? Fault
---@param user table
---@return table[]?
function job_faults.factors(fault, user)
  if not fault or fault.action ~= "mfa-failed" or not user.mfa_factors then return nil end
  local key = user.user_id or user.email or user.username or user.phone_number or ""
  if faults.share_of(key) >= (fault.share or 1) then return nil end
  return FACTORS
end

---Ends the job when its fault determines the outcome.
---@param tenant Tenant
---@param id string
---@param fault? Fault
---@return boolean ended
function job_faults.finish(tenant, id, fault)
  if not fault or fault.action ~= "job-failed" then return false end
  jobs.finish(tenant, id, fault.details, "failed")
  return true
end

return job_faults
