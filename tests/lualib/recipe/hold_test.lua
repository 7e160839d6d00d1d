--- A recipe that does not end, grows, or breaks what it was given costs its record, and the run
--- goes on: each way that is known to escape a count hook, as a recipe.

local pipeline = require "stage.pipeline"
local recipe_rig = require "tests.recipe_rig"
local tap = require "tests.tap"
local test = tap.test

local LIMITS <const> = { steps = 2000000, seconds = 1, memory = 32 << 20 }

---Maps three records, of which the second runs `bomb`; returns what became of them.
local function run(bomb, options)
  options = options or {}
  local recipe = recipe_rig.made({
    records = { { email = "a@b.co" }, { email = "c@d.co" }, { email = "e@f.co" } },
    head = options.head, fields = options.fields,
    map = "if position == 2 then " .. bomb .. " end return { email = row.email }",
  }, { limits = options.limits or LIMITS })
  local out = {}
  local pipe = pipeline.new { recipe = recipe, sink = {
    user = function(_, mapped) out[#out + 1] = mapped:user().email return true end,
    rejected = function(_, rejection)
      out[#out + 1] = rejection.code .. " " .. rejection.message
      return true
    end,
    skipped = function() out[#out + 1] = "skipped" return true end,
  } }
  local done, message, kind = pipe:run(function() return true end)
  return out, done, message, kind
end

-- Ways that hang a state whose only bound is a count hook; `limit`: the option that is named.
for _, case in ipairs {
  -- hooks
  { "a loop around pcall", "while true do pcall(function() while true do end end) end" },
  { "a handler of xpcall that does not end",
    "xpcall(function() while true do end end, function() while true do end end)" },
  { "a handler of an error", "xpcall(error, function() while true do end end)" },
  { "a coroutine that was made while loading", "while true do coroutine.resume(early) end",
    head = "local early = coroutine.create(function() while true do coroutine.yield() end end)" },
  { "coroutine.close", [[
    local co = coroutine.create(function()
      local t <close> = setmetatable({}, { __close = function() while true do end end })
      coroutine.yield()
    end)
    coroutine.resume(co) coroutine.close(co)]] },
  { "a function that load compiles", "load('while true do end')()" },
  { "a reader of load", "while true do load(function() while true do end end) end" },
  -- functions that never reach a hook
  { "a pattern with eight quantifiers",
    "while true do pcall(string.find, ('x'):rep(30000), ('.-'):rep(8) .. 'b') end" },
  { "a pattern with three", "while true do pcall(string.match, ('x'):rep(20000), '.-.-.-b') end" },
  { "a*a*b", "while true do pcall(string.find, ('a'):rep(50000), 'a*a*b') end" },
  { "%b() on brackets", "while true do pcall(string.find, ('('):rep(65536), '%b()') end" },
  { "gsub over matches", "while true do ('x'):rep(1 << 20):gsub('x', 'y') end" },
  { "a plain find of half a megabyte",
    "local s, x = ('a'):rep(4 << 20), ('a'):rep(1 << 19) .. 'b' while 1 do s:find(x, 1, 1) end" },
  { "table.move over 2^40", "while true do pcall(table.move, {}, 1, 1 << 40, 2) end" },
  { "table.concat over 2^40", "while true do pcall(table.concat, {}, '', 1, 1 << 40) end" },
  { "table.concat over a proxy", [[
    local t = setmetatable({}, { __index = function() return 'x' end })
    while true do pcall(table.concat, t, '', 1, 1 << 40) end]] },
  { "insertion at the front", "local t = {} while true do table.insert(t, 1, 1) end" },
  { "removal from the front", [[
    local t = {} for i = 1, 100000 do t[i] = i end
    while true do table.remove(t, 1) table.insert(t, 1) end]] },
  { "a sort whose order does not end",
    "table.sort({ 3, 1, 2 }, function() while true do end end)" },
  { "sorts of long lists", [[
    local t = {} for i = 1, 20000 do t[i] = i * 7919 % 20011 end
    while true do table.sort({ table.unpack(t) }) end]] },
  { "rep of megabytes", "while true do local s = ('x'):rep(1 << 20) end" },
  { "upper of megabytes", "local s = ('x'):rep(1 << 20) while true do s:upper() end" },
  { "concatenation of megabytes",
    "local s = ('x'):rep(1 << 20) while true do local t = s .. s end" },
  { "pcall of what needs too much memory", "while true do pcall(string.rep, 'x', 1 << 40) end" },
} do
  test("the record is rejected, and the run goes on: " .. case[1], function()
    local out, done, message = run(case[2], { head = case.head })
    tap.equal({ done, message, #out, out[1], out[3] }, { true, nil, 3, "a@b.co", "e@f.co" })
    assert(out[2]:find("^RECIPE_ERROR [%[s][^:]+:%d+: a call of `map` "), out[2])
    tap.contains(out[2], "; --recipe-")
  end)
end

-- What ends by itself, with an ordinary error or none.
for _, case in ipairs {
  { "a false order function",
    "table.sort({ 3, 1, 2, 4 }, function() return true end)", "invalid order function" },
  { "an unpack of millions", "return table.unpack({}, 1, 10000000)", "too many results" },
  { "bytes of a megabyte", "return (('x'):rep(1 << 22)):byte(1, -1)", "string slice too long" },
  { "brackets without end", "assert(load(('('):rep(100000)))", "" },
  { "a finalizer", "setmetatable({}, { __gc = function() end })", "__gc" },
  { "bytecode", "assert(load('\\27Lua'))", "attempt to load a binary chunk" },
  { "a string that doubles", "local s = 'x' while true do s = s .. s end", "--recipe-memory" },
  { "a table that grows", "local t = {} for i = 1, 1e9 do t[i] = { i } end", "--recipe-memory" },
  { "a stack without end", "local function f() return 1 + f() end f()", "stack overflow",
    { memory = 256 << 20 } },
} do
  test("the record is rejected for an error of its own: " .. case[1], function()
    local out, done = run(case[2], { limits = case[4] })
    tap.equal({ done, #out, out[1], out[3] }, { true, 3, "a@b.co", "e@f.co" })
    tap.contains(out[2], "RECIPE_ERROR ")
    tap.contains(out[2], case[3])
  end)
end

test("what the string library can do with its patterns has a limit of its own", function()
  local out = run("('x'):rep(30000):find(('.-'):rep(8) .. 'b')",
    { limits = { steps = 1 << 50, seconds = 60 } })
  tap.contains(out[2], "the pattern takes too long on a text of 30000 bytes")
end)

test("a table that grows from record to record ends the run, and the option is named", function()
  local records = {}
  for i = 1, 200 do records[i] = { email = i .. "@b.co" } end
  local recipe = recipe_rig.made({
    records = records, head = "local kept = {}",
    map = "for i = 1, 20000 do kept[#kept + 1] = { i } end return { email = row.email }",
  }, { limits = LIMITS })
  local ok = function() return true end
  local pipe = pipeline.new { recipe = recipe, sink = { user = ok, rejected = ok, skipped = ok } }
  local done, message, kind = pipe:run(ok)
  tap.equal({ done, kind }, { nil, "usage" })
  tap.contains(message, "--recipe-memory")
  tap.contains(message, "from record to record")
end)

test("ten records in a row that break the budget end the run", function()
  local records, n = {}, 0
  for i = 1, 30 do records[i] = { email = i .. "@b.co" } end
  local recipe = recipe_rig.made({
    records = records,
    map = "if position ~= 5 then while true do end end return { email = 'a@b.co' }",
  }, { limits = { steps = 1000, seconds = 0.01 } })
  local ok = function() return true end
  local function rejected()
    n = n + 1
    return true
  end
  local pipe = pipeline.new {
    recipe = recipe, sink = { user = ok, skipped = ok, rejected = rejected },
  }
  local done, message, kind = pipe:run(ok)
  tap.equal({ done, kind, n, pipe.position }, { nil, "usage", 13, 15 })
  tap.contains(message, "10 records in a row")
end)

test("a source that does not end between two records ends the run", function()
  local recipe = recipe_rig.of([[
    return { source = function() return function() while true do end end end,
      map = function() end }]], { limits = { steps = 1000, seconds = 0.01 } })
  local pipe = pipeline.new { recipe = recipe, sink = {} }
  local done, message, kind = pipe:run(function() return true end)
  tap.equal({ done, kind }, { nil, "usage" })
  tap.contains(message, "the recipe's `source` failed")
  tap.contains(message, "--recipe-")
end)

test("a user's metatable that does not end costs its record", function()
  for _, name in ipairs { "__index", "__newindex" } do
    local out = run("return setmetatable({ [1] = nil }, { " .. name
      .. " = function() while true do end end })")
    tap.contains(out[2], "RECIPE_")
    tap.equal(out[3], "e@f.co")
  end
end)

test("what a recipe does to the tables that it gets changes no judgement", function()
  local out = run("return { email = 'no address' }", { head = [[
    for _, name in ipairs { "auth0.schema", "auth0.user", "auth0.password", "auth0.limits",
        "auth0.codes", "source.value", "migrate" } do
      local module = require(name)
      for key, value in pairs(module) do
        if type(value) == "function" then module[key] = function() return nil end end
      end
    end
    for _, library in ipairs { string, table, math, utf8, coroutine, os } do
      for key in pairs(library) do library[key] = function() error "mine" end end
    end
    pairs, ipairs, type, next, pcall, error, setmetatable, rawget = nil ]] })
  tap.equal({ #out, out[1], out[3] }, { 3, "a@b.co", "e@f.co" })
  tap.contains(out[2], "FORMAT ")
end)

test("another recipe sees the library as it is", function()
  recipe_rig.seen "string.rep, table.concat, math.floor = nil"
  tap.equal(recipe_rig.seen "return { ('x'):rep(2), table.concat({ 1, 2 }), math.floor(1.5) }",
    { "xx", "12", 1 })
end)
