local bounded = require "host.bounded"
local compare = require "tests.host.bounded_compare"
local tap = require "tests.tap"
local test, equal, raises = tap.test, tap.equal, tap.raises

local same = compare.same

---@param cases any[][]  arguments
local function same_strings(name, cases)
  for _, case in ipairs(cases) do same("string", name, table.unpack(case)) end
end

local function names(of)
  local list = {}
  for name, fn in pairs(of) do
    assert(type(fn) == "function", name)
    list[#list + 1] = name
  end
  table.sort(list)
  return table.concat(list, " ")
end

-- -- the module

test("the functions are those of Lua without string.dump", function()
  equal(names(bounded.string), (names(string):gsub("dump ", "")))
  equal(names(bounded.table), names(table))
end)

test("each open returns new tables and leaves the metatable of strings alone", function()
  local metatable, index = getmetatable(""), getmetatable("").__index
  package.loaded["host.bounded"] = nil
  local other = require "host.bounded"
  assert(other.string ~= bounded.string and other.table ~= bounded.table)
  assert(getmetatable("") == metatable and metatable.__index == index)
end)

test("a function replaced in the string library is not used", function()
  local lower = string.lower
  rawset(string, "lower", error)
  local ok, result = pcall(bounded.string.lower, "ABC")
  rawset(string, "lower", lower)
  assert(ok)
  equal(result, "abc")
end)

-- -- patterns

test("find and match return what Lua's return", function()
  local cases = {
    { "", "" }, { "abc", "" }, { "abc", "", 4 }, { "abc", "", 5 }, { "abc", "b", -1 },
    { "abc", "b", -2 }, { "abc", "b", -9 }, { "abc", "b", 0 }, { "abc", ".", math.mininteger },
    { "abc", ".", math.maxinteger }, { "a.b", ".", 2, true }, { "a+b", "+", 1, true },
    { "abc", "bc", 1, true }, { "abc", "abcd", 1, true }, { "a)b", ")" }, { "a]b", "]" },
    { "a)b", ")", 1, true }, { "a\0b", "\0" }, { "a\0b", "%z" }, { "a\0b", "[%z]" },
    { "a\0b\0", "b\0$" }, { "^a", "^^a" }, { "a^", "a^" }, { "a$b", "a$b" }, { "a$", "%$$" },
    { "key = value", "^(%w+)%s*=%s*(%w+)$" }, { "THE (quick) fox", "%((%a+)%)" },
    { "THE (quick) fox", "%f[%a]%a+%f[%A]", 5 }, { "x", "%f[%z]" }, { "x", "%f[%Z]x%f[%z]" },
    { "((a)b)c", "%b()" }, { "((a)b", "%b()" }, { "aXXa", "%baa" }, { "aa", "%bab" },
    { "abab", "(ab)%1" }, { "abab", "()ab()%2" }, { "aa", "((a)%2)" }, { "abc", "()" },
    { "[]]", "[]]+" }, { "[]^", "[^]]" }, { "a-b", "[a-]+" }, { "a-b", "[-b]+" }, { "5", "[%d-z]" },
    { "z-a", "[z-a]+" }, { "^", "[a^]" }, { "]", "[%]]" }, { "x%y", "%%" },
    { "é", "[\xC3][\xA9]" },
    { "\xFF", "[\x80-\xFF]" }, { "\xFF", "%a" }, { "aaab", "a-b" }, { "aaab", "a+b" },
    { "aaab", "a?b" }, { "aaa", "^a-$" }, { "-", "--" }, { "aXb", "a%Xb" }, { 123, 2 },
    { 12.5, "%d+%.(%d)" }, { "a\nb", "a.b" }, { "abc", "(a)(b)(c)" }, { "abc", "(a(b(c)))" },
  }
  same_strings("find", cases)
  same_strings("match", cases)
end)

test("malformed patterns have Lua's messages", function()
  local cases = {
    { "abc", "%" }, { "abc", "a%" }, { "abc", "z%" }, { "abc", "[a" }, { "abc", "[" },
    { "abc", "[]" }, { "abc", "[^]" }, { "abc", "[a%" }, { "abc", "[a%]" }, { "abc", "%b" },
    { "abc", "%ba" }, { "abc", "%f" }, { "abc", "%fa" }, { "abc", "%f[a" }, { "abc", "(" },
    { "abc", "(a" }, { "abc", "(a))" }, { "abc", "%1" }, { "abc", "(%1)" }, { "abc", "(a)%2" },
    { "abc", "%0" }, { "abc", "a)" }, { "abc", "(()" }, { "abc", "z(" }, { "abc", {} }, { {}, "a" },
    { "abc", "a", "x" }, { "abc" }, { "abc", "a", 1.5 }, { "x", ("("):rep(33) },
    { "x", ("()"):rep(32) }, { "x", ("()"):rep(33) },
  }
  for _, name in ipairs { "find", "match", "gmatch", "gsub" } do same_strings(name, cases) end
end)

test("a pattern is as complex as Lua allows", function()
  for n = 195, 205 do
    local text = ("a"):rep(n)
    for _, item in ipairs { "a?", "a*", "a-", "b?", "a", "a-a" } do
      same("string", "find", text:rep(2), item:rep(n))
    end
    same("string", "match", text, "(a?)" .. ("a?"):rep(n - 3))
  end
end)

test("each byte is in the classes that it is in for Lua", function()
  for class = 0, 255 do
    local all = {}
    for c = 0, 255 do all[c + 1] = string.char(c) end
    local text = table.concat(all)
    if not string.char(class):find("[bf%d]") then
      same("string", "gsub", text, "%" .. string.char(class), "")
    end
    same("string", "gsub", text, "[%" .. string.char(class) .. "]", "")
    same("string", "gsub", text, "[" .. string.char(class) .. "-z]", "")
  end
end)

test("gmatch goes on where Lua's does", function()
  same_strings("gmatch", {
    { "a=1, b=2", "(%w+)=(%w+)" }, { "abc", "" }, { "abc", "b*" }, { "abc", "^a" },
    { "^a^a", "^a" },
    { "abc", ".", 2 }, { "abc", ".", -1 }, { "abc", ".", 4 }, { "abc", "", 4 }, { "abc", "", 9 },
    { "abc", "()", -9 }, { 1234, 2 }, { "abc", ".", "x" }, { "a\0b", "%Z+" },
  })
end)

test("an iterator of gmatch keeps its strings", function()
  local iterator = bounded.string.gmatch(("ab"):rep(50) .. os.time(), "%a" .. ("?"):rep(1))
  collectgarbage()
  collectgarbage()
  equal(iterator(), "a")
  equal(coroutine.wrap(iterator)(), "b")
end)

test("gsub replaces with strings, tables and functions", function()
  local object = setmetatable({}, { __index = function(_, k) return k ~= "b" and k .. k end })
  same_strings("gsub", {
    { "hello world", "o", "0" }, { "hello world", "o", "0", 1 }, { "hello world", "o", "0", 0 },
    { "hello world", "o", "0", -1 }, { "abc", "", "-" }, { "abc", "b*", "-" }, { "abc", "^a", "" },
    { "aaa", "^a", "b" }, { "abc", "%w", "%0%0" }, { "abc", "(a)(b)", "%2%1" },
    { "abc", "a", "%1" },
    { "abc", "a", "%2" }, { "abc", "a", "%" }, { "abc", "a", "%x" }, { "abc", "a", "%%" },
    { "abc", "()", "%1" }, { "abc", "()b", "%1" }, { "abc", "(a", "" }, { "abc", "z(", "" },
    { "abc", "%w", { a = "1", b = true, c = false } }, { "abc", "%w", { a = 1, b = 2.5 } },
    { "abc", "%w", object }, { "abc", "(%w)()", object }, { "abc", "()", { "x", false, 3 } },
    { "abc", "%w", string.upper }, { "abc", "%w", function() end }, { "abc", "(a)()", math.max },
    { "abc", "%w", function(c) return c == "b" and 7 end },
    { "abc", "b", function() return {} end },
    { "abc", "b", error }, { "abc", "b", true }, { "abc", "b" }, { "abc", "b", 5 },
    { "abc", "b", nil, "x" }, { "abc", "b", "x", {} }, { "abc", "$", "x" }, { "abc", ".$", "x" },
    { 123, 2, 4 }, { "a\0b", "\0", "%0%0" }, { "abc", "b", "\0" }, { "abc", ".", ("%0x"):rep(999) },
    { ("x"):rep(5000), ".", "%0y" }, { ("x"):rep(5000), "x", { x = ("z"):rep(10) } },
  })
end)

-- -- the other string functions

test("the other string functions are Lua's", function()
  for name, cases in pairs {
    byte = { { "abc" }, { "abc", 1, -1 }, { "abc", 9 }, { ("x"):rep(20000), 1, -1 }, {} },
    char = { { 65, 66 }, {}, { 256 } }, len = { { "abc" }, { 12 }, {} },
    format = { { "%5.1f|%s|%q", 1.25, "a", "b\n" }, { "%d", "x" }, { "%y" }, { "%s" } },
    lower = { { "ABÄ" }, {} }, upper = { { "abä" }, { 1 } }, reverse = { { "abc" }, { {} } },
    pack = { { "<i4", 100 }, { "z", "a" } }, packsize = { { "i4i8" }, { "s" } },
    unpack = { { "<i4", "\1\0\0\0" }, { "z", "abc" } }, sub = { { "hello", 2, -2 }, { "a" } },
    rep = {
      { "ab", 3 }, { "ab", 3, "," }, { "ab", 0 }, { "ab", -1 }, { "", 10, "" },
      { "x", 1 << 40 }, { "x", 1 << 31 }, { "x", math.maxinteger, "yy" }, { "x" }, { "x", 1, {} },
      { ("x"):rep(30000), 40 },
    },
  } do same_strings(name, cases) end
end)

-- -- what would take minutes

test("patterns that take minutes raise", function()
  local quotes, brackets, letters = ('"'):rep(30000), ("("):rep(1 << 16), ("a"):rep(30000)
  for _, case in ipairs {
    { quotes, ('".-"'):rep(8) .. "b" }, { quotes, ('(".-")'):rep(8) .. "b" },
    { letters:sub(1, 20000), ".-.-.-b" }, { letters, "a*a*b" },
    { letters, "a?" .. (".*"):rep(8) .. "b" },
    { brackets, "%b()" }, { brackets, "[^" .. ("x"):rep(1 << 16) .. "]+y" },
    { letters .. letters, "^(a*).*%1b" }, { letters, letters:sub(1, 15000) .. "[b]" },
    { letters, "x-[" .. ("x"):rep(15000) .. "]" },
  } do
    local what = "takes too long on a text of " .. #case[1] .. " bytes"
    raises(function() bounded.string.find(case[1], case[2]) end, what)
    raises(function() bounded.string.gsub(case[1], case[2], "") end, what)
  end
end)

test("linear work on a long text is not an error", function()
  local text = ("a"):rep(4 << 20)
  local _, n = bounded.string.gsub(text, "a", "b")
  equal(n, #text)
  equal(bounded.string.find(text, "b*$"), #text + 1)
  equal(bounded.string.match(text, "^.-()$"), #text + 1)
end)

test("nothing is repeated at once", function()
  equal(bounded.string.rep("", math.maxinteger), "")
  equal(bounded.string.rep("", math.maxinteger, ""), "")
end)

test("a plain search of a long text is fast", function()
  local text, part = ("a"):rep(4 << 20), ("a"):rep(1 << 20) .. "b"
  local began = os.clock()
  equal(bounded.string.find(text, part, 1, true), nil)
  equal(bounded.string.find(text .. "b", part, 1, true), (3 << 20) + 1)
  assert(os.clock() - began < 2)
end)

-- -- tables

test("the table functions return and raise what Lua's do", function()
  for name, cases in pairs {
    insert = {
      { {}, 1 }, { { 1, 2 }, 1, 0 }, { { 1, 2 }, 3, 0 }, { { 1, 2 }, 4, 0 }, { { 1, 2 }, 0, 0 },
      { {} },
      { { 1 }, 1, 2, 3 }, {}, { 1, 2 }, { "x", 2 }, { { 1 }, "x", 2 }, { { 1 }, nil },
    },
    remove = {
      { {} }, { { 1, 2, 3 } }, { { 1, 2, 3 }, 1 }, { { 1, 2 }, 3 }, { { 1, 2 }, 4 },
      { {}, 0 }, { {}, 1 },
      { {}, -1 }, { { 1, 2 }, 0 }, { { 1 }, "x" }, { 5 }, { { [0] = "z" }, 0 },
    },
    move = {
      { { 1, 2, 3 }, 1, 3, 2 }, { { 1, 2, 3 }, 2, 3, 1 }, { { 1, 2, 3 }, 1, 3, 1, {} },
      { { 1, 2 }, 2, 1, 5 }, { { 1 }, 1, 1 << 62, math.maxinteger }, { { 1 }, 1, 2 },
      { { 1 }, math.mininteger, math.maxinteger, 1 }, { { 1 }, -1, math.maxinteger, 2 },
      { 1, 1, 1, 1 },
      { { 1 }, 1, 1, 1, 5 }, { { 1, 2 }, math.maxinteger - 1, math.maxinteger, -9, {} },
    },
    concat = {
      { {} }, { { 1, "b", 2.5 } }, { { 1, 2 }, ", " },
      { { 1, 2, 3 }, "-", 2, 3 }, { { 1 }, "", 2, 1 },
      { { 1, {} } }, { { 1 }, ",", 1, 3 }, { 1 }, { { 1 }, {} }, { { "x" }, ",", math.maxinteger },
      { { [math.maxinteger] = "x" }, ",", math.maxinteger, math.maxinteger },
    },
    unpack = {
      { { 1, 2, 3 } }, { { 1, 2, 3 }, 2 }, { { 1, 2 }, 1, 4 }, { { 1 }, 2, 1 },
      { {}, 1, 1 << 40 }, {},
      { {}, math.mininteger, math.maxinteger }, { "abc" }, { {}, 1, 1e6 // 1 }, { {}, "x" },
      { { 1 }, math.maxinteger, math.maxinteger },
    },
    sort = {
      { {} }, { { 3, 1, 2 } }, { { "b", "a" } }, { { 1, "a" } }, { { {}, {} } },
      { { 1, 2 }, 5 }, { 5 },
      { { 2, 1 }, nil }, { { 2, 1, 3 }, function(a, b) return a > b end },
      { setmetatable({}, { __len = function() return math.maxinteger end }) },
    },
    pack = { { 1, nil, 3 }, {} },
  } do
    for _, case in ipairs(cases) do same("table", name, table.unpack(case, 1, 5)) end
  end
end)

test("a false order function is an error or an order, not a crash", function()
  local list = {}
  for i = 1, 100 do list[i] = i % 7 end
  for _, less in ipairs { function() return true end, function(a, b) return a <= b end } do
    raises(function() bounded.table.sort(list, less) end, "invalid order function for sorting")
  end
  bounded.table.sort(list, function(a, b) return a ~= b and math.random(2) == 1 end)
  equal(#list, 100)
end)

test("an order that raises leaves the list as it was", function()
  local list = { 3, 1, 2, 5, 4, 9, 8 }
  local function less(a, b) return a < b or a + b < 12 and error("no") end
  raises(function() bounded.table.sort(list, less) end, "no")
  equal(list, { 3, 1, 2, 5, 4, 9, 8 })
end)

test("equal elements keep their order, and long lists are sorted", function()
  local list = {}
  for i = 1, 20000 do list[i] = { key = i * 7919 % 100, at = i } end
  bounded.table.sort(list, function(a, b) return a.key < b.key end)
  for i = 2, #list do
    local a, b = list[i - 1], list[i]
    assert(a.key < b.key or a.key == b.key and a.at < b.at)
  end
end)

test("a list too long to sort is an error", function()
  local list = setmetatable({}, { __len = function() return 900001 end })
  raises(function() bounded.table.sort(list) end, "array too big")
end)
