--- Cassettes: what an API answered, recorded without personal data and credentials, and replayed.

local api_rig = require "tests.api_rig"
local file = require "host.file"
local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"
local test, equal, contains = tap.test, tap.equal, tap.contains

local TOKEN <const> = "t0p-secret-token"
local KEY <const> = "apikey-4711-abcdef"
local SIZE <const>, COUNT <const> = 10, 30

local RECIPE <const> = [[
local http = require "source.http"
return {
  params = {
    host = { required = true }, realm = {}, token = { kind = "secret" }, key = { kind = "secret" },
  },
  needs = { net = { "{host}" } },
  source = function(params)
    local base = http.address(params.host) .. "/" .. params.realm
    local common = { Authorization = "Bearer " .. params.token }
    local users = http.records {
      url = base .. "/users", query = { api_key = params.key, fields = "id,profile" },
      headers = common, items = "/users", next = NEXT, id = "/id",
    }
    return function()
      local user, at = users()
      if not user then return nil end
      local id = user.id
      local read = {
        id = id, status = user.status, profile = user.profile, hash = user.hash,
        number = user.number, seen = user.seen,
      }
      if user.status == "ADMIN" then
        read.roles = http.get {
          url = base .. "/users/" .. id .. "/roles", headers = common,
          query = { api_key = params.key },
        }.roles
      end
      return read, at
    end
  end,
  map = function(row)
    return {
      user_id = row.id, email = row.profile.email, email_verified = row.status == "ACTIVE",
      name = row.profile.name, given_name = row.profile.firstName,
      phone_number = row.profile.mobile, password_hash = row.hash,
      app_metadata = { plan = row.profile.plan, status = row.status, number = row.number,
        roles = row.roles, seen = row.seen },
    }
  end,
}
]]

-- Values of one user each, which a cassette must not have.
local FIRST <const> = { "Wilhelmine", "Thaddäus", "Oluwaseun" }

local function user(i)
  local first = (FIRST[i % 3 + 1]) .. i
  return {
    id = string.format("00u%05dQx%d", 70000 + i * 13, i),
    status = i % 10 == 0 and "ADMIN" or "ACTIVE",
    hash = "$2b$10$" .. string.format("%022d", i):gsub("%d", { ["0"] = "a" }):sub(1, 21) .. "u"
      .. string.rep("B", 31),
    number = 8812000 + i, seen = string.format("2024-03-%02dT11:22:%02dZ", i % 28 + 1, i),
    profile = {
      email = string.format("W.%s%d@wichtig-firma.de", "Muster", i), firstName = first,
      name = first .. " Hohenstein" .. i, mobile = string.format("+49301234%04d", i), plan = "gold",
      comment = i == 7 and "mag Katzen sehr" or nil,
    },
  }
end

---Answers with pages whose next one is found in the body or in a header, and with roles.
local function respond(how)
  return function(request)
    local id = request.path:match("^/acme/users/([^/]+)/roles$")
    if id then return api_rig.json(request, { roles = { "admin of " .. id } }) end
    local first = math.tointeger(tonumber((request.query.after or "c0"):match("%d+")))
    local list = json.array {}
    for i = first + 1, math.min(first + SIZE, COUNT) do list[#list + 1] = user(i) end
    local last = first + SIZE
    local more = last < COUNT and string.format("cur%d-%s", last, user(last).id) or nil
    local target = more and string.format("%s/acme/users?after=%s&fields=id,profile&api_key=%s",
      "http://" .. request.headers.host, more, KEY)
    api_rig.json(request, {
      users = list, cursor = how == "cursor" and more or nil, link = how == "url" and target or nil,
      echo = TOKEN,
    }, how == "link" and target and { Link = "<" .. target .. '>; rel="next"' } or nil)
  end
end

local FORMS <const> = {
  cursor = '{ cursor = "/cursor", as = { query = "after" } }',
  url = '{ url = "/link" }',
  link = '{ link = "next" }',
  own = [[function(state)
    local after = state.body.cursor
    return after and { query = { after = after, fields = "id,profile", api_key = KEY } } or nil
  end]],
}
FORMS.own = FORMS.own:gsub("KEY", '"" .. OWN.key')

local CASE <const> = [[
- name: the users
  cassette: users
  params:
    host: https://shop.example.com
    realm: example
    token: secret-of-tests
    key: other-key-of-tests
  expect: users.ndjson
]]

---Plays a scene with an API that was recorded.
local function recorded(how, fn)
  program.scene(nil, function(scene)
    local api <close> = api_rig.serve(respond(how == "own" and "cursor" or how))
    local text = RECIPE:gsub("NEXT", function() return FORMS[how] end)
    if how == "own" then
      text = text:gsub("local common", "OWN = params\n    local common")
      text = "local OWN\n" .. text
    end
    scene:write("acme.lua", text)
    scene:write("acme.test.yaml", CASE)
    scene.env.AUTH0_MIGRATE_PARAM_TOKEN = TOKEN
    scene.env.AUTH0_MIGRATE_PARAM_KEY = KEY
    local ran = scene:run {
      "test", "acme.lua", "--record", "users", "host=" .. api.url, "realm=acme", "--allow-net",
    }
    ran:ends_with(0)
    scene.env.AUTH0_MIGRATE_PARAM_TOKEN, scene.env.AUTH0_MIGRATE_PARAM_KEY = nil, nil
    fn(scene, api, ran)
  end)
end

---Every text and number of a value.
local function scalars(value, found)
  if type(value) == "table" then
    for _, member in pairs(value) do scalars(member, found) end
  elseif type(value) ~= "boolean" then
    found[tostring(value)] = true
  end
  return found
end

for _, how in ipairs { "cursor", "url", "link", "own" } do
  test("a cassette with pages by " .. how .. " is replayed without the API", function()
    recorded(how, function(scene, api)
      local asked = #api.asked
      api:close()
      scene:run({ "test", "acme.lua", "--update" }):ends_with(0)
      local users = scene:lines("users.ndjson")
      equal({ #users, asked }, { COUNT, 3 + COUNT // 10 })
      scene:run({ "test", "acme.lua" }):ends_with(0)
      local first = users[1]
      equal({ first.app_metadata.plan, first.app_metadata.status, first.email_verified },
        { "gold", "ACTIVE", true })
      local admin = users[10]
      equal({ admin.app_metadata.status, #admin.app_metadata.roles }, { "ADMIN", 1 })
    end)
  end)

  test("a cassette with pages by " .. how .. " has no credential and no rare value", function()
    recorded(how, function(scene, api)
      local text = scene:read("acme.cassettes/users.ndjson")
      for _, secret in ipairs { TOKEN, KEY, api.host, "acme", "127.0.0.1" } do
        assert(not text:find(secret, 1, true), secret)
      end
      local kept = { ACTIVE = true, ADMIN = true, gold = true }
      for i = 1, COUNT do
        for value in pairs(scalars(user(i), {})) do
          assert(kept[value] or not text:find(value, 1, true), value)
        end
        for _, part in ipairs { "wichtig", "Hohenstein", "Katzen" } do
          assert(not text:find(part, 1, true), part)
        end
      end
    end)
  end)
end

test("addresses, ids and numbers differ after replacement as they did before", function()
  recorded("cursor", function(scene)
    scene:run({ "test", "acme.lua", "--update" }):ends_with(0)
    local seen = {}
    for _, one in ipairs(scene:lines("users.ndjson")) do
      for _, name in ipairs { "user_id", "email", "phone_number", "name" } do
        local value = name .. tostring(one[name])
        assert(one[name] and not seen[value], value)
        seen[value] = true
      end
    end
  end)
end)

test("a login is proven against a hash of a cassette", function()
  recorded("cursor", function(scene)
    scene:write("acme.test.yaml", CASE:gsub("expect: users.ndjson", "login: correct horse"))
    scene:run({ "test", "acme.lua" }):ends_with(0)
  end)
end)

test("a request that was not recorded fails the case, and says which", function()
  recorded("cursor", function(scene)
    scene:run({ "test", "acme.lua", "--update" }):ends_with(0)
    scene:write("acme.lua", (scene:read("acme.lua"):gsub("id,profile", "id,name")))
    local ran = scene:run({ "test", "acme.lua", "--show-values" }):ends_with(3)
    contains(ran.stdout, "the cassette users has no answer to GET /example/users")
    contains(ran.stdout, "--record")
  end)
end)

test("the same recording is written twice, byte by byte", function()
  recorded("link", function(scene)
    local text = scene:read("acme.cassettes/users.ndjson")
    local status = file.stat(scene:path("acme.cassettes/users.ndjson"))
    assert(status.type == "file")
    recorded("link", function(other)
      equal(other:read("acme.cassettes/users.ndjson"), text)
    end)
  end)
end)

test("a new cassette comes with a case to paste", function()
  program.scene(nil, function(scene)
    local api <close> = api_rig.serve(respond "cursor")
    scene:write("acme.lua", (RECIPE:gsub("NEXT", function() return FORMS.cursor end)))
    scene.env.AUTH0_MIGRATE_PARAM_TOKEN, scene.env.AUTH0_MIGRATE_PARAM_KEY = TOKEN, KEY
    local ran = scene:run({
      "test", "acme.lua", "--record", "few", "-n", "5", "host=" .. api.url, "realm=acme",
      "--allow-net",
    }):ends_with(0)
    contains(ran.stdout, "wrote acme.cassettes/few.ndjson: 1 answer, 5 records")
    local case = ran.stdout:match("(%- name:.*)")
    scene:write("acme.test.yaml", (case:gsub("expect: .*", "warnings: []")))
    scene:run({ "test", "acme.lua" }):ends_with(0)
  end)
end)

test("a case with a cassette that is not there says how to make one", function()
  program.scene(nil, function(scene)
    scene:write("acme.lua", (RECIPE:gsub("NEXT", function() return FORMS.cursor end)))
    scene:write("acme.test.yaml", CASE)
    local ran = scene:run({ "test", "acme.lua" }):ends_with(2)
    contains(ran.stderr, "acme.test.yaml:1: cannot read the cassette")
    contains(ran.stderr, "--record users")
  end)
end)

test("recording needs what the recipe asks for, and test without it takes no parameters", function()
  program.scene(nil, function(scene)
    scene:write("acme.lua", (RECIPE:gsub("NEXT", function() return FORMS.cursor end)))
    scene:run({ "test", "acme.lua", "--record", "users", "host=http://127.0.0.1:1", "realm=acme" })
      :ends_with(2)
    contains(scene:run({ "test", "acme.lua", "--allow-net" }):ends_with(2).stderr,
      "--allow-net is for --record")
    contains(scene:run({ "test", "acme.lua", "host=x" }):ends_with(2).stderr,
      "test takes no parameters")
    local named = scene:run { "test", "acme.lua", "--record", "../x", "realm=acme" }
    contains(named:ends_with(2).stderr, "--record must be a name")
  end)
end)
