--- Rate limits of the Management API and of the token endpoint, by subscription.
--- Source: Auth0 docs, "Rate Limit Policy" and "Rate Limit Configurations" (August 2026).

local buckets = {}

---@class BucketRule
---@field size number     capacity, in requests
---@field amount number   requests that are refilled
---@field seconds number  refill period

local function a_second(size, amount)
  return { size = size, amount = amount, seconds = 1 }
end

local function a_minute(size, amount)
  return { size = size, amount = amount, seconds = 60 }
end

---@type table<string, table<string, BucketRule>>  by tier, then by group of endpoints
buckets.TIERS = {
  free = {
    global = a_second(2, 2), authentication = a_minute(300, 300), token = a_second(30, 30),
  },
  enterprise = { global = a_second(50, 16), authentication = a_second(100, 100) },
  production = {
    read_users = a_minute(40, 500), write_users = a_minute(20, 200),
    delete_users = a_minute(20, 200), read_connections = a_minute(5, 50),
    other = a_minute(10, 150), authentication = a_second(25, 25),
  },
}

local UNLIMITED <const> = { global = a_second(1000, 1000), authentication = a_second(1000, 1000) }

---@class Buckets
---@field private rules table<string, BucketRule>
---@field private filled table<string, {tokens: number, tick: integer}>
---@field private by_minute boolean
local Buckets = {}
Buckets.__index = Buckets

---@param tier? string  nil: practically unlimited
---@param scale? number  of tenant time; the limits grow with it, as the rate of polling does
---@param refill? "second"|"minute"  when limits per minute are refilled; default: each second
---@return Buckets
function buckets.new(tier, scale, refill)
  local rules = tier and {} or UNLIMITED
  for group, rule in pairs(buckets.TIERS[tier] or {}) do
    rules[group] = {
      size = rule.size * (scale or 1), amount = rule.amount * (scale or 1), seconds = rule.seconds,
    }
  end
  return setmetatable({ rules = rules, filled = {}, by_minute = refill == "minute" }, Buckets)
end

---The buckets of a request, in order: the global one before the endpoint's own.
function Buckets:names(group)
  local rules = self.rules
  if group == "token" then return { "authentication", rules.token and "token" } end
  return { rules.global and "global" or rules[group] and group or "other" }
end

function Buckets:take_from(name, now)
  local rule = self.rules[name]
  local step = self.by_minute and rule.seconds or 1 -- seconds
  local added, tick = rule.amount * step / rule.seconds, now // step
  local bucket = self.filled[name] or { tokens = rule.size, tick = tick }
  self.filled[name] = bucket
  if tick > bucket.tick then
    bucket.tokens = math.min(rule.size, bucket.tokens + (tick - bucket.tick) * added)
    bucket.tick = tick
  end
  if self.rules == UNLIMITED then bucket.tokens = rule.size end
  local empty = bucket.tokens < 1
  if not empty then bucket.tokens = bucket.tokens - 1 end
  local missing = math.max(0, 1 - bucket.tokens)
  return {
    ["x-ratelimit-limit"] = string.format("%d", math.floor(rule.size)),
    ["x-ratelimit-remaining"] = string.format("%d", math.floor(bucket.tokens)),
    ["x-ratelimit-reset"] = string.format("%d",
      math.floor((tick + math.max(1, math.ceil(missing / added))) * step)),
  }, empty
end

---Takes one request from each bucket of the group, until one is empty.
---@param group string
---@param now number  unix seconds
---@return table<string, string> headers
---@return boolean empty
function Buckets:take(group, now)
  local headers, empty
  for _, name in ipairs(self:names(group)) do
    headers, empty = self:take_from(name, now)
    if empty then break end
  end
  return headers, empty
end

return buckets
