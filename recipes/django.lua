--- Django: what `manage.py dumpdata` writes, or auth_user (or a table of your own) as an SQL dump,
--- SQLite, CSV or JSON, with the tables of django-allauth and django-otp. Keeps most passwords.

local lookup = require "source.lookup"
local migrate = require "migrate"
local password = require "auth0.password"
local tables = require "source.tables"
local value = require "source.value"

-- Columns of auth_user, and how other user models call them.
local COLUMNS <const> = {
  id = {}, email = { "email_address", "mail" }, verified = {
    "email_verified", "is_email_verified", "is_verified", "email_confirmed", "email_verified_at",
  }, phone = { "phone_number", "mobile", "telephone" }, name = { "full_name", "display_name" },
}
-- Of files without a header: today's table, that of releases before 1.8, and SQLite's.
local LAYOUTS <const> = {
  { "id", "password", "last_login", "is_superuser", "username", "first_name", "last_name", "email",
    "is_staff", "is_active", "date_joined" },
  { "id", "username", "first_name", "last_name", "email", "password", "is_staff", "is_active",
    "is_superuser", "last_login", "date_joined" },
  { "id", "password", "last_login", "is_superuser", "username", "last_name", "email", "is_staff",
    "is_active", "date_joined", "first_name" },
}

-- Tables beside that of the users: their names, and their columns.
local SIDES <const> = {
  emails = { table = { "account_emailaddress", "*_emailaddress" },
    has = { "user_id", "email", "verified" } },
  factors = { table = "otp_totp_totpdevice", has = { "user_id", "key", "digits", "confirmed" } },
  memberships = { table = { "auth_user_groups", "*user_groups" }, has = { "user_id", "group_id" } },
  social = { table = { "socialaccount_socialaccount", "social_auth_usersocialauth" },
    has = { "user_id", "provider", "uid" } },
}

---Lookups by the name of the side table; set by `source`.
---@type table<string, Lookup?>
local sides = {}

---Natural keys are lists: ["ada"].
local function plain(id) return type(id) == "table" and id[1] or id end

---All rows of a user in a side table.
local function rows_of(name, row)
  local side = sides[name]
  if not side then return {} end
  local found = side:all(row.id)
  return found[1] and found or side:all(row.username)
end

---The address, and whether django-allauth or the user model says that it is verified.
local function address_of(row)
  local written, verified = value.trim(row.email), value.confirmed(row.verified)
  for _, found in ipairs(rows_of("emails", row)) do
    if not written and value.boolean(found.primary) then written = value.trim(found.email) end
    if value.email(found.email) == value.email(written) then
      verified = value.boolean(found.verified)
    end
  end
  return written, verified
end

---The authenticator app; one that was not confirmed is none.
local function factors_of(row)
  for _, device in ipairs(rows_of("factors", row)) do
    if value.boolean(device.confirmed) then
      local is_shifted = (tonumber(device.t0) or 0) ~= 0 or (tonumber(device.drift) or 0) ~= 0
      local secret = not is_shifted and value.totp(device.key,
        { encoding = "hex", digits = device.digits, period = device.step })
      if secret then return { { totp = { secret = secret } } } end
      if is_shifted then migrate.lost("totp", "its clock is shifted") end
    end
  end
end

local function groups_of(row)
  local ids, names = type(row.groups) == "table" and row.groups or {}, {}
  for _, found in ipairs(rows_of("memberships", row)) do ids[#ids + 1] = found.group_id end
  for i, id in ipairs(ids) do
    local group = sides.groups and sides.groups:get(plain(id))
    names[i] = group and group.name or plain(id)
  end
  return value.filled(names)
end

---@type Recipe
return {
  name = "django",
  about = {
    system = "Django", passwords = "mixed", factors = "authenticator apps of django-otp",
    reads = { "files" },
  },
  params = {
    input = { help = "dumpdata, a dump, SQLite, CSV, JSON", kind = "input", required = true },
    table = { help = "the table of users, if there are several" },
    columns = { help = "names of the columns of a CSV file without a header" },
    emails = { help = "account_emailaddress of django-allauth", kind = "input" },
    factors = { help = "otp_totp_totpdevice of django-otp", kind = "input" },
    social = { help = "keep: also users who only have a social account", kind = { "keep" } },
    verified = { help = "whether addresses are verified, if nothing says it", kind = "boolean" },
    country = { help = "country of phone numbers without one", kind = "country" },
  },
  source = function(params)
    local users = tables.records(params.input, {
      table = params.table or { "auth_user", "*_user", "*user", "*users", "*" },
      has = { "password", "email" }, columns = COLUMNS, layouts = LAYOUTS,
      header = value.split(params.columns, ","),
    })
    for name, side in pairs(SIDES) do
      local found = tables.find(params[name] ~= "keep" and params[name] or params.input, {
        table = side.table, has = side.has, columns = { user_id = { "user", "customuser_id" } },
      })
      sides[name] = found and lookup(found, function(one) return plain(one.user_id) end)
    end
    local groups = tables.find(params.input, { table = "auth_group", has = { "id", "name" } })
    sides.groups = groups and groups.table and lookup(groups, "id")
    return users
  end,
  map = function(row, params)
    local written, verified = address_of(row)
    if not written then return nil, "no e-mail address" end
    local email = value.email(written)
    if not email then return migrate.reject("not an e-mail address", "FORMAT", "email", written) end
    if rows_of("social", row)[1] then
      local has_password = value.null_if(row.password) and not row.password:find "^!"
      if not has_password and not params.social then return nil, "only a social account" end
      migrate.lost("social", "sign-in with another account belongs to another connection")
    end
    if verified == nil and params.verified == nil then
      migrate.warn("nothing_verified", "users whose addresses become unverified, because nothing "
        .. "says which are; see the parameter `verified`")
    end
    local phone, unread = migrate.phone(row.phone, params.country)
    return {
      user_id = row.id, email = email,
      email_verified = verified or verified == nil and params.verified == true,
      username = value.username(row.username, row.id, email), name = row.name,
      given_name = row.first_name, family_name = row.last_name, phone_number = phone,
      blocked = value.switch(row.is_active, nil, "is_active") == false or nil,
      mfa_factors = factors_of(row),
      custom_password_hash = password.fields(password.django(row.password)),
      user_metadata = unread and { phone = unread },
      app_metadata = value.filled {
        joined = value.date(row.date_joined), groups = groups_of(row),
        is_staff = value.boolean(row.is_staff) or nil,
        is_superuser = value.boolean(row.is_superuser) or nil,
      },
    }
  end,
}
