local tap = require "tests.tap"
local clock = require "host.clock"
local test, equal, contains = tap.test, tap.equal, tap.contains

local dates = {
  { "1970-01-01T00:00:00Z", 0.0 },
  { "2026-11-23", 1795392000.0 },
  { "2026-11-23T08:06:00.000Z", 1795421160.0 },
  { "2026-11-23 08:06:00", 1795421160.0 },
  { "2026-11-23T08:06", 1795421160.0 },
  { "2026-11-23t08:06:00z", 1795421160.0 },
  { "2026-11-23T10:06:00+02:00", 1795421160.0 },
  { "2026-11-23T10:06:00+0200", 1795421160.0 },
  { "2026-11-23 10:06:00+02", 1795421160.0 },
  { "2026-11-23 10:06:00 +02:00", 1795421160.0 },
  { "2026-11-23T02:36:00-05:30", 1795421160.0 },
  { "2026-11-23 08:06:00 UTC", 1795421160.0 },
  { "2026-11-23T08:06:00,5Z", 1795421160.5 },
  { "2026-11-23T08:06:00.25Z", 1795421160.25 },
  { "2000-02-29", 951782400.0 },
  { "1969-12-31T23:59:59Z", -1.0 },
  { "1600-03-01", -11670912000.0 },
  { "0000-01-01", -62167219200.0 },
  { "Sun, 06 Nov 1994 08:49:37 GMT", 784111777.0 },
}

test("dates and times are read as Unix time", function()
  for _, case in ipairs(dates) do equal(clock.parse(case[1]), case[2], case[1]) end
end)

local no_dates = {
  "", "yesterday", "2026", "2026-11", "20261123", "2026-11-23T", "2026-11-23T08",
  "2026-11-23T08:06:00.Z", "2026-11-23T08:06:00Q", "2026-11-23T08:06:00+2",
  "2026-11-23T08:06+25:00", "2026-11-23T08:06:00Z ",
  " 2026-11-23", "2026-11-23\0", "2026-13-01", "2026-00-01", "2026-11-31",
  "2026-11-00", "2026-02-29", "1900-02-29", "2026-11-23T24:00:00Z", "2026-11-23T08:60:00Z",
  "2026-11-23T08:06:61Z", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nvr 1994 08:49:37 GMT",
  "Sun, 31 Feb 1994 08:49:37 GMT",
}

test("what is not a date is a parse failure", function()
  for _, text in ipairs(no_dates) do
    local unix, message, kind = clock.parse(text)
    equal(unix, nil, text)
    contains(message, "date")
    equal(kind, "parse")
  end
end)

local times = {
  { 0, nil, "1970-01-01T00:00:00.000Z" },
  { 1795421160, 0, "2026-11-23T08:06:00Z" },
  { 1795421160.5, 1, "2026-11-23T08:06:00.5Z" },
  { 1795421160.123, nil, "2026-11-23T08:06:00.123Z" },
  { 1795421160.9999, nil, "2026-11-23T08:06:00.999Z" },
  { -0.5, nil, "1969-12-31T23:59:59.500Z" },
  { 951782400, 0, "2000-02-29T00:00:00Z" },
  { -62167219200, 0, "0000-01-01T00:00:00Z" },
  { 253402300799, 0, "9999-12-31T23:59:59Z" },
}

test("a time is written in UTC, its fraction cut", function()
  for _, case in ipairs(times) do
    equal(clock.iso(case[1], case[2]), case[3])
  end
end)

test("every day of four centuries is written as it was read", function()
  for day = -146097, 146097, 37 do
    local text = clock.iso(day * 86400, 0)
    equal(clock.parse(text), day * 86400.0, text)
  end
end)

test("a year that has no four digits is misuse", function()
  for _, unix in ipairs { -62167219201, 253402300800, math.huge, 0 / 0 } do
    tap.raises(function() clock.iso(unix) end, "year")
  end
  tap.raises(function() clock.iso(0, 10) end, "decimals")
end)

test("the monotonic clock and the CPU time do not go backwards", function()
  local monotonic, cpu = clock.monotonic(), clock.cpu()
  for _ = 1, 100 do
    local m, c = clock.monotonic(), clock.cpu()
    assert(m >= monotonic and c >= cpu)
    monotonic, cpu = m, c
  end
end)

test("now is a Unix time with fractions", function()
  local now = clock.now()
  equal(math.type(now), "float")
  assert(math.abs(now - os.time()) < 5)
end)
