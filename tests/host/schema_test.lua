--- host.schema: rules as data, findings with path and code.

local tap = require "tests.tap"
local json = require "host.json"
local schema = require "host.schema"

local test = tap.test

local CODES <const> = {}
for _, keyword in ipairs {
  "type", "min_length", "max_length", "pattern", "format", "enum", "minimum", "maximum",
  "required", "additional", "forbidden", "key_without", "any_required", "exclusive",
  "min_properties", "max_properties", "min_items", "max_items",
  "max_bytes",
} do
  CODES[keyword] = keyword:upper()
end

local function null() return json.null end

local function copy(value)
  if type(value) ~= "table" then return value end
  local same = {}
  for k, v in pairs(value) do same[copy(k)] = copy(v) end
  return json.is_array(value) and #value == 0 and json.array(same) or same
end

local function has_error(findings)
  for _, finding in ipairs(findings or {}) do
    if not finding.warning then return true end
  end
  return false
end

local function same_findings(a, b)
  assert(#(a or {}) == #(b or {}))
  for i, finding in ipairs(a or {}) do
    for key, value in pairs(finding) do assert(b[i][key] == value) end
  end
end

---Checks a value in both ways, which must agree: only checking, and while writing its JSON.
---@param rule host.schema.Rule
local function check(rule, value)
  local validator = schema.compile(rule, CODES)
  local draft <close> = json.draft()
  local twin = json.encode(value) and copy(value) or value -- a cycle cannot be copied
  local drafted = validator:check(twin, draft)
  local findings = validator:check(value)
  same_findings(findings, drafted)
  local text = not has_error(findings) and json.encode(value) or ""
  assert(draft:text() == text, "the draft is not the value's JSON")
  local whole = json.encode(value)
  if whole and validator:accepts(whole, 1, #whole) then
    assert(not validator:check(json.decode(whole)), "the text is accepted, its value is not")
  end
  return findings
end

---Findings as "CODE path" (warnings with a leading "~").
local function short(findings)
  local out = {}
  for i, f in ipairs(findings or {}) do
    out[i] = (f.warning and "~" or "") .. f.code .. " " .. f.path
  end
  return out
end

local function array(list)
  return json.array and json.array(list) or list
end

local USER <const> = {
  type = "object",
  additional = false,
  required = { "email" },
  exclusive = { "a", "b" },
  properties = {
    email = { type = "string", format = "email" },
    age = { type = "integer", minimum = 1, maximum = 150 },
    a = { type = "boolean" },
    b = { type = "boolean" },
    tags = { type = "array", min_items = 1, max_items = 2, items = { type = "string" } },
    kind = { enum = { "big", "small" } },
    deep = { type = "object", properties = { list = { items = {
      properties = { code = { pattern = "^%u+$", pattern_name = "capitals" } } } } } },
  },
}

local CASES <const> = {
  { "a value that keeps every rule", USER, { email = "a@example.com", age = 7 }, {} },
  { "another type", { type = "string" }, 1, { "TYPE " } },
  { "one of several types", { type = { "string", "integer" } }, 1, {} },
  { "none of several types", { type = { "string", "integer" } }, 1.5, { "TYPE " } },
  { "a float that is whole is an integer", { type = "integer" }, 2.0, {} },
  { "an integer is a number", { type = "number" }, 2, {} },
  { "NaN is nothing of JSON", {}, 0 / 0, { "TYPE " } },
  { "infinity is not a number", { type = "number" }, math.huge, { "TYPE " } },
  { "a function is nothing of JSON", {}, print, { "TYPE " } },
  { "a list is not an object", { type = "object" }, { "x" }, { "TYPE " } },
  { "an object is not a list", { type = "array" }, { x = 1 }, { "TYPE " } },
  { "an empty table is an object", { type = "object" }, {}, {} },
  { "a table with positions and names is neither", {}, { "x", y = 1 }, { "TYPE " } },
  { "a table with gaps is neither", {}, { [1] = 1, [3] = 1 }, { "TYPE " } },
  { "too short", { min_length = 2 }, "x", { "MIN_LENGTH " } },
  { "too long", { max_length = 2 }, "xyz", { "MAX_LENGTH " } },
  { "characters are counted, not bytes", { min_length = 3, max_length = 3 }, "äöü", {} },
  { "two wide characters are fewer than three", { min_length = 3 }, "äö", { "MIN_LENGTH " } },
  { "the empty string is shorter than one", { min_length = 1 }, "", { "MIN_LENGTH " } },
  { "a pattern", { pattern = "^%d+$" }, "12", {} },
  { "a broken pattern", { pattern = "^%d+$" }, "12x", { "PATTERN " } },
  { "the second of two patterns", { pattern = { "^%d+$", "^x$" } }, "x", {} },
  { "a word of the list", { enum = { "a", "b" } }, "b", {} },
  { "no word of the list", { enum = { "a", "b" } }, "c", { "ENUM " } },
  { "a number is not a word of the list", { enum = { "a" } }, 1, { "ENUM " } },
  { "below the minimum", { minimum = 3 }, 2, { "MINIMUM " } },
  { "above the maximum", { maximum = 3 }, 3.5, { "MAXIMUM " } },
  { "at the limits", { minimum = 3, maximum = 3 }, 3, {} },
  { "a missing member", USER, {}, { "REQUIRED email" } },
  { "an unknown member", USER, { email = "a@example.com", mail = 1 }, { "ADDITIONAL mail" } },
  { "two that exclude each other", USER, { email = "a@example.com", a = true, b = true },
    { "EXCLUSIVE " } },
  { "none of those of which one is needed", { any_required = { "x", "y" } }, { z = 1 },
    { "ANY_REQUIRED " } },
  { "one of those of which one is needed", { any_required = { "x", "y" } }, { y = 1 }, {} },
  { "a forbidden name", { forbidden = { "_id" } }, { _id = 1 }, { "FORBIDDEN _id" } },
  { "a byte no name may hold", { key_without = ".$" }, { ["a.b"] = 1 },
    { "KEY_WITHOUT a.b" } },
  { "too few members", { min_properties = 1 }, {}, { "MIN_PROPERTIES " } },
  { "too many members", { max_properties = 1 }, { x = 1, y = 1 }, { "MAX_PROPERTIES " } },
  { "too many items", USER, { email = "a@example.com", tags = { "1", "2", "3" } },
    { "MAX_ITEMS tags" } },
  { "an item of the wrong type", USER, { email = "a@example.com", tags = { "1", 2 } },
    { "TYPE tags[1]" } },
  { "a place deep inside", USER,
    { email = "a@example.com", deep = { list = { { code = "A" }, { code = "a" } } } },
    { "PATTERN deep.list[1].code" } },
  { "several findings, names in order", USER, { age = 0, tags = { 1 }, email = "x", zz = 1 },
    { "MINIMUM age", "FORMAT email", "TYPE tags[0]", "ADDITIONAL zz" } },
  { "a name that is not a string", { additional = {} }, { [true] = 1 }, { "TYPE " } },
  { "a rule for all further members", { additional = { type = "string" } }, { x = 1 },
    { "TYPE x" } },
  { "bytes of JSON at the limit", { max_bytes = 11, additional = { items = {} } },
    { a = { "b" } }, {} },
  { "bytes of JSON above the limit", { max_bytes = 10, additional = { items = {} } },
    { a = { "b" } }, { "MAX_BYTES " } },
  { "bytes of JSON that only warn", { warn = { max_bytes = 10 }, additional = { items = {} } },
    { a = { "bb" } }, { "~MAX_BYTES " } },
  { "bytes of a part", { properties = { a = { max_bytes = 3 }, b = { max_bytes = 3 } } },
    { a = "1", b = "12" }, { "MAX_BYTES b" } },
  { "long names of members", { additional = false, properties = { [("n"):rep(60)] = {} } },
    { [("n"):rep(60)] = 1 }, {} },
  { "a long name that is unknown",
    { additional = false, properties = { [("n"):rep(60)] = {} } },
    { [("m"):rep(60)] = 1 }, { "ADDITIONAL " .. ("m"):rep(60) } },
}

for _, case in ipairs(CASES) do
  test("schema: " .. case[1], function()
    tap.equal(short(check(case[2], case[3])), case[4])
  end)
end

test("schema: an empty list that is marked is an array", function()
  tap.equal(short(check({ type = "array", min_items = 1 }, array {})), { "MIN_ITEMS " })
end)

test("schema: null is a separate type", function()
  tap.equal(check({ type = "null" }, null()), nil)
  tap.equal(check({ type = "string" }, null())[1].message,
    "Expected type string but found type null")
end)

test("schema: a rule may contain itself", function()
  local rule = { key_without = "$" }
  rule.additional, rule.items = rule, rule
  tap.equal(short(check(rule, { a = { { b = { ["$c"] = 1 } } } })), { "KEY_WITHOUT a[0].b.$c" })
end)

test("schema: a value that contains itself is nested too deeply", function()
  local rule = {}
  rule.additional = rule
  local value = {}
  value.x = value
  local findings = check(rule, value)
  tap.equal(#findings, 1)
  tap.contains(findings[1].message, "200 levels")
end)

test("schema: omit_empty removes nulls and empty strings before the check", function()
  local value = { email = "", age = null(), name = "x", x = false }
  tap.equal(check({ omit_empty = true, max_properties = 2 }, value), nil)
  tap.equal(value, { name = "x", x = false })
end)

test("schema: what omit_empty removed is missing", function()
  local value = { email = "" }
  tap.equal(short(check({ omit_empty = true, required = { "email" } }, value)),
    { "REQUIRED email" })
  tap.equal(value, {})
end)

test("schema: omit_empty also acts after the first finding", function()
  local inner = { type = "object", omit_empty = true }
  local value = { a = 1, b = { x = "" }, c = { y = "" } }
  check({ properties = { a = { type = "string" }, b = inner, c = inner } }, value)
  tap.equal(value, { a = 1, b = {}, c = {} })
end)

test("schema: a switch chooses a further rule by a member's value", function()
  local rule = { switch = { on = "kind", cases = { n = { required = { "n" } } },
    default = { required = { "other" } } } }
  tap.equal(short(check(rule, { kind = "n" })), { "REQUIRED n" })
  tap.equal(short(check(rule, { kind = "m" })), { "REQUIRED other" })
  tap.equal(short(check(rule, {})), { "REQUIRED other" })
  tap.equal(check(rule, { kind = "n", n = 1 }), nil)
end)

test("schema: a large object loses its empty members and the rest is checked", function()
  local rule = { omit_empty = true, max_properties = 40, additional = { min_length = 2 } }
  local value = {}
  for i = 1, 50 do value["m" .. i] = i > 40 and "" or "xx" end
  tap.equal(check(rule, value), nil)
  tap.equal(value.m41, nil)
  value.m41 = "xx"
  tap.equal(short(check(rule, value)), { "MAX_PROPERTIES " })
  value.m41, value.m1 = nil, "x"
  tap.equal(short(check(rule, value)), { "MIN_LENGTH m1" })
end)

test("schema: a draft is in the order it was made for", function()
  local draft <close> = json.draft { b = 1, a = 2 }
  local validator = schema.compile({ type = "object", warn = { required = { "c" } } }, CODES)
  local findings = validator:check({ a = { y = 1, x = 2 }, b = json.array {} }, draft)
  tap.equal(short(findings), { "~REQUIRED c" })
  tap.equal({ draft:text(), #draft }, { '{"b":[],"a":{"x":2,"y":1}}', 26 })
  validator:check("no object", draft)
  tap.equal(#draft, 0)
end)

test("schema: a value that JSON cannot hold leaves the draft empty", function()
  local draft <close> = json.draft()
  for _, value in ipairs { { a = "\xff" }, { a = print }, { [{}] = 1 }, { 1, a = 2 } } do
    schema.compile({}, CODES):check(value, draft)
    tap.equal(draft:text(), "")
  end
end)

test("schema: a check reports below its node", function()
  local rule = { properties = { p = { check = function(value, report)
    if value.n ~= 2 then report("ODD", "n", "not two") end
  end } } }
  tap.equal(check(rule, { p = { n = 2 } }), nil)
  tap.equal(check(rule, { p = { n = 3 } }),
    { { code = "ODD", path = "p.n", message = "not two", keyword = "check" } })
end)

test("schema: a check runs only where the node's other rules passed", function()
  local called = 0
  local rule = { type = "string", min_length = 2, check = function() called = called + 1 end }
  local validator = schema.compile(rule, CODES)
  validator:check("x")
  tap.equal(called, 0)
  validator:check("xx")
  tap.equal(called, 1)
end)

test("schema: a check may use the same validator", function()
  local validator
  validator = schema.compile({ check = function(value, report)
    if type(value) == "table" and validator:check(value.inner) then
      report("INNER", "inner", "is bad")
    elseif value == "bad" then
      report("BAD", "", "is bad")
    end
  end }, CODES)
  tap.equal(short(validator:check { inner = { inner = "bad" } }), { "INNER inner" })
  tap.equal(validator:check { inner = "good" }, nil)
end)

test("schema: an error in a check passes through, and report is unusable after it", function()
  local kept
  local validator = schema.compile({ check = function(_, report)
    kept = report
    error("broken check", 0)
  end }, CODES)
  tap.raises(function() validator:check("x") end, "broken check")
  tap.raises(function() kept("A", "", "late") end, "after its check ended")
end)

test("schema: findings of a warn rule are warnings only", function()
  local rule = { type = "string", max_length = 10, warn = { max_length = 5 } }
  tap.equal(check(rule, "12345"), nil)
  tap.equal(short(check(rule, "123456")), { "~MAX_LENGTH " })
  tap.equal(short(check(rule, ("x"):rep(11))), { "MAX_LENGTH ", "~MAX_LENGTH " })
end)

test("schema: warnings do not keep a check from running", function()
  local rule = { properties = { a = { warn = { max_length = 1 } } },
    check = function(_, report) report("X", "", "called") end }
  tap.equal(short(check(rule, { a = "12" })), { "~MAX_LENGTH a", "X " })
end)

test("schema: a lazy record or another userdata is a type error", function()
  local findings = check({ type = "object" }, schema.compile({}, CODES))
  tap.equal(short(findings), { "TYPE " })
  tap.contains(findings[1].message, "found type record (copy its members)")
end)

local MESSAGES <const> = {
  { { type = "string" }, true, "Expected type string but found type boolean" },
  { { type = { "string", "null" } }, 1, "Expected type string,null but found type integer" },
  { { format = "email" }, "akshay144",
    "Object didn't pass validation for format email: no @ in it" },
  { { pattern = "^x$", pattern_name = "^x{1}$" }, "secret",
    "String does not match pattern ^x{1}$" },
  { { enum = { "a" } }, "b", "No enum match for: b" },
  { { enum = { "a" } }, ("s"):rep(60), "No enum match for: a long string" },
  { { min_length = 3 }, "ab", "String is too short (2 chars), minimum 3" },
  { { max_length = 3 }, "abcd", "String is too long (4 chars), maximum 3" },
  { { required = { "email" } }, {}, "Missing required property: email" },
  { { additional = false }, { x = 1 }, "Additional properties not allowed: x" },
  { { max_properties = 1 }, { x = 1, y = 1 }, "Too many properties defined (2), maximum 1" },
  { { max_items = 1 }, { 1, 2 }, "Array is too long (2), maximum 1" },
  { { exclusive = { "a", "b", "c" } }, { a = 1, b = 1 },
    "Data matches schema from 'not': only one of a, b and c may be given" },
}

test("schema: messages use the service's wording and never a value that may be secret", function()
  for _, case in ipairs(MESSAGES) do
    tap.equal(check(case[1], case[2])[1].message, case[3])
  end
end)

local MISUSE <const> = {
  { { tipe = "string" }, "tipe" }, { { type = "text" }, "unknown type 'text'" },
  { { format = "phone" }, "unknown format 'phone'" }, { { min_length = -1 }, "min_length" },
  { { min_length = "x" }, "min_length" }, { { required = "email" }, "required" },
  { { enum = { 1 } }, "enum" }, { { properties = { a = true } }, "properties" },
  { { pattern = "^[a" }, "malformed" }, { { pattern = {} }, "empty" },
  { { additional = "no" }, "additional" }, { { check = 1 }, "check" },
  { { maximum = "9" }, "maximum" }, { { switch = { cases = {} } }, "switch.on" },
}

test("schema: wrong rules raise when they are compiled", function()
  for _, case in ipairs(MISUSE) do
    tap.raises(function() schema.compile(case[1], CODES) end, case[2])
  end
  tap.raises(function() schema.compile({ pattern = "x" }, { type = "T" }) end,
    "no code for 'pattern'")
  tap.raises(function() schema.compile({}, {}) end, "no code for 'type'")
end)

local FORMATS <const> = {
  email = {
    yes = { "a@example.com", "First.Last+tag@sub.example.co.uk", "o'brien@example.org",
      "ü@example.com", "a@bücher.example", "a@xn--bcher-kva.xn--p1ai", "1@2.com",
      ("x"):rep(64) .. "@example.com" },
    no = { "", "a", "@example.com", "a@", "a@host", "a@@example.com", "a@b@example.com",
      "a b@example.com", ".a@example.com", "a.@example.com", "a..b@example.com",
      "a@example..com", "a@-example.com", "a@example.c", "a@example.123", "a@exam_ple.com",
      "a@127.0.0.1", " a@example.com", "a@example.com ", "a@example.com\n", "a\0@example.com",
      ("x"):rep(65) .. "@example.com", "a@" .. ("x"):rep(64) .. ".com", "\"a b\"@example.com",
      "a@" .. ("y"):rep(62) .. "." .. ("y"):rep(62) .. "." .. ("y"):rep(62) .. "."
        .. ("y"):rep(62) .. ".com" },
  },
  uri = {
    yes = { "https://example.com/p/1.png", "http://localhost:80", "urn:isbn:1", "file:///x",
      "https://example.com/ä" },
    no = { "", "example.com/x.png", "//example.com", "https:", "https://", "https:///x",
      "https://exa mple.com", "https://example.com/<x>", "1http://x.y", "https://a\0b",
      "ht\0tp://x.y" },
  },
  hex = { yes = { "00", "aBcD" }, no = { "", "0", "0g", "0x00", "00 " } },
  base64 = {
    yes = { "QQ==", "QQ", "QUI=", "QUJD", "-_-_", "+/+/" },
    no = { "", "Q", "QQ=", "QQ===", "Q=Q=", "+/-_", "QU JD", "QUJD=", "====" },
  },
}

for format, lists in pairs(FORMATS) do
  test("schema: format " .. format, function()
    for _, text in ipairs(lists.yes) do
      tap.equal(schema.format(format, text), true, format .. " " .. text)
    end
    for _, text in ipairs(lists.no) do
      tap.equal(schema.format(format, text), false, format .. " " .. text)
    end
  end)
end

test("schema: an unknown format raises", function()
  tap.raises(function() schema.format("phone", "1") end, "unknown format")
end)

---Patterns with and without a quick form must match what string.find matches.
local PATTERNS <const> = {
  "^%S+$", "^[A-Z2-7]+$", "^%+%d+$", "^%$2[ab]?%$10+%$[./%w]+$", "^a*b$", "^a*ab$", "^a-b$",
  "^[^%s@]+@[^%s@]+$", "x", "^x", "x$", "^(a)%1$", "^%bxy$", "^a?b?c?$", "^a?b?a$", "^[]x]+$",
  "^[^]x]+$", "^[%]x]$", "^.$", "^a+a+$", "^a+b*a$", "^[%w_+%-.!#$'^`~@]+$", "^$", "^%$$", "^x%$",
  "^" .. ("[0-9a-f]"):rep(4) .. "$", "^%%+$", "^[a-]+$",
}
local TEXTS <const> = {
  "", "a", "b", "x", "]", "aa", "ab", "aab", "aabb", "ba", "x]", "xy", "xxyy", "+12", "+", "$",
  "$2a$10$abc./Z", "$2$10$x", "$2b$1$x", "AZ27", "a b", "a@b", "0af9", "0af", "0af99", "%", "%%",
  "a-", "-", "\0", "ä", "x$", "abc", "aba", "bc", "c",
}

test("schema: a pattern matches what string.find matches", function()
  for _, pattern in ipairs(PATTERNS) do
    local validator = schema.compile({ pattern = pattern }, CODES)
    for _, text in ipairs(TEXTS) do
      tap.equal(validator:check(text) == nil, string.find(text, pattern) ~= nil,
        pattern .. " on " .. text)
    end
  end
end)

test("schema: an object of many members is checked in time that grows with it", function()
  local value = {}
  for i = 1, 50000 do value["k" .. i] = i end
  local findings = check({ additional = { type = "string" } }, value)
  tap.equal(#findings, 50000)
  tap.equal({ findings[1].path, findings[2].path }, { "k1", "k10" })
end)

test("schema: a check without a finding allocates no garbage", function()
  local validator = schema.compile(USER, CODES)
  local value = { email = "a@example.com", age = 7, kind = "big", tags = { "x" },
    deep = { list = { { code = "A" } } } }
  validator:check(value)
  collectgarbage("stop")
  local before = collectgarbage("count")
  for _ = 1, 1000 do validator:check(value) end
  local after = collectgarbage("count")
  collectgarbage("restart")
  tap.equal(after - before < 1, true, "garbage of 1000 checks in KiB: " .. after - before)
end)

---{text, whether its text settles it, rule}
local BY_TEXT <const> = {
  { '"ana"', true, { type = "string", min_length = 3, max_length = 3, pattern = "^%l+$" } },
  { '"anna"', false, { type = "string", max_length = 3 } },
  { '"\\u0061"', false, { type = "string", max_length = 3 } },
  { '"\\u0061"', true, { type = "string" } },
  { '"a"', false, { pattern = "(.)%1" } },
  { '"b"', true, { pattern = { "(.)%1", "^b$" } } },
  { '"a@example.com"', true, { format = "email" } },
  { '"a@b@example.com"', false, { format = "email" } },
  { '"b"', true, { enum = { "a", "b" } } },
  { '"c"', false, { enum = { "a", "b" } } },
  { "1", true, { type = "integer", minimum = 1, maximum = 1 } },
  { "2", false, { maximum = 1 } },
  { "-1", false, { minimum = 0 } },
  { "1.0", false, { type = "integer" } },
  { "1234567890123456", false, {} },
  { "true", true, { type = "boolean" } },
  { "true", false, { enum = { "true" } } },
  { "null", true, { type = { "null", "string" } } },
  { "null", false, { type = "string" } },
  { "[1,2]", true, { type = "array", items = { type = "integer" }, max_items = 2 } },
  { "[1,2,3]", false, { max_items = 2 } },
  { "[1]", false, { min_items = 2 } },
  { '[1,"a"]', false, { items = { type = "integer" } } },
  { "[1, 2]", false, {} },
  { "{}", true, { type = "object" } },
  { "{}", false, { type = "array" } },
  { '{"a":1,"b":[{"c":null}]}', true, {} },
  { '{ "a":1}', false, {} },
  { '{"a":1,"a":1}', false, { properties = { a = { type = "integer" } } } },
  { '{"a":1}', true, { properties = { a = {} }, additional = false, required = { "a" } } },
  { '{"b":1}', false, { properties = { a = {} }, additional = false } },
  { '{"b":1}', false, { properties = { a = {} }, required = { "a" } } },
  { '{"b":1}', false, { properties = { a = {}, c = {} }, any_required = { "a", "c" } } },
  { '{"a":1,"b":1}', false, { properties = { a = {}, b = {} }, exclusive = { "a", "b" } } },
  { '{"a":1,"b":1}', false, { max_properties = 1 } },
  { "{}", false, { min_properties = 1 } },
  { '{"a.b":1}', false, { key_without = "." } },
  { '{"_id":1}', false, { forbidden = { "_id" } } },
  { '{"a":1}', false, { omit_empty = true } },
  { '{"a":1}', false, { check = function() end } },
  { '{"a":1}', false, { warn = {} } },
  { '{"kind":"b","x":1}', true, { switch = { on = "kind", cases = { b = { required = { "x" },
    properties = { x = { type = "integer" } } } } } } },
  { '{"kind":"b"}', false, { switch = { on = "kind", cases = { b = { required = { "x" },
    properties = { x = {} } } } } } },
  { '{"kind":"c"}', false, { switch = { on = "kind", cases = {}, default = { type = "array" } } } },
  { '{"a":"' .. ("x"):rep(40) .. '"}', false, { max_bytes = 40 } },
  { '{"a":"x"}', true, { max_bytes = 400 } },
  { ("["):rep(60) .. ("]"):rep(60), true, { items = {} } },
}

for _, case in ipairs(BY_TEXT) do
  local text, accepted, rule = table.unpack(case)
  test("by its text, " .. text:sub(1, 40) .. (accepted and " is accepted" or " is left open")
    .. " by " .. (json.encode(rule) or "a function"), function()
    local validator = schema.compile(rule, CODES)
    local around = "[" .. text .. "]"
    tap.equal(validator:accepts(around, 2, #around - 1), accepted and true or nil)
    if accepted then tap.equal(validator:check(json.decode(text)), nil) end
  end)
end

test("accepts returns the members that are asked for", function()
  local validator = schema.compile({ additional = {} }, CODES)
  local text = '{"a":"x","b":false,"c":{"a":"y"},"d":1}'
  tap.equal({ validator:accepts(text, 1, #text, "a", "b", "c", "d", "e") },
    { true, "x", false, true, true, nil })
  for _, odd in ipairs { '{"a":"\\n"}', '{"a":1,"a":2}', '{"a":"x"', '{"a":', '{"a"', "{", '"a' } do
    tap.equal(validator:accepts(odd, 1, #odd, "a"), nil)
  end
end)

test("accepts refuses places that are not in the text", function()
  local validator = schema.compile({}, CODES)
  for _, places in ipairs { { 0, 1 }, { 2, 1 }, { 1, 3 } } do
    assert(not pcall(validator.accepts, validator, "{}", places[1], places[2]))
  end
end)
