local link = require "source.http.link"
local tap = require "tests.tap"
local test, equal = tap.test, tap.equal

local NEXT <const> = "https://a.com/users?after=x,y;z&limit=200"

local FOUND <const> = {
  { "one link", '<%s>; rel="next"' },
  { "a relation without quotes", "<%s>;rel=next" },
  { "several links in one header", '<https://a.com/self>; rel="self", <%s>; rel="next"' },
  { "no blank after the comma", '<https://a.com/self>;rel="self",<%s>;rel="next"' },
  { "several relations of one link", '<%s>; rel="last next"' },
  { "capitals", '<%s>; Rel="NEXT"' },
  { "other parameters, with commas and quotes",
    '<%s>; title="a, <b>; \\"rel=prev\\""; rel="next"; x' },
  { "the first of two relations", '<%s>; rel="next"; rel="prev"' },
  { "empty elements", ', ,<%s>; rel="next",, ' },
  { "blanks around the equals sign", '<%s> ; rel = "next"' },
  { "a link of another resource before",
    '<https://a.com/x>; rel="next"; anchor="#foo", <%s>; rel="next"' },
  { "the same link twice", '<%s>; rel="next", <%s>; rel="next"' },
}
for _, case in ipairs(FOUND) do
  test("the next link is found: " .. case[1], function()
    equal({ link.find({ (case[2]:gsub("%%s", (NEXT:gsub("%%", "%%%%")))) }, "next") }, { NEXT })
  end)
end

test("a link is found in one of several headers", function()
  equal(link.find({ '<https://a/self>; rel="self"', '</u?x>; rel="next"' }, "next"), "/u?x")
end)

local NONE <const> = {
  "", '<https://a/x>; rel="prev"', "<https://a/x>", '<https://a/x>; rel="nextish"',
  '<https://a/x>; title="rel=next"', '<https://a/x>; rel="prev"; title="; rel=next"',
}
for _, text in ipairs(NONE) do
  test("there is no next link in " .. text, function()
    local found, message = link.find({ text }, "next")
    equal({ found, message }, {})
  end)
end

local BROKEN <const> = {
  "https://a/x; rel=next", '<https://a/x; rel="next"', '<https://a/x>; rel="next',
  '<https://a/x>; rel="next" <https://a/y>', '<https://a/x> rel="next"', "<https://a/x>; =next",
}
for _, text in ipairs(BROKEN) do
  test("a header that cannot be read is not the end of the list: " .. text, function()
    local found, message = link.find({ text }, "next")
    equal({ found, message }, { nil, "the Link header cannot be read" })
  end)
end

test("two different next links count as none", function()
  local found, message = link.find({ "</a>; rel=next, </b>; rel=next" }, "next")
  equal({ found, message }, { nil, 'there are two different links with rel="next"' })
end)
