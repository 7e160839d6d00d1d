--- Okta: users of the API, saved as JSON or read from it, or a CSV report. Okta hands out neither
--- passwords nor secrets of authenticator apps; factors say who has a phone as a second factor.

local api = require "recipes.api.okta"
local columns = require "source.columns"
local listing = require "source.listing"
local lookup = require "source.lookup"
local metadata = require "auth0.metadata"
local migrate = require "migrate"
local value = require "source.value"

-- Members of a user in a report, whose other columns are those of the profile.
local MEMBERS <const> = {
  id = "id", userid = "id", oktaid = "id", oktauserid = "id", status = "status",
  userstatus = "status", created = "created", createddate = "created", provider = "provider",
  providertype = "provider", credentialsprovidertype = "provider",
}
local PROFILE <const> = {
  firstname = "firstName", lastname = "lastName", login = "login", username = "login",
  email = "email", primaryemail = "email", emailaddress = "email", mobilephone = "mobilePhone",
  primaryphone = "primaryPhone", displayname = "displayName", nickname = "nickName",
}
local GONE <const> = { DEPROVISIONED = true, DEACTIVATED = true, DELETED = true }
-- Nobody opened the mail; the last one is a report's word for PROVISIONED.
local NOT_YET <const> = { STAGED = true, PROVISIONED = true, PENDING_USER_ACTION = true }
local OTHER_ACCOUNT <const> = { SOCIAL = true, FEDERATION = true }
local DIRECTORY <const> = { ACTIVE_DIRECTORY = true, LDAP = true }
-- Members of the profile that become fields.
local FIELDS <const> = {
  email = true, firstName = true, lastName = true, displayName = true, nickName = true,
  mobilePhone = true,
}
---Opened by `source`, read by `map`.
---@type Lookup?
local factors

---The user in a row of a report.
local function from_row(row)
  local record = { profile = {} }
  for name, cell in pairs(row) do
    local own = name:gsub("^[Pp]rofile[._ ]", "")
    local plain = columns.plain(own)
    if MEMBERS[plain] then record[MEMBERS[plain]] = cell
    else record.profile[PROFILE[plain] or own] = cell end
  end
  return record
end

---Whether the address is verified; nil if the record does not say it.
local function is_verified(record, email)
  local credentials = value.null_if(record.credentials)
  for _, one in ipairs(value.objects(credentials and credentials.emails)) do
    local is_this = one.value == nil or value.email(one.value) == email
    if one.type == "PRIMARY" and is_this then return one.status == "VERIFIED" end
  end
end

---What else the profile has; a login that is the address is known already.
local function others(profile, email)
  local rest = {}
  for name, member in pairs(profile) do
    local is_known = FIELDS[name] or name == "login" and value.lower(member) == email
    if not is_known and value.null_if(member) ~= nil then rest[name] = member end
  end
  return next(rest) and metadata.safe(rest)
end

---@type Recipe
return migrate.extend({ params = api.params, needs = api.needs }, {
  name = "okta",
  about = {
    system = "Okta", passwords = "no", factors = "phones", reads = { "files", "API" },
  },
  params = {
    input = { help = "users as JSON, or a CSV report; or api", kind = "input", required = true },
    factors = { help = "the factors of the users as JSON; or api", kind = "input" },
    country = { help = "country of phone numbers without one", kind = "country" },
    verified = { help = "whether addresses of activated users are verified where nothing says it",
      kind = "boolean" },
    social = { help = "keep: users who sign in with other accounts, too", kind = { "keep" } },
  },
  source = function(params)
    factors = params.factors and params.factors ~= "api"
      and lookup(listing.records(params.factors, { lists = {}, has = { "factorType", "factors" } }),
        api.user_of) or nil
    if params.input == "api" then
      local records = api.records(params)
      return params.factors == "api" and api.with_factors(records, params) or records
    end
    return listing.records(params.input, {
      lists = { "users", "value", "items" }, has = { "profile" }, csv = {},
    })
  end,
  map = function(record, params)
    if not value.null_if(record.profile) then record = from_row(record) end
    local profile, status = record.profile, value.null_if(record.status)
    status = status and tostring(status):upper():gsub("%s+", "_")
    if GONE[status] then return nil, status:lower() end
    local credentials = value.null_if(record.credentials)
    local provider = value.null_if(credentials and credentials.provider or record.provider)
    provider = type(provider) == "table" and provider.type or provider
    if OTHER_ACCOUNT[provider] then
      if params.social ~= "keep" then return nil, "signs in with another account" end
      migrate.lost("social", "another account belongs to another connection")
    end
    local written = value.trim(value.null_if(profile.email))
    local email = value.email(written or value.null_if(profile.login))
    if not (written or email) then return nil, "no e-mail address" end
    if not email then return migrate.reject("not an e-mail address", "FORMAT", "email", written) end

    local verified = is_verified(record, email)
    if verified == nil then
      verified = params.verified == true and not NOT_YET[status]
      if params.verified == nil then
        migrate.warn("nothing_verified", "users of whom nothing says whether the address is "
          .. "verified, and who become unverified; see the parameter `verified`")
      end
    end
    local phone, unread = migrate.phone(value.null_if(profile.mobilePhone)
      or value.null_if(profile.primaryPhone), params.country)
    local user = {
      user_id = record.id, email = email, email_verified = verified,
      username = value.username(profile.login, record.id, email),
      given_name = profile.firstName, family_name = profile.lastName,
      name = profile.displayName, nickname = profile.nickName, phone_number = phone,
      blocked = status == "SUSPENDED" or nil, user_metadata = unread and { phone = unread },
      app_metadata = {
        okta_status = status, okta_created = value.date(record.created),
        okta_profile = others(profile, email),
      },
    }
    user.mfa_factors = api.second_factors(record, factors)
    migrate.lost("password", DIRECTORY[provider] and "the password is that of a directory"
      or "Okta does not hand out passwords")
    return user
  end,
})
