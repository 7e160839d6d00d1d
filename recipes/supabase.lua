--- Supabase Auth: the table auth.users in a dump, a CSV file or JSON, or the admin API, and next to
--- it mfa_factors and identities. The API has no passwords: `hashes` joins an export of the table.

local api = require "recipes.api.supabase"
local lookup = require "source.lookup"
local metadata = require "auth0.metadata"
local migrate = require "migrate"
local password = require "auth0.password"
local tables = require "source.tables"
local value = require "source.value"

local USERS <const> = { table = { "auth.users", "users" }, has = { "id", "encrypted_password" } }
local LESS <const> = { table = USERS.table, has = { "id", "email" } }
local FACTORS <const> = { table = { "auth.mfa_factors", "mfa_factors" }, has = { "factor_type" } }
local IDENTITIES <const> = { table = { "auth.identities", "identities" }, has = { "provider" } }
local OWN <const> = { email = true, phone = true } -- providers that are no other accounts

---@type table<string, Lookup?>, integer
local others, now -- set by `source`

---A table that need not be there, by users.
local function side(given, params, options)
  if not given and (params.input == "api" or params.input == "-") then return nil end
  local found = tables.find(given or params.input, options)
  return found and lookup(found, "user_id")
end

local function users(input)
  return tables.find(input, USERS) or tables.records(input, LESS)
end

local function list(given)
  return type(given) == "table" and given or {}
end

---Rows of another table, or what the API has of it.
local function listed(name, row)
  return others[name] and others[name]:all(row.id) or list(row[name])
end

---Phone numbers are stored without their plus. One that begins with 0 lacks the code of its
---country, unless it begins with 00.
local function number(digits)
  return value.null_if(digits) and (tostring(digits):gsub("^[1-9]", "+%0"))
end

---The ways in which a user signs in, and whether there is one of another system.
local function providers(row)
  local has_own, other = false, nil
  local function add(name)
    if OWN[name] then has_own = true else other = value.null_if(name) or other end
  end
  local app = metadata.of(row.raw_app_meta_data)
  add(app.provider)
  for _, name in ipairs(list(app.providers)) do add(name) end
  for _, identity in ipairs(listed("identities", row)) do add(identity.provider) end
  return has_own, other
end

local function totp(secret)
  if not secret then return nil, "the API gives no secrets" end
  if type(secret) == "table" or secret:find("^%s*{") then
    return nil, "encrypted with a key of the project"
  end
  return value.totp(secret)
end

local function mfa_factors(row)
  local secret, why, numbers = nil, nil, {}
  for _, factor in ipairs(listed("factors", row)) do
    local kind = factor.status == "verified" and factor.factor_type
    if kind == "totp" and not secret then
      secret, why = totp(value.null_if(factor.secret))
    elseif kind == "phone" then
      numbers[#numbers + 1] = number(factor.phone)
    elseif kind == "webauthn" then
      migrate.lost("passkey", "bound to the domain of the application")
    end
  end
  if why and not secret then migrate.lost("totp", why) end
  local made = { secret and { totp = { secret = secret } } }
  made[#made + 1] = migrate.phone_factor(numbers)
  return made[1] and made
end

---The row of a record, with the hash of an older export.
local function joined(record)
  local row = api.row(record)
  local found = not row.encrypted_password and others.hashes and others.hashes:get(row.id) or row
  row.encrypted_password = value.null_if(found.encrypted_password)
  return row
end

---@type Recipe
return {
  name = "supabase",
  about = {
    system = "Supabase Auth", passwords = "yes", factors = "authenticator apps, phones",
    reads = { "files", "API" },
  },
  params = {
    input = { help = "auth.users (a dump, .csv, .json), or api", kind = "input", required = true },
    factors = { help = "auth.mfa_factors, if not in the input", kind = "input" },
    identities = { help = "auth.identities, if not in the input", kind = "input" },
    hashes = { help = "auth.users, with input=api", kind = "input" },
    social = { help = "keep: also users who sign in with other accounts only", kind = { "keep" } },
    domain = api.params.domain, token = api.params.token,
  },
  needs = api.needs,
  source = function(params)
    now = os.time()
    others = {
      factors = side(params.factors, params, FACTORS),
      identities = side(params.identities, params, IDENTITIES),
      hashes = params.hashes and lookup(users(params.hashes), "id"),
    }
    return params.input == "api" and api.records(params) or users(params.input)
  end,
  map = function(record, params)
    local row = joined(record)
    if value.boolean(row.is_anonymous) then return nil, "anonymous" end
    if row.deleted_at then return nil, "deleted" end
    local has_own, other = providers(row)
    if value.boolean(row.is_sso_user) or (other or ""):find("^sso:") then return nil, "SSO" end
    if not row.email then return nil, "no e-mail address" end
    local email = value.email(row.email) or row.email -- which is rejected
    local stored, is_social = row.encrypted_password, other and not has_own
    if is_social and not stored and not params.social then return nil, "no password (social)" end
    if other then migrate.lost("social", "of another connection") end

    local phone, unread = migrate.phone(number(row.phone))
    local person = metadata.of(row.raw_user_meta_data)
    local app = metadata.of(row.raw_app_meta_data)
    app.provider, app.providers, app.supabase_created = nil, nil, value.date(row.created_at)
    if unread then person[person.phone == nil and "phone" or "phone_number"] = unread end
    local hash, _, why = password.auto(stored)
    if not hash then migrate.lost("password", stored and why or "none in the export") end
    return {
      user_id = row.id, email = email, email_verified = row.email_confirmed_at ~= nil,
      name = value.first { person.full_name, person.name },
      picture = value.url(value.first { person.avatar_url, person.picture }),
      phone_number = phone, phone_verified = phone and row.phone_confirmed_at ~= nil,
      blocked = value.is_after(row.banned_until, now, "banned_until") or nil,
      custom_password_hash = hash, mfa_factors = mfa_factors(row),
      user_metadata = metadata.safe(value.filled(person)), app_metadata = metadata.app(app),
    }
  end,
}
