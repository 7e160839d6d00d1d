--- migrate.phone: a number, or what is kept of one that cannot be read; and numbers of factors.

local face = require "migrate.face"
local json = require "host.json"
local tap = require "tests.tap"

local equal, test = tap.equal, tap.test

---{what, written, country, number, unread}
local CASES <const> = {
  { "a number with its country", "+49 151 2345678", nil, "+491512345678", nil },
  { "a country that is given", "0151 2345678", "DE", "+491512345678", nil },
  { "no country", " 0151 2345678 ", nil, nil, "0151 2345678" },
  { "a number of JSON", 1512345678, nil, nil, 1512345678 },
  { "words", "none", "DE", nil, "none" },
  { "nothing", nil, "DE", nil, nil },
  { "null", json.null, "DE", nil, nil },
  { "a blank", " ", "DE", nil, nil },
}

for _, case in ipairs(CASES) do
  test("a phone number: " .. case[1], function()
    local warnings = {}
    local number, unread = face.new(warnings, {}).phone(case[2], case[3])
    equal({ number, unread }, { case[4], case[5] })
    equal(warnings.no_country_code and warnings.no_country_code.count,
      case[5] ~= nil and 1 or nil)
  end)
end

---{what, written, country, number; nil: no factor, is the factor lost}
local FACTORS <const> = {
  { "a number", "+49 151 2345678", nil, "+491512345678", false },
  { "a number that no plan has", "+15005550006", nil, "+15005550006", false },
  { "a country that is given", "0151 2345678", "DE", "+491512345678", false },
  { "the first of several that can be read", { "?", "+491512345678", "+15005550006" }, nil,
    "+491512345678", false },
  { "one that cannot be read", "0151 2345678", nil, nil, true },
  { "several that cannot be read", { "?", json.null, "!" }, nil, nil, true },
  { "nothing", nil, nil, nil, false },
  { "an empty list", {}, nil, nil, false },
  { "blanks and null", { " ", json.null }, nil, nil, false },
}

for _, case in ipairs(FACTORS) do
  test("the number of a factor: " .. case[1], function()
    local warnings, lost = {}, {}
    local own = face.new(warnings, {}, nil, function(what) lost[#lost + 1] = what end)
    local factor = own.phone_factor(case[2], case[3])
    equal(factor, case[4] and { phone = { value = case[4] } } or nil)
    equal({ lost, warnings }, { case[5] and { "phone_factor" } or {}, {} })
  end)
end
