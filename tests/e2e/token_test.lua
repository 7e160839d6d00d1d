--- Tokens in a real run: short-lived ones, one that cannot be renewed, and those of a private key.

local fetch = require "base.fetch"
local file = require "host.file"
local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene, words = program.scene, program.words

local function tokens(s)
  return select(2, s:read("shop.run/log.ndjson"):gsub('"event":"token"', ""))
end

---A token of the tenant, as copied from the dashboard.
local function take_token(s)
  local answer = assert(fetch.new(s.transport) {
    method = "POST", url = s.env.AUTH0_DOMAIN .. "/oauth/token",
    headers = { ["Content-Type"] = "application/json" },
    body = json.encode {
      grant_type = "client_credentials", client_id = s.env.AUTH0_CLIENT_ID,
      client_secret = s.env.AUTH0_CLIENT_SECRET, audience = s.env.AUTH0_DOMAIN .. "/api/v2/",
    },
  })
  return assert(json.decode(answer.body).access_token)
end

test("tokens of three seconds are renewed before they expire", function()
  scene(40, function(s)
    s:slow_tenant({ token_seconds = 3 }, 5)
    s:run(words("--yes", "--chunk-users", "10")):ends_with(0)
    assert(tokens(s) >= 2)
    assert(not s:read("shop.run/log.ndjson"):find("token_refused", 1, true))
    s:holds(40)
  end)
end)

test("a ready-made token that expires in the run ends it with 6; another one completes it",
  function()
    scene(40, function(s)
      s:slow_tenant({ token_seconds = 2 }, 5)
      local ready = { AUTH0_ACCESS_TOKEN = take_token(s), AUTH0_CLIENT_SECRET = "" }
      local ended = s:run(words("--yes", "--chunk-users", "10", "--json"), ready):ends_with(6)
      local report = ended:object()
      contains(report.message, "ready-made")
      equal({ report.status, report.balanced, report.next },
        { "failed", true, "auth0-migrate doctor" })
      contains(report.message, "`auth0-migrate resume shop.run` continues")
      assert(report.users.pending > 0)
      assert(not ended.stderr:find(ready.AUTH0_ACCESS_TOKEN, 1, true))
      s:run({ "resume" }):ends_with(0)
      s:holds(40)
    end)
  end)

local REFUSALS <const> = [[
- { do: token, seconds: 3 }
- { do: unauthorized, route: GET /connections, times: 2 }
- { do: unauthorized, route: POST /jobs/users-imports, times: 5 }
- { do: unauthorized, route: GET /jobs/*, times: %d }
]]

test("fresh tokens that are refused many times in a row do not end a run", function()
  scene(20, function(s)
    s:write("faults.yaml", REFUSALS:format(9))
    s:tenant { "--faults", "faults.yaml" }
    s:run(words("--yes", "--chunk-users", "4", "--upsert")):ends_with(0)
    s:holds(20)
    assert(tokens(s) > 10)
  end)
end)

test("polls tolerate refused tokens for as long as --patience; then exit status 6", function()
  scene(4, function(s)
    s:write("faults.yaml", REFUSALS:format(999))
    s:tenant { "--faults", "faults.yaml" }
    local ended = s:run(words("--yes", "--json", "--patience", "100s")):ends_with(6)
    local report = ended:object()
    contains(report.message, "new tokens in a row")
    equal({ report.users.pending, report.next }, { 4, "auth0-migrate doctor" })
  end)
end)

test("a secret that is no longer valid ends the run immediately, with 6", function()
  scene(40, function(s)
    local tenant = s:slow_tenant({ token_seconds = 2 }, 5)
    local one = s:start(words("--yes", "--chunk-users", "10", "--json"))
    s:until_("a job", function() return s:metrics().jobs > 0 end)
    tenant.client_secret = "another"
    contains(one:ends_with(6):object().message, "the tenant rejected the credentials")
  end)
end)

test("a private key instead of a secret gets tokens with signed assertions", function()
  scene(20, function(s)
    s:slow_tenant { public_key = assert(file.read "tests/host/rsa-public.pem") }
    s:write("key.pem", assert(file.read "tests/host/rsa.pem"))
    local keyed = { AUTH0_CLIENT_SECRET = "", AUTH0_PRIVATE_KEY_FILE = s:path "key.pem" }
    s:run(words("--yes", "--chunk-users", "10"), keyed):ends_with(0)
    equal(s:metrics().users, 20)
  end)
end)

test("another private key is refused: exit status 6", function()
  scene(3, function(s)
    s:slow_tenant { public_key = assert(file.read "tests/host/rsa-public.pem") }
    s:write("key.pem", assert(file.read "tests/fixtures/tenant/key.pem"))
    local keyed = { AUTH0_CLIENT_SECRET = "", AUTH0_PRIVATE_KEY_FILE = s:path "key.pem" }
    local ended = s:run(words "--yes", keyed):ends_with(6)
    contains(ended.stderr, "the tenant rejected the credentials")
    assert(not s:exists "shop.run")
  end)
end)
