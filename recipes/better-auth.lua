--- Better Auth: the tables `user` and `account` of the application's own database, as a dump, CSV,
--- SQLite or JSON. Keeps passwords: scrypt, whose salt is the text of its digits.

local lookup = require "source.lookup"
local metadata = require "auth0.metadata"
local migrate = require "migrate"
local password = require "auth0.password"
local tables = require "source.tables"
local value = require "source.value"

local USER <const> = {
  table = { "user", "users", "*_user", "*_users" }, has = { "id", "email" },
  columns = {
    "id", "name", "email", "emailVerified", "image", "createdAt", "updatedAt", "username",
    "displayUsername", "phoneNumber", "phoneNumberVerified", "role", "banned", "banExpires",
    "twoFactorEnabled", "isAnonymous",
  },
}
local ACCOUNT <const> = {
  table = { "account", "accounts", "*_account", "*_accounts" }, has = { "providerId", "userId" },
  columns = { "userId", "providerId", "accountId", "password" },
}
local FACTOR <const> = {
  table = { "twoFactor", "two_factor", "twoFactors", "*two_factor" }, has = { "secret", "userId" },
  columns = { "userId", "secret" },
}
local PASSKEY <const> = {
  table = { "passkey", "passkeys", "*_passkey" }, has = { "publicKey", "userId" },
  columns = { "userId", "publicKey" },
}
-- Columns that become fields, or are of no use elsewhere.
local FIELDS <const> = { updatedAt = true, displayUsername = true, banreason = true }
for _, name in ipairs(USER.columns) do FIELDS[name] = true end

---Set by `source`: by user, and the moment.
---@type table<string, Lookup?>, integer
local others, now

---A further table, if there is one.
local function side(given, input, options)
  if not given and input == "-" then return nil end
  local found = tables.find(given or input, options)
  return found and lookup(found, "userId")
end

local function all(name, row)
  return others[name] and others[name]:all(row.id) or {}
end

---The hash in the row of the credential, and whether the user has other accounts.
local function credentials(row)
  local stored, is_linked
  for _, account in ipairs(all("accounts", row)) do
    if account.providerId == "credential" then
      stored = stored or value.trim(account.password)
    else
      is_linked = true
    end
  end
  return stored or value.trim(row.password), is_linked
end

---What the second factors are; none of them can move.
local function losses(row)
  if all("factors", row)[1] or value.boolean(row.twoFactorEnabled) then
    migrate.lost("totp", "encrypted with the secret of the application")
    migrate.lost("recovery_codes", "encrypted with the secret of the application")
  end
  if all("passkeys", row)[1] then
    migrate.lost("passkey", "a passkey belongs to the domain of its server")
  end
end

---A ban without an end is a block; one that ends is not.
local function is_banned(row)
  if not value.boolean(row.banned) then return nil end
  return row.banExpires == nil or value.is_after(row.banExpires, now, "banExpires")
end

---What the application's own columns have.
local function additional(row, unread)
  local kept = { phone = unread }
  for name, cell in pairs(row) do
    if not FIELDS[name] and name ~= "password" and cell ~= "" then kept[name] = cell end
  end
  return next(kept) and metadata.safe(kept)
end

---@type Recipe
return {
  name = "better-auth",
  about = { system = "Better Auth", passwords = "yes", reads = { "files" } },
  params = {
    input = { help = "the table user: a dump, CSV, SQLite or JSON", kind = "input",
      required = true },
    accounts = { help = "the table account, if it is not in the input", kind = "input" },
    factors = { help = "the table twoFactor, if it is not in the input", kind = "input" },
    country = { help = "country of phone numbers without one", kind = "country" },
    social = { help = "keep: also users who sign in with other accounts only", kind = { "keep" } },
  },
  source = function(params)
    now = os.time()
    others = {
      accounts = side(params.accounts, params.input, ACCOUNT),
      factors = side(params.factors, params.input, FACTOR),
      passkeys = side(nil, params.input, PASSKEY),
    }
    if not others.accounts then
      migrate.warn("no_accounts", "the table account, which has the passwords, was not found; see "
        .. "the parameter `accounts`")
    end
    return tables.records(params.input, USER)
  end,
  map = function(row, params)
    if value.boolean(row.isAnonymous) then return nil, "anonymous" end
    local written = value.trim(row.email)
    if not written then return nil, "no e-mail address" end
    local email = value.email(written)
    if not email then return migrate.reject("not an e-mail address", "FORMAT", "email", written) end
    local stored, is_linked = credentials(row)
    if is_linked and not stored and params.social ~= "keep" then
      return nil, "signs in with another account"
    end

    local hash, _, why = password.fields(password.better_auth(stored))
    if not hash then migrate.lost("password", stored and why or "the user has none") end
    if is_linked then migrate.lost("social", "another account belongs to another connection") end
    losses(row)
    local phone, unread = migrate.phone(row.phoneNumber, params.country)
    return {
      user_id = row.id, email = email, email_verified = value.confirmed(row.emailVerified) == true,
      username = value.username(row.username, row.id, email), name = value.trim(row.name),
      picture = value.url(row.image), phone_number = phone,
      phone_verified = phone and value.confirmed(row.phoneNumberVerified) == true,
      blocked = is_banned(row) or nil, custom_password_hash = hash,
      user_metadata = additional(row, unread),
      app_metadata = metadata.app {
        roles = value.split(row.role, ","), better_auth_created = value.date(row.createdAt),
      },
    }
  end,
}
