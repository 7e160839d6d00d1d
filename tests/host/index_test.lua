local tap = require "tests.tap"
local file = require "host.file"
local index = require "host.index"
local test, equal, contains, raises = tap.test, tap.equal, tap.contains, tap.raises

---Runs `fn` with a fresh set and its folder. `unique`: a flag for each field.
local function with_set(unique, fn)
  local folder = assert(file.temporary())
  local fields = unique and {}
  for i, flag in ipairs(unique or {}) do fields[i] = { unique = flag } end
  local set <close> = assert(index.new(folder .. "/spool", fields))
  local ok, message = xpcall(fn, debug.traceback, set, folder)
  assert(file.remove_tree(folder))
  if not ok then error(message, 0) end
end

test("a new key is accepted, a known one returns its holder", function()
  with_set(nil, function(set)
    equal(set:put("a", 7), nil)
    equal(set:put("b", 8), nil)
    equal(set:put("a", 9), 7)
    equal({ set:get "a", set:get "b" }, { 7, 8 })
    equal(set:get "c", nil)
    equal(set:count(), 2)
  end)
end)

local KEYS <const> = {
  { "the empty key", "" }, { "a zero byte", "\0" }, { "two zero bytes", "\0\0" },
  { "8 bytes", "12345678" }, { "9 bytes", "123456789" },
  { "as many as are read at once", ("k"):rep(1024) },
  { "more than the buffer", ("k"):rep(9000) }, { "a megabyte", ("k"):rep(1 << 20) },
  { "a megabyte that ends otherwise", ("k"):rep((1 << 20) - 1) .. "l" },
}
test("keys of any length and content are distinguished", function()
  with_set(nil, function(set)
    for round = 1, 2 do
      for i, case in ipairs(KEYS) do
        equal(set:put(case[2], i * round), round == 2 and i or nil, case[1])
      end
    end
    for i, case in ipairs(KEYS) do equal(set:get(case[2]), i, case[1]) end
    equal(set:count(), #KEYS)
  end)
end)

test("positions of 64 bits are returned", function()
  with_set(nil, function(set)
    for i, position in ipairs { 0, -1, math.maxinteger, math.mininteger } do
      set:put("key" .. i, position)
      equal(set:get("key" .. i), position)
    end
  end)
end)

test("200000 keys are exact, and cost at most 16 bytes each at any count", function()
  with_set(nil, function(set)
    local worst = 0
    for i = 1, 200000 do
      if set:put("user" .. i .. "@example.com", i) ~= nil then error("new key held: " .. i) end
      if i >= 10000 and i % 500 == 0 then worst = math.max(worst, set:memory() / i) end
    end
    equal(set:count(), 200000)
    assert(worst <= 16, "bytes a key: " .. worst)
    for i = 1, 200000, 7 do
      if set:get("user" .. i .. "@example.com") ~= i then error("lost: " .. i) end
      if set:get("nobody" .. i .. "@example.com") ~= nil then error("made up: " .. i) end
    end
  end)
end)

test("a value in another field is another key", function()
  with_set({ true, true }, function(set)
    equal(set:add(1, "ann", "bob"), nil)
    equal(set:add(2, "bob", "ann"), nil)
    equal({ set:get("ann", 1), set:get("ann", 2) }, { 1, 2 })
    equal(set:count(), 4)
  end)
end)

-- what is added after (1: "a", "b", "c") and (2: "x", nil, "z"); the third field is not unique
local CLASHES <const> = {
  { "nothing shared", { "n", "n", "c" }, {} },
  { "all equal", { "a", "b", "c" }, { 1, 7, 0, false } },
  { "the second alone", { nil, "b", nil }, { 1, 2, 0, false } },
  { "one equal, two different", { "a", "n", "n" }, { 1, 1, 6, false } },
  { "a field that the earlier lacks", { "x", "n", "z" }, { 2, 5, 0, false } },
  { "two holders", { "x", "b", nil }, { 2, 1, 0, true } },
  { "two holders, the first field counts", { "a", nil, "z" }, { 1, 1, 4, false } },
  { "no field at all", {}, {} },
}
for _, case in ipairs(CLASHES) do
  test("a record with " .. case[1] .. " is compared with the holder", function()
    with_set({ true, true, false }, function(set)
      set:add(1, "a", "b", "c")
      set:add(2, "x", nil, "z")
      local new = case[2]
      equal({ set:add(3, new[1], new[2], new[3]) }, case[3])
    end)
  end)
end

test("a conflicting record leaves none of its keys", function()
  with_set({ true, true }, function(set)
    set:add(1, "a", "b")
    equal((set:add(2, "a", "new")), 1)
    equal(set:get("new", 2), nil)
    equal(set:count(), 2)
  end)
end)

test("a field that folds case finds a key in any case, a long one too", function()
  local folder = assert(file.temporary())
  local folded = { unique = true, fold = true }
  local fields = { folded, folded, { unique = true } }
  local set <close> = assert(index.new(folder .. "/spool", fields))
  assert(file.remove_tree(folder))
  local long = ("Long"):rep(400)
  equal(set:add(1, "Ann@X.de", long, "A"), nil)
  equal({ set:add(2, "aNN@x.DE", long:lower(), "a") }, { 1, 3, 4, false })
  equal({ set:get "ann@x.de", set:get "ANN@X.DE", set:get(long:upper(), 2) }, { 1, 1, 1 })
  equal({ set:get("A", 3), set:get("a", 3) }, { 1, nil })
  equal(set:add(3, "Zo\u{CB}@x.de", nil, "a"), nil)
  equal((set:add(4, "zo\u{EB}@x.de", nil, "b")), 3)
  equal(set:add(5, "zoe@x.de", nil, "c"), nil) -- other letters are distinguished
  equal(set:add(6, ("\u{23A}"):rep(300), nil, "d"), nil) -- longer in lower case
  equal(set:get(("\u{2C65}"):rep(300)), 6)
end)

test("empty values and values that are not text count as absent, a number as its text", function()
  with_set({ true, true, true }, function(set)
    equal(set:add(1, "", {}, 7), nil)
    equal(set:count(), 1)
    equal(set:add(2, "", true, "7"), 1)
  end)
end)

test("the spool has no name, and an existing file of its name is replaced", function()
  with_set(nil, function(set, folder)
    equal(file.list(folder), {})
    assert(file.write(folder .. "/old", "rubbish"))
    local other <close> = assert(index.new(folder .. "/old"))
    equal(other:put("a", 1), nil)
    equal(set:get "a", nil)
    equal(file.list(folder), {})
  end)
end)

test("a missing folder is missing", function()
  local set, message, kind = index.new "/nowhere/spool"
  equal({ set, kind }, { nil, "missing" })
  contains(message, "/nowhere/spool")
end)

test("a closed set raises", function()
  with_set(nil, function(set)
    set:put("a", 1)
    set:close()
    set:close()
    raises(function() set:put("b", 1) end, "closed")
  end)
end)

test("wrong arguments raise", function()
  with_set({ true, false }, function(set)
    raises(function() set:add(1, "a", "b", "c") end, "too many fields")
    raises(function() set:get("a", 2) end, "unique")
    raises(function() set:put(nil, 1) end, "string")
    raises(function() set:put("a", "x") end, "number")
    raises(function() index.new("x", { {}, {}, {}, {}, {}, {}, {}, {}, {} }) end, "1 to 8")
    raises(function() index.new("x", {}) end, "1 to 8")
    raises(function() index.new("x", { true }) end, "table")
  end)
end)
