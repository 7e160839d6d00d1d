--- The items of a page that is whole, and what distinguishes them.

local json = require "host.json"
local pointer = require "base.pointer"
local type_name = require "base.type_name"

local items = {}

-- Members of a page that is an error in spite of its status.
local ERRORS <const> = { "error", "errors", "Errors", "message", "detail", "__type" }

---Whether a page without its list has no items: it counts them, or pages before it had a list.
local function may_lack_list(body, spec, had_list)
  if type(body) ~= "table" or json.is_array(body) then return false end
  local total = type(spec.next) == "table" and spec.next.total
  if type(total) == "string" and type(pointer.get(body, total)) == "number" then return true end
  for _, name in ipairs(ERRORS) do
    if body[name] ~= nil then return false end
  end
  return had_list
end

---@param body any          of the page
---@param spec HttpSpec
---@param had_list boolean  a page before it had a list
---@return any[]? list      nil: the page is none
---@return string? wrong    'has no list at "/users", but nothing'
---@return boolean? has_list
function items.of(body, spec, had_list)
  local at = spec.items or ""
  local list = pointer.get(body, at)
  if (list == nil or list == json.null) and may_lack_list(body, spec, had_list) then
    return {}, nil, had_list
  end
  if type(list) == "table" and (json.is_array(list) or next(list) == nil and at ~= "") then
    return list, nil, true
  end
  return nil, string.format('has no list at "%s", but %s', at,
    list == nil and "nothing" or type_name.a(list))
end

---What distinguishes each item, as text; false where it has nothing.
---@param list any[]
---@param at? string  JSON pointer
---@return (string|false)[]?  nil without a pointer
function items.ids(list, at)
  if not at then return nil end
  local ids = {}
  for i, item in ipairs(list) do
    local id = pointer.get(item, at)
    ids[i] = (type(id) == "string" or type(id) == "number") and tostring(id) or false
  end
  return ids
end

return items
