--- A run of N generated users against a tenant where every fault happens to a few percent of the
--- requests and jobs, and tokens live for three seconds: it must end complete and balanced, with
--- every user in the tenant once. Prints how full the slots were and what a job cost.
--- `auth0-migrate --run tests/bench/chaos.lua N [SEED]`

local cjson = require "cjson"
local fetch = require "base.fetch"
local file = require "host.file"
local http = require "host.http"
local process = require "host.process"
local scheduler = require "base.scheduler"

local count = math.tointeger(tonumber((...)[1])) or 20000
local seed = math.tointeger(tonumber((...)[2])) or 1

local SCALE <const> = "10"
local CHUNK_USERS <const> = 200

-- Stalled connections are left out: each takes the whole time-out, which no clock makes shorter.
local FAULTS <const> = [[
- { do: token, seconds: 3 }
- { do: outage, seconds: 2, route: GET *, nth: 60 }
- { do: foreign, seconds: 1, route: GET *, nth: 90 }
- { do: close, probability: 0.02, seed: %d1 }
- { do: close, probability: 0.02, seed: %d2, processed: true }
- { do: slow, seconds: 0.3, probability: 0.03, seed: %d3 }
- { do: truncate, probability: 0.02, seed: %d4 }
- { do: malformed, probability: 0.02, seed: %d5 }
- { do: html, probability: 0.02, seed: %d6 }
- { do: status, status: 408, probability: 0.01, seed: %d7 }
- { do: status, status: 429, probability: 0.01, seed: %d8, retry_after: 1 }
- { do: status, status: 429, probability: 0.01, seed: %d9, retry_after: 1, as_date: true }
- { do: status, status: 429, probability: 0.01, seed: %d10, reset: 1 }
- { do: status, status: 429, probability: 0.01, seed: %d11, reset: -5 }
- { do: status, status: 429, probability: 0.02, seed: %d12 }
- { do: status, status: 500, probability: 0.01, seed: %d13, processed: true }
- { do: status, status: 502, probability: 0.01, seed: %d14 }
- { do: status, status: 503, probability: 0.02, seed: %d15 }
- { do: status, status: 504, probability: 0.01, seed: %d16, processed: true }
- { do: slots, probability: 0.05, seed: %d17 }
- { do: unauthorized, every: 41 }
- { do: job-lost, probability: 0.03, seed: %d18 }
- { do: job-stuck, seconds: 0.5, probability: 0.03, seed: %d19 }
- { do: job-failed, share: 0.5, probability: 0.03, seed: %d20 }
- { do: job-failed, details: Something broke., probability: 0.03, seed: %d21 }
- { do: job-short, missing: 3, probability: 0.03, seed: %d22 }
- { do: mfa-failed, share: 0.5, probability: 0.1, seed: %d23 }
]]

local RECIPE <const> = [[
return {
  name = "chaos",
  source = function()
    local i = 0
    return function()
      i = i + 1
      if i <= %d then return { n = i }, "generated:" .. i end
    end
  end,
  map = function(row)
    local factors
    if row.n %% 10 == 0 then factors = { { phone = { value = "+4915" .. 10000000 + row.n } } } end
    return {
      user_id = row.n %% 2 == 0 and "user-" .. row.n or nil, given_name = "Ann",
      email = "user" .. row.n .. "@example.com", mfa_factors = factors,
    }
  end,
}
]]

---Runs the program to its end; gives its output.
local function run(args, env, folder)
  local argv = { process.program(), table.unpack(args) }
  local child <close> = assert(process.spawn(argv, {
    env = env, directory = folder, stdout = "pipe", stderr = "inherit", follow = true,
  }))
  local text = ""
  while true do
    local data = child:read()
    if data == nil then break end
    if data == "" then scheduler.await(child, 1) end
    text = text .. data
  end
  return text
end

local function start_tenant(env, folder)
  local child = assert(process.spawn(
    { process.program(), "tenant", "--tier", "enterprise", "--faults", "faults.yaml" },
    { env = env, directory = folder, stdout = "pipe", follow = true }))
  local text = ""
  while not text:find("\n\n", 1, true) do
    scheduler.await(child, 1)
    text = text .. assert(child:read(), "the tenant ended")
  end
  for name, value in text:gmatch("([%u%d_]+)=([^\n]*)\n") do env[name] = value end
  return child
end

local function total_of(counts)
  local n = 0
  for _, times in pairs(counts) do n = n + times end
  return n
end

local function listed(counts)
  local list = {}
  for name, times in pairs(counts) do list[#list + 1] = string.format("%s %d", name, times) end
  table.sort(list)
  return table.concat(list, ", ")
end

return scheduler.run(function()
  local folder = assert(file.temporary())
  assert(file.write(folder .. "/chaos.lua", RECIPE:format(count)))
  assert(file.write(folder .. "/faults.yaml", (FAULTS:gsub("%%d", seed))))
  local env = { AUTH0_MIGRATE_TIME_SCALE = SCALE }
  local tenant = start_tenant(env, folder)
  local report = cjson.decode(run({ "chaos.lua", "--yes", "--json", "-q", "--chunk-users",
    tostring(CHUNK_USERS) }, env, folder))
  local metrics = cjson.decode(assert(fetch.new(http.new {}) {
    method = "GET", url = env.AUTH0_DOMAIN .. "/__tenant/metrics",
  }).body)
  local u = report.users
  print(string.format("exit %d, %s, balanced %s: %d inserted, %d updated, %d already there, "
    .. "%d failed, %d pending; the tenant holds %d", report.exit, report.status, report.balanced,
    u.inserted, u.updated, u.already_there, u.failed, u.pending, metrics.users))
  print(string.format("%d jobs of %.1f s, %d rounds, slots busy %.1f %%, %.1f requests a job",
    metrics.jobs, metrics.slots.busy_seconds * tonumber(SCALE) / metrics.jobs, report.rounds,
    metrics.slots.use * 100, total_of(metrics.requests) / metrics.jobs))
  print("faults: " .. listed(metrics.faults))
  tenant:close()
  local well = report.status == "complete" and report.balanced and metrics.users == count
    and u.inserted + u.updated == count
  if well then
    assert(file.remove_tree(folder))
  else
    print("what is left of it: " .. folder)
  end
  return well and 0 or 1
end)
