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

test("what is no string is misuse", function()
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
