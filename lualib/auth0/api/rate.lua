--- How long to wait before retrying a request to the Management API. Pure calculations.
--- Source: Auth0 docs, "Rate Limit Policy", and the official clients (November 2026).

local clock = require "host.clock"

local rate = {}

rate.LONGEST = 60       -- seconds; after that a longer wait is checked again
local FIRST <const> = 1 -- seconds
local JITTER_LEAST <const>, JITTER_MOST <const> = 0.1, 0.2 -- shares added, to spread clients

---@param headers table<string, string>
---@return number? unix
function rate.server_time(headers)
  return headers.date and clock.parse(headers.date) or nil
end

---Seconds that Retry-After asks for: a number, or a date.
---@param headers table<string, string>
---@param now number  unix seconds, if the response has no Date
---@return number?
function rate.retry_after(headers, now)
  local value = headers["retry-after"]
  if not value then return nil end
  local seconds = tonumber(value)
  if not seconds then
    local at = clock.parse(value)
    if not at then return nil end
    seconds = at - (rate.server_time(headers) or now)
  end
  return math.max(0, seconds)
end

---Seconds until the bucket is refilled; nil if unknown or past.
---@param headers table<string, string>
---@param now number
---@return number?
function rate.until_reset(headers, now)
  local reset = tonumber(headers["x-ratelimit-reset"])
  if not reset then return nil end
  local seconds = reset - (rate.server_time(headers) or now)
  return seconds > 0 and seconds or nil
end

---@param headers table<string, string>
---@return number?
function rate.remaining(headers)
  return tonumber(headers["x-ratelimit-remaining"])
end

---@param headers table<string, string>
---@return boolean
function rate.is_exhausted(headers)
  local remaining = rate.remaining(headers)
  return remaining ~= nil and remaining <= 1
end

---Seconds before the next attempt, and whether the server dictated them: Retry-After, else the
---bucket's reset, else 1, 2, 4 ... seconds.
---@param attempt integer  1 after the first failure
---@param headers? table<string, string>  of the response; nil without one
---@param now number       unix seconds
---@param random fun(): number  0 to 1
---@return number seconds
---@return boolean dictated
function rate.delay(attempt, headers, now, random)
  local hint = headers and (rate.retry_after(headers, now) or rate.until_reset(headers, now))
  local seconds = math.min(hint or FIRST * 2 ^ math.min(attempt - 1, 10), rate.LONGEST)
  local jitter = JITTER_LEAST + (JITTER_MOST - JITTER_LEAST) * random()
  return seconds * (1 + jitter), hint ~= nil
end

return rate
