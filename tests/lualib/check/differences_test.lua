local differences = require "check.differences"
local json = require "host.json"
local tap = require "tests.tap"
local test, equal = tap.test, tap.equal

---The paths in which two JSON texts differ.
local function paths(before, now, is_partial)
  local list = {}
  for i, one in ipairs(differences.of(json.decode(before), json.decode(now), is_partial)) do
    list[i] = one.path
  end
  return list
end

-- {before, now, paths}
local CASES <const> = {
  { '{"a":1}', '{"a":1.0}', {} },
  { '{"a":1}', '{"a":"1"}', { "a" } },
  { '{"zeta":1,"email":"x"}', '{"zeta":2,"email":"y"}', { "email", "zeta" } },
  { '{"a":{"b":{"c":1}}}', '{"a":{"b":{"c":2,"d":3}}}', { "a.b.c", "a.b.d" } },
  { '{"a":[1,2]}', '{"a":[1,3]}', { "a[1]" } },
  { '{"a":[1,2]}', '{"a":[1]}', { "a" } },
  { '{"a":[]}', '{"a":{}}', { "a" } },
  { '{"a":null}', '{}', { "a" } },
  { '{"a":false}', '{}', { "a" } },
  { '1', '{}', { "" } },
}
for _, case in ipairs(CASES) do
  test("differences of " .. case[1] .. " and " .. case[2], function()
    equal(paths(case[1], case[2]), case[3])
  end)
end

test("of a part, only what it has counts, and null is nothing", function()
  equal(paths('{"a":{"b":1},"c":null}', '{"a":{"b":1,"x":2},"d":3}', true), {})
  equal(paths('{"a":{"b":1},"c":null}', '{"a":{"b":2},"c":3}', true), { "a.b", "c" })
  equal(paths('{"a":[{"b":1}]}', '{"a":[{"b":1,"x":2}]}', true), {})
  equal(paths('{"a":[1]}', '{"a":[1,2]}', true), { "a" })
end)
