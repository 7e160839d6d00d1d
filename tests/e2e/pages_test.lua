--- Recipes whose source is an API, with the real program: pages are read once, kept, and gone when
--- they are of no use.

local api_rig = require "tests.api_rig"
local file = require "host.file"
local program = require "tests.e2e.program"
local tap = require "tests.tap"
local test, contains = tap.test, tap.contains

local LINKED <const> = [[
  url = base .. "/users", next = { link = "next" }, id = "/id",
  headers = { Authorization = "Bearer " .. params.token },
]]
local COUNTED <const> = [[
  url = base .. "/users", items = "/users", id = "/id",
  next = { offset = { query = "first" }, size = { query = "max", value = 10 }, total = "/total" },
]]

---Plays a scene with an API, and a recipe (acme.lua) that reads it.
local function play(respond, spec, fn, more)
  program.scene(nil, function(scene)
    local api <close> = api_rig.serve(respond)
    scene.env.AUTH0_MIGRATE_PARAM_TOKEN = "t0p-secret-token"
    scene:write("acme.lua", api_rig.recipe(spec, more))
    fn(scene, api)
  end)
end

local function words(api, command, ...)
  return { command, "acme.lua", "host=" .. api.host, "--allow-net", ... }
end

---The text of all files below a folder of the scene, decompressed.
local function contents(scene, folder)
  local list = {}
  for _, name in ipairs(file.list(scene:path(folder)) or {}) do
    local whole = folder .. "/" .. name
    if file.stat(scene:path(whole)).type == "folder" then
      list[#list + 1] = contents(scene, whole)
    else
      list[#list + 1] = file.read(scene:path(whole))
    end
  end
  return table.concat(list, "\n")
end

test("each page is asked for once, by whatever command, and a run removes what was kept", function()
  play(api_rig.linked(25, 10), LINKED, function(scene, api)
    scene:run(words(api, "preview", "-n", "1")):ends_with(0)
    tap.equal(api.asked, { "GET /users" })
    local checked = scene:run(words(api, "check")):ends_with(0)
    contains(checked.stderr, "1 page in acme.pages")
    contains(checked.stdout, "25  ready to import")
    assert(not checked.stdout:find("not_repeatable", 1, true)) -- read once more, from the disk
    for _, command in ipairs { "map", "plan", "preview" } do
      scene:run(words(api, command)):ends_with(0)
    end
    local shown = scene:run(words(api, "preview", "--at", "users page 3#4")):ends_with(0)
    contains(shown.stdout, "person25@example.com")
    scene:run(words(api, "rehearse")):ends_with(0)
    tap.equal(api.asked,
      { "GET /users", "GET /users?after=10", "GET /users?after=20" })
    assert(not contents(scene, "acme.pages"):find("t0p-secret", 1, true))
    scene:tenant()
    local ran = scene:run(words(api, "run", "--yes")):ends_with(0)
    contains(ran.stderr, "3 pages in acme.pages")
    tap.equal(#api.asked, 3)
    tap.equal({ scene:exists("acme.pages"), scene:exists("acme.run/pages") }, { false, false })
    scene:holds(25)
  end)
end)

test("--refresh reads anew, and forget removes kept pages", function()
  play(api_rig.linked(5, 10), LINKED, function(scene, api)
    scene:run(words(api, "check")):ends_with(0)
    scene:run(words(api, "check", "--refresh")):ends_with(0)
    tap.equal(#api.asked, 2)
    local asked = scene:run { "forget", "acme.pages" }:ends_with(8)
    tap.equal(asked:next(), "auth0-migrate forget acme.pages --yes")
    scene:type_in(asked:next()):ends_with(0)
    tap.equal(scene:exists("acme.pages"), false)
    scene:run(words(api, "check")):ends_with(0)
    scene:tenant()
    scene:run(words(api, "run")):ends_with(8)
    scene:run({ "forget", "acme.run", "--yes" }):ends_with(0)
    tap.equal({ scene:exists("acme.run"), scene:exists("acme.pages") }, { false, false })
    tap.equal(#api.asked, 3)
  end)
end)

---How many pages of a run are on disk.
local function pages_on_disk(scene)
  local n = 0
  for _, reading in ipairs(file.list(scene:path("acme.run/pages")) or {}) do
    for _, name in ipairs(file.list(scene:path("acme.run/pages/" .. reading)) or {}) do
      if name:find("^%d+%.zst$") then n = n + 1 end
    end
  end
  return n
end

local SLOW <const> = "map = function(row) for _ = 1, 3000000 do end"

for name, case in pairs {
  ["by links"] = { api_rig.linked(400, 10), LINKED },
  ["by offset"] = { api_rig.counted(400), COUNTED },
} do
  test("a stage that is killed reads no page twice: " .. name, function()
    play(case[1], case[2], function(scene, api)
      local recipe = scene:read("acme.lua")
      scene:write("acme.lua", (recipe:gsub("map = function%(row%)", SLOW)))
      scene:tenant()
      local run = scene:start(words(api, "run", "--yes"))
      scene:until_("pages on disk, and none on their way", function()
        assert(not run.status, run.stderr)
        return #api.asked >= 3 and pages_on_disk(scene) == #api.asked
      end)
      run:kill("KILL")
      run:wait()
      assert(#api.asked < 40, "it read ahead without end")
      scene:write("acme.lua", recipe) -- another `map` needs nothing else
      local again = scene:run(words(api, "run", "--yes")):ends_with(0)
      contains(again.stderr, "in acme.run/pages")
      tap.equal({ api:repeated(), #api.asked }, { {}, 40 })
      scene:holds(400)
    end)
  end)
end

test("an interrupt ends the wait that the API asks for", function()
  play(function(request) request:respond(429, { ["Retry-After"] = "3000" }, "") end, LINKED,
    function(scene, api)
      for _, command in ipairs { "check", "map", "run" } do
        local before = #api.asked
        local started = scene:start(words(api, command))
        scene:until_("a request", function()
          assert(not started.status, started.stderr)
          return #api.asked > before
        end)
        started:kill("INT")
        started:ends_with(130)
      end
    end)
end)

test("refused credentials end with 6, and a new token goes on where it was", function()
  local token = "Bearer t0p-secret-token"
  play(function(request, api)
    if request.headers.authorization ~= token then
      return api_rig.json(request, { errorSummary = "Invalid token provided" }, nil, 401)
    end
    if request.query.after == "10" then token = "Bearer second-secret" end
    api_rig.linked(25, 10)(request, api)
  end, LINKED, function(scene, api)
    scene:tenant()
    -- The credentials are not the tenant's: `doctor` would not help.
    local checked = scene:run(words(api, "check"), { AUTH0_MIGRATE_PARAM_TOKEN = "wrong" })
    tap.equal(checked:ends_with(6):next(), nil)
    local failed = scene:run(words(api, "run", "--yes")):ends_with(6)
    contains(failed.stderr, api.host .. "/users: the API rejected the credentials: check the token "
      .. "or key (status 401: Invalid token provided)")
    tap.equal(failed:next(), "auth0-migrate resume acme.run")
    assert(not failed.stderr:find("t0p-secret", 1, true))
    scene:run({ "resume", "acme.run" }, { AUTH0_MIGRATE_PARAM_TOKEN = "second-secret" })
      :ends_with(0)
    tap.equal(api:repeated(), { ["GET /users"] = 2, ["GET /users?after=20"] = 2 })
    scene:holds(25)
    assert(not contents(scene, "acme.run"):find("secret", 1, true))
  end)
end)

test("an outage longer than the patience ends with 5, and resume goes on", function()
  local is_down = false
  play(function(request, api)
    if is_down then return request:respond(503, {}, "") end
    if request.query.after == "10" then is_down = true end
    api_rig.linked(25, 10)(request, api)
  end, LINKED, function(scene, api)
    scene:tenant()
    local failed = scene:run(words(api, "run", "--yes", "--patience", "30s")):ends_with(5)
    contains(failed.stderr, "giving up after")
    is_down = false
    scene:type_in(failed:next()):ends_with(0)
    scene:holds(25)
  end)
end)

test("a mistake in the recipe keeps the pages for the next attempt", function()
  play(api_rig.linked(25, 10), LINKED, function(scene, api)
    scene:tenant()
    local recipe = scene:read("acme.lua")
    scene:write("acme.lua", (recipe:gsub("return http.records", [[
      local all = http.records { url = base .. "/users", next = { link = "next" }, id = "/id",
        headers = { Authorization = "Bearer " .. params.token } }
      for record in all do if record.id == "u25" then error("mistake") end end
      return http.records]])))
    local failed = scene:run(words(api, "run", "--yes")):ends_with(2)
    contains(failed.stderr, "kept in acme.pages")
    scene:write("acme.lua", recipe)
    scene:run(words(api, "run", "--yes")):ends_with(0)
    tap.equal(api:repeated(), {})
    scene:holds(25)
  end)
end)

test("a host that was not granted is not asked, nor is one without encryption", function()
  play(api_rig.linked(5, 10), LINKED, function(scene, api)
    local refused = scene:run { "check", "acme.lua", "host=" .. api.host }:ends_with(2)
    contains(refused.stderr, "--allow-net=" .. api.host)
    scene:write("acme.lua", (scene:read("acme.lua"):gsub("base .. \"/users\"",
      '"http://other.example/users"')))
    local plain = scene:run(words(api, "check")):ends_with(2)
    contains(plain.stderr, "is not encrypted")
    scene:write("acme.lua", (scene:read("acme.lua"):gsub("http://other", "https://other")))
    local other = scene:run(words(api, "check")):ends_with(2)
    contains(other.stderr, "connect to other.example, which was not granted")
    tap.equal(api.asked, {})
  end)
end)

test("a certificate authority of one's own is trusted with --ca-file", function()
  program.scene(nil, function(scene)
    local PEM <const> = "tests/host/http.pem"
    local text = assert(file.read(PEM))
    local api <close> = api_rig.serve(api_rig.linked(5, 10), { cert = text, key = text })
    scene.env.AUTH0_MIGRATE_PARAM_TOKEN = "t0p-secret-token"
    scene:write("ca.pem", text)
    scene:write("acme.lua", (api_rig.recipe(LINKED):gsub("http://", "https://")))
    local refused = scene:run(words(api, "check")):ends_with(2)
    contains(refused.stderr, "use --ca-file")
    for _, command in ipairs { "check", "map", "preview", "plan", "rehearse" } do
      scene:run(words(api, command, "--ca-file", "ca.pem")):ends_with(0)
    end
  end)
end)

test("an API can be looked up in, and read only by the source", function()
  play(api_rig.linked(25, 10), LINKED, function(scene, api)
    scene:write("lookup.lua", [[
      local http = require "source.http"
      local lookup = require "source.lookup"
      local all
      return {
        name = "lookup", params = { host = {} }, needs = { net = { "{host}" } },
        source = function(params)
          all = lookup(http.records { url = "http://" .. params.host .. "/users",
            next = { link = "next" } }, "id")
          return http.records { url = "http://" .. params.host .. "/users",
            next = { link = "next" } }
        end,
        map = function(row) return { email = all:get(row.id).email, email_verified = true } end,
      }]])
    local checked = scene:run { "check", "lookup.lua", "host=" .. api.host, "--allow-net" }
    contains(checked:ends_with(0).stdout, "25  ready to import")
    tap.equal(#api.asked, 3)
    scene:write("early.lua", [[
      local http = require "source.http"
      http.get { url = "https://127.0.0.1/" }
      return { source = function() end, map = function() end }]])
    local early = scene:run { "check", "early.lua" }:ends_with(2)
    contains(early.stderr, "early.lua:2: an API can be read in `source` only")
  end)
end)

test("a trial keeps its pages for the run that follows", function()
  play(api_rig.linked(25, 10), LINKED, function(scene, api)
    scene:tenant()
    scene:run(words(api, "run", "--yes", "--limit", "3")):ends_with(0)
    tap.equal({ api.asked, scene:exists("acme.pages") }, { { "GET /users" }, true })
    scene:run(words(api, "run", "--yes")):ends_with(0)
    tap.equal({ #api.asked, scene:exists("acme.pages") }, { 3, false })
    scene:holds(25)
  end)
end)

test("another program's directory with the name of the pages is left alone", function()
  program.scene(3, function(scene)
    scene:tenant()
    assert(file.mkdir(scene:path("shop.pages")))
    assert(os.execute("chmod 755 " .. scene:path("shop.pages")))
    scene:write("shop.pages/index.html", "mine")
    scene:run({ "check", "shop.lua", "input=people.csv", "--refresh" }):ends_with(0)
    scene:run(program.words("--yes")):ends_with(0)
    scene:run({ "forget", "shop.run", "--yes" }):ends_with(0)
    tap.equal(scene:read("shop.pages/index.html"), "mine")
    tap.equal(file.stat(scene:path("shop.pages")).mode & 511, tonumber("755", 8))
  end)
end)
