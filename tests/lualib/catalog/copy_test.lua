--- Recipes that begin as copies of others.

local cases = require "cases"
local copy = require "catalog.copy"
local file = require "host.file"
local json = require "host.json"
local library = require "recipe.library"
local params = require "recipe.params"
local recipe = require "recipe"
local recipe_rig = require "tests.recipe_rig"
local scheduler = require "base.scheduler"
local tap = require "tests.tap"
local test = tap.test

local function no_env() end

local ACME <const> = [[
return {
  name = "acme",
  source = function() end, map = function() end,
}
]]

for _, name in ipairs(library.shipped_names()) do
  for _, whole in ipairs { false, true } do
    test(string.format("%s copy of %s loads, and passes the tests of the recipe",
      whole and "a whole" or "an extended", name), function()
      recipe_rig.in_folder({}, function(root)
        local target = root .. "/mine.lua"
        local report = assert(copy.run(name, target, { whole = whole, env = no_env }))
        tap.equal({ report.recipe, report.extends },
          { target, whole and json.null or "recipes." .. name })
        local loaded = assert(recipe.load(target, { env = no_env, params = params.UNRESOLVED }))
        loaded.state:close()
        tap.equal(loaded.name, "mine")
        local tested = scheduler.run(function()
          return assert(cases.run({ target }, { env = no_env, limits = {} }))
        end)
        assert(tested.passed > 0 and tested.failed == 0, "failed " .. tested.failed)
      end)
    end)
  end
end

test("a whole copy has the page of the recipe, an extended one has not", function()
  recipe_rig.in_folder({}, function(root)
    assert(copy.run("csv", root .. "/a.lua", { whole = true, env = no_env }))
    assert(copy.run("csv", root .. "/b.lua", { env = no_env }))
    assert(file.stat(root .. "/a.md") and not file.stat(root .. "/b.md"))
  end)
end)

test("nothing is overwritten without force, whichever file is there", function()
  for _, there in ipairs { "mine.lua", "mine.test.yaml" } do
    recipe_rig.in_folder({ [there] = "mine" }, function(root)
      local done, message, kind, more = copy.run("csv", root .. "/mine", { env = no_env })
      tap.equal({ done, kind, more }, { nil, "usage", { add = "--force" } })
      tap.contains(message, there .. " exists already")
      tap.equal(file.read(root .. "/" .. there), "mine")
      tap.equal(#file.list(root), 1)
      assert(copy.run("csv", root .. "/mine", { env = no_env, force = true }))
      assert(file.read(root .. "/" .. there) ~= "mine")
    end)
  end
end)

test("a folder gets a file with another name than the recipe's", function()
  recipe_rig.in_folder({}, function(root)
    tap.equal(assert(copy.run("csv", root, { env = no_env })).recipe, root .. "/my-csv.lua")
  end)
end)

---What a copy of an installed recipe extends, or its failure.
local function extended(root, from, to)
  local env = function(name) return name == "AUTH0_MIGRATE_PATH" and root .. "/shared" or nil end
  local name = from:gsub("^%./", root .. "/")
  local report, message, _, more = copy.run(name, root .. to, { env = env })
  if not report then return message, more end
  local loaded = assert(recipe.load(report.recipe, { env = env, params = params.UNRESOLVED }))
  loaded.state:close()
  return report.extends
end

test("a recipe is extended that is in the same directory, or in one that is searched", function()
  recipe_rig.in_folder({ ["shared/acme.lua"] = ACME, ["own/shop.lua"] = ACME }, function(root)
    tap.equal(extended(root, "acme", "/own/mine.lua"), "acme")
    tap.equal(extended(root, "./own/shop.lua", "/own/other.lua"), "shop")
  end)
end)

test("a recipe that the copy could not require has to be copied whole", function()
  recipe_rig.in_folder({
    ["shared/acme.lua"] = ACME, ["own/shop.lua"] = ACME, ["other/acme.lua"] = "return 1",
    ["shared/csv.v2.lua"] = ACME,
  }, function(root)
    for _, case in ipairs {
      { "acme", "/own/acme.lua" },        -- it would require itself
      { "acme", "/other/mine.lua" },      -- another acme is found first
      { "./own/shop.lua", "/shared/mine.lua" }, -- not searched
      { "./shared/csv.v2.lua", "/shared/mine.lua" }, -- a dot in a module's name is a folder
    } do
      local message, more = extended(root, case[1], case[2])
      tap.contains(message, "--whole copies it")
      tap.equal(more, { add = "--whole" })
    end
  end)
end)

test("a recipe is not copied onto itself", function()
  recipe_rig.in_folder({ ["acme.lua"] = ACME }, function(root)
    local done, message = copy.run(root .. "/acme.lua", root .. "/acme.lua",
      { env = no_env, whole = true, force = true })
    tap.equal(done, nil)
    tap.contains(message, "is the recipe itself")
    tap.equal(file.read(root .. "/acme.lua"), ACME)
  end)
end)

test("a directory that is not there is a failure, and nothing is written", function()
  recipe_rig.in_folder({}, function(root)
    local done, _, kind = copy.run("csv", root .. "/nowhere/mine.lua", { env = no_env })
    tap.equal({ done, kind }, { nil, "missing" })
  end)
end)
