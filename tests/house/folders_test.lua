--- Violations of the rules for folders are reported.

local folders = require "tests.house.folders"
local open = require "recipe.open"
local tap = require "tests.tap"
local test = tap.test

local sources = require("tests.house.tree").read()

test("a require that points upwards is reported", function()
  local cases = {
    { "lualib/base/x.lua", 'local y = require "auth0.schema"', "is above" },
    { "lualib/auth0/x.lua", "local y = require('migrate')", "is above" },
    { "lualib/source/x.lua", 'local y = require("tenant.jobs")', "is above" },
    { "lualib/migrate/x.lua", 'local y <const> = require "cli.commands.run".z', "is above" },
    { "lualib/migrate/x.lua", 'require "recipes.keycloak"', "is above" },
    { "lualib/migrate/x.lua", 'require "argparse"', "belongs to cli" },
    { "lualib/migrate/x.lua", 'require "host.server"', "belongs to tenant" },
    { "lualib/migrate/x.lua", 'require "lfs"', "is on no floor" },
    { "recipes/x.lua", 'require "host.file"', "is not open to recipes" },
    { "recipes/x.lua", 'require "auth0.api.client"', "is not open to recipes" },
    { "recipes/x.lua", 'require "journal.ledger"', "is not open to recipes" },
    { "recipes/x.lua", 'require "source.records"', "is not open to recipes" },
  }
  for _, case in ipairs(cases) do
    local found = folders.climbs { [case[1]] = "\n" .. case[2] .. "\n" }
    tap.equal(#found, 1, case[2])
    tap.contains(found[1], case[1] .. ":2: ")
    tap.contains(found[1], case[3])
  end
end)

test("a require that points downwards or is in a comment is accepted", function()
  local cases = {
    { "lualib/cli/x.lua", 'require "migrate" require "argparse" require "host.terminal"' },
    { "lualib/tenant/x.lua", 'require "auth0.codes" require "host.server" require "cjson"' },
    { "lualib/migrate/x.lua", '--- require "cli"' },
    { "recipes/x.lua", 'require "migrate" require "source.csv" require "auth0.password"' },
  }
  for _, case in ipairs(cases) do tap.equal(folders.climbs { [case[1]] = case[2] }, {}) end
end)

test("a circle is reported with all its files", function()
  tap.equal(folders.circles {
    ["lualib/a.lua"] = 'require "b.c"', ["lualib/b/c.lua"] = 'require "b"\nrequire "e"',
    ["lualib/b/init.lua"] = 'local function late() return require "a" end',
    ["lualib/d.lua"] = 'require "a"', ["lualib/e.lua"] = 'require "host.file"',
    ["lualib/f.lua"] = 'require "f"',
    ["recipes/x.lua"] = 'require "recipes.y"', ["recipes/y.lua"] = 'require "recipes.x"',
    ["tests/x.lua"] = 'require "tests.x"',
  }, { "lualib/a.lua lualib/b/c.lua lualib/b/init.lua", "lualib/f.lua",
    "recipes/x.lua recipes/y.lua" })
end)

test("arrows that meet again are not a circle", function()
  tap.equal(folders.circles {
    ["lualib/a.lua"] = 'require "b"\nrequire "c"', ["lualib/b.lua"] = 'require "d"',
    ["lualib/c.lua"] = 'require "b"\nrequire "d"', ["lualib/d.lua"] = '-- require "a"',
  }, {})
end)

test("an impurity behind a pure module is reported", function()
  tap.equal(folders.impurities {
    ["lualib/auth0/schema.lua"] = 'require "auth0.rules"',
    ["lualib/auth0/rules.lua"] = 'require "host.text"\nrequire "host.clock"',
    ["lualib/auth0/api/client.lua"] = 'require "base.fetch"',
  }, { "lualib/auth0/rules.lua:2: host.clock" })
end)

test("a module of a recipe's Lua state that requires one of the program is reported", function()
  tap.equal(folders.unlisted {
    ["lualib/source/csv.lua"] = 'require "source.records"\nrequire "host.http"',
    ["lualib/base/failure.lua"] = 'require "base.scheduler"',
    ["lualib/migrate/init.lua"] = 'require("recipe.sandbox")',
    ["lualib/base/fetch.lua"] = 'require "host.http"',
  }, { "lualib/base/failure.lua:1: base.scheduler", "lualib/migrate/init.lua:1: recipe.sandbox",
    "lualib/source/csv.lua:2: host.http" })
end)

test("each module that recipes may require exists", function()
  for _, name in ipairs(open.names()) do require(name) end
end)

test("a module that is on the list without need is reported", function()
  local without = {}
  for path, text in pairs(sources) do without[path] = text:gsub('"host.lookup"', '"host.csv"') end
  tap.equal(folders.unneeded(without), { "host.lookup" })
end)

test("the drawing has every folder and every arrow, with how many", function()
  local text = folders.drawing {
    ["lualib/base/x.lua"] = 'require "host.file"',
    ["lualib/cli/commands/y.lua"] = 'require "base.x"\nrequire "base.z"\n'
      .. 'require "cli.commands.w"',
    ["lualib/meta/host/z.lua"] = 'require "cli"',
  }
  for _, line in ipairs { "digraph house {\n", '  "auth0.api";\n',
    '  "cli.commands" -> "base" [label = 2];\n', '  "base" -> "host" [label = 1];\n}\n' } do
    tap.contains(text, line)
  end
end)
