--- Resolves a recipe's parameters: command line, then environment, then configuration file, then
--- default. A secret is never a plain argument.

local file = require "host.file"
local kinds = require "recipe.kinds"
local sorted = require "base.sorted"
local spelling = require "base.spelling"
local url = require "source.database.url"

local printable <const> = require("host.text").printable

local params = {}

---@class ParamDeclaration
---@field help? string
---@field required? boolean
---@field default? string|number|boolean
---@field kind? ParamKind   default: "text"
---@field secret? boolean   the same as kind = "secret"

---@class ParamSources
---@field given? table<string, string>     `name=value` on the command line
---@field file? table<string, any>         `params` of the configuration file
---@field from_environment? table<string, boolean>  set as `${NAME}` in the file
---@field file_folder? string              the real directory of the configuration file
---@field env fun(name: string): string?

-- Given in place of parameters: none has a value or is required, for a recipe that will not run.
params.UNRESOLVED = {}

local IN_FILE <const> = "the configuration file"
local PREFIX <const> = "AUTH0_MIGRATE_PARAM_"

---The names of declared parameters, or of given ones, sorted.
---@param declared table<string, any>
---@return string[]
function params.names(declared)
  return sorted.keys(declared)
end

local names_of <const> = params.names

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
    if kinds.is_secret(one) then
      notes[#notes + 1] = "secret: " .. name .. "=@FILE or " .. PREFIX .. name:upper()
    else
      notes[#notes + 1] = kinds.note(one)
    end
    if one.default ~= nil then notes[#notes + 1] = "default " .. tostring(one.default) end
    local note = #notes > 0 and "(" .. table.concat(notes, "; ") .. ")" or ""
    lines[#lines + 1] = string.format("  %-" .. width .. "s  %s", name,
      table.concat({ printable(one.help or ""), one.help and #notes > 0 and " " or "", note }))
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

---A value of the configuration file as text.
local function text_in_file(name, value)
  if type(value) == "table" then
    return nil, "the parameter " .. name .. " of the configuration file must be a single value",
      "usage"
  end
  return typed(value)
end

---The text given for a parameter and where; nil without a message if none is given.
local function given_text(name, secret, sources)
  local given = sources.given and sources.given[name]
  if given ~= nil then
    if not secret then return typed(given), "given" end
    return secret_value(name, given, false)
  end
  local from_env = sources.env(PREFIX .. name:upper(), secret)
  if from_env then return from_env, PREFIX .. name:upper() end
  local in_file = sources.file and sources.file[name]
  if in_file == nil then return nil end
  local value, message, kind = text_in_file(name, in_file)
  if not value then return nil, message, kind end
  if not secret then return value, IN_FILE end
  return secret_value(name, value, (sources.from_environment or {})[name])
end

---The value of a parameter in a table, which is empty if it has none.
local function value_of(name, one, sources)
  local text, from, kind, more = given_text(name, kinds.is_secret(one), sources)
  if text then
    local value, wrong, near = kinds.read(one, text)
    if value ~= nil then return { value, text = text, from = from } end
    local place = from ~= "given" and from and ", in " .. from or ""
    return nil, string.format("the parameter %s %s%s", name, wrong, place), "usage",
      { wrong = name .. "=", meant = name .. "=" .. (near or kinds.word(one)) }
  elseif from then
    return nil, from, kind, more
  end
  return { kinds.default(one) }
end

---Whether the recipe may read a path because it is the value of a parameter: one that a person
---gave, or one of the configuration file in that file's directory.
local function names_path(found, sources, name)
  if not found.text or found.from == nil or found.text == "" then return false end
  if found.from ~= IN_FILE or (sources.from_environment or {})[name] then return true end
  local real, folder = file.real(found.text), sources.file_folder
  return real ~= nil and folder ~= nil and real:sub(1, #folder + 1) == folder .. "/"
end

---Before anything is written: a run keeps its parameters.
local function refuse_password(name)
  local message = string.format("the parameter %s is the URL of a database with a password, which "
    .. "would be readable in process lists and in the journal: %s", name, url.PASSWORD_ADVICE)
  return nil, message, "usage", { next = false }
end

---@param declared table<string, ParamDeclaration>
---@param sources ParamSources
---@return table<string, any>? values
---@return string|string[] named  the paths that the values name and the recipe may read; or message
---@return Kind? kind
---@return FailureMore? more
function params.resolve(declared, sources)
  if sources.given == params.UNRESOLVED then return {}, {} end
  local names = names_of(declared)
  for _, name in ipairs(names_of(sources.given or {})) do
    if not declared[name] then
      local near = spelling.find(name, names)
      return refuse(declared, string.format('the recipe has no parameter "%s"%s', name,
        spelling.hint(name, names)), near and { wrong = name .. "=", meant = near .. "=" })
    end
  end
  local values, named = {}, {}
  for _, name in ipairs(names) do
    local found, message, kind, more = value_of(name, declared[name], sources)
    if not found then return nil, message, kind, more end
    local is_open = not kinds.is_secret(declared[name])
    if is_open and url.has_password(found.text or "") then return refuse_password(name) end
    values[name] = found[1]
    if is_open and names_path(found, sources, name) then
      named[#named + 1] = found.text
    end
    if values[name] == nil and declared[name].required then
      local word = name .. "=" .. kinds.word(declared[name])
      return refuse(declared, string.format("the parameter %s is missing; add %s", name, word),
        { add = word })
    end
  end
  return values, named
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
