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
---@return fun(): {code: string, message: string}[] warned  at the end of the source
function lookups.new(module, is_read)
  local made, warnings, is_over = {}, {}, false

  local function used()
    local counts = {}
    for i, use in ipairs(made) do
      if use.hits + use.misses > 0 then
        counts[name_of(use, i, counts)] = { hits = use.hits, misses = use.misses }
      end
    end
    return counts
  end

  local function warned()
    for _, use in ipairs(is_over and {} or made) do use.report() end
    is_over = true
    return warnings
  end

  return module.noting {
    warnings = warnings, is_read = is_read,
    add = function(use)
      if #made < MOST then made[#made + 1] = use end
    end,
  }, used, warned
end

return lookups
