--- host.schema with random rules on random values, and the rules for users on broken users: both
--- walks must agree, and findings must be complete.

local auth0_schema = require "auth0.schema"
local file = require "host.file"
local json = require "host.json"
local schema = require "host.schema"
local verdict = require "tenant.verdict"
local fuzz = dofile "tests/fuzz/fuzz.lua"
local pick = fuzz.pick

local NAMES <const> = { "a", "b", "c", "email", ("n"):rep(45), "x.y", "$", "" }
local TEXTS <const> = { "", "a", "b", "ab", "a@b.example", "https://x/y", "00ff", "Zm9v", "ä€😀",
  "\xff", ("x"):rep(300), "a\0b", "+4912345" }
local CODES <const> = {}
for _, keyword in ipairs { "type", "min_length", "max_length", "pattern", "format", "enum",
  "minimum", "maximum", "required", "additional", "forbidden", "key_without", "any_required",
  "exclusive", "min_properties", "max_properties", "min_items", "max_items", "max_bytes" } do
  CODES[keyword] = keyword:upper()
end

local rule

local function names()
  local list = {}
  for i = 1, math.random(0, 3) do list[i] = pick(NAMES) end
  return list
end

local function rules(depth)
  local by_name = {}
  for _ = 1, math.random(0, 4) do by_name[pick(NAMES)] = rule(depth - 1) end
  return by_name
end

---Reports some values, the same ones each time.
local function check(v, report)
  if type(v) == "string" and #v % 2 == 1 then report("CHECK", "", "so it is") end
  if type(v) == "table" and v.a then report("CHECK", "a", "so it is") end
end

local TYPES <const> = { "string", "boolean", "integer", "number", "object", "array", "null" }

local FIELDS <const> = {
  type = function() return pick { pick(TYPES), { pick(TYPES), pick(TYPES) } } end,
  min_length = function() return math.random(0, 3) end,
  max_length = function() return math.random(0, 5) end,
  pattern = function()
    return pick { "^a+$", "^[%w_]*b?$", "x", { "^%d$", "(.)%1" }, "^%+?%d+$" }
  end,
  format = function() return pick { "email", "uri", "hex", "base64" } end,
  enum = function() return { pick(TEXTS), pick(TEXTS) } end,
  minimum = function() return math.random(-3, 3) end,
  maximum = function() return math.random(-3, 3) + 0.5 end,
  properties = rules, required = names, forbidden = names, any_required = names, exclusive = names,
  additional = function(depth) return pick { true, false, rule(depth - 1) } end,
  key_without = function() return pick { ".$", "a", "" } end,
  min_properties = function() return math.random(0, 2) end,
  max_properties = function() return math.random(0, 3) end,
  max_bytes = function() return math.random(0, 100) end,
  items = function(depth) return rule(depth - 1) end,
  min_items = function() return math.random(0, 2) end,
  max_items = function() return math.random(0, 2) end,
  switch = function(depth) return { on = pick(NAMES), cases = rules(depth), default = rule(0) } end,
  check = function() return check end,
  omit_empty = function() return true end,
  warn = function(depth) return rule(depth - 1) end,
}
local FIELD_NAMES <const> = {}
for name in pairs(FIELDS) do FIELD_NAMES[#FIELD_NAMES + 1] = name end
table.sort(FIELD_NAMES)

function rule(depth)
  local made = {}
  if depth < 0 then return made end
  for _ = 1, math.random(0, 4) do
    local name = pick(FIELD_NAMES)
    made[name] = FIELDS[name](depth)
  end
  return made
end

local value
local with_odd_names -- objects have names that are not strings, which the quick walk may skip

local MAKERS <const> = {
  function() return pick(TEXTS) end, function() return pick(TEXTS) end,
  function() return math.random(-5, 5) end, function() return math.random() * 4 end,
  function() return pick { true, false, json.null, 0 / 0, math.huge, io.stdout, print } end,
  function(depth)
    local list = {}
    for i = 1, math.random(0, 3) do list[i] = value(depth - 1) end
    return pick { list, json.array(list) }
  end,
  function(depth)
    local object = {}
    for _ = 1, math.random(0, 5) do object[pick(NAMES)] = value(depth - 1) end
    if with_odd_names then object[pick { 1, 3, 0.5, true }] = 1 end
    return object
  end,
}

function value(depth)
  return MAKERS[depth > 0 and math.random(#MAKERS) or math.random(5)](depth)
end

local function look(findings)
  assert(findings == nil or #findings > 0)
  for _, finding in ipairs(findings or {}) do
    assert(type(finding.path) == "string" and type(finding.message) == "string")
    assert(finding.keyword)
  end
end

local users = {}
for line in assert(file.read("tests/recipes/auth0/users.ndjson")):gmatch("[^\n]+") do
  users[#users + 1] = line
end
local words = { '"email":"x",', '"user_metadata":{"a.b":1},', "null", "{}", "[]", '""', "true", "1",
  '"password_hash":"$2b$10$x",', '"custom_password_hash":{"algorithm":"md5","hash":{}},' }
local validator = schema.compile(auth0_schema.rule({}), auth0_schema.CODES)

local strict = verdict.validator({ unique = { email = true } }, {})

---What is accepted by its text is accepted as a value.
local function agree(by, text)
  if by:accepts(text, 1, #text, "email", "username") then
    assert(not by:check(json.decode(text)), text)
  end
end

---The messages at and below `path`. The quick walk does not count the bytes of members without
---rules.
local function messages(findings, path)
  local list = {}
  for _, finding in ipairs(findings or {}) do
    if finding.path:sub(1, #path) == path and not finding.message:find("^Value takes about") then
      list[#list + 1] = finding.message
    end
  end
  return list
end

return fuzz.run(..., function()
  local rules_of_v = rule(3)
  local made = schema.compile(rules_of_v, CODES)
  local around = schema.compile({
    properties = { v = rules_of_v }, required = { "missing" },
  }, CODES)
  with_odd_names = math.random(10) == 1
  for _ = 1, 10 do
    local v = value(4)
    look(made:check(v)) -- removes what is empty
    local findings = made:check(v)
    look(findings)
    local alone, thorough = messages(findings, ""), messages(around:check({ v = v }), "v")
    assert(with_odd_names or #thorough == #alone, json.encode({ thorough, alone }))
    local text = json.encode(v)
    if text then agree(made, text) end
  end
  local text = fuzz.broken(users, words)
  local user = json.decode(text)
  if user then look(validator:check(user)) end
  if user then agree(strict, text) end
  for _, places in ipairs { { 1, #text }, { 1, math.max(1, #text // 2) } } do
    if text ~= "" then strict:accepts(text, places[1], places[2], "email") end
  end
end)
