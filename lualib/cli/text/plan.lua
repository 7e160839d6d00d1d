--- A plan as text: what would be sent, how long it takes, the risks.

local format = require "base.format"
local limits = require "auth0.limits"
local losses_text = require "cli.text.losses"
local tables = require "cli.text.tables"
local warnings_text = require "cli.text.warnings"

local plan_text = {}

local DOCUMENTED <const> = "these rates were reported by Auth0 staff and are not guaranteed"
local SCALED <const> = "scaled from the rates that Auth0 staff reported for two jobs at a time"

local function assumption(plan)
  local rates = {}
  for i, one in ipairs(plan.hours) do rates[i] = format.number(one.users_an_hour) end
  return string.format("%s users per hour, with %s at a time and full chunks; %s",
    table.concat(rates, ", "), format.count(plan.slots, "job"),
    plan.slots == limits.JOBS and DOCUMENTED or SCALED)
end

---"3 skipped (no e-mail address 3), 2 rejected (FORMAT 2), 1 duplicate"
local function left_out(plan)
  local parts = {}
  for i, one in ipairs {
    { "skipped", plan.skipped }, { "rejected", plan.codes }, { "duplicate" },
  } do
    local why = tables.by_count(one[2])
    parts[i] = string.format("%s %s%s", format.number(plan.left_out[one[1]]), one[1],
      why ~= "" and " (" .. why .. ")" or "")
  end
  return table.concat(parts, ", ")
end

---@param plan Plan
---@return string
function plan_text.of(plan)
  local lines = {
    string.format("to send   %s in %s, %s", format.count(plan.users, "user"),
      format.count(plan.jobs, "job"), format.bytes(plan.bytes)),
  }
  if plan.left_out then
    lines[#lines + 1] = "not sent  " .. left_out(plan)
  end
  if plan.connection then lines[#lines + 1] = "into      " .. plan.connection end
  local times = tables.tiers(plan.hours)
  if times then
    lines[#lines + 1] = "duration  about " .. times
    lines[#lines + 1] = "assuming  " .. assumption(plan)
  end
  local t = plan.tally
  if t then
    lines[#lines + 1] = string.format("user size %s median, %s largest",
      format.bytes(t.median), format.bytes(t.largest))
    lines[#lines + 1] = "passwords " .. tables.passwords(t)
  end
  if plan.canary then
    lines[#lines + 1] = string.format("canary    %s: %s", tables.canary(plan.canary),
      plan.canary.users < plan.users and "imported alone, before the rest" or "all users")
  end
  if plan.upsert then lines[#lines + 1] = "upsert    on" end
  tables.append(lines, losses_text.lines(plan.losses))
  for _, risk in ipairs(plan.risks or {}) do lines[#lines + 1] = "note      " .. risk end
  tables.append(lines, warnings_text.lines(plan.warnings or {}))
  return tables.text(lines)
end

return plan_text
