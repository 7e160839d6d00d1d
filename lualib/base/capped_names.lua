--- Limits the number of distinct names from a recipe (skip reasons, warning codes): after the first
--- hundred, new names count as `other`, so that no table grows with the source.

local MOST <const> = 100
local OTHER <const> = "other"

local capped_names = {}

---@return fun(name: string): string  the name to count it under
function capped_names.new()
  local known, n = {}, 0
  return function(name)
    if known[name] then return name end
    if n >= MOST then return OTHER end
    known[name], n = true, n + 1
    return name
  end
end

return capped_names
