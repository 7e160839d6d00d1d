--- Resolves a recipe's parameters: command line, then environment, then configuration file, then
--- default. A secret is never a plain argument.

local file = require "host.file"
local spelling = require "base.spelling"

local params = {}

---@class ParamDeclaration
---@field help? string
---@field required? boolean
---@field default? string|number|boolean
---@field secret? boolean

---@class ParamSources
---@field given? table<string, string>     `name=value` on the command line
---@field file? table<string, any>         `params` of the configuration file
---@field from_environment? table<string, boolean>  set as `${NAME}` in the file
---@field env fun(name: string): string?

local PREFIX <const> = "AUTH0_MIGRATE_PARAM_"

local function names_of(declared)
  local names = {}
  for name in pairs(declared) do names[#names + 1] = name end
  table.sort(names)
  return names
end

---One line per parameter.
---@param declared table<string, ParamDeclaration>
---@return string
function params.describe(declared)
  local names, width = names_of(declared), 0
  if #names == 0 then return "the recipe has no parameters" end
  for _, name in ipairs(names) do width = math.max(width, #name) end
  local lines = { "parameters of the recipe:" }
  for _, name in ipairs(names) do
    local one, notes = declared[name], {}
    if one.required then notes[#notes + 1] = "required" end
    if one.secret then
      notes[#notes + 1] = "secret: " .. name .. "=@FILE or " .. PREFIX .. name:upper()
    end
    if one.default ~= nil then notes[#notes + 1] = "default " .. tostring(one.default) end
    local note = #notes > 0 and "(" .. table.concat(notes, "; ") .. ")" or ""
    lines[#lines + 1] = string.format("  %-" .. width .. "s  %s", name,
      table.concat({ one.help or "", one.help and #notes > 0 and " " or "", note }))
  end
  return table.concat(lines, "\n")
end

local function refuse(declared, message, more)
  return nil, message .. "\n" .. params.describe(declared), "usage", more
end

local function from_file(name, at_file)
  local text, message = file.read(at_file:sub(2))
  if not text then
    return nil, "cannot read the file of the parameter " .. name .. ": " .. message, "usage"
  end
  local value = text:gsub("\r?\n$", "")
  return value
end

local function secret_value(name, value, is_safe)
  if value == "@" then
    return nil, string.format("the parameter %s has no file name after @", name), "usage",
      { wrong = name .. "=", meant = name .. "=@FILE" }
  end
  if value:sub(1, 1) == "@" then return from_file(name, value) end
  if is_safe then return value end
  return nil, string.format("the parameter %s is secret and must not be readable in process lists "
    .. "or the configuration file; pass it as %s=@FILE or in the environment variable %s%s",
    name, name, PREFIX, name:upper()), "usage", { wrong = name .. "=", meant = name .. "=@FILE" }
end

---A value of the configuration file, as on the command line.
local function typed(value)
  if math.type(value) == "float" and value == math.floor(value) and math.abs(value) < 1e15 then
    return string.format("%d", value)
  end
  return tostring(value)
end

---The value of a parameter; `false` if it has none.
local function value_of(name, one, sources)
  local given = sources.given and sources.given[name]
  if given ~= nil then
    if one.secret then return secret_value(name, given, false) end
    return given
  end
  local from_env = sources.env(PREFIX .. name:upper(), one.secret)
  if from_env then return from_env end
  local in_file = sources.file and sources.file[name]
  if in_file ~= nil then
    if type(in_file) == "table" then
      return nil, "the parameter " .. name .. " of the configuration file must be a single value",
        "usage"
    end
    local value = typed(in_file)
    if not one.secret then return value end
    return secret_value(name, value, (sources.from_environment or {})[name])
  end
  if one.default ~= nil then return one.default, "default" end
  return false
end

---@param declared table<string, ParamDeclaration>
---@param sources ParamSources
---@return table<string, any>? values
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function params.resolve(declared, sources)
  local names = names_of(declared)
  for _, name in ipairs(names_of(sources.given or {})) do
    if not declared[name] then
      local near = spelling.find(name, names)
      return refuse(declared, string.format('the recipe has no parameter "%s"%s', name,
        spelling.hint(name, names)), near and { wrong = name .. "=", meant = near .. "=" })
    end
  end
  local values = {}
  for _, name in ipairs(names) do
    local value, message, kind, more = value_of(name, declared[name], sources)
    if value == nil then return nil, message, kind, more end
    if value ~= false or message == "default" then
      values[name] = value
    elseif declared[name].required then
      local word = name .. (declared[name].secret and "=@FILE" or "=VALUE")
      return refuse(declared, string.format("the parameter %s is missing; add %s", name, word),
        { add = word })
    end
  end
  return values
end

---Undeclared parameters in the configuration file that resemble a declared one; others may be for
---another recipe.
---@param declared table<string, ParamDeclaration>
---@param in_file? table<string, any>
---@return string[] hints  for the user
function params.strangers(declared, in_file)
  local hints, names = {}, names_of(declared)
  for _, name in ipairs(names_of(in_file or {})) do
    local near = not declared[name] and spelling.find(name, names)
    if near then
      hints[#hints + 1] = string.format('the configuration file sets the parameter "%s", which the '
        .. 'recipe does not have; did you mean "%s"?', name, near)
    end
  end
  return hints
end

return params
