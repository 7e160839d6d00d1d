--- Laravel: the table `users` as an SQL dump, CSV (also without a header, as MySQL's server writes
--- it), SQLite or JSON, with the roles of Spatie's package in the same file or directory. Keeps
--- passwords; soft-deleted users become blocked ones.

local lookup = require "source.lookup"
local migrate = require "migrate"
local password = require "auth0.password"
local tables = require "source.tables"
local value = require "source.value"

local COLUMNS <const> = {
  id = { "uuid", "ulid" }, email = { "email_address" }, phone = { "phone_number", "mobile" },
  phone_verified_at = { "mobile_verified_at", "phone_verified" }, given_name = { "first_name" },
  family_name = { "last_name", "surname" }, password = { "password_hash" },
  picture = { "profile_photo_path", "profile_photo_url", "avatar", "avatar_url" },
}

-- Of files without a header: `users` as the installer makes it, without or with the columns of
-- Fortify, which lie behind the password, and those of Jetstream and of soft deletes at its end.
local LAYOUTS <const> = {}
for _, first in ipairs { "id,name,email,email_verified_at,password", "id,name,email,password" } do
  for _, middle in ipairs {
    "", ",two_factor_secret,two_factor_recovery_codes",
    ",two_factor_secret,two_factor_confirmed_at",
    ",two_factor_secret,two_factor_recovery_codes,two_factor_confirmed_at",
  } do
    for _, last in ipairs {
      ",created_at,updated_at", ",created_at,updated_at,deleted_at", ",created_at,deleted_at",
      ",current_team_id,profile_photo_path,created_at,updated_at",
      ",current_team_id,profile_photo_path,created_at,updated_at,deleted_at",
    } do
      LAYOUTS[#LAYOUTS + 1] = value.split(first .. middle .. ",remember_token" .. last, ",")
    end
  end
end

-- Columns of sign-in with other accounts, as Socialite's guides and packages name them.
local SOCIAL <const> = {
  "provider_id", "google_id", "facebook_id", "github_id", "apple_id", "twitter_id", "linkedin_id",
}

---Roles by user, their names, and the columns of the users; set by `source`.
---@type Lookup?, Lookup?, table<string, true>
local memberships, roles, has = nil, nil, {}

local function has_social(row)
  for _, name in ipairs(SOCIAL) do if value.trim(row[name]) then return true end end
end

---Fortify encrypts the secret with the key of the application; one that was decrypted is Base32. A
---secret that waits for its confirmation is none.
local function factors_of(row)
  local secret = value.trim(row.two_factor_secret)
  local is_open = has.two_factor_confirmed_at and not value.confirmed(row.two_factor_confirmed_at)
  if not secret or is_open then return end
  if value.trim(row.two_factor_recovery_codes) then
    migrate.lost("recovery_codes", "recovery codes cannot be imported")
  end
  if secret:find "^eyJ" then
    migrate.lost("totp", "the secret is encrypted with the application's key")
    return
  end
  local plain = value.totp(secret)
  return plain and { { totp = { secret = plain } } }
end

local function roles_of(row)
  local names = {}
  for _, found in ipairs(memberships and memberships:all(row.id) or {}) do
    local role = roles and roles:get(found.role_id)
    if not found.model_type or found.model_type:find "User$" then
      names[#names + 1] = role and role.name or found.role_id
    end
  end
  return value.filled(names) or row.role and { row.role }
end

---A hash that names its format, or in the declared one.
local function hash_of(row, format)
  local cell = value.trim(row.password)
  local hash, _, why = password.auto(cell)
  if not hash and cell and format then hash, why = password.declared(cell, format) end
  if cell and not hash then migrate.lost("password", why) end
  return hash
end

---@type Recipe
return {
  name = "laravel",
  about = {
    system = "Laravel", passwords = "yes", factors = "authenticator apps with decrypted secrets",
    reads = { "files" },
  },
  params = {
    input = { help = "users: a dump, CSV, SQLite or JSON", kind = "input", required = true },
    table = { help = "the table of users, if it is not `users`" },
    columns = { help = "names of the columns of a CSV file without a header" },
    roles = { help = "model_has_roles and roles, if not in the same file", kind = "input" },
    password_format = { help = "of digests of old times", kind = { "md5", "sha1", "sha256" } },
    social = { help = "keep: also users who only have a social account", kind = { "keep" } },
    verified = { help = "whether addresses are verified, if nothing says it", kind = "boolean" },
    country = { help = "country of phone numbers without one", kind = "country" },
  },
  source = function(params)
    local users = tables.records(params.input, {
      table = params.table or { "users", "*_users", "user", "*" }, has = { "email", "password" },
      columns = COLUMNS, layouts = LAYOUTS, header = value.split(params.columns, ","),
    })
    for _, name in ipairs(users:columns() or {}) do has[name] = true end
    local from = params.roles or params.input
    local links = tables.find(from, { table = { "model_has_roles", "*_model_has_roles" },
      has = { "role_id", "model_id" } })
    local named = links and tables.find(from, { table = "roles", has = { "name", "guard_name" } })
    memberships, roles = links and lookup(links, "model_id"), named and lookup(named, "id")
    return users
  end,
  map = function(row, params)
    local written, email = value.trim(row.email), value.email(row.email)
    if not written then return nil, "no e-mail address" end
    if not email then return migrate.reject("not an e-mail address", "FORMAT", "email", written) end
    if has_social(row) then
      if not value.trim(row.password) and not params.social then
        return nil, "only a social account"
      end
      migrate.lost("social", "sign-in with another account belongs to another connection")
    end
    local verified = value.confirmed(row.email_verified_at)
    if not has.email_verified_at then verified = params.verified end
    local phone, unread = migrate.phone(row.phone, params.country)
    return {
      user_id = row.id, email = email, email_verified = verified == true,
      username = value.username(row.username, row.id, email), name = row.name,
      given_name = row.given_name, family_name = row.family_name, nickname = row.nickname,
      picture = value.url(row.picture), phone_number = phone,
      phone_verified = phone and value.confirmed(row.phone_verified_at),
      blocked = value.confirmed(row.deleted_at) or value.confirmed(row.banned_at)
        or value.switch(row.is_banned, nil, "is_banned") or value.switch(row.is_blocked)
        or value.switch(row.is_active, nil, "is_active") == false or nil,
      custom_password_hash = hash_of(row, params.password_format),
      mfa_factors = factors_of(row),
      user_metadata = unread and { phone = unread },
      app_metadata = value.filled {
        roles = roles_of(row), created = value.date(row.created_at),
        deleted = value.date(row.deleted_at),
      },
    }
  end,
}
