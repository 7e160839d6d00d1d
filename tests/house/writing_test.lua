--- What the manual lacks and untidy lines are reported.

local file = require "host.file"
local open = require "recipe.open"
local schema = require "journal.schema"
local tree = require("tests.house.tree").read()
local writing = require "tests.house.writing"
local tap = require "tests.tap"
local test = tap.test

local function none(found)
  if #found > 0 then error("\n" .. table.concat(found, "\n"), 2) end
end

test("the manual names each module that recipes may require", function()
  none(writing.unwritten(open.names(), {}, tree["docs/recipes.md"]))
end)

test("the manual names each fixer and each shipped recipe", function()
  local names = {}
  for name in pairs(require "auth0.fixers") do names[#names + 1] = name end
  for _, name in ipairs(assert(file.list("recipes"))) do
    names[#names + 1] = name:match("^(.+)%.lua$")
  end
  none(writing.unwritten(names, {}, tree["docs/recipes.md"]))
end)

test("the manual names each table of the journal, each state in it, and its version", function()
  local text, names = schema.SCHEMA .. schema.UNDO, {}
  for name in text:gsub("IF NOT EXISTS ", ""):gmatch("CREATE TABLE (%w+)") do
    names[#names + 1] = name
  end
  for _, table_name in ipairs { "chunk", "attempt", "failure" } do
    local states = text:match("CREATE TABLE " .. table_name .. " .-CHECK %(%w+ IN%s*(%b())")
    for name in states:gmatch("'([%w_]+)'") do names[#names + 1] = name end
  end
  none(writing.unwritten(names, {}, tree["docs/journal.md"]))
  tap.contains(tree["docs/journal.md"], "\n| " .. schema.VERSION .. " | ")
end)

test("the manual names every command and option", function()
  none(writing.unwritten(require("cli.main").COMMANDS, require("cli.common.options").list,
    tree["docs/commands.md"]))
end)

test("a command or option that the manual lacks is reported", function()
  local commands = { "run", "plan" }
  local list = { { flags = "-y --yes" }, { flags = "--yes-men" }, { flags = "--no" } }
  tap.equal(writing.unwritten(commands, list, "`auth0-migrate run --yes-men` `-y`, `plan`"),
    { "--no", "--yes" })
  tap.equal(writing.unwritten(commands, list, "plan `run` --no `-y/--yes` `--yes-men [--no]`"),
    { "plan" })
end)

test("a path in a guide that does not exist is reported", function()
  tap.equal(writing.missing {
    ["docs/architecture.md"] = "`lualib/base/path.lua`, `guard.lua`, `none.lua` `README.md`\n"
      .. "| `host/chunk.c` | `chunk.c` |\n\n`path.lua` `tests/NAME.lua` `host/none/` `a.run`\n"
      .. "```\n`host/none.c`\n```\n[x](journal.md) [y](none.md#z) [z](https://example.com/x.md)\n",
  }, { "docs/architecture.md:1: none.lua", "docs/architecture.md:2: chunk.c",
    "docs/architecture.md:4: path.lua", "docs/architecture.md:4: host/none/",
    "docs/architecture.md:8: none.md" })
end)

test("untidy lines are reported", function()
  tap.equal(writing.untidy {
    ["a.lua"] = "x \n\ty\n  z\n", ["b.c"] = "a\n \tb\n", ["c.md"] = "\ta\nb\t\nc\r\n",
  }, { "a.lua:1: blanks at the end", "a.lua:2: a tab", "b.c:2: a tab",
    "c.md:2: blanks at the end", "c.md:3: blanks at the end" })
end)

test("a recipe of more than 150 lines is reported, that of its API is not", function()
  local page = ("x\n"):rep(150)
  tap.equal(writing.long_recipes {
    ["recipes/a.lua"] = page, ["recipes/b.lua"] = page .. "x\n",
    ["recipes/api/c.lua"] = page .. page,
  }, { "recipes/b.lua:151: of at most 150 lines" })
end)
