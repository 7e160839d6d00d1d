--- Circles in a graph of files.

local circles = {}

---The strongly connected files: each circle with all its files, also a file that requires itself.
---@param targets table<string, string[]>  file -> the files that it requires
---@return string[]
function circles.of(targets)
  local reached, found, seen = {}, {}, {}
  local function follow(path, set)
    for _, target in ipairs(targets[path]) do
      if not set[target] then
        set[target] = true
        follow(target, set)
      end
    end
    return set
  end
  for path in pairs(targets) do reached[path] = follow(path, {}) end
  for path in pairs(targets) do
    local circle = {}
    for other in pairs(seen[path] and {} or reached[path]) do
      if reached[other][path] then circle[#circle + 1], seen[other] = other, true end
    end
    table.sort(circle)
    if circle[1] then found[#found + 1] = table.concat(circle, " ") end
  end
  table.sort(found)
  return found
end

return circles
