local call = require "recipe.call"
local failure = require "base.failure"
local guard = require "base.guard"
local recipe_rig = require "tests.recipe_rig"
local tap = require "tests.tap"
local test = tap.test

-- A message as errors of a recipe have it.
local THEIRS <const> = "shop.lua:4: boom"

---The state of a recipe whose `retry` has this body.
local function state_of(body, options)
  return recipe_rig.of("return { source = print, map = print, retry = function(...)\n" .. body
    .. "\nend }", options).state
end

---The error of a recipe's function with this body, which begins on line 2.
---@return RecipeFailure
local function error_of(body, options)
  local ok, err = state_of(body, options):call("retry", {})
  assert(not ok, "expected an error")
  return err
end

---An error that a line of the program raised, and no recipe.
local function of_the_program()
  local err = failure.new("no value", "fatal")
  err.where, err.trace = "lualib/source/csv.lua:7", "a trace"
  return err
end

local function raising(value)
  return string.format("error(%q, 0)", value)
end

test("a function that succeeds returns its results", function()
  local inside = state_of "return 'a', ..."
  tap.equal({ inside:call("retry", 1) }, { true, "a", 1 })
  tap.equal({ call.result(inside, "retry", 1) }, { "a", 1 })
end)

test("an error of a recipe has its line, also in a coroutine and in an iterator", function()
  for _, body in ipairs { "error('boom')", "coroutine.wrap(function() error('boom') end)()",
    "for _ in function() error('boom') end do end" } do
    local err = error_of(body)
    tap.equal({ err.where, err.message, call.is_ours(err) }, { "shop.lua:2", "boom", false }, body)
  end
end)

test("an error at a line of the program is ours", function()
  tap.equal(call.is_ours(of_the_program()), true)
  tap.equal(call.blamed(of_the_program(), "retry").message, "no value")
end)

test("an error of the library is the recipe's, at its line", function()
  local err = error_of "require('source.value').phone('1', {})"
  tap.equal({ err.where, err.message, call.is_ours(err), err.kind }, { "shop.lua:2",
    "bad argument #2 to 'value.phone' (string expected, got table)", false, "fatal" })
end)

test("an error as text has its place, else the given file", function()
  local err = error_of(raising(THEIRS))
  tap.equal({ call.text(err), call.text(err, "x.lua") }, { THEIRS, THEIRS })
  err = error_of(raising "boom")
  tap.equal({ call.text(err), call.text(err, "x.lua") },
    { "shop.lua:2: boom", "shop.lua:2: boom" })
  local loose = failure.new "boom"
  tap.equal({ call.text(loose), call.text(loose, "x.lua") }, { "boom", "x.lua: boom" })
end)

for _, case in ipairs {
  { "at a recipe's line", raising(THEIRS), "shop.lua:4: the recipe's `source` failed: boom",
    "usage" },
  { "without a place", raising "boom", "shop.lua:2: the recipe's `source` failed: boom", "usage" },
  { "that is a table", "error {}",
    "shop.lua:2: the recipe's `source` failed: the error value is a table", "usage" },
  { "of the library that the recipe passes on",
    "error(select(2, pcall(require('source.csv').records, 'x.csv', 1)), 0)",
    "shop.lua:2: the recipe's `source` failed: csv.records: options must be a table", "usage" },
} do
  test("the failure for an error " .. case[1], function()
    tap.equal({ call.failed(error_of(case[2]), "source") }, { nil, case[3], case[4] })
  end)
end

test("the failure for an error that is a failure of the world", function()
  recipe_rig.in_folder({ ["users.json"] = '[{ "email": "a@b.co" }, ' }, function(folder)
    local err = error_of(string.format("for _ in require('source.json').records(%q) do end",
      folder .. "/users.json"), { folder = folder })
    local none, message, kind = call.failed(err, "source")
    tap.equal({ none, message, kind, err.where }, { nil, err.message, "parse" })
    tap.contains(message, "users.json")
    tap.equal({ call.blamed(err, "source") == err }, { true })
  end)
end)

test("a recipe's error is raised with function and line", function()
  local ok, err = guard.call(call.result, state_of(raising(THEIRS)), "retry", {})
  tap.equal({ ok, err.message, err.kind },
    { false, "shop.lua:4: the recipe's `retry` failed: boom", "usage" })
end)

test("of a function that the program calls: a failure of the world keeps its kind", function()
  local body = "require('source.csv').records('tests/missing.csv')"
  local inside = state_of(body, { folder = "tests" })
  local ok, err = guard.call(call.result, inside, "retry", {})
  tap.equal({ ok, failure.is(err), err.kind, err.where }, { false, true, "missing" })
  assert(not err.message:find("`retry` failed", 1, true), err.message)
end)

for _, case in ipairs {
  { "instructions", { steps = 1000, seconds = 0.01 }, "while true do end", "--recipe-" },
  { "instructions that it protects itself against", { steps = 1000, seconds = 0.01 },
    "while true do pcall(function() while true do end end) end", "--recipe-" },
  { "memory", { memory = 8 * 1024 * 1024, seconds = 60 },
    "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1000) .. i end", "--recipe-memory" },
} do
  test("a call that takes too much is the recipe's mistake: " .. case[1], function()
    local ok, err = guard.call(call.result, state_of(case[3], { limits = case[2] }), "retry",
      {})
    tap.equal({ ok, err.kind }, { false, "usage" })
    tap.contains(err.message, "a call of `retry` ")
    tap.contains(err.message, case[4])
  end)
end
