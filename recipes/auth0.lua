--- Another Auth0 tenant: a user export (NDJSON or CSV, of a job or of the extension), or the job
--- itself, and, if Auth0 support provided it, the password hash export. Skips users without a
--- database identity; keeps metadata.

local api = require "recipes.api.auth0"
local export = require "source.auth0_export"
local input = require "source.input"
local lookup = require "source.lookup"
local metadata = require "auth0.metadata"
local migrate = require "migrate"
local ndjson = require "source.ndjson"
local password = require "auth0.password"
local value = require "source.value"

local TEXTS <const> = {
  "username", "phone_number", "name", "given_name", "family_name", "nickname",
}

---Opened by `source`, read by `map`.
---@type Lookup?
local hashes

---app_metadata without names that Auth0 reserves.
local function allowed_metadata(members)
  if type(value.null_if(members)) ~= "table" then return nil end
  local kept, removed = metadata.unreserved(members)
  if #removed > 0 then
    migrate.warn("reserved_metadata", "users with names in app_metadata that Auth0 reserves; these "
      .. "members were left out")
  end
  return next(kept) and kept
end

---Why a user of the file without a usable hash has none.
local function no_hash(identity, found, why)
  if identity.is_other then return "users of other accounts have none" end
  if not hashes then return "the user export has no hashes (parameter `hashes`)" end
  if not found then return "the password hash export does not have the user" end
  return value.null_if(found.passwordHash) and why
    or "the password hash export has no hash of the user"
end

---The identity that is imported, or why there is none.
local function identity_of(record, wanted, social)
  local identity, why, is_unknown = export.database_identity(record, wanted)
  if is_unknown then
    migrate.warn("no_connection", "users of whom the export does not tell the connection: export "
      .. "the field `identities` too, or leave out `connection`")
  end
  if identity or social ~= "keep" then return identity, why end
  local other = export.other_identity(record, wanted)
  return other and { id = other.id, user_id = other.user_id, is_other = true }, why
end

---The profile of the identity. One that is linked under another has its own.
local function profile_of(record, identity)
  if identity.profile then
    migrate.warn("linked_database_user", "users whose database identity is linked under another; "
      .. "they get its user_id and address: link the other identities again")
  end
  return export.profile(record, identity)
end

---Notes what no export holds.
local function note_losses(record)
  for _, lost in ipairs(export.losses(record)) do migrate.lost(lost.what, lost.why) end
  if value.null_if(record.multifactor) then
    migrate.warn("mfa_not_exported", "exports have no MFA secrets; these users must enroll again")
  end
end

---@type Recipe
return migrate.extend({ params = api.params, needs = api.needs }, {
  name = "auth0",
  about = { system = "another Auth0 tenant", passwords = "yes", reads = { "files", "API" } },
  params = {
    input = {
      help = "the user export (.ndjson, .json, .csv, .tsv; may be compressed), or api",
      kind = "input", required = true,
    },
    hashes = { help = "the password hash export (NDJSON) from Auth0 support", kind = "input" },
    connection = { help = "only users of this connection of the old tenant" },
    from = { help = "the same as `connection`" },
    social = { help = "keep: also users who sign in with other accounts only", kind = { "keep" } },
  },
  source = function(params)
    if params.from and params.connection and params.from ~= params.connection then
      error("connection= and from= are the same parameter; give one", 0)
    end
    hashes = params.hashes and lookup(ndjson.records(params.hashes), export.hash_id)
    if params.input == "api" then return api.records(params) end
    return export.records(params.input)
  end,
  map = function(row, params)
    local ending = input.ending(params.input)
    local is_csv = ending == "csv" or ending == "tsv"
    local odd = not is_csv and export.objection(row)
    if odd then return migrate.reject(odd, "SOURCE") end
    local record = export.user(row, is_csv)
    if not value.null_if(record.user_id) then return nil, "no user_id" end
    local identity, why = identity_of(record, params.connection or params.from, params.social)
    if not identity then return nil, why end
    local profile = profile_of(record, identity)
    if not value.null_if(profile.email) then return nil, "no e-mail address" end

    local user = {
      user_id = identity.user_id, -- its prefix is removed for every user
      email = value.lower(profile.email),
      email_verified = profile.email_verified == true,
      phone_verified = profile.phone_number and profile.phone_verified,
      picture = value.url(profile.picture),
      blocked = value.switch(record.blocked, nil, "blocked") or nil,
      user_metadata = value.null_if(record.user_metadata),
      app_metadata = allowed_metadata(record.app_metadata),
    }
    for _, name in ipairs(TEXTS) do user[name] = profile[name] end

    local found = hashes and not identity.is_other and hashes:get(identity.id) or nil
    local hash, _, reason = password.auto(value.null_if(found and found.passwordHash))
    user[type(hash) == "string" and "password_hash" or "custom_password_hash"] = hash
    if not hash then
      migrate.warn("no_password", "users without a hash; they must set a new password")
      migrate.lost("password", no_hash(identity, found, reason))
    end
    note_losses(record)
    return user
  end,
})
