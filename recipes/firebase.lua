--- Firebase Authentication and Identity Platform: `firebase auth:export` as JSON or CSV, users of
--- the Admin SDK, or the API. Firebase's scrypt fits no form of Auth0, so that no password is kept.

local api = require "recipes.api.firebase"
local listing = require "source.listing"
local metadata = require "auth0.metadata"
local migrate = require "migrate"
local value = require "source.value"

-- The columns of CSV, which has no header: 27 or 28 in older files, 52 today, and a comma at the
-- end of each line.
local COLUMNS <const> = {
  "localId", "email", "emailVerified", "passwordHash", "salt", "displayName", "photoUrl",
}
local PROVIDERS <const> = {
  "google.com", "facebook.com", "twitter.com", "github.com", "", "apple.com", "microsoft.com",
  "gc.apple.com", "playgames.google.com", "linkedin.com", "yahoo.com",
}
local MIDDLE <const> = { "createdAt", "lastSignedInAt", "phoneNumber", "disabled",
  "customAttributes" }
local OWN <const> = { password = true, phone = true, emailLink = true } -- no other accounts

for _, provider in ipairs(PROVIDERS) do
  for _, name in ipairs(provider == "" and MIDDLE or { "rawId", "email", "name", "photo" }) do
    COLUMNS[#COLUMNS + 1] = provider == "" and name or provider .. " " .. name
  end
end
for i = 1, 8 do COLUMNS[#COLUMNS + 1] = "further " .. i end

---The other accounts of a user: names of providers, and the first address of these.
local function other_accounts(record)
  local names, email = {}, nil
  for _, one in ipairs(value.objects(record.providerUserInfo or record.providerData)) do
    if value.null_if(one.providerId) and not OWN[one.providerId] then
      names[#names + 1], email = one.providerId, email or value.null_if(one.email)
    end
  end
  for _, provider in ipairs(PROVIDERS) do
    local id = record[provider .. " rawId"] or record[provider .. " email"]
    if id then names[#names + 1], email = provider, email or record[provider .. " email"] end
  end
  return names, email
end

---Whether the user has a password, which the CLI leaves out if it is not of Firebase's scrypt.
local function has_password(record)
  if value.null_if(record.passwordHash) then return true end
  for _, one in ipairs(value.objects(record.providerUserInfo or record.providerData)) do
    if one.providerId == "password" then return true end
  end
  return false
end

---The first phone of the second factors; the secrets of apps stay in Firebase.
local function second_factors(record)
  local several = value.null_if(record.multiFactor)
  local numbers = {}
  for _, factor in ipairs(value.objects(record.mfaInfo or several and several.enrolledFactors)) do
    local written = value.null_if(factor.phoneInfo) or value.null_if(factor.phoneNumber)
    if written then
      numbers[#numbers + 1] = written
    elseif factor.totpInfo or factor.factorId == "totp" then
      migrate.lost("totp", "Firebase does not hand out the secrets of authenticator apps")
    end
  end
  local factor = migrate.phone_factor(numbers)
  return factor and { factor }
end

---A moment of the Admin SDK, such as "Thu, 05 Mar 2020 01:02:03 GMT".
local function iso(moment)
  local day, month, year, time = tostring(moment):match("(%d%d) (%a%a%a) (%d%d%d%d) (%S+) GMT$")
  local at = month and ("JanFebMarAprMayJunJulAugSepOctNovDec"):find(month, 1, true)
  return at and string.format("%s-%02d-%sT%sZ", year, at // 3 + 1, day, time) or moment
end

---The custom claims, and what is Firebase's own.
local function app_metadata(record, names)
  local claims = value.null_if(record.customAttributes) or value.null_if(record.customClaims)
  local kept = metadata.app(metadata.of(claims)) or {}
  local moments = value.null_if(record.metadata) -- of the Admin SDK
  kept.firebase_created = value.date(record.createdAt or moments and iso(moments.creationTime))
  kept.firebase_tenant = value.null_if(record.tenantId)
  kept.firebase_providers = names[1] and names
  return next(kept) and kept
end

---@type Recipe
return migrate.extend({ params = api.params, needs = api.needs }, {
  name = "firebase",
  about = {
    system = "Firebase Authentication", passwords = "no", factors = "phones",
    reads = { "files", "API" },
  },
  params = {
    input = { help = "the export (JSON, CSV), or files of tenants; or api", kind = "input",
      required = true },
    tenant = { help = "only users of this tenant; for input=api, they are asked for" },
    social = { help = "keep: users who sign in with other accounts, too", kind = { "keep" } },
  },
  source = function(params)
    if params.input == "api" then return api.records(params) end
    return listing.records(params.input, {
      lists = { "users" }, has = { "localId", "uid" },
      csv = { header = COLUMNS, ragged = "pad" },
    })
  end,
  map = function(record, params)
    local id, tenant = value.null_if(record.localId) or record.uid, value.null_if(record.tenantId)
    if id == "localId" or id == "uid" then return nil, "names of columns" end
    if params.tenant and tenant and tenant ~= params.tenant then return nil, "of another tenant" end
    local names, other_email = other_accounts(record)
    local is_social = names[1] and not has_password(record)
    if is_social and params.social ~= "keep" then return nil, "signs in with another account" end
    local written = value.null_if(record.email) or is_social and other_email
    if not written then
      local is_anonymous = not (names[1] or value.null_if(record.phoneNumber))
      return nil, is_anonymous and "anonymous account" or "no e-mail address"
    end
    local email = value.email(written)
    if not email then return migrate.reject("not an e-mail address", "FORMAT", "email", written) end

    local phone, unread = value.e164(value.null_if(record.phoneNumber)), nil
    if not phone then phone, unread = migrate.phone(value.null_if(record.phoneNumber)) end
    local user = {
      user_id = id, email = email,
      email_verified = value.null_if(record.email) ~= nil
        and value.confirmed(record.emailVerified) == true,
      name = value.trim(record.displayName),
      picture = value.url(value.null_if(record.photoUrl) or value.null_if(record.photoURL)),
      phone_number = phone, phone_verified = phone and true, -- a message proved it
      blocked = value.switch(record.disabled, nil, "disabled") or nil,
      user_metadata = unread and { phone = unread },
      app_metadata = app_metadata(record, names), mfa_factors = second_factors(record),
    }
    if names[1] then migrate.lost("social", "another account belongs to another connection") end
    migrate.lost("password", has_password(record) and "Firebase's scrypt fits no form of Auth0"
      or "no password in Firebase")
    return user
  end,
})
