--- The lookups that a recipe makes: how many of the values that it looked up had a record, and
--- the warnings of their sources.

local lookups = {}

local MOST <const> = 100 -- noted; a recipe should not make one for each record

---A name of its own for each lookup: its file, with the key if two are of one file.
local function name_of(use, index, taken)
  local name = use.name or "lookup " .. index
  if taken[name] and use.key then name = name .. " by " .. use.key end
  while taken[name] do name = name .. " again" end
  return name
end

---@param module table  source.lookup
---@param is_read fun(): boolean  whether it is the recipe that reads now, and not the program
---@return table module   the recipe's own, which notes the lookups that it makes
---@return fun(): table<string, LookupCoverage> used  by name; without those that were never asked
---@return {code: string, message: string}[] warnings  grows
function lookups.new(module, is_read)
  local made, warnings = {}, {}

  local function used()
    local counts = {}
    for i, use in ipairs(made) do
      if use.hits + use.misses > 0 then
        counts[name_of(use, i, counts)] = { hits = use.hits, misses = use.misses }
      end
    end
    return counts
  end

  return module.noting {
    warnings = warnings, is_read = is_read,
    add = function(use)
      if #made < MOST then made[#made + 1] = use end
    end,
  }, used, warnings
end

return lookups
