--- How full the import slots are, measured at the tenant: a real run of N generated users against
--- the built-in tenant, at a tier's speed, on a clock that runs faster.
--- `auth0-migrate --run tests/bench/slots.lua N TIER SCALE`

local cjson = require "cjson"
local file = require "host.file"
local fetch = require "base.fetch"
local http = require "host.http"
local process = require "host.process"
local scheduler = require "base.scheduler"

local count, tier, scale = table.unpack(...)

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

---Runs the program to its end; gives its output.
local function run(args, env, folder)
  local argv = { process.program(), table.unpack(args) }
  local child <close> = assert(process.spawn(argv, {
    env = env, directory = folder, stdout = "pipe", stderr = "null", follow = true,
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
  local child = assert(process.spawn({ process.program(), "tenant", "--tier", tier },
    { env = env, directory = folder, stdout = "pipe", follow = true }))
  local text = ""
  while not text:find("\n\n", 1, true) do
    scheduler.await(child, 1)
    text = text .. (child:read() or "")
  end
  for name, value in text:gmatch("([%u%d_]+)=([^\n]*)\n") do env[name] = value end
  return child
end

---A request's count, whatever its method's spelling in the metrics.
local function requests(metrics, part)
  local n = 0
  for route, times in pairs(metrics.requests) do
    if route:find(part, 1, true) then n = n + times end
  end
  return n
end

scheduler.run(function()
  local folder = assert(file.temporary())
  assert(file.write(folder .. "/slots.lua", RECIPE:format(count)))
  local env = { AUTH0_MIGRATE_TIME_SCALE = scale }
  local tenant = start_tenant(env, folder)
  local report = cjson.decode(run({ "slots.lua", "--yes", "--json", "-q" }, env, folder))
  local response = assert(fetch.new(http.new {}) {
    method = "GET", url = env.AUTH0_DOMAIN .. "/__tenant/metrics",
  })
  local metrics = cjson.decode(response.body)
  local jobs = math.tointeger(metrics.jobs) or 0
  local idle = metrics.slots.limit * metrics.slots.span_seconds - metrics.slots.busy_seconds
  print(string.format("%-11s %4d jobs of %5.1f s  slots busy %5.1f %%  idle a job %5.2f s  "
    .. "looks a job %4.1f  inserted %d  exit %d", tier, jobs,
    metrics.slots.busy_seconds * scale / jobs, metrics.slots.use * 100, idle * scale / jobs,
    requests(metrics, "/jobs/{id}") / jobs, metrics.users, report.exit))
  tenant:close()
  assert(file.remove_tree(folder))
end)
return 0
