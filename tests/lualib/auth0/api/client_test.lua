local buckets = require "tenant.buckets"
local client = require "auth0.api.client"
local clock = require "host.clock"
local digest = require "host.digest"
local expect = require "auth0.api.expect"
local json = require "host.json"
local rate = require "auth0.api.rate"
local rig = require "tests.lualib.auth0.api.client_rig"
local scheduler = require "base.scheduler"
local tap = require "tests.tap"
local token = require "auth0.api.token"
local test = tap.test

local answer = rig.answer

local function near(actual, expected)
  assert(math.abs(actual - expected) < 0.001, string.format("%s is not %s", actual, expected))
end

-- Requests ----------------------------------------------------------------------------------

test("a request carries the token, its query escaped and its body as JSON", function()
  local made = rig.client { answer(200, { id = "x" }) }
  local response = assert(made.client:request {
    method = "PATCH", path = "/users/auth0%7C1", query = { b = "x y", a = 1 },
    body = { name = "Ana" },
  })
  local call = made.calls[1]
  tap.equal(call.url, "https://acme.eu.auth0.com/api/v2/users/auth0%7C1?a=1&b=x%20y")
  tap.equal(call.headers.Authorization, "Bearer token1")
  tap.equal(call.headers["Content-Type"], "application/json")
  tap.equal(call.body, '{"name":"Ana"}')
  tap.equal(response.body.id, "x")
end)

test("a body that is not JSON is nil and its text is kept", function()
  for _, case in ipairs { { 200, "<html>" }, { 400, "{" } } do
    local made = rig.client { answer(table.unpack(case)) }
    local response = assert(made.client:request { method = "POST", path = "/users", body = {} })
    tap.equal({ response.status, response.body, response.text, #made.calls },
      { case[1], nil, case[2], 1 })
  end
end)

test("a request with a broken response is retried as long as the patience lasts", function()
  local made = rig.client {
    answer(200, "<html>"), answer(200, '{"id":'), answer(200, { id = "x" }),
  }
  tap.equal(assert(rig.get(made)).body.id, "x")
  local script = {}
  for i = 1, 50 do script[i] = answer(200, "<html>") end
  local response, message, kind = rig.get(rig.client(script))
  tap.equal({ response, kind }, { nil, "temporary" })
  tap.contains(message, "GET /jobs/job_1: giving up after ")
end)

test("an error response that is not JSON is retried before it counts as the tenant's", function()
  local script = {}
  for i = 1, 4 do script[i] = answer(404, "<html>") end
  tap.equal(assert(rig.get(rig.client(script))).status, 200)
  script = {}
  for i = 1, 9 do script[i] = answer(404, "<html>") end
  local made = rig.client(script)
  tap.equal({ assert(rig.get(made)).status, #made.calls }, { 404, 5 })
end)

-- Empty, truncated, from another server, or JSON of another type.
local BROKEN <const> = {
  { "no body", "", "is empty" }, { "white space", " \r\n", "is empty" },
  { "a proxy's page", "<html>", "is not JSON" }, { "half a body", '{"id":', "is not JSON" },
  { "null", "null", "has no id" }, { "a list", "[]", "has no id" },
  { "a text", '"x"', "has no id" }, { "a number", "42", "has no id" },
  { "an empty object", "{}", "has no id" }, { "a null id", '{"id":null}', "has no id" },
  { "an empty id", '{"id":""}', "has no id" }, { "a list of texts", '["id"]', "has no id" },
}

for _, case in ipairs(BROKEN) do
  test("a success of " .. case[1] .. " is retried until the patience is exhausted", function()
    local request = { method = "GET", path = "/jobs/job_1",
      expects = expect.object { id = "string" } }
    local script = {}
    for i, status in ipairs { 200, 201, 202 } do script[i] = answer(status, case[2]) end
    script[4] = answer(200, { id = "x" })
    local made = rig.client(script)
    tap.equal({ assert(made.client:request(request)).body.id, #made.calls }, { "x", 4 })
    for i = 1, 50 do script[i] = answer(200, case[2]) end
    made = rig.client(script)
    local response, message, kind = made.client:request(request)
    tap.equal({ response, kind }, { nil, "temporary" })
    tap.contains(message, "GET /jobs/job_1: giving up after ")
    tap.contains(message, " attempts: the response (200) " .. case[3])
    assert(made.time - rig.NOW > 500 and made.time - rig.NOW <= 600)
  end)
end

test("a list is not an object, and its entries are checked", function()
  local request = { method = "GET", path = "/users", expects = expect.list { user_id = "string" } }
  for _, text in ipairs { "{}", "null", "7", '{"user_id":"x"}', "[7]", "[{}]", "[null]",
    '[{"user_id":"a"},{"user_id":7}]' } do
    local made = rig.client { answer(200, text), answer(200, '\n[{"user_id":"a"}]') }
    tap.equal({ assert(made.client:request(request)).body[1].user_id, #made.calls }, { "a", 2 })
  end
  tap.equal(assert(rig.client({ answer(200, "[]") }).client:request(request)).body, {})
end)

test("a deletion expects no body, neither a page nor an empty 200", function()
  local request = { method = "DELETE", path = "/users/x", expects = expect.nothing }
  local made = rig.client { answer(200), answer(200, "<html>"), answer(200, {}), answer(204) }
  tap.equal({ assert(made.client:request(request)).status, #made.calls }, { 204, 4 })
end)

test("by default only a GET expects JSON", function()
  for _, case in ipairs {
    { "GET", 200, "", 2 }, { "GET", 204, "", 1 }, { "GET", 200, "null", 1 },
    { "POST", 201, "", 1 }, { "DELETE", 200, "", 1 }, { "PUT", 200, "<html>", 2 },
    { "HEAD", 200, "", 1 },
  } do
    local made = rig.client { answer(case[2], case[3]) }
    assert(made.client:request { method = case[1], path = "/roles" })
    tap.equal(#made.calls, case[4], case[1] .. " " .. case[3])
  end
end)

test("a POST with a broken response is not retried", function()
  for _, text in ipairs { "", "<html>", "{}" } do
    local made = rig.client { answer(202, text) }
    local response = assert(made.client:request {
      method = "POST", path = "/x", expects = expect.object { id = "string" },
    })
    tap.equal({ response.status, #made.calls }, { 202, 1 })
  end
end)

for _, case in ipairs {
  { "no body", "", "is empty" }, { "a page", "<html>", "is not JSON" },
  { "no token", "{}", "has no access_token" },
} do
  test("a token endpoint that responds with " .. case[1] .. " is waited out", function()
    local made = rig.client({}, { token = function(n)
      return n < 9 and answer(200, case[2]) or rig.token("late")
    end })
    assert(rig.get(made))
    tap.equal(#made.tokens, 9)
    made = rig.client({}, { token = function() return answer(200, case[2]) end })
    local response, message, kind, sent = rig.get(made)
    tap.equal({ response, kind, sent, #made.calls }, { nil, "temporary", false, 0 })
    tap.contains(message, "POST /oauth/token: giving up after 15 attempts: the response (200) "
      .. case[3])
  end)
end

test("a retry event has what was wrong with the response", function()
  local made = rig.client { answer(200), answer(503, "<html>") }
  assert(rig.get(made))
  local whys = {}
  for _, event in ipairs(made.events) do
    if event[1] == "retry" then whys[#whys + 1] = event[2].why end
  end
  tap.equal(whys, { "the response (200) is empty", "status 503" })
end)

test("statuses that concern the request are responses", function()
  for _, status in ipairs { 204, 302, 400, 404, 409, 413 } do
    local made = rig.client { answer(status) }
    tap.equal(assert(rig.get(made)).status, status)
    tap.equal(#made.calls, 1)
  end
end)

test("the tenant's clock is read from its responses", function()
  local made = rig.client { answer(200, {}, { date = rig.DATE }) }
  made.time = rig.NOW - 30
  assert(rig.get(made))
  near(made.client.clock_offset, clock.parse(rig.DATE) + 0.5 - (rig.NOW - 30))
end)

-- Tokens ------------------------------------------------------------------------------------

test("the token is requested once, with the client's secret and the API's audience", function()
  local made = rig.client {}
  assert(rig.get(made))
  assert(rig.get(made))
  tap.equal(#made.tokens, 1)
  tap.equal(made.tokens[1].url, "https://acme.eu.auth0.com/oauth/token")
  tap.equal(json.decode(made.tokens[1].body), {
    grant_type = "client_credentials", client_id = "me", client_secret = "s3cret",
    audience = "https://acme.eu.auth0.com/api/v2/",
  })
end)

test("a token that expires in an outage is renewed before the next attempt", function()
  local made = rig.client(
    { { "down", "network", true }, answer(503), answer(401), answer(200, {}) },
    { token = function(n) return rig.token("token" .. n, n == 1 and 1 or 86400) end })
  tap.equal(assert(rig.get(made)).status, 200)
  local bearers = {}
  for i, call in ipairs(made.calls) do bearers[i] = call.headers.Authorization end
  tap.equal(bearers, { "Bearer token1", "Bearer token2", "Bearer token2", "Bearer token3" })
end)

test("a custom domain uses the configured audience", function()
  local made = rig.client({}, {
    base = "https://login.acme.com/",
    credentials = { client_id = "me", client_secret = "s", audience = "https://a.b/api/v2/" },
  })
  assert(rig.get(made))
  tap.equal(json.decode(made.tokens[1].body).audience, "https://a.b/api/v2/")
  tap.equal(made.calls[1].url, "https://login.acme.com/api/v2/jobs/job_1")
end)

for _, case in ipairs {
  { life = 86400, early = 77750, late = 77770 }, -- 90 %
  { life = 1000, early = 690, late = 710 },      -- 5 minutes left
  { life = 100, early = 45, late = 55 },         -- half of a short one
} do
  test(string.format("a token of %d seconds is renewed before it expires", case.life), function()
    local made = rig.client({}, {
      token = function(n) return rig.token("token" .. n, case.life) end,
    })
    assert(rig.get(made))
    made.time = rig.NOW + case.early
    assert(rig.get(made))
    tap.equal(#made.tokens, 1)
    made.time = rig.NOW + case.late
    assert(rig.get(made))
    tap.equal(#made.tokens, 2)
    tap.equal(made.calls[3].headers.Authorization, "Bearer token2")
  end)
end

test("a 401 renews the token once and retries the request, including uploads", function()
  for _, method in ipairs { "GET", "POST" } do
    local made = rig.client { answer(401, { message = "Expired token" }), answer(202, {}) }
    local response = assert(made.client:request { method = method, path = "/x", retry = false })
    tap.equal(response.status, 202)
    tap.equal(#made.tokens, 2)
    tap.equal(made.calls[2].headers.Authorization, "Bearer token2")
  end
end)

test("a token that expired in flight is not a rejection", function()
  local expired = answer(401, { message = "Expired token received for JSON Web Token validation" })
  local made = rig.client { expired, answer(401, { message = "Invalid token." }), answer(200, {}) }
  tap.equal(rig.get(made).status, 200)
end)

---Rejects every token, `n` times.
local function refusals(n, message)
  local script = {}
  for i = 1, n do script[i] = answer(401, { message = message or "Invalid token." }) end
  return script
end

test("rejected new tokens are retried, each with another one", function()
  local made = rig.client(refusals(5))
  tap.equal(rig.get(made).status, 200)
  tap.equal({ #made.calls, #made.tokens }, { 6, 6 })
  for i, seconds in ipairs { 1.1, 2.2, 4.4, 8.8 } do near(made.slept[i][2], seconds) end
  tap.equal(#made.slept, 4)
end)

test("tokens that stay rejected are a failure of kind credentials", function()
  local made = rig.client(refusals(99))
  local response, message, kind, sent = rig.get(made)
  tap.equal({ response, kind, sent }, { nil, "credentials", false })
  tap.contains(message, "rejected the access token (6 new tokens in a row): Invalid token.")
  tap.equal(#made.calls, 6)
end)

test("a patient call retries rejected tokens as long as an outage", function()
  local patient = { method = "GET", path = "/jobs/job_1", patient = true }
  local made = rig.client(refusals(12))
  tap.equal(assert(made.client:request(patient)).status, 200)
  tap.equal(#made.calls, 13)
  made = rig.client(refusals(999), { patience = 3600 })
  local _, message, kind = made.client:request(patient)
  tap.equal(kind, "credentials")
  tap.contains(message, "new tokens in a row")
  assert(made.time - rig.NOW > 3000 and made.time - rig.NOW <= 3600)
end)

test("with retry = false the caller waits after a rejected new token", function()
  local made = rig.client(refusals(2))
  local response = made.client:request { method = "POST", path = "/x", retry = false }
  tap.equal({ response.status, #made.calls, #made.slept }, { 401, 2, 0 })
  assert(rig.get(made))
  tap.equal(#made.tokens, 3)
end)

test("a rejected token is logged with its remaining seconds", function()
  local made = rig.client(refusals(1), { token = function(n) return rig.token("t" .. n, 100) end })
  rig.get(made)
  for _, event in ipairs(made.events) do
    if event[1] == "token_refused" then
      return tap.equal(event[2], { request = "GET /jobs/job_1", left = 100.0 })
    end
  end
  error "not logged"
end)

test("a ready-made token is used verbatim, and cannot be renewed", function()
  local made = rig.client({ answer(200, {}), answer(401, { message = "Expired token" }) },
    { credentials = { access_token = "given" } })
  assert(rig.get(made))
  tap.equal(made.calls[1].headers.Authorization, "Bearer given")
  local _, message, kind = rig.get(made)
  tap.equal(kind, "credentials")
  tap.contains(message, "Expired token")
  tap.equal(#made.tokens, 0)
end)

test("a ready-made JWT has its expiry and its scopes", function()
  local payload = digest.base64(json.encode { exp = 5, scope = "create:users read:users" },
    { url = true, pad = false })
  local made = rig.client({}, { credentials = { access_token = "e30." .. payload .. ".x" } })
  local grant = assert(made.client:grant())
  tap.equal(grant.expires, 5)
  tap.equal(grant.scopes, { ["create:users"] = true, ["read:users"] = true })
  tap.equal(grant.ready_made, true)
end)

test("rejected credentials are reported without the secret", function()
  local made = rig.client({}, { token = function()
    return answer(401, { error = "access_denied", error_description = "Unauthorized" })
  end })
  local response, message, kind, sent = rig.get(made)
  tap.equal(response, nil)
  tap.equal(kind, "credentials")
  tap.equal(sent, false)
  tap.contains(message, "Unauthorized")
  assert(not message:find("s3cret", 1, true))
end)

test("a failing token endpoint is retried", function()
  local made = rig.client({}, { token = function(n)
    if n < 3 then return answer(503) end
    return rig.token("late")
  end })
  assert(rig.get(made))
  tap.equal(#made.tokens, 3)
end)

test("a private key signs an assertion for one use in place of the secret", function()
  local pem = [[
-----BEGIN PRIVATE KEY-----
MIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6AgEAAkEAq7BFUpkGp3+LQmlQ
-----END PRIVATE KEY-----]]
  local made = rig.client({}, { credentials = { client_id = "me", private_key = pem } })
  local _, message, kind = rig.get(made)
  tap.equal(kind, "usage")
  tap.contains(message, "cannot sign with the private key")
  assert(not message:find("MIIB", 1, true))
end)

test("each attempt to fetch a token has a new assertion, by the tenant's clock", function()
  local key = assert(require("host.file").read("tests/fixtures/tenant/key.pem"))
  local credentials = { client_id = "me", private_key = key }
  local made = rig.client({}, { credentials = credentials, token = function(n)
    return n == 1 and answer(503, nil, { date = "Wed, 18 Nov 2026 12:06:40 GMT" })
      or rig.token("late")
  end })
  assert(rig.get(made))
  local said = {}
  for i, request in ipairs(made.tokens) do
    local jwt = json.decode(request.body).client_assertion
    said[i] = json.decode(digest.unbase64(jwt:match("%.(.-)%.")))
  end
  tap.equal(#said, 2)
  assert(said[1].jti ~= said[2].jti)
  tap.equal({ said[1].iat - rig.NOW, said[2].iat - rig.NOW }, { 0, 3601 })
end)

-- Scopes ------------------------------------------------------------------------------------

test("a 403 lists the scopes of which one is missing", function()
  for _, said in ipairs {
    "Insufficient scope; expected any of: create:users.",
    "Insufficient scope, expected any of: create:users",
  } do
    local made = rig.client { answer(403, { message = said, errorCode = "insufficient_scope" }) }
    local _, message, kind = rig.get(made)
    tap.equal(kind, "credentials")
    tap.contains(message, "grant the client one of: create:users")
    assert(not message:find("users.", 1, true))
  end
end)

local function names_of(events)
  local names = {}
  for i, event in ipairs(events) do names[i] = event[1] end
  return table.concat(names, " ")
end

-- Deadlines ---------------------------------------------------------------------------------

test("timeouts are own seconds, but at least five real ones", function()
  local function own(scale) return { real = function(seconds) return seconds / scale end } end
  for _, case in ipairs { { 1, 60, 60 }, { 2, 60, 30 }, { 1000, 60, 5 }, { 1000, 3, 3 } } do
    tap.equal(client.deadline(own(case[1]), case[2]) + 0.0, case[3] + 0.0)
  end
  local made = rig.client { answer(200) }
  made.client.clock.real = function(seconds) return seconds / 4 end
  made.client:request { method = "GET", path = "/x", timeout = 300 }
  tap.equal({ made.calls[1].timeout, made.calls[1].stall }, { 75.0, 7.5 })
end)

-- Retries -----------------------------------------------------------------------------------

test("idempotent calls are retried on temporary statuses, after 1, 2, 4 seconds", function()
  local made = rig.client { answer(500), answer(503), answer(408), answer(200, {}) }
  assert(rig.get(made))
  tap.equal(#made.slept, 3)
  for i, seconds in ipairs { 1.1, 2.2, 4.4 } do
    tap.equal(made.slept[i][1], "own")
    near(made.slept[i][2], seconds)
  end
  tap.equal(names_of(made.events), "token outage retry retry outage_over retry")
end)

test("idempotent calls are retried on network failures, sent or not", function()
  local made = rig.client { { "reset", "network", true }, { "refused", "network", false },
    { "slow", "timeout", true }, answer(200, {}) }
  assert(rig.get(made))
  tap.equal(#made.calls, 4)
end)

test("no wait between attempts is longer than a minute and its jitter", function()
  local script = {}
  for i = 1, 9 do script[i] = answer(500) end
  local made = rig.client(script)
  assert(rig.get(made))
  near(made.slept[9][2], 66)
  made = rig.client { answer(429, {}, { ["retry-after"] = "3600" }), answer(200, {}) }
  assert(rig.get(made))
  near(made.slept[1][2], 66)
end)

test("permanent failures are not retried", function()
  for _, kind in ipairs { "tls", "parse", "full", "io" } do
    local made = rig.client { { "no", kind, false } }
    local _, message, failed = rig.get(made)
    tap.equal(failed, kind)
    tap.contains(message, "GET /jobs/job_1: ")
    tap.contains(message, ": no")
    tap.equal(#made.calls, 1)
  end
end)

test("a POST that may have been received is not retried", function()
  local post = { method = "POST", path = "/users" }
  local made = rig.client { { "reset", "network", true } }
  local _, _, kind, sent = made.client:request(post)
  tap.equal({ kind, sent, #made.calls }, { "network", true, 1 })
  made = rig.client { answer(502) }
  tap.equal(assert(made.client:request(post)).status, 502)
  tap.equal(#made.calls, 1)
end)

test("a POST that was not sent or met a rate limit is retried", function()
  local made = rig.client { { "refused", "network", false }, answer(429), answer(201, {}) }
  tap.equal(assert(made.client:request { method = "POST", path = "/users" }).status, 201)
  tap.equal(#made.calls, 3)
end)

test("with retry = false nothing is retried", function()
  local made = rig.client { { "refused", "network", false } }
  local _, _, kind, sent = made.client:request { method = "POST", path = "/x", retry = false }
  tap.equal({ kind, sent }, { "network", false })
  made = rig.client { answer(429) }
  tap.equal(made.client:request({ method = "POST", path = "/x", retry = false }).status, 429)
end)

test("exhausted patience is kind temporary, and the message has the last reason", function()
  local script = {}
  for i = 1, 99 do script[i] = answer(503, { message = "Service unavailable" }) end
  local made = rig.client(script, { patience = 100 })
  local _, message, kind = rig.get(made)
  tap.equal(kind, "temporary")
  tap.contains(message, "Service unavailable")
  assert(made.time - rig.NOW <= 100)
end)

test("names of users do not appear in messages or the log", function()
  local script = {}
  for i = 1, 99 do script[i] = answer(503) end
  local made = rig.client(script, { patience = 10 })
  local _, message = made.client:request {
    method = "GET", path = "/users/auth0%7Cana@example.com", query = { email = "b@example.com" },
  }
  assert(not (message .. json.encode(made.events)):find("example.com", 1, true))
  made = rig.client { { "reset by peer", "tls", false } }
  _, message = made.client:request { method = "GET", path = "/users/ana@example.com" }
  tap.equal(message, "GET /users/{id}: cannot establish a TLS connection to "
    .. "https://acme.eu.auth0.com: reset by peer; for a private certificate authority, use "
    .. "--ca-file")
end)

-- Rate limits -------------------------------------------------------------------------------

for _, case in ipairs {
  { name = "Retry-After in seconds counts before the reset", wait = 7,
    headers = { ["retry-after"] = "7", ["x-ratelimit-reset"] = tostring(rig.NOW + 30) } },
  { name = "Retry-After may be a date", wait = 20,
    headers = { ["retry-after"] = "Wed, 18 Nov 2026 11:07:00 GMT" } },
  { name = "the client waits for the reset", wait = 30,
    headers = { ["x-ratelimit-reset"] = tostring(rig.NOW + 30) } },
  { name = "the reset counts by the server's clock", wait = 5,
    headers = { date = "Wed, 18 Nov 2026 11:06:55 GMT",
      ["x-ratelimit-reset"] = tostring(rig.NOW + 20) } },
} do
  test(case.name .. ", and the wait is dictated", function()
    local made = rig.client { answer(429, { errorCode = "too_many_requests" }, case.headers) }
    assert(rig.get(made))
    tap.equal(#made.slept, 1)
    tap.equal(made.slept[1][1], "dictated")
    near(made.slept[1][2], case.wait * 1.1)
  end)
end

test("a reset in the past is ignored", function()
  local made = rig.client { answer(429, {}, { ["x-ratelimit-reset"] = tostring(rig.NOW - 9) }) }
  assert(rig.get(made))
  tap.equal(made.slept[1][1], "own")
  near(made.slept[1][2], 1.1)
end)

test("a bucket that is practically empty delays the next call until its reset", function()
  local made = rig.client {
    answer(200, {}, {
      ["x-ratelimit-remaining"] = "1", ["x-ratelimit-reset"] = tostring(rig.NOW + 12),
    }),
    answer(200, {}, { ["x-ratelimit-remaining"] = "2" }),
  }
  assert(rig.get(made))
  tap.equal(#made.slept, 0)
  assert(rig.get(made))
  tap.equal(made.slept, { { "dictated", 12.0 } })
  assert(rig.get(made))
  tap.equal(#made.slept, 1)
end)

test("the jitter lies between 10 and 20 percent", function()
  near(rate.delay(1, nil, 0, function() return 0 end), 1.1)
  near(rate.delay(1, nil, 0, function() return 1 end), 1.2)
end)

---A token of 1000 seconds, one task that renews it with `left` seconds left and gets no response,
---and the result of another task meanwhile.
local function meanwhile(left)
  local time, answered, got = 0, scheduler.condition(), nil
  local asked = 0
  local made = token.new {
    base = "https://acme.eu.auth0.com", credentials = { client_id = "me", client_secret = "x" },
    clock = { now = function() return time end },
    post = function(_, make)
      assert(make())
      asked = asked + 1
      if asked > 1 then answered:wait() end
      return { status = 200, body = { access_token = "token" .. asked, expires_in = 1000 } }
    end,
  }
  scheduler.run(function()
    made:get()
    time = 1000 - left
    scheduler.spawn(function() made:get() end)
    local other = scheduler.spawn(function() got = made:get() end)
    scheduler.pass()
    local early = got
    answered:notify()
    other:join()
    got = { early or "waits", got }
  end)
  return got
end

test("while a token is renewed, other tasks use the current one", function()
  tap.equal(meanwhile(90), { "token1", "token1" })
  tap.equal(meanwhile(50), { "waits", "token2" })
end)

test("an assertion names the client, the tenant and its short life, and is signed", function()
  local key = assert(require("host.file").read("tests/fixtures/tenant/key.pem"))
  local jwt = assert(token.assertion("me", "https://acme.eu.auth0.com", key, 1000.7))
  local head, claims, signature = jwt:match("^([%w_-]+)%.([%w_-]+)%.([%w_-]+)$")
  tap.equal(json.decode(digest.unbase64(head)), { alg = "RS256", typ = "JWT" })
  local said = json.decode(digest.unbase64(claims))
  tap.equal(#said.jti, 32)
  said.jti = nil
  tap.equal(said, { iss = "me", sub = "me", aud = "https://acme.eu.auth0.com/", iat = 1000,
    exp = 1060 })
  tap.equal(digest.unbase64(signature), digest.sign("RS256", key, head .. "." .. claims))
end)

-- Rates -------------------------------------------------------------------------------------

---A bucket as on Auth0's free tier, and tasks that send as often as they like, in a time that
---passes while they sleep. Returns how many requests were answered and how many rejected.
local function crowd(tasks, seconds, tier)
  local refused, served, over = 0, 0, 0
  local kept = buckets.new(tier)
  local time, sleepers = rig.NOW, {}
  local function sleep(duration)
    local turn = scheduler.condition()
    table.insert(sleepers, { at = time + duration, turn = turn })
    turn:wait()
  end
  local function now() return time end
  local times = {
    now = now, elapsed = now, sleep = sleep, sleep_dictated = sleep,
    real = function(duration) return duration end,
  }
  local made = client.new {
    base = "https://acme.eu.auth0.com", credentials = { access_token = "x" }, clock = times,
    random = function() return 0 end,
    fetch = function()
      sleep(0.05)
      local headers, refusal = kept:take("other", time)
      if refusal then refused = refused + 1 else served = served + 1 end
      return answer(refusal and 429 or 200, {}, headers)
    end,
  }
  scheduler.run(function()
    for i = 1, tasks do
      scheduler.spawn(function()
        sleep(i / 10)
        while time < rig.NOW + seconds do
          made:request { method = "GET", path = "/jobs/job_" .. i }
          sleep(0.5)
        end
        over = over + 1
      end)
    end
    while over < tasks do
      scheduler.pass()
      table.sort(sleepers, function(a, b) return a.at < b.at end)
      local first = table.remove(sleepers, 1)
      if first then
        time = math.max(time, first.at)
        first.turn:notify()
      end
    end
  end)
  return served, refused
end

for _, case in ipairs {
  { tier = "free", tasks = 2 }, { tier = "free", tasks = 5 }, { tier = "production", tasks = 4 },
} do
  test(string.format("%d tasks that poll twice a second stay below the limit of the %s tier",
    case.tasks, case.tier), function()
      local served, refused = crowd(case.tasks, 120, case.tier)
      tap.equal(refused, 0)
      assert(served >= 100, served .. " answers in two minutes")
    end)
end

test("a bucket with a reset in more than a minute is polled once a minute", function()
  local full = { ["x-ratelimit-remaining"] = "0", ["x-ratelimit-reset"] = tostring(rig.NOW + 3600) }
  local made = rig.client { answer(200, {}, full), answer(200, {}, full), answer(200, {}) }
  for _ = 1, 3 do assert(rig.get(made)) end
  for _, slept in ipairs(made.slept) do tap.equal(slept, { "dictated", 60.0 }) end
  tap.equal(#made.slept, 2)
end)

for name, headers in pairs {
  ["without a reset"] = { ["x-ratelimit-remaining"] = "0" },
  ["with a reset in the past"] =
    { ["x-ratelimit-remaining"] = "0", ["x-ratelimit-reset"] = tostring(rig.NOW - 5) },
  ["with a reset that is not a number"] =
    { ["x-ratelimit-remaining"] = "0", ["x-ratelimit-reset"] = "soon" },
  ["with a remainder that is not a number"] = { ["x-ratelimit-remaining"] = "few" },
} do
  test("an empty bucket " .. name .. " causes no delay", function()
    local made = rig.client { answer(200, {}, headers) }
    assert(rig.get(made))
    assert(rig.get(made))
    tap.equal(#made.slept, 0)
  end)
end

for name, value in pairs { ["no hint"] = "later", ["a wait of nothing"] = "-3" } do
  test("Retry-After of " .. value .. " is " .. name, function()
    local made = rig.client { answer(429, {}, { ["retry-after"] = value }), answer(200, {}) }
    assert(rig.get(made))
    near(made.slept[1][2], value == "later" and 1.1 or 0)
  end)
end

-- Outages and clocks ------------------------------------------------------------------------

test("an outage is logged when it begins and when it ends, once", function()
  local made = rig.client {
    { "refused", "network", false }, { "refused", "network", false }, answer(503), answer(200, {}),
    answer(200, {}),
  }
  assert(rig.get(made))
  assert(rig.get(made))
  tap.equal(names_of(made.events), "token outage retry retry retry outage_over")
  assert(made.events[6][2].seconds > 5)
end)

test("a clock that is set back does not extend the life of a token", function()
  local made = rig.client({}, { token = function(n) return rig.token("token" .. n, 1000) end })
  assert(rig.get(made))
  made.time = made.time - 100000
  assert(rig.get(made))
  tap.equal(#made.tokens, 2)
end)
