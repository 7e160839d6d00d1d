--- Loads what most commands need: the configuration, the recipe, the settings.

local config = require "cli.common.config"
local domain = require "cli.common.domain"
local secret_files = require "cli.common.secret_files"
local option_list = require "cli.common.options"
local path = require "base.path"
local settings = require "cli.common.settings"
local sorted = require "base.sorted"

local setup = {}

---Positional arguments of every command with a recipe.
---@type Positional[]
setup.RECIPE_WORDS = {
  { name = "RECIPE" }, { name = "name=value", optional = true, params = true },
}

local function read_config(context)
  local read, message, kind, more = config.load {
    path = context.flags.config, profile = context.flags.profile, env = context.env,
  }
  if not read then return nil, message, kind, more end
  local params, from_environment = read:params()
  if not params then return nil, from_environment, "usage" end
  return read, params, from_environment
end

---Notes which files with a secret other users can read, and warns of them unless `doctor` does.
local function note_exposed(context, resolved, sources, is_checked)
  resolved.exposed = secret_files.exposed(sources.config, resolved, sources.recipe,
    context.flags)
  if is_checked or #resolved.exposed == 0 then return end
  context.ui:warn(string.format("other users can read the secret in %s; run `%s`",
    table.concat(resolved.exposed, ", "), secret_files.repair(resolved.exposed)))
end

---Resolves the settings, adds those of the terminal, and shows them with --verbose.
local function resolve(context, sources, is_checked)
  sources.flags, sources.env = context.flags, context.env
  local resolved, message, kind = settings.resolve(sources)
  if not resolved then return nil, message, kind end
  if settings.has_secret(resolved) then context.harden() end
  local ui = context.ui
  resolved.quiet, resolved.verbose = ui.quiet, ui.verbose
  resolved.color, resolved.interactive = ui.color, ui.interactive
  resolved.carried = function(name) return option_list.carried(context.args, name) end
  note_exposed(context, resolved, sources, is_checked)
  for _, line in ipairs(settings.describe(resolved)) do ui:detail(line) end
  local confirmed, more
  confirmed, message, kind, more = domain.settle(resolved.unsaid, context)
  if not confirmed then return nil, message, kind, more end
  return resolved
end

---@param context Context
---@param is_checked? boolean  whether the caller itself reports `exposed` files
---@return Settings?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function setup.settings(context, is_checked)
  local read, params, from_environment, wrong = read_config(context)
  if not read then return nil, params, from_environment, wrong end
  local resolved, message, kind, more = resolve(context, { config = read }, is_checked)
  if not resolved then return nil, message, kind, more end
  resolved.file_params, resolved.params_from_environment = params, from_environment
  resolved.file_folder, resolved.config_file = read:folder(), read.path
  resolved.secret_files = read:secret_files()
  return resolved
end

---Loads a recipe with the parameters of the configuration file and those that are given.
---@param given table<string, string>  or recipe.params.UNRESOLVED
---@param folders? string[]  of modules, in place of the usual ones
local function load(context, read, name, given, folders)
  local params, from_environment = read:params()
  if not params then return nil, from_environment, "usage" end
  local allow = settings.allowed(context.flags)
  return require("recipe").load(name, {
    params = given, file = params, from_environment = from_environment,
    file_folder = read:folder(), config = read.path, denied = read:secret_files(), allow = allow,
    limits = settings.limits(context.flags), busy = function() context.ui:loading() end,
    env = context.env, library = folders, settle = function(facts)
      return require("recipe.permission").settle(facts, { allow = allow }, context.ui,
        { env = context.env })
    end,
  })
end

---@param context Context
---@param options? {offline?: boolean}
---@return LoadedRecipe? recipe
---@return Settings|string settings  or the message
---@return Kind? kind
---@return FailureMore? more
function setup.recipe(context, options)
  local read, params, from_environment, wrong = read_config(context)
  if not read then return nil, params, from_environment, wrong end
  local recipe, message, kind, more = load(context, read, context.flags.RECIPE,
    context.flags.params)
  if not recipe then return nil, message, kind, more end
  for _, hint in ipairs(recipe.hints or {}) do context.ui:warn(hint) end
  local resolved
  resolved, message, kind, more = resolve(context, {
    config = read, recipe = recipe, offline = options and options.offline,
  })
  if not resolved then return nil, message, kind, more end
  return recipe, resolved
end

---The parameters that a recipe has, of those that are given for another version of it.
local function common_params(context, declared, given)
  local params = {}
  for name, value in sorted.pairs(given) do
    if declared[name] then
      params[name] = value
    else
      context.ui:warn("the earlier version has no parameter " .. name .. "; it maps without it")
    end
  end
  return params
end

---Loads an earlier version of a recipe, which finds the modules of the present one.
---@param context Context
---@param recipe LoadedRecipe  the present one
---@param name string  the earlier one
---@return LoadedRecipe?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function setup.earlier(context, recipe, name)
  local read, message, kind, more = read_config(context)
  if not read then return nil, message, kind, more end
  local library = require "recipe.library"
  local folders = library.folders(context.env)
  if recipe.path:find("^/") then table.insert(folders, 1, path.dirname(recipe.path)) end
  local earlier
  earlier, message, kind, more = load(context, read, name, require("recipe.params").UNRESOLVED,
    folders)
  if not earlier then return nil, message, kind, more end
  local params = common_params(context, earlier.declared, context.flags.params)
  earlier.state:close()
  return load(context, read, name, params, folders)
end

return setup
