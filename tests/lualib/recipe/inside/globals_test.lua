--- The globals of a recipe, as it sees them in its own state.

local json = require "host.json"
local recipe_rig = require "tests.recipe_rig"
local tap = require "tests.tap"
local test = tap.test
local seen = recipe_rig.seen

local ABSENT <const> = {
  "os.exit", "os.remove", "os.rename", "os.tmpname", "os.setlocale", "io.write", "io.output",
  "io.input", "io.read", "io.stderr", "io.stdout", "io.stdin", "io.tmpfile", "string.dump",
  "package.loadlib", "package.searchers", "package.searchpath", "package.preload",
  "debug.getinfo", "debug.getregistry", "debug.getupvalue", "debug.sethook", "debug.setmetatable",
  "getmetatable('')",
}

for _, name in ipairs(ABSENT) do
  test("a recipe has no " .. name, function()
    tap.equal(seen("return type(" .. name .. ")"), "nil")
  end)
end

test("debug is its traceback alone", function()
  tap.equal(seen [[
    local names = {}
    for name in pairs(debug) do names[#names + 1] = name end
    return { names, (debug.traceback("here"):match("^[^\n]*")) }
  ]], { { "traceback" }, "here" })
end)

---{call, what its error says}
for _, case in ipairs {
  { "os.execute('true')", "needs = { exec = ... }" },
  { "io.popen('true')", "needs = { exec = ... }" },
  { "os.getenv('HOME')", "declare needs = { env = { \"HOME\" } } and pass --allow-env=HOME" },
  { "dofile('x.lua')", "use require" }, { "loadfile('x.lua')", "use require" },
  { "math.randomseed(1)", "math.randomseed is not available to recipes" },
  { "collectgarbage('stop')", "can only count" }, { "collectgarbage()", "can only count" },
  { "io.open('x', 'w')", "a recipe cannot write files" },
  { "io.open('x', 'r+')", "a recipe cannot write files" },
  { "setmetatable({}, { __gc = print })", "__gc" },
} do
  test("an error names what is not available, at the recipe's line: " .. case[1], function()
    tap.raises(function() seen("\n" .. case[1]) end, case[2])
    local message = seen("return select(2, pcall(function()\n" .. case[1] .. "\nend))")
    assert(message:find("^shop.lua:%d+: ") or case[1]:find("__gc"), message)
  end)
end

test("collectgarbage counts the memory of the recipe's state", function()
  tap.equal(seen "return collectgarbage('count') > 10", true)
end)

test("a recipe's coroutines yield, and its functions do not yield to the program", function()
  tap.equal(seen [[
    local made = coroutine.wrap(function(x) coroutine.yield(x + 1) end)
    local thread = coroutine.create(function() coroutine.yield "b" end)
    return { made(1), { coroutine.resume(thread) }, (pcall(coroutine.yield, 1)) }
  ]], { 2, { true, "b" }, false })
end)

test("an error inside a coroutine has its own line, and no other", function()
  local message = seen [[
    return select(2, pcall(coroutine.wrap(function() error("boom") end)))
  ]]
  assert(message:find("^shop.lua:%d+: boom$"), message)
end)

test("load compiles text with the recipe's globals", function()
  tap.equal(seen [[
    x = 7
    return {
      load("return x")(), load("return x", "a", "t", { x = 8 })(), load("return os.exit")() == nil,
      load("\27Lua", "b", "b") == nil, load(("").dump or "\27Lua") == nil,
    }
  ]], { 7, 8, true, true, true })
end)

test("what a recipe changes in a library does not reach the program's own modules", function()
  tap.equal(seen [[
    string.find, string.format, table.concat, math.floor = nil, nil, nil, nil
    type, pairs, ipairs, setmetatable = nil, nil, nil, nil
    return { value.boolean "yes", ("abc"):find "b", value.email " ann@example.com " }
  ]], { true, 2, "ann@example.com" })
end)

test("granted variables are read, and no others", function()
  local made = recipe_rig.made {
    records = "{ {} }",
    map = "return { seen = { os.getenv 'A', tostring(os.getenv 'B'), (pcall(os.getenv, 'C')) } }",
  }
  made.state:must("set_params", {}, { A = "1", B = true },
    { folders = {}, named = {}, denied = {} })
  made.state:must("prepare", { fields = {} })
  made.state:must("open")
  assert(made.state:next(json.draft {}))
  tap.equal(made.state:must("show", "user").seen, { "1", "nil", false })
end)

-- {code, what its error says}
for _, case in ipairs {
  { "require('auth0.password').djnago('x')",
    'auth0.password has no djnago; did you mean "django"?' },
  { "require('auth0.password').digest('md5', 'x', { postion = 'suffix' })",
    'password.digest has no option "postion"; did you mean "position"?' },
  { "require('auth0.password').scrypt { cost = 2, sallt = 'x', key = 'y' }",
    'password.scrypt has no option "sallt"; did you mean "salt"?' },
  { "require('source.value').phnoe('x')", 'source.value has no phnoe; did you mean "phone"?' },
  { "require('source.csv').record('x')", 'source.csv has no record; did you mean "records"?' },
  { "require('migrate').wran('x')", 'migrate has no wran; did you mean "warn"?' },
  { "require('auth0.fixers').shorten_it()", "auth0.fixers has no shorten_it" },
  { "require('source.lookup')({ { id = 1 } }, 'id').get(1)", "write lookup:get(value)" },
  { "require('source.lookup')({ { id = 1 } }, 'id').all(1)", "write lookup:all(value)" },
} do
  test("a name that the library does not have is reported: " .. case[1], function()
    local message = seen("return select(2, pcall(function()\n" .. case[1] .. "\nend))")
    assert(message:find("^shop.lua:%d+: "), message)
    tap.contains(message, case[2])
  end)
end
