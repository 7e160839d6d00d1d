--- What a user of a run loses, as one number: of the set that the recipe named, and whether the
--- user is without a password.

local losses = {}

-- The reason where neither the recipe nor a helper knows of a password.
losses.NO_PASSWORD = "no password in the source"

---@param set integer  of the recipe's losses, see recipe.inside.losses
---@param has_password boolean
---@return integer
function losses.code(set, has_password)
  return 2 * set + (has_password and 0 or 1)
end

---@param code integer
---@param sets LostSet[]
---@return LostSet
function losses.of(code, sets)
  local lost = {}
  for what, reason in pairs(sets[code // 2] or {}) do lost[what] = reason end
  if code % 2 == 1 then lost.password = lost.password or losses.NO_PASSWORD end
  return lost
end

return losses
