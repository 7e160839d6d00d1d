--- The command tree as data.

local exit_status = require "base.exit_status"
local file = require "host.file"
local help = require "cli.help"
local json = require "host.json"
local main = require "cli.main"
local options = require "cli.common.options"
local rig = require "tests.lualib.cli.rig"
local tap = require "tests.tap"
local test = tap.test

---What a command line prints, as data.
local function object(args)
  local status, out, err = rig.run(args)
  tap.equal({ status, err }, { 0, "" })
  return assert(json.decode(out))
end

test("--help --json has each command, with the options that the parser takes", function()
  local tree = object { "--help", "--json" }
  for i, name in ipairs(main.COMMANDS) do
    local one = tree.commands[i]
    tap.equal(one.name, name)
    local flags = {}
    for k, option in ipairs(one.options) do flags[k] = table.concat(option.flags, " ") end
    local expected = {}
    for k, option in ipairs(options.of(name)) do expected[k] = option.flags end
    tap.equal(flags, expected, name)
  end
end)

test("subcommands are below their command, with their own options and positionals", function()
  for _, command in ipairs(object({ "--help", "--json" }).commands) do
    if command.name == "recipes" then
      tap.equal(#command.subcommands, #require("cli.commands.recipes").subcommands)
      local copy = object { "recipes", "copy", "--help", "--json" }
      tap.equal(copy, command.subcommands[3])
      tap.equal(copy.positionals, {
        { name = "RECIPE", required = true, repeatable = false, kind = "argument" },
        { name = "FILE", required = false, repeatable = false, kind = "argument" },
      })
      return
    end
  end
  error("no command recipes")
end)

test("the help of a command is the same as data", function()
  local check = object { "check", "--help", "--json" }
  tap.equal({ check.name, check.usage },
    { "check", "auth0-migrate check RECIPE [name=value ...] [options]" })
  tap.equal(check.positionals[2],
    { name = "name=value", required = false, repeatable = true, kind = "parameter" })
end)

test("the exit statuses are those of the guide, and each kind of failure has one", function()
  tap.contains(assert(file.read("docs/commands.md")), help.statuses_table())
  local known = {}
  for _, one in ipairs(object({ "--help", "--json" }).exit_statuses) do
    known[one.status] = one.meaning
  end
  for _, kind in ipairs {
    "usage", "rejects", "temporary", "login", "canary", "consent", "interrupted", "fatal",
  } do
    assert(known[exit_status.of(kind)], kind)
  end
end)
