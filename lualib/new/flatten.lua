--- A record as columns: members of objects, of the items of lists and of JSON in text each are one,
--- with the way to it.

local json = require "host.json"

local flatten = {}

local DEEPEST <const> = 5
local MOST_MEMBERS <const> = 100 -- of an object whose names are those of columns, and not data

---@class Step
---@field kind "member"|"item"|"pair"|"json"|"first"|"all"  pair: of a list such as [{Name, Value}];
---  all: that member of every item
---@field name? string    of the member, or of the pair
---@field names? string[] of the two members of a pair
---@field member? string  of the object that has the name, of all items
---@field is_beside_text? boolean  an attribute or a child of an element of XML that has text, too

-- Members of items that are a name and its value.
---@type {[1]: string, [2]: string}[]
local PAIRS <const> = {
  { "Name", "Value" }, { "name", "value" }, { "key", "value" }, { "Key", "Value" }, { "k", "v" },
  { "meta_key", "meta_value" }, { "field", "value" }, { "attribute", "value" },
}

local function is_object(value)
  return type(value) == "table" and not json.is_array(value) and #value == 0
end

---The two members of each item, if the items are pairs.
local function pair_of(list)
  for _, pair in ipairs(PAIRS) do
    local is_pair = #list > 0
    for _, item in ipairs(list) do
      local n = 0
      for _ in pairs(item) do n = n + 1 end
      local is_named = type(item[pair[1]]) == "string"
      is_pair = is_pair and is_named and (n <= 2 or pair[1] == "meta_key")
    end
    if is_pair then return pair end
  end
end

local function is_primary(item)
  local kind = item.type or item.kind
  return item.primary == true or item.isPrimary == true or item.is_primary == true
    or type(kind) == "string" and kind:lower() == "primary"
end

---The primary item of a list of objects, else the first.
---@param list table[]
---@return table
function flatten.primary(list)
  for _, item in ipairs(list) do
    if is_primary(item) then return item end
  end
  return list[1]
end

local function sorted_names(object)
  local names = {}
  for name in pairs(object) do
    if type(name) == "string" then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

local function extended(way, step)
  local longer = table.move(way, 1, #way, 1, {})
  longer[#longer + 1] = step
  return longer
end

---@class Flattener
---@field private add fun(key: string, way: Step[], value: any)
---@field private joined table<string, true>
---@field private are_lists boolean  every member is a list of texts, as in LDIF
local Flattener = {}
Flattener.__index = Flattener

---@private
function Flattener:object(object, key, way, depth)
  local names = sorted_names(object)
  if depth > DEEPEST or key ~= "" and #names > MOST_MEMBERS then
    return self.add(key, way, object)
  end
  for _, name in ipairs(names) do
    local longer = key == "" and name or key .. "." .. name
    self:value(object[name], longer, extended(way, { kind = "member", name = name }), depth + 1)
  end
end

---The values of each member of the items, and of objects in them, as lists.
---@private
function Flattener:all(list, key, way)
  local found, inner = {}, {}
  local function add(name, value, within, member)
    if type(value) == "table" or value == json.null then return end
    if not found[name] then found[name], inner[name] = json.array {}, { within, member } end
    table.insert(found[name], value)
  end
  for _, item in ipairs(list) do
    for name, value in pairs(item) do
      add(name, value, name)
      for member, one in pairs(is_object(value) and value or {}) do
        add(name .. "." .. member, one, name, member)
      end
    end
  end
  for _, name in ipairs(sorted_names(found)) do
    local step = { kind = "all", name = inner[name][1], member = inner[name][2] }
    self.add(key .. "[]." .. name, extended(way, step), found[name])
  end
end

---@private
function Flattener:list(list, key, way, depth)
  if self.joined[key] and #list == 0 then return end
  if not is_object(list[1]) then
    if self.are_lists and #way == 1 then
      return self.add(key, extended(way, { kind = "first" }), list[1], list)
    end
    return self.add(key, way, list)
  end
  for _, item in ipairs(list) do
    if not is_object(item) then return self.add(key, way, list) end
  end
  local pair = pair_of(list)
  if not pair and self.joined[key] then return self:all(list, key, way) end
  if not pair then
    return self:object(flatten.primary(list), key .. "[]", extended(way, { kind = "item" }), depth)
  end
  for _, item in ipairs(list) do
    local name = item[pair[1]]
    self:value(item[pair[2]], key .. "[" .. name .. "]",
      extended(way, { kind = "pair", name = name, names = pair }), depth + 1)
  end
end

---Whether a value is an element of XML that has text and attributes.
local function is_element(value)
  if type(value) ~= "table" or #value ~= 1 or type(value[1]) ~= "string" then return false end
  for name in pairs(value) do
    if type(name) == "string" and name:find("^@") then return true end
  end
  return false
end

---The text of an element, and its attributes and children.
---@private
function Flattener:element(value, key, way, depth)
  self.add(key, extended(way, { kind = "first" }), value[1])
  for _, name in ipairs(sorted_names(value)) do
    local step = { kind = "member", name = name, is_beside_text = true }
    self:value(value[name], key .. "." .. name, extended(way, step), depth + 1)
  end
end

---@private
function Flattener:value(value, key, way, depth)
  if is_element(value) then return self:element(value, key, way, depth) end
  if type(value) == "string" and value:find("^%s*{") then
    local inner = json.decode(value)
    if is_object(inner) then
      return self:object(inner, key, extended(way, { kind = "json" }), depth)
    end
  elseif is_object(value) then
    return self:object(value, key, way, depth)
  elseif type(value) == "table" then
    return self:list(value, key, way, depth)
  end
  if self.are_lists and #way == 1 and type(value) == "string" and way[1].name ~= "dn" then
    way = extended(way, { kind = "first" })
  end
  self.add(key, way, value)
end

---@param record table
---@param options {are_lists?: boolean, joined?: table<string, boolean>}  joined: members that are
---  of another export; true: lists of its records
---@param add fun(key: string, way: Step[], value: any, all?: any[])  null is json.null
function flatten.record(record, options, add)
  local self = setmetatable({
    add = add, are_lists = options.are_lists, joined = options.joined or {},
  }, Flattener)
  self:object(record, "", {}, 0)
end

return flatten
