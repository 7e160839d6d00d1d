--- Files with a secret that other users of the machine can read.

local file = require "host.file"
local path = require "base.path"

local secret_files = {}

local READABLE <const> = 36 -- 044: by the group, by others

---@param name string
---@return boolean
local function is_exposed(name)
  local stat = file.stat(name)
  return stat ~= nil and stat.type == "file" and stat.mode & READABLE ~= 0
end

---The files among those that the settings, a pepper and the secret parameters come from.
---@param config Config
---@param settings Settings
---@param recipe? LoadedRecipe
---@param flags table  of the command line
---@return string[]  sorted
function secret_files.exposed(config, settings, recipe, flags)
  local names = {}
  if config.path and config:has_secret() then names[config.path] = true end
  if flags.pepper_file then names[flags.pepper_file] = true end
  if settings.secret_file then names[settings.secret_file] = true end
  for name, one in pairs(recipe and recipe.declared or {}) do
    local value = flags.params and flags.params[name] or config:get_param(name)
    if require("recipe.kinds").is_secret(one) and type(value) == "string" and value:find("^@.") then
      names[value:sub(2)] = true
    end
  end
  local list = {}
  for name in pairs(names) do
    if is_exposed(name) then list[#list + 1] = name end
  end
  table.sort(list)
  return list
end

---The command that makes them private.
---@param names string[]
---@return string
function secret_files.repair(names)
  local quoted = {}
  for i, name in ipairs(names) do quoted[i] = path.quote(name) end
  return "chmod 600 " .. table.concat(quoted, " ")
end

return secret_files
