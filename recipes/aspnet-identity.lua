--- ASP.NET Core Identity, ASP.NET Identity, and the membership providers before: AspNetUsers or
--- aspnet_Membership as CSV, JSON, a dump or SQLite; next to it tokens, roles, claims, logins.

local lookup = require "source.lookup"
local metadata = require "auth0.metadata"
local migrate = require "migrate"
local password = require "auth0.password"
local tables = require "source.tables"
local value = require "source.value"

local TABLES <const> = { "AspNetUsers", "aspnet_Membership", "Memberships", "*Users" }
local COLUMNS <const> = {
  "username", "email", "emailconfirmed", "passwordhash", "phonenumber", "phonenumberconfirmed",
  "twofactorenabled", "lockoutenabled", "password", "passwordformat", "passwordsalt", "isapproved",
  "isconfirmed", "isactive", "isdeleted", id = { "userid" },
  lockoutend = { "LockoutEndDateUtc" }, given_name = { "firstname" },
  family_name = { "lastname", "surname" }, name = { "fullname", "displayname" },
}
-- Columns of files without a header: of Core, of its first migrations, of Identity 2.
local LAYOUTS <const> = {}
for i, names in ipairs {
  "Id UserName NormalizedUserName Email NormalizedEmail EmailConfirmed PasswordHash SecurityStamp "
    .. "ConcurrencyStamp PhoneNumber PhoneNumberConfirmed TwoFactorEnabled LockoutEnd "
    .. "LockoutEnabled AccessFailedCount",
  "Id AccessFailedCount ConcurrencyStamp Email EmailConfirmed LockoutEnabled LockoutEnd "
    .. "NormalizedEmail NormalizedUserName PasswordHash PhoneNumber PhoneNumberConfirmed "
    .. "SecurityStamp TwoFactorEnabled UserName",
  "Id Email EmailConfirmed PasswordHash SecurityStamp PhoneNumber PhoneNumberConfirmed "
    .. "TwoFactorEnabled LockoutEnd LockoutEnabled AccessFailedCount UserName",
} do LAYOUTS[i] = value.split(names, " ") end
-- Other tables by their parameter: the name, the column of the key, more columns.
local OTHERS <const> = {
  factors = { "AspNetUserTokens", "userid", "loginprovider", "name", "value" },
  logins = { "AspNetUserLogins", "userid", "loginprovider", "providerkey" },
  claims = { "AspNetUserClaims", "userid", "claimtype", "claimvalue" },
  user_roles = { "AspNetUserRoles", "userid", "roleid" },
  roles = { "AspNetRoles", "id", "name" },
  users = { "aspnet_Users", "userid", "username" },
}
local YEAR <const> = 365 * 86400 -- seconds; a shorter lockout is no block

---@type table<string, Lookup?>, integer
local others, now -- set by `source`

---One of the other tables, in a file of its own or in the input.
local function other(name, given, input)
  local table_name, key = OTHERS[name][1], OTHERS[name][2]
  local columns = table.move(OTHERS[name], 2, 5, 1, {})
  local found = (given or input ~= "-") and tables.find(given or input, {
    table = { table_name, "*" .. table_name:gsub("AspNet", "") }, has = columns,
    columns = columns, layouts = name == "factors" and { columns } or nil,
  })
  return found and lookup(found, key) or nil
end

local function all(name, id)
  return others[name] and others[name]:all(id) or {}
end

---The authenticator's key of a user with two factors, or the phone.
local function mfa_factors(row, country)
  if not value.boolean(row.twofactorenabled) then return nil end
  local factor
  for _, token in ipairs(all("factors", row.id)) do
    if token.name == "AuthenticatorKey" then
      local secret, why = value.totp(token.value)
      factor = secret and { totp = { secret = secret } } or factor
      if not secret then migrate.lost("totp", why) end
    elseif token.name == "RecoveryCodes" then
      migrate.lost("recovery_codes", "cannot be imported")
    end
  end
  factor = factor or value.confirmed(row.phonenumberconfirmed)
    and migrate.phone_factor(row.phonenumber, country)
  return factor and { factor } or nil
end

---Names of roles, and claims by type.
local function app_metadata(id)
  local roles, claims = {}, {}
  for i, found in ipairs(all("user_roles", id)) do
    local role = others.roles and others.roles:get(found.roleid)
    roles[i] = role and role.name or found.roleid
  end
  for _, claim in ipairs(all("claims", id)) do
    local kind = claim.claimtype or "claim"
    claims[kind] = claims[kind] or {}
    table.insert(claims[kind], claim.claimvalue)
  end
  return metadata.app { roles = roles[1] and roles, claims = next(claims) and claims }
end

---@type Recipe
return {
  name = "aspnet-identity",
  about = { system = "ASP.NET Identity", passwords = "yes",
    factors = "authenticator apps, phones", reads = { "files" } },
  params = {
    input = { help = "the table of users: .csv, .json, a dump", kind = "input", required = true },
    factors = { help = "AspNetUserTokens, if not in the input", kind = "input" },
    roles = { help = "AspNetRoles and AspNetUserRoles, if not in the input", kind = "input" },
    claims = { help = "AspNetUserClaims, if not in the input", kind = "input" },
    logins = { help = "AspNetUserLogins, if not in the input", kind = "input" },
    country = { help = "country of phone numbers without one", kind = "country" },
    social = { help = "keep: also users who sign in with other accounts only", kind = { "keep" } },
  },
  source = function(params)
    now, others = os.time(), {}
    for name in pairs(OTHERS) do
      local given = params[name == "user_roles" and "roles" or name]
      others[name] = other(name, given, params.input)
    end
    local how = { table = TABLES, columns = COLUMNS, layouts = LAYOUTS, has = { "passwordhash" } }
    local found = tables.find(params.input, how)
    how.has = { "id", "email" }
    return found or tables.records(params.input, how)
  end,
  map = function(row, params)
    if value.boolean(row.isdeleted) then return nil, "deleted" end
    local name = (not row.username and others.users and others.users:get(row.id) or row).username
    local email = row.email or value.email(name)
    if not email then return nil, "no e-mail address" end
    local has_logins = all("logins", row.id)[1] ~= nil
    local stored = value.trim(row.passwordhash or row.password)
    if has_logins and not stored and not params.social then return nil, "no password (social)" end
    if has_logins then migrate.lost("social", "of another connection") end

    local phone, unread = migrate.phone(row.phonenumber, params.country)
    local username, odd = value.username(name, row.id, email)
    if odd then migrate.lost("username", odd) end
    local is_verified = row.email and value.confirmed(row.emailconfirmed or row.isconfirmed)
    local hash, _, why = password.fields(password.membership {
      id = row.id, password = stored, salt = row.passwordsalt,
      format = not row.passwordhash and row.passwordformat or nil,
    })
    if not hash then migrate.lost("password", stored and why or "none in the export") end
    local is_off = value.switch(row.isactive, nil, "IsActive") == false
      or value.switch(row.isapproved, nil, "IsApproved") == false
    local is_locked = value.boolean(row.lockoutenabled) ~= false
      and value.is_after(row.lockoutend, now + YEAR, "LockoutEnd")
    return {
      user_id = row.id, email = value.email(email) or email, username = username,
      email_verified = is_verified == true, user_metadata = unread and { phone = unread },
      given_name = row.given_name, family_name = row.family_name, name = row.name,
      phone_verified = phone and value.confirmed(row.phonenumberconfirmed) == true,
      phone_number = phone, blocked = is_off or is_locked or nil, custom_password_hash = hash,
      mfa_factors = mfa_factors(row, params.country), app_metadata = app_metadata(row.id),
    }
  end,
}
