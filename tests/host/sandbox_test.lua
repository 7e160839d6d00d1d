--- host.sandbox: a second Lua state, what crosses its door, and what ends its code.

local json = require "host.json"
local sandbox = require "host.sandbox"
local tap = require "tests.tap"
local test = tap.test

-- The functions of a state: `eval` runs a text that gets the parts of the library.
local BOOT <const> = [[
local door, protect, coroutines = ...
local env = {
  door = door, pcall = protect.pcall, xpcall = protect.xpcall, coroutine = coroutines,
  setmetatable = protect.setmetatable, getmetatable = protect.getmetatable, string = string,
  table = table, math = math, print = print, error = error, ipairs = ipairs, select = select,
  tostring = tostring, type = type, next = next, pairs = pairs, json = door.host "host.json",
}
local functions = {}
function functions.describe(err, trace)
  return { message = tostring(err), kind = "fatal", trace = trace }
end
function functions.eval(text, ...) return assert(load(text, "=t", "t", env))(...) end
function functions.next() return env.step() end
return functions
]]

local function new(options)
  options = options or {}
  return assert(sandbox.new {
    ask = options.ask or function(...) return ... end, memory = options.memory or 64 << 20,
    steps = options.steps or 1000000, seconds = options.seconds or 5, boot = BOOT, name = "=boot",
  })
end

local function eval(text, ...)
  local inside <close> = new()
  return inside:call("eval", text, ...)
end

-- -- values ------------------------------------------------------------------------------------

for _, value in ipairs {
  1, math.mininteger, 1.5, -0.0, math.huge, "text", "\0\xff", true, false, json.null, {}, { 1, 2 },
  { a = { b = { "c" } }, [3] = "gap", [1.5] = "float" },
} do
  test("a value crosses in both directions: " .. tostring(json.encode(value) or value), function()
    local ok, back = eval("return ...", value)
    tap.equal({ ok, back }, { true, value })
  end)
end

test("nils keep their places among arguments and results", function()
  tap.equal({ select("#", eval("return ...", nil, 1, nil)) }, { 4 })
end)

test("an empty list stays a list, and an empty object an object", function()
  local _, back = eval("return ...", { list = json.array {}, object = {} })
  tap.equal(json.encode(back), '{"list":[],"object":{}}')
  local _, made = eval("return { json.array {} }")
  tap.equal(json.encode(made), "[[]]")
end)

test("what crosses is a copy", function()
  local given = { inner = {} }
  local ok, back = eval("local t = ... t.inner.new = 1 return t", given)
  tap.equal({ ok, back, given }, { true, { inner = { new = 1 } }, { inner = {} } })
end)

for _, case in ipairs {
  { "a function", "return print", "is a function" },
  { "a coroutine", "return coroutine.create(print)", "is a thread" },
  { "a record", "return { a = { b = door.host('host.json').draft() } }", "a.b is a record" },
  { "a function in a list", "return { list = { 1, print } }", "list[2] is a function" },
  { "a boolean as a key", "return { [true] = 1 }", "key that is not a string or a number" },
  { "a cycle", "local t = {} t.t = t return t", "contains itself" },
} do
  test("refused with the path to it: " .. case[1], function()
    local ok, described = eval(case[2])
    tap.equal({ ok, described.kind }, { false, "usage" })
    tap.contains(described.message, case[3])
  end)
end

test("no metamethod is called when a value is read", function()
  local ok, back = eval([[
    return setmetatable({ a = 1 }, {
      __index = function() error "index" end, __pairs = function() error "pairs" end,
      __len = function() error "len" end, __tostring = function() error "tostring" end,
    })]])
  tap.equal({ ok, back }, { true, { a = 1 } })
end)

test("show replaces what cannot cross by a stand-in of its type", function()
  local inside <close> = new()
  local ok, shown = inside:show("eval", [[
    local t = { fn = print, co = coroutine.create(print), draft = json.draft(), x = 1 }
    t.t = t
    return t]])
  tap.equal({ ok, type(shown.fn), type(shown.co), type(shown.draft), shown.x },
    { true, "function", "thread", "userdata", 1 })
  tap.raises(shown.fn, "cannot be called here")
  tap.equal(json.encode(shown), nil)
end)

-- -- errors ------------------------------------------------------------------------------------

test("an error is described inside, with its place", function()
  local ok, described = eval("error('boom')")
  tap.equal({ ok, described.message, described.ended }, { false, "t:1: boom", nil })
end)

test("an error whose description fails is still an error", function()
  local ok, described = eval(
    "error(setmetatable({}, { __tostring = function() error 'again' end }))")
  tap.equal({ ok, described.kind }, { false, "fatal" })
  tap.contains(described.message, "cannot be described")
end)

test("a description that does not end is ended", function()
  local ok, described = eval(
    "error(setmetatable({}, { __tostring = function() while true do end end }))")
  tap.equal({ ok, described.kind }, { false, "fatal" })
end)

test("after an error the state goes on", function()
  local inside <close> = new()
  for _ = 1, 300 do tap.equal((inside:call("eval", "error {}")), false) end
  tap.equal({ inside:call("eval", "return 1") }, { true, 1 })
end)

-- -- asks --------------------------------------------------------------------------------------

test("an ask is answered at once, also inside pcall and a coroutine", function()
  local asked = {}
  local inside <close> = new { ask = function(...)
    asked[#asked + 1] = { ... }
    return "answer", { #asked }
  end }
  local ok, a, b = inside:call("eval", [[
    local _, ok, answer, more = pcall(door.ask, "one", { x = 1 })
    local co = coroutine.wrap(function() return door.ask "two" end)
    return { ok, answer, more }, { co() }]])
  tap.equal({ ok, a, b },
    { true, { true, "answer", { 1 } }, { true, "answer", { 2 } } })
  tap.equal(asked, { { "one", { x = 1 } }, { "two" } })
end)

test("an error of the program's answer does not cross as an error", function()
  local inside <close> = new { ask = function() error("lualib/x.lua:1: secret", 0) end }
  tap.equal({ inside:call("eval", "return door.ask 'x'") },
    { true, false, "lualib/x.lua:1: secret" })
end)

test("a function is refused as an argument of an ask, at the recipe's line", function()
  local ok, described = eval("\nreturn door.ask({ a = print })")
  tap.equal(ok, false)
  tap.contains(described.message, "t:2:")
  tap.contains(described.message, "a is a function")
end)

test("an ask may enter the state again", function()
  local inside
  inside = new { ask = function(n)
    if n == 0 then return "deep" end
    return select(2, inside:call("eval", "return select(2, door.ask(...))", n - 1))
  end }
  tap.equal({ inside:call("eval", "return select(2, door.ask(5))") }, { true, "deep" })
  inside:close()
end)

-- -- tasks -------------------------------------------------------------------------------------

test("a task waits and is resumed with the answer", function()
  local inside <close> = new()
  local task = inside:task("eval", "local a = door.wait('one', {1}) return a, door.wait 'two'")
  tap.equal({ inside:resume(task) }, { "wait", "one", { 1 } })
  tap.equal({ inside:resume(task, "first") }, { "wait", "two" })
  tap.equal({ inside:resume(task, "x", nil, 3) }, { "done", "first", "x", nil, 3 })
  tap.raises(function() inside:resume(task) end, "has ended")
end)

test("a wait passes through pcall and the recipe's own coroutines", function()
  local inside <close> = new()
  local task = inside:task("eval", [[
    local function deep() return pcall(function() return door.wait "deep" end) end
    local outer = coroutine.wrap(function()
      coroutine.yield "own"
      return coroutine.wrap(deep)()
    end)
    return outer(), outer()]])
  tap.equal({ inside:resume(task) }, { "wait", "deep" })
  tap.equal({ inside:resume(task, "answer") }, { "done", "own", true, "answer" })
end)

test("a coroutine that waits for the program cannot be resumed by another task", function()
  local inside <close> = new()
  local a = inside:task("eval", [[
    shared = coroutine.create(function() return door.wait "a" end)
    return coroutine.resume(shared)]])
  tap.equal({ inside:resume(a) }, { "wait", "a" })
  local b = inside:task("eval",
    "return coroutine.status(shared), coroutine.resume(shared, 'false answer')")
  tap.equal({ inside:resume(b) },
    { "done", "normal", false, "cannot resume non-suspended coroutine" })
  tap.equal({ inside:resume(a, "answer") }, { "done", true, "answer" })
end)

test("a call cannot wait", function()
  local ok, described = eval("return door.wait 'x'")
  tap.equal(ok, false)
  tap.contains(described.message, "cannot wait")
end)

test("a task cannot wait where Lua cannot yield", function()
  local inside <close> = new()
  local task = inside:task("eval", "table.sort({1, 2}, function() door.wait 'x' end)")
  local how, described = inside:resume(task)
  tap.equal(how, "failed")
  tap.contains(described.message, "cannot wait")
end)

test("a task that runs long gives others a turn, also from a coroutine of its own", function()
  local inside <close> = new()
  local task = inside:task("eval", [[
    local co = coroutine.wrap(function() for i = 1, 150000000 do local x = i end return "in" end)
    local got = co()
    for i = 1, 1000000 do local x = i end
    return got]])
  local passes, how, result = 0
  repeat
    how, result = inside:resume(task)
    if how == "pass" then passes = passes + 1 end
  until how ~= "pass"
  tap.equal({ how, result, passes > 1 }, { "done", "in", true })
end)

for _, case in ipairs {
  { "waits", "door.wait 'x'" },
  { "waits in a pcall", "while true do pcall(door.wait, 'x') end" },
  { "waits in a coroutine", "while true do pcall(coroutine.wrap(door.wait), 'x') end" },
  { "loops", "while true do pcall(function() while true do end end) end" },
  { "closes what waits", [[local t <close> = setmetatable({}, { __close = function()
    while true do pcall(door.wait, 'close') end end}) door.wait 'x']] },
} do
  test("a task that " .. case[1] .. " is stopped, whatever it catches", function()
    local inside <close> = new()
    local task = inside:task("eval", case[2])
    local how = inside:resume(task)
    assert(how == "wait" or how == "pass", how)
    local ended, described = inside:stop(task)
    tap.equal({ ended, described.ended }, { "failed", "stopped" })
    tap.equal({ inside:call("eval", "return 1") }, { true, 1 })
  end)
end

test("the recipe cannot resume, close or wrap a coroutine that it did not make", function()
  local inside <close> = new()
  local task = inside:task("eval", "task = coroutine.running() door.wait 'x'")
  inside:resume(task)
  local ok, a, b, c = inside:call("eval", [[
    local main = coroutine.running()
    return select(2, pcall(coroutine.resume, task)), select(2, pcall(coroutine.close, task)),
      select(2, pcall(coroutine.close, main))]])
  tap.equal(ok, true)
  for _, message in ipairs { a, b, c } do tap.contains(message, "did not make") end
end)

-- -- budgets -----------------------------------------------------------------------------------

for _, case in ipairs {
  { "a loop", "while true do end" },
  { "a loop around pcall", "while true do pcall(function() while true do end end) end" },
  { "xpcall with a handler that does not end",
    "xpcall(function() while true do end end, function() while true do end end)" },
  { "a handler of an ordinary error", "xpcall(error, function() while true do end end)" },
  { "a coroutine", "coroutine.wrap(function() while true do end end)()" },
  { "a coroutine that was made before", [[
    local co = coroutine.create(function() while true do coroutine.yield() end end)
    while true do coroutine.resume(co) end]] },
  { "coroutines in coroutines", [[
    local function nest() pcall(coroutine.wrap(nest)) while true do end end nest()]] },
  { "a metamethod", [[
    local t = setmetatable({}, { __index = function() while true do end end }) return t.x]] },
  { "a variable that is closed", [[
    do local t <close> = setmetatable({}, { __close = function() while true do end end }) end]] },
  { "coroutine.close", [[
    local co = coroutine.create(function()
      local t <close> = setmetatable({}, { __close = function() while true do end end })
      coroutine.yield()
    end)
    coroutine.resume(co) coroutine.close(co)]] },
  { "the order of a sort",
    "table.sort({3, 1, 2}, function() while true do end end)" },
  { "the replacement of gsub", "('x'):gsub('x', function() while true do end end)" },
} do
  test("a call that does not end is ended: " .. case[1], function()
    local inside <close> = new()
    local ok, described = inside:call("eval", case[2])
    tap.equal({ ok, described.ended }, { false, "steps" })
    tap.equal({ inside:call("eval", "return 1") }, { true, 1 })
  end)
end

test("processor time ends a call of few instructions", function()
  local inside <close> = new { seconds = 0.05, steps = 1 << 50 }
  local ok, described = inside:call("eval",
    "local s = ('x'):rep(1 << 20) for i = 1, 1e9 do local t = s:upper() end")
  tap.equal({ ok, described.ended }, { false, "time" })
end)

test("processor time of the program, while it answers, does not count", function()
  local inside <close> = new { seconds = 0.1, steps = 1 << 50, ask = function()
    local till = os.clock() + 0.6
    while os.clock() < till do end
    return "answered"
  end }
  local ok, _, answer = inside:call("eval",
    "local a, b = door.ask('x') for i = 1, 1e5 do local t = i end return a, b")
  tap.equal({ ok, answer }, { true, "answered" })
end)

test("the error has the line that was running", function()
  local _, described = eval("\n\nwhile true do local x = 1 end")
  tap.contains(described.message, "t:3:")
end)

test("each call has a budget of its own", function()
  local inside <close> = new { steps = 100000000 }
  local text = "for i = 1, 30000000 do local x = i end return 1"
  for _ = 1, 3 do tap.equal({ inside:call("eval", text) }, { true, 1 }) end
end)

test("run has no budget", function()
  local inside <close> = new { steps = 1000 }
  tap.equal({ inside:run("eval", "for i = 1, 40000000 do local x = i end return 1") }, { true, 1 })
end)

-- -- memory ------------------------------------------------------------------------------------

test("memory has a ceiling, and what one call held is free for the next", function()
  local inside <close> = new()
  inside:settle(8 << 20)
  local ok, described = inside:call("eval", "local t = {} for i = 1, 1e9 do t[i] = {} end")
  tap.equal({ ok, described.used < 8 << 20 }, { false, true })
  tap.contains(described.message, "not enough memory")
  tap.equal({ inside:call("eval", "return #('x'):rep(1 << 20)") }, { true, 1 << 20 })
end)

test("an endless pcall of what needs too much memory is ended", function()
  local inside <close> = new()
  inside:settle(8 << 20)
  local ok, described = inside:call("eval", "while true do pcall(string.rep, 'x', 1 << 30) end")
  tap.equal({ ok, described.ended }, { false, "steps" })
end)

test("what the state keeps is told after memory ran out", function()
  local inside <close> = new()
  local level = inside:settle(8 << 20)
  local ok, described = inside:call("eval", "kept = {} for i = 1, 1e9 do kept[i] = {} end")
  tap.equal(ok, false)
  assert(described.used - level > 4 << 20, described.used - level)
end)

test("a value of the program that does not fit is an error of the call", function()
  local inside <close> = new()
  inside:settle(1 << 20)
  local ok = inside:call("eval", "return #...", ("x"):rep(4 << 20))
  tap.equal(ok, false)
end)

-- -- drafts and the rest -----------------------------------------------------------------------

test("next hands over what is returned and the JSON that was shared", function()
  local inside <close> = new()
  inside:call("eval", [[
    local draft = json.draft()
    door.share(draft)
    local n = 0
    step = function() n = n + 1 draft:set('{"n":' .. n .. '}') return "user", n end]])
  local draft <close> = json.draft()
  for n = 1, 3 do
    tap.equal({ inside:next(draft) }, { true, "user", n })
    tap.equal(draft:text(), '{"n":' .. n .. "}")
  end
end)

test("a state that is closed is misuse, and closing twice is not", function()
  local inside = new()
  inside:close()
  inside:close()
  tap.raises(function() inside:call("eval", "return 1") end, "closed")
end)

test("only the modules for recipes can be opened inside", function()
  for _, name in ipairs { "host.http", "host.process", "host.store", "host.file", "host" } do
    local ok, described = eval("return door.host(...)", name)
    tap.equal(ok, false)
    tap.contains(described.message, "has no module " .. name)
  end
end)

for _, case in ipairs {
  { "a finalizer", "setmetatable({}, { __gc = function() end })", "__gc" },
  { "a protected metatable", "setmetatable(setmetatable({}, { __metatable = 1 }), {})",
    "protected" },
} do
  test("setmetatable refuses " .. case[1], function()
    local ok, described = eval(case[2])
    tap.equal(ok, false)
    tap.contains(described.message, case[3])
  end)
end

test("only the metatable of a table is shown", function()
  tap.equal({ eval([[return getmetatable "" == nil, getmetatable(json.draft()) == nil,
    getmetatable(setmetatable({}, { __metatable = "mine" }))]]) }, { true, true, true, "mine" })
end)
