--- Parses arguments with argparse and rewrites its error messages.

local argparse = require "argparse"
local spelling = require "base.spelling"
local options = require "cli.common.options"
local params = require "cli.common.params"

local parse = {}

---@class Positional
---@field name string      as the help shows it: "RECIPE", "RUN"
---@field optional? boolean
---@field params? boolean  any number of `name=value`, at the end
---@field many? boolean    one or more; its value is a list

local function add_option(parser, option)
  local added = option.argument and parser:option(option.flags) or parser:flag(option.flags)
  if option.argument then
    added:args(1)
    if option.many then added:count("*") end
    if option.parse then
      added:convert(function(text)
        local value, expected = option.parse(text)
        if value ~= nil then return value end
        local flag = option.flags:match("%-%-[%w-]+") or option.flags
        return nil, string.format("%s must be %s, not \"%s\"", flag, expected, text)
      end)
    end
  end
end

local function new_parser(command, positionals)
  local parser = argparse("auth0-migrate " .. command):add_help(false)
  for _, positional in ipairs(positionals) do
    local argument = parser:argument(positional.name)
    if positional.params then
      argument:args("*")
    elseif positional.many then
      argument:args("+")
    elseif positional.optional then
      argument:args("?")
    end
  end
  for _, option in ipairs(options.of(command)) do add_option(parser, option) end
  return parser
end

local function flags_of(command)
  local list = {}
  for _, option in ipairs(options.of(command)) do
    for flag in option.flags:gmatch("%S+") do list[#list + 1] = flag end
  end
  return list
end

-- Messages of argparse, which reports errors as text only, and their replacements.
local WORDS <const> = {
  { "^missing argument '(.-)'", function(_, name) return "missing argument " .. name end },
  { "^too many arguments", function() return "too many arguments" end },
  {
    "^unknown option '(.-)'", function(command, flag)
      local flags = flags_of(command)
      local near = flag:find("^%-%-") and spelling.find(flag, flags)
      return string.format("%s has no option %s%s", command, flag, spelling.hint(flag, flags)),
        near and { wrong = flag, meant = near } or nil
    end,
  },
  {
    "^option '(.-)' requires an argument", function(_, flag)
      return flag .. " requires a value"
    end,
  },
  {
    "^option '(.-)' must be used at most", function(_, flag)
      return flag .. " may be given only once"
    end,
  },
  {
    "^option '(.-)' does not take", function(_, flag)
      return flag .. " does not accept a value"
    end,
  },
}

local function reword(command, message)
  for _, entry in ipairs(WORDS) do
    local found = message:match(entry[1])
    if found then return entry[2](command, found) end
  end
  return message
end

---The arguments with a "=" after each option whose argument is left out: the word that follows is
---not its argument.
local function with_empty_values(command, args)
  local optional, list = {}, {}
  for _, option in ipairs(options.of(command)) do
    if option.optional then optional[option.flags] = true end
  end
  local is_option = true
  for i, word in ipairs(args) do
    is_option = is_option and word ~= "--"
    list[i] = is_option and optional[word] and word .. "=" or word
  end
  return list
end

---@param command string
---@param positionals Positional[]
---@param args string[]
---@return table? flags    options by key; positionals by name; `params`
---@return string? message
---@return Kind? kind  "usage"
---@return FailureMore? more
function parse.arguments(command, positionals, args)
  local ok, result = new_parser(command, positionals):pparse(with_empty_values(command, args))
  if not ok then
    local message, more = reword(command, result)
    return nil, message, "usage", more
  end
  for _, positional in ipairs(positionals) do
    if positional.params then
      local message, more
      result.params, message, more = params.read(result[positional.name])
      if not result.params then return nil, message, "usage", more end
    end
  end
  return result
end

return parse
