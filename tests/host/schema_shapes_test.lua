--- Shapes in host.schema: a validator that has learnt many of them finds and writes what a new one,
--- which knows none, does.

local tap = require "tests.tap"
local json = require "host.json"
local schema = require "host.schema"

local test, equal = tap.test, tap.equal

local CODES <const> = {}
for _, keyword in ipairs {
  "type", "min_length", "max_length", "pattern", "format", "enum", "minimum", "maximum",
  "required", "additional", "forbidden", "key_without", "any_required", "exclusive",
  "min_properties", "max_properties", "min_items", "max_items", "max_bytes",
} do
  CODES[keyword] = keyword:upper()
end

local RULES <const> = 100
local VALUES <const> = 60 -- of each rule
local TEMPLATES <const> = 6
local ORDER <const> = { b = 1, on = 2, zz = 3 }

local function one_of(list) return list[math.random(#list)] end
local function once_in(n) return math.random(n) == 1 end

local LONG <const> = ("long name "):rep(9) -- Lua interns only short strings
local NAMES <const> = { "a", "b", "c", "d", "e", "k.e", "ö", 'q"\n', LONG, "on", "zz" }

local function some_names(most)
  local list = {}
  for i = 1, math.random(most) do list[i] = one_of(NAMES) end
  return list
end

-- -- rules --

local function reports(value, report)
  if type(value) == "table" and value.b == "bad" then report("CHECK", "b", "a bad member") end
  if value == "bad" then report("CHECK", "", "a bad value") end
end

local LEAVES <const> = {
  {}, {}, { type = "string" }, { type = "string", min_length = 1, max_length = 3 },
  { pattern = { "^[a-z]*$", "^%d" } }, { enum = { "x", "y", "bad", LONG } },
  { type = "string", format = "email" }, { type = "integer", minimum = 0, maximum = 5 },
  { type = { "number", "string" }, maximum = 7 }, { type = "boolean" }, { type = "null" },
  { type = { "string", "null", "boolean" }, max_length = 40 }, { check = reports },
  { type = "string", warn = { max_length = 2 } }, { type = "array" },
  { warn = { type = "number", warn = { minimum = 3 } } }, { warn = { check = reports } },
}

-- If a further rule (of a warning or a switch) omits members, the size that a finding names depends
-- on the order of keys, which is random: no rule has both.
local is_sized, further = false, 0

local random_rule

local function further_rule(depth)
  further = further + 1
  local rule = random_rule(depth)
  further = further - 1
  return rule
end

local function random_properties(depth)
  local properties = {}
  for _, name in ipairs(some_names(6)) do properties[name] = random_rule(depth - 1) end
  return properties
end

local function maybe(n, make)
  if once_in(n) then return make() end
end

local function list_rule(depth)
  return {
    type = maybe(2, function() return "array" end), items = maybe(1, function()
      return random_rule(depth - 1)
    end), min_items = maybe(5, function() return 1 end),
    max_items = maybe(5, function() return 2 end), check = maybe(8, function() return reports end),
  }
end

local function object_rule(depth)
  local rule = {
    type = maybe(2, function() return { "object", "null" } end),
    properties = random_properties(depth),
    required = maybe(4, function() return some_names(2) end),
    forbidden = maybe(6, function() return some_names(2) end),
    key_without = maybe(6, function() return ".$" end),
    any_required = maybe(6, function() return some_names(4) end),
    exclusive = maybe(6, function() return some_names(4) end),
    min_properties = maybe(8, function() return 1 end),
    max_properties = maybe(8, function() return 4 end),
    omit_empty = maybe(2, function() return further == 0 or not is_sized end),
    max_bytes = is_sized and maybe(4, function() return math.random(10, 120) end) or nil,
    check = maybe(6, function() return reports end),
    warn = maybe(5, function() return further_rule(depth - 1) end),
    switch = maybe(3, function()
      return {
        on = one_of { "on", "a" },
        default = maybe(3, function() return further_rule(depth - 1) end),
        cases = { x = further_rule(depth - 1), y = further_rule(depth - 1) },
      }
    end),
  }
  if once_in(3) then
    rule.additional = false
  elseif once_in(2) then
    rule.additional = once_in(2) and rule or random_rule(depth - 1)
  end
  return rule
end

function random_rule(depth)
  if is_sized and once_in(12) then return { max_bytes = 30 } end
  if depth <= 0 or once_in(6) then return one_of(LEAVES) end
  return once_in(5) and list_rule(depth) or object_rule(depth)
end

-- -- values --

local SCALARS <const> = {
  "x", "y", "x", "y", "abc", "bad", "", "", json.null, true, false, 0, 3, 9, 1.5, -0.0, 2 ^ 53,
  "a@example.com", "ä€", "\xff", LONG, "quote \" and \n", 1 / 0, math.mininteger,
}
local ODD_KEYS <const> = { 1, 3, 2.5, true, {}, "\xff", "", 0 }

local random_value

local function random_list()
  local list = {}
  for i = 1, math.random(0, 4) do list[i] = random_value(0) end
  return once_in(2) and json.array(list) or list
end

local function random_object(depth)
  local object = {}
  for _, name in ipairs(some_names(6)) do object[name] = random_value(depth - 1) end
  if once_in(2) then object.on = one_of { "x", "y", "z", "", json.null, 1 } end
  if once_in(40) then object[one_of(ODD_KEYS)] = one_of(SCALARS) end
  if once_in(60) then object.e = once_in(2) and print or io.stdout end
  if once_in(80) then
    for i = 1, 120 do object["many" .. i] = i end
  end
  if once_in(60) then json.array(object) end
  return object
end

function random_value(depth)
  if depth > 0 and not once_in(3) then
    return once_in(5) and random_list() or random_object(depth)
  end
  return once_in(12) and random_list() or one_of(SCALARS)
end

local function is_marked(value) return getmetatable(value) == false end

---An object that keeps the rules, if one is found.
local function keeping(validator)
  local object
  for _ = 1, 50 do
    object = random_object(3)
    if not validator:check(object) then break end
  end
  return object
end

---A value with the members of a template, and some other scalars.
local function variant(template)
  local value = {}
  for k, v in next, template do
    if type(v) == "table" then
      value[k] = once_in(40) and one_of(SCALARS) or variant(v)
    else
      value[k] = once_in(8) and one_of(SCALARS) or v
    end
  end
  return is_marked(template) and json.array(value) or value
end

---A copy with the same cycles and marks.
local function copy(value, copies)
  if type(value) ~= "table" then return value end
  copies = copies or {}
  if copies[value] then return copies[value] end
  local same = {}
  copies[value] = same
  for k, v in next, value do same[k] = copy(v, copies) end
  return is_marked(value) and json.array(same) or same
end

local function same_value(a, b, seen)
  if type(a) ~= "table" or type(b) ~= "table" then return rawequal(a, b) or a ~= a and b ~= b end
  if seen[a] then return seen[a] == b end
  seen[a] = b
  for k, v in next, a do
    if not same_value(v, b[k], seen) then return false end
  end
  for k in next, b do
    if a[k] == nil then return false end
  end
  return true
end

local function written(findings)
  local out = {}
  for i, finding in ipairs(findings or {}) do
    out[i] = table.concat({ finding.code, finding.path, finding.message, finding.keyword,
      tostring(finding.warning) }, "|")
  end
  return table.concat(out, "\n")
end

---Checks the value with both validators, which must agree in everything that shows.
local function compare(learnt, new, value, order)
  local one <close> = json.draft(order)
  local other <close> = json.draft(order)
  local twin = copy(value)
  local expected = written(new:check(twin, other))
  local got = written(learnt:check(value, one))
  equal(got, expected)
  equal(one:text(), other:text())
  assert(same_value(value, twin, {}), "the value was changed in another way")
  return got == "" and #one > 0
end

test("shapes: random values by random rules are found and written as by a new validator", function()
  math.randomseed(20261129)
  local passed, used = 0, 0
  for _ = 1, RULES do
    is_sized = once_in(2)
    local rule = object_rule(3)
    local learnt = schema.compile(rule, CODES)
    local templates = { random_value(2) }
    for i = 2, TEMPLATES do templates[i] = keeping(learnt) end
    for i = 1, VALUES do
      local order = i % 3 == 0 and ORDER or nil
      local template = one_of(templates)
      local value = type(template) == "table" and variant(template) or template
      if compare(learnt, schema.compile(rule, CODES), value, order) then passed = passed + 1 end
    end
    used = used + select(2, learnt:shapes())
  end
  assert(passed > RULES * VALUES / 20, "only " .. passed .. " values keep the rules")
  assert(used > RULES * VALUES / 4, "shapes were used only " .. used .. " times")
end)

test("shapes: tables that are their own members, or members twice", function()
  local rule = { properties = { c = {}, d = { omit_empty = true } } }
  rule.properties.c.additional, rule.properties.d.additional = rule, rule
  local learnt = schema.compile(rule, CODES)
  for i = 1, 60 do
    local shared = { x = i, c = "y" }
    local value = { d = { a = shared, b = shared, e = "" }, c = { shared } }
    if i % 3 == 0 then value.c = value end
    if i % 3 == 1 then shared.c = { c = shared } end
    compare(learnt, schema.compile(rule, CODES), value)
  end
end)

test("shapes: values that make one shape are checked each by itself", function()
  local rule = {
    omit_empty = true, additional = false, required = { "email" }, properties = {
      email = { format = "email" }, age = { type = "integer", maximum = 9 },
      tags = { items = { type = "string", max_length = 2 }, max_items = 2 }, free = {},
      sub = { type = "object", omit_empty = true, required = { "a" }, additional = {} },
    },
  }
  local learnt = schema.compile(rule, CODES)
  local emails, ages = { "a@example.com", "no", "", json.null, 1 }, { 1, 10, 1.5, 2.0, "1", false }
  local tags = { {}, { "a" }, { "abc" }, { "a", "b", "c" }, json.array {}, { 1 }, { x = "a" }, "a" }
  local subs = {
    { a = 1 }, { a = "" }, { a = {} }, {}, json.array {}, { 1 }, { a = 1, b = json.null },
  }
  for _, email in ipairs(emails) do
    for _, age in ipairs(ages) do
      for _, tag in ipairs(tags) do
        for _, sub in ipairs(subs) do
          compare(learnt, schema.compile(rule, CODES), {
            email = email, age = age, tags = copy(tag), sub = copy(sub), free = sub,
          })
        end
      end
    end
  end
end)

test("shapes: metatables of a value are not asked", function()
  local function fail() error("asked") end
  local meta = {
    __index = fail, __newindex = fail, __pairs = fail, __len = fail, __eq = fail, __call = fail,
  }
  local rule = { omit_empty = true, properties = { a = {}, b = { type = "object" } } }
  local learnt = schema.compile(rule, CODES)
  for i = 1, 20 do
    local draft <close> = json.draft()
    local value = setmetatable({ a = i, c = "", b = setmetatable({ x = 1 }, meta) }, meta)
    equal(learnt:check(value, draft), nil)
    equal(draft:text(), '{"a":' .. i .. ',"b":{"x":1}}')
  end
end)

test("shapes: the order of each draft is kept", function()
  local learnt = schema.compile({}, CODES)
  for i = 1, 200 do
    local order = i % 2 == 0 and { c = 1 } or { b = 1, a = 2 }
    local draft <close> = json.draft(order)
    local plain <close> = json.draft()
    local value = { a = { c = 1, b = 2 }, b = 2, c = 3 }
    learnt:check(value, draft)
    learnt:check(value, plain)
    equal(draft:text(), json.encode(value, order))
    equal(plain:text(), json.encode(value))
  end
end)

test("shapes: values nested to the limit of JSON and beyond", function()
  local rule = { warn = {} }
  rule.additional = rule
  rule.warn.additional, rule.items = rule.warn, rule
  local learnt = schema.compile(rule, CODES)
  for depth = 196, 203 do
    for _, inside in ipairs { "x", true } do
      for _ = 1, 3 do
        local value = inside
        for _ = 1, depth do value = { a = value, l = { value == inside and 1 or 2 } } end
        compare(learnt, schema.compile(rule, CODES), value)
      end
    end
  end
end)

test("shapes: a check may use the same validator while a shape is in use", function()
  local validator
  local rule = { properties = { inner = { check = function(value)
    for i = 1, 3 do
      local draft <close> = json.draft()
      validator:check({ [value.name .. i] = {} }, draft)
      collectgarbage()
    end
  end } } }
  validator = schema.compile(rule, CODES)
  for i = 1, 60 do
    local draft <close> = json.draft()
    validator:check({ inner = { name = "n" .. i }, z = i }, draft)
    equal(draft:text(), '{"inner":{"name":"n' .. i .. '"},"z":' .. i .. "}")
  end
end)

---A rule whose objects have rules of their own, so that each has its own credit for shapes.
local function many_objects(n)
  local properties = {}
  for i = 1, n do properties["o" .. i] = { type = "object", additional = { max_length = 1 } } end
  return { type = "object", properties = properties }
end

test("shapes: the table is bounded, and shapes that were evicted are learnt again", function()
  math.randomseed(7)
  local learnt = schema.compile(many_objects(40), CODES)
  for round = 1, 300 do
    local value = {}
    for i = 1, 40 do
      local object = {}
      for bit = 0, 5 do
        if (round + i) & 1 << bit ~= 0 then object["k" .. bit] = tostring(round % 10) end
      end
      value["o" .. i] = object
    end
    local draft <close> = json.draft()
    equal(learnt:check(value, draft), nil)
    equal(draft:text(), json.encode(value))
    if round % 50 == 0 then collectgarbage() end
  end
  local known, used = learnt:shapes()
  assert(known > 400 and known <= 512, "known shapes: " .. known)
  assert(used > 2 * 512, "used shapes: " .. used)
end)

---KiB in use after `n` more users whose keys are data.
local function after(n, validator, from)
  local draft <close> = json.draft()
  for i = from, from + n - 1 do
    validator:check({ a = { ["key" .. i] = i, ["other" .. i] = "x" }, ["u" .. i] = i }, draft)
  end
  collectgarbage()
  collectgarbage()
  return collectgarbage("count")
end

test("shapes: keys that are data cost neither memory nor shapes", function()
  local validator = schema.compile({ properties = { a = { additional = {} } } }, CODES)
  local before = after(20000, validator, 1)
  local _, used = validator:shapes()
  local later = after(60000, validator, 20001)
  assert(later - before < 200, "KiB: " .. later - before) -- 60,000 shapes: 15,000
  assert(select(2, validator:shapes()) - used < 60000 / 20, "shapes were learnt all the time")
end)

test("shapes: very long names are not kept", function()
  local validator, draft <close> = schema.compile({ additional = {} }, CODES), json.draft()
  for i = 1, 10 do
    local value = { a = { [("k"):rep(5000)] = i } }
    validator:check(value, draft)
    equal(draft:text(), json.encode(value))
  end
  equal((validator:shapes()), 1)
end)

test("shapes: a known shape is checked and written without garbage", function()
  local validator, draft <close> = schema.compile({ additional = {} }, CODES), json.draft()
  local value = { a = { b = { c = "d" } }, e = { 1, 2 }, f = true }
  for _ = 1, 5 do validator:check(value, draft) end
  local _, before = validator:shapes()
  collectgarbage("stop")
  local size = collectgarbage("count")
  for _ = 1, 1000 do validator:check(value, draft) end
  size = collectgarbage("count") - size
  collectgarbage("restart")
  assert(size < 1, "KiB of garbage: " .. size)
  equal(select(2, validator:shapes()) - before, 3 * 1000)
end)
