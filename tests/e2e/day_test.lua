--- A run that lasts longer than a day by the tenant's clock, with tokens of three real seconds.

local program = require "tests.e2e.program"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test

local SCALE <const> = 4320 -- an hour takes 0.83 s
local HOUR <const>, DAY <const> = 3600, 86400 -- seconds of the tenant
local PER_CHUNK <const> = 10
local CHUNKS <const> = 54 -- two at a time, an hour each
local TOKEN <const> = 3 -- seconds
local SPARE <const> = 1 -- seconds before its expiry until which a token is used

---Answers of the tenant that refuse a token.
local function refusals(metrics)
  local n = 0
  for route, times in pairs(metrics.statuses) do
    if route:find " 401$" then n = n + times end
  end
  return n
end

---Refused requests of the run that were sent with a token that was still valid.
local function lapses(s)
  local n = 0
  for _, line in ipairs(s:lines "shop.run/log.ndjson") do
    if line.event == "token_refused" then
      n = n + 1
      assert(line.left >= SPARE, "a token was sent with " .. line.left .. " seconds left")
    end
  end
  return n
end

test("a run of more than a day renews its tokens in time, and harvests before results expire",
  function()
    local users = CHUNKS * PER_CHUNK
    program.scene(users, function(s)
      s.env.AUTH0_MIGRATE_TIME_SCALE = tostring(SCALE)
      local tenant = s:slow_tenant({ time_scale = SCALE, token_seconds = TOKEN },
        PER_CHUNK * SCALE / HOUR)
      local began = tenant:now()
      local report = s:run(program.words("--yes", "--json", "--chunk-users", tostring(PER_CHUNK)))
        :ends_with(0):object()
      local seconds, metrics = tenant:now() - began, s:metrics()
      equal({ report.status, report.balanced, report.users.inserted }, { "complete", true, users })
      s:holds(users)
      assert(seconds > DAY, seconds .. " seconds of the tenant")
      -- The oldest jobs are gone; the run no longer requested them.
      local kept = tenant.db:value "SELECT count(*) FROM job"
      assert(kept < metrics.jobs, "the tenant still keeps all jobs")
      assert(metrics.requests["POST /oauth/token"] > metrics.slots.span_seconds / TOKEN - 1)
      equal(refusals(metrics), lapses(s))
    end)
  end)
