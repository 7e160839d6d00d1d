--- Azure AD B2C and Entra External ID: users of Microsoft Graph, saved as JSON or read from it,
--- also as PowerShell writes them, or the CSV of the portal. Graph shows neither passwords nor
--- which addresses are verified.

local api = require "recipes.api.azure-ad-b2c"
local listing = require "source.listing"
local lookup = require "source.lookup"
local metadata = require "auth0.metadata"
local migrate = require "migrate"
local value = require "source.value"

local PROFILE <const> = {
  "jobTitle", "department", "companyName", "streetAddress", "city", "state", "postalCode",
  "country", "preferredLanguage", "usageLocation", "ageGroup", "creationType", "userType",
}
local EXTENSION <const> = "^extension_%x+_(.+)$"

---Opened by `source`, read by `map`: the phones of a user.
---@type Lookup?
local factors

---A member under its name in Graph, in CSV, or in PowerShell (`DisplayName`).
local function member(record, name)
  local found = record[name]
  if found == nil then found = value.member(record, name) end
  return value.null_if(found)
end

---The user of a list of phones: by the context of the answer, or as the file names it.
local function user_of(answer)
  local context = value.null_if(answer["@odata.context"]) or ""
  return context:match("users%('([^']+)'%)") or context:match("users/([^/]+)/")
    or member(answer, "userId") or member(answer, "id")
end

---What the identities say: the address, the name, the number, whether an own account is among them.
local function sign_ins(record)
  local found = {}
  for _, identity in ipairs(value.objects(member(record, "identities"))) do
    local kind, given = member(identity, "signInType"), member(identity, "issuerAssignedId")
    if kind == "federated" and member(identity, "issuer") == "mail" then
      kind = "emailAddress" -- a code sent by mail
    end
    if kind == "federated" then
      found.social = true
    elseif given and kind and kind ~= "userPrincipalName" then
      found[kind] = found[kind] or given
    end
  end
  local issuer = member(record, "identityIssuer") -- the portal's CSV has it instead of identities
  local home = (member(record, "userPrincipalName") or ""):match("@(.*)$")
  if issuer and issuer ~= "mail" and issuer ~= home and not issuer:find("%.onmicrosoft%.com") then
    found.social = true
  end
  found.own = found.emailAddress or found.userName or found.phoneNumber
  return found
end

---The first phone of the second factors, which Graph writes with a blank after the country.
local function second_factors(id)
  local answer = factors and id and factors:get(id)
  if not answer then return nil end
  local body = value.null_if(answer.body) or answer
  local methods = value.objects(member(body, "value") or member(body, "phoneMethods"))
  local numbers = {}
  for _, one in ipairs(methods) do numbers[#numbers + 1] = member(one, "phoneNumber") end
  local factor = migrate.phone_factor(numbers)
  return factor and { factor }
end

---Custom attributes under their own names, and what else the profile has.
local function app_metadata(record)
  local own, profile = {}, {}
  for _, members in ipairs { metadata.of(member(record, "AdditionalProperties")), record } do
    for name, one in pairs(members) do
      local short = name:match(EXTENSION)
      if short and value.null_if(one) ~= nil then own[short] = one end
    end
  end
  for _, name in ipairs(PROFILE) do profile[name] = member(record, name) end
  local kept = metadata.app(own) or {}
  kept.azure_created = value.date(member(record, "createdDateTime"))
  kept.azure_profile = next(profile) and profile
  return next(kept) and metadata.safe(kept)
end

---@type Recipe
return migrate.extend({ params = api.params, needs = api.needs }, {
  name = "azure-ad-b2c",
  about = { system = "Azure AD B2C, Entra External ID", passwords = "no", factors = "phones",
    reads = { "files", "API" } },
  params = {
    input = { help = "the users (JSON, CSV); or api", kind = "input", required = true },
    factors = { help = "the phoneMethods of the users, as JSON", kind = "input" },
    country = { help = "country of phone numbers without one", kind = "country" },
    verified = { help = "whether the addresses that people sign in with are verified",
      kind = "boolean" },
    social = { help = "keep: users who sign in with other accounts, too", kind = { "keep" } },
  },
  source = function(params)
    factors = params.factors and lookup(listing.records(params.factors, {
      lists = { "responses" }, has = { "value", "phoneMethods", "body" },
    }), user_of) or nil
    if params.input == "api" then return api.records(params) end
    return listing.records(params.input, {
      lists = { "value" }, has = { "id", "Id", "objectId", "userPrincipalName" }, csv = {},
    })
  end,
  map = function(record, params)
    if member(record, "deletedDateTime") then return nil, "deleted" end
    local found, id = sign_ins(record), member(record, "id") or member(record, "objectId")
    local is_social = found.social and not found.own
    if is_social and params.social ~= "keep" then return nil, "signs in with another account" end
    local mails = member(record, "otherMails") or member(record, "alternateEmailAddress")
    if type(mails) == "string" then mails = value.split(mails, ";") end
    local written = found.emailAddress or member(record, "mail") or value.first(mails)
    if not written then return nil, "no e-mail address" end
    local email = value.email(written)
    if not email then return migrate.reject("not an e-mail address", "FORMAT", "email", written) end

    if params.verified == nil then
      migrate.warn("nothing_verified", "users whose addresses become unverified, for Graph does "
        .. "not say which are; see the parameter `verified`")
    end
    local own_phone = value.e164(found.phoneNumber) -- a message proved it
    local phone, unread
    if not own_phone then
      phone, unread = migrate.phone(found.phoneNumber or member(record, "mobilePhone"),
        params.country)
    end
    if found.social then
      migrate.lost("social", "another account belongs to another connection")
    end
    migrate.lost("password", "Graph does not show passwords")
    local name = value.trim(member(record, "displayName"))
    local is_enabled = value.switch(member(record, "accountEnabled"), nil, "accountEnabled")
    return {
      user_id = id, email = email,
      email_verified = params.verified == true and found.emailAddress ~= nil,
      username = value.username(found.userName, id, email),
      name = name ~= "unknown" and name or nil, -- a placeholder of the service
      given_name = member(record, "givenName"), family_name = member(record, "surname"),
      phone_number = own_phone or phone, phone_verified = own_phone and true,
      blocked = is_enabled == false or nil,
      user_metadata = unread and { phone = unread },
      app_metadata = app_metadata(record), mfa_factors = second_factors(id),
    }
  end,
})
