--- Derives a recipe from another one.

local type_name = require "base.type_name"

local extend = {}

local function copy(from)
  local made = {}
  for key, value in pairs(from) do made[key] = value end
  return made
end

---Merges parameters, also the fields of a parameter that both declare; changes win.
local function merge_params(base, changes)
  local merged = copy(base)
  for name, declared in pairs(changes) do
    local both = type(declared) == "table" and type(base[name]) == "table"
    local one = both and copy(base[name]) or declared
    if both then
      for key, value in pairs(declared) do one[key] = value end
    end
    merged[name] = one
  end
  return merged
end

---What both ask for. A recipe cannot ask for less than its base, whose functions it uses.
local function join_needs(base, changes)
  local joined = copy(base)
  for kind, list in pairs(changes) do
    local both = type(list) == "table" and type(base[kind]) == "table"
    local whole, seen = {}, {}
    for _, one in ipairs(both and { base[kind], list } or {}) do
      for _, entry in ipairs(one) do
        if not seen[entry] then seen[entry], whole[#whole + 1] = true, entry end
      end
    end
    joined[kind] = both and whole or list
  end
  return joined
end

---A new recipe with the fields of `changes`, else of `base`, which is not changed. The name is not
---copied: it defaults to the file's name, so that two recipes with the same base have different run
---directories.
---@param base table
---@param changes? table
---@return table
function extend.recipe(base, changes)
  if type(base) ~= "table" then
    error("migrate.extend expects a recipe, got " .. type_name.of(base), 2)
  end
  if changes ~= nil and type(changes) ~= "table" then
    error("migrate.extend expects changes as a table, not " .. type_name.a(changes), 2)
  end
  changes = changes or {}
  local made = copy(base)
  made.name = nil
  for key, value in pairs(changes) do made[key] = value end
  if type(base.params) == "table" and type(changes.params) == "table" then
    made.params = merge_params(base.params, changes.params)
  end
  if type(base.needs) == "table" and type(changes.needs) == "table" then
    made.needs = join_needs(base.needs, changes.needs)
  end
  return made
end

return extend
