--- Recipes that are shipped with the program, after an update has changed them.

local file = require "host.file"
local host = require "host"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test

---Arguments that run the program with an older csv recipe, which names every user Old.
local function older(s, ...)
  local text = assert(host.source "recipes.csv")
  local changed, n = text:gsub("return users:map%(row, params%)", [[
    local user, reason = users:map(row, params)
    if type(user) == "table" and user.email then user.given_name = "Old" end
    return user, reason]])
  equal(n, 1)
  assert(file.mkdir(s:path "older/lualib"))
  assert(file.mkdir(s:path "older/recipes"))
  s:write("older/recipes/csv.lua", changed)
  return { "--lualib", s:path "older/lualib", ... }
end

local function all_old(s, n)
  local users = s:users()
  equal(#users, n)
  for _, user in ipairs(users) do equal(user.given_name, "Old") end
end

local SAID <const> = "the recipe csv shipped with this program differs from the one that staged "
  .. "the run; the staged chunks are used"

for _, args in ipairs {
  { "run", "csv", "input=people.csv", "--yes" }, { "resume", "csv.run", "--yes" },
} do
  test("a changed shipped recipe is reported, not refused: " .. args[1], function()
    program.scene(5, function(s)
      s:tenant()
      s:run(older(s, "run", "csv", "input=people.csv")):ends_with(8)
      contains(s:run(args):ends_with(0).stderr, "warning: " .. SAID)
      all_old(s, 5)
    end)
  end)
end

test("an unchanged shipped recipe is not reported", function()
  program.scene(5, function(s)
    s:tenant()
    s:run({ "run", "csv", "input=people.csv" }):ends_with(8)
    local ended = s:run({ "resume", "csv.run", "--yes" }):ends_with(0)
    equal(ended.stderr:find("shipped", 1, true), nil)
  end)
end)

test("another shipped recipe in place of the run's is refused", function()
  program.scene(5, function(s)
    s:tenant()
    s:run({ "run", "csv", "input=people.csv" }):ends_with(8)
    local ended = s:run { "run", "keycloak", "input=people.csv", "--run-dir", "csv.run", "--yes" }
    contains(ended:ends_with(2).stderr, "the recipe has changed")
    equal(#s:users(), 0)
  end)
end)

local EXTENDED <const> = [[
local base = require "recipes.csv"
return require "migrate".extend(base, { name = "own" })
]]

test("a recipe that extends a shipped one: the shipped text may change, its own may not", function()
  program.scene(5, function(s)
    s:tenant()
    s:write("own.lua", EXTENDED)
    s:run(older(s, "run", "own.lua", "input=people.csv")):ends_with(8)
    s:write("own.lua", EXTENDED .. "-- another\n")
    contains(s:run({ "resume", "own.run", "--yes" }):ends_with(2).stderr, "the recipe has changed")
    s:write("own.lua", EXTENDED)
    contains(s:run({ "resume", "own.run", "--yes" }):ends_with(0).stderr, "warning: " .. SAID)
    all_old(s, 5)
  end)
end)
