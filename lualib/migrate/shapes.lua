--- Shapes: a path of metadata that is a list in one user and `{}` in another. Lua cannot tell an
--- empty list from an empty object, so a map that forgets `migrate.array` writes both.

local json = require "host.json"

local shapes = {}

local METADATA <const> = { "app_metadata", "user_metadata" }
local MOST_PATHS <const> = 1000 -- told apart; keys that are data would make more

---@class Shapes
---@field seen table<string, {list: boolean, empty: integer}>
---@field n integer  paths
local Shapes = {}
Shapes.__index = Shapes

---@return Shapes
function shapes.new()
  return setmetatable({ seen = {}, n = 0 }, Shapes)
end

function Shapes:note(path, value)
  local seen = self.seen[path]
  if not seen then
    if self.n >= MOST_PATHS then return end
    seen = { list = false, empty = 0 }
    self.seen[path], self.n = seen, self.n + 1
  end
  if json.is_array(value) then
    seen.list = true
  elseif next(value) == nil then
    seen.empty = seen.empty + 1
  end
end

function Shapes:walk(path, value)
  for key, one in pairs(value) do
    if type(one) == "table" then
      local below = path .. (type(key) == "string" and "." .. key or "[]")
      self:note(below, one)
      self:walk(below, one)
    end
  end
end

---Looks at the metadata of a user that would be sent.
---@param user User
function Shapes:add(user)
  for _, name in ipairs(METADATA) do
    if type(user[name]) == "table" then self:walk(name, user[name]) end
  end
end

---The paths of both shapes, as the warnings of a report.
---@return table<string, {n: integer, message: string}>
function Shapes:warnings()
  local found = {}
  for path, seen in pairs(self.seen) do
    if seen.list and seen.empty > 0 then
      found["LIST_OR_OBJECT " .. path] = {
        n = seen.empty, message = path .. " is a list in one user and {} in another; "
          .. "migrate.array{} writes an empty list",
      }
    end
  end
  return found
end

return shapes
