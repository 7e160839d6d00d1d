--- A SCIM 2.0 server: ListResponses saved as JSON, or the server itself. SCIM never returns
--- passwords, and does not say which addresses are verified.

local api = require "recipes.api.scim"
local listing = require "source.listing"
local metadata = require "auth0.metadata"
local migrate = require "migrate"
local value = require "source.value"

local ENTERPRISE <const> = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
local PROFILE <const> = {
  "title", "userType", "preferredLanguage", "locale", "timezone", "profileUrl",
}

---A member, whatever its case: names of attributes have none.
local function member(record, name)
  local found = record[name]
  if found == nil then found = value.member(record, name) end
  return value.null_if(found)
end

---Values of an attribute that may be one, several or objects: {value, type, primary}.
local function values(record, name)
  local given, all = member(record, name), {}
  if given == nil then return all end
  if type(given) ~= "table" or next(given) and given[1] == nil then given = { given } end
  for _, one in ipairs(given) do
    local is_object = type(one) == "table"
    local found = is_object and member(one, "value") or not is_object and value.null_if(one)
    if found then
      all[#all + 1] = {
        value = found, kind = is_object and tostring(member(one, "type") or ""):lower() or "",
        is_primary = is_object and value.boolean(member(one, "primary")) == true,
        display = is_object and member(one, "display"),
      }
    end
  end
  return all
end

---The primary value, else one of a type, else the first.
local function best(all, kind)
  local typed
  for _, one in ipairs(all) do
    if one.is_primary then return one.value end
    if one.kind == kind then typed = typed or one.value end
  end
  return typed or all[1] and all[1].value
end

---A number as RFC 3966 writes it, without the scheme; one with an extension stays as it is.
local function number_of(given)
  return type(given) == "string" and given:gsub("^%s*[Tt][Ee][Ll]:", "") or given
end

local function names(all)
  local list = {}
  for i, one in ipairs(all) do list[i] = one.display or one.value end
  return list[1] and list
end

local function app_metadata(record)
  local kept = {
    external_id = member(record, "externalId"), groups = names(values(record, "groups")),
    roles = names(values(record, "roles")), entitlements = names(values(record, "entitlements")),
    enterprise = member(record, ENTERPRISE),
  }
  local meta = member(record, "meta")
  kept.scim_created = type(meta) == "table" and value.date(member(meta, "created")) or nil
  return next(kept) and metadata.safe(kept)
end

---@type Recipe
return migrate.extend({ params = api.params, needs = api.needs }, {
  name = "scim",
  about = { system = "SCIM 2.0 servers", passwords = "no", reads = { "files", "API" } },
  params = {
    input = { help = "ListResponses or users as JSON; or api", kind = "input", required = true },
    country = { help = "country of phone numbers without one", kind = "country" },
    verified = { help = "whether the addresses are verified; SCIM does not say it",
      kind = "boolean" },
  },
  source = function(params)
    if params.input == "api" then return api.records(params) end
    return listing.records(params.input, {
      lists = { "Resources", "resources" }, has = { "userName", "username", "id" },
    })
  end,
  map = function(record, params)
    local meta = member(record, "meta")
    local kind = type(meta) == "table" and member(meta, "resourceType")
    if kind and kind:lower() ~= "user" then return nil, "not a user" end
    local name, id = member(record, "userName"), member(record, "id")
    local written = best(values(record, "emails"), "work")
    local email = value.email(written or name)
    if not (written or email) then return nil, "no e-mail address" end
    if not email then return migrate.reject("not an e-mail address", "FORMAT", "email", written) end

    if params.verified == nil then
      migrate.warn("nothing_verified", "users whose addresses become unverified, for SCIM does not "
        .. "say which are; see the parameter `verified`")
    end
    local phone, unread = migrate.phone(number_of(best(values(record, "phoneNumbers"), "mobile")),
      params.country)
    local own = member(record, "name")
    own = type(own) == "table" and own or {}
    local standard = { phone = unread }
    for _, attribute in ipairs(PROFILE) do standard[attribute] = member(record, attribute) end
    migrate.lost("password", "SCIM never returns passwords")
    return {
      user_id = id and tostring(id), email = email, email_verified = params.verified == true,
      username = value.username(name, id, email),
      name = member(own, "formatted") or member(record, "displayName"),
      given_name = member(own, "givenName"), family_name = member(own, "familyName"),
      nickname = member(record, "nickName"), phone_number = phone,
      picture = value.url(best(values(record, "photos"), "photo")),
      blocked = value.switch(member(record, "active"), nil, "active") == false or nil,
      user_metadata = next(standard) and metadata.safe(standard),
      app_metadata = app_metadata(record),
    }
  end,
})
