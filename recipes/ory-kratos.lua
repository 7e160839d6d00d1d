--- Ory Kratos and Ory Network: identities of the admin API, from files or from the API itself, or
--- of the database's tables. Both have hashes and secrets of authenticator apps. Traits are free.

local api = require "recipes.api.ory-kratos"
local kratos_tables = require "source.kratos_tables"
local listing = require "source.listing"
local metadata = require "auth0.metadata"
local migrate = require "migrate"
local password = require "auth0.password"
local value = require "source.value"

-- Traits that become fields, by their usual names, the best first.
local TRAITS <const> = {
  email = { "email", "emails", "mail", "email_address", "emailAddress" },
  phone = { "phone", "phone_number", "phoneNumber", "mobile", "phones" },
  username = { "username", "user_name", "userName", "login", "nickname" },
  name = { "name", "full_name", "fullName", "display_name" },
  given = { "first", "given_name", "first_name", "firstName", "givenName", "given" },
  family = { "last", "family_name", "last_name", "lastName", "familyName", "family" },
  picture = { "picture", "avatar", "avatar_url" },
}
local SIGNS_IN <const> = { "password", "code", "passkey", "webauthn" } -- without another account
local LOST <const> = { lookup_secret = "recovery_codes", webauthn = "passkey", passkey = "passkey" }

---The first text among these traits, which is removed.
local function take(traits, names)
  for _, name in ipairs(names) do
    local found = value.first(traits[name])
    if type(found) == "string" then traits[name] = nil return found end
  end
end

local function object(given)
  return type(value.null_if(given)) == "table" and given or {}
end

---The addresses of a kind ("email", "sms"), each with whether it is verified.
local function addresses(record, via)
  local list, verified = {}, {}
  for _, all in ipairs { object(record.verifiable_addresses), object(record.recovery_addresses) } do
    for _, one in ipairs(all) do
      local text = one.via == via and value.lower(value.trim(one.value))
      if text then list[#list + 1] = text end
      if text and one.verified ~= nil then verified[text] = one.verified == true end
    end
  end
  return list, verified
end

---Whether an identity signs in with other accounts, and whether with nothing else.
local function social(credentials)
  local has, alone = false, true
  for _, name in ipairs { "oidc", "saml" } do
    local linked = object(object(credentials[name]).config).providers -- not always in the answer
    has = has or credentials[name] ~= nil and next(object(linked or { true })) ~= nil
  end
  for _, name in ipairs(SIGNS_IN) do alone = alone and credentials[name] == nil end
  return has, has and alone
end

local function hash_of(credentials)
  local config = object(object(credentials.password).config)
  if value.null_if(config.hashed_password) then return password.kratos(config.hashed_password) end
  if config.use_password_migration_hook then
    return nil, "the system before has it: the migration hook was not called yet"
  elseif credentials.password or next(credentials) == nil then
    return nil, "not in the export (see include_credential=password)"
  end
  return nil, "no password: users sign in otherwise"
end

---The secret of the authenticator app; says what else cannot be carried over.
local function factors(credentials)
  for name, lost in pairs(LOST) do
    if credentials[name] then migrate.lost(lost, "Auth0 cannot import it") end
  end
  local totp = credentials.totp
  if not totp then return nil end
  local secret, why = value.totp(object(totp.config).totp_url)
  if secret then return { { totp = { secret = secret } } } end
  migrate.lost("totp", totp.config and why or "not in the export (see include_credential=totp)")
end

---The name in one piece, or in parts, which may be in an object of their own.
local function names(traits)
  local parts = object(traits.name)
  if parts == traits.name then traits.name = nil else parts = traits end
  return take(traits, TRAITS.name), take(parts, TRAITS.given), take(parts, TRAITS.family)
end

---The address: of the traits, else of the addresses that Kratos found in them.
local function address(record, traits, listed)
  local written = take(traits, TRAITS.email) or listed[1]
  for _, one in ipairs(object(object(object(record.credentials).password).identifiers)) do
    written = written or value.email(one)
  end
  return written and (value.email(written) or written)
end

---@type Recipe
return {
  name = "ory-kratos",
  about = { system = "Ory Kratos", passwords = "mixed", factors = "authenticator apps",
    reads = { "files", "API" } },
  params = {
    input = { help = "identities (.json, .ndjson, .sql), or api", kind = "input", required = true },
    country = { help = "country of phone numbers without one", kind = "country" },
    social = { help = "keep: also users who sign in with other accounts only", kind = { "keep" } },
    domain = api.params.domain, token = api.params.token,
  },
  needs = api.needs,
  source = function(params)
    if params.input == "api" then return api.records(params) end
    return kratos_tables.find(params.input)
      or listing.records(params.input, { lists = { "identities" }, has = { "traits" } })
  end,
  map = function(record, params)
    local traits, credentials = {}, object(record.credentials)
    for name, trait in pairs(object(record.traits)) do traits[name] = value.null_if(trait) end
    local is_linked, is_social_only = social(credentials)
    local list, verified = addresses(record, "email")
    local email = address(record, traits, list)
    if not email then return nil, "no e-mail address" end
    if is_social_only and params.social ~= "keep" then return nil, "signs in elsewhere (social)" end
    if is_linked then migrate.lost("social", "it belongs to another connection") end

    local numbers, confirmed = addresses(record, "sms")
    local written = take(traits, TRAITS.phone) or numbers[1]
    local phone, unread = migrate.phone(written, params.country)
    if unread then traits.phone = unread end
    local hash, why = hash_of(credentials)
    if not hash then migrate.lost("password", why) end
    local name, given, family = names(traits)
    return {
      user_id = record.id, email = email, email_verified = verified[email] == true,
      username = value.username(take(traits, TRAITS.username), record.id, email),
      name = name, given_name = given, family_name = family,
      picture = value.url(take(traits, TRAITS.picture)),
      phone_number = phone, phone_verified = phone and (confirmed[phone] or confirmed[written]),
      blocked = record.state == "inactive" or nil, custom_password_hash = hash,
      mfa_factors = factors(credentials), user_metadata = next(traits) and metadata.safe(traits),
      app_metadata = metadata.safe {
        schema = record.schema_id, organization = value.null_if(record.organization_id),
        metadata_public = value.null_if(record.metadata_public),
        metadata_admin = value.null_if(record.metadata_admin),
        kratos_created = value.date(record.created_at),
      },
    }
  end,
}
