--- What people read of a plan: what would be sent, how long it takes, what is odd.

local amounts = require "base.format"
local figures = require "cli.text.tables"

local plan_words = {}

---What the times rest on.
---@param hours TierHours[]
---@return string
local function assumption(hours)
  local rates = {}
  for i, one in ipairs(hours) do rates[i] = amounts.number(one.users_an_hour) end
  return table.concat(rates, ", ") .. " users an hour, two jobs at a time with full chunks: rates "
    .. "that Auth0's staff reported, not promised"
end

---What an import would send, how long it takes, what is odd.
---@param plan Plan
---@return string
function plan_words.of(plan)
  local lines = {
    string.format("to send   %s in %s, %s", amounts.count(plan.users, "user"),
      amounts.count(plan.jobs, "job"), amounts.bytes(plan.bytes)),
  }
  if plan.left_out then
    local r = plan.left_out
    lines[#lines + 1] = string.format("left out  %s skipped, %s rejected, %s duplicate",
      amounts.number(r.skipped), amounts.number(r.rejected), amounts.number(r.duplicate))
  end
  if plan.connection then lines[#lines + 1] = "into      " .. plan.connection end
  local times = figures.tiers(plan.hours)
  if times then
    lines[#lines + 1] = "takes     about " .. times
    lines[#lines + 1] = "assumed   " .. assumption(plan.hours)
  end
  local t = plan.tally
  if t then
    lines[#lines + 1] = string.format("a user    %s in the middle, %s at most",
      amounts.bytes(t.median), amounts.bytes(t.largest))
    lines[#lines + 1] = "passwords " .. figures.passwords(t)
  end
  if plan.canary then
    lines[#lines + 1] = string.format("canary    %s: %s", figures.canary(plan.canary),
      plan.canary.users < plan.users and "alone, before the rest" or "all there are")
  end
  if plan.upsert then lines[#lines + 1] = "upsert    on" end
  for _, risk in ipairs(plan.risks or {}) do lines[#lines + 1] = "mind      " .. risk end
  return table.concat(lines, "\n") .. "\n"
end

return plan_words
