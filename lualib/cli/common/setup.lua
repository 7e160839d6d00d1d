--- What most commands begin with: the configuration, the recipe, the settings.

local config = require "cli.common.config"
local settings = require "cli.common.settings"

local setup = {}

---The positionals of every command that takes a recipe.
---@type Positional[]
setup.RECIPE_WORDS = {
  { name = "RECIPE" }, { name = "name=value", optional = true, params = true },
}

---Writes the terminal's part into the settings, and says with --verbose what counts.
local function finish(context, made)
  local ui = context.ui
  made.quiet, made.verbose = ui.quiet, ui.verbose
  made.color, made.interactive = ui.color, ui.interactive
  for _, line in ipairs(settings.describe(made)) do ui:detail(line) end
  return made
end

---@param context Context
---@param options? {offline?: boolean}
---@return Settings?
---@return string? message
---@return Kind? kind
function setup.settings(context, options)
  local read, message, kind = config.load {
    path = context.flags.config, profile = context.flags.profile, env = context.env,
  }
  if not read then return nil, message, kind end
  local made
  made, message, kind = settings.resolve {
    flags = context.flags, config = read, env = context.env,
    offline = options and options.offline,
  }
  if not made then return nil, message, kind end
  made.file_params, made.params_from_environment = read:params()
  if not made.file_params then return nil, made.params_from_environment, "usage" end
  return finish(context, made)
end

---@param context Context
---@param options? {offline?: boolean}
---@return Recipe? recipe
---@return Settings|string settings  or the message
---@return Kind? kind
---@return FailureMore? more
function setup.recipe(context, options)
  local flags = context.flags
  local read, message, kind = config.load {
    path = flags.config, profile = flags.profile, env = context.env,
  }
  if not read then return nil, message, kind end
  local params, from_environment = read:params()
  if not params then return nil, from_environment, "usage" end
  local recipe, more
  recipe, message, kind, more = require("recipe").load(flags.RECIPE, {
    params = flags.params, file = params, from_environment = from_environment, env = context.env,
  })
  if not recipe then return nil, message, kind, more end
  for _, hint in ipairs(recipe.hints or {}) do context.ui:warn(hint) end
  local made
  made, message, kind = settings.resolve {
    flags = flags, config = read, env = context.env, recipe = recipe,
    offline = options and options.offline,
  }
  if not made then return nil, message, kind end
  return recipe, finish(context, made)
end

return setup
