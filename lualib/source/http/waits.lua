--- How long to wait before a request to an API is sent again, or the next one. Pure calculations.
--- The waits that a server asks for come first; what it says is not believed beyond limits.

local clock = require "host.clock"
local headers = require "source.http.headers"

local waits = {}

waits.LONGEST = 3600 -- seconds; a server that asks for more is asked again after that
local FIRST <const> = 1 -- seconds, doubled with each attempt
local LONGEST_OWN <const> = 60 -- seconds
local FIRST_CONCURRENT <const> = 4 -- seconds, when too many requests are in flight
local JITTER <const> = 0.5 -- the greatest share added to a wait of our own, to spread clients
local DICTATED_JITTER <const> = 0.1 -- and to one that the server asks for

-- Greater numbers are a Unix time, not seconds from now; greater still, in milliseconds.
local LEAST_UNIX <const> = 1000000000
local LEAST_UNIX_MILLISECONDS <const> = 100000000000

-- Statuses of a server that may answer the same request later. Not 501 and 505: Microsoft Graph
-- answers 501 for a property that it cannot list.
local PASSING <const> = { [408] = true, [425] = true, [429] = true }
local LASTING <const> = { [501] = true, [505] = true }

-- Errors of AWS that come with status 400 and mean what 429 means elsewhere. Source: the retry
-- handlers of the AWS SDKs (November 2026).
local THROTTLED <const> = {
  TooManyRequestsException = true, ThrottlingException = true, Throttling = true,
  ThrottledException = true, RequestThrottledException = true, RequestThrottled = true,
  RequestLimitExceeded = true, LimitExceededException = true, SlowDown = true,
}

---@class Wait
---@field wait number       seconds
---@field dictated boolean  whether the server asked for it
---@field why string        "status 429"

---A number in a header, not negative and not endless; nil for anything else.
local function number_of(text)
  local digits = text and text:match("^%s*(%d[%d.]*)%s*$")
  return tonumber(digits)
end

---The time at the server, so that a wrong clock here does not count.
local function server_time(given, now)
  local date = headers.first(given, "date")
  return date and clock.parse(date) or now
end

---Seconds that Retry-After asks for, in seconds or as a date.
local function retry_after(given, now)
  local text = headers.first(given, "retry-after")
  if not text then return nil end
  local at = not number_of(text) and clock.parse(text)
  return number_of(text) or at and at - server_time(given, now) or nil
end

---Seconds until a reset that is given as seconds from now, as a Unix time, or as a date.
local function seconds_until(text, given, now)
  local value = number_of(text)
  if not value then
    value = text and clock.parse(text)
    if not value then return nil end
  elseif value >= LEAST_UNIX_MILLISECONDS then
    value = value / 1000
  elseif value < LEAST_UNIX then
    return value
  end
  return value - server_time(given, now)
end

---Each bucket of the RateLimit header of the IETF's drafts: `"burst";r=0;t=5, "day";r=80;t=600`,
---or, before, `limit=100, remaining=0, reset=5`.
local function buckets_of(text)
  local reset = text:match("%f[%w]reset=(%d+)")
  if reset then
    local remaining = number_of(text:match("%f[%w]remaining=(%d+)"))
    return { { remaining = remaining, seconds = tonumber(reset) } }
  end
  local buckets = {}
  for bucket in text:gsub('"[^"]*"', ""):gmatch("[^,]+") do
    local seconds = bucket:match("^%s*;.*%f[%w]t=(%d+)")
    if seconds then
      buckets[#buckets + 1] = {
        remaining = number_of(bucket:match(";%s*r=(%d+)")), seconds = tonumber(seconds),
      }
    end
  end
  return buckets
end

-- Names of the headers of one bucket: how many requests remain, and when it is refilled. Okta;
-- GitHub, Auth0, Ory; the IETF's first drafts.
local BUCKETS <const> = {
  { remaining = "x-rate-limit-remaining", reset = "x-rate-limit-reset",
    limit = "x-rate-limit-limit" },
  { remaining = "x-ratelimit-remaining", reset = "x-ratelimit-reset" },
  { remaining = "ratelimit-remaining", reset = "ratelimit-reset" },
}

---@return {remaining?: number, seconds: number}[]
local function all_buckets(given, now)
  local found = {}
  for _, names in ipairs(BUCKETS) do
    local seconds = seconds_until(headers.first(given, names.reset), given, now)
    if seconds then
      found[#found + 1] = {
        remaining = number_of(headers.first(given, names.remaining)), seconds = seconds,
      }
    end
  end
  for _, text in ipairs(headers.list(given, "ratelimit")) do
    for _, bucket in ipairs(buckets_of(text)) do found[#found + 1] = bucket end
  end
  return found
end

---Seconds until all empty buckets are refilled; of a request that was refused although none is said
---to be empty, until the next one is.
local function until_refilled(given, now, was_refused)
  local longest, shortest
  for _, bucket in ipairs(all_buckets(given, now)) do
    if bucket.remaining == 0 then longest = math.max(longest or 0, bucket.seconds) end
    shortest = math.min(shortest or math.huge, bucket.seconds)
  end
  return longest or was_refused and shortest or nil
end

---Okta's 429 for too many requests at a time: its bucket has a size of 0, its reset is a guess.
local function is_concurrency(given)
  return number_of(headers.first(given, BUCKETS[1].limit)) == 0
    and number_of(headers.first(given, BUCKETS[1].remaining)) == 0
end

---The name of an error of AWS: "TooManyRequestsException".
local function aws_error(given, body)
  local name = type(body) == "table" and body.__type or headers.first(given, "x-amzn-errortype")
  if type(name) ~= "string" then return nil end
  return name:gsub("^.*#", ""):gsub(":.*$", "")
end

local function own(first, attempt, random)
  local seconds = math.min(first * 2 ^ math.min(math.max(attempt, 1) - 1, 10), LONGEST_OWN)
  return seconds * (1 + JITTER * random())
end

local function dictated(seconds, random)
  return math.min(seconds * (1 + DICTATED_JITTER * random()), waits.LONGEST)
end

---How long to wait before the same request is sent again; nil if that would be useless.
---@param status? integer  nil: there was no response
---@param given? HttpHeaders
---@param body any         decoded, if it is JSON
---@param attempt integer  1 after the first failure
---@param now number       unix seconds
---@param random fun(): number  0 to 1
---@return Wait?
function waits.after(status, given, body, attempt, now, random)
  if not status then
    return { wait = own(FIRST, attempt, random), dictated = false, why = "no response" }
  end
  local name = status == 400 and aws_error(given, body)
  local is_throttled = status == 429 or name and THROTTLED[name] or false
  local is_passing = is_throttled or PASSING[status] or status >= 500 and not LASTING[status]
  if not is_passing then return nil end
  local why = is_throttled and name or "status " .. status
  local seconds = retry_after(given, now)
  if not seconds and is_throttled and is_concurrency(given) then
    return { wait = own(FIRST_CONCURRENT, attempt, random), dictated = false, why = why }
  end
  seconds = seconds or until_refilled(given, now, is_throttled)
  if seconds and seconds > 0 then
    return { wait = dictated(seconds, random), dictated = true, why = why }
  end
  return { wait = own(FIRST, attempt, random), dictated = false, why = why }
end

---How long to wait after a success: until the server, if it says that no request remains, has some
---again; otherwise nil.
---@param given? HttpHeaders
---@param now number  unix seconds
---@param random fun(): number  0 to 1
---@return Wait?
function waits.before_next(given, now, random)
  local seconds = not is_concurrency(given) and until_refilled(given, now, false)
  if not seconds or seconds <= 0 then return nil end
  return { wait = dictated(seconds, random), dictated = true, why = "no requests remain" }
end

return waits
