--- What the manual lacks and untidy lines are noticed.

local open = require "recipe.open"
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

test("the manual names every command and option", function()
  none(writing.unwritten(require("cli.main").COMMANDS, require("cli.common.options").list,
    tree["docs/commands.md"]))
end)

test("a command or option that the manual lacks is noticed", function()
  local commands = { "run", "plan" }
  local list = { { flags = "-y --yes" }, { flags = "--yes-men" }, { flags = "--no" } }
  tap.equal(writing.unwritten(commands, list, "`auth0-migrate run --yes-men` `-y`, `plan`"),
    { "--no", "--yes" })
  tap.equal(writing.unwritten(commands, list, "plan `run` --no `-y/--yes` `--yes-men [--no]`"),
    { "plan" })
end)

test("untidy lines are noticed", function()
  tap.equal(writing.untidy {
    ["a.lua"] = "x \n\ty\n  z\n", ["b.c"] = "a\n \tb\n", ["c.md"] = "\ta\nb\t\nc\r\n",
  }, { "a.lua:1: blanks at the end", "a.lua:2: a tab", "b.c:2: a tab",
    "c.md:2: blanks at the end", "c.md:3: blanks at the end" })
end)
