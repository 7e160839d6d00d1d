--- Ruby on Rails: the table `users` of Devise, has_secure_password or Sorcery as an SQL dump, CSV,
--- SQLite, or a line of JSON for each user (`User.find_each { |u| puts u.attributes.to_json }`).
--- Keeps passwords in bcrypt, with the pepper if the application has one.

local migrate = require "migrate"
local password = require "auth0.password"
local tables = require "source.tables"
local value = require "source.value"

local COLUMNS <const> = {
  id = {}, email = { "email_address" }, given_name = { "first_name" },
  family_name = { "last_name", "surname" }, name = { "full_name", "display_name" },
  phone = { "phone_number", "mobile", "mobile_phone" }, otp_secret = { "otp_secret_key" },
  provider = { "oauth_provider" }, uid = { "oauth_uid", "google_uid", "facebook_uid" },
  activated = { "is_active", "active", "enabled" }, deleted_at = { "discarded_at" },
  confirmed_at = { "email_confirmed_at", "email_verified_at" },
}

-- Columns that have the hash: those of Devise, has_secure_password and Sorcery.
local PASSWORDS <const> = { "encrypted_password", "password_digest", "crypted_password" }

---The columns of the source, set by `source`.
---@type table<string, true>
local has = {}

---Devise appends the pepper to the password, Sorcery its salt; has_secure_password has neither.
local function hash_of(row, pepper)
  for _, name in ipairs(PASSWORDS) do
    local cell = value.trim(row[name])
    local salt = cell and value.trim(row.salt or row.password_salt)
    if cell and not cell:find "^%$2" then
      local hash, _, why = password.auto(cell)
      if salt or not hash then
        migrate.lost("password", salt and "a digest of many rounds, with a salt" or why)
        return nil
      end
      return hash
    elseif cell then
      local secret = name == "encrypted_password" and pepper or salt
      return password.fields(password.bcrypt(cell, secret and { pepper = secret }))
    end
  end
end

---devise-two-factor encrypts the secret; one that a console decrypted is Base32.
local function factors_of(row)
  local secret = value.trim(row.otp_secret)
  local is_on = value.boolean(row.otp_required_for_login)
  if is_on == false or is_on == nil and has.otp_required_for_login then return end
  if is_on and value.trim(row.otp_backup_codes) then
    migrate.lost("recovery_codes", "recovery codes cannot be imported")
  end
  if secret and not secret:find "[^A-Za-z2-7= ]" then
    local plain = value.totp(secret)
    return plain and { { totp = { secret = plain } } }
  elseif secret or is_on then
    migrate.lost("totp", "the secret is encrypted with the application's key")
  end
end

---@type Recipe
return {
  name = "rails-devise",
  about = {
    system = "Ruby on Rails: Devise, has_secure_password", passwords = "yes",
    factors = "authenticator apps with decrypted secrets", reads = { "files" },
  },
  params = {
    input = { help = "users: a dump, CSV, SQLite, JSON", kind = "input", required = true },
    table = { help = "the table of users, if it is not `users`" },
    columns = { help = "names of the columns of a file without a header" },
    pepper = { help = "config.pepper of Devise, if it is set", kind = "secret" },
    social = { help = "keep: also users who only have a social account", kind = { "keep" } },
    verified = { help = "whether addresses are verified, if nothing says it", kind = "boolean" },
    country = { help = "country of phone numbers without one", kind = "country" },
  },
  source = function(params)
    local users = tables.records(params.input, {
      table = params.table or { "users", "accounts", "members", "customers", "*_users" },
      has = { "email" }, columns = COLUMNS, header = value.split(params.columns, ","),
    })
    for _, name in ipairs(users:columns() or {}) do has[name] = true end
    if users:columns() and not (has[PASSWORDS[1]] or has[PASSWORDS[2]] or has[PASSWORDS[3]]) then
      migrate.warn("no_password_column", "the export has no column encrypted_password or "
        .. "password_digest: to_json leaves it out, attributes.to_json does not")
    end
    return users
  end,
  map = function(row, params)
    if value.confirmed(row.deleted_at) then return nil, "deleted" end
    local written, email = value.trim(row.email), value.email(row.email)
    if not written then return nil, "no e-mail address" end
    if not email then return migrate.reject("not an e-mail address", "FORMAT", "email", written) end
    local hash = hash_of(row, params.pepper)
    if value.trim(row.provider) or value.trim(row.uid) then
      if not hash and not params.social then return nil, "only a social account" end
      migrate.lost("social", "sign-in with another account belongs to another connection")
    end
    local verified = value.confirmed(row.confirmed_at)
    if not has.confirmed_at then
      verified = params.verified
      if verified == nil then
        migrate.warn("nothing_verified", "users whose addresses become unverified, because nothing "
          .. "says which are; see the parameter `verified`")
      end
    end
    local phone, unread = migrate.phone(row.phone, params.country)
    return {
      user_id = row.id, email = email, email_verified = verified == true,
      username = value.username(row.username, row.id, email), name = row.name,
      given_name = row.given_name, family_name = row.family_name, nickname = row.nickname,
      phone_number = phone,
      blocked = value.confirmed(row.banned_at) or value.confirmed(row.suspended_at)
        or value.confirmed(row.blocked_at) or value.confirmed(row.deactivated_at)
        or value.switch(row.activated, nil, "activated") == false or nil,
      custom_password_hash = hash, mfa_factors = factors_of(row),
      user_metadata = value.filled { phone = unread, locale = row.locale },
      app_metadata = value.filled {
        role = row.role, admin = value.boolean(row.admin) or nil,
        created = value.date(row.created_at),
      },
    }
  end,
}
