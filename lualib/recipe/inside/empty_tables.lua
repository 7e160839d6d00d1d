--- Finds paths of metadata that are a list in one user and `{}` in another. Lua does not
--- distinguish an empty list from an empty object, so a map without `migrate.array` writes both.

local json = require "host.json"

local empty_tables = {}

local METADATA <const> = { "app_metadata", "user_metadata" }
local MOST_PATHS <const> = 1000 -- distinguished; keys that are data would need more

---@class PathNode  what was seen at a path; a tree, so that no path is built for each user
---@field list boolean
---@field empty integer
---@field below table<string, PathNode>

---@class EmptyTables
---@field root PathNode
---@field n integer  paths
local EmptyTables = {}
EmptyTables.__index = EmptyTables

local function new_node()
  return { list = false, empty = 0, below = {} }
end

---@return EmptyTables
function empty_tables.new()
  return setmetatable({ root = new_node(), n = 0 }, EmptyTables)
end

function EmptyTables:child(node, key)
  local child = node.below[key]
  if not child and self.n < MOST_PATHS then
    child = new_node()
    node.below[key], self.n = child, self.n + 1
  end
  return child
end

function EmptyTables:walk(node, value)
  if json.is_array(value) then
    node.list = true
  elseif next(value) == nil then
    node.empty = node.empty + 1
  end
  for key, one in next, value do
    if type(one) == "table" then
      local child = self:child(node, type(key) == "string" and key or "[]")
      if child then self:walk(child, one) end
    end
  end
end

---@param user User  that would be sent
function EmptyTables:add(user)
  for _, name in ipairs(METADATA) do
    local metadata = user[name]
    if type(metadata) == "table" and next(metadata) ~= nil then
      self:walk(self:child(self.root, name), metadata)
    end
  end
end

local function collect(node, path, found)
  if node.list and node.empty > 0 then
    found["LIST_OR_OBJECT " .. path] = {
      n = node.empty, message = path .. " is a list in one user and {} in another; "
        .. "migrate.array{} writes an empty list",
    }
  end
  for key, child in pairs(node.below) do
    collect(child, path == "" and key or key == "[]" and path .. key or path .. "." .. key, found)
  end
end

---The paths that are both, as warnings of a report.
---@return table<string, {n: integer, message: string}>
function EmptyTables:warnings()
  local found = {}
  collect(self.root, "", found)
  return found
end

return empty_tables
