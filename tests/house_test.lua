--- The rules hold in the source tree.

local host = require "host"
local house = require "tests.house"
local tap = require "tests.tap"
local test = tap.test

local tree = require("tests.house.tree").read()

for _, rule in ipairs(house.RULES) do
  test(rule.says, function()
    local found = rule.broken(tree)
    if #found > 0 then error("\n" .. table.concat(found, "\n"), 0) end
  end)
end

test("a violation is reported with file, line and rule", function()
  tap.equal(house.broken({ ["lualib/base/x.lua"] = 'require "cli"\n' })[1],
    "lualib/base/x.lua:1: cli is above [a folder uses only what is below it]")
end)

test("the embedded modules are sorted by name, as the binary search requires", function()
  local names = host.embedded()
  for i = 2, #names do assert(names[i - 1] < names[i], names[i]) end
end)
