--- Frontegg: users of all accounts (tenants), from files or from the API, which never hands out
--- passwords and says of factors only that there is one.

local api = require "recipes.api.frontegg"
local listing = require "source.listing"
local metadata = require "auth0.metadata"
local migrate = require "migrate"
local value = require "source.value"

local function list_of(given)
  return type(value.null_if(given)) == "table" and given or {}
end

---The name of a role, or of anything else that may be an object.
local function name_of(given)
  if type(given) ~= "table" then return value.null_if(given) end
  return value.null_if(given.key) or value.null_if(given.name) or value.null_if(given.id)
end

---The accounts of a user, each with its roles; and all roles.
local function memberships(record)
  local tenants, roles, seen = {}, {}, {}
  local function names(list)
    local own = {}
    for _, role in ipairs(list_of(list)) do
      local name = name_of(role)
      own[#own + 1] = name
      if name and not seen[name] then seen[name], roles[#roles + 1] = true, name end
    end
    return value.filled(own)
  end
  for _, one in ipairs(list_of(record.tenants)) do
    local is_object = type(one) == "table"
    tenants[#tenants + 1] = {
      id = is_object and value.null_if(one.tenantId) or name_of(one),
      roles = is_object and names(one.roles) or nil,
    }
  end
  if not tenants[1] and value.null_if(record.tenantId) then
    tenants[1] = { id = record.tenantId }
  end
  names(record.roles)
  return value.filled(tenants), value.filled(roles)
end

---`metadata` is JSON in a string.
local function metadata_of(record, unread)
  local given = value.null_if(record.metadata)
  if type(given) == "string" then given = value.json(given) end
  local kept = { phone = unread }
  for name, member in pairs(type(given) == "table" and given or {}) do kept[name] = member end
  return next(kept) and metadata.safe(kept)
end

---@type Recipe
return migrate.extend({ params = api.params, needs = api.needs }, {
  name = "frontegg",
  about = { system = "Frontegg", passwords = "no", reads = { "files", "API" } },
  params = {
    input = { help = "users (.json, .ndjson), or api", kind = "input", required = true },
    tenant = { help = "the account whose users are read; default: those of all accounts" },
    country = { help = "country of phone numbers without one", kind = "country" },
    social = { help = "keep: also users who sign in with other accounts", kind = { "keep" } },
  },
  source = function(params)
    if params.input == "api" then return api.records(params) end
    return listing.records(params.input, { lists = { "items", "users" }, has = { "email" } })
  end,
  map = function(record, params)
    local tenants, roles = memberships(record)
    if params.tenant then
      local is_member
      for _, one in ipairs(tenants or {}) do is_member = is_member or one.id == params.tenant end
      if not is_member then return nil, "a user of another account" end
    end
    local written = value.trim(value.null_if(record.email))
    if not written then return nil, "no e-mail address" end
    local email = value.email(written)
    if not email then return migrate.reject("not an e-mail address", "FORMAT", "email", written) end
    local provider = value.null_if(record.provider)
    if provider and provider ~= "local" then
      if params.social ~= "keep" then return nil, "signs in with another account" end
      migrate.lost("social", "another account belongs to another connection")
    end
    migrate.lost("password", "Frontegg does not hand out passwords")
    if value.null_if(record.mfaEnrolled) == true then
      migrate.lost("totp", "Frontegg does not hand out secrets of factors")
    end
    local phone, unread = migrate.phone(value.null_if(record.phoneNumber), params.country)
    return {
      user_id = record.id, email = email, email_verified = record.verified == true,
      name = record.name, picture = value.url(value.null_if(record.profilePictureUrl)),
      phone_number = phone, user_metadata = metadata_of(record, unread),
      app_metadata = value.filled {
        tenants = tenants and metadata.safe(tenants), roles = roles,
        frontegg_created = value.date(value.null_if(record.createdAt)),
      },
    }
  end,
})
