--- The command that shows a record of a run next to its user: for the question after a canary, and
--- when a gate stops the run.

local fingerprint = require "run.fingerprint"
local path = require "base.path"

local preview = {}

local STDIN <const> = "-"

---The parameters that differ from the recipe's defaults, as words; nil if one is stdin, which
---cannot be read again.
local function params_of(recipe)
  local words = {}
  for name, value in pairs(fingerprint.params(recipe)) do
    local declared = recipe.declared and recipe.declared[name] or {}
    if value == STDIN then return nil end
    if value ~= declared.default then words[#words + 1] = name .. "=" .. tostring(value) end
  end
  table.sort(words)
  return words
end

---@param ledger Ledger
---@param recipe LoadedRecipe
---@param at? string|integer  the place or position of the record; nil: the first ones
---@return string?  nil if the source cannot be read again
function preview.command(ledger, recipe, at)
  local params, words = params_of(recipe), { "preview", recipe.path }
  if not params then return nil end
  table.move(params, 1, #params, #words + 1, words)
  for _, grant in ipairs(ledger:get_table("grants") or {}) do
    words[#words + 1] = string.format("--allow-%s=%s", grant.kind, grant.what)
  end
  if at then words[#words + 1], words[#words + 2] = "--at", tostring(at) end
  for i, word in ipairs(words) do words[i] = path.quote(word) end
  return "auth0-migrate " .. table.concat(words, " ")
end

return preview
