--- The command that shows a record of a run next to its user: what to look at when a gate stops
--- the run.

local path = require "base.path"

local preview = {}

---The parameters that differ from the recipe's defaults, as words.
local function params_of(recipe, params)
  local words = {}
  for name, value in pairs(params) do
    local declared = recipe.declared and recipe.declared[name] or {}
    if value ~= declared.default then words[#words + 1] = name .. "=" .. tostring(value) end
  end
  table.sort(words)
  return words
end

---@param ledger Ledger
---@param recipe LoadedRecipe
---@param at? string  the place of the record; nil: the first ones
---@return string
function preview.command(ledger, recipe, at)
  local words = { "preview", ledger:get("recipe_path") }
  for _, word in ipairs(params_of(recipe, ledger:get_table("params") or {})) do
    words[#words + 1] = word
  end
  for _, grant in ipairs(ledger:get_table("grants") or {}) do
    words[#words + 1] = string.format("--allow-%s=%s", grant.kind, grant.what)
  end
  if at then words[#words + 1], words[#words + 2] = "--at", at end
  for i, word in ipairs(words) do words[i] = path.quote(word) end
  return "auth0-migrate " .. table.concat(words, " ")
end

return preview
