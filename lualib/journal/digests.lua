--- The fields of a user as they were sent, beside those that a tenant shows: compared by digests,
--- for a finished run keeps no more of them.

local identifiers = require "auth0.identifiers"
local json = require "host.json"

local field_digests = {}

-- What a tenant shows as it was sent, and what one that leaves it out means by that. Hashes and MFA
-- factors are never shown.
local COMPARED <const> = {
  email_verified = { absent = false }, phone_verified = { absent = false },
  blocked = { absent = false }, app_metadata = { absent = {} }, user_metadata = { absent = {} },
  name = {}, given_name = {}, family_name = {}, nickname = {}, picture = {},
}

local function differs(name, sent, theirs)
  local value, absent = theirs[name], COMPARED[name].absent
  if (value == nil or value == json.null) and absent ~= nil then value = absent end
  if value == nil or json.digest(value) ~= sent then
    -- An empty list and an empty object are told apart by us alone.
    local empty = type(absent) == "table" and type(value) == "table" and next(value) == nil
    return not (empty and sent == json.digest(json.array {}))
  end
  return false
end

---The fields in which a tenant's user is not what was sent; what was not sent is not compared.
---@param ours table     identifiers
---@param digests table<string, string>
---@param theirs table   as the tenant shows the user
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

---The fields to ask an export for.
---@return {name: string}[]
function field_digests.exported()
  local list = {}
  for _, name in ipairs(identifiers.NAMES) do list[#list + 1] = { name = name } end
  local names = {}
  for name in pairs(COMPARED) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do list[#list + 1] = { name = name } end
  return list
end

return field_digests
