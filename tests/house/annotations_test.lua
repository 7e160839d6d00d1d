--- Missing annotations are reported.

local annotations = require "tests.house.annotations"
local tap = require "tests.tap"
local test = tap.test

test("a function without annotations is reported", function()
  local cases = {
    { "function x.f(a)\nend\n", "@param a" },
    { "---@param a number\nfunction x.f(a, b)\nend\n", "@param b" },
    { "---@param abc number\nfunction x.f(a)\nend\n", "@param a" },
    { "function x.f(...)\nend\n", "@param ..." },
    { "--- Gives one.\nfunction x.f()\n  return 1\nend\n", "@return" },
    { "function x.f() return 1 end\n", "@return" },
    { "---@param a number\n\nfunction x.f(a)\nend\n", "@param a" },
    { "---@param a number\nfunction X:f(a, b)\nend\n", "@param b" },
  }
  for _, case in ipairs(cases) do
    local found = annotations.unexplained { ["lualib/base/x.lua"] = case[1] .. "\nreturn x\n" }
    tap.equal(#found, 1, case[1])
    tap.contains(found[1], "lacks " .. case[2])
  end
end)

test("a function with annotations is accepted", function()
  local cases = {
    "---@param a number\n---@param b? string\n---@return number\nfunction x.f(a, b)\n"
      .. "  return a\nend\n",
    "---Goes.\n---@param ... any\nfunction X:f(_, ...)\n  if x then\n    return 1\n  end\nend\n",
    "function x.f()\n  g(function()\n    return 1\n  end)\nend\n",
    "local function f(a)\n  return a\nend\n",
    "local t = {}\nfunction t.f(a)\nend\n",
    "function X:private(a)\nend\n",
  }
  for _, case in ipairs(cases) do
    tap.equal(annotations.unexplained { ["lualib/base/x.lua"] = case .. "\nreturn x\n" }, {})
  end
end)
