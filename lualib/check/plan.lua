--- Plan: what an import would send, how long it takes at the documented rates, and its risks.

local format = require "base.format"
local check = require "check"
local json = require "host.json"
local limits = require "auth0.limits"
local sorted = require "base.sorted"

local plan = {}

---@class TierHours
---@field tier string
---@field hours number
---@field users_an_hour integer  assumed, with full chunks and `slots` jobs at a time

---@class Plan
---@field users integer
---@field jobs integer
---@field bytes integer
---@field bytes_a_user number   mean
---@field hours TierHours[]
---@field slots integer         jobs at a time
---@field left_out? {skipped: integer, rejected: integer, duplicate: integer}  records
---@field skipped? table<string, integer>  by reason
---@field codes? table<string, integer>    rejected records by code
---@field warnings? ReportWarning[]
---@field connection? string
---@field upsert boolean
---@field canary? CanaryFigures
---@field tally TallyFacts      sizes and passwords
---@field losses? Loss[]
---@field risks string[]

---Hours that the users take in each tier, fastest first. The documented rates are those of
---limits.JOBS jobs at a time.
---@param users integer
---@param slots integer
---@return TierHours[]
function plan.hours(users, slots)
  local list = json.array {}
  for tier, documented in pairs(limits.USERS_PER_HOUR) do
    local rate = documented * slots // limits.JOBS
    list[#list + 1] = { tier = tier, hours = users / rate, users_an_hour = rate }
  end
  table.sort(list, function(a, b) return a.hours < b.hours end)
  return list
end

local UPSERT <const> = "upsert is on: an existing user with the same e-mail address keeps user_id, "
  .. "username, phone number and password; this run overwrites the other fields it sends"

---": app_metadata as a whole (12), name (7)", most frequent first.
local function overwritten(counts)
  local said = {}
  for i, name in ipairs(sorted.by_count(counts)) do
    said[i] = string.format("%s%s (%s)", name, name:find("_metadata$") and " as a whole" or "",
      format.number(counts[name]))
  end
  return said[1] and ": " .. table.concat(said, ", ") or ""
end

---"; the first: users.csv:7, users.csv:9"
local function first_places(facts)
  local places = facts.without_places or {}
  return places[1] and "; the first: " .. table.concat(places, ", ") or ""
end

---@param row {jobs: integer, users: integer, bytes: integer}
---@param options {connection?: string, upsert: boolean, slots: integer, tally: TallyFacts,
---  token_seconds?: number, left_out?: table<string, integer>, skipped?: table<string, integer>,
---  codes?: table<string, integer>, warnings?: ReportWarning[],
---  canary?: CanaryFigures, losses?: Loss[]}
---@return Plan
function plan.of(row, options)
  local made = {
    users = row.users, jobs = row.jobs, bytes = row.bytes,
    bytes_a_user = row.users > 0 and row.bytes / row.users or 0,
    connection = options.connection, upsert = options.upsert, canary = options.canary,
    skipped = options.skipped, codes = options.codes, warnings = options.warnings,
    tally = options.tally, losses = options.losses, slots = options.slots,
    hours = plan.hours(row.users, options.slots),
    risks = json.array {},
  }
  local out = options.left_out
  if out then
    made.left_out = {
      skipped = out.skipped, rejected = out.rejected, duplicate = out.duplicate,
    }
  end
  local shortest, longest = made.hours[1].hours, made.hours[#made.hours].hours
  if options.upsert then
    table.insert(made.risks, UPSERT .. overwritten(options.tally.overwrites))
  end
  if longest > 24 then
    table.insert(made.risks, "at the slowest tier the import takes longer than a token's default "
      .. "lifetime of 24 hours (it is renewed) and the 24 hours after which Auth0 deletes job "
      .. "results (they are read when a job ends)")
  end
  if options.token_seconds and options.token_seconds < shortest * 3600 then
    table.insert(made.risks, string.format("the access token expires in %s, before the import can "
      .. "finish: use a client id and secret", format.duration(options.token_seconds)))
  end
  if options.tally.large then
    table.insert(made.risks, options.tally.large.summary)
  end
  local without = options.tally.without_password
  if without > 0 then
    table.insert(made.risks, string.format("no password for %s of %s: each must set one, and a "
      .. "later import cannot add a hash%s", format.number(without),
      format.count(row.users, "user"), first_places(options.tally)))
  end
  return made
end

---Checks the whole source and plans its import; leaves nothing behind.
---@param recipe LoadedRecipe
---@param settings Settings
---@param ui table
---@return Report?
---@return string? message
---@return Kind? kind
function plan.run(recipe, settings, ui)
  local statement, message, kind = check.run(recipe, settings, ui)
  if not statement then return nil, message, kind end
  statement.plan = plan.of(statement.packed, {
    connection = settings.connection, upsert = settings.upsert or false,
    slots = settings.slots, tally = statement.tally, canary = statement.canary,
  })
  return statement
end

return plan
