--- Plan: what an import would send, how long it takes at the documented rates, what is odd.

local amounts = require "base.amounts"
local check = require "migrate.check"
local json = require "host.json"
local limits = require "auth0.limits"

local plan = {}

---@class Plan
---@field users integer
---@field jobs integer
---@field bytes integer
---@field bytes_a_user number   mean
---@field hours {tier: string, hours: number}[]
---@field left_out? {skipped: integer, rejected: integer, duplicate: integer}  records
---@field connection? string
---@field upsert boolean
---@field canary? CanaryFigures
---@field tally TallyFacts      sizes and passwords
---@field risks string[]

---What is staged and not yet sent.
---@param db host.store.database  the journal
---@return {jobs: integer, users: integer, bytes: integer}
function plan.staged(db)
  return db:row([[SELECT count(*) AS jobs, ifnull(sum(users), 0) AS users,
    ifnull(sum(bytes), 0) AS bytes FROM chunk WHERE state = 'staged']])
end

---How long so many users take a tenant of each tier, the fastest first.
---@param users integer
---@return {tier: string, hours: number}[]
function plan.hours(users)
  local list = json.array {}
  for tier, rate in pairs(limits.USERS_PER_HOUR) do
    list[#list + 1] = { tier = tier, hours = users / rate }
  end
  table.sort(list, function(a, b) return a.hours < b.hours end)
  return list
end

---@param row {jobs: integer, users: integer, bytes: integer}
---@param options {connection?: string, upsert: boolean, tally: TallyFacts, token_seconds?: number,
---  left_out?: table<string, integer>, canary?: CanaryFigures}
---@return Plan
function plan.of(row, options)
  local made = {
    users = row.users, jobs = row.jobs, bytes = row.bytes,
    bytes_a_user = row.users > 0 and row.bytes / row.users or 0,
    connection = options.connection, upsert = options.upsert, canary = options.canary,
    tally = options.tally, hours = plan.hours(row.users), risks = json.array {},
  }
  local out = options.left_out
  if out then
    made.left_out = {
      skipped = out.skipped, rejected = out.rejected, duplicate = out.duplicate,
    }
  end
  local shortest, longest = made.hours[1].hours, made.hours[#made.hours].hours
  if options.upsert then
    table.insert(made.risks, "upsert is on: users matched by e-mail address have their metadata "
      .. "replaced as a whole, and profile members overwritten")
  end
  if longest > 24 then
    table.insert(made.risks, "at the slowest tier the import outlasts a token's default life of "
      .. "24 hours (it is renewed) and the 24 hours after which Auth0 deletes job results (they "
      .. "are read at once)")
  end
  if options.token_seconds and options.token_seconds < shortest * 3600 then
    table.insert(made.risks, string.format("the ready-made token expires in %s, before the import "
      .. "can be over: use a client's id and secret", amounts.duration(options.token_seconds)))
  end
  local without = options.tally.without_password
  if without > 0 then
    table.insert(made.risks, string.format("%s of %s users carry no password: each must set one, "
      .. "and a later import cannot add a hash", amounts.number(without),
      amounts.number(row.users)))
  end
  return made
end

---Checks the whole source, and plans; leaves nothing behind.
---@param recipe Recipe
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
    tally = statement.tally, canary = statement.canary,
  })
  return statement
end

return plan
