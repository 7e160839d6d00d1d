--- Clerk: the dashboard's export (CSV), older exports (JSON, NDJSON) or the API. The API has
--- metadata but no passwords: `hashes` joins an export that has them.

local api = require "recipes.api.clerk"
local lookup = require "source.lookup"
local metadata = require "auth0.metadata"
local migrate = require "migrate"
local password = require "auth0.password"
local tables = require "source.tables"
local value = require "source.value"

local COLUMNS <const> = {
  "id", "first_name", "last_name", "username", "primary_email_address", "primary_phone_number",
  "verified_email_addresses", "unverified_email_addresses", "verified_phone_numbers",
  "unverified_phone_numbers", "email_addresses", "phone_numbers", "primary_email_address_id",
  "primary_phone_number_id", "totp_enabled", "password_enabled",
}
local JOINED <const> = { -- in the dashboard's export only, and in the API only
  "totp_secret", "password_digest", "password_hasher", "public_metadata", "private_metadata",
  "unsafe_metadata", "external_accounts", "external_id", "image_url", "has_image", "banned",
  "backup_code_enabled", "passkeys", "created_at",
}
table.move(JOINED, 1, #JOINED, #COLUMNS + 1, COLUMNS)

---The other export, opened by `source`.
---@type Lookup?
local hashes

local function open(input)
  return tables.records(input, { table = "users", has = { "id" }, columns = COLUMNS })
end

---The row of a record, and what the other export has besides.
local function joined(record)
  local row = api.row(record)
  local found = api.row(hashes and hashes:get(row.id) or {})
  for _, name in ipairs(JOINED) do
    if row[name] == nil then row[name] = found[name] end
  end
  return row
end

---A cell's list, joined by "|", or one of JSON.
local function parts(cell)
  return type(cell) == "table" and cell or value.split(cell, "|") or {}
end

---The primary address or number, and whether it is verified.
local function primary(row, name, kind)
  local verified = parts(row["verified_" .. kind])
  local text = value.trim(row["primary_" .. name]) or verified[1]
    or parts(row["unverified_" .. kind])[1] or parts(row[kind])[1]
  if type(text) ~= "string" then return nil, false end
  for _, one in ipairs(verified) do
    if text and value.lower(value.trim(one)) == value.lower(text) then return text, true end
  end
  return text, false
end

---Whether a user signs in with other accounts alone: neither by password nor by address.
local function is_social_only(row)
  return value.filled(row.external_accounts) and not row.password_digest
    and not value.boolean(row.password_enabled) and tostring(row.verified_by):find("oauth") ~= nil
end

local function hash(row, params)
  local digest = value.boolean(row.password_enabled) ~= false and row.password_digest
  local made, _, why = password.fields(password.clerk(row.password_hasher, digest or nil,
    { position = params.salt }))
  if not made then migrate.lost("password", digest and why or "none in the export") end
  return made
end

local function factors(row, phone)
  local list, is_on = {}, value.boolean(row.totp_enabled)
  local secret, why = value.totp(is_on ~= false and row.totp_secret or nil)
  if secret then list[1] = { totp = { secret = secret } } end
  local is_lost = not secret and (is_on or is_on == nil and row.totp_secret)
  if is_lost then migrate.lost("totp", row.totp_secret and why or "the API gives no secrets") end
  if row.phone_is_factor and phone then list[#list + 1] = { phone = { value = phone } } end
  if value.boolean(row.backup_code_enabled) then
    migrate.lost("recovery_codes", "never exported")
  end
  if value.filled(row.passkeys) then migrate.lost("passkey", "bound to the domain of Clerk") end
  return value.filled(list)
end

---Public and private metadata; of two members with one name, the private one gets another.
local function app_metadata(row)
  local members = { external_id = row.external_id, clerk_created = value.date(row.created_at) }
  for _, kind in ipairs { "public_metadata", "private_metadata" } do
    for name, member in pairs(metadata.of(row[kind])) do
      members[members[name] == nil and name or kind .. "_" .. name] = member
    end
  end
  return metadata.app(members)
end

---@type Recipe
return {
  name = "clerk",
  about = {
    system = "Clerk", passwords = "mixed", factors = "authenticator apps, phones",
    reads = { "files", "API" },
  },
  params = {
    input = { help = "the export (.csv, .json), or api", kind = "input", required = true },
    hashes = { help = "the dashboard's export, if the input has no passwords", kind = "input" },
    salt = { help = "what md5_salted and sha256_salted hash first: the salt (prefix) or the "
      .. "password (suffix)", kind = { "prefix", "suffix" } },
    country = { help = "country of phone numbers without one", kind = "country" },
    social = { help = "keep: also users who sign in with other accounts only", kind = { "keep" } },
    domain = api.params.domain, token = api.params.token,
  },
  needs = api.needs,
  source = function(params)
    hashes = params.hashes and lookup(open(params.hashes), "id")
    if params.input == "api" then return api.records(params) end
    return open(params.input)
  end,
  map = function(record, params)
    local row = joined(record)
    local written, is_verified = primary(row, "email_address", "email_addresses")
    if not written then return nil, "no e-mail address" end
    local email = value.email(written) or written -- which is rejected
    if is_social_only(row) and params.social ~= "keep" then return nil, "no password (social)" end
    if value.filled(row.external_accounts) then migrate.lost("social", "of another connection") end

    local number, number_verified = primary(row, "phone_number", "phone_numbers")
    local phone, unread = migrate.phone(number, params.country)
    local kept = metadata.of(row.unsafe_metadata)
    if unread then kept[kept.phone == nil and "phone" or "phone_number"] = unread end
    local username, odd = value.username(row.username, row.id, email)
    if odd then migrate.lost("username", odd) end
    return {
      user_id = row.id, email = email, email_verified = is_verified, username = username,
      given_name = row.first_name, family_name = row.last_name,
      phone_number = phone, phone_verified = phone and number_verified,
      picture = row.has_image ~= false and value.url(row.image_url) or nil,
      blocked = value.switch(row.banned, nil, "banned") or nil,
      custom_password_hash = hash(row, params),
      mfa_factors = factors(row, number_verified and phone),
      user_metadata = value.filled(kept) and metadata.safe(kept),
      app_metadata = app_metadata(row),
    }
  end,
}
