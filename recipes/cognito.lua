--- Amazon Cognito: users of `list-users` or `admin-get-user`, CSV in the layout of import jobs, or
--- the API. Neither passwords nor secrets of authenticator apps ever leave a pool.

local api = require "recipes.api.cognito"
local listing = require "source.listing"
local metadata = require "auth0.metadata"
local migrate = require "migrate"
local value = require "source.value"

-- Attributes that become fields, or say something of them.
local FIELDS <const> = {
  sub = true, email = true, email_verified = true, phone_number = true, given_name = true,
  phone_number_verified = true, family_name = true, name = true, nickname = true, picture = true,
  identities = true, updated_at = true,
}
-- Members of a user, where they are columns next to the attributes.
local MEMBERS <const> = {
  username = true, userstatus = true, status = true, enabled = true, usercreatedate = true,
  userlastmodifieddate = true, mfaoptions = true, preferredmfasetting = true,
  usermfasettinglist = true,
}
-- What the names of users of other accounts begin with.
local PROVIDERS <const> = { google = true, facebook = true, signinwithapple = true }
local UUID <const> = "^%x+%-%x+%-%x+%-%x+%-%x+$"

---The attributes: a list of names and values, an object, or what stands next to the members.
local function attributes_of(record)
  local given = value.null_if(record.Attributes) or value.null_if(record.UserAttributes)
  local attributes = {}
  for name, one in pairs(type(given) == "table" and given or record) do
    if type(one) == "table" and one.Name then name, one = one.Name, one.Value end
    local is_member = not given and MEMBERS[name:lower()]
    if type(name) == "string" and not is_member then attributes[name] = value.null_if(one) end
  end
  return attributes
end

---A member under its name, or as a column.
local function member(record, name)
  return value.null_if(value.member(record, name))
end

---Cognito has numbers with their country only; the plus may be lost in a spreadsheet.
local function phone_of(written, country)
  local digits = written and tostring(written):match("^%s*([1-9]%d+)%s*$")
  local exact = value.e164(digits and "+" .. digits or written)
  if exact then return exact end
  return migrate.phone(written, country)
end

---Whether text messages are a second factor, and whether an app is.
local function second_factors(record, attributes)
  local sms = value.confirmed(attributes["cognito:mfa_enabled"]) == true
  local app = false
  for _, option in ipairs(value.objects(member(record, "MFAOptions"))) do
    sms = sms or option.DeliveryMedium == "SMS"
  end
  local settings = member(record, "UserMFASettingList") or {}
  if type(settings) == "string" then settings = value.split(settings:gsub("[%[%]\"']", ""), ",") end
  for _, one in ipairs(settings or {}) do
    sms, app = sms or one == "SMS_MFA", app or one == "SOFTWARE_TOKEN_MFA"
  end
  return sms, app
end

---Whether the user is one of another account: CSV has no status, but the user is named after it.
local function is_federated(status, name, identities)
  if status then return status == "EXTERNAL_PROVIDER" end
  local given = value.lower(name) or ""
  for _, one in ipairs(value.objects(identities)) do
    local own = tostring(one.providerName) .. "_" .. tostring(one.userId)
    if given == own:lower() then return true end
  end
  return PROVIDERS[given:match("^(%a+)_%d%d%d%d%d[%x.]+$")] == true
end

---Custom attributes go to app_metadata, the other ones to user_metadata.
local function others(attributes, unread)
  local own, standard = {}, { phone = unread }
  for name, one in pairs(attributes) do
    local custom = name:match("custom:(.+)$")
    if custom then own[custom] = one
    elseif not FIELDS[name] and not name:find("^cognito:") then standard[name] = one end
  end
  return own, next(standard) and metadata.safe(standard)
end

---@type Recipe
return migrate.extend({ params = api.params, needs = api.needs }, {
  name = "cognito",
  about = { system = "Amazon Cognito", passwords = "no", factors = "phones",
    reads = { "files", "API" } },
  params = {
    input = { help = "the users (JSON, CSV); or api", kind = "input", required = true },
    country = { help = "country of phone numbers without one", kind = "country" },
    social = { help = "keep: users who sign in with other accounts, too", kind = { "keep" } },
  },
  source = function(params)
    if params.input == "api" then return api.records(params) end
    return listing.records(params.input, {
      lists = { "Users", "users" }, has = { "Username", "UserAttributes", "Attributes", "sub" },
      csv = function(head) -- import jobs want \, for a comma in a value; quotes are read as well
        return { escape = head:find("cognito:username", 1, true) and "\\" or nil }
      end,
    })
  end,
  map = function(record, params)
    local attributes = attributes_of(record)
    local name = value.trim(member(record, "Username") or attributes["cognito:username"])
    local status = member(record, "UserStatus") or member(record, "status")
    local is_social = is_federated(status, name, attributes.identities)
    if is_social and params.social ~= "keep" then return nil, "signs in with another account" end
    local written = value.trim(attributes.email)
      or value.email(attributes["cognito:username"]) or nil
    if not written then return nil, "no e-mail address" end
    local email = value.email(written)
    if not email then return migrate.reject("not an e-mail address", "FORMAT", "email", written) end

    local id = attributes.sub
    if not id and name and name:find(UUID) then id = name end
    local phone, unread = phone_of(attributes.phone_number, params.country)
    local is_verified = phone and value.confirmed(attributes.phone_number_verified) == true
    local own, standard = others(attributes, unread)
    local kept = metadata.app(own) or {}
    kept.cognito_status, kept.cognito_created = status, value.date(member(record, "UserCreateDate"))
    local sms, app = second_factors(record, attributes)
    if app then
      migrate.lost("totp", "Cognito does not hand out the secrets of authenticator apps")
    end
    if sms and not is_verified then
      migrate.lost("phone_factor", unread and "the number cannot be read"
        or "the number is not verified")
    end
    if is_social or attributes.identities then
      migrate.lost("social", "another account belongs to another connection")
    end
    migrate.lost("password", "Cognito does not hand out passwords")
    local username = not is_social and value.username(name, id, email) or nil
    return {
      user_id = id or username, email = email,
      email_verified = value.confirmed(attributes.email_verified) == true, username = username,
      given_name = attributes.given_name, family_name = attributes.family_name,
      name = attributes.name, nickname = attributes.nickname,
      picture = value.url(attributes.picture), phone_number = phone, phone_verified = is_verified,
      blocked = value.switch(member(record, "Enabled"), nil, "Enabled") == false or nil,
      mfa_factors = sms and is_verified and { { phone = { value = phone } } } or nil,
      user_metadata = standard, app_metadata = next(kept) and kept,
    }
  end,
})
