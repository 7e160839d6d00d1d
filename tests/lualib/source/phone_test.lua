local json = require "source.json"
local phone = require "source.phone"
local tap = require "tests.tap"
local value = require "source.value"
local test, equal, raises = tap.test, tap.equal, tap.raises

local NIL <const> = {} -- represents nil in the tables of cases

---Cases of {written, country?, expected}.
local function reads(sentence, cases)
  test(sentence, function()
    for _, case in ipairs(cases) do
      local expected, country = case[#case], #case > 2 and case[2] or nil
      if expected == NIL then expected = nil end
      equal(value.phone(case[1], country), expected, tostring(case[1]) .. " " .. tostring(country))
    end
  end)
end

reads("international numbers become E.164", {
  { "+55 11 95555-0101", "+5511955550101" }, { "0086 10 5555 0103", "+861055550103" },
  { "+44 (0)20 7946 0958", "+442079460958" }, { "+1 (415) 555.0106", "+14155550106" },
  { "+49/30/1234567", NIL }, { "+49 30/1234567", "+49301234567" },
  { "+49\u{A0}30 1234567", "+49301234567" }, { "+49 30\u{2011}1234567", "+49301234567" },
  { "'+14155550106", "+14155550106" }, { " +14155550106\t", "+14155550106" },
  { "+390612345678", "+390612345678" }, { "+33155550108", "44", "+33155550108" },
  { "+80012345678", "+80012345678" },
})

reads("a number needs its country, or a plus or an international prefix", {
  { "(01) 555 0104", NIL }, { "4915123456789", NIL }, { "491512345678.0", NIL },
  { "(01) 555 0104", "353", "+35315550104" }, { "020 7946 0958", "+44", "+442079460958" },
  { "020 7946 0958", "gb", "+442079460958" }, { "(415) 555-0106", "1", "+14155550106" },
  { "1-415-555-0106", "1", "+14155550106" }, { "1-415-555-0106", 1, "+14155550106" },
})

reads("the trunk prefix of the country is removed, and nothing else", {
  { "0151 2345678", "DE", "+491512345678" }, { "06 6981 2345", "39", "+390669812345" },
  { "07 12 34 56 78", "225", "+2250712345678" }, { "8 (912) 345-67-89", "7", "+79123456789" },
  { "06 30 123 4567", "HU", "+36301234567" }, { "8 029 123 45 67", "BY", "+375291234567" },
  { "612 34 56 78", "ES", "+34612345678" }, { "0612 34 56 78", "ES", NIL },
  { "0669812345", "VA", "+390669812345" },
})

reads("a trunk prefix after the calling code is removed where no number begins with it", {
  { "+49 0151 2345678", "+491512345678" }, { "0049 0151 2345679", "49", "+491512345679" },
  { "+490151 2345678", "+491512345678" }, { "+7 8 912 345 67 89", "+79123456789" },
  { "+39 (0)6 6981 2345", NIL }, -- with or without the zero
  { "+34 (0)612 345 678", "+34612345678" },
})

reads("the calling code is recognized without a plus if nothing else is possible", {
  { "447700900123", "44", "+447700900123" }, { "33612345678", "FR", "+33612345678" },
  { "33 0612345678", "FR", "+33612345678" }, { "5511912345678", "BR", "+5511912345678" },
  { "491512345678", "DE", NIL }, -- also an area code
  { "49123456", "DE", NIL }, { "491512345678", "44", NIL },
})

reads("the international prefix is that of the country", {
  { "011 49 151 2345678", "US", "+491512345678" }, { "0049 151 2345678", "US", "+491512345678" },
  { "810 49 151 2345678", "RU", "+491512345678" }, { "0011 64 21 123 456", "AU", "+6421123456" },
  { "00 64 21 123 456", "AU", NIL }, { "0041 3 1234 5678", "JP", NIL },
})

reads("a number that may lack its area code is nil", {
  { "555-0100", "1", NIL }, { "(555)0100", "US", NIL }, { "+1 555 0100", NIL },
  { "2345678", "DE", NIL }, { "1512345678", "DE", "+491512345678" }, { "3456-7890", "BR", NIL },
  { "90 4927-6205", "BR", NIL },
  { "15 2345 6789", "AR", NIL }, { "0343 15 555 1212", "AR", NIL }, { "698 1234", "IT", NIL },
})

reads("old prefixes, of which lengths and prefixes do not tell, are nil", {
  { "+52 1 55 1234 5678", NIL }, { "044 55 1234 5678", "MX", NIL },
  { "01 55 1234 5678", "MX", NIL },
  { "55 1234 5678", "MX", "+525512345678" }, { "+375 80 29 123 45 67", NIL },
})

reads("floats and exponents are read if no digit is lost", {
  { "447701000000.0", "44", "+447701000000" }, { 447701000001, "44", "+447701000001" },
  { 447701000001.0, "44", "+447701000001" }, { "4.47701000001E+11", "44", "+447701000001" },
  { "4.47701e11", "44", NIL }, { "4.47701E+11", NIL }, { "4.477010000012E+11", "44", NIL },
  { "447701000000.5", "44", NIL }, { "07701000000.0", "44", NIL }, { "E+11", "44", NIL },
})

reads("two numbers and extensions are nil", {
  { "+1 415 555 0106 x12", NIL }, { "415-555-0106 ext. 12", "1", NIL },
  { "415 555 0106#1", "1", NIL },
  { "+14155550106;ext=12", NIL }, { "+14155550106/+14155550107", NIL },
  { "415-555-0106, 415-555-0107", "1", NIL }, { "555-0100/555-0101", "1", NIL },
  { "030 123456/7", "DE", NIL }, { "030/123456", "DE", "+4930123456" },
})

reads("what is not a number is nil", {
  { "+123", NIL }, { "+1234567890123456", NIL }, { "+012345678", NIL }, { "++14155550106", NIL },
  { "", NIL }, { "000", "44", NIL }, { ("1"):rep(100), "44", NIL }, { "+", NIL }, { "'", "1", NIL },
  { "unknown", "1", NIL }, { "+1\0" .. "4155550106", NIL }, { "+999 1234567", NIL },
  { "+49", NIL }, { "()", "1", NIL }, { "0", "39", NIL }, { ".0", "1", NIL }, { "4.0", "1", NIL },
})

test("nil and JSON's null are nil", function()
  equal({ value.phone(nil), value.phone(json.null), value.phone(nil, "DE") }, {})
end)

test("what cannot be read is one nil, so that it can be the last argument of a call", function()
  equal(table.pack(value.phone("12")).n, 1)
  equal(table.pack(value.phone(nil)).n, 1)
end)

-- {given, country, near}
local COUNTRIES <const> = {
  { "49", "49" }, { "+49", "49" }, { "DE", "DE" }, { "de", "DE" }, { " DE ", "DE" }, { "1", "1" },
  { "UK", nil, "GB" }, { "Germany", nil, "DE" }, { "germ", nil, "DE" }, { "Austira", nil, "AT" },
  { "0049", nil, "49" }, { "490", nil, "49" }, { "+0", nil, "1" }, { "", nil }, { "xyzzyx", nil },
}

for _, case in ipairs(COUNTRIES) do
  test(string.format("country %q is %s", case[1], case[2] or "unknown, near " .. tostring(case[3])),
    function()
      local country, near = phone.country(case[1])
      equal(country, case[2])
      if case[3] then equal(near, case[3]) end
    end)
end

test("an unknown country is misuse, and the message suggests one", function()
  for _, country in ipairs { "", "+", "1234", "01", "Germany", "UK", "DEU", "+ 49" } do
    raises(function() value.phone("1", country) end, "must be a calling code")
  end
  raises(function() value.phone(nil, "UK") end, 'did you mean "GB"?')
  raises(function() value.phone("1", {}) end)
end)

test("each country has one plan", function()
  local seen = {}
  for _, row in ipairs(require "source.phone_plans") do
    local region = row[1]:match("^(%S+)")
    if region ~= "-" then
      equal(seen[region], nil, region)
      equal(phone.country(region:lower()), region)
      seen[region] = true
    end
  end
end)
