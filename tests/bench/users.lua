--- The benchmark's recipe for CSV: 12 of the columns mapped, metadata nested.

local csv = require "source.csv"
local value = require "source.value"

---@type Recipe
return {
  name = "users",
  params = { input = { help = "the export", required = true } },
  source = function(params)
    return csv.records(params.input, { trim = true, null = { "NULL" } })
  end,
  map = function(row)
    local email = row.email
    if not email then return nil, "no e-mail address" end
    return {
      email = email:lower(),
      email_verified = row.confirmed == "t",
      user_id = row.id,
      given_name = row.first_name,
      family_name = row.last_name,
      custom_password_hash = { algorithm = "bcrypt", hash = { value = row.password_digest } },
      user_metadata = {
        address = { city = row.city, country = row.country },
        locale = row.locale,
      },
      app_metadata = {
        legacy = { created_at = row.created_at, id = row.id },
        plan = row.plan,
        roles = value.split(row.roles or "", "|"),
      },
    }
  end,
}
