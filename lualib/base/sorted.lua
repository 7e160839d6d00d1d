--- The keys of tables in the same order in every run; that of `pairs` changes.

local sorted = {}

---Numbers by value, before all other keys by their text.
local function is_before(a, b)
  local is_number = type(a) == "number"
  if is_number ~= (type(b) == "number") then return is_number end
  if is_number then return a < b end
  local x, y = tostring(a), tostring(b)
  return x < y or x == y and type(a) < type(b)
end

---@param order? table<any, number>
local function sort(keys, order)
  if not order then
    table.sort(keys, is_before)
    return keys
  end
  table.sort(keys, function(a, b)
    local x, y = order[a] or math.huge, order[b] or math.huge
    if x ~= y then return x < y end
    return is_before(a, b)
  end)
  return keys
end

---The keys of a table: numbers by value, then the others by their text. Those that have a rank in
---`order` come first.
---@param map? table|userdata  with `pairs`; nil: no keys
---@param order? table<any, number>
---@return any[]
function sorted.keys(map, order)
  local keys = {}
  if map then
    for key in pairs(map) do keys[#keys + 1] = key end
  end
  return sort(keys, order)
end

---The keys of several tables, each once, in the order of `sorted.keys`.
---@param list table[]
---@param order? table<any, number>
---@return any[]
function sorted.all_keys(list, order)
  local keys, seen = {}, {}
  for _, map in ipairs(list) do
    for key in pairs(map) do
      if not seen[key] then keys[#keys + 1], seen[key] = key, true end
    end
  end
  return sort(keys, order)
end

---The keys of a table as texts, for a message or a suggestion: 1 is "1".
---@param map table
---@return string[]  sorted
function sorted.names(map)
  local names = {}
  for key in pairs(map) do names[#names + 1] = tostring(key) end
  table.sort(names)
  return names
end

---`pairs` in the order of `sorted.keys`.
---@generic K, V
---@param map? table<K, V>
---@return fun(): K?, V?
function sorted.pairs(map)
  local keys, i = sorted.keys(map), 0
  return function()
    i = i + 1
    local key = keys[i]
    if key ~= nil then return key, map[key] end
  end
end

---The keys of a map of counts, those of the largest first.
---@param counts? table<any, number>
---@return any[]
function sorted.by_count(counts)
  local keys = sorted.keys(counts)
  table.sort(keys, function(a, b)
    if counts[a] ~= counts[b] then return counts[a] > counts[b] end
    return is_before(a, b)
  end)
  return keys
end

return sorted
