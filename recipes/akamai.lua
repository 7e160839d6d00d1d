--- Akamai Identity Cloud (Janrain): records of the entity `user`, from files or from the API. Keeps
--- bcrypt; other passwords are transforms of the customer's own.

local api = require "recipes.api.akamai"
local listing = require "source.listing"
local metadata = require "auth0.metadata"
local migrate = require "migrate"
local password = require "auth0.password"
local value = require "source.value"

-- Members that become fields, or tell nothing about the user; the others are kept.
local FIELDS <const> = {
  "id", "uuid", "email", "emailVerified", "mobileNumber", "mobileNumberVerified", "displayName",
  "givenName", "familyName", "deactivateAccount", "password", "roles", "profiles", "photos",
  "created", "lastUpdated", "lastLogin",
}
local IS_FIELD <const> = {}
for _, name in ipairs(FIELDS) do IS_FIELD[name] = true end

local function list_of(given)
  return type(value.null_if(given)) == "table" and given or {}
end

---A moment means yes.
local function is_moment(given)
  given = value.null_if(given)
  return given ~= nil and given ~= false and given ~= ""
end

---The hash of `{type = "password-bcrypt", value = "$2b$10$..."}`.
local function hash_of(given)
  given = value.null_if(given)
  if type(given) == "string" then -- CSV has the object as JSON in a cell
    given = given:find "^%s*{" and value.json(given) or { value = given }
  end
  local text = type(given) == "table" and value.trim(value.null_if(given.value))
  if not text then return nil, "no password: the user signs in with another account" end
  local kind = value.trim(value.null_if(given.type))
  if kind and kind ~= "password-bcrypt" and not text:find("^%$2[aby]%$") then
    return nil, "a transform of the customer's own (" .. kind .. ")"
  end
  local hash, _, why = password.auto(text)
  return hash, why
end

---Roles, by name or as objects.
local function roles_of(given)
  local names = {}
  for _, role in ipairs(list_of(given)) do
    local name = type(role) == "table" and (value.null_if(role.name) or value.null_if(role.role))
      or value.null_if(role)
    if type(name) == "string" then names[#names + 1] = name end
  end
  return value.filled(names)
end

---The photo, a URL or the first of a list of objects.
local function picture_of(given)
  local first = list_of(given)[1]
  return value.url(type(first) == "table" and value.null_if(first.value) or first)
end

---What else the record has, except empty members.
local function others(record, unread)
  local rest = { phone = unread }
  for name, member in pairs(record) do
    local is_empty = value.null_if(member) == nil or member == ""
      or type(member) == "table" and next(member) == nil
    if not IS_FIELD[name] and not is_empty then rest[name] = member end
  end
  return next(rest) and metadata.safe(rest)
end

---@type Recipe
return migrate.extend({ params = api.params, needs = api.needs }, {
  name = "akamai",
  about = {
    system = "Akamai Identity Cloud", passwords = "mixed", reads = { "files", "API" },
  },
  params = {
    input = { help = "records (.json, .ndjson), or api", kind = "input", required = true },
    country = { help = "country of phone numbers without one", kind = "country" },
    social = { help = "keep: also users without a password, who sign in with other accounts",
      kind = { "keep" } },
  },
  source = function(params)
    if params.input == "api" then return api.records(params) end
    return listing.records(params.input, { lists = { "results" }, has = { "uuid" } })
  end,
  map = function(record, params)
    local written = value.trim(value.null_if(record.email))
    if not written then return nil, "no e-mail address" end
    local email = value.email(written)
    if not email then return migrate.reject("not an e-mail address", "FORMAT", "email", written) end

    local is_linked = list_of(record.profiles)[1] ~= nil
    local hash, why = hash_of(record.password)
    if value.null_if(record.password) == nil and params.social ~= "keep" then
      return nil, is_linked and "signs in with another account" or "no password"
    end
    if not hash then migrate.lost("password", why) end
    if is_linked then migrate.lost("social", "another account belongs to another connection") end
    local phone, unread = migrate.phone(value.null_if(record.mobileNumber), params.country)
    return {
      user_id = record.uuid, email = email, email_verified = is_moment(record.emailVerified),
      name = record.displayName, given_name = record.givenName, family_name = record.familyName,
      picture = picture_of(record.photos), phone_number = phone,
      phone_verified = phone and is_moment(record.mobileNumberVerified),
      blocked = is_moment(record.deactivateAccount) or nil, custom_password_hash = hash,
      user_metadata = others(record, unread),
      app_metadata = value.filled {
        roles = roles_of(record.roles), akamai_created = value.date(value.null_if(record.created)),
      },
    }
  end,
})
