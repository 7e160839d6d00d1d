--- What the text of a recipe shows: the names that it mentions, and what a suggested line needs
--- there that it does not have yet.

local declared = require "auth0.hash.declared"
local file = require "host.file"

local recipe_text = {}

---@class RecipeText
---@field private text string
---@field private words table<string, true>
---@field private declared table<string, any>  parameters
---@field private name string  of a shipped recipe
---@field shipped boolean  its text is part of the program
local RecipeText = {}
RecipeText.__index = RecipeText

---@param recipe LoadedRecipe
---@return RecipeText
function recipe_text.new(recipe)
  local shipped, words = recipe.path:sub(1, 1) ~= "/", {}
  local text = not shipped and file.read(recipe.path) or ""
  for word in text:gmatch("[%w_]+") do words[word] = true end
  return setmetatable({
    text = text, words = words, declared = recipe.declared or {}, name = recipe.path,
    shipped = shipped,
  }, RecipeText)
end

---Whether the recipe mentions a name of a record.
---@param name string
---@return boolean
function RecipeText:mentions(name)
  return self.words[name] or name:find("[^%w_]") ~= nil and self.text:find(name, 1, true) ~= nil
end

---Names in a line: {pattern, is it in the recipe, what to do}.
---@type {[1]: string, [2]: fun(self: RecipeText): any, [3]: string}[]
local NEEDS <const> = {
  { "%f[%w_]value%f[^%w_]", function() return false end,
    "value stands for the text in `hash.value` that the recipe maps now" },
  { "%f[%w_]row%f[^%w_]", function(self) return self.words.row end,
    "row stands for the record, the first parameter of `map`" },
  { "%f[%w_]params%.pepper", function(self) return self.declared.pepper end,
    "declare the pepper, `params = { pepper = { secret = true } }`, and give it as pepper=@FILE" },
  { "%f[%w_]params%f[^%w_]", function(self)
    return self.text:find("map%s*=%s*function%([^,()]+,%s*params")
  end, "params is the second parameter of `map`: function(row, params)" },
  { "%f[%w_]cjson%.", function(self) return self.words.cjson end,
    'add `local cjson = require "cjson"` at the top of the recipe' },
  { "%f[%w_]password%.", function(self)
    return self.text:find("%f[%w_]password%s*=%s*require")
  end, 'add `local password = require "auth0.password"` at the top of the recipe' },
}

-- A recipe of the program is not changed but extended.
local EXTENDED <const> = [[
local base, migrate = require "recipes.%s", require "migrate"
local cjson, password = require "cjson", require "auth0.password"
return migrate.extend(base, {
  params = { pepper = { secret = true } },
  map = function(row, params, position)
    local user, reason = base.map(row, params, position)
    if type(user) == "table" then
      user.password_hash = nil
      user.%s
    end
    return user, reason
  end,
})]]

---What is to be done for a line besides writing it into the recipe, a sentence each.
---@param line string
---@return string[]
function RecipeText:needs(line)
  if self.shipped then
    return { "this recipe cannot be changed; extend it with one of your own:\n"
      .. EXTENDED:format(self.name, line) }
  end
  local needed, code = {}, line:gsub('%b""', '""')
  for _, need in ipairs(NEEDS) do
    if code:find(need[1]) and not need[2](self) then needed[#needed + 1] = need[3] end
  end
  return needed
end

---A parameter that may do without a line: the recipe has it, and it can express the hash.
---@param hash User  with the hash of the line
---@return string?  "password_format=sha1_salted"
function RecipeText:parameter(hash)
  local format = self.declared.password_format and declared.format_of(hash.custom_password_hash)
  return format and "password_format=" .. format or nil
end

return recipe_text
