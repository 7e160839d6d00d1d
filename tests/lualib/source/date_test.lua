local tap = require "tests.tap"
local value = require "source.value"
local test, equal = tap.test, tap.equal

-- {given, expected or nil}: each is given as a number and as text.
local CASES <const> = {
  { 20230115, "2023-01-15T00:00:00.000Z" }, { 19991231, "1999-12-31T00:00:00.000Z" },
  { 20110130103000, "2011-01-30T10:30:00.000Z" },
  { 20231315 }, { 20230100 }, { 31121999 }, { 12311999 }, { 1121999 }, { 991231 }, { 311299 },
  { 230115 }, { 202301151030 }, { 2031011510 },
  { 44562, "2022-01-01T00:00:00.000Z" }, { 44562.5, "2022-01-01T12:00:00.000Z" },
  { 30000, "1982-02-18T00:00:00.000Z" }, { 59999, "2064-04-07T00:00:00.000Z" },
  { 29999 }, { 60000 }, { 99999 }, { 18264 }, { 2023 }, { 1 }, { 0 }, { -1 }, { -18264 },
  { 100000, "1970-01-02T03:46:40.000Z" }, { 31536000, "1971-01-01T00:00:00.000Z" },
  { 1673776800, "2023-01-15T10:00:00.000Z" }, { 1673776800.5, "2023-01-15T10:00:00.500Z" },
  { 4102444799, "2099-12-31T23:59:59.000Z" }, { 4102444800 }, { 99999999999 },
  { 100000000000, "1973-03-03T09:46:40.000Z" }, { 1673776800123, "2023-01-15T10:00:00.123Z" },
  { 4102444799999, "2099-12-31T23:59:59.999Z" }, { 4102444800000 }, { 99999999999999 },
  { 1673776800123456, "2023-01-15T10:00:00.123Z" }, { 4102444800000000 }, { 10000000000000000 },
  { 133182504000000000, "2023-01-15T10:00:00.000Z" }, { 1673776800000000000 },
  { -86400, "1969-12-31T00:00:00.000Z" }, { -200000000000, "1963-08-31T04:26:40.000Z" },
  { 253402300799 }, { 253402300799000 }, { 253402300799999 },
}

for _, case in ipairs(CASES) do
  local text = tostring(case[1])
  test(text .. " is " .. (case[2] or "not a date"), function()
    equal(value.date(case[1]), case[2])
    equal(value.date(text), case[2])
    equal(value.date(case[1] + 0.0), case[2])
  end)
end

test("MongoDB's dates are text or milliseconds", function()
  local second <const> = "1970-01-02T00:00:00.000Z"
  for _, case in ipairs {
    { "2026-08-01T10:00:00Z", "2026-08-01T10:00:00.000Z" }, { 86400000, second },
    { { ["$numberLong"] = "86400000" }, second }, { "86400000", second }, { 0 / 0 }, { 1e300 },
    { true }, { {} },
  } do
    equal(value.date { ["$date"] = case[1] }, case[2])
  end
  equal(value.date { ["$numberLong"] = "1673776800123" }, "2023-01-15T10:00:00.123Z")
end)

test("a FILETIME of any year", function()
  for given, expected in pairs {
    ["132223104000000000"] = "2020-01-01T00:00:00.000Z", [" 132223104001234567 "] =
      "2020-01-01T00:00:00.123Z", ["1"] = "1601-01-01T00:00:00.000Z",
    ["2650467743999999999"] = "9999-12-31T23:59:59.999Z",
  } do
    equal(value.filetime(given), expected)
    equal(value.filetime(math.tointeger(tonumber(given))), expected)
  end
end)

test("a FILETIME that means never, and what is not a date", function()
  for _, given in ipairs {
    0, "0", math.maxinteger, "9223372036854775807", "9223372036854775806", "2650467744000000000",
    "99999999999999999999", -1, "-1", "0x10", "1e17", "2020-01-01", "", 1.5, true, {},
  } do
    equal(value.filetime(given), nil)
  end
  equal(value.filetime(nil), nil)
end)

test("a text of the returned form is what the same moment is in another form", function()
  for _, day in ipairs {
    "2026-08-01", "2026-08-28", "2026-08-31", "2026-02-29", "2024-02-29", "2026-02-30",
    "2026-13-01", "2026-00-10", "2026-01-00", "2026-01-32", "0000-01-01", "0001-01-01",
    "9999-12-31",
  } do
    for _, time in ipairs {
      "00:00:00", "23:59:59", "24:00:00", "10:60:00", "10:00:60", "10:00:61", "10:00:00.000",
      "10:00:00.123", "23:59:60.999", "10:00:00.12", "10:00:00.1234", "10:00:001234",
    } do
      equal(value.date(day .. "T" .. time .. "Z"), value.date(day .. " " .. time .. "Z"),
        day .. "T" .. time)
    end
  end
end)
