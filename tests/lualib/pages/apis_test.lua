--- source.http against the APIs of tests/apis: each way to read each of them, with what goes wrong.

local api_names = {
  "akamai", "clerk", "cognito", "firebase", "forgerock", "frontegg", "fusionauth", "graph",
  "keycloak", "kratos", "okta", "pingone", "scim", "stytch", "supabase",
}
local failure = require "base.failure"
local file = require "host.file"
local http = require "source.http"
local pages = require "pages"
local pointer = require "base.pointer"
local scheduler = require "base.scheduler"
local server = require "tests.apis.server"
local tap = require "tests.tap"
local users = require "tests.apis.users"
local test, contains = tap.test, tap.contains

local COUNT <const> = 60
local SIZE <const> = 7

---What a recipe writes for a way to read an API.
local function spec_of(made, way)
  local api, spec = made.api, {}
  for name, value in pairs(way.request(made.url, SIZE)) do spec[name] = value end
  spec.items, spec.next, spec.id = way.items, way.pages, api.id
  if api.token then
    local asked = api.token.request(made.url)
    spec.token = { url = asked.url, form = asked.form }
  end
  if api.sign then
    local keys = api.credentials
    spec.sign = {
      aws = "aws:amz:" .. keys.region .. ":" .. keys.service, access_key = keys.id,
      secret_key = keys.secret,
    }
  end
  return spec
end

---Reads all; the ids, the failure if there is one, and what was said.
local function read(folder, spec)
  local said = {}
  local served <close> = pages.new {
    folder = folder, recipe = "r", clock = scheduler.clock(1000), patience = 1000000,
    secrets = {}, allowed = function() return true end, interrupted = function() return false end,
    ui = { say = function(_, text) said[#said + 1] = text end, progress = function() end,
      outage = function() end },
  }
  local asking = http.asking(function(...) return true, served:answer(...) end)
  local ids, warnings = {}, nil
  local ok, err = pcall(function()
    local records = asking.records(spec)
    for record in records do
      local value = record
      for part in spec.id:gmatch("[^/]+") do value = value[part] end
      ids[#ids + 1] = tostring(value)
    end
    warnings = records:warnings()
  end)
  if not ok and not failure.is(err) then error(err, 0) end
  return { ids = ids, failed = not ok and err or nil, said = said, warnings = warnings }
end

---Runs `fn(server, folder)` with an API.
local function with(name, options, fn)
  local folder = assert(file.temporary())
  local ok, err = xpcall(scheduler.run, debug.traceback, function()
    options.users = options.users or COUNT
    local made = server.open(name, options)
    scheduler.spawn(function() made:run() end)
    fn(made, folder .. "/acme.pages")
    made:close()
  end)
  assert(file.remove_tree(folder))
  if not ok then error(err, 0) end
end

---Fails unless these are the users that the way shows, each once.
local function is_whole(made, way, ids)
  local missing, n = {}, 0
  for key = 1, COUNT do
    local user = made.api.user(users.person(key))
    if not way.expects or way.expects(user) then
      missing[tostring(pointer.get(user, made.api.id))], n = true, n + 1
    end
  end
  for _, id in ipairs(ids) do
    assert(missing[id], "twice, or unknown: " .. id)
    missing[id] = nil
  end
  tap.equal(#ids, n)
end

for _, name in ipairs(api_names) do
  for i, way in ipairs(require("tests.apis." .. name).walks) do
    test(name .. ", " .. way.name .. ": all users are read once, and kept", function()
      with(name, {}, function(made, folder)
        local spec = spec_of(made, made.api.walks[i])
        local one = read(folder, spec)
        tap.equal(one.failed, nil)
        is_whole(made, way, one.ids)
        tap.equal(made.counts.most, 1)
        local asked = made.counts.requests
        tap.equal({ read(folder, spec).ids, made.counts.requests }, { one.ids, asked })
      end)
    end)

    test(name .. ", " .. way.name .. ": through throttles, failures, cuts and tokens", function()
      with(name, { throttle_every = 12, throttle_wait = 0, fail_every = 7, cut = 2, cut_as = "json",
        token_requests = name ~= "pingone" and 4 or nil, -- there cursors end with their token
        empty_every = 3 }, function(made, folder)
        local one = read(folder, spec_of(made, made.api.walks[i]))
        tap.equal(one.failed, nil)
        is_whole(made, way, one.ids)
      end)
    end)

    test(name .. ", " .. way.name .. ": nothing is asked elsewhere", function()
      for _, fault in ipairs { { redirect = 2 }, { elsewhere = 2 } } do
        with(name, fault, function(made, folder)
          read(folder, spec_of(made, made.api.walks[i]))
          tap.equal(made.counts.elsewhere, 0)
        end)
      end
    end)
  end
end

for _, name in ipairs { "okta", "cognito", "graph", "stytch" } do
  test(name .. ": an expired cursor begins the reading again, and no user comes twice", function()
    with(name, { expire_cursor = 4 }, function(made, folder)
      local way = made.api.walks[1]
      local one = read(folder, spec_of(made, way))
      tap.equal(one.failed, nil)
      is_whole(made, way, one.ids)
      contains(table.concat(one.said, "\n"), "has expired")
    end)
  end)

  test(name .. ": a list that begins again for ever is noticed", function()
    with(name, { loop = 3 }, function(made, folder)
      local spec = spec_of(made, made.api.walks[1])
      local one = read(folder, spec)
      tap.equal(one.failed and one.failed.kind, "parse")
      assert(made.counts.requests < 100)
    end)
  end)

  for _, fault in ipairs { "huge", "bomb" } do
    test(name .. ": a page of gigabytes is refused: " .. fault, function()
      with(name, { [fault] = 2, huge_bytes = 1 << 20 }, function(made, folder)
        local spec = spec_of(made, made.api.walks[1])
        spec.limit = 100000
        local one = read(folder, spec)
        tap.equal(one.failed and one.failed.kind, "full")
        contains(one.failed.message, "longer than 100000 bytes")
      end)
    end)
  end
end

for _, move in ipairs { "remove", "insert" } do
  test("keycloak: rows that move are counted: " .. move, function()
    with("keycloak", { move = move }, function(made, folder)
      local spec = spec_of(made, made.api.walks[1])
      local one = read(folder, spec)
      tap.equal(one.failed, nil)
      local seen = {}
      for _, id in ipairs(one.ids) do
        assert(not seen[id], "twice: " .. id)
        seen[id] = true
      end
      if move == "insert" then
        tap.equal(one.warnings[1] and one.warnings[1].code, "shifted_rows")
      end
    end)
  end)
end
