--- Where the records of an XML document are, by how often its elements occur.

local xml_outline = {}

local MOST_SHOWN <const> = 3 -- paths in a message

---The elements directly inside one, or the root (0).
local function inside(elements, index)
  local found = {}
  for i, element in ipairs(elements) do
    if element.above == index then found[#found + 1] = i end
  end
  return found
end

local function is_repeated(elements, index)
  while index > 0 do
    if elements[index].count > 1 then return true end
    index = elements[index].above
  end
  return false
end

---Elements that are repeated and have parts, inside none that is repeated; those with most first.
local function repeated(elements)
  local found = {}
  for i, element in ipairs(elements) do
    if element.count > 1 and element.has_parts and not is_repeated(elements, element.above) then
      found[#found + 1] = i
    end
  end
  table.sort(found, function(a, b)
    local n, m = elements[a].count, elements[b].count
    if n == m then return a < b end
    return n > m
  end)
  return found
end

---From an element inwards, as long as there is one way only.
local function innermost(elements, index)
  local next_one = inside(elements, index)
  local only = #next_one == 1 and next_one[1]
  if not only or elements[index] and elements[index].count > 1 then return index end
  if not elements[only].has_parts and elements[only].count == 1 then return index end
  return innermost(elements, only)
end

---How many parts of an element are not divided any further: those of a record, for the most part.
local function leaves(elements, index)
  local n, children = 0, inside(elements, index)
  for _, child in ipairs(children) do
    if not elements[child].has_parts then n = n + 1 end
  end
  return #children == 0 and elements[index].has_parts and 1 or n
end

---The path that records probably have; nil if there is no element.
---@param elements host.xml.Element[]
---@return string? path
function xml_outline.guess(elements)
  local found = repeated(elements)[1]
  local most = 0
  for i = 1, found and 0 or #elements do
    local n = leaves(elements, i)
    if n > most then found, most = i, n end
  end
  found = found or inside(elements, 0)[1]
  return found and elements[innermost(elements, found)].path
end

---What a document has in which no element is at the path of the records.
---@param elements host.xml.Element[]
---@return string  "; it has shop/customers/customer"
function xml_outline.instead(elements)
  local paths, seen = {}, {}
  local function add(index)
    local path = elements[index].path
    if not seen[path] then paths[#paths + 1] = path end
    seen[path] = true
  end
  for _, index in ipairs(repeated(elements)) do add(index) end
  local root = inside(elements, 0)[1]
  local children = root and inside(elements, root) or {}
  for _, child in ipairs(children) do
    if not is_repeated(elements, child) then add(innermost(elements, child)) end
  end
  if #paths == 0 and root then add(root) end
  if #paths == 0 then return "" end
  local shown = table.concat(paths, ", ", 1, math.min(#paths, MOST_SHOWN))
  return "; it has " .. shown .. (#paths > MOST_SHOWN and ", …" or "")
end

return xml_outline
