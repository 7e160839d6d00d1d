--- The recipes that there are: what is shipped and installed, and what each says of itself.

local file = require "host.file"
local host = require "host"
local json = require "host.json"
local kinds = require "recipe.kinds"
local needs = require "recipe.needs"
local page = require "catalog.page"
local params = require "recipe.params"
local recipe = require "recipe"

local catalog = {}

local LONGEST_PAGE <const> = 1024 * 1024 -- bytes

---@class CatalogEntry  a recipe in the list; members that it does not tell are JSON null
---@field name string
---@field system string
---@field passwords "yes"|"mixed"|"no"
---@field factors string
---@field reads string[]
---@field shipped boolean
---@field path string     its file; null: it is in the program
---@field hidden boolean  another one of this name is found before it
---@field fault string    why it cannot be loaded

---@class CatalogReport
---@field recipes CatalogEntry[]
---@field exit integer
---@field next string

---@class CatalogParameter
---@field name string
---@field help string
---@field kind string
---@field choices string[]
---@field required boolean
---@field default any

---@class CatalogDescription : CatalogEntry
---@field parameters CatalogParameter[]
---@field needs {kind: NeedKind, what: string}[]
---@field fixes string[]   codes that its `fix` repairs
---@field page Page        null: it has none
---@field usage string     what its parameters are, for people
---@field text string      its Lua, if that is asked for
---@field exit integer
---@field next string

local function or_null(value)
  if value == nil then return json.null end
  return value
end

---@return CatalogEntry
local function entry_of(name, where, about)
  return {
    name = name, system = or_null(about.system), passwords = or_null(about.passwords),
    factors = or_null(about.factors), reads = or_null(about.reads and json.array(about.reads)),
    shipped = where == nil, path = or_null(where), hidden = false, fault = json.null,
  }
end

---Loads a recipe for what it says of itself: it gets no parameters, is granted nothing, and prints
---nothing.
---@param source RecipeText
---@param env fun(name: string): string?
---@return LoadedRecipe?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
local function load(source, env)
  return recipe.load_text(source, {
    env = env, params = params.UNRESOLVED, bounded = true, print = function() end,
  })
end

---@return CatalogEntry?
---@return string? message
---@return Kind? kind
local function listed(one, env)
  local source, message, kind = recipe.find(one.path or one.name, env)
  local loaded
  if source then loaded, message, kind = load(source, env) end
  if kind == "interrupted" then return nil, message, kind end
  local entry = entry_of(one.name, one.path, loaded and loaded.about or {})
  entry.hidden = one.hidden or false
  if loaded then
    loaded.state:close()
  else
    entry.fault = message
  end
  return entry
end

---All shipped and installed recipes. One that cannot be loaded is in the list, with the reason.
---@param env fun(name: string): string?
---@return CatalogReport?
---@return string? message
---@return Kind? kind  "interrupted"
function catalog.list(env)
  local list = json.array {}
  for _, one in ipairs(recipe.named(env)) do
    local entry, message, kind = listed(one, env)
    if not entry then return nil, message, kind end
    list[#list + 1] = entry
  end
  return { recipes = list, exit = 0, next = json.null }
end

---The text of a recipe's page; nil if it has none.
---@param source RecipeText
---@return string?
local function page_text(source)
  if source.shipped then return (host.source("docs/sources/" .. source.shipped .. ".md")) end
  local name = source.path:gsub("%.lua$", "") .. ".md"
  local stat = file.stat(name)
  return stat and stat.type == "file" and file.read(name, LONGEST_PAGE) or nil
end

---@param declared table<string, ParamDeclaration>
---@return CatalogParameter[]
local function parameters_of(declared)
  local list = json.array {}
  for _, name in ipairs(params.names(declared)) do
    local one = declared[name]
    local kind = kinds.is_secret(one) and "secret" or one.kind or "text"
    local choices = type(kind) == "table" and kind or nil
    list[#list + 1] = {
      name = name, help = or_null(one.help), kind = choices and "choice" or kind,
      choices = or_null(choices and json.array(choices)), required = one.required or false,
      default = or_null(one.default),
    }
  end
  return list
end

local function needs_of(declared)
  local list = json.array {}
  for _, kind in ipairs(needs.KINDS) do
    for _, what in ipairs((declared or {})[kind] or {}) do
      list[#list + 1] = { kind = kind, what = what }
    end
  end
  return list
end

---What a recipe says of itself and of its parameters.
---@param name string  a path, or the name of a shipped or installed recipe
---@param env fun(name: string): string?
---@param with_text? boolean
---@return CatalogDescription?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function catalog.describe(name, env, with_text)
  local source, message, kind, more = recipe.find(name, env)
  if not source then return nil, message, kind, more end
  local loaded
  loaded, message, kind, more = load(source, env)
  if not loaded then return nil, message, kind, more end
  loaded.state:close()
  local said = page_text(source)
  local description = entry_of(loaded.name, not source.shipped and source.path or nil,
    loaded.about or {})
  description.parameters = parameters_of(loaded.declared)
  description.needs = needs_of(loaded.needs)
  description.fixes = json.array(loaded.fixes or {})
  description.page = or_null(said and page.read(said))
  description.usage = params.describe(loaded.declared)
  description.text = with_text and source.text or json.null
  description.exit, description.next = 0, json.null
  return description
end

return catalog
