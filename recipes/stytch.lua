--- Stytch: users of a consumer project, from files or from the API, and members of B2B
--- organizations, from files. Hashes and secrets of factors are not in the API.

local api = require "recipes.api.stytch"
local listing = require "source.listing"
local metadata = require "auth0.metadata"
local migrate = require "migrate"
local value = require "source.value"

local PASSKEYS <const> = { "webauthn_registrations", "passkeys", "biometric_registrations" }
local NAMES <const> = { "first_name", "middle_name", "last_name" }

---An object or a list; in CSV it is JSON in a cell.
local function object(given)
  given = value.null_if(given)
  if type(given) == "string" and given:find("^%s*[%[{]") then given = value.json(given) end
  return type(given) == "table" and given or {}
end

---The first of the entries that is verified, or else the first one: its value, and whether it is.
local function best(list, member)
  local first
  for _, entry in ipairs(object(list)) do
    local is_object = type(entry) == "table"
    local text = is_object and value.null_if(entry[member]) or not is_object and entry or nil
    if is_object and entry.verified == true and text then return text, true end
    first = first or text
  end
  return first, false
end

---The address and the number of a user, or of a member of an organization.
local function contacts(record)
  local email, is_verified = best(record.emails, "email")
  if not email then
    email = value.null_if(record.email_address) or value.null_if(record.email)
    is_verified = value.confirmed(value.null_if(record.email_address_verified)) == true
  end
  local phone, is_confirmed = best(record.phone_numbers, "phone_number")
  if not phone then
    phone = value.null_if(record.mfa_phone_number) or value.null_if(record.phone_number)
    is_confirmed = value.confirmed(value.null_if(record.mfa_phone_number_verified)) == true
  end
  return email, is_verified, phone, is_confirmed
end

---The name in parts, or in one piece.
local function names(record)
  local parts = object(record.name)
  local whole = type(value.null_if(record.name)) == "string" and next(parts) == nil and record.name
  local found = {}
  for _, name in ipairs(NAMES) do
    found[name] = value.trim(value.null_if(parts[name]) or value.null_if(record[name])
      or value.null_if(record["name." .. name]))
  end
  return value.trim(whole or nil), found
end

local function is_any(list)
  return next(object(list)) ~= nil
end

---What the user loses besides the password.
local function losses(record)
  if is_any(record.totps) or value.null_if(record.totp_registration_id) then
    migrate.lost("totp", "Stytch does not hand out secrets of authenticator apps")
  end
  for _, name in ipairs(PASSKEYS) do
    if is_any(record[name]) then
      migrate.lost("passkey", "a passkey belongs to the domain of its server")
    end
  end
end

local function roles_of(record)
  local list = {}
  for _, role in ipairs(object(record.roles)) do
    list[#list + 1] = type(role) == "table" and value.null_if(role.role_id) or role
  end
  return value.filled(list)
end

---@type Recipe
return migrate.extend({ params = api.params, needs = api.needs }, {
  name = "stytch",
  about = { system = "Stytch", passwords = "no", reads = { "files", "API" } },
  params = {
    input = { help = "users or members (.json, .ndjson, .csv), or api", kind = "input",
      required = true },
    country = { help = "country of phone numbers without one", kind = "country" },
    social = { help = "keep: also users who sign in with other accounts only", kind = { "keep" } },
  },
  source = function(params)
    if params.input == "api" then return api.records(params) end
    return listing.records(params.input, {
      lists = { "results", "users", "members" }, has = { "user_id", "member_id" }, csv = {},
    })
  end,
  map = function(record, params)
    local status = value.null_if(record.status)
    if status == "deleted" or status == "invited" then return nil, status end
    local written, is_verified, number, is_confirmed = contacts(record)
    written = value.trim(written)
    if not written then return nil, "no e-mail address" end
    local email = value.email(written)
    if not email then return migrate.reject("not an e-mail address", "FORMAT", "email", written) end
    local has_password = is_any(record.password) or value.null_if(record.member_password_id) ~= nil
    local is_linked = is_any(record.providers) or is_any(record.oauth_registrations)
    if is_linked and not has_password and params.social ~= "keep" then
      return nil, "signs in with another account"
    end

    migrate.lost("password", has_password and "Stytch gives hashes by its support only"
      or "the user has none")
    if is_linked then migrate.lost("social", "another account belongs to another connection") end
    losses(record)
    local phone, unread = migrate.phone(number, params.country)
    local name, parts = names(record)
    local untrusted, trusted = object(record.untrusted_metadata), {}
    for key, member in pairs(object(record.trusted_metadata)) do trusted[key] = member end
    trusted.roles = trusted.roles or roles_of(record)
    trusted.organization = trusted.organization or value.null_if(record.organization_id)
    trusted.external_id = trusted.external_id or value.null_if(record.external_id)
    trusted.stytch_created = value.date(value.null_if(record.created_at))
    local kept = { phone = unread, middle_name = parts.middle_name }
    for key, member in pairs(untrusted) do kept[key] = member end
    return {
      user_id = value.null_if(record.user_id) or record.member_id, email = email,
      email_verified = is_verified, name = name, given_name = parts.first_name,
      family_name = parts.last_name, phone_number = phone,
      phone_verified = phone and is_confirmed,
      user_metadata = next(kept) and metadata.safe(kept),
      app_metadata = metadata.app(trusted),
    }
  end,
})
