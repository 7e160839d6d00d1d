local inside_run = require "recipe.inside.run"
local tap = require "tests.tap"
local test = tap.test

test("the run object has its fields, and its methods are called without it", function()
  local seen
  local run = inside_run.new({
    submit = function(...)
      seen = { ... }
      return "job", 7
    end,
  }, { rounds = 3 })
  tap.equal({ run:submit("chunk", 1) }, { "job", 7 })
  tap.equal({ seen, run.rounds }, { { "chunk", 1 }, 3 })
end)

test("nothing else is reachable through the run object", function()
  local run = inside_run.new({ sleep = function() end }, { rounds = 3 })
  tap.equal(getmetatable(run), nil)
  local names = {}
  for name in pairs(run) do names[#names + 1] = name end
  table.sort(names)
  tap.equal(names, { "rounds", "sleep" })
end)

test("an error of a method names the recipe's line, not that of the object", function()
  local run = inside_run.new({ submit = function() error("no chunk", 2) end }, {})
  local _, message = pcall(function()
    run:submit()
    return true
  end)
  assert(message:find("^tests/lualib/recipe/inside/run_test.lua:%d+: no chunk"), message)
end)
