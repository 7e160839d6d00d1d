--- The help of the program and of each command, generated from the tables that the parser uses.

local exit_status = require "base.exit_status"
local wrap = require "cli.text.wrap"
local options = require "cli.common.options"

local help = {}

local WIDTH <const> = 80
local COLUMN <const> = 26

local function row(left, right)
  local indent = string.rep(" ", COLUMN)
  local text = table.concat(wrap.wrap(right, WIDTH - COLUMN), "\n" .. indent)
  local first = "  " .. left
  if #first > COLUMN - 2 then return first .. "\n" .. indent .. text end
  return first .. string.rep(" ", COLUMN - #first) .. text
end

---"--chunk-bytes N", "-y, --yes", "--allow-net[=HOST]"
---@param option Option
---@return string
function help.flags(option)
  local flags = option.flags:gsub(" ", ", ")
  if option.optional then return flags .. "[=" .. option.argument .. "]" end
  return option.argument and flags .. " " .. option.argument or flags
end

---"auth0-migrate check RECIPE [name=value ...] [options]"
---@param command Command
---@return string
function help.usage(command)
  local words = { "auth0-migrate", command.name }
  for _, positional in ipairs(command.positionals) do
    local name = positional.name
    if positional.params then
      name = "[" .. name .. " ...]"
    elseif positional.many then
      name = name .. " ..."
    elseif positional.optional then
      name = "[" .. name .. "]"
    end
    words[#words + 1] = name
  end
  if command.subcommands then words[#words + 1] = "[SUBCOMMAND]" end
  words[#words + 1] = "[options]"
  return table.concat(words, " ")
end

---@param command Command
---@param subcommands Command[]  of it
---@return string
function help.command(command, subcommands)
  local list = { help.usage(command), "", table.concat(wrap.wrap(command.help, WIDTH), "\n"), "" }
  for i, one in ipairs(subcommands) do
    if i == 1 then list[#list + 1] = "Subcommands:" end
    list[#list + 1] = row(one.name:match("%S+$"), one.summary)
  end
  if #subcommands > 0 then list[#list + 1] = "" end
  list[#list + 1] = "Options:"
  for _, option in ipairs(options.of(command.name)) do
    list[#list + 1] = row(help.flags(option), option.help)
  end
  return table.concat(list, "\n") .. "\n"
end

local INTRODUCTION <const> = [[
auth0-migrate RECIPE [name=value ...] [options]
auth0-migrate COMMAND ...

Imports users into Auth0. RECIPE is a Lua file that describes your users, or the
name of a shipped or installed recipe; name=value sets one of its parameters.
Set the tenant in AUTH0_DOMAIN, AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET and
AUTH0_CONNECTION, or in auth0-migrate.yaml.

Commands:
]]
local MORE <const> = [[

auth0-migrate COMMAND --help shows the help and options of a command.
auth0-migrate --version shows the version.
]]

---@param commands Command[]
---@return string
function help.program(commands)
  local list = {}
  for i, command in ipairs(commands) do list[i] = row(command.name, command.summary) end
  return INTRODUCTION .. table.concat(list, "\n") .. "\n" .. MORE
end

---The table of commands in README.md and docs/commands.md.
---@param commands Command[]
---@param subcommands fun(command: Command): Command[]
---@return string
function help.commands_table(commands, subcommands)
  local list = { "| command | does |", "|---|---|" }
  local function add(command)
    local usage = help.usage(command):gsub("^auth0%-migrate ", ""):gsub(" %[options%]$", "")
    list[#list + 1] = string.format("| `%s` | %s |", usage, command.summary)
  end
  for _, command in ipairs(commands) do
    local parts = subcommands(command)
    for _, one in ipairs(parts) do add(one) end
    if #parts == 0 then add(command) end
  end
  return table.concat(list, "\n") .. "\n"
end

---The table of options in docs/commands.md.
---@return string
function help.options_table()
  local list = { "| option | does | with |", "|---|---|---|" }
  for _, option in ipairs(options.list) do
    local flags = help.flags(option):gsub(", ", "`, `"):gsub("|", "\\|")
    local commands = option.commands == "*" and "all"
      or option.commands:gsub(" ", ", "):gsub(":", " ")
    list[#list + 1] = string.format("| `%s` | %s | %s |", flags, option.help, commands)
  end
  return table.concat(list, "\n") .. "\n"
end

---The table of exit statuses in docs/commands.md.
---@return string
function help.statuses_table()
  local list = { "| status | meaning |", "|---|---|" }
  for _, one in ipairs(exit_status.list) do
    list[#list + 1] = string.format("| %d | %s |", one.status, one.meaning)
  end
  return table.concat(list, "\n") .. "\n"
end

return help
