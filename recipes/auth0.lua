--- Another Auth0 tenant: a user export job (NDJSON or CSV) and, if Auth0 support provided it, the
--- password hash export. Skips users of social and other connections; keeps metadata.

local csv = require "source.csv"
local input = require "source.input"
local json = require "source.json"
local lookup = require "source.lookup"
local migrate = require "migrate"
local ndjson = require "source.ndjson"
local password = require "auth0.password"
local schema = require "auth0.schema"
local value = require "source.value"

local TEXTS <const> = {
  "username", "phone_number", "name", "given_name", "family_name", "nickname", "picture",
}

local READERS <const> = { csv = csv.records, json = json.records }

---Opened by `source`, read by `map`.
---@type Lookup?
local hashes

---The id in the hash export: an ObjectId in MongoDB extended JSON, or text.
local function hash_id(record)
  local id = record._id or record._ID
  return type(id) == "table" and id["$oid"] or id
end

---CSV exports start each text with an apostrophe, to protect spreadsheets; JSON exports do not.
local function unguarded(row, params)
  if input.ending(params.input) ~= "csv" then return row end
  local record = {}
  for name, cell in pairs(row) do record[name] = cell:gsub("^'", "", 1) end
  for _, name in ipairs { "email_verified", "phone_verified", "blocked" } do
    record[name] = value.boolean(record[name])
  end
  return record
end

---Why the user is not in the database connection to migrate; nil if it is.
local function elsewhere(record, provider, id, wanted)
  if provider ~= "auth0" then return "another connection (" .. tostring(provider) .. ")" end
  for _, identity in ipairs(value.null_if(record.identities) or {}) do
    if wanted and tostring(identity.user_id) == id and identity.connection ~= wanted then
      return "another connection (" .. tostring(identity.connection) .. ")"
    end
  end
end

---app_metadata without names that Auth0 reserves.
local function allowed_metadata(metadata)
  metadata = value.null_if(metadata)
  if type(metadata) ~= "table" then return nil end
  local kept = {}
  for name, member in pairs(metadata) do kept[name] = member end
  for _, name in ipairs(schema.APP_METADATA_RESERVED) do kept[name] = nil end
  return next(kept) and kept
end

---@type Recipe
return {
  name = "auth0",
  params = {
    input = {
      help = "the user export (.ndjson, .json, .csv; may be compressed)", kind = "input",
      required = true,
    },
    hashes = { help = "the password hash export (NDJSON) from Auth0 support", kind = "input" },
    from = { help = "only users of this connection of the old tenant" },
  },
  source = function(params)
    hashes = params.hashes and lookup(ndjson.records(params.hashes), hash_id)
    return (READERS[input.ending(params.input)] or ndjson.records)(params.input)
  end,
  map = function(row, params)
    local record = unguarded(row, params)
    if not record.user_id then return nil, "no user_id" end
    local provider, id = record.user_id:match("^([^|]+)|(.*)$")
    local other = elsewhere(record, provider, id, params.from)
    if other then return nil, other end
    if not value.null_if(record.email) then return nil, "no e-mail address" end

    local user = {
      user_id = record.user_id, -- the prefix is removed for every user
      email = value.lower(record.email),
      email_verified = record.email_verified == true,
      phone_verified = record.phone_number and record.phone_verified,
      blocked = record.blocked == true or nil,
      user_metadata = value.null_if(record.user_metadata),
      app_metadata = allowed_metadata(record.app_metadata),
    }
    for _, name in ipairs(TEXTS) do user[name] = record[name] end

    local found = hashes and hashes:get(id)
    local hash, _, why = password.auto(found and found.passwordHash)
    user[type(hash) == "string" and "password_hash" or "custom_password_hash"] = hash
    if why and not found then
      migrate.warn("no_password", "users without a hash; they must set a new password")
    end
    if value.null_if(record.multifactor) then
      migrate.warn("mfa_not_exported", "exports have no MFA secrets; these users must enroll again")
    end
    return user
  end,
}
