--- Patterns of users without a recipe: generic columns in a plain format.

local pattern = require "generate.pattern"
local sorted = require "base.sorted"

local plain = {}

-- bcrypt of cost 10, in whose place others are computed.
local HASH <const> = "$2b$10$9oZav.HNidL3IXx2GeGcguLBhoPpNutjRszkmM8rFNf9.P6EVKAoW"
local USER <const> = {
  user_id = "u100001", email = "ada.lovelace@example.com", username = "ada17",
  name = "Ada Lovelace", given_name = "Ada", family_name = "Lovelace",
  phone_number = "+4930123456",
}
local UUID <const> = "7c1f0a52-6c0e-4a57-9d3a-0d3f5b1c2a77"

---The format of a file, by the word that names it.
---@type table<string, SampleFormat>
plain.FORMATS = {
  csv = { kind = "csv" },
  tsv = { kind = "csv", options = { delimiter = "\t" } },
  ndjson = { kind = "ndjson" },
  json = { kind = "json" },
  ldif = { kind = "texts", writer = "ldif" },
  sql = { kind = "texts", writer = "sql", options = { table = "users" } },
}

---The recipe that reads such a file as it is.
---@type table<string, string>
plain.RECIPES = { csv = "csv", tsv = "csv", ldif = "ldap" }

local function entry(changes)
  local record = {
    id = USER.user_id, email = USER.email, email_verified = true, username = USER.username,
    given_name = USER.given_name, family_name = USER.family_name, name = USER.name,
    phone_number = USER.phone_number, password_hash = HASH, blocked = false, plan = "free",
    created_at = "2023-04-05T06:07:08Z",
  }
  for name, value in pairs(changes) do record[name] = value or nil end
  return record
end

local function directory_entry(record)
  return {
    dn = "uid=" .. record.username .. ",ou=people,dc=example,dc=com",
    objectclass = { "top", "person", "organizationalPerson", "inetOrgPerson" },
    entryuuid = { UUID }, uid = { record.username },
    cn = { record.name }, givenname = { record.given_name }, sn = { record.family_name },
    mail = { record.email }, userpassword = { "{CRYPT}" .. HASH },
    telephonenumber = record.phone_number and { record.phone_number } or nil,
  }
end

-- What differs from the usual user, and how many of a hundred have it.
local VARIANTS <const> = {
  { weight = 60, changes = {} },
  { weight = 15, changes = { email_verified = "no", plan = "pro" } },
  { weight = 15, changes = { phone_number = false, plan = "pro" } },
  { weight = 5, changes = { blocked = "yes" }, blocked = true },
  { weight = 5, changes = { phone_number = false, given_name = false, family_name = false } },
}

---The patterns of a format.
---@param name string  of plain.FORMATS
---@return PatternSet
function plain.patterns(name)
  local is_directory = name == "ldif"
  local set = { list = {}, side = {}, left = {}, format = plain.FORMATS[name], param = "input" }
  local user = {}
  for field, value in pairs(USER) do user[field] = value end
  if is_directory then user.user_id = UUID end
  local slots = pattern.slots(user)
  for i, variant in ipairs(VARIANTS) do
    local record = entry(variant.changes)
    if record.email_verified == "no" then record.email_verified = false end
    if record.blocked == "yes" then record.blocked = true end
    local names = sorted.keys(record)
    if is_directory then record = directory_entry(entry {}) end
    set.list[i] = {
      name = "plain", line = i, record = pattern.of(record, slots), names = names, side = {},
      params = {}, user = user, has_bcrypt = true, weight = variant.weight,
      is_blocked = variant.blocked,
      login = "email",
    }
  end
  return set
end

return plain
