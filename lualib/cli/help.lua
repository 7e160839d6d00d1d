--- The help of the program and of each command, from the same tables that the parser reads.

local options = require "cli.options"

local help = {}

local WIDTH <const> = 96
local COLUMN <const> = 26

---Breaks a text into lines of at most `width`.
local function wrap(text, width)
  local lines, line = {}, ""
  for word in text:gmatch("%S+") do
    if line ~= "" and #line + 1 + #word > width then
      lines[#lines + 1] = line
      line = word
    else
      line = line == "" and word or line .. " " .. word
    end
  end
  lines[#lines + 1] = line
  return lines
end

---A row: a word on the left, sentences on the right.
local function row(left, right)
  local lines = wrap(right, WIDTH - COLUMN)
  local indent = string.rep(" ", COLUMN)
  local first = "  " .. left
  if #first > COLUMN - 2 then
    return first .. "\n" .. indent .. table.concat(lines, "\n" .. indent)
  end
  return first .. string.rep(" ", COLUMN - #first) .. table.concat(lines, "\n" .. indent)
end

---"--chunk-bytes N", "-y, --yes"
---@param option Option
---@return string
function help.flags(option)
  local flags = option.flags:gsub(" ", ", ")
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
    elseif positional.optional then
      name = "[" .. name .. "]"
    end
    words[#words + 1] = name
  end
  words[#words + 1] = "[options]"
  return table.concat(words, " ")
end

---@param command Command
---@return string
function help.command(command)
  local lines = { help.usage(command), "", command.help, "", "Options:" }
  for _, option in ipairs(options.of(command.name)) do
    lines[#lines + 1] = row(help.flags(option), option.help)
  end
  return table.concat(lines, "\n") .. "\n"
end

---@param commands Command[]
---@return string
function help.program(commands)
  local lines = {
    "auth0-migrate RECIPE [name=value ...] [options]",
    "auth0-migrate COMMAND ...",
    "",
    "Moves users into Auth0. RECIPE is a Lua file that says how your users look, or the name of a",
    "shipped or installed recipe; name=value sets one of its parameters.",
    "",
    "Commands:",
  }
  for _, command in ipairs(commands) do lines[#lines + 1] = row(command.name, command.summary) end
  lines[#lines + 1] = ""
  lines[#lines + 1] = "auth0-migrate COMMAND --help lists the options of a command."
  lines[#lines + 1] = "auth0-migrate --version says which version this is."
  return table.concat(lines, "\n") .. "\n"
end

---Rows of the manual's table of commands.
---@param commands Command[]
---@return string
function help.commands_table(commands)
  local lines = { "| command | does |", "|---|---|" }
  for _, command in ipairs(commands) do
    local usage = help.usage(command):gsub("^auth0%-migrate ", ""):gsub(" %[options%]$", "")
    lines[#lines + 1] = string.format("| `%s` | %s |", usage, command.summary)
  end
  return table.concat(lines, "\n") .. "\n"
end

---Rows of the manual's table of options.
---@return string
function help.options_table()
  local lines = { "| option | does | with |", "|---|---|---|" }
  for _, option in ipairs(options.list) do
    local flags = help.flags(option):gsub(", ", "`, `"):gsub("|", "\\|")
    local commands = option.commands == "*" and "all" or option.commands:gsub(" ", ", ")
    lines[#lines + 1] = string.format("| `%s` | %s | %s |", flags, option.help, commands)
  end
  return table.concat(lines, "\n") .. "\n"
end

return help
