local tap = require "tests.tap"
local file = require "host.file"
local json = require "host.json"
local yaml = require "host.yaml"
local test, equal, contains, raises = tap.test, tap.equal, tap.contains, tap.raises

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

---Records of a text, skipped ones as their messages, their lines, and what ended the reading.
local function records(text, options)
  local folder = assert(file.temporary())
  assert(file.write(folder .. "/u.yaml", text))
  local input <close> = assert(file.open(folder .. "/u.yaml"))
  assert(file.remove_tree(folder))
  local reader <close> = yaml.reader(input, options)
  local all, lines = {}, {}
  while true do
    local record, line, kind = reader:next()
    if record == nil then return all, lines, line, kind end
    all[#all + 1] = record == false and kind and line or record
    lines[#lines + 1] = record == false and kind or line
  end
end

for name, case in pairs {
  ["the items of a list are records"] = { "- {id: 1}\n- id: 2\n\n- [x]\n- 7\n- false\n- ~\n",
    { { id = 1 }, { id = 2 }, { "x" }, 7, false, json.null }, { 1, 2, 4, 5, 6, 7 } },
  ["documents are records, empty ones are not"] = { "# x\n---\nid: 1\n---\n---\nid: 2\n...\n",
    { { id = 1 }, { id = 2 } }, { 3, 6 } },
  ["each document may have a list"] = { "- 1\n---\n- 2\n- 3\n", { 1, 2, 3 }, { 1, 3, 4 } },
  ["an empty list"] = { "[]\n", {}, {} },
  ["an empty file"] = { "", {}, {} },
  ["a list inside a document"] = {
    "x: {users: [0]}\na/b:\n  users:\n    - id: 1\n    - id: 2\n  more: [1]\nlast: 1\n",
    { { id = 1 }, { id = 2 } }, { 4, 5 }, { pointer = "/a~1b/users" } },
  ["anchors before the records, and in records before"] = {
    "defaults:\n  - &d {plan: free}\nusers:\n  - {a: *d, b: &b {c: 1}}\n  - *b\n",
    { { a = { plan = "free" }, b = { c = 1 } }, { c = 1 } }, { 4, 5 }, { pointer = "/users" } },
  ["a record that ends but cannot be read is skipped"] = {
    "- {id: 1, x: !ruby/object {a: [b]}}\n- {a: 1, a: {b: [1]}}\n- {x: *nobody, y: 1}\n- id: 2\n",
    { "YAML, line 1, column 14: the tag !ruby/object is not supported",
      "YAML, line 2, column 10: duplicate key 'a'",
      "YAML, line 3, column 7: unknown anchor 'nobody'",
      { id = 2 } }, { 1, 2, 3, 4 } },
} do
  test("a reader: " .. name, function()
    local found, lines, message = records(case[1], case[4])
    equal({ found, lines, message }, { case[2], case[3] })
  end)
end

test("a reader: aliases that expand to too many values skip the record", function()
  local lines = { "- &a0 [x, x, x, x, x, x, x, x, x, x]\n" }
  for i = 1, 8 do
    lines[#lines + 1] = ("- &a%d [%s]\n"):format(i, ("*a" .. i - 1 .. ", "):rep(10))
  end
  lines[#lines + 1] = "- id: 1\n"
  local found = records(table.concat(lines))
  equal(#found, 10)
  contains(found[5], "aliases expand to too many values")
  contains(found[9], "unknown anchor")
  equal(found[10], { id = 1 })
end)

for name, case in pairs {
  ["text that is not YAML"] = { "- id: 1\n- {id: \n- [", "YAML, line 3", "parse" },
  ["a pointer to nothing"] = { "users: {id: 1}\n", "no list at /users", "missing",
    pointer = "/users" },
  ["a pointer into a list"] = { "- 1\n", "no list at /users/x", "missing", pointer = "/users/x" },
  ["a record over the limit"] = { "- 1\n- [" .. ("x, "):rep(100000) .. "]\n",
    "the record is longer than 1000 bytes", "parse", limit = 1000 },
  ["a text over the limit"] = { "- '" .. ("x"):rep(300000) .. "'\n",
    "the record is longer than 1000 bytes", "parse", limit = 1000 },
  ["too many anchors"] = { ("- &a 1\n"):rep(1002), "too many anchors", nil },
} do
  test("a reader ends at " .. name, function()
    local found, _, message, kind = records(case[1], { pointer = case.pointer, limit = case.limit })
    contains(message or found[#found], case[2])
    equal(kind, case[3])
  end)
end

test("a reader passes long parts outside of the list", function()
  equal((records("x: [" .. ("x, "):rep(100000) .. "]\nusers: [1]\n", { pointer = "/users",
    limit = 1000 })), { 1 })
end)

test("a reader is closed twice, and not used then", function()
  local input <close> = assert(file.open("README.md"))
  local reader = yaml.reader(input)
  reader:close()
  reader:close()
  raises(function() reader:next() end, "the reader is closed")
  raises(function() yaml.reader(input, { pointer = "users" }) end, "must begin with /")
  raises(function() yaml.reader(input, { limit = 0 }) end, "limit must be")
end)

test("nodes have lines, the text of scalars, and the names of members in order", function()
  local node = yaml.nodes "- name: one\n  no: 1e3\n  b:\n    [x, '7']\n"
  local case = node.items[1]
  equal({ node.line, case.line, case.names, case.lines },
    { 1, 1, { "name", "no", "b" }, { name = 1, no = 2, b = 3 } })
  equal(case.members.no, { line = 2, value = 1000.0, text = "1e3", plain = true })
  equal(case.members.b.items[2], { line = 4, value = "7", text = "7", plain = false })
  assert(json.is_array(node.items))
end)

test("an empty document is a node, too", function()
  equal(yaml.nodes("# nothing\n").value, json.null)
end)

test("aliases of nodes are bounded like those of values", function()
  local text = { "a: &a [" .. ("x,"):rep(30) .. "]" }
  for i = 98, 112 do
    local name, before = string.char(i), string.char(i - 1)
    text[#text + 1] = string.format("%s: &%s [%s]", name, name, ("*" .. before .. ","):rep(30))
  end
  local node, message, kind = yaml.nodes(table.concat(text, "\n"))
  equal({ node, kind }, { nil, "parse" })
  contains(message, "aliases expand to too many values")
  equal(yaml.nodes("a: &x {b: 1}\nc: *x\n").members.c.members.b.text, "1")
end)
