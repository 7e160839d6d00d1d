--- Names that come from a recipe (skip reasons, codes of warnings) are counted apart up to a
--- hundred; those that come later count as `other`, so that no count grows with the source.

local MOST <const> = 100
local OTHER <const> = "other"

local capped_names = {}

---@return fun(name: string): string  the name under which to count it
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
