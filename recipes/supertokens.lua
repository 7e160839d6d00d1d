--- SuperTokens: the tables of its core in a dump, or as CSV or JSON. Keeps passwords (bcrypt,
--- Argon2id) and authenticator apps; users without a password are those who get a link or a code.

local concat = require "source.concat"
local lookup = require "source.lookup"
local metadata = require "auth0.metadata"
local migrate = require "migrate"
local password = require "auth0.password"
local tables = require "source.tables"
local value = require "source.value"

local WITH_PASSWORD <const> = {
  table = { "emailpassword_users", "*_emailpassword_users" }, has = { "user_id", "password_hash" },
}
local PASSWORDLESS <const> = {
  table = { "passwordless_users", "*_passwordless_users" }, has = { "user_id", "phone_number" },
}
local THIRD_PARTY <const> = {
  table = { "thirdparty_users", "*_thirdparty_users" }, has = { "user_id", "third_party_id" },
}

-- Tables about users, by their parameters.
local ABOUT <const> = {
  verified = { table = { "emailverification_verified_emails", "*_verified_emails" },
    has = { "user_id", "email" } },
  factors = { table = { "totp_user_devices", "*_totp_user_devices" },
    has = { "user_id", "secret_key" } },
  roles = { table = { "user_roles", "*_user_roles" }, has = { "user_id", "role" } },
  meta = { table = { "user_metadata", "*_user_metadata" }, has = { "user_id", "user_metadata" } },
  linked = { table = { "all_auth_recipe_users", "*_all_auth_recipe_users" },
    has = { "user_id", "primary_or_recipe_user_id" } },
}

local PARAMS <const> = {
  input = { help = "the tables of users: a dump, CSV or JSON", kind = "input", required = true },
  country = { help = "country of phone numbers without one", kind = "country" },
  social = { help = "keep: also users who sign in with other accounts", kind = { "keep" } },
}
for name, how in pairs(ABOUT) do
  PARAMS[name] = { help = how.table[1] .. ", if not in the input", kind = "input" }
end

---By name, of users; set by `source`.
---@type table<string, Lookup?>
local about

---A table about users; a file without names of tables is that of the users themselves.
local function side(name, params)
  local given = params[name] or params.input ~= "-" and params.input
  local found = given and tables.find(given, ABOUT[name])
  if found and (params[name] or found.table) then
    return lookup(found, "user_id", { few = true })
  elseif found then
    found:close()
  end
end

local function all(name, row)
  return about[name] and about[name]:all(row.user_id) or {}
end

---Whether the address of this user is verified; that of a link or a code is.
local function is_verified(row, email)
  if row.password_hash == nil and not row.third_party_id then return true end
  for _, found in ipairs(all("verified", row)) do
    if value.email(found.email) == email then return true end
  end
end

---The first device with a usable secret.
local function factors_of(row)
  local why, secret
  for _, device in ipairs(all("factors", row)) do
    if value.boolean(device.verified) then
      secret, why = value.totp(device.secret_key, { period = tonumber(device.period) })
      if secret then return { { totp = { secret = secret } } } end
    end
  end
  if why then migrate.lost("totp", why) end
end

---The id of the user that this one is linked to, unless it is the same.
local function primary_of(row)
  local id = (all("linked", row)[1] or {}).primary_or_recipe_user_id
  return id ~= row.user_id and id or nil
end

---The user's own metadata, which may name the user.
local function metadata_of(row)
  local own, found = {}, all("meta", row)[1] or {}
  for name, member in pairs(metadata.of(found.user_metadata)) do own[name] = member end
  local first, last = value.trim(own.first_name), value.trim(own.last_name)
  own.first_name, own.last_name = nil, nil
  return first, last, own
end

---@type Recipe
return {
  name = "supertokens",
  about = { system = "SuperTokens", passwords = "yes", factors = "authenticator apps",
    reads = { "files" } },
  params = PARAMS,
  source = function(params)
    about = {}
    for name in pairs(ABOUT) do about[name] = side(name, params) end
    if not about.verified then
      migrate.warn("nothing_verified", "addresses of users with passwords become unverified: the "
        .. "table emailverification_verified_emails is missing; see the parameter `verified`")
    end
    local list = { tables.find(params.input, WITH_PASSWORD) }
    for _, how in ipairs { PASSWORDLESS, THIRD_PARTY } do
      list[#list + 1] = tables.find(params.input, how)
    end
    if not list[1] then return tables.records(params.input, WITH_PASSWORD) end
    return #list == 1 and list[1] or concat(table.unpack(list))
  end,
  map = function(row, params)
    local written = value.trim(row.email)
    if not written then return nil, "no e-mail address" end
    local email = value.email(written)
    if not email then return migrate.reject("not an e-mail address", "FORMAT", "email", written) end
    local primary = primary_of(row)
    if row.password_hash == nil and primary then return nil, "linked to another user" end
    if row.third_party_id and not params.social then return nil, "signs in with another account" end
    if row.third_party_id then migrate.lost("social", "it belongs to another connection") end

    local hash, _, why = password.auto(row.password_hash)
    if not hash then
      migrate.lost("password", row.password_hash and why or "the user signs in without one")
    end
    local phone, unread = migrate.phone(row.phone_number, params.country)
    local given, family, own = metadata_of(row)
    local roles = {}
    for i, found in ipairs(all("roles", row)) do roles[i] = found.role end
    if unread then own.phone = unread end
    return {
      user_id = row.user_id, email = email, email_verified = is_verified(row, email) == true,
      given_name = given, family_name = family,
      phone_number = phone, phone_verified = phone and true,
      custom_password_hash = hash, mfa_factors = factors_of(row),
      user_metadata = next(own) and metadata.safe(own),
      app_metadata = value.filled {
        roles = value.filled(roles), supertokens_primary = primary,
        supertokens_joined = value.date(row.time_joined),
      },
    }
  end,
}
