--- Recipes that are wrong or hostile: what they return, and what of the program they can reach.

local program = require "tests.e2e.program"
local rig = require "tests.e2e.recipe_rig"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene = program.scene

-- Odd values at the places of migrate.reject -----------------------------------------------

-- Each value, and whether migrate.reject takes it as a text; as a value to describe it takes all.
local VALUES <const> = {
  { "{}" }, { "print" }, { "io.open('shop.lua')" }, { "coroutine.create(print)" }, { "true" },
  { "recursive" }, { "deep" }, { "evil" },
  { "setmetatable({}, { __tostring = function() return {} end, __name = 5 })" },
  { "0/0", true }, { "1/0", true }, { "('x'):rep(1024 * 1024)", true },
  { "'a\\0b\\27[2J\\nnext: x\\xff'", true },
}
local PLACES <const> = { "reason", "code", "path", "value" }

local REJECTING <const> = [[
local migrate = require "migrate"
local recursive, deep = {}, {}
recursive.self = recursive
for _ = 1, 10000 do deep = { deep } end
local function raise() error "evil" end
local evil = setmetatable({}, { __tostring = raise, __index = raise, __pairs = raise, __len = raise,
  __eq = raise, __concat = raise, __name = {} })
local VALUES, n = { LIST }, 0
return {
  source = function()
    return function()
      n = n + 1
      if n <= 4 * #VALUES + 2 then return { n = n, id = "u" .. n } end
    end
  end,
  map = function(row)
    local value, given = VALUES[(row.n - 1) // 4 + 1], { "reason", "CODE", "path", "value" }
    if value == nil then
      return { email = row.id .. "@example.com", user_id = row.id, email_verified = true }
    end
    given[(row.n - 1) % 4 + 1] = value
    return migrate.reject(table.unpack(given))
  end,
}
]]

local function rejecting()
  local list = {}
  for i, value in ipairs(VALUES) do list[i] = value[1] end
  return (REJECTING:gsub("LIST", function() return table.concat(list, ", ") end))
end

---Fails unless the rejections are those of VALUES, in their order.
local function judge_rejections(lines)
  local n = 0
  for i, value in ipairs(VALUES) do
    for place, name in ipairs(PLACES) do
      n = n + 1
      local line, what = lines[n], value[1] .. " as the " .. name
      local first = line.errors[1]
      equal({ line.at, #line.errors, what }, { "#" .. 4 * (i - 1) + place, 1, what })
      if name == "value" or value[2] then
        assert(first.code ~= "RECIPE_ERROR", what)
      else
        equal({ first.code, what }, { "RECIPE_ERROR", what })
        contains(first.message, "reject expects text as its " .. name .. ", got a ")
        assert(first.message:find("^shop.lua:%d+: "), first.message)
      end
    end
  end
  equal(#lines, n)
end

test("odd values in migrate.reject cost their record only, in check and run", function()
  scene(0, function(s)
    s:write("shop.lua", rejecting())
    local said = s:run({ "check", "shop.lua" }):ends_with(3).stdout
    contains((said:gsub(" +", " ")), string.format("records %d read\n %d rejected ",
      4 * #VALUES + 2, 4 * #VALUES))
    contains(said, "  2  ready to import\n")
    assert(#said < 50000, #said)
    equal(said:find("\27", 1, true), nil)
    s:tenant()
    local run = s:run({ "run", "shop.lua", "--yes", "--json" }):ends_with(3)
    equal(run.stderr:find("internal error", 1, true), nil)
    equal(run:object().users.inserted, 2)
    judge_rejections(s:lines "shop.run/rejected.ndjson")
  end)
end)

test("odd values in place of a user cost their record only", function()
  local list = {}
  for i, value in ipairs(VALUES) do list[i] = value[1] end
  local text = REJECTING:gsub("return migrate.reject%(table.unpack%(given%)%)", [[
    if row.n %% 4 == 0 then return nil, value end
    if row.n %% 4 == 1 then return { email = value, user_id = row.id, email_verified = true } end
    if row.n %% 4 == 2 then return { email = "a@example.com", user_metadata = { a = value } } end
    return value]]):gsub("LIST", function() return table.concat(list, ", ") end)
  scene(0, function(s)
    s:write("shop.lua", text)
    local ended = s:run({ "check", "shop.lua", "--json" }):ends_with(3)
    local records = ended:object().records
    equal(records.read, 4 * #VALUES + 2)
    equal(records.rejected + records.skipped + records.duplicate + records.staged, records.read)
    assert(records.staged >= 2)
    equal(ended.stderr:find("internal error", 1, true), nil)
  end)
end)

local BYTES <const> = [[
local migrate, n = require "migrate", 0
return {
  source = function()
    return function()
      n = n + 1
      if n < 9 then return { n = n }, "place\xff" .. n end
    end
  end,
  map = function(row)
    if row.n == 1 then return migrate.reject("bad\xff", "CODE\xff", "path\xff", "value\xff") end
    if row.n == 2 then return nil, "skip\xff" end
    if row.n == 3 then error "raise\xff" end
    if row.n == 4 then return { email = "u@example.com", ["name\xff"] = 1 } end
    if row.n == 5 then return { email = "u@example.com", name = "bad\xff" } end
    migrate.warn("WARN\xff", "text\xff")
    return { email = "u" .. row.n .. "@example.com", user_id = "u" .. row.n, email_verified = true }
  end,
  finalize = function(run)
    run:log("log\xff", { ["key\xff"] = "value\xff" })
    for one in run:users() do run:log(one.user.email) end
  end,
}
]]

test("texts that are not UTF-8 cost no run: they are shown with escapes", function()
  scene(0, function(s)
    s:write("shop.lua", BYTES)
    s:tenant()
    local run = s:run({ "run", "shop.lua", "--yes", "--json" }):ends_with(3)
    equal({ run:object().users.inserted, #s:lines "shop.run/rejected.ndjson" }, { 3, 4 })
    local said = s:read "shop.run/rejected.ndjson" .. s:read "shop.run/skipped.ndjson"
    for _, part in ipairs { "bad", "CODE", "path", "skip", "raise", "place" } do
      contains(said, part .. "\\\\xff")
    end
    s:run({ "verify", "shop.run" }):ends_with(0)
  end)
end)

-- What of the program a recipe can reach -----------------------------------------------------

local TAIL <const> = [[
local csv = require "source.csv"
return {
  params = { input = { required = true } },
  source = function(params) return csv.records(params.input) end,
  map = function(row)
    return { email = row.email, email_verified = true, user_id = ("U"):lower() .. row.id }
  end,
  FIELDS
}
]]

local function recipe(head, fields)
  return head .. "\n" .. TAIL:gsub("FIELDS", function() return fields or "" end)
end

---Rehearses a recipe of three users; it must end with 0, unless another status is given.
local function rehearsed(text, status, fn)
  scene(3, function(s)
    s:write("shop.lua", text)
    local ended = s:run({ "rehearse", "shop.lua", "input=people.csv", "--json" })
    ended:ends_with(status or 0)
    equal(ended.stderr:find("internal error", 1, true), nil)
    fn(ended, s)
  end)
end

test("a recipe gets no table in which the methods of strings are looked up", function()
  local head = [[
local hidden = getmetatable("")
print("metatable", type(hidden))
print("set", pcall(setmetatable, "", {}))
print("debug", debug.getmetatable, debug.setmetatable, debug.getregistry, debug.sethook)
local seen = 0
for _, name in ipairs { "match", "find", "gsub", "format", "sub", "rep", "len", "byte" } do
  local own = string[name]
  string[name] = function(text, ...)
    seen = seen + 1
    return own(text, ...)
  end
end
for _, name in ipairs { "insert", "concat", "unpack", "remove", "sort" } do
  table[name] = function() seen = seen + 1000 error "taken" end
end
for _, name in ipairs { "type", "pairs", "next", "ipairs", "tostring", "error", "pcall" } do
  local own = _G[name]
  _G[name] = function(...) seen = seen + 1000000 return own(...) end
end]]
  local fields = [[finalize = function() print("seen", seen) end,]]
  rehearsed(recipe(head, fields), 0, function(ended)
    contains(ended.stderr, "metatable\tnil")
    contains(ended.stderr, "set\tfalse\t")
    contains(ended.stderr, "debug\tnil\tnil\tnil\tnil")
    contains(ended.stderr, "seen\t0\n")
    equal(ended:object().users.inserted, 3)
  end)
end)

test("a recipe that writes into the strings' metatable is refused with its line", function()
  scene(3, function(s)
    s:write("shop.lua", recipe [[local library = getmetatable("").__index
library.match = nil]])
    contains(s:run({ "check", "shop.lua", "input=people.csv" }):ends_with(2).stderr, "shop.lua:1: ")
  end)
end)

test("what require returns is the recipe's own: the program judges users itself", function()
  local head = [[
local function nothing() return nil end
local REPLACED = { "migrate", "auth0.schema", "auth0.user", "auth0.codes", "auth0.limits",
  "auth0.password", "auth0.fixers", "source.csv", "source.value", "cjson" }
for _, name in ipairs(REPLACED) do
  local module = require(name)
  local keep = name == "source.csv" and "records"
  for key, value in pairs(module) do
    pcall(function() if key ~= keep then module[key] = nothing end end)
  end
  pcall(function() setmetatable(module, { __index = nothing }) end)
  pcall(function() getmetatable(module).__index = nothing end)
end
pcall(function() require "auth0.schema".compile = function()
  return { check = nothing }
end end)
for name in pairs(package.loaded) do
  if name ~= "source.csv" then package.loaded[name] = nothing end
end]]
  local text = recipe(head):gsub('email = row.email', 'email = "not an address " .. row.id')
  scene(3, function(s)
    s:write("shop.lua", text)
    local ended = s:run({ "check", "shop.lua", "input=people.csv", "--json" }):ends_with(3)
    local report = ended:object()
    equal({ report.records.rejected, report.records.staged }, { 3, 0 })
    contains(ended.stdout, '"FORMAT"')
  end)
end)

local OWN_TASKS <const> = [[
  finalize = function(run)
    local main, task = coroutine.running(), nil
    local other = run:spawn(function() task = coroutine.running() run:sleep(60) print "woken" end)
    run:sleep(0.2)
    print("status", coroutine.status(task))
    for _, name in ipairs { "close", "resume", "wrap", "isyieldable" } do
      for which, one in pairs { task = task, main = main } do
        print(name, which, pcall(coroutine[name], one))
      end
    end
    print("yield", pcall(coroutine.yield, "mine"))
    local own = coroutine.create(function(a) local b = coroutine.yield(a + 1) return b * 2 end)
    print("own", coroutine.resume(own, 1))
    print("own", coroutine.resume(own, 21))
    print("own", coroutine.close(own), coroutine.status(own))
    local waiting = coroutine.wrap(function() run:sleep(1) return "waited" end)
    print("own", waiting())
    print("wrap", select("#", pcall(coroutine.wrap(function() error "mine" end))))
  end,]]

test("a recipe cannot close, resume or wrap a coroutine that it did not make", function()
  rehearsed(recipe("", OWN_TASKS), 0, function(ended)
    for _, name in ipairs { "close", "resume" } do
      for _, which in ipairs { "task", "main" } do
        contains(ended.stderr, name .. "\t" .. which .. "\tfalse\t")
      end
    end
    contains(ended.stderr, "wrap\ttask\tfalse\t")
    contains(ended.stderr, "yield\tfalse\t")
    contains(ended.stderr, "own\ttrue\t2\nown\ttrue\t42\nown\ttrue\tdead\nown\twaited\n")
    contains(ended.stderr, "woken\n") -- the run ends after the task
    equal(ended:object().users.inserted, 3)
  end)
end)

test("functions and globals of the host are not there", function()
  local names = { "os.execute", "os.exit", "os.remove", "os.rename", "os.tmpname", "io.popen",
    "io.output", "io.write", "io.stdout", "io.input", "io.tmpfile", "dofile", "loadfile",
    "collectgarbage", "debug.getinfo", "debug.getupvalue", "debug.setupvalue", "package.loadlib",
    "package.searchers", "package.preload", "string.dump", "math.randomseed", "setfenv" }
  local head = { "local function try(name, get)",
    "local ok, fn = pcall(get) if ok and fn then ok, fn = pcall(fn, 'touch made', 'made') end",
    "print(name, ok and fn and 'WORKS' or 'absent') end" }
  for _, name in ipairs(names) do
    head[#head + 1] = string.format("try(%q, function() return %s end)", name, name)
  end
  local code = string.dump(function() return "made" end)
  head[#head + 1] = string.format("local code = '%s'", code:gsub(".", function(byte)
    return string.format("\\x%02x", byte:byte())
  end))
  for _, mode in ipairs { "nil", "'b'", "'bt'", "'t'" } do
    for _, given in ipairs { "code", "function() local all = code code = nil return all end" } do
      head[#head + 1] = string.format("do local code = code "
        .. "try('bytecode', function() return load(%s, 'x', %s) end) end", given, mode)
    end
  end
  head[#head + 1] = "for _, name in ipairs { 'debug', 'package', 'host.file', 'host', 'base.fetch',"
    .. " 'recipe.inside.boot', 'lualib.recipe', '..x', 'a/b' } do"
    .. " print('require ' .. name, pcall(require, name) and 'WORKS' or 'absent') end"
  head[#head + 1] = "print('write', pcall(io.open, 'made', 'w'), pcall(io.open, 'made', 'a+'))"
  rehearsed(recipe(table.concat(head, "\n")), 0, function(ended, s)
    for _, name in ipairs(names) do contains(ended.stderr, name .. "\tabsent\n") end
    equal(select(2, ended.stderr:gsub("bytecode\tabsent\n", "")), 8)
    contains(ended.stderr, "require host.file\tabsent")
    contains(ended.stderr, "write\tfalse\t")
    equal({ ended.stderr:find("WORKS", 1, true), s:exists "made" }, { nil, false })
  end)
end)

-- Long texts -------------------------------------------------------------------------------

test("what a recipe logs is cut to a length that is told, and costs no more for it", function()
  local fields = [[finalize = function(run)
    for _, size in ipairs { 262144, 1048576 } do run:log(("x"):rep(size)) end
    run:log(("word "):rep(200000), { more = ("y"):rep(1048576), list = { {}, 1 } })
    print(("z"):rep(1048576))
    run:log("the end")
  end,]]
  rehearsed(recipe("", fields), 0, function(ended, s)
    local sizes = {}
    for _, event in ipairs(s:lines "shop.rehearsal/log.ndjson") do
      if event.event == "recipe" then sizes[#sizes + 1] = event.message end
    end
    equal({ #sizes, sizes[4] }, { 4, "the end" })
    for i = 1, 3 do
      assert(#sizes[i] <= 2000, #sizes[i])
      contains(sizes[i], "… (cut)")
    end
    assert(#s:read "shop.rehearsal/log.ndjson" < 100000)
    assert(#ended.stderr < 20000, #ended.stderr)
  end)
end)

-- Recipes that were changed since the run was staged --------------------------------------

local LOADED <const> = 'print "the recipe is read"\nlocal part = require "part"\n'

---A run that waits for consent, of a recipe with a module; then `change(s)`.
local function staged(change, fn)
  scene(3, function(s)
    s:write("shop.lua", recipe(LOADED))
    s:write("part.lua", "print 'the module is read'\nreturn {}\n")
    s:tenant()
    contains(s:run(program.words()):ends_with(8).stderr, "the module is read")
    change(s)
    fn(s)
  end)
end

for what, change in pairs {
  ["the recipe"] = function(s)
    s:write("shop.lua", 'print "CHANGED"\n' .. recipe(LOADED))
  end,
  ["the module part"] = function(s)
    s:write("part.lua", 'print "CHANGED"\nreturn {}\n')
  end,
} do
  test(what .. " has changed: resume refuses it before it runs, --changed runs it", function()
    staged(change, function(s)
      for _, args in ipairs { { "resume", "--yes" }, { "resume", "shop.run", "--yes", "--json" } }
      do
        local ended = s:run(args):ends_with(2)
        contains(ended.stderr, what .. " has changed since the run was staged, and was not run")
        equal(ended.stderr:find("CHANGED", 1, true), nil)
        equal(ended.stderr:find("the recipe is read", 1, true) ~= nil, what ~= "the recipe")
      end
      contains(s:run({ "resume", "--yes" }).stderr, "use --changed to continue with what is staged")
      contains(s:run({ "resume", "--yes", "--changed" }):ends_with(0).stderr, "CHANGED\n")
      s:holds(3)
    end)
  end)
end

local STOPPING <const> = [[import = function(run)
  run:submit(run:chunks()())
  error "stopped"
end,]]

test("run refuses a changed recipe for a run that has sent users", function()
  scene(3, function(s)
    s:tenant()
    s:write("shop.lua", recipe("", STOPPING))
    s:run(program.words("--yes", "--chunk-users", "1")):ends_with(2)
    equal(s:metrics().uploads.count, 1)
    s:write("shop.lua", recipe('print "CHANGED"\n'))
    contains(s:run(program.words "--yes"):ends_with(2).stderr, "the recipe has changed since")
    local resumed = s:run({ "resume", "--yes" }):ends_with(2)
    equal({ resumed.stderr:find("CHANGED", 1, true), s:metrics().uploads.count }, { nil, 1 })
    s:write("shop.lua", recipe("", STOPPING))
    s:run({ "resume", "--yes" }):ends_with(2) -- the same text is run again
    equal(s:metrics().uploads.count, 2)
  end)
end)

test("a module that a changed module requires is not run either", function()
  staged(function(s)
    s:write("part.lua", "print 'the module is read'\nreturn require 'new'\n")
    s:write("new.lua", "print 'NEW'\nreturn {}\n")
  end, function(s)
    local ended = s:run({ "resume", "--yes" }):ends_with(2)
    equal(ended.stderr:find("NEW", 1, true), nil)
  end)
end)

test("what a recipe prints is bounded and does not reach stdout", function()
  scene(3, function(s)
    s:write("shop.lua", recipe [[for i = 1, 20000 do print("line", i) end]])
    local ended = s:run({ "map", "shop.lua", "input=people.csv" }):ends_with(0)
    equal(#rig.mapped_users(ended), 3)
    local _, lines = ended.stderr:gsub("line\t%d+\n", "")
    equal(lines, 10000)
    contains(ended.stderr, "left out")
  end)
end)
