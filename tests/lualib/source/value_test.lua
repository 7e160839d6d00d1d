local tap = require "tests.tap"
local bad_value = require "source.bad_value"
local json = require "source.json"
local spelling = require "base.spelling"
local value = require "source.value"
local test, equal, raises = tap.test, tap.equal, tap.raises

local TEN <const> = "2026-08-01T10:00:00.000Z"

test("dates are read in the formats that exports use", function()
  for _, case in ipairs {
    { "2026-08-01", "2026-08-01T00:00:00.000Z" }, { "2026-08-01 10:00:00", TEN },
    { "2026-08-01T12:00:00+02:00", TEN },
    { "2026-08-01 10:00:00.123456+00", "2026-08-01T10:00:00.123Z" },
    { "2026-08-01T06:30:00-0330", TEN }, { "2026-08-01 10:00 UTC", TEN },
    { " 2026-08-01T10:00:00Z ", TEN },
    { "20260801100000Z", TEN }, { "20260801100000.0Z", TEN },
    { "20260801", "2026-08-01T00:00:00.000Z" },
    { 1785578400, TEN }, { "1785578400", TEN }, { 1785578400.25, "2026-08-01T10:00:00.250Z" },
    { 1785578400123, "2026-08-01T10:00:00.123Z" },
    { "1785578400123456", "2026-08-01T10:00:00.123Z" },
    { "132223104000000000", "2020-01-01T00:00:00.000Z" }, { -86400, "1969-12-31T00:00:00.000Z" },
    { { ["$date"] = "2026-08-01T10:00:00Z" }, TEN },
    { { ["$date"] = { ["$numberLong"] = "1785578400000" } }, TEN },
    { "2024-02-29", "2024-02-29T00:00:00.000Z" }, { "2000-02-29", "2000-02-29T00:00:00.000Z" },
  } do
    equal(value.date(case[1]), case[2], tostring(case[1]))
  end
end)

test("what is not a date is nil", function()
  for _, given in ipairs {
    "0000-00-00 00:00:00", "0000-00-00", "0", 0, "", "never", "2026-02-29", "1900-02-29",
      "2026-13-01",
    "2026-08-01 25:00:00", "2026-08-01 10:00:00 Mars", "9223372036854775807", 1e300, 0 / 0, true,
    json.null, {},
  } do
    equal(value.date(given), nil, tostring(given))
  end
  equal(value.date(nil), nil)
end)

test("null_if returns nil for the given values, for empty and for null", function()
  equal({ value.null_if("NULL", "NULL", "-"), value.null_if("-", "NULL", "-") }, {})
  equal({ value.null_if(""), value.null_if(json.null), value.null_if(nil) }, {})
  equal({ value.null_if("x", "NULL"), value.null_if(false) }, { "x", false })
end)

test("first is the first element that is not empty", function()
  equal(value.first { "", json.null, "a", "b" }, "a")
  equal({ value.first {}, value.first(nil), value.first(json.null) }, {})
  equal(value.first("a"), "a")
  equal(value.first { nil, "", "b", "c" }, "b")
  equal({ value.first { nil, nil } }, {})
end)

test("a switch reads what a boolean reads, and has nothing to say of nothing", function()
  for _, case in ipairs {
    { true, true }, { false, false }, { "yes", true }, { "0.0", false }, { "WAHR", true },
    { "J", true }, { "N", false },
    { 1, true }, { "\1", true }, { "\0", false }, { nil, nil }, { json.null, nil }, { "", nil },
    { " \u{A0}", nil },
  } do
    equal(value.switch(case[1]), case[2], tostring(case[1]))
  end
end)

local WORDS <const> = { ["Aktivní"] = true, ["gesperrt seit"] = false, [2] = false, ["1"] = true }

---{word for the state of an account, whether it closes it}
local STATES <const> = {
  { "active", false }, { "ACTIVE", false }, { "Pending", false }, { "LOCKED_OUT", false },
  { "suspended", true }, { "Banned", true }, { "in-active", true }, { "gesperrt", true },
  { " disabled ", true }, { "", nil }, { "  ", nil }, { nil, nil },
}

test("blocked reads the words for states of accounts", function()
  for i = 1, 12 do equal(value.blocked(STATES[i][1]), STATES[i][2], tostring(STATES[i][1])) end
end)

test("blocked takes more words, which win, and one for every other", function()
  local words = { active = true, [7] = false, ["*"] = true }
  equal({ value.blocked("active", words), value.blocked(7, words), value.blocked("odd", words) },
    { true, false, true })
  equal(value.blocked("suspended", { gone = false }), true)
end)

test("blocked raises a word that it does not know, with field and value", function()
  local ok, err = pcall(value.blocked, "odd", { gone = true }, "state")
  equal({ ok, err.path }, { false, "state" })
  equal(pcall(value.blocked, "odd", "gone"), false)
end)

test("verified and unverified are confirmed or not", function()
  equal({ value.confirmed "VERIFIED", value.confirmed "unconfirmed" }, { true, false })
  equal(value.confirmed "perhaps", nil)
end)

test("a switch with words reads these alone, in any case", function()
  for _, case in ipairs {
    { " AKTIVNÍ ", true }, { "Gesperrt seit", false }, { 2, false }, { "2", false }, { 1, true },
    { true, true }, { false, false }, { nil, nil }, { "  ", nil },
  } do
    equal(value.switch(case[1], WORDS), case[2], tostring(case[1]))
  end
end)

test("a switch raises what it cannot read, with field and value", function()
  for _, case in ipairs {
    { "maybe" }, { 7 }, { {} }, { "yes", WORDS }, { "\0", WORDS }, { {}, WORDS }, { 0.5 },
  } do
    local ok, err = pcall(value.switch, case[1], case[2], "state")
    equal({ ok, bad_value.is(err), err.path, err.given }, { false, true, "state", case[1] })
    equal(tostring(err), case[2]
      and "neither on nor off; accepted: 1, 2, Aktivní, gesperrt seit"
      or "neither on nor off; accepted: true/false, yes/no, on/off, 1/0")
  end
  raises(function() value.switch("x", "y") end, "switch expects a table of words")
end)

test("usernames are lower-cased; addresses, ids and other characters are rejected", function()
  equal(value.username(" Jose_M "), "jose_m")
  for _, case in ipairs { { "a@b.example" }, { "x y" }, { "é" }, { "42", "42" }, { "" }, {} } do
    equal(value.username(case[1], case[2]), nil, case[1])
  end
  equal(value.username("carol", "700aa721"), "carol")
end)

test("members are found ignoring case, an exact match first", function()
  equal(value.member({ userName = 1 }, "username"), 1)
  equal(value.member({ userName = 1, username = 2 }, "username"), 2)
  equal(value.member({}, "x"), nil)
end)

test("JSON inside a string is read, anything else is nil", function()
  equal(value.json('{"a":[1]}').a[1], 1)
  equal({ value.json("{"), value.json(nil), value.json("null"), value.json(json.null) }, {})
end)

test("secrets of time-based codes become unpadded Base32", function()
  for _, case in ipairs {
    { "nnjd ostn-gjix====", nil, "NNJDOSTNGJIQ" },
    { "k2ckm2d", { encoding = "raw", digits = 6, period = 30, algorithm = "HmacSHA1" },
      "NMZGG23NGJSA" },
    { "6b", { encoding = "hex" }, "NM" }, { "aw==", { encoding = "base64" }, "NM" },
    { "otpauth://totp/Acme:a%40b?secret=NNJDOSTN&issuer=Acme&digits=6", nil, "NNJDOSTN" },
  } do
    equal(value.totp(case[1], case[2]), case[3], case[1])
  end
end)

test("codes that cannot be imported return a reason", function()
  for _, case in ipairs {
    { nil, nil, "no secret" }, { json.null, nil, "no secret" },
    { "NM", { digits = 8 }, "its codes do not have 6 digits" },
    { "NM", { period = 60 }, "its period is not 30 seconds" },
    { "!", nil, "the secret cannot be decoded" },
    { "NM", { algorithm = "HmacSHA256" }, "its algorithm is not SHA-1" },
    { "otpauth://hotp/x?secret=NM", nil, "only time-based codes can be imported" },
    { "otpauth://totp/x?secret=NM&digits=8", nil, "its codes do not have 6 digits" },
    { "otpauth://totp/x", nil, "the secret cannot be decoded" },
  } do
    equal({ value.totp(case[1], case[2]) }, { nil, case[3] })
  end
  raises(function() value.totp("NM", { encoding = "utf8" }) end, "encoding must be")
end)

test("the closest name is found if it is close", function()
  local names <const> = { "email", "phone_number", "id" }
  for word, expected in pairs { emial = "email", EMAIL = "email", phonenumber = "phone_number" } do
    equal(spelling.find(word, names), expected)
  end
  equal({ spelling.find("zzzzzz", names), spelling.find("xyz", names), spelling.find("a", {}) }, {})
  equal(spelling.hint("emial", names), '; did you mean "email"?')
  equal(spelling.hint("zzzzzz", names), "")
end)

test("a flag or a moment says that something was confirmed", function()
  for given, expected in pairs {
    ["true"] = true, f = false, ["1"] = true, ["0"] = false, ["2023-01-15 10:00:00"] = true,
    ["2023-07-08T09:10:11Z"] = true, ["0000-00-00 00:00:00"] = false,
  } do
    equal(value.confirmed(given), expected, given)
  end
  equal({ value.confirmed(""), value.confirmed("maybe"), value.confirmed(json.null) }, {})
  equal({ value.confirmed(1673776800), value.confirmed(true) }, { true, true })
end)

test("a URL is http or https; anything else is nil", function()
  equal(value.url(" https://x.example/a.png "), "https://x.example/a.png")
  for _, given in ipairs { "me.png", "//x.example/a", "ftp://x.example", "https://x y", "", 7 } do
    equal(value.url(given), nil)
  end
  equal(value.url(nil), nil)
end)

test("a username that is lost has a reason, one that repeats id or address has none", function()
  equal({ value.username("old@b.co", "7", "a@b.co") }, { nil, "an e-mail address" })
  equal({ value.username("m\u{fc}ller") }, { nil, "characters that Auth0 does not accept" })
  equal({ value.username("A@b.co", "7", "a@b.co") }, {})
  equal({ value.username("7", "7", "a@b.co") }, {})
end)

test("a filled table is one with members", function()
  local list = { 1 }
  equal(value.filled(list), list)
  equal(value.filled { a = false }, { a = false })
  equal({ value.filled {}, value.filled(nil), value.filled("a") }, {})
end)

test("the objects of a list leave out what stands between them", function()
  local one, other = { a = 1 }, { 2 }
  equal(value.objects { one, json.null, "x", other, 3 }, { one, other })
  equal({ value.objects(nil), value.objects(json.null), value.objects("x"), value.objects(one) },
    { {}, {}, {}, {} })
  equal(value.objects ' [{"a": 1}, null, "x", [2]]', { one, other })
  equal({ value.objects "[{", value.objects '{"a": 1}', value.objects "[null]" }, { {}, {}, {} })
end)

test("whether a moment is after another one, and what is never reached", function()
  local now = 1767225600 -- 2026-01-01
  for _, later in ipairs {
    "2026-01-01 00:00:01+00", "infinity", "9999-12-31 23:59:59.9999999 +00:00", "2999-01-01",
    now + 1,
  } do
    equal(value.is_after(later, now), true, tostring(later))
  end
  for _, earlier in ipairs {
    "2026-01-01T00:00:00Z", "-infinity", "0000-00-00 00:00:00", 1600000000,
  } do
    equal(value.is_after(earlier, now), false, tostring(earlier))
  end
  equal({ value.is_after(nil, now), value.is_after("", now) }, {})
  local fine, bad = pcall(value.is_after, "soon", now, "banned_until")
  equal({ fine, bad_value.is(bad), bad.path }, { false, true, "banned_until" })
end)

test("E.164 is a plus and 7 to 15 digits, as they are", function()
  equal(value.e164(" +5215555550606 "), "+5215555550606")
  for _, given in ipairs { "5215555550606", "+0123456789", "+49 30 123456", "+123", "", 7,
    "+1234567890123456" } do
    equal(value.e164(given), nil)
  end
  equal({ value.e164(nil), value.e164(json.null) }, {})
end)
