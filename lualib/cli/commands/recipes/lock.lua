--- recipes lock: pins the modules that a recipe loads.

local format = require "base.format"
local json = require "host.json"
local result = require "cli.common.result"

---Loads a recipe without its parameters, for what its file contains.
local function load(context, name)
  return require("recipe").load(name, {
    env = context.env, params = require("recipe.params").UNRESOLVED, lock = false,
  })
end

local function lock(context)
  local flags = context.flags
  local recipe, message, kind, more = load(context, flags.RECIPE)
  if not recipe then return nil, message, kind, more end
  if recipe.path:sub(1, 1) ~= "/" then
    return nil, recipe.path .. " is a shipped recipe; it loads no modules of others", "usage",
      { next = "auth0-migrate recipes lock --help" }
  end
  local locks = require "recipe.lock"
  local changed = false
  if flags.check then
    local same
    same, message, kind, more = locks.check(recipe.path, recipe.modules)
    if not same then return nil, message, kind, more end
  else
    changed, message, kind = locks.write(recipe.path, recipe.modules)
    if changed == nil then return nil, message, kind end
  end
  return {
    recipe = recipe.path, lock = locks.path(recipe.path), changed = changed,
    modules = json.array(recipe.modules), exit = 0, next = json.null,
  }
end

local function lock_text(report)
  local lines = { string.format("%s %s: %s\n", report.lock, report.changed and "is written"
    or "is up to date", format.count(#report.modules, "module")) }
  for _, module in ipairs(report.modules) do
    lines[#lines + 1] = string.format("  %s  %s  %s\n", module.name, module.sha256, module.path)
  end
  return table.concat(lines)
end

---@type Command
return {
  name = "recipes lock",
  summary = "Pin the modules that a recipe loads",
  help = [[
Writes auth0-migrate.lock.yaml next to the recipe, with the digest of every module that it loads
from a file. With this file, a module that has changed or is not listed is refused with exit
status 2. --check changes nothing and ends with 2 unless the file is up to date.]],
  positionals = { { name = "RECIPE" } },
  shape = function()
    return {
      status = "complete", recipe = json.null, lock = json.null, changed = false,
      modules = json.array {},
    }
  end,
  run = function(context)
    return result.result(context, lock_text, lock(context))
  end,
}
