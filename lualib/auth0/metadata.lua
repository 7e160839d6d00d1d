--- Metadata of other systems as Auth0 accepts it: names without "." and "$", and none of its own.

local json = require "host.json"
local schema = require "auth0.schema"
local sorted = require "base.sorted"

local metadata = {}

local safe_value

---The name in `kept` for a member: Auth0's characters only, and not the name of another member.
local function free_name(name, members, kept)
  local safe = name:gsub("[.$]", "_")
  local made, n = safe, 1
  while kept[made] ~= nil or (made ~= name and members[made] ~= nil) do
    n = n + 1
    made = safe .. "_" .. n
  end
  return made
end

local function safe_object(members)
  local kept = {}
  for name, member in sorted.pairs(members) do
    local made = type(name) == "string" and free_name(name, members, kept) or name
    kept[made] = safe_value(member)
  end
  return kept
end

safe_value = function(value)
  if type(value) ~= "table" then return value end
  if not json.is_array(value) then return safe_object(value) end
  local list = json.array {}
  for i, element in ipairs(value) do list[i] = safe_value(element) end
  return list
end

---The members with names that Auth0 accepts, at any depth: "." and "$" become "_". Where that is
---the name of another member, a number follows, so that none is lost.
---@param members table<string, any>?
---@return table<string, any>?
function metadata.safe(members)
  return members and safe_object(members)
end

---app_metadata without the names that Auth0 reserves.
---@param members table<string, any>
---@return table<string, any> kept
---@return string[] removed  names, sorted
function metadata.unreserved(members)
  local kept, removed = {}, {}
  for name, member in pairs(members) do kept[name] = member end
  for _, name in ipairs(schema.APP_METADATA_RESERVED) do
    if kept[name] ~= nil then removed[#removed + 1], kept[name] = name, nil end
  end
  table.sort(removed)
  return kept, removed
end

---The app_metadata of another system's members: names as `safe` makes them; those that Auth0
---reserves end with "_". nil without members.
---@param members table<string, any>?
---@return table<string, any>?
function metadata.app(members)
  local kept = safe_object(members or {})
  for _, name in ipairs(schema.APP_METADATA_RESERVED) do
    local member = kept[name]
    if member ~= nil then
      kept[name] = nil
      kept[free_name(name .. "_", {}, kept)] = member
    end
  end
  return next(kept) ~= nil and kept or nil
end

---The members of an object, which may be JSON in a text, in a table of its own; none of anything
---else.
---@param given any
---@return table<string, any>
function metadata.of(given)
  local members = {}
  if type(given) == "string" then given = json.decode(given) end
  if type(given) ~= "table" or json.is_array(given) then return members end
  for name, member in pairs(given) do members[name] = member end
  return members
end

return metadata
