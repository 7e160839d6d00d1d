--- FusionAuth: the tables identities and users of its database, in a dump, CSV or JSON, or the API.
--- The API has no passwords: `hashes` joins an export of the table identities.

local api = require "recipes.api.fusionauth"
local lookup = require "source.lookup"
local metadata = require "auth0.metadata"
local migrate = require "migrate"
local password = require "auth0.password"
local tables = require "source.tables"
local value = require "source.value"

local COLUMNS <const> = {
  "users_id", "email", "username", "verified", "encryption_scheme", "factor", "salt", "password",
  "password_change_required", "two_factor_enabled", "two_factor_secret", "active", "first_name",
  "last_name", "full_name", "mobile_phone", "image_url", "data", "insert_instant", "two_factor",
}
local IDENTITIES <const> = { table = "identities", has = { "users_id", "password" },
  columns = COLUMNS }
local USERS <const> = { table = "users", has = { "id", "active" }, columns = COLUMNS }
local EITHER <const> = { table = { "users", "identities" }, has = { "email" }, columns = COLUMNS }

---@type Lookup?
local others -- users of identities, or identities of the API's users; set by `source`

---The id of a user, which MySQL has as bytes.
local function id_of(row)
  local id = row.users_id or row.id
  return value.uuid(id) or id
end

---The row of a record, and what the other table has besides.
local function joined(record)
  local row = api.row(record)
  row.id = id_of(row)
  for name, member in pairs(others and others:get(row.id) or {}) do
    if row[name] == nil then row[name] = member end
  end
  return row
end

---The application's own data, and what FusionAuth has next to it.
local function data_of(row)
  local whole = metadata.of(row.data)
  if type(whole.data) ~= "table" then return whole, {} end
  return metadata.of(whole.data), whole
end

---The first authenticator app and phone; secrets are Base64 of the bytes.
local function mfa_factors(row, beside)
  local methods = metadata.of(row.two_factor or beside.twoFactor).methods
  local app, why, numbers = nil, nil, {}
  local function add(secret)
    local made, wrong = value.totp(secret, { encoding = "base64" })
    app, why = app or made, why or secret and wrong or not made and "the API gives no secrets"
  end
  if value.boolean(row.two_factor_enabled) then add(row.two_factor_secret) end
  for _, method in ipairs(type(methods) == "table" and methods or {}) do
    if method.method == "authenticator" then add(value.null_if(method.secret))
    elseif method.method == "sms" then numbers[#numbers + 1] = value.null_if(method.mobilePhone) end
  end
  if why and not app then migrate.lost("totp", why) end
  local found = { app and { totp = { secret = app } } }
  found[#found + 1] = migrate.phone_factor(numbers)
  return value.filled(found)
end

local function roles_of(row)
  local names = {}
  for _, registration in ipairs(type(row.registrations) == "table" and row.registrations or {}) do
    for _, name in ipairs(value.null_if(registration.roles) or {}) do names[#names + 1] = name end
  end
  return value.filled(names)
end

---@type Recipe
return {
  name = "fusionauth",
  about = { system = "FusionAuth", passwords = "mixed", factors = "authenticator apps, phones",
    reads = { "files", "API" } },
  params = {
    input = { help = "identities, joined with users or not, a dump with both, or api",
      kind = "input", required = true },
    users = { help = "the table users, if not in the input", kind = "input" },
    hashes = { help = "the table identities, with input=api", kind = "input" },
    country = { help = "country of phone numbers without one", kind = "country" },
    domain = api.params.domain, token = api.params.token, tenant = api.params.tenant,
  },
  needs = api.needs,
  source = function(params)
    local input = params.input
    others = params.hashes and lookup(tables.records(params.hashes, IDENTITIES), id_of)
    if input == "api" then return api.records(params) end
    local identities = tables.find(input, IDENTITIES)
    if not identities then return tables.records(input, EITHER) end
    local users = (params.users or input ~= "-") and tables.find(params.users or input, USERS)
    others = users and lookup(users, id_of) or others
    return identities
  end,
  map = function(record, params)
    local row = joined(record)
    if not row.email then return nil, "no e-mail address" end
    local email = value.email(row.email) or row.email -- which is rejected
    local phone, unread = migrate.phone(row.mobile_phone, params.country)
    local username, odd = value.username(row.username, row.id, email)
    if odd then migrate.lost("username", odd) end
    local hash, _, why = password.fields(password.fusionauth {
      scheme = row.encryption_scheme, factor = row.factor, salt = row.salt, password = row.password,
    })
    if not hash then migrate.lost("password", row.password and why or "none in the export") end
    local own, beside = data_of(row)
    if unread then own[own.phone == nil and "phone" or "mobile_phone"] = unread end
    return {
      user_id = row.id, email = email, username = username,
      email_verified = value.boolean(row.verified) == true,
      given_name = row.first_name, family_name = row.last_name, name = row.full_name,
      picture = value.url(row.image_url), phone_number = phone,
      blocked = value.switch(row.active, nil, "active") == false or nil,
      custom_password_hash = hash, mfa_factors = mfa_factors(row, beside),
      user_metadata = metadata.safe(value.filled(own)),
      app_metadata = metadata.app {
        roles = roles_of(row), fusionauth_created = value.date(row.insert_instant),
        password_change_required = value.boolean(row.password_change_required) or nil,
      },
    }
  end,
}
