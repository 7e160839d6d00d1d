--- Recipes whose source is a file that an API prepares, with the real program: the job is begun
--- once, the file is downloaded once, whatever happens in between.

local api_rig = require "tests.api_rig"
local digest = require "host.digest"
local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"
local contains, test = tap.contains, tap.test

local RECIPE <const> = [[
  local http = require "source.http"
  return {
    name = "acme",
    params = { host = { required = true }, token = { kind = "secret" } },
    needs = { net = { "{host}" } },
    source = function(params)
      local base = "http://" .. params.host
      return http.export {
        url = base .. "/exports", body = {}, name = "users",
        headers = { Authorization = "Bearer " .. params.token },
        job = { id = "/id", url = base .. "/exports/{id}", state = "/state", done = { "ready" },
          failed = { "broken" }, file = "/link" },
      }
    end,
    map = function(row)
      return { email = row.email, email_verified = true, user_id = row.id }
    end,
  }
]]
local WHOLE <const> = { "POST /exports", "GET /exports/7", "GET /file" }

---Users as lines, and a broken one.
local function lines(n)
  local list = {}
  for i, user in ipairs(api_rig.users(1, n)) do list[i] = json.encode(user) end
  return table.concat(list, "\n") .. "\n{broken\n"
end

---Plays a scene with an API. `is.running`: the job does not end; `is.stalled`: the file does not
---come.
local function play(is, fn)
  local held = {}
  program.scene(nil, function(scene)
    local api <close> = api_rig.serve(function(request, api)
      if request.path == "/file" and is.stalled then
        held[#held + 1] = request
      elseif request.path == "/file" then
        request:respond(200, {}, digest.gzip(lines(25)))
      elseif request.method == "POST" then
        api_rig.json(request, { id = 7 })
      else
        api_rig.json(request, is.running and { state = "running" }
          or { state = "ready", link = api.url .. "/file" })
      end
    end)
    scene.env.AUTH0_MIGRATE_PARAM_TOKEN = "t0p-secret-token"
    scene:write("acme.lua", RECIPE)
    fn(scene, api)
    for _, request in ipairs(held) do request:drop() end
  end)
end

local function words(api, command, ...)
  return { command, "acme.lua", "host=" .. api.host, "--allow-net", ... }
end

---How often a request came.
local function count(api, request)
  local n = 0
  for _, one in ipairs(api.asked) do n = n + (one == request and 1 or 0) end
  return n
end

---Starts a command, and waits until a request of it came.
local function start_until(scene, api, command, request)
  local before = count(api, request)
  local started = scene:start(words(api, command))
  scene:until_(request, function()
    assert(not started.status, started.stderr)
    return count(api, request) > before
  end)
  return started
end

test("an export is begun and downloaded once, by whatever command, and a run removes it", function()
  play({}, function(scene, api)
    scene:run(words(api, "preview", "-n", "1")):ends_with(0)
    local checked = scene:run(words(api, "check")):ends_with(3) -- of the broken line
    contains(checked.stderr, "/exports: the file in acme.pages (begun ")
    contains(checked.stdout, "25  ready to import")
    contains(checked.stdout, "users line 26")
    for _, command in ipairs { "map", "plan", "rehearse" } do
      contains(scene:run(words(api, command)).stderr, "the file in acme.pages")
    end
    local shown = scene:run(words(api, "preview", "--at", "users line 25")):ends_with(0)
    contains(shown.stdout, "person25@example.com")
    tap.equal(api.asked, WHOLE)
    scene:tenant()
    contains(scene:run(words(api, "run", "--yes")).stderr, "the file in acme.pages")
    tap.equal({ api.asked, scene:exists("acme.pages"), scene:exists("acme.run/pages") },
      { WHOLE, false, false })
    scene:holds(25)
  end)
end)

test("--refresh begins another export, and forget removes what was kept", function()
  play({}, function(scene, api)
    local first = scene:run(words(api, "preview")):ends_with(0)
    contains(first.stderr, "the file is kept in acme.pages for the next command; auth0-migrate "
      .. "forget acme.pages removes it")
    scene:run(words(api, "preview", "--refresh")):ends_with(0)
    tap.equal(#api.asked, 6)
    scene:run({ "forget", "acme.pages", "--yes" }):ends_with(0)
    tap.equal(scene:exists("acme.pages"), false)
  end)
end)

for what, signal in pairs { ["is killed"] = "KILL", ["is interrupted"] = "INT" } do
  test("a run that " .. what .. " goes on with the same job, and with the same file", function()
    local is = { running = true }
    play(is, function(scene, api)
      scene:tenant()
      local waiting = start_until(scene, api, "run", "GET /exports/7")
      waiting:kill(signal)
      waiting:wait()
      is.running, is.stalled = false, true
      local downloading = start_until(scene, api, "run", "GET /file")
      downloading:kill(signal)
      downloading:wait()
      is.stalled = false
      local last = scene:run(words(api, "run", "--yes"))
      contains(last.stderr, "the job in acme.")
      tap.equal({ count(api, "POST /exports"), count(api, "GET /file") }, { 1, 2 })
      scene:holds(25)
    end)
  end)
end

test("an interrupt ends the wait for a job at once", function()
  play({ running = true }, function(scene, api)
    for _, command in ipairs { "check", "preview" } do
      local started = start_until(scene, api, command, "GET /exports/7")
      started:kill("INT")
      started:ends_with(130)
    end
    tap.equal(count(api, "POST /exports"), 1)
  end)
end)

test("an export cannot be recorded, and the message says what can be done", function()
  play({}, function(scene, api)
    local refused = scene:run { "test", "acme.lua", "--record", "users", "host=" .. api.host,
      "--allow-net" }:ends_with(2)
    contains(refused.stderr, "cannot be recorded; save it, and test the recipe with the file")
    tap.equal({ api.asked, scene:exists("acme.cassettes") }, { {}, false })
  end)
end)
