--- Names that come from a recipe (skip reasons, codes of warnings) are counted apart up to a
--- hundred; those that come later count as `other`, so that no count grows with the source.

local MOST <const> = 100
local OTHER <const> = "other"

local told_apart = {}

---@return fun(name: string): string  the name under which to count it
function told_apart.new()
  local known, n = {}, 0
  return function(name)
    if known[name] then return name end
    if n >= MOST then return OTHER end
    known[name], n = true, n + 1
    return name
  end
end

return told_apart
