--- WordPress and WooCommerce: the table wp_users and, in the same file or as `meta`, wp_usermeta,
--- as an SQL dump, CSV, JSON or what `wp user list` prints. Most passwords cannot move: those of
--- phpass, and since WordPress 6.8 those of a bcrypt over an HMAC.

local lookup = require "source.lookup"
local migrate = require "migrate"
local password = require "auth0.password"
local tables = require "source.tables"
local value = require "source.value"

-- The columns of files without a header, as phpMyAdmin writes them; those of a network come last.
local USERS <const> = {
  "ID", "user_login", "user_pass", "user_nicename", "user_email", "user_url", "user_registered",
  "user_activation_key", "user_status", "display_name",
}
local NETWORK <const> = table.move(USERS, 1, #USERS, 1, {})
NETWORK[#NETWORK + 1], NETWORK[#NETWORK + 2] = "spam", "deleted"
local META <const> = { "umeta_id", "user_id", "meta_key", "meta_value" }

-- Secrets of authenticator apps: that of the plugin Two Factor is readable.
local TOTP <const> = "_two_factor_totp_key"
local PROVIDERS <const> = "_two_factor_enabled_providers"
local OTHER_TOTP <const> = {
  "googleauthenticator_secret", "wp_2fa_totp_key", "tfa_priv_key_64", "itsec_two_factor_totp_key",
}

---Meta data by user; nil without it. Set by `source`.
---@type Lookup?
local meta

---The members of a user's meta data by name.
local function meta_of(id)
  local members = {}
  for _, found in ipairs(meta and meta:all(id) or {}) do
    members[found.meta_key or ""] = value.null_if(found.meta_value)
  end
  return members
end

---Roles on all sites of a network; `wp user list` has those of one in a column.
local function roles_of(row, members)
  local names, seen = {}, {}
  local function add(name)
    if not seen[name] then names[#names + 1], seen[name] = name, true end
  end
  for _, name in ipairs(value.split(row.roles, ",") or {}) do add(name) end
  for key, text in pairs(members) do
    local map = key:find "capabilities$" and value.php_unserialize(text) or nil
    for name, has in pairs(type(map) == "table" and map or {}) do
      if has == true and type(name) == "string" then add(name) end
    end
  end
  table.sort(names)
  return names[1] and names
end

local function has_provider(members)
  local list = value.php_unserialize(members[PROVIDERS])
  for _, name in pairs(type(list) == "table" and list or {}) do
    if name == "Two_Factor_Totp" then return true end
  end
end

---The factors of a user; those that are not kept are lost.
local function factors_of(members)
  if members[TOTP] and has_provider(members) then
    local secret = value.totp(members[TOTP])
    return secret and { { totp = { secret = secret } } }
  end
  for _, key in ipairs(OTHER_TOTP) do
    if members[key] then migrate.lost("totp", "a secret in the form of its plugin") end
  end
end

local function hash_of(text)
  local trimmed = value.trim(text)
  if trimmed and #trimmed == 32 and trimmed:find "^%x+$" then
    return password.digest("md5", trimmed) -- of the first releases
  end
  return (password.auto(trimmed))
end

---@type Recipe
return {
  name = "wordpress",
  about = {
    system = "WordPress, WooCommerce", passwords = "mixed", factors = "authenticator apps of the "
      .. "plugin Two Factor", reads = { "files" },
  },
  params = {
    input = { help = "wp_users: a dump, CSV or JSON", kind = "input", required = true },
    meta = { help = "wp_usermeta, if it is not in the same file", kind = "input" },
    table = { help = "the table of users, if there are several" },
    columns = { help = "names of the columns of a file without a header" },
    verified = { help = "yes: all addresses are verified", kind = "boolean" },
  },
  source = function(params)
    local users = tables.records(params.input, {
      table = params.table or { "wp_users", "*_users" }, has = { "ID", "user_login" },
      columns = { "ID" }, layouts = { USERS, NETWORK },
      header = value.split(params.columns, ","),
    })
    local prefix = users.table and users.table:match "^(.*)users$" or ""
    local side = tables.find(params.meta or params.input, {
      table = { prefix .. "usermeta", "*_usermeta" }, has = { "user_id", "meta_key" },
      layouts = { META },
    })
    meta = side and lookup(side, "user_id")
    return users
  end,
  map = function(row, params)
    if value.boolean(row.deleted) then return nil, "deleted" end
    if not value.trim(row.user_email) then return nil, "no e-mail address" end
    local email = value.email(row.user_email)
    if not email then
      return migrate.reject("not an e-mail address", "FORMAT", "email", row.user_email)
    end
    local members = meta_of(row.ID)
    if params.verified == nil then
      migrate.warn("nothing_verified", "all addresses become unverified, because WordPress does "
        .. "not say which are; see the parameter `verified`")
    end
    return {
      user_id = row.ID,
      email = email,
      email_verified = params.verified == true,
      username = value.username(row.user_login, row.ID, email),
      name = value.html(row.display_name),
      given_name = value.html(members.first_name or row.first_name),
      family_name = value.html(members.last_name or row.last_name),
      nickname = value.html(members.nickname or row.nickname),
      blocked = value.switch(row.spam, nil, "spam") or nil,
      custom_password_hash = hash_of(row.user_pass),
      mfa_factors = factors_of(members),
      user_metadata = value.filled {
        phone = members.billing_phone, locale = members.locale, website = value.url(row.user_url),
        description = value.html(members.description),
      },
      app_metadata = value.filled {
        registered = value.date(row.user_registered), roles = roles_of(row, members),
      },
    }
  end,
}
