--- The size of a user against Auth0's limit of the stored profile, and what makes it that large.

local json = require "host.json"
local limits = require "auth0.limits"
local text = require "host.text"

local profile = {}

local LONGEST_NAME <const> = 60 -- bytes shown
local METADATA <const> = { "app_metadata", "user_metadata" }

---@class ProfileMember
---@field path string   "user_metadata.history"
---@field bytes integer of its JSON
---@field holder table
---@field name string   in `holder`

---Bytes of the user's JSON; what of it Auth0 counts is not documented.
---@param user User
---@return integer
function profile.bytes(user)
  local written = json.encode(user)
  return written and #written or 0
end

local function is_larger(a, b)
  if a.bytes ~= b.bytes then return a.bytes > b.bytes end
  return a.path < b.path
end

---The members of the user's metadata, the largest first.
---@param user User
---@return ProfileMember[]
function profile.metadata(user)
  local list = {}
  for _, root in ipairs(METADATA) do
    local members = user[root]
    for name, member in pairs(type(members) == "table" and members or {}) do
      local written = json.encode(member)
      list[#list + 1] = {
        path = root .. "." .. tostring(name), bytes = written and #written or 0, holder = members,
        name = name,
      }
    end
  end
  table.sort(list, is_larger)
  return list
end

---The name of a member as it may be shown: a key of metadata may be a value.
---@param path string
---@return string
function profile.shown(path)
  return text.redact(#path > LONGEST_NAME and path:sub(1, LONGEST_NAME) .. "…" or path)
end

---"user_metadata.history (9120 bytes), app_metadata.roles (40 bytes)"
---@param user User
---@param most integer
---@return string  "" without metadata
function profile.largest(user, most)
  local said = {}
  for i, member in ipairs(profile.metadata(user)) do
    if i > most then break end
    said[i] = string.format("%s (%d bytes)", profile.shown(member.path), member.bytes)
  end
  return table.concat(said, ", ")
end

---Whether the user exceeds Auth0's limit.
---@param bytes integer
---@return boolean
function profile.is_exceeded(bytes)
  return bytes > limits.PROFILE_BYTES
end

return profile
