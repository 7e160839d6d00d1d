--- Where two values differ, by path: of a user that is expected and one that came, or of the users
--- that two versions of a recipe make.

local json = require "host.json"
local sorted = require "base.sorted"
local user_rules = require "auth0.user"

local differences = {}

---@class Difference
---@field path string  "app_metadata.roles[0]"; "" for the whole
---@field before any   nil: there is none
---@field now any

---What a part says of a field that is not to be there.
local function is_null(value)
  return value == nil or value == json.null
end

---The names of either table, those of a user in its order.
local function names_of(before, now, is_partial)
  return sorted.all_keys({ before, is_partial and {} or now }, user_rules.ORDER)
end

local function walk(before, now, path, is_partial, found)
  local is_list = json.is_array(before)
  if type(before) == "table" and type(now) == "table" and is_list == json.is_array(now) then
    if not is_list then
      for _, name in ipairs(names_of(before, now, is_partial)) do
        local below = path == "" and name or path .. "." .. name
        walk(before[name], now[name], below, is_partial, found)
      end
      return
    elseif #before == #now then
      for i = 1, #before do
        walk(before[i], now[i], string.format("%s[%d]", path, i - 1), is_partial, found)
      end
      return
    end
  end
  if before == now or is_partial and is_null(before) and is_null(now) then return end
  found[#found + 1] = { path = path, before = before, now = now }
end

---The paths in which two values of JSON differ. With `is_partial`, only those that `before` has
---count, and null there stands for nothing.
---@param before any
---@param now any
---@param is_partial? boolean
---@return Difference[]
function differences.of(before, now, is_partial)
  local found = {}
  walk(before, now, "", is_partial, found)
  return found
end

return differences
