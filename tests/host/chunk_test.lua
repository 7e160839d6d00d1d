--- host.chunk: exact accounting of bytes, durable files, places.

local chunk = require "host.chunk"
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

test("a draft is added unchanged, an empty one not at all", function()
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

test("what values lose is noted in their order, by runs of the same number", function()
  local writer <close> = chunk.new(1000)
  tap.equal(writer:lost(), nil)
  local function add(...)
    for _, lost in ipairs { ... } do assert(writer:add(1, 1, "x", nil, nil, lost)) end
    return writer:lost()
  end
  tap.equal(add(0, 0), nil)
  tap.equal(add(3), "0*2 3")
  tap.equal(add(3, 3, 0, 1), "0*2 3*3 0 1")
  tap.equal(add(1), "0*2 3*3 0 1*2")
  assert(writer:add(1, 1, "x"))
  tap.equal(writer:lost(), "0*2 3*3 0 1*2 0")
  writer:reset()
  tap.equal({ writer:lost(), add(5) }, { nil, "5" })
  tap.raises(function() writer:add(1, 1, "x", nil, nil, -1) end, "losses have a number")
end)

test("a value that does not fit loses nothing", function()
  local writer <close> = chunk.new(#"[1,2]")
  assert(writer:add(1, 1, "x", nil, nil, 7) and writer:add(2, 2, "x", nil, nil, 7))
  tap.equal(select(3, writer:add(3, 3, "x", nil, nil, 9)), "full")
  tap.equal(writer:lost(), "7*2")
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

test("save writes the array to a private file and returns its digest", function()
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

test("a chunk that cannot be saved reports why and leaves no file", function()
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

test("places are returned in order, whatever the names contain", function()
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
    tap.contains(message, "invalid")
  end
end)

test("values returns index, value and raw text", function()
  local seen = {}
  for i, value, raw in chunk.values ' [ {"a":1} , "x,]" ,null,[ 2 ], 3.0 ] ' do
    seen[i] = { value, raw }
  end
  tap.equal(seen, { { { a = 1 }, '{"a":1}' }, { "x,]", '"x,]"' }, { json.null, "null" },
    { { 2 }, "[ 2 ]" }, { 3.0, "3.0" } })
  for _ in chunk.values "[]" do error("none expected") end
  for _ in chunk.values " [ ] " do error("none expected") end
end)

test("values raises for what is not an array", function()
  for _, text in ipairs { "", "{}", "1", "[1", "[1,]", "[1]x", "[1 2]", "[,1]", '["\xff"]' } do
    tap.raises(function() for _ in chunk.values(text) do end end, "invalid JSON at byte")
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
