local junit = require "cases.junit"
local tap = require "tests.tap"

tap.test("the result is XML, whatever the names are", function()
  local text = junit.text {
    failed = 1, passed = 1, cases = {
      {
        recipe = "a.lua", file = 'a "&.yaml', line = 3, name = "<\27", passed = false,
        seconds = 0.5, notes = { "n" },
        differences = { { path = "email", expected = "a", came = "b & c" } },
      },
      {
        recipe = "b.lua", file = "b.yaml", line = 1, name = "fine", passed = true, seconds = 0.25,
        notes = {}, differences = {},
      },
    },
  }
  tap.equal(text, [[
<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="2" failures="1">
  <testsuite name="a &quot;&amp;.yaml" tests="1" failures="1" errors="0" time="0.500">
    <testcase classname="a.lua" name="&lt;\x1b" file="a &quot;&amp;.yaml" line="3" time="0.500">
      <failure message="1 difference">email: expected a, came b &amp; c
n</failure>
    </testcase>
  </testsuite>
  <testsuite name="b.yaml" tests="1" failures="0" errors="0" time="0.250">
    <testcase classname="b.lua" name="fine" file="b.yaml" line="1" time="0.250"/>
  </testsuite>
</testsuites>
]])
end)
