local file = require "host.file"
local lookup = require "host.lookup"
local process = require "host.process"
local tap = require "tests.tap"
local contains, test, equal, raises = tap.contains, tap.test, tap.equal, tap.raises

---A finished lookup of `{key, text}`.
local function filled(entries)
  local found = assert(lookup.new())
  for _, entry in ipairs(entries) do assert(found:add(entry[1], entry[2])) end
  assert(found:finish())
  return found
end

---The texts that were not returned, with their places.
local function unused(found)
  local list, row, text, at = {}, found:unused()
  while row do
    list[#list + 1] = { text, at }
    row, text, at = found:unused(row)
  end
  assert(text == nil)
  return list
end

test("texts that were never returned are listed in the order of adding", function()
  local found <close> = assert(lookup.new())
  for i = 1, 20 do assert(found:add(i % 2 == 0 and "even" or "k" .. i, "t" .. i, "at " .. i)) end
  assert(found:add(nil, "no key", "at 21"))
  assert(found:add("k22", "no place"))
  assert(found:finish())
  equal({ found:count(), #unused(found), unused(found)[1] }, { 21, 22, { "t1", "at 1" } })
  equal({ found:get("even"), found:get("k3"), found:get("none") }, { "t2", "t3" })
  local list = unused(found)
  equal({ #list, list[1], list[2], list[19], list[20] },
    { 20, { "t1", "at 1" }, { "t4", "at 4" }, { "no key", "at 21" }, { "no place" } })
  found:all("even")
  for i = 1, 19 do found:get("k" .. i) end
  equal(unused(found), { { "no key", "at 21" }, { "no place" } })
  found:get("k22")
  equal(unused(found), { { "no key", "at 21" } })
  equal({ found:unused(21), found:unused(1000) }, {})
end)

test("what is not used is exact for every count of texts", function()
  for n = 0, 40 do
    local found <close> = assert(lookup.new())
    for i = 1, n do assert(found:add("k" .. i, tostring(i))) end
    assert(found:finish())
    for i = 1, n do
      if i % 3 ~= 0 and i // 8 ~= 2 then found:get("k" .. i) end
    end
    local expected = {}
    for i = 1, n do
      if i % 3 == 0 or i // 8 == 2 then expected[#expected + 1] = { tostring(i) } end
    end
    equal(unused(found), expected)
  end
end)

test("a text is found by its key, the first that was added", function()
  local found <close> = filled { { "b", "1" }, { "a", "2" }, { "b", "3" } }
  equal({ found:get("a"), found:get("b"), found:count() }, { "2", "1", 3 })
end)

test("all texts of a key come in the order of adding", function()
  local found <close> = filled { { "b", "9" }, { "a", "x" }, { "b", "1" }, { "b", "5" } }
  equal(found:all("b"), { "9", "1", "5" })
end)

test("a key that is missing has nothing, and no message", function()
  local found <close> = filled {}
  equal(table.pack(found:get("a")), { n = 1 })
  equal(found:all("a"), {})
  equal(found:count(), 0)
end)

test("keys and texts are bytes", function()
  local found <close> = filled {
    { "a\0b", "x\0\255y" }, { "a", "" }, { "", "empty" }, { "7", "8" },
  }
  equal({ found:get("a\0b"), found:get("a"), found:get(""), found:get("7") },
    { "x\0\255y", "", "empty", "8" })
  equal({ found:get("A"), found:get("07") }, {})
end)

test("a long text comes back unchanged", function()
  local text = ("0123456789"):rep(300000)
  local found <close> = filled { { "a", text } }
  assert(found:get("a") == text)
end)

test("adding ends before looking up begins", function()
  local found <close> = assert(lookup.new())
  raises(function() found:get("a") end, "is not finished")
  raises(function() found:all("a") end, "is not finished")
  raises(function() found:unused() end, "is not finished")
  assert(found:finish())
  raises(function() found:add("a", "b") end, "is finished")
  raises(function() found:finish() end, "is finished")
end)

test("a closed lookup cannot be used, and may be closed again", function()
  local found = filled { { "a", "1" } }
  found:close()
  found:close()
  equal(found:count(), 1)
  raises(function() found:get("a") end, "the lookup is closed")
  local adding = assert(lookup.new())
  adding:close()
  raises(function() adding:add("a", "1") end, "the lookup is closed")
end)

test("what is not a string is misuse", function()
  local found <close> = assert(lookup.new())
  raises(function() found:add(1, "x") end, "string expected")
  raises(function() found:add("x", nil) end, "string expected")
  assert(found:finish())
  raises(function() found:get(nil) end, "string expected")
end)

test("a disk without room is full, and ends the lookup", function()
  local folder = assert(file.temporary())
  assert(file.write(folder .. "/script.lua", [[
    local found = require "host.lookup".new()
    local done, message, kind
    repeat done, message, kind = found:add("key", ("x"):rep(100000)) until not done
    print(kind, message)
    print(select(2, pcall(found.add, found, "key", "text")))]]))
  assert(os.execute(string.format("(ulimit -f 8000; exec %s --run %s/script.lua) >%s/out 2>&1",
    process.program(), folder, folder)))
  local said = assert(file.read(folder .. "/out"))
  assert(file.remove_tree(folder))
  contains(said, "full\twriting the temporary database of a lookup: ")
  contains(said, "the lookup is closed")
end)
