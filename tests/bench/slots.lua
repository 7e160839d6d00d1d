--- How full the import slots are, measured at the tenant: a real run of JOBS jobs of SECONDS each
--- against the built-in tenant, on a clock that is SCALE times faster. With "silent" the tenant
--- reports no percentage. From the project directory:
--- `auth0-migrate --run tests/bench/slots.lua JOBS SECONDS SCALE [silent]`

dofile "tests/modules.lua"

local clock = require "host.clock"
local program = require "tests.e2e.program"

local count, seconds, scale, silent = table.unpack(...)
count, seconds, scale = tonumber(count), tonumber(seconds), tonumber(scale)

local PATIENCE <const> = 3600 -- seconds
local USERS <const> = 900     -- a job

local RECIPE <const> = [[
return {
  name = "slots",
  source = function()
    local i = 0
    return function()
      i = i + 1
      if i <= %d then return { n = i }, "generated:" .. i end
    end
  end,
  map = function(row)
    return {
      user_id = "user-" .. row.n, email = "user" .. row.n .. "@example.com", given_name = "Ann",
      family_name = "Example", user_metadata = { note = ("x"):rep(200) },
    }
  end,
}
]]

---Milliseconds from each look that saw a job's end to the first byte of the upload that followed.
local function handovers(log)
  local ends, list = {}, {}
  for _, event in ipairs(log) do
    local at = clock.parse(event.time)
    if event.event == "job_ended" then
      ends[#ends + 1] = at
    elseif event.event == "upload_begun" and ends[1] then
      list[#list + 1] = (at - table.remove(ends, 1)) * 1000
    end
  end
  table.sort(list)
  return list
end

---Requests to routes that contain `part`.
local function requests(metrics, part)
  local n = 0
  for route, times in pairs(metrics.requests) do
    if route:find(part, 1, true) then n = n + times end
  end
  return n
end

program.scene(nil, function(s)
  s.patience = PATIENCE
  s.env.AUTH0_MIGRATE_TIME_SCALE = tostring(scale)
  s:write("slots.lua", RECIPE:format(count * USERS))
  local doubts = silent and { { name = "progress", value = "absent" } } or nil
  s:slow_tenant({ doubts = doubts }, USERS / seconds * scale)
  local report = s:run({
    "slots.lua", "--yes", "--json", "-q", "--chunk-users", tostring(USERS),
  }):object()
  local metrics = s:metrics()
  local slots, handed = metrics.slots, handovers(s:lines "slots.run/log.ndjson")
  local idle = slots.limit * slots.span_seconds - slots.busy_seconds
  print(string.format("%2d jobs of %4.1f s%s  slots busy %.1f %% (reported %.1f %%)  idle a job "
    .. "%.2f s  looks a job %.1f  end seen to next upload %.0f ms, at most %.0f  exit %d",
    metrics.jobs, slots.busy_seconds * scale / metrics.jobs, silent and ", silent" or "",
    slots.use * 100, report.slot_use * 100, idle * scale / metrics.jobs,
    requests(metrics, "/jobs/{id}") / metrics.jobs, handed[(#handed + 1) // 2],
    handed[#handed], report.exit))
end)
return 0
