--- Rate limits of the Management API by subscription.
--- Source: Auth0 docs, "Rate Limit Configurations" (August 2026). Buckets are filled at the top of
--- each second.

local answers = require "tenant.answers"

local buckets = {}

---@class BucketRule
---@field size number        requests at once
---@field per_second number

---@type table<string, table<string, BucketRule>>  by tier, then by group of endpoints
buckets.TIERS = {
  free = { global = { size = 2, per_second = 2 } },
  enterprise = { global = { size = 50, per_second = 16 } },
  production = {
    read_users = { size = 40, per_second = 500 / 60 },
    write_users = { size = 20, per_second = 200 / 60 },
    delete_users = { size = 20, per_second = 200 / 60 },
    read_connections = { size = 5, per_second = 50 / 60 },
    other = { size = 10, per_second = 150 / 60 },
  },
}

local UNLIMITED <const> = { other = { size = 1000, per_second = 1000 } }

---@class Buckets
---@field private rules table<string, BucketRule>
---@field private filled table<string, {tokens: number, second: integer}>
local Buckets = {}
Buckets.__index = Buckets

---@param tier? string  nil: no limit that anybody meets
---@param scale? number  of the tenant's time: who polls as much faster meets no more limits
---@return Buckets
function buckets.new(tier, scale)
  if not tier then return setmetatable({ rules = UNLIMITED, filled = {} }, Buckets) end
  local rules = {}
  for group, rule in pairs(buckets.TIERS[tier]) do
    rules[group] = {
      size = rule.size * (scale or 1), per_second = rule.per_second * (scale or 1),
    }
  end
  return setmetatable({ rules = rules, filled = {} }, Buckets)
end

---Takes one request from the group's bucket.
---@param group string
---@param now number  unix seconds
---@return table<string, string> headers
---@return Answer? refusal
function Buckets:take(group, now)
  local name = self.rules.global and "global" or self.rules[group] and group or "other"
  local rule, second = self.rules[name], math.floor(now)
  local bucket = self.filled[name] or { tokens = rule.size, second = second }
  self.filled[name] = bucket
  if second > bucket.second then
    local added = (second - bucket.second) * rule.per_second
    bucket.tokens, bucket.second = math.min(rule.size, bucket.tokens + added), second
  end
  local allowed = bucket.tokens >= 1
  if allowed then bucket.tokens = bucket.tokens - 1 end
  if self.rules == UNLIMITED then allowed, bucket.tokens = true, rule.size - 1 end
  local missing = math.max(0, 1 - bucket.tokens)
  local headers = {
    ["x-ratelimit-limit"] = string.format("%d", math.floor(rule.size)),
    ["x-ratelimit-remaining"] = string.format("%d", math.floor(bucket.tokens)),
    ["x-ratelimit-reset"] = string.format("%d",
      second + math.max(1, math.ceil(missing / rule.per_second))),
  }
  if allowed then return headers end
  return headers, answers.refuse(429, "Global limit has been reached", "too_many_requests")
end

return buckets
