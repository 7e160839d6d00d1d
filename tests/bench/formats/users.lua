--- The recipe of the benchmark of formats: the same users, from any of them.

local value = require "source.value"

-- The reader of a format, and what its `records` gets beside the input.
---@type table<string, table>
local READERS <const> = {
  csv = { "source.csv" }, ndjson = { "source.ndjson" }, json = { "source.json" },
  xml = { "source.xml", "users/user" }, ldif = { "source.ldif" },
  sqlite = { "source.sqlite", { table = "users" } }, copy = { "source.dump", { table = "users" } },
  insert = { "source.dump", { table = "users" } }, bson = { "source.bson" },
  extended = { "source.extended_json" },
}

-- The first string of a value: JSON has null, and LDIF a list for each attribute.
local function first(one)
  if type(one) == "table" then one = one[1] end
  return type(one) == "string" and one or nil
end

---@type Recipe
return {
  name = "formats",
  params = {
    input = { help = "the export", required = true },
    format = { help = "its format", required = true },
  },
  source = function(params)
    local reader = READERS[params.format]
    return require(reader[1]).records(params.input, reader[2])
  end,
  map = function(record)
    local email = first(record.email)
    if not email or email == "" then return nil, "no e-mail address" end
    return {
      email = email:lower(),
      email_verified = first(record.confirmed) == "t",
      user_id = first(record.id),
      given_name = first(record.first_name),
      family_name = first(record.last_name),
      custom_password_hash = {
        algorithm = "bcrypt", hash = { value = first(record.password_digest) },
      },
      user_metadata = {
        address = { city = first(record.city), country = first(record.country) },
        locale = first(record.locale),
      },
      app_metadata = {
        legacy = { created_at = first(record.created_at), id = first(record.id) },
        plan = first(record.plan),
        roles = value.split(first(record.roles) or "", "|"),
      },
    }
  end,
}
