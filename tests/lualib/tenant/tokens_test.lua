--- Tokens of the rehearsal tenant, and the limits of the token endpoint.

local buckets = require "tenant.buckets"
local digest = require "host.digest"
local doubts = require "tenant.doubts"
local json = require "host.json"
local login = require "auth0.api.login"
local rig = require "tests.lualib.tenant.rig"
local tap = require "tests.tap"
local equal, test = tap.equal, tap.test

local function served(name, options, fn)
  test(name, function() rig.with(options, fn) end)
end

local function ask(t, change, headers)
  local body = {
    grant_type = "client_credentials", client_id = t.info.client_id,
    client_secret = t.info.client_secret, audience = t.info.domain .. "/api/v2/",
  }
  for key, value in pairs(change or {}) do body[key] = value or nil end
  return t:call("POST", "/oauth/token", { token = false, body = body, headers = headers })
end

---How many of `n` simultaneous requests for a token are served.
local function given(made, n, now)
  local count = 0
  for _ = 1, n do
    local _, empty = made:take("token", now)
    if not empty then count = count + 1 end
  end
  return count
end

for tier, case in pairs {
  free = { 30, 30 }, production = { 25, 25 }, enterprise = { 100, 100 },
} do
  test("tokens of the tier " .. tier .. " have a burst limit and a rate limit", function()
    local made = buckets.new(tier)
    equal(given(made, 200, 1000), case[1])
    equal(given(made, 200, 1001), case[2])
    equal(given(buckets.new(tier, 10), 2000, 1000), case[1] * 10)
  end)
end

test("tokens of the free tier have a limit per minute, too", function()
  local made, count = buckets.new "free", 0
  for second = 1000, 1059 do count = count + given(made, 30, second) end
  equal(count, 300 + 59 * 5)
end)

test("tokens and other calls do not share a bucket", function()
  local made = buckets.new "enterprise"
  equal(given(made, 200, 1000), 100)
  local headers, empty = made:take("other", 1000)
  equal({ headers["x-ratelimit-remaining"], empty }, { "49", false })
end)

test("limits per minute are refilled each second, or at the start of a minute", function()
  for refill, counts in pairs { second = { 10, 2, 10 }, minute = { 10, 0, 10 } } do
    local made = buckets.new("production", 1, refill)
    local function allowed(now)
      local count = 0
      for _ = 1, 30 do
        local _, empty = made:take("other", now)
        if not empty then count = count + 1 end
      end
      return count
    end
    equal({ allowed(1200), allowed(1201), allowed(1260) }, counts)
  end
  local made = buckets.new("production", 1, "minute")
  equal(made:take("other", 1219)["x-ratelimit-reset"], "1260")
end)

served("a token response has limits; beyond them it is an error of the token endpoint",
  { tier = "free" }, function(t)
    local response = ask(t)
    equal({ response.status, response.headers["x-ratelimit-limit"] }, { 200, "30" })
    t.tenant.wall = function() return 4102444800 end -- no bucket is refilled
    for _ = 1, 400 do t.tenant.buckets:take("token", t.tenant.wall()) end
    response = ask(t)
    equal({ response.status, response.json },
      { 429, { error = "too_many_requests", error_description = "Global limit has been reached" } })
    equal(response.headers["x-ratelimit-remaining"], "0")
    assert(tonumber(response.headers["x-ratelimit-reset"]) > t.tenant.wall())
  end)

test("a login waits for the shared bucket, and an empty response is not a success", function()
  local answers = {
    { status = 429, headers = { ["retry-after"] = "3" }, body = "" },
    { status = 429, headers = {}, body = "" },
    { status = 200, headers = {}, body = "" },
    { status = 200, headers = {}, body = '{"access_token":"x"}' },
  }
  local slept = {}
  local function sleep(seconds) slept[#slept + 1] = seconds end
  local user = { user_id = "auth0|1", email = "a@example.com",
    identities = { { connection = "Users" } } }
  local answer = assert(login.try({
    base = "http://127.0.0.1", connection = "Users", credentials = {},
    client = {
      clock = { now = os.time, sleep = sleep, sleep_dictated = sleep },
      request = function()
        return { status = 200, body = { user }, text = json.encode { user } }
      end,
    },
    fetch = function() return table.remove(answers, 1) end,
  }, "a@example.com", "secret"))
  equal({ answer.result, #slept }, { "yes", 3 })
  assert(slept[1] >= 3 and slept[2] >= 1)
end)

for _, case in ipairs {
  { "no audience", { audience = false }, 403, "No audience parameter" },
  { "the audience of users", { audience = "/userinfo" }, 401, "Unauthorized" },
  { "null as audience", { audience = json.null }, 403, "No audience parameter" },
  { "null as grant", { grant_type = json.null }, 400, "Missing required parameter: grant_type" },
  { "a list as audience", { audience = { "x" } }, 403, 'Service not found: ["x"]' },
  { "a list as grant", { grant_type = { "x" } }, 403, 'Unsupported grant type: ["x"]' },
  { "a list as client", { client_id = { "x" } }, 401, "Unauthorized" },
  { "a list as secret", { client_secret = { "x" } }, 401, "Unauthorized" },
} do
  served("no token is issued for " .. case[1], {}, function(t)
    local change = case[2]
    if change.audience == "/userinfo" then change = { audience = t.info.domain .. "/userinfo" } end
    local response = ask(t, change)
    equal(response.status, case[3])
    tap.contains(response.json.error_description, case[4])
  end)
end

test("a secret in an HTTP Basic header is accepted with basic=taken", function()
  for choice, status in pairs { ["basic=refused"] = 401, ["basic=taken"] = 200 } do
    rig.with({ doubts = { assert(doubts.parse(choice)) } }, function(t)
      local pair = t.info.client_id .. ":" .. t.info.client_secret
      equal(ask(t, { client_id = false, client_secret = false },
        { Authorization = "Basic " .. digest.base64(pair) }).status, status)
    end)
  end
end)

test("a user's token is rejected with either of two messages", function()
  for choice, message in pairs {
    ["foreign-token=not-global"] = "Client is not global.",
    ["foreign-token=bad-audience"] = "Bad audience: ",
  } do
    rig.with({ doubts = { assert(doubts.parse(choice)) } }, function(t)
      t:call("POST", "/api/v2/users", { body = {
        connection = t.info.connection, email = "a@example.com", password = "open sesame",
      } })
      local entered = ask(t, { grant_type = "password", username = "a@example.com",
        password = "open sesame" })
      local response = t:call("GET", "/api/v2/users", { token = entered.json.id_token })
      equal({ response.status, response.json.statusCode }, { 401, 401 })
      tap.contains(response.json.message, message)
    end)
  end
end)

served("a token for the second factor is not valid for the Management API", {}, function(t)
  t:import { {
    email = "a@example.com", mfa_factors = { { totp = { secret = "GEZDGNBVGY3TQOJQ" } } },
    custom_password_hash = { algorithm = "sha1", hash = { encoding = "hex",
      value = "7db5f9c4d8ee1012f9651eab6b71ca6504977d44" } },
  } }
  local asked = ask(t, { grant_type = "password", username = "a@example.com",
    password = "Tr0ub4dor&3-heron" })
  local response = t:call("GET", "/api/v2/users", { token = asked.json.mfa_token })
  equal({ response.status, response.json.message }, { 401, "Client is not global." })
end)

served("a fault determines the message of a 401",
  { faults = { { ["do"] = "unauthorized", message = "Client is not global." } } }, function(t)
    local response = t:call("GET", "/api/v2/users")
    equal({ response.status, response.json.message }, { 401, "Client is not global." })
  end)
