local cli_rig = require "tests.lualib.cli.rig"
local file = require "host.file"
local json = require "host.json"
local tap = require "tests.tap"
local test = tap.test

local RECIPE <const> = [[
local names = require "names"
return {
  params = { input = { required = true }, n = { kind = "number", required = true } },
  source = function() return names end, map = function() end,
}]]

local function with_recipe(fn)
  local folder = assert(file.temporary())
  assert(file.write(folder .. "/shop.lua", RECIPE))
  assert(file.write(folder .. "/names.lua", "return {}"))
  fn(folder .. "/shop.lua", folder)
  assert(file.remove_tree(folder))
end

test("recipes lock writes the digests of a recipe's modules, without its parameters", function()
  with_recipe(function(recipe, folder)
    local status, out = cli_rig.run { "recipes", "lock", recipe }
    tap.equal(status, 0)
    tap.contains(out, "auth0-migrate.lock.yaml is written: 1 module\n  names  ")
    tap.contains(assert(file.read(folder .. "/auth0-migrate.lock.yaml")), '"names": "')
    status, out = cli_rig.run { "recipes", "lock", recipe, "--json" }
    tap.equal(status, 0)
    local object = assert(json.decode(out))
    tap.equal({ object.changed, #object.modules, object.exit }, { false, 1, 0 })
  end)
end)

test("recipes lock --check ends with 2 unless the file is up to date, and only reads", function()
  with_recipe(function(recipe, folder)
    local status, _, err = cli_rig.run { "recipes", "lock", recipe, "--check" }
    tap.equal(status, 2)
    tap.contains(err, "does not exist")
    tap.contains(err, "next: auth0-migrate recipes lock ")
    tap.equal(file.stat(folder .. "/auth0-migrate.lock.yaml"), nil)
    cli_rig.run { "recipes", "lock", recipe }
    tap.equal(cli_rig.run { "recipes", "lock", "--check", recipe }, 0)
    assert(file.write(folder .. "/names.lua", "return { 1 }"))
    status, _, err = cli_rig.run { "recipes", "lock", recipe, "--check" }
    tap.equal(status, 2)
    tap.contains(err, 'the module "names" differs')
  end)
end)

test("recipes refuses other subcommands, shipped recipes and files that are no recipes", function()
  for _, case in ipairs {
    { { "recipes", "luck", "x.lua" }, "recipes has no subcommand luck" },
    { { "recipes", "lock", "keycloak" }, "is a shipped recipe" },
    { { "recipes", "lock", "nowhere.lua" }, "recipe nowhere.lua not found" },
    { { "recipes", "lock" }, "missing argument RECIPE" },
  } do
    local status, _, err = cli_rig.run(case[1])
    tap.equal(status, 2)
    tap.contains(err, case[2])
  end
end)
