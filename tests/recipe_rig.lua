--- Recipes given as text, each loaded into a state of its own as the program does it.

local call = require "recipe.call"
local file = require "host.file"
local json = require "host.json"
local recipe = require "recipe"

local recipe_rig = {}

recipe_rig.WHERE = "shop.lua" -- the file that errors name

local TEXT <const> = [[
local migrate = require "migrate"
local password, value = require "auth0.password", require "source.value"
local fixers = require "auth0.fixers"
local records = %s
%s
return {
  source = function(params)
    local i = 0
    return function()
      i = i + 1
      return records[i], records[i] and "list:" .. i
    end
  end,
  map = function(row, params, position) %s end,
  %s
}
]]

---A plain value as Lua.
---@param value any
---@return string
function recipe_rig.literal(value)
  if type(value) ~= "table" then return string.format("%q", value) end
  local parts = {}
  for key, one in pairs(value) do
    parts[#parts + 1] = string.format("[%q] = %s", key, recipe_rig.literal(one))
  end
  table.sort(parts)
  return "{ " .. table.concat(parts, ", ") .. " }"
end

---@class RecipeParts
---@field records? any[]|string  what its source yields, at list:1, list:2, …; a string is Lua
---@field map? string            the body of `map(row, params, position)`
---@field fields? string         more fields
---@field head? string           Lua before the recipe

---The text of a recipe that reads a list. It has `migrate`, `password`, `value`,
---`fixers`.
---@param parts RecipeParts
---@return string
function recipe_rig.text(parts)
  local records = parts.records or {}
  if type(records) ~= "string" then records = recipe_rig.literal(records) end
  return TEXT:format(records, parts.head or "", parts.map or "return { email = row.email }",
    parts.fields or "")
end

---Loads a text. The file that it seems to come from need not exist.
---@param text string
---@param options? RecipeOptions  with `folder`, in which the recipe may read
---@return LoadedRecipe?
---@return string? message
---@return Kind? kind
function recipe_rig.load(text, options)
  local given = { library = {}, lock = false, env = function() end }
  for name, value in pairs(options or {}) do given[name] = value end
  return recipe.load_text({
    text = text, where = recipe_rig.WHERE, path = recipe_rig.WHERE, folder = given.folder,
  }, given)
end

---@param text string
---@param options? RecipeOptions
---@return LoadedRecipe
function recipe_rig.of(text, options)
  return assert(recipe_rig.load(text, options))
end

---@param parts RecipeParts
---@param options? RecipeOptions
---@return LoadedRecipe
function recipe_rig.made(parts, options)
  return recipe_rig.of(recipe_rig.text(parts), options)
end

---A recipe without records, and with these fields.
---@param fields string
---@param options? RecipeOptions
---@return LoadedRecipe
function recipe_rig.with(fields, options)
  return recipe_rig.made({ fields = fields }, options)
end

---A recipe with an `import` of this body, which begins on line 2.
---@param body string
---@return LoadedRecipe
function recipe_rig.importing(body)
  return recipe_rig.of("return { source = print, map = print, import = function(run)\n" .. body
    .. "\nend }")
end

---What Lua sees in a recipe's state, as plain values; raises what the body raises.
---@param body string  of `map`, such as `return type(os.exit)`
---@param options? RecipeOptions
---@return any
---@return LoadedRecipe
function recipe_rig.seen(body, options)
  local made = recipe_rig.made({
    records = "{ {} }", map = "return { seen = (function(...) " .. body .. " end)() }",
  }, options)
  made.state:must("prepare", { fields = {} })
  made.state:must("open")
  local ok, described = made.state:next(json.draft {})
  if not ok then error(call.text(made.state:failure(described)), 0) end
  return made.state:must("show", "user").seen, made
end

---Calls `fn(folder)` with a temporary folder that has these files (path -> text).
---@param texts table<string, string>
---@param fn fun(folder: string): ...: any
---@return any ...
function recipe_rig.in_folder(texts, fn)
  local folder = assert(file.temporary())
  for path, text in pairs(texts) do
    if path:find("/") then assert(file.mkdir(folder .. "/" .. path:match("^(.*)/"))) end
    assert(file.write(folder .. "/" .. path, text))
  end
  local results = table.pack(pcall(fn, folder))
  assert(file.remove_tree(folder))
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end

---Calls `fn(expression, options)` with Lua that gives a record which its reader cannot parse, and
---the options to load a recipe that has it.
---@param raw string  a row of fewer than three fields
---@param fn fun(expression: string, options: RecipeOptions): ...: any
---@return any ...
function recipe_rig.with_broken(raw, fn)
  return recipe_rig.in_folder({ ["broken.csv"] = "a,b,c\n" .. raw .. "\n" }, function(folder)
    return fn(string.format("(require('source.csv').records(%q)())", folder .. "/broken.csv"),
      { folder = folder })
  end)
end

return recipe_rig
