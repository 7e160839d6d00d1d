--- A collection of users of MongoDB: what mongodump or mongoexport writes (BSON, JSON, CSV). Fields
--- are found by common names, also in objects such as `profile`, or set: `email=emails.0.address`.
--- Knows the passwords of Meteor, which cannot move, of passport-local-mongoose and Better Auth.

local by_columns = require "migrate.by_columns"
local collection = require "source.collection"
local migrate = require "migrate"
local password = require "auth0.password"
local value = require "source.value"

local users <const> = by_columns.new({ migrate = migrate, password = password, value = value }, {
  email = { "emails0address", "emails0email", "emails0value", "emails0", "profileemail",
    "localemail", "contactemail", "profileemails0value", "profileemails0address" },
  email_verified = { "emails0verified", "emails0isverified", "localverified" },
  name = { "profilename", "profilefullname", "profiledisplayname" },
  given_name = { "profilefirstname", "namefirst", "profilegivenname" },
  family_name = { "profilelastname", "namelast", "profilefamilyname" },
  phone_number = { "profilephone", "phones0number" }, picture = { "profilepicture" },
  password = { "localpassword", "localhash", "credentialspassword", "authpassword" },
  username = { "localusername", "profileusername" },
})

-- Those that are read of a folder, the dump of a database.
local COLLECTIONS <const> = { "users", "user", "_user", "accounts", "account", "members" }
local METEOR <const> = { "services.password.bcrypt", "services.password.argon2" }
local PASSPORT <const> = { rounds = 25000, key = 512 } -- bytes, of passport-local-mongoose
local BETTER_AUTH <const> = "^" .. ("%x"):rep(32) .. ":" .. ("%x"):rep(128) .. "$"

---The members of a document with their paths, and of a list its first item; objects, too, which
---are JSON in a cell of CSV.
local function flatten(document, prefix, row)
  for name, member in pairs(document) do
    local path = prefix .. tostring(name)
    if type(member) == "string" and member:find "^[%[{]" then
      member = value.json(member) or member
    end
    row[path] = value.null_if(member)
    if type(member) == "table" then
      local first = member[1]
      if type(first) == "table" then flatten(first, path .. ".0.", row) end
      if first ~= nil then row[path .. ".0"] = first else flatten(member, path .. ".", row) end
    end
  end
  return row
end

---The names of members that are values, sorted: the shortest path counts most.
local function names_of(row)
  local names = {}
  for name, member in pairs(row) do
    if type(member) ~= "table" then names[#names + 1] = name end
  end
  table.sort(names, function(a, b) return #a < #b or #a == #b and a < b end)
  return names
end

---An id as text: mongoexport's CSV writes ObjectId(…), old drivers a UUID as bytes.
local function id_of(id)
  if type(id) ~= "string" then return id end
  return id:match "^ObjectI[dD]%(\"?(%x+)\"?%)$" or not value.is_utf8(id) and value.uuid(id) or id
end

---The hash of one of these libraries; false: it cannot be kept; nil: it is none of them.
local function library_hash(row)
  for _, name in ipairs(METEOR) do
    if row[name] then
      migrate.lost("password", "Meteor hashes a digest of the password")
      return false
    end
  end
  local salt, key = row.salt, type(row.hash) == "string" and password.bytes(row.hash, "hex")
  if type(salt) == "string" and key and #key == PASSPORT.key then -- the salt is text
    return password.pbkdf2("sha256", PASSPORT.rounds, salt, key)
  end
  local stored = type(row.password) == "string" and row.password or ""
  if stored:find(BETTER_AUTH) then return password.better_auth(stored) end
end

---Whether Meteor knows the user by another account: services.google.id
local function has_social(row)
  for name in pairs(row) do
    local service = name:match "^services%.(%w+)%.id$"
    if service and service ~= "password" then return true end
  end
end

---@type Recipe
return {
  name = "mongodb",
  about = { system = "MongoDB, Meteor", passwords = "mixed", reads = { "files" } },
  params = by_columns.params {
    input = { help = "users.bson, or JSON or CSV of mongoexport", kind = "input", required = true },
    social = { help = "keep: also users who only have a social account", kind = { "keep" } },
  },
  source = function(params)
    users:begin(params, true)
    return collection.records(params.input, COLLECTIONS)
  end,
  map = function(document, params)
    local row = flatten(document, "", {})
    row._id = id_of(row._id)
    users:find_in(names_of(row), params)
    if not users:cell(row, "email") then -- Parse: people sign in with names, or with addresses
      row.email = value.email(users:cell(row, "username"))
      users:find_in(names_of(row), params)
    end
    local hash = library_hash(row)
    if has_social(row) then
      if hash == nil and not users:cell(row, "password") and not params.social then
        return nil, "only a social account"
      end
      migrate.lost("social", "sign-in with another account belongs to another connection")
    end
    return users:map(row, params, hash)
  end,
}
