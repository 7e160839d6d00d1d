--- Compares fields as sent with those the tenant shows. By digest: a finished run keeps no values.

local identifiers = require "auth0.identifiers"
local json = require "host.json"
local sorted = require "base.sorted"

local field_digests = {}

-- Fields that a tenant shows as they were sent, and the value that a missing one stands for. Hashes
-- and MFA factors are never shown.
local COMPARED <const> = {
  email_verified = { absent = false }, phone_verified = { absent = false },
  blocked = { absent = false }, app_metadata = { absent = {} }, user_metadata = { absent = {} },
  name = {}, given_name = {}, family_name = {}, nickname = {}, picture = {},
}

local function differs(name, sent, theirs)
  local value, absent = theirs[name], COMPARED[name].absent
  if (value == nil or value == json.null) and absent ~= nil then value = absent end
  if value == nil or json.digest(value) ~= sent then
    -- Only this program distinguishes an empty list from an empty object.
    local empty = type(absent) == "table" and type(value) == "table" and next(value) == nil
    return not (empty and sent == json.digest(json.array {}))
  end
  return false
end

---The fields that were sent and differ in the tenant.
---@param ours table     identifiers
---@param digests table<string, string>
---@param theirs table   the user as the tenant shows it
---@return string[] names  sorted
function field_digests.differences(ours, digests, theirs)
  local names = {}
  local sent, shown = identifiers.of(ours), identifiers.of(theirs)
  for _, name in ipairs(identifiers.LOGINS) do
    if sent[name] and sent[name] ~= shown[name] then names[#names + 1] = name end
  end
  for name in pairs(COMPARED) do
    if digests[name] and differs(name, digests[name], theirs) then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

---@return {name: string}[]  fields to request from an export
function field_digests.exported()
  local list = {}
  for _, name in ipairs(identifiers.NAMES) do list[#list + 1] = { name = name } end
  for name in sorted.pairs(COMPARED) do list[#list + 1] = { name = name } end
  return list
end

return field_digests
