--- Who the users of a run are, for those who write to them: address, name, language and the id in
--- the source. A finished run keeps name and language of users that lose something, or failed.

local json = require "host.json"
local text = require "host.text"

local persons = {}

local LANGUAGES <const> = {
  "locale", "language", "lang", "preferred_language", "preferredLanguage", "preferred_locale",
}

---@class Person
---@field email? string
---@field name? string
---@field locale? string     "de", "pt-BR"
---@field source_id? string  user_id, which recipes take from the source

local function as_text(value)
  local is_text = type(value) == "string" and value:find "%S" and text.is_utf8(value)
  return is_text and value or nil
end

local function locale_of(user)
  for _, member in ipairs { "user_metadata", "app_metadata" } do
    local from = user[member]
    for _, name in ipairs(type(from) == "table" and LANGUAGES or {}) do
      local value = as_text(from[name])
      if value and value:find "^%a%a%a?[%w_@.-]*$" and #value <= 35 then return value end
    end
  end
end

local function name_of(user)
  local name = as_text(user.name)
  if name and name ~= user.email then return name end
  local parts = { as_text(user.given_name) }
  parts[#parts + 1] = as_text(user.family_name)
  return parts[1] and table.concat(parts, " ") or nil
end

---@param user table  as it is sent, or a line of an archive
---@return Person
function persons.of(user)
  return {
    email = as_text(user.email), name = name_of(user),
    locale = as_text(user.locale) or locale_of(user),
    source_id = as_text(user.user_id),
  }
end

---What an archive keeps of a person besides the identifiers: members of a JSON object.
---@param user table
---@return string  "" without any
function persons.kept(user)
  local kept = { name = name_of(user), locale = locale_of(user) }
  return next(kept) and "," .. json.encode(kept):sub(2, -2) or ""
end

return persons
