--- Cassettes of the APIs of tests/apis: each way to read each of them is recorded, made anonymous
--- and replayed.

local anonymous = require "cases.cassette.anonymous"
local cassette = require "cases.cassette"
local failure = require "base.failure"
local file = require "host.file"
local http = require "source.http"
local json = require "host.json"
local pages = require "pages"
local player = require "cases.cassette.player"
local pointer = require "base.pointer"
local recorder = require "cases.cassette.recorder"
local scheduler = require "base.scheduler"
local server = require "tests.apis.server"
local tap = require "tests.tap"
local test, equal = tap.test, tap.equal

local COUNT <const>, SIZE <const> = 25, 7
local TELLING <const> = 6 -- bytes of a value that cannot be there by chance

local APIS <const> = {
  "akamai", "clerk", "cognito", "firebase", "forgerock", "frontegg", "fusionauth", "graph",
  "keycloak", "kratos", "okta", "pingone", "scim", "stytch", "supabase",
}

---What a recipe writes for a way to read an API.
local function spec_of(made, way, address)
  local api, spec = made.api, {}
  for name, value in pairs(way.request(address, SIZE)) do spec[name] = value end
  spec.items, spec.next, spec.id = way.items, way.pages, api.id
  if api.token then
    local asked = api.token.request(address)
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

---Reads all with a tape: the records.
local function read(folder, spec, tape, fetch)
  local served <close> = pages.new {
    folder = folder, recipe = "r", clock = scheduler.clock(1000), secrets = {}, tape = tape,
    allowed = function() return true end, interrupted = function() return false end, fetch = fetch,
    ui = { say = function() end, progress = function() end, outage = function() end },
  }
  local asking = http.asking(function(...) return true, served:answer(...) end)
  local list = {}
  local ok, err = pcall(function()
    for record in asking.records(spec) do list[#list + 1] = json.materialize(record) end
  end)
  if not ok then error(failure.is(err) and err.message or err, 0) end
  return list
end

---Every text and number of a value that may tell whose it is.
local function telling(value, found)
  if type(value) == "table" then
    for _, member in pairs(value) do telling(member, found) end
  elseif type(value) == "string" and #value >= TELLING and value:find("%d") then
    found[value] = true
  end
  return found
end

local function record(made, way, folder)
  local tape = recorder.new()
  local read_ones = read(folder .. "/a.pages", spec_of(made, way, made.url), tape)
  local hidden = anonymous.new {
    texts = {}, params = {}, answers = tape:answers(), readings = tape.readings,
  }
  local text = cassette.text { records = #read_ones, answers = hidden:all(tape:answers()) }
  file.mkdir(folder .. "/a.cassettes")
  assert(cassette.write(folder .. "/a.cassettes", "users", text))
  return read_ones, text
end

for _, name in ipairs(APIS) do
  test("recorded, made anonymous and replayed: " .. name, function()
    local ok, err = xpcall(scheduler.run, debug.traceback, function()
      local made = server.open(name, { users = COUNT })
      scheduler.spawn(function() made:run() end)
      for label, way in pairs(made.api.walks) do
        local folder = assert(file.temporary())
        local before, text = record(made, way, folder)
        assert(#before > COUNT / 2, name .. " " .. label .. ": " .. #before)
        local id = made.api.id
        for _, one in ipairs(before) do
          for value in pairs(telling(one, {})) do
            assert(not text:find(value, 1, true), label .. ": " .. value)
          end
        end
        assert(not text:find(made.url, 1, true))
        local replayed = player.new("users", assert(cassette.read(folder .. "/a.cassettes",
          "users", false)))
        local spec = spec_of(made, way, "https://other.example.com")
        local after = read(folder .. "/b.pages", spec, replayed, function() error "sent" end)
        equal({ label, #after }, { label, #before })
        local seen = {}
        for _, one in ipairs(after) do
          local value = tostring(pointer.get(one, id))
          assert(not seen[value], label .. ": " .. value)
          seen[value] = true
        end
        file.remove_tree(folder)
      end
      made:close()
    end)
    if not ok then error(err, 0) end
  end)
end
