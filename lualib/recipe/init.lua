--- Loads recipes: finds one, runs it in a sandbox, validates it and resolves its parameters.

local file = require "host.file"
local call = require "recipe.call"
local sandbox = require "recipe.sandbox"
local spelling = require "base.spelling"
local params = require "recipe.params"
local path = require "base.path"
local process = require "host.process"
local fields = require "recipe.fields"

local recipe = {}

---@class RecipeOptions
---@field params? table<string, string>        `name=value` of the command line
---@field file? table<string, any>             `params` of the configuration file
---@field from_environment? table<string, boolean>  set as `${NAME}` in the file
---@field env? fun(name: string): string?      default: of the process
---@field library? string[]                    folders instead of the default ones

local function is_path(name)
  return name:find("/", 1, true) ~= nil or name:find("%.lua$") ~= nil
end

local function installed_folders(env)
  local folders = sandbox.path_folders(env)
  local data = sandbox.data_folder(env)
  if data then folders[#folders + 1] = path.join(data, "recipes") end
  return folders
end

---Names of all shipped and installed recipes, sorted.
---@param env? fun(name: string): string?
---@return string[]
function recipe.names(env)
  local names, seen = sandbox.shipped_names(), {}
  for _, name in ipairs(names) do seen[name] = true end
  for _, folder in ipairs(installed_folders(env or process.env)) do
    for _, entry in ipairs(file.list(folder) or {}) do
      local name = entry:match("^([%w_-]+)%.lua$")
      if name and not seen[name] then
        seen[name] = true
        names[#names + 1] = name
      end
    end
  end
  table.sort(names)
  return names
end

---@class RecipeText
---@field text string
---@field where string    for messages and traces
---@field path string     loads it again from any directory
---@field folder? string  of its modules
---@field shipped? string the name of a shipped recipe

---@return RecipeText?
local function read_file(name)
  local stat = file.stat(name)
  if stat and stat.type == "folder" then
    return nil, name .. " is a folder; a recipe is a Lua file", "usage"
  end
  local text, message = file.read(name)
  if not text then return nil, "cannot read the recipe: " .. message, "usage" end
  return { text = text, where = name, path = file.real(name) or name, folder = path.dirname(name) }
end

---@return RecipeText?
local function read_installed(name, env)
  local text, where = sandbox.shipped(name)
  if text then return { text = text, where = where, path = name, shipped = name } end
  for _, folder in ipairs(installed_folders(env)) do
    local full = path.join(folder, name .. ".lua")
    local stat = file.stat(full)
    if stat and stat.type == "file" then return read_file(full) end
  end
end

local function not_found(name, env)
  local known = recipe.names(env)
  for _, entry in ipairs(file.list(path.dirname(name)) or {}) do
    if entry:find("%.lua$") then
      local folder = path.dirname(name)
      known[#known + 1] = folder == "." and entry or path.join(folder, entry)
    end
  end
  local near = spelling.find(name, known)
  if file.stat(name .. ".lua") then near = name .. ".lua" end
  return nil, string.format("recipe %s not found%s", name,
    near and "; did you mean " .. near .. "?" or ""), "usage",
    near and { wrong = name, meant = near }
end

---Finds a recipe. A name without a path is first a shipped or installed recipe, then a file.
---@param name string  a path or a name
---@param env? fun(name: string): string?
---@return RecipeText?
---@return string? message
---@return Kind? kind  "usage"
---@return FailureMore? more
function recipe.find(name, env)
  env = env or process.env
  if not is_path(name) then
    if name:find("^[%w_.-]+$") then
      local installed = read_installed(name, env)
      if installed then return installed end
    end
  end
  if file.stat(name) then return read_file(name) end
  return not_found(name, env)
end

local function evaluate(source, box)
  local chunk, message = box:compile(source.text, source.where)
  if not chunk then return nil, message end
  local ok, value = call.try(chunk)
  if ok then return value end
  return nil, call.text(value, source.where)
end

local function base_name(where)
  local name = path.basename(where):gsub("%.lua$", ""):gsub("[^%w_.-]", "_")
  return name:find("^[%w_]") and name or "recipe" .. name
end

local function assemble(source, value, box, resolved, options)
  local declared = value.params or {}
  return {
    name = value.name or base_name(source.where), path = source.path,
    digest = box:digest(source.text), params = resolved, declared = declared,
    source = value.source, map = value.map, dedupe = value.dedupe, import = value.import,
    retry = value.retry, fix = value.fix, finalize = value.finalize, modules = box.list,
    hints = params.strangers(declared, options.file),
  }
end

---@param name string  a path, or the name of a shipped or installed recipe
---@param options? RecipeOptions
---@return Recipe?
---@return string? message
---@return Kind? kind  "usage"
---@return FailureMore? more
function recipe.load(name, options)
  options = options or {}
  local env = options.env or process.env
  local source, message, kind, more = recipe.find(name, env)
  if not source then return nil, message, kind, more end
  local warnings = {}
  local box = sandbox.new {
    folder = source.folder, library = options.library or sandbox.library(env), warnings = warnings,
  }
  local value, why = evaluate(source, box)
  if value == nil and why then return nil, why, "usage" end
  local wrong = fields.check(value)
  if wrong then return nil, source.where .. ": " .. wrong, "usage" end
  local resolved
  resolved, message, kind, more = params.resolve(value.params or {}, {
    given = options.params, file = options.file, from_environment = options.from_environment,
    env = env,
  })
  if not resolved then return nil, source.where .. ": " .. message, kind, more end
  local loaded = assemble(source, value, box, resolved, options)
  loaded.warnings, loaded.unread = warnings, box.unread
  loaded.own_digest, loaded.shipped = box:parted_digest(source.text, source.shipped)
  return loaded
end

return recipe
