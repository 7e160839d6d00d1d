--- Random patterns, texts and lists: host.bounded does what Lua does.

local same = require("tests.host.bounded_compare").same
local bounded = require "host.bounded"
local tap = require "tests.tap"
local test, equal = tap.test, tap.equal

local PATTERNS <const> = 25000
local LISTS <const> = 4000

-- What is a pattern by itself, and what need not be.
local WHOLE <const> = {
  "a", "b", "1", ".", "%a", "%d", "%A", "[ab]", "[^a]", "[a-b]", "[]a]", "(a)", "(.-)", "(%a+)",
  "()", "(%a)%1", "(()[ab]*)", "((.)%2)", "(a?)", "%b()", "%bab", "%f[a]", "%f[%A]", "%f[%z]",
}
local PARTS <const> = {
  "A", " ", "%s", "%w", "[a-]", "[%a1]", "[^]]", "[", "]", "%", "%%", "%z", "\0", "%(", "(", "(",
  "(", ")", ")", ")", "%1", "%2", "%0", "%b", "%f", "^", "$", "a", "b", ".", "(.)", "(.*)",
}
local QUANTIFIERS <const> = { "*", "+", "-", "?", "", "", "", "" }
local BYTES <const> = { "a", "a", "a", "b", "b", "A", "1", " ", "(", ")", "]", "%", "\0", "-" }

local function one_of(list) return list[math.random(#list)] end

local function joined(n, next)
  local parts = {}
  for i = 1, math.random(0, n) do parts[i] = next() end
  return table.concat(parts)
end

local function pattern()
  local start, stop = math.random(6) == 1 and "^" or "", math.random(6) == 1 and "$" or ""
  local strange = math.random(3) == 1
  local function item()
    return one_of(strange and math.random(2) == 1 and PARTS or WHOLE) .. one_of(QUANTIFIERS)
  end
  return start .. joined(6, item) .. stop
end

local function text() return joined(14, function() return one_of(BYTES) end) end

local REPLACEMENTS <const> = {
  "", "x", "<%0>", "%1", "%2", "%1%1", "%", "%%", "%x", "a%", 12, true,
  { a = "1", b = false, A = 5, aa = "2" }, { [1] = "one", [2] = "two", ab = {} },
  setmetatable({}, { __index = function(_, k) return k ~= "a" and k end }),
  string.upper, function() return nil end, function(_, b) return b end,
  function(...) return ... end, function(a) return a == "b" and {} or nil end,
  function(a) return a == "a" and error("no") or "z" end,
}

test("random patterns find and replace what they do in Lua", function()
  math.randomseed(20240229)
  for _ = 1, PATTERNS do
    local subject, searched, start = text(), pattern(), math.random(4) == 1 and math.random(-16, 16)
    same("string", "find", subject, searched, start or nil)
    same("string", "match", subject, searched, start or nil)
    same("string", "gmatch", subject, searched, start or nil)
    same("string", "gsub", subject, searched, one_of(REPLACEMENTS),
      math.random(4) == 1 and math.random(-1, 3) or nil)
    same("string", "find", subject, text():sub(1, 3), start or nil, true)
  end
end)

test("plain searches of longer texts find what they do in Lua", function()
  for _ = 1, 2000 do
    local subject = joined(600, function() return math.random(9) > 1 and "a" or "b" end)
    local part = joined(12, function() return math.random(9) > 1 and "a" or "b" end)
    same("string", "find", subject, part, math.random(-600, 600), true)
  end
end)

-- -- lists

local function list()
  local values = {}
  for i = 1, math.random(0, 12) do values[i] = math.random(20) end
  return values
end

---A list behind metamethods, and the record of how it is used.
local function proxy(values, says)
  local log = {}
  return setmetatable({}, {
    __index = function(_, k)
      log[#log + 1] = "get " .. k
      return values[k]
    end,
    __newindex = function(_, k, v)
      log[#log + 1] = "set " .. k .. " " .. tostring(v)
      values[k] = v
    end,
    __len = function() return says or #values end,
  }), log
end

local CALLS <const> = {
  insert = function() return math.random(20) end,
  ["insert "] = function() return math.random(-1, 14), math.random(20) end,
  remove = function() return math.random(-1, 14) end,
  ["remove "] = function() end,
  concat = function() return one_of { ",", "", "--" }, math.random(-1, 5), math.random(0, 13) end,
  unpack = function() return math.random(-3, 5), math.random(-3, 16) end,
  move = function() return math.random(-2, 6), math.random(-2, 13), math.random(-4, 14) end,
}

test("random calls change lists as Lua does", function()
  math.randomseed(7)
  for _ = 1, LISTS do
    for call, next in pairs(CALLS) do
      same("table", call:match("%a+"), list(), next())
    end
    same("table", "move", list(), 1, math.random(0, 9), math.random(1, 9), list())
    same("table", "sort", list(), one_of { false, math.ult } or nil)
  end
end)

test("random calls use metamethods in Lua's order", function()
  math.randomseed(8)
  for _ = 1, LISTS do
    for call, next in pairs(CALLS) do
      local name, values, given = call:match("%a+"), list(), table.pack(next())
      local says = math.random(3) == 1 and math.random(-2, 9) or nil
      local logs, results = {}, {}
      for i, library in ipairs { bounded.table, table } do
        local object, log = proxy(table.move(values, 1, #values, 1, {}), says)
        local result = table.pack(pcall(library[name], object, table.unpack(given, 1, given.n)))
        if not result[1] or result[2] == object then result[2] = nil end
        logs[i], results[i] = log, result
      end
      equal(logs[1], logs[2], name)
      equal(results[1], results[2], name)
    end
  end
end)

test("random lists are sorted, also behind metamethods", function()
  for _ = 1, LISTS // 4 do
    local values = {}
    for i = 1, math.random(0, 90) do values[i] = one_of { math.random(50), math.random() } end
    local expected = table.move(values, 1, #values, 1, {})
    table.sort(expected, function(a, b) return a > b end)
    bounded.table.sort((proxy(values)), function(a, b) return a > b end)
    equal(values, expected)
  end
end)
