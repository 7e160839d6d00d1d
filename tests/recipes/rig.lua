--- Runs shipped recipes as `check` does: in their own state, with validation and duplicates.

local file = require "host.file"
local recipes = require "recipe"
local stage = require "stage"

local rig = {}

---@class RecipeRun
---@field users User[]
---@field left_out string[]  codes of rejected and reasons of skipped records, in order
---@field warnings table<string, PipelineWarning>  of rules, helpers and the recipe
---@field message? string    why the source could not be read

---@param name string
---@param params table<string, string>
---@return RecipeRun
function rig.run(name, params)
  local made, folder = { users = {}, left_out = {}, warnings = {} }, assert(file.temporary())
  local function leave(_, rejection)
    table.insert(made.left_out, rejection.code)
    return true
  end
  local sink = {
    user = function(_, mapped)
      table.insert(made.users, mapped:user())
      return true
    end,
    rejected = leave,
    skipped = function(_, _, _, reason) return leave(nil, { code = reason }) end,
  }
  local loaded = assert(recipes.load(name, { params = params }))
  local pipe = assert(stage.pipeline(loaded, { spool = folder }, sink))
  local _, message = pipe:run(function() return true end)
  made.message = message
  for _, list in ipairs { pipe.warnings, pipe:own_warnings() } do
    for code, warning in pairs(list) do made.warnings[code] = warning end
  end
  pipe.duplicates:close()
  assert(file.remove_tree(folder))
  return made
end

---Runs a recipe over texts: `input` is the first file, or the folder if there are several.
---@param name string
---@param texts table<string, string>  by the file's name
---@param params? table<string, string>  the name of a file becomes its path
---@return RecipeRun
function rig.over(name, texts, params)
  local folder = assert(file.temporary())
  local given, last, n = {}, nil, 0
  for path, text in pairs(texts) do
    assert(file.write(folder .. "/" .. path, text))
    last, n = folder .. "/" .. path, n + 1
  end
  given.input = n > 1 and folder or last
  for key, value in pairs(params or {}) do
    given[key] = texts[value] and folder .. "/" .. value or value
  end
  local made = rig.run(name, given)
  assert(file.remove_tree(folder))
  return made
end

return rig
