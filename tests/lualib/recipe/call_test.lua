local call = require "recipe.call"
local failure = require "base.failure"
local tap = require "tests.tap"
local test = tap.test

-- Errors as raised by the program's Lua and by a recipe.
local OURS <const> = "lualib/source/csv.lua:7: bad argument"
local THEIRS <const> = "shop.lua:4: boom"

local function raises(value)
  return function() error(value, 0) end
end

test("a function that succeeds returns its results", function()
  tap.equal({ call.try(function(...) return "a", ... end, 1, 2) }, { true, "a", 1, 2 })
  tap.equal({ call.check("map", function(...) return "a", ... end, 1) }, { "a", 1 })
end)

test("a function may yield", function()
  local thread = coroutine.wrap(function()
    return call.check("import", function() return coroutine.yield(1) + 1 end)
  end)
  tap.equal({ thread(), thread(7) }, { 1, 8 })
end)

test("an error of a recipe's iterator has its line, not that of our call", function()
  local _, err = call.try(raises("lualib/stage/pipeline.lua:250: " .. THEIRS))
  tap.equal({ err.where, err.message, call.is_ours(err) }, { "shop.lua:4", "boom", false })
  _, err = call.try(raises(OURS))
  tap.equal({ err.where, err.message, call.is_ours(err) },
    { "lualib/source/csv.lua:7", "bad argument", true })
end)

test("an error as text has its place, else the given file", function()
  local _, err = call.try(raises(THEIRS))
  tap.equal({ call.text(err), call.text(err, "x.lua") }, { THEIRS, THEIRS })
  _, err = call.try(raises "boom")
  tap.equal({ call.text(err), call.text(err, "x.lua") }, { "boom", "x.lua: boom" })
end)

for _, case in ipairs {
  { "at a recipe's line", THEIRS, "shop.lua:4: the recipe's `source` failed: boom", "usage" },
  { "without a place", "boom", "the recipe's `source` failed: boom", "usage" },
  { "that is a table", {}, "the recipe's `source` failed: the error value is a table", "usage" },
  { "of the library, for what it was given", OURS,
    "lualib/source/csv.lua:7: the recipe's `source` failed: bad argument", "usage" },
  { "that is a failure of the world", failure.new("users.csv is cut off", "parse"),
    "users.csv is cut off", "parse" },
} do
  test("the failure for an error " .. case[1], function()
    local _, err = call.try(raises(case[2]))
    tap.equal({ call.failed(err, "source") }, { nil, case[3], case[4] })
  end)
end

for _, case in ipairs {
  { "a recipe's error is raised with function and line", THEIRS,
    "shop.lua:4: the recipe's `import` failed: boom", "usage" },
  { "an error of the program is not changed", OURS, "bad argument", "fatal" },
  { "a failure of the world keeps its kind", failure.new("no answer", "temporary"), "no answer",
    "temporary" },
} do
  test("of a function that calls the program: " .. case[1], function()
    local ok, err = call.try(call.check, "import", raises(case[2]))
    tap.equal({ ok, err.message, err.kind }, { false, case[3], case[4] })
    assert(failure.is(case[2]) or err.trace, "the trace is lost")
  end)
end
