--- host.chunk: exact accounting of bytes, durable files, places.

local chunk = require "host.chunk"
local digest = require "host.digest"
local file = require "host.file"
local json = require "host.json"
local schema = require "host.schema"
local tap = require "tests.tap"
local test = tap.test

test("a value of exactly the limit fits, one byte more does not", function()
  local writer <close> = chunk.new(6)
  tap.equal(writer:add("ab", 1, "x:1"), 4)
  tap.equal({ writer:text(), writer:size(), writer:count() }, { '["ab"]', 6, 1 })
  writer:reset()
  local bytes, _, kind, large = writer:add("abc", 1, "x:1")
  tap.equal({ bytes, kind, large }, { nil, "full", 5 })
  tap.equal({ writer:text(), writer:size(), writer:count() }, { "[]", 2, 0 })
end)

test("a draft is added as it stands, an empty one not at all", function()
  local writer <close> = chunk.new(100)
  local draft <close> = json.draft()
  local validator = schema.compile({ max_length = 3 }, { type = "T", max_length = "L" })
  tap.equal(validator:check("abc", draft), nil)
  tap.equal(writer:add("other", 1, "x:1", nil, draft), 5)
  assert(validator:check("abcd", draft))
  tap.equal(writer:add("other", 2, "x:2", nil, draft), 7)
  tap.equal(writer:text(), '["abc","other"]')
end)

test("brackets and commas count", function()
  local writer <close> = chunk.new(7)
  for i = 1, 3 do tap.equal(writer:add(i, i, "x"), 1) end
  local bytes, message, kind, large = writer:add(4, 4, "x")
  tap.equal({ bytes, kind, large }, { nil, "full", nil })
  tap.contains(message, "no room")
  tap.equal({ writer:text(), writer:count() }, { "[1,2,3]", 3 })
end)

test("no chunk could have held the next value too", function()
  local writer <close> = chunk.new(100)
  local sizes = {}
  for i = 1, 500 do
    local value = ("x"):rep(i * 7919 % 61)
    if not writer:add(value, i, "x:" .. i) then
      sizes[#sizes + 1] = writer:size()
      assert(writer:size() + #value + 3 > 100 and writer:size() <= 100)
      assert(#writer:text() == writer:size() and json.decode(writer:text()))
      writer:reset()
      assert(writer:add(value, i, "x:" .. i))
    end
  end
  assert(#sizes > 100)
end)

test("a value no chunk can hold says its size and leaves the chunk as it was", function()
  local writer <close> = chunk.new(20)
  assert(writer:add({ a = 1 }, 1, "x"))
  local bytes, message, kind, large = writer:add(("y"):rep(100000), 2, "x")
  tap.equal({ bytes, kind, large }, { nil, "full", 100002 })
  tap.contains(message, "100002")
  tap.equal(writer:text(), '[{"a":1}]')
  assert(writer:add(2, 3, "x"))
  tap.equal(writer:text(), '[{"a":1},2]')
end)

test("a count limit holds as well", function()
  local writer <close> = chunk.new(100, 2)
  assert(writer:add(1, 1, "x") and writer:add(2, 2, "x"))
  tap.equal(select(3, writer:add(3, 3, "x")), "full")
  writer:reset()
  assert(writer:add(3, 3, "x"))
end)

test("what JSON cannot hold leaves nothing behind", function()
  local writer <close> = chunk.new(1000)
  for _, count in ipairs { 0, 1 } do
    local bytes, message, kind = writer:add({ a = { "x", print } }, 1, "x")
    tap.equal({ bytes, kind }, { nil, "parse" })
    tap.contains(message, "a[1] cannot be written as JSON: a function")
    tap.equal(writer:count(), count)
    assert(count == 1 or writer:add(7, 1, "x"))
  end
  tap.equal({ writer:text(), #chunk.places(writer:places()) }, { "[7]", 1 })
end)

test("members with a rank come first", function()
  local writer <close> = chunk.new(1000)
  assert(writer:add({ a = 1, z = 2 }, 1, "x", { z = 1 }))
  tap.equal(writer:text(), '[{"z":2,"a":1}]')
end)

test("save writes the array, private, and gives its digest", function()
  local folder = assert(file.temporary())
  local path = folder .. "/000001.json"
  local writer <close> = chunk.new(100)
  assert(writer:add({ a = "é" }, 1, "x"))
  assert(file.write(path .. ".tmp", "left by a killed run"))
  for _ = 1, 2 do
    local sha = assert(writer:save(path))
    tap.equal(assert(file.read(path)), '[{"a":"é"}]')
    tap.equal(sha, "5429e4a46f6e50c9284e77f70563185324b5633ac974a5af0abbacd1e33f3ef6")
  end
  tap.equal(assert(file.stat(path)).mode & 511, 384)
  tap.equal(file.list(folder), { "000001.json" })
  assert(file.remove_tree(folder))
end)

test("a chunk that cannot be saved says why and leaves nothing", function()
  local folder = assert(file.temporary())
  local writer <close> = chunk.new(100)
  assert(writer:add(1, 1, "x"))
  local sha, message, kind = writer:save(folder .. "/none/1.json")
  tap.equal({ sha, kind }, { nil, "missing" })
  tap.contains(message, "1.json")
  assert(file.mkdir(folder .. "/1.json/x"))
  sha, message, kind = writer:save(folder .. "/1.json")
  tap.contains(message, "1.json")
  tap.equal({ sha, kind }, { nil, "io" })
  tap.equal(file.list(folder), { "1.json" })
  assert(file.remove_tree(folder))
end)

test("places come back in order, whatever the names hold", function()
  local writer <close> = chunk.new(10000)
  local names = { "users.csv:18", "", "a\tb\\n\nc\\", "é\r" }
  for i, at in ipairs(names) do assert(writer:add(i, i * 1000, at)) end
  local places = assert(chunk.places(writer:places()))
  tap.equal(#places, #names)
  for i, at in ipairs(names) do tap.equal(places[i], { position = i * 1000, at = at }) end
  writer:reset()
  tap.equal(chunk.places(writer:places()), {})
end)

test("broken places are a failure", function()
  local writer <close> = chunk.new(100)
  assert(writer:add(1, 1, "x"))
  local packed = writer:places()
  for _, bad in ipairs { "", "x", packed:sub(1, -2), packed:sub(1, 4), packed:sub(5) } do
    local places, message, kind = chunk.places(bad)
    tap.equal({ places, kind }, { nil, "parse" })
    tap.contains(message, "broken")
  end
end)

test("values gives index, value and raw text", function()
  local seen = {}
  for i, value, raw in chunk.values ' [ {"a":1} , "x,]" ,null,[ 2 ], 3.0 ] ' do
    seen[i] = { value, raw }
  end
  tap.equal(seen, { { { a = 1 }, '{"a":1}' }, { "x,]", '"x,]"' }, { json.null, "null" },
    { { 2 }, "[ 2 ]" }, { 3.0, "3.0" } })
  for _ in chunk.values "[]" do error("none expected") end
  for _ in chunk.values " [ ] " do error("none expected") end
end)

test("values raises for what is no array", function()
  for _, text in ipairs { "", "{}", "1", "[1", "[1,]", "[1]x", "[1 2]", "[,1]", '["\xff"]' } do
    tap.raises(function() for _ in chunk.values(text) do end end, "broken JSON at byte")
  end
end)

---{what, JSON of two values that are digested alike}
for _, case in ipairs {
  { "whole numbers, as integers", '[3.0,-7.0,1e2,{"a":-0.0}]', '[3,-7,100,{"a":0}]' },
  { "the largest whole number", "9007199254740992.0", "9007199254740992" },
  { "members in another order", '{"a":1,"b":[2]}', '{"b":[2],"a":1}' },
  { "escapes and the characters they mean", '"\\u00e9\\/"', '"é/"' },
} do
  test("a digest takes as one value " .. case[1], function()
    tap.equal(chunk.digest(json.decode(case[2])), chunk.digest(json.decode(case[3])))
  end)
end

test("a digest tells apart what JSON does", function()
  local seen = {}
  for _, text in ipairs {
    "1", "1.5", "15", '"1"', '"1.0"', '"3"', '"3.0"', "[]", "{}", '""', "null", "true", "1e20",
    '"1e20"', '{"1.0":1}', '{"1":1}', '"\\"1.0"', '"\\\\"', "[1.0,2]", "[12]", "[1,12]",
  } do
    local value = assert(chunk.digest(json.decode(text)))
    tap.equal({ #value, value:find("^%x+$") ~= nil }, { 16, true })
    tap.equal(seen[value], nil, text)
    seen[value] = text
  end
end)

test("the digest of a value is that of its JSON", function()
  for _, value in ipairs { "Zoë \"\\", 7, -0.5, { a = { "x", { b = 1 } } }, true } do
    tap.equal(chunk.digest(value),
      digest.hex(digest.hash("sha256", json.encode(value))):sub(1, 16))
  end
  tap.equal({ select(3, chunk.digest("\xff")) }, { "parse" })
end)

test("digests of the objects of an array are those of their values, read one by one", function()
  local users = {
    { id = "1", email = "zoë@example.com", n = 3.0, big = 1e300,
      deep = { b = { 1.0, "x" }, a = {} } },
    json.decode "{}",
    { email = "\n", list = json.array {}, ["\"n\\"] = json.null, off = false },
  }
  local writer <close> = chunk.new(10000)
  for i, user in ipairs(users) do assert(writer:add(user, i, "x", { email = 1 })) end
  local outlines = assert(chunk.digests(writer:text(), { "id", "email", "none" }))
  tap.equal(#outlines, #users)
  for i, user in ipairs(users) do
    local digests = {}
    for name, value in pairs(user) do digests[name] = chunk.digest(value) end
    tap.equal(outlines[i], { id = user.id, email = user.email, digests = digests })
  end
  tap.equal({ chunk.digests("[]", {}), chunk.digests(" [ ] ", {}) }, { {}, {} })
end)

test("digests of what is no array of objects are a failure that names the byte", function()
  for _, text in ipairs { "", "{}", "[1]", "[{}", "[{},]", "[{}]x", '[{"a"}]', '[{"a":1,}]',
    '[{"a":"\xff"}]', "[[]]" } do
    local outlines, message, kind = chunk.digests(text, {})
    tap.equal({ outlines, kind }, { nil, "parse" }, text)
    tap.contains(message, "broken JSON at byte")
  end
end)

test("misuse raises", function()
  for _, limit in ipairs { 0, 2, -1 } do
    tap.raises(function() chunk.new(limit) end)
  end
  tap.raises(function() chunk.new(100, 0) end)
  local writer = chunk.new(100)
  tap.raises(function() writer:add(1) end)
  tap.raises(function() writer:add(1, 1, "x", "order") end)
  writer:close()
  writer:close()
  tap.raises(function() writer:add(1, 1, "x") end, "closed")
  tap.raises(function() writer:text() end, "closed")
end)
