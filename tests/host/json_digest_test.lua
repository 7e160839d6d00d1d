--- host.json, digests of values: one for what JSON takes as one value.

local digest = require "host.digest"
local json = require "host.json"
local tap = require "tests.tap"
local test = tap.test

---{what, JSON of two values that are digested alike}
for _, case in ipairs {
  { "whole numbers, as integers", '[3.0,-7.0,1e2,{"a":-0.0}]', '[3,-7,100,{"a":0}]' },
  { "the largest whole number", "9007199254740992.0", "9007199254740992" },
  { "members in another order", '{"a":1,"b":[2]}', '{"b":[2],"a":1}' },
  { "escapes and the characters they mean", '"\\u00e9\\/"', '"é/"' },
} do
  test("a digest is equal for " .. case[1], function()
    tap.equal(json.digest(json.decode(case[2])), json.digest(json.decode(case[3])))
  end)
end

test("a digest distinguishes what JSON distinguishes", function()
  local seen = {}
  for _, text in ipairs {
    "1", "1.5", "15", '"1"', '"1.0"', '"3"', '"3.0"', "[]", "{}", '""', "null", "true", "1e20",
    '"1e20"', '{"1.0":1}', '{"1":1}', '"\\"1.0"', '"\\\\"', "[1.0,2]", "[12]", "[1,12]",
  } do
    local value = assert(json.digest(json.decode(text)))
    tap.equal({ #value, value:find("^%x+$") ~= nil }, { 16, true })
    tap.equal(seen[value], nil, text)
    seen[value] = text
  end
end)

test("the digest of a value is that of its JSON", function()
  for _, value in ipairs { "Zoë \"\\", 7, -0.5, { a = { "x", { b = 1 } } }, true } do
    tap.equal(json.digest(value),
      digest.hex(digest.hash("sha256", json.encode(value))):sub(1, 16))
  end
  tap.equal({ select(3, json.digest("\xff")) }, { "parse" })
end)

test("outlines of the objects of an array have the digests of their values", function()
  local users = {
    { id = "1", email = "zoë@example.com", n = 3.0, big = 1e300,
      deep = { b = { 1.0, "x" }, a = {} } },
    json.decode "{}",
    { email = "\n", list = json.array {}, ["\"n\\"] = json.null, off = false },
  }
  local texts = {}
  for i, user in ipairs(users) do texts[i] = assert(json.encode(user, { email = 1 })) end
  local text = "[" .. table.concat(texts, ",") .. "]"
  local outlines = assert(json.outlines(text, { "id", "email", "none" }))
  tap.equal(#outlines, #users)
  for i, user in ipairs(users) do
    local digests = {}
    for name, value in pairs(user) do digests[name] = json.digest(value) end
    tap.equal(json.decode("{" .. outlines[i] .. "}"),
      { id = user.id, email = user.email, digests = digests })
  end
  tap.equal({ json.outlines("[]", {}), json.outlines(" [ ] ", {}) }, { {}, {} })
end)

test("an outline keeps members by name, however it is written, as they are written", function()
  local text = '[{"\\u0069d" : "1" ,"idle":2,"i":3, "email" :\n{"a": 1.0}}]'
  local outline = json.outlines(text, { "id", "email" })[1]
  local kept, digests = outline:match '^(.*),"digests":(%b{})$'
  tap.equal(kept, '"\\u0069d":"1","email":{"a": 1.0}')
  local one, two = json.digest("1"), json.digest(2)
  local decoded = json.decode(digests)
  tap.equal({ decoded.id, decoded.idle }, { one, two })
end)

test("outlines of what is not an array of objects are a failure that names the byte", function()
  for _, text in ipairs { "", "{}", "[1]", "[{}", "[{},]", "[{}]x", '[{"a"}]', '[{"a":1,}]',
    '[{"a":"\xff"}]', "[[]]" } do
    local outlines, message, kind = json.outlines(text, {})
    tap.equal({ outlines, kind }, { nil, "parse" }, text)
    tap.contains(message, "invalid JSON at byte")
  end
end)
