--- Auth0's own SDK for Node.js and curl, used as documented, work with the built-in tenant.

local clock = require "host.clock"
local file = require "host.file"
local json = require "host.json"
local path = require "base.path"
local process = require "host.process"
local program = require "tests.e2e.program"
local scheduler = require "base.scheduler"
local tap = require "tests.tap"
local test = tap.test

local SECONDS <const> = 120 -- for the installation; everything else is fast

---Runs another program until it exits.
---@param argv string[]
---@param env? table<string, string>
---@return integer status
---@return string stdout
---@return string stderr
local function run(argv, env)
  local child <close> = assert(process.spawn(argv, {
    env = env, stdin = "null", stdout = "pipe", stderr = "pipe", follow = true, group = true,
  }))
  local said, deadline = { stdout = {}, stderr = {} }, clock.monotonic() + SECONDS
  local open = { "stdout", "stderr" }
  while #open > 0 or not child:status() do
    for i = #open, 1, -1 do
      local data = child:read(open[i])
      while data and data ~= "" do
        table.insert(said[open[i]], data)
        data = child:read(open[i])
      end
      if not data then table.remove(open, i) end
    end
    assert(clock.monotonic() < deadline, argv[1] .. " does not exit")
    if #open > 0 or not child:status() then scheduler.await(child, 0.2) end
  end
  return child:status(), table.concat(said.stdout), table.concat(said.stderr)
end

---The path of a program; skips the test if it is missing.
local function need(name)
  for folder in os.getenv("PATH"):gmatch("[^:]+") do
    if file.stat(folder .. "/" .. name) then return folder .. "/" .. name end
  end
  tap.skip(name .. " is not installed")
end

---Calls fn(scene, environment of its clients) with a tenant with TLS and the faults of `rules`.
local function beside_tenant(args, fn, rules)
  program.scene(nil, function(scene)
    local argv = { "--tls" }
    table.move(args, 1, #args, 2, argv)
    if rules then
      scene:write("faults.yaml", rules)
      table.move({ "--faults", scene:path "faults.yaml" }, 1, 2, #argv + 1, argv)
    end
    local started = scene:tenant(argv)
    local env = { PRIVATE_KEY = "" }
    for name, value in pairs(scene.env) do env[name] = value end
    env.NODE_EXTRA_CA_CERTS = scene:until_("the certificates", function()
      return started.stderr:match("%-%-ca%-file (%S+)\n")
    end)
    fn(scene, env)
  end)
end

---The folder with the SDK, next to the program; installs the SDK if it is missing.
local function sdk()
  local npm = need "npm"
  local folder = path.join(path.dirname(process.program()), "sdk")
  local wanted = assert(file.read("tests/sdk/package.json"))
  if file.read(folder .. "/package.json") == wanted then return folder end
  local temporary = assert(file.temporary()) -- moved into place when complete
  assert(file.write(temporary .. "/package.json", wanted))
  local status, _, stderr = run { npm, "install", "--prefix", temporary, "--no-audit", "--no-fund",
    "--ignore-scripts", "--silent" }
  assert(status == 0, stderr)
  if file.stat(folder) then assert(file.remove_tree(folder)) end
  status, _, stderr = run { "mv", temporary, folder }
  assert(status == 0, stderr)
  return folder
end

---The result of each step of the tour, which runs once for all tests.
---@param options {args?: string[], env?: table<string, string>, rules?: string, steps?: string[]}
local function tour_of(options)
  local steps
  return function()
    if steps then return steps end
    local node = need "node"
    beside_tenant(options.args or {}, function(scene, env)
      local argv = { node, "tests/sdk/tour.mjs", sdk(), scene.folder }
      table.move(options.steps or {}, 1, #(options.steps or {}), #argv + 1, argv)
      for name, value in pairs(options.env or {}) do env[name] = value end
      local status, stdout, stderr = run(argv, env)
      assert(status == 0, stderr)
      steps = {}
      for line in stdout:gmatch("[^\n]+") do
        local said = json.decode(line)
        steps[said.step] = said.problem or true
      end
    end, options.rules)
    return steps
  end
end

local function expect(tour, steps)
  for _, step in ipairs(steps) do
    test("the SDK for Node.js gets the expected responses: " .. step, function()
      local said = tour()[step]
      assert(said == true, said or "the tour did not reach this step")
    end)
  end
end

expect(tour_of {}, {
  "connections", "connections of a strategy", "clients", "imports", "errors", "no errors",
  "a broken file", "upsert", "users by email", "users list", "users search", "change", "create",
  "factors", "ticket", "exports", "exports of lines", "delete", "a wrong connection",
  "an unknown job", "a wrong secret", "a connection that goes",
})

local RULES <const> = [[
- { do: slots, times: 1 }
- { do: status, status: 429, route: GET /users-by-email, times: 1, reset: 1 }
- { do: mfa-failed, nth: 2 }
]]
local FAULTY <const> = { "a full tenant", "a rate limit", "factors that fail" }
expect(tour_of { rules = RULES, steps = { "connections", table.unpack(FAULTY) } }, FAULTY)

local by_key = tour_of {
  args = { "--public-key", assert(file.real "tests/host/rsa-public.pem") },
  env = { PRIVATE_KEY = assert(file.real "tests/host/rsa.pem") },
}
test("the SDK for Node.js authenticates with a private key", function()
  local steps = by_key()
  for _, step in ipairs { "connections", "imports", "users list" } do
    assert(steps[step] == true, steps[step])
  end
end)

---Returns a function that calls curl with a path and arguments: status, decoded body, body.
local function caller(env)
  local curl, token = need "curl", nil
  local function call(address, ...)
    local argv = {
      curl, "--silent", "--show-error", "--cacert", env.NODE_EXTRA_CA_CERTS, "--write-out",
      "\n%{http_code}", "--url", env.AUTH0_DOMAIN .. address, ...,
    }
    if token then
      table.move({ "--header", "Authorization: Bearer " .. token }, 1, 2, #argv + 1, argv)
    end
    local status, stdout, stderr = run(argv)
    assert(status == 0, stderr)
    local body, code = stdout:match("^(.*)\n(%d+)$")
    return tonumber(code), json.decode(body), body
  end
  local _, grant = call("/oauth/token", "--request", "POST",
    "--header", "content-type: application/x-www-form-urlencoded",
    "--data", "grant_type=client_credentials", "--data", "client_id=" .. env.AUTH0_CLIENT_ID,
    "--data", "client_secret=" .. env.AUTH0_CLIENT_SECRET,
    "--data-urlencode", "audience=" .. env.AUTH0_DOMAIN .. "/api/v2/")
  tap.equal(grant.token_type, "Bearer")
  token = grant.access_token
  return call
end

test("curl imports a file, reads the job, its errors and users, changes and deletes", function()
  need "curl"
  beside_tenant({}, function(scene, env)
    local call = caller(env)
    local _, list = call("/api/v2/connections?name=" .. env.AUTH0_CONNECTION .. "&fields=id")
    scene:write("users.json", '[{"email":"a@example.com","user_id":"1"},{"email":"bad"}]')
    local code, job = call("/api/v2/jobs/users-imports",
      "--form", "users=@" .. scene:path "users.json;type=text/json",
      "--form", "connection_id=" .. list[1].id, "--form", "upsert=false",
      "--form", "external_id=from-curl", "--form", "send_completion_email=false")
    tap.equal({ code, job.status, job.external_id }, { 202, "pending", "from-curl" })
    scene:until_("the job's end", function()
      code, job = call("/api/v2/jobs/" .. job.id)
      return job.status == "completed"
    end)
    tap.equal(job.summary, { failed = 1, inserted = 1, updated = 0, total = 2 })
    local _, errors = call("/api/v2/jobs/" .. job.id .. "/errors")
    tap.equal(errors[1].user.email, "bad")
    local _, found = call("/api/v2/users-by-email?email=a%40example.com")
    tap.equal(found[1].user_id, "auth0|1")
    code, found = call("/api/v2/users/auth0%7C1", "--request", "PATCH",
      "--header", "content-type: application/json", "--data", '{"user_metadata":{"a":1}}')
    tap.equal({ code, found.user_metadata }, { 200, { a = 1 } })
    tap.equal((call("/api/v2/users/auth0%7C1", "--request", "DELETE")), 204)
    tap.equal((call("/api/v2/users/auth0%7C1")), 404)
  end)
end)

test("a form without a file, as on two pages of the documentation, is rejected", function()
  need "curl"
  beside_tenant({}, function(_, env)
    local code, said = caller(env)("/api/v2/jobs/users-imports", "--data", "{}",
      "--header", "content-type: multipart/form-data")
    tap.equal({ code, said.message },
      { 400, "Payload validation error: 'Invalid multipart payload format'." })
  end)
end)
