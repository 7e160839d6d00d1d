local tap = require "tests.tap"
local waits = require "source.http.waits"
local test, equal = tap.test, tap.equal

local NOW <const> = 1795996800 -- 2026-11-30, 00:00

local function none() return 0 end
local function full() return 1 end

---The wait after an answer, without jitter.
local function after(status, given, body, attempt)
  return waits.after(status, given, body, attempt or 1, NOW, none)
end

for _, status in ipairs { 408, 425, 429, 500, 502, 503, 504, 520, 599 } do
  test("a request may be repeated after " .. status, function()
    equal(after(status), { wait = 1.0, dictated = false, why = "status " .. status })
  end)
end

for _, status in ipairs { 200, 204, 301, 302, 400, 401, 403, 404, 410, 422, 501, 505 } do
  test("a request is not repeated after " .. status, function()
    equal(after(status, { ["retry-after"] = "5" }), nil)
  end)
end

test("without a response the wait doubles, up to a minute", function()
  local seen = {}
  for attempt = 1, 9 do seen[attempt] = after(nil, nil, nil, attempt).wait end
  equal(seen, { 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0 })
  equal(after(nil), { wait = 1.0, dictated = false, why = "no response" })
  equal(after(nil, nil, nil, 1 << 40).wait, 60.0)
  equal(after(nil, nil, nil, -5).wait, 1.0)
end)

test("a random share spreads clients", function()
  equal(waits.after(503, {}, nil, 3, NOW, full).wait, 6.0)
  equal(waits.after(429, { ["retry-after"] = "10" }, nil, 3, NOW, full).wait, 11.0)
end)

-- What a server asks for: headers, and the seconds that they mean.
local DICTATED <const> = {
  { { ["retry-after"] = "7" }, 7 },
  { { ["retry-after"] = { "7" } }, 7 },
  { { ["retry-after"] = " 1.5 " }, 1.5 },
  { { ["retry-after"] = "Mon, 30 Nov 2026 00:00:30 GMT" }, 30 },
  { { ["retry-after"] = "Mon, 30 Nov 2026 01:00:30 GMT",
    date = "Mon, 30 Nov 2026 01:00:00 GMT" }, 30 },
  { { ["retry-after"] = "7", ["x-rate-limit-reset"] = "1795996900" }, 7 },
  { { ["retry-after"] = "soon", ["x-rate-limit-reset"] = "1795996840" }, 40 },
  { { ["x-rate-limit-limit"] = "600", ["x-rate-limit-remaining"] = "0",
    ["x-rate-limit-reset"] = "1795996840" }, 40 },
  { { ["x-rate-limit-reset"] = "1795996840", date = "Mon, 30 Nov 2026 00:00:30 GMT" }, 10 },
  { { ["x-ratelimit-reset"] = "40" }, 40 },
  { { ["x-ratelimit-reset"] = "1795996840" }, 40 },
  { { ["x-ratelimit-reset"] = "1795996840500" }, 40.5 },
  { { ["x-ratelimit-reset"] = "2026-11-30T00:00:40Z" }, 40 },
  { { ["ratelimit-reset"] = "40", ["ratelimit-remaining"] = "0" }, 40 },
  { { ratelimit = "limit=100, remaining=0, reset=40" }, 40 },
  { { ratelimit = '"default";r=0;t=40' }, 40 },
  { { ratelimit = '"burst";r=0;t=5, "day";r=0;t=40, "year";r=9;t=900' }, 40 },
  { { ratelimit = { '"burst";r=0;t=5', '"day;r=0;t=70,";r=8;t=40' } }, 5 },
  { { ratelimit = '"day";r=0;t=40, "burst";r=0;t=5' }, 40 },
  { { ratelimit = '"a";r=3;t=50, "b";r=4;t=40' }, 40 },
}
for i, case in ipairs(DICTATED) do
  test("a server asks to wait, case " .. i, function()
    equal(after(429, case[1]), { wait = case[2] + 0.0, dictated = true, why = "status 429" })
  end)
end

-- Values that mean nothing: the wait is our own.
local NOTHING <const> = {
  { ["retry-after"] = "-5" }, { ["retry-after"] = "0" }, { ["retry-after"] = "" },
  { ["retry-after"] = "1.2.3" }, { ["retry-after"] = ("9"):rep(1 << 20) .. "x" },
  { ratelimit = (";"):rep(1 << 20) }, { ratelimit = ('"'):rep((1 << 20) + 1) },
  { ["retry-after"] = "nan" }, { ["retry-after"] = "inf" }, { ["retry-after"] = "0x10" },
  { ["retry-after"] = "1e9" }, { ["retry-after"] = "soon" },
  { ["retry-after"] = "Sun, 29 Nov 2026 23:00:00 GMT" },
  { ["x-rate-limit-reset"] = "1795996700" }, { ["x-ratelimit-reset"] = "-1" },
  { ["x-ratelimit-reset"] = "tomorrow" }, { ratelimit = "garbage;;t=,,r" }, { ratelimit = "" },
  { ratelimit = '"a;t=50' },
}
for i, given in ipairs(NOTHING) do
  test("a header that says nothing is ignored, case " .. i, function()
    equal(after(429, given, nil, 2), { wait = 2.0, dictated = false, why = "status 429" })
  end)
end

local LIES <const> = {
  { ["retry-after"] = "31536000" }, { ["retry-after"] = ("9"):rep(400) },
  { ["retry-after"] = "Fri, 30 Nov 2057 00:00:00 GMT" },
  { ["x-rate-limit-reset"] = "9999999999" }, { ["x-ratelimit-reset"] = "99999999999999999999" },
  { ["x-ratelimit-reset"] = "500000000" }, { ratelimit = '"a";r=0;t=999999999999999999999' },
}
for i, given in ipairs(LIES) do
  test("no wait is longer than the longest, case " .. i, function()
    equal(waits.after(429, given, nil, 1, NOW, full),
      { wait = waits.LONGEST, dictated = true, why = "status 429" })
  end)
end

test("a 429 of too many requests at a time waits some seconds, not for the reset", function()
  local given = { ["x-rate-limit-limit"] = "0", ["x-rate-limit-remaining"] = "0",
    ["x-rate-limit-reset"] = "1795996840" }
  equal(after(429, given), { wait = 4.0, dictated = false, why = "status 429" })
  equal(after(429, given, nil, 3).wait, 16.0)
  given["retry-after"] = "2"
  equal(after(429, given), { wait = 2.0, dictated = true, why = "status 429" })
end)

test("an error of the server does not wait for a bucket that is not empty", function()
  local given = { ["x-rate-limit-limit"] = "600", ["x-rate-limit-remaining"] = "598",
    ["x-rate-limit-reset"] = "1795996840" }
  equal(after(503, given), { wait = 1.0, dictated = false, why = "status 503" })
  given["x-rate-limit-remaining"] = "0"
  equal(after(503, given), { wait = 40.0, dictated = true, why = "status 503" })
  equal(after(503, { ["retry-after"] = "9" }).wait, 9.0)
end)

test("AWS throttles with status 400", function()
  for _, given in ipairs {
    { body = { __type = "TooManyRequestsException" } },
    { body = { __type = "com.amazonaws.cognito#TooManyRequestsException" } },
    { headers = { ["x-amzn-errortype"] = "TooManyRequestsException:http://internal.amazon.com/" } },
  } do
    equal(after(400, given.headers, given.body, 2),
      { wait = 2.0, dictated = false, why = "TooManyRequestsException" })
  end
  equal(after(400, nil, { __type = "InvalidParameterException" }), nil)
  equal(after(400, nil, { __type = { 1 } }), nil)
  equal(after(403, nil, { __type = "TooManyRequestsException" }), nil)
end)

test("a success that leaves no request waits until the bucket is refilled", function()
  local function before(given) return waits.before_next(given, NOW, none) end
  equal(before { ["x-rate-limit-remaining"] = "0", ["x-rate-limit-reset"] = "1795996840" },
    { wait = 40.0, dictated = true, why = "no requests remain" })
  equal(before { ["x-rate-limit-remaining"] = "1", ["x-rate-limit-reset"] = "1795996840" }, nil)
  equal(before { ["ratelimit-remaining"] = "0", ["ratelimit-reset"] = "0" }, nil)
  equal(before { ratelimit = '"a";r=0;t=3, "b";r=9;t=90' }.wait, 3.0)
  equal(before { ratelimit = '"a";r=1;t=3' }, nil)
  equal(before {}, nil)
  equal(before(nil), nil)
end)
