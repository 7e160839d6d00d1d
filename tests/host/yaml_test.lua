local tap = require "tests.tap"
local json = require "host.json"
local yaml = require "host.yaml"
local test, equal, contains = tap.test, tap.equal, tap.contains

local SCALARS <const> = {
  { "null", json.null }, { "~", json.null }, { "", json.null }, { "Null", json.null },
  { "true", true }, { "True", true }, { "false", false }, { "FALSE", false },
  { "yes", "yes" }, { "off", "off" }, { "tRUE", "tRUE" },
  { "0", 0 }, { "-12", -12 }, { "9223372036854775807", math.maxinteger },
  { "-9223372036854775808", math.mininteger }, { "9223372036854775808", "9223372036854775808" },
  { "1.5", 1.5 }, { "-0.25", -0.25 }, { "1e3", 1000.0 }, { "1.5E-3", 0.0015 }, { "1e999", "1e999" },
  { "007", "007" }, { "0x10", "0x10" }, { "0o7", "0o7" },
  { "1_000", "1_000" }, { "+4930", "+4930" },
  { "1.", "1." }, { ".5", ".5" }, { "1e", "1e" }, { ".inf", ".inf" },
  { "2024-01-02", "2024-01-02" }, { "12:30", "12:30" }, { "'5'", "5" }, { '"null"', "null" },
  { '"a\\u00e4\\0b"', "a\u{e4}\0b" }, { "!!str 5", "5" }, { '!!int "5"', 5 }, { "! 5", "5" },
  { "|\n  a\n  b\n", "a\nb\n" }, { ">\n  a\n  b\n", "a b\n" }, { "a b", "a b" },
}
for _, case in ipairs(SCALARS) do
  test(string.format("scalar %s", json.encode(case[1])), function()
    equal(yaml.decode(case[1]), case[2])
  end)
end

test("mappings and sequences nest, in block and flow style", function()
  equal(yaml.decode [[
domain: acme.eu.auth0.com
profiles:
  staging: { domain: acme-staging.eu.auth0.com, connection: Test }
  empty: {}
slots: 2
rules:
  - status: 429
    times: [1, 2]
  - - nested
    -
]], {
    domain = "acme.eu.auth0.com", slots = 2,
    profiles = {
      staging = { domain = "acme-staging.eu.auth0.com", connection = "Test" }, empty = {},
    },
    rules = { { status = 429, times = { 1, 2 } }, { "nested", json.null } },
  })
end)

test("an empty sequence and an empty mapping differ", function()
  equal(json.encode(yaml.decode "a: []\nb: {}"), '{"a":[],"b":{}}')
end)

test("an alias is a copy, its list still a list", function()
  local value = yaml.decode "a: &x { list: [], n: 1 }\nb: *x\nc: &y false\nd: *y\n"
  equal(json.encode(value), '{"a":{"list":[],"n":1},"b":{"list":[],"n":1},"c":false,"d":false}')
  assert(value.a ~= value.b)
end)

test("an anchor may be redefined", function()
  equal(yaml.decode "- &x 1\n- *x\n- &x 2\n- *x\n", { 1, 1, 2, 2 })
end)

test("a byte order mark and UTF-16 are read", function()
  equal(yaml.decode "\xef\xbb\xbfa: 1", { a = 1 })
  equal(yaml.decode "\xff\xfea\0:\0 \0001\0", { a = 1 })
end)

test("one document may be framed", function()
  equal(yaml.decode "%YAML 1.1\n---\na: 1\n...\n", { a = 1 })
  equal(yaml.decode "# nothing\n", json.null)
end)

local function bomb()
  local lines = { "a0: &a0 [x, x, x, x, x, x, x, x, x, x]" }
  for i = 1, 9 do
    lines[#lines + 1] = string.format("a%d: &a%d [%s]", i, i,
      ("*a" .. i - 1 .. ", "):rep(9) .. "*a" .. i - 1)
  end
  return table.concat(lines, "\n")
end

local function chain()
  local lines = { "- &a0 [x]" }
  for i = 1, 120 do lines[#lines + 1] = string.format("- &a%d [*a%d]", i, i - 1) end
  return table.concat(lines, "\n")
end

-- description, text, part of the message, place or nil
local FAILURES <const> = {
  { "a second document", "a: 1\n---\nb: 2\n", "more than one document", "line 2, column 1" },
  { "a key twice", "a: 1\nb: 2\na: 3\n", "duplicate key 'a'", "line 3, column 1" },
  { "a null value and its key again", "a:\na: 3\n", "duplicate key", "line 2" },
  { "a number as a key", "ok: 1\n  \n7: x\n", "7 is not a string", "line 3, column 1" },
  { "null as a key", "~: x\n", "not a string", "line 1" },
  { "a list as a key", "? [a]\n: x\n", "must be a string", "line 1, column 3" },
  { "an alias as a key", "- &a x\n- *a : y\n", "must be a string", "line 2" },
  { "a merge key", "a: &x {n: 1}\nb:\n  <<: *x\n", "merge keys", "line 3, column 3" },
  { "a foreign tag", "a: !ruby/object:User x\n", "!ruby/object:User", "line 1, column 4" },
  { "a foreign tag on a mapping", "a: !Ref {b: 1}\n", "!Ref", "line 1" },
  { "binary data", "a: !!binary aGk=\n", "binary", "line 1" },
  { "an unknown alias", "a: *x\n", "'x'", "line 1, column 4" },
  { "an alias within its anchor", "a: &x [1, *x]\n", "contains itself", "line 1, column 11" },
  { "a tab as indentation", "a:\n\tb: 1\n", "token", "line 2, column 1" },
  { "an open bracket", "a: [1, 2\n", "expected", "line 2" },
  { "bytes that are no UTF-8", "a: \xff\n", "UTF-8", "byte 4" },
  { "aliases that multiply", bomb(), "too many values", "line" },
  { "nesting over 100", ("["):rep(101) .. ("]"):rep(101), "deep", "column 101" },
  { "nesting over 100 by aliases", chain(), "deep", "line" },
}
for _, case in ipairs(FAILURES) do
  test("refused: " .. case[1], function()
    local value, message, kind = yaml.decode(case[2])
    equal({ value, kind }, { nil, "parse" })
    contains(message, case[3])
    contains(message, case[4])
  end)
end

test("nesting of 100 is read", function()
  assert(yaml.decode(("["):rep(100) .. ("]"):rep(100)))
end)

test("many aliases of something small are read", function()
  local value = assert(yaml.decode("- &x {a: 1}\n" .. ("- *x\n"):rep(5000)))
  equal(#value, 5001)
  equal(value[5001], { a = 1 })
end)
