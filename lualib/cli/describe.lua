--- The command tree as data, for editors and scripts: from the tables that parser and help use.

local exit_status = require "base.exit_status"
local help = require "cli.help"
local json = require "host.json"
local options = require "cli.common.options"

local describe = {}

local function or_null(value)
  if value == nil then return json.null end
  return value
end

---@param option Option
local function option_of(option)
  local flags = json.array {}
  for flag in option.flags:gmatch("%S+") do flags[#flags + 1] = flag end
  return {
    flags = flags, argument = or_null(option.argument),
    argument_optional = option.optional or false, repeatable = option.many or false,
    help = option.help,
  }
end

---@param positional Positional
local function positional_of(positional)
  return {
    name = positional.name, required = not (positional.optional or positional.params),
    repeatable = positional.params or positional.many or false,
    kind = positional.params and "parameter" or "argument",
  }
end

---A command with its subcommands: what `COMMAND --help --json` prints.
---@param command Command
---@param subcommands Command[]
---@return table
function describe.command(command, subcommands)
  local made = {
    name = command.name, summary = command.summary, help = (command.help:gsub("%s+", " ")),
    usage = help.usage(command), positionals = json.array {}, options = json.array {},
    subcommands = json.array {},
  }
  for i, one in ipairs(command.positionals) do made.positionals[i] = positional_of(one) end
  for i, one in ipairs(options.of(command.name)) do made.options[i] = option_of(one) end
  for i, one in ipairs(subcommands) do made.subcommands[i] = describe.command(one, {}) end
  return made
end

---What `--help --json` prints.
---@param commands Command[]
---@param subcommands fun(command: Command): Command[]
---@return table
function describe.program(commands, subcommands)
  local list = json.array {}
  for i, one in ipairs(commands) do list[i] = describe.command(one, subcommands(one)) end
  local statuses = json.array {}
  for i, one in ipairs(exit_status.list) do
    statuses[i] = { status = one.status, meaning = one.meaning }
  end
  return {
    program = "auth0-migrate", usage = json.array {
      "auth0-migrate RECIPE [name=value ...] [options]", "auth0-migrate COMMAND ...",
    },
    default_command = "run", commands = list, exit_statuses = statuses,
  }
end

return describe
