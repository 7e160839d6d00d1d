--- The rules of the house hold in the tree, and each rule notices when it is broken.

local host = require "host"
local house = require "tests.house"
local open = require "recipe.open"
local tap = require "tests.tap"
local test = tap.test

local tree = house.tree()

local function none(found)
  if #found > 0 then error("\n" .. table.concat(found, "\n"), 2) end
end

test("no module requires one from a higher floor", function()
  none(house.climbs(tree))
end)

test("a require that points upwards is noticed", function()
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
    local found = house.climbs { [case[1]] = "\n" .. case[2] .. "\n" }
    tap.equal(#found, 1, case[2])
    tap.contains(found[1], case[1] .. ":2: ")
    tap.contains(found[1], case[3])
  end
end)

test("a require that points downwards, or stands in a comment, is fine", function()
  local cases = {
    { "lualib/cli/x.lua", 'require "migrate" require "argparse" require "host.terminal"' },
    { "lualib/tenant/x.lua", 'require "auth0.codes" require "host.server" require "cjson"' },
    { "lualib/migrate/x.lua", '--- require "cli"' },
    { "recipes/x.lua", 'require "migrate" require "source.csv" require "auth0.password"' },
  }
  for _, case in ipairs(cases) do tap.equal(house.climbs { [case[1]] = case[2] }, {}) end
end)

test("no files require each other in a circle", function()
  none(house.circles(tree))
end)

test("a circle is noticed, and names all its files", function()
  tap.equal(house.circles {
    ["lualib/a.lua"] = 'require "b.c"', ["lualib/b/c.lua"] = 'require "b"\nrequire "e"',
    ["lualib/b/init.lua"] = 'local function late() return require "a" end',
    ["lualib/d.lua"] = 'require "a"', ["lualib/e.lua"] = 'require "host.file"',
    ["lualib/f.lua"] = 'require "f"',
    ["recipes/x.lua"] = 'require "recipes.y"', ["recipes/y.lua"] = 'require "recipes.x"',
    ["tests/x.lua"] = 'require "tests.x"',
  }, { "lualib/a.lua lualib/b/c.lua lualib/b/init.lua", "lualib/f.lua",
    "recipes/x.lua recipes/y.lua" })
end)

test("arrows that meet again are no circle", function()
  tap.equal(house.circles {
    ["lualib/a.lua"] = 'require "b"\nrequire "c"', ["lualib/b.lua"] = 'require "d"',
    ["lualib/c.lua"] = 'require "b"\nrequire "d"', ["lualib/d.lua"] = '-- require "a"',
  }, {})
end)

test("what recipes see of auth0 has neither network nor clock", function()
  none(house.impurities(tree))
end)

test("an impurity behind a pure module is noticed", function()
  tap.equal(house.impurities {
    ["lualib/auth0/schema.lua"] = 'require "auth0.rules"',
    ["lualib/auth0/rules.lua"] = 'require "host.text"\nrequire "host.clock"',
    ["lualib/auth0/api/client.lua"] = 'require "base.fetch"',
  }, { "lualib/auth0/rules.lua:2: host.clock" })
end)

test("what a recipe's Lua state may load requires only what is on the same list", function()
  none(house.unlisted(tree))
end)

test("a module of a recipe's Lua state that requires one of the program is noticed", function()
  tap.equal(house.unlisted {
    ["lualib/source/csv.lua"] = 'require "source.records"\nrequire "host.http"',
    ["lualib/base/failure.lua"] = 'require "base.scheduler"',
    ["lualib/migrate/init.lua"] = 'require("recipe.sandbox")',
    ["lualib/base/fetch.lua"] = 'require "host.http"',
  }, { "lualib/base/failure.lua:1: base.scheduler", "lualib/migrate/init.lua:1: recipe.sandbox",
    "lualib/source/csv.lua:2: host.http" })
end)

test("each module that the list of these has is there, and those for others are needed", function()
  for _, name in ipairs(open.names()) do require(name) end
  none(house.unneeded(tree))
end)

test("a module that is on the list for nothing is noticed", function()
  local without = {}
  for path, text in pairs(tree) do without[path] = text:gsub('"host.store"', '"host.csv"') end
  tap.equal(house.unneeded(without), { "host.store" })
end)

test("the manual names each module that recipes may require", function()
  none(house.unwritten(open.names(), {}, tree["docs/recipes.md"]))
end)

test("one file waits, one calls protected, and one knows the prefix of user_ids", function()
  none(house.strays(tree))
end)

test("a stray wait, protected call or prefix is noticed", function()
  tap.equal(house.strays {
    ["lualib/base/scheduler.lua"] = "loop.wait(1)",
    ["lualib/auth0/identifiers.lua"] = 'local PREFIX <const> = "auth0|"',
    ["lualib/tenant/x.lua"] = '-- with "auth0|"', ["recipes/x.lua"] = 'id:match "^auth0|(.*)"',
    ["lualib/migrate/x.lua"] = "-- pcall\nlocal ok = pcall(f)\nloop.wait(1)\nxpcall(f, g)",
  }, { "lualib/migrate/x.lua:2: pcall", "lualib/migrate/x.lua:3: loop.wait",
    "lualib/migrate/x.lua:4: pcall", "lualib/tenant/x.lua:1: auth0|", "recipes/x.lua:1: auth0|" })
end)

test("nobody reads a message back", function()
  none(house.readings(tree))
end)

test("a message that is read is noticed", function()
  for _, line in ipairs {
    'if message:find("is missing", 1, true) then', "local n = err.message:match('%d+')",
    '(failure.message or ""):gsub("x", "y")', "for word in reason:gmatch('%a+') do end",
    'string.find(why, "yes")', 'return string.match(made.ending.message, "yes")',
    'message : find "x"',
  } do
    local found = house.readings { ["lualib/run/x.lua"] = "\n" .. line .. "\n" }
    tap.equal(#found, 1, line)
    tap.contains(found[1], "lualib/run/x.lua:2: reads ")
  end
end)

test("a message that is passed on, or stands in a comment or a text, is fine", function()
  for _, line in ipairs {
    "local found, message = recipe.find(name)", "-- message:find('x')", "messages:find(1)",
    'print("message:find(x)")', "return message:sub(1, 80)", "return find(message)",
  } do
    tap.equal(house.readings { ["lualib/run/x.lua"] = line }, {})
  end
end)

test("an exception that reads no message is noticed", function()
  local path = "lualib/cli/parse.lua"
  tap.equal(house.readings { [path] = "message:match('x')" }, {})
  tap.equal(house.readings { [path] = "return 1" }, { path .. ": is no exception any more" })
end)

test("the embedded modules are sorted by name, as the search among them needs", function()
  local names = host.embedded()
  for i = 2, #names do assert(names[i - 1] < names[i], names[i]) end
end)

test("each exported function says what it takes and gives", function()
  none(house.unexplained(tree))
end)

test("a function without annotations is noticed", function()
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
    local found = house.unexplained { ["lualib/base/x.lua"] = case[1] .. "\nreturn x\n" }
    tap.equal(#found, 1, case[1])
    tap.contains(found[1], "lacks " .. case[2])
  end
end)

test("a function with annotations is fine", function()
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
    tap.equal(house.unexplained { ["lualib/base/x.lua"] = case .. "\nreturn x\n" }, {})
  end
end)

test("the manual names every command and option", function()
  local manual = tree["docs/commands.md"]
  if not manual then tap.skip("there is no manual yet") end
  none(house.unwritten(require("cli.main").COMMANDS, require("cli.common.options").list, manual))
end)

test("a command or option that the manual lacks is noticed", function()
  local commands = { "run", "plan" }
  local list = { { flags = "-y --yes" }, { flags = "--yes-men" }, { flags = "--no" } }
  tap.equal(house.unwritten(commands, list, "`auth0-migrate run --yes-men` `-y`, `plan`"),
    { "--no", "--yes" })
  tap.equal(house.unwritten(commands, list, "plan `run` --no `-y/--yes` `--yes-men [--no]`"),
    { "plan" })
end)

test("no line ends in blanks, and no code is indented with tabs", function()
  none(house.untidy(tree))
end)

test("untidy lines are noticed", function()
  tap.equal(house.untidy {
    ["a.lua"] = "x \n\ty\n  z\n", ["b.c"] = "a\n \tb\n", ["c.md"] = "\ta\nb\t\nc\r\n",
  }, { "a.lua:1: blanks at the end", "a.lua:2: a tab", "b.c:2: a tab",
    "c.md:2: blanks at the end", "c.md:3: blanks at the end" })
end)
