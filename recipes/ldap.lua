--- LDAP directories, from LDIF: OpenLDAP, 389, FreeIPA, Active Directory, ApacheDS. Keeps the first
--- password of a user that can be kept, and skips groups, computers and contacts.

local directory = require "source.directory"
local ldif = require "source.ldif"
local lookup = require "source.lookup"
local migrate = require "migrate"
local password = require "auth0.password"
local value = require "source.value"

local first = directory.first

local NT_HASH <const> = "^" .. ("%x"):rep(32) .. "$"
-- Names in app_metadata, and the attributes that they come from.
local CARRIED <const> = {
  title = { "title" }, department = { "department", "departmentnumber" },
  company = { "company", "o" }, employee_number = { "employeenumber", "employeeid" },
}

---Opened by `source`, read by `map`: the groups of a member.
---@type Lookup?
local groups

---The first value that Auth0 can verify; else the reason of the first one.
local function hash_of(entry)
  local why
  for _, one in ipairs(entry.userpassword or entry.authpassword or {}) do
    local hash, reason = password.directory(one, entry.dn)
    if hash then return hash end
    why = why or reason
  end
  local hex, bytes = first(entry, "sambantpassword"), (entry.ipanthash or {})[1]
  if hex and hex:find(NT_HASH) then
    return password.digest("md4", hex, { encoding = "hex", password_encoding = "utf16le" })
  elseif bytes then
    return password.digest("md4", bytes, { encoding = "bytes", password_encoding = "utf16le" })
  end
  return nil, why or "no password in the export"
end

---The first address, and the others.
local function addresses(entry)
  local email, others = nil, {}
  for _, one in ipairs(entry.mail or {}) do
    local read = value.email(one)
    email = email or read
    if not read or read ~= email then others[#others + 1] = value.trim(one) end
  end
  return email, others[1] and others
end

---The first number that can be read; else the first one as it is written.
local function numbers(entry, country)
  for _, name in ipairs { "mobile", "telephonenumber" } do
    for _, written in ipairs(entry[name] or {}) do
      local phone = value.phone(written, country)
      if phone then return phone end
    end
  end
  return migrate.phone(first(entry, "mobile", "telephonenumber"), country)
end

---What is kept of the job of a person, and of the account.
local function carried(entry)
  local kept = {
    roles = directory.groups(entry, groups),
    directory_created = value.date(first(entry, "createtimestamp", "whencreated")),
    account_expires = value.filetime(first(entry, "accountexpires"))
      or value.date(first(entry, "pwdendtime", "krbprincipalexpiration")),
  }
  if kept.account_expires then
    migrate.warn("account_expires", "users whose account ends on a day, which is kept in "
      .. "app_metadata (account_expires): Auth0 does not block on a day")
  end
  for name, attributes in pairs(CARRIED) do kept[name] = first(entry, table.unpack(attributes)) end
  return next(kept) and kept
end

---@type Recipe
return {
  name = "ldap",
  about = { system = "LDAP directories", passwords = "mixed", reads = { "files" } },
  params = {
    input = { help = "the export (.ldif; may be compressed)", kind = "input", required = true },
    roles = { help = "LDIF of groups with their members, if users have no memberOf; may be the "
      .. "same file", kind = "input" },
    country = { help = "country of phone numbers without one", kind = "country" },
    verified = { help = "whether the addresses are verified; directories do not say it",
      kind = "boolean" },
  },
  source = function(params)
    groups = params.roles and lookup(directory.memberships(params.roles), "member")
    return ldif.records(params.input, { optional = true })
  end,
  map = function(entry, params)
    local other = directory.not_a_person(entry)
    if other then return nil, other end
    local email, more = addresses(entry)
    if not email and not more then return nil, "no e-mail address" end
    if not email then
      return migrate.reject("not an e-mail address", "FORMAT", "email", more[1])
    elseif params.verified == nil then
      migrate.warn("nothing_verified", "users whose addresses become unverified, for directories "
        .. "do not say which are; see the parameter `verified`")
    end
    local hash, why = hash_of(entry)
    if not hash then migrate.lost("password", why) end
    local phone, unread = numbers(entry, params.country)
    local user_metadata = {
      phone = unread, emails = more, locale = first(entry, "preferredlanguage"),
    }
    return {
      user_id = directory.id(entry) or first(entry, "uid", "samaccountname"),
      email = email, email_verified = params.verified == true,
      username = value.username(first(entry, "samaccountname", "uid"), nil, email),
      name = first(entry, "displayname", "cn"), given_name = first(entry, "givenname"),
      family_name = first(entry, "sn"), phone_number = phone,
      blocked = directory.is_disabled(entry) or nil, custom_password_hash = hash,
      app_metadata = carried(entry), user_metadata = next(user_metadata) and user_metadata,
    }
  end,
}
