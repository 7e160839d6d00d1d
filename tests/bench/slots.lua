--- How full the import slots are, measured at the tenant: a real run of N generated users against
--- the built-in tenant, at a tier's speed, on a faster clock. From the project directory:
--- `auth0-migrate --run tests/bench/slots.lua N TIER SCALE`

dofile "tests/modules.lua"

local program = require "tests.e2e.program"

local count, tier, scale = table.unpack(...)

local PATIENCE <const> = 3600 -- seconds

local RECIPE <const> = [[
return {
  name = "slots",
  source = function()
    local i = 0
    return function()
      i = i + 1
      if i <= %s then return { n = i }, "generated:" .. i end
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
  s.env.AUTH0_MIGRATE_TIME_SCALE = scale
  s:write("slots.lua", RECIPE:format(count))
  s:tenant { "--tier", tier }
  local report = s:run({ "slots.lua", "--yes", "--json", "-q" }):object()
  local metrics = s:metrics()
  local slots, jobs = metrics.slots, metrics.jobs
  local idle = slots.limit * slots.span_seconds - slots.busy_seconds
  print(string.format("%-11s %4d jobs of %5.1f s  slots busy %5.1f %%  idle a job %5.2f s  "
    .. "looks a job %4.1f  inserted %d  exit %d", tier, jobs, slots.busy_seconds * scale / jobs,
    slots.use * 100, idle * scale / jobs, requests(metrics, "/jobs/{id}") / jobs, metrics.users,
    report.exit))
end)
return 0
