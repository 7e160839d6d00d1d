--- Hands hostile values through the door of host.sandbox in both directions: tables with
--- metatables, cycles, functions, deep and wide ones, errors of every kind, waits where none may
--- be. What is plain must come back as it went in; nothing may crash, hang or raise in the program.

local json = require "host.json"
local sandbox = require "host.sandbox"
local fuzz = dofile "tests/fuzz/fuzz.lua"

local BOOT <const> = [[
local door, protect, coroutines = ...
local bounded = door.host "host.bounded"
getmetatable("").__index = bounded.string
local env = {
  door = door, coroutine = coroutines, string = bounded.string, table = bounded.table,
  error = error, select = select, tostring = tostring, next = next, json = door.host "host.json",
  type = type, pairs = pairs,
}
for name, fn in pairs(protect) do env[name] = fn end
local functions = {}
function functions.describe(err) return { message = tostring(err), kind = "fatal" } end
function functions.eval(text, ...) return assert(load(text, "=t", "t", env))(...) end
return functions
]]

local SAMPLES <const> = {
  "local a = ... return a, { a, { b = a } }, select('#', ...)",
  "return setmetatable({ ... }, { __index = error, __pairs = error, __len = error })",
  "local t = {} t.t = t t[1] = { t } return t",
  "local t = {} for i = 1, 300 do t = { t, i } end return t",
  "return function() end, coroutine.create(error), json.draft(), json.null, 0/0, 1/0, 2^63",
  "error(setmetatable({}, { __tostring = function() error {} end }))",
  "error(setmetatable({}, { __tostring = function() while true do end end }))",
  "return door.ask('x', ..., { 1, { 2 } })", "return pcall(door.ask, error)", "door.wait(...)",
  "return door.wait('a', { ... }), coroutine.wrap(function(...) return door.wait(...) end)('b')",
  "local co = coroutine.create(door.wait) coroutine.resume(co, 1) coroutine.close(co) return 1",
  "local x <close> = setmetatable({}, { __close = function() door.wait 'c' end }) return 1",
  "while true do pcall(door.wait, 'x') end", "while true do coroutine.wrap(pcall)(error) end",
  "for i = 1, 1e9 do local s = ('x'):rep(i) end", "return ('x'):rep(1 << 30)",
  "table.sort({ 3, 1, 2 }, function() door.ask 'y' return door.wait 'z' end)",
  "return xpcall(error, function(...) return door.ask(...) end, { 1 })",
  "coroutine.wrap(function() coroutine.yield(1) error 'x' end)()",
  "door.refresh() door.share(json.draft()) return door.host 'host.json' ~= nil",
  "return ('a'):gsub('.', function() return door.ask('g') end)",
}
local WORDS <const> = {
  "door.ask", "door.wait", "coroutine.wrap", "coroutine.close", "pcall", "xpcall", "error", "...",
  "setmetatable", "{", "}", "(", ")", "nil", "function() ", " end ", "return ", "while true do ",
  "local t <close> = ", "0/0", "1 << 62", "'\\0'", "{}", ",", ";", "__index", "__metatable = 1",
  "select('#', ...)", "coroutine.running()", "getmetatable",
}

---A random plain value.
local function plain(depth)
  local kind = math.random(depth > 4 and 6 or 8)
  if kind == 1 then return math.random(math.mininteger, math.maxinteger) end
  if kind == 2 then return math.random() * 10 ^ math.random(-300, 300) end
  if kind == 3 then return string.char(math.random(0, 255)):rep(math.random(0, 50)) end
  if kind == 4 then return math.random() < 0.5 end
  if kind == 5 then return json.null end
  if kind == 6 then return "k" .. math.random(100) end
  local made = {}
  for i = 1, math.random(0, 6) do
    made[math.random() < 0.5 and i or "n" .. math.random(9)] = plain(depth + 1)
  end
  return made
end

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b and math.type(a) == math.type(b)
  end
  for key, value in pairs(a) do
    if not same(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

local function new()
  local inside
  inside = assert(sandbox.new {
    ask = function(name, ...)
      if name == "y" then inside:call("eval", "return 1") end
      if name == "g" then error { 1 } end
      return ...
    end, memory = 16 << 20, steps = 20000, seconds = 0.05, boot = BOOT, name = "=boot",
  })
  inside:settle(8 << 20)
  return inside
end

local inside, uses = new(), 0

---Runs the text as a call, as shown, and as a task that gets random answers and is then stopped.
local function try(text)
  uses = uses + 1
  if uses % 500 == 0 then
    inside:close()
    inside = new()
  end
  local given = plain(0)
  local ok, back = inside:call("eval", "return ...", given)
  assert(ok and same(given, back), "a plain value did not come back")
  inside:call("eval", text, given)
  inside:show("eval", text, given)
  local task = inside:task("eval", text, given)
  if not task then return end
  local how
  for _ = 1, 3 do
    how = inside:resume(task, plain(0))
    if how ~= "wait" and how ~= "pass" then return end
  end
  how = inside:stop(task)
  assert(how == "failed" or how == "done", how)
end

return fuzz.run(..., function() try(fuzz.broken(SAMPLES, WORDS)) end)
