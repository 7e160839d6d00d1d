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

test("recipes, and recipes list, show what is shipped", function()
  local status, out = cli_rig.run { "recipes" }
  tap.equal(status, 0)
  assert(out:find("\nkeycloak +Keycloak +yes +authenticator apps +files, API +shipped\n"), out)
  local _, listed = cli_rig.run { "recipes", "list" }
  tap.equal(listed, out)
  tap.equal(#json.decode(select(2, cli_rig.run { "recipes", "--json" })).recipes > 2, true)
end)

test("recipes show tells the parameters, and what is carried over and lost", function()
  local status, out = cli_rig.run { "recipes", "show", "keycloak" }
  tap.equal(status, 0)
  for _, said in ipairs {
    "system     Keycloak", "\n  realm    ", "\nExport:\n", "    bin/kc.sh export --dir",
    "\nCarried over:\n", "\nLost:\n", "    why: ",
  } do
    tap.contains(out, said)
  end
  assert(not out:find("|---", 1, true), "a table is shown as such")
  local one = json.decode(select(2, cli_rig.run { "recipes", "show", "keycloak", "--json" }))
  tap.equal({ one.name, one.page.title, one.exit, one.text },
    { "keycloak", "Keycloak", 0, json.null })
end)

test("recipes show --text shows the recipe as it is", function()
  local _, out = cli_rig.run { "recipes", "show", "keycloak", "--text" }
  tap.equal(out, assert(file.read("recipes/keycloak.lua")))
end)

test("recipes copy tells the command that comes next", function()
  with_recipe(function(recipe, folder)
    local status, out, err = cli_rig.run { "recipes", "copy", "csv", folder .. "/mine" }
    tap.equal(status, 0)
    tap.contains(out, folder .. "/mine.lua is written: a recipe that extends recipes.csv\n")
    tap.contains(err, "next: auth0-migrate test " .. folder .. "/mine.lua\n")
    local again, _, message = cli_rig.run { "recipes", "copy", recipe, recipe }
    tap.equal(again, 2)
    tap.contains(message, "is the recipe itself")
  end)
end)

for _, case in ipairs {
  { { "recipes", "shw", "csv" }, 'did you mean "show"?', "recipes show csv" },
  { { "recipes", "xyzzy" }, "it has list, show, copy", "recipes --help" },
  { { "recipes", "show", "csv", "--whole" }, "recipes show has no option --whole",
    "recipes show --help" },
  { { "recipes", "--chek" }, "recipes list has no option --chek", "recipes list --help" },
  { { "recipes", "copy", "csv", "--hole" }, "--whole", "recipes copy csv --whole" },
} do
  test("after " .. table.concat(case[1], " ") .. " comes " .. case[3], function()
    local status, out, err = cli_rig.run(case[1])
    tap.equal({ status, out }, { 2, "" })
    tap.contains(err, case[2])
    tap.contains(err, "\nnext: auth0-migrate " .. case[3] .. "\n")
    local words = table.move(case[1], 1, #case[1], 1, {})
    words[#words + 1] = "--json"
    tap.equal(json.decode(select(2, cli_rig.run(words))).exit, 2)
  end)
end

test("each subcommand has a help of its own, with its options and no others", function()
  local _, out = cli_rig.run { "recipes", "copy", "--help" }
  tap.contains(out, "auth0-migrate recipes copy RECIPE [FILE] [options]")
  tap.contains(out, "\n  --whole ")
  tap.equal(out:find("--check", 1, true), nil)
  local _, all = cli_rig.run { "recipes", "--help" }
  tap.contains(all, "\n  copy   ")
end)
