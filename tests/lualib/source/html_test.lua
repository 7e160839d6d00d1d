--- value.html: entities become characters, and nothing else does.

local tap = require "tests.tap"
local value = require "source.value"

---{given, text}
for _, case in ipairs {
  { "Tom &amp; Jerry", "Tom & Jerry" }, { "&quot;A&quot; &lt;b&gt;", '"A" <b>' },
  { "O&#039;Hara &#x27;&#X2019;", "O'Hara '\u{2019}" }, { "&amp;lt;", "&lt;" },
  { "A&B; &unknown; & &#0; &#xD800; &#99999999; &#zz;", "A&B; &unknown; & &#0; &#xD800; "
    .. "&#99999999; &#zz;" },
  { " a&nbsp;", "a" }, { "xamp; &xamp;", "xamp; &xamp;" }, { "", nil }, { 7, nil }, { nil, nil },
} do
  tap.test("the text of " .. tostring(case[1]) .. " is without entities", function()
    tap.equal(value.html(case[1]), case[2])
  end)
end
