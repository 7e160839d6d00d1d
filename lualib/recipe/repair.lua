--- What a recipe's `fix` makes of a user that the tenant did not import.

local call = require "recipe.call"
local json = require "host.json"

local repair = {}

---Whether the recipe repairs a code by itself.
---@param recipe LoadedRecipe
---@param code string
---@return boolean
function repair.names(recipe, code)
  for _, one in ipairs(recipe.fixes or {}) do
    if one == code then return true end
  end
  return false
end

---Whether the recipe's fix is for a failure with these codes.
---@param recipe LoadedRecipe
---@param errors {code: string}[]
---@return boolean
function repair.is_for(recipe, errors)
  if not recipe.fixes then return false end
  if not recipe.fixes[1] then return true end
  for _, e in ipairs(errors) do
    if repair.names(recipe, e.code) then return true end
  end
  return false
end

---Calls the recipe's `fix` with a copy of the failure's user, which crosses as JSON.
---@param recipe LoadedRecipe
---@param refused table  a FixFailure with `user`
---@return table? user
---@return FixOptions|string|nil options  or why there is no user
---@return boolean? is_same  it changed nothing
function repair.user(recipe, refused)
  local facts, before = {}, json.encode(refused.user)
  for key, value in pairs(refused) do facts[key] = value end
  facts.user = nil
  local ok, text, more = recipe.state:call("fix", before, facts)
  if not ok then
    call.limit(text, "fix")
    return nil, "the recipe's fix failed: " .. call.text(text)
  end
  if not text then return nil, more end
  return json.decode(text), more or {}, text == before
end

return repair
