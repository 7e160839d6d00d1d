--- The four identifiers of a user: how Auth0 compares them, and which users share one.

local host_text = require "host.text"

local identifiers = {}

---The prefix that the server adds to the user_id of an imported user.
identifiers.PREFIX = "auth0|"

---Identifiers for logging in.
identifiers.LOGINS = { "email", "username", "phone_number" }

---All of them, the most reliable first.
identifiers.NAMES = { "user_id", table.unpack(identifiers.LOGINS) }

---Those that Auth0 stores, and compares, in lower case.
identifiers.FOLDED = { email = true, username = true }

local LETTERS <const> = { user_id = "i", email = "e", username = "u", phone_number = "p" }
local FIRST_BYTE <const> = identifiers.PREFIX:byte()
local byte <const>, lower <const> = string.byte, host_text.lower

---@param user_id? string  as sent
---@return string?
function identifiers.with_prefix(user_id)
  return user_id and identifiers.PREFIX .. user_id or nil
end

---The user_id without one leading prefix; anything but text is returned unchanged.
---@param user_id any
---@return any
function identifiers.without_prefix(user_id)
  -- Comparing one byte first avoids a substring for most users.
  if type(user_id) == "string" and byte(user_id) == FIRST_BYTE
    and user_id:sub(1, #identifiers.PREFIX) == identifiers.PREFIX then
    return user_id:sub(#identifiers.PREFIX + 1)
  end
  return user_id
end

local function text(value)
  return type(value) == "string" and value ~= "" and value or nil
end

---In lower case, as Auth0 stores and compares it: as `toLowerCase` of JavaScript.
---@param value any
---@return string?
function identifiers.fold(value)
  if type(value) == "string" and value ~= "" then return lower(value) end
end

local function nested(user, path)
  local value = user
  for _, name in ipairs(path) do
    if type(value) ~= "table" then return nil end
    value = value[name]
  end
  return value
end

---A phone number as a user has it, of one as people write it: without blanks and punctuation. Any
---other name is returned unchanged.
---@param name string
---@return string
function identifiers.dialled(name)
  local digits = name:find("^%+[%d%s()./-]+$") and name:gsub("[%s()./-]", "")
  return digits or name
end

---The values of fields of a user, nil for one that cannot be compared.
---@param user table
---@param fields {name: string, path?: string[]}[]  path: of a nested field
---@param values table  reused
---@return string|number|nil ...  in the order of the fields
function identifiers.values(user, fields, values)
  for i, field in ipairs(fields) do
    local value
    if field.path then value = nested(user, field.path) else value = user[field.name] end
    if type(value) ~= "string" and type(value) ~= "number" then value = nil end
    values[i] = value
  end
  return table.unpack(values, 1, #fields)
end

---@class Identifiers
---@field user_id? string
---@field email? string        lower case
---@field username? string     lower case
---@field phone_number? string

---The identifiers of a user as Auth0 compares them, the user_id unchanged.
---@param user table
---@return Identifiers
function identifiers.of(user)
  return {
    user_id = text(user.user_id), email = identifiers.fold(user.email),
    username = identifiers.fold(user.username), phone_number = text(user.phone_number),
  }
end

---The identifiers of a user as the tenant stores them, with the prefix.
---@param user User
---@return Identifiers
function identifiers.stored(user)
  local stored = identifiers.of(user)
  stored.user_id = identifiers.with_prefix(stored.user_id)
  return stored
end

---Which identifiers two users share, and in which they differ. One that either side lacks does not
---count.
---@param ours table    as sent
---@param theirs table  as the tenant returns it
---@return table<string, boolean> shared
---@return string[] differing
function identifiers.compare(ours, theirs)
  local mine, other = identifiers.stored(ours), identifiers.of(theirs)
  local shared, differing = {}, {}
  for _, name in ipairs(identifiers.NAMES) do
    if mine[name] and mine[name] == other[name] then
      shared[name] = true
    elseif mine[name] and other[name] then
      differing[#differing + 1] = name
    end
  end
  return shared, differing
end

---Keys under which another user with the same identifier is found, the most reliable first.
---@param values Identifiers
---@return string[]
function identifiers.keys(values)
  local keys = {}
  for _, name in ipairs(identifiers.NAMES) do
    if values[name] then keys[#keys + 1] = LETTERS[name] .. values[name] end
  end
  return keys
end

---Users by their identifiers.
---@class IdentifierIndex
---@field private list table[]
---@field private first table<string, table<string, integer>>    by name and value: of the list
---@field private following table<string, table<integer, integer>>  by name: the next with the same
local Index = {}
Index.__index = Index

---@param list table[]
---@param values_of? fun(one: table): Identifiers  default: of a user as the tenant returns it
---@return IdentifierIndex
function identifiers.index(list, values_of)
  local first, following = {}, {}
  for _, name in ipairs(identifiers.NAMES) do first[name], following[name] = {}, {} end
  for i = #list, 1, -1 do
    for name, value in pairs((values_of or identifiers.of)(list[i])) do
      following[name][i], first[name][value] = first[name][value], i
    end
  end
  return setmetatable({ list = list, first = first, following = following }, Index)
end

---The users with this identifier, in the order of the list.
---@param name string
---@param value? string
---@return table[]
function Index:with(name, value)
  local found, i = {}, value and self.first[name][value]
  while i do
    found[#found + 1] = self.list[i]
    i = self.following[name][i]
  end
  return found
end

---All users that share one of the identifiers, each once, the most reliable match first.
---@param values Identifiers
---@return table[]
function Index:sharing(values)
  local found, seen = {}, {}
  for _, name in ipairs(identifiers.NAMES) do
    for _, one in ipairs(self:with(name, values[name])) do
      if not seen[one] then found[#found + 1] = one end
      seen[one] = true
    end
  end
  return found
end

---The users that share the most reliable identifier with a match.
---@param values Identifiers
---@return table[]
function Index:nearest(values)
  for _, name in ipairs(identifiers.NAMES) do
    local found = self:with(name, values[name])
    if found[1] then return found end
  end
  return {}
end

return identifiers
