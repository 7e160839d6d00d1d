--- The benchmark's recipe for NDJSON: the same users, from nested records.

local ndjson = require "source.ndjson"

---@type Recipe
return {
  name = "records",
  params = { input = { help = "the export", required = true } },
  source = function(params) return ndjson.records(params.input) end,
  map = function(record)
    local email = record.email
    if email == "" then return nil, "no e-mail address" end
    local profile = record.profile
    local address = profile.address
    return {
      email = email:lower(),
      email_verified = record.confirmed,
      user_id = tostring(record.id),
      given_name = profile.first_name,
      family_name = profile.last_name,
      custom_password_hash = { algorithm = "bcrypt", hash = { value = record.password_digest } },
      user_metadata = {
        address = { city = address.city, country = address.country },
        locale = record.locale,
      },
      app_metadata = {
        legacy = { created_at = record.created_at, id = record.id },
        plan = record.plan,
        roles = record.roles,
      },
    }
  end,
}
