--- PingOne, ForgeRock and PingDirectory: pages of PingOne's users, managed users of IDM and PingOne
--- Advanced Identity Cloud, from files or their APIs, and LDIF of the directories below them.

local api = require "recipes.api.ping-forgerock"
local ldap = require "recipes.ldap"
local listing = require "source.listing"
local metadata = require "auth0.metadata"
local migrate = require "migrate"
local password = require "auth0.password"
local value = require "source.value"

local LISTS <const> = { "/_embedded/users", "result" } -- of PingOne, of IDM
local HOME <const> = "PING_ONE" -- the identity provider of users who sign in at PingOne itself

local function object(given)
  return type(value.null_if(given)) == "table" and given or {}
end

local function filled(members)
  for name, member in pairs(members) do members[name] = value.null_if(member) end
  return next(members) and metadata.safe(members)
end

---The names of roles, which are references in IDM.
local function names_of(list)
  local names = {}
  for _, one in ipairs(object(list)) do
    names[#names + 1] = type(one) == "string" and one
      or value.first { object(one).name, object(one)._refResourceId }
  end
  return names[1] and names
end

---What both systems call alike; the numbers are the first that there is.
local function common(record, params, numbers)
  local phone, unread = migrate.phone(value.first(numbers), params.country)
  local written = value.null_if(record.email) or value.first(record.mail)
  local email = value.email(written)
  return {
    user_id = value.null_if(record.id) or record._id, email = email or written,
    username = value.username(value.null_if(record.username) or record.userName,
      record.id or record._id, email),
    phone_number = phone,
  }, unread
end

local function of_pingone(record, params)
  local user, unread = common(record, params, { record.mobilePhone, record.primaryPhone })
  local provider = object(record.identityProvider).type or HOME
  if provider ~= HOME then
    if params.social ~= "keep" then return nil, "signs in elsewhere (social)" end
    migrate.lost("social", "it belongs to another connection")
  end
  local name = object(record.name)
  user.email_verified = value.boolean(record.emailVerified) == true
  user.given_name, user.family_name, user.name = name.given, name.family, name.formatted
  user.nickname, user.picture = record.nickname, value.url(object(record.photo).href)
  user.blocked = value.switch(record.enabled, nil, "enabled") == false or nil
  user.user_metadata = filled { phone = unread, locale = record.preferredLanguage }
  user.app_metadata = filled {
    population = object(record.population).id, external_id = record.externalId,
    title = record.title, type = record.type, pingone_created = value.date(record.createdAt),
  }
  if value.boolean(record.mfaEnabled) then migrate.lost("totp", "PingOne gives no secrets") end
  migrate.lost("password", "PingOne gives no passwords")
  return user
end

local function of_idm(record, params)
  local user, unread = common(record, params, { record.mobile, record.telephoneNumber })
  local hash, why = password.forgerock(value.null_if(record.password))
  if hash and type(record.password) == "table" then
    migrate.warn("prove_first", "hashes of IDM, whose layout is not documented: `prove` one known "
      .. "login before the import")
  end
  if not value.null_if(record.password) then why = "the property password is private" end
  if not hash then migrate.lost("password", why) end
  user.email_verified = params.verified == true
  user.name = value.first { record.displayName, record.cn }
  user.given_name, user.family_name = record.givenName, record.sn
  user.picture, user.custom_password_hash = value.url(record.profileImage), hash
  user.blocked = value.lower(record.accountStatus) == "inactive" or nil
  user.user_metadata = filled { phone = unread, locale = record.preferredLocale }
  user.app_metadata = filled {
    roles = names_of(record.effectiveRoles) or names_of(record.roles), title = record.title,
    groups = names_of(record.groups),
  }
  return user
end

---@type Recipe
return migrate.extend(ldap, {
  name = "ping-forgerock",
  about = { system = "PingOne, ForgeRock, PingDirectory", passwords = "mixed",
    reads = { "files", "API" } },
  params = migrate.extend(api, { params = {
    input = { help = "users (.json, .ldif), or api", kind = "input", required = true },
    social = { help = "keep: also users who sign in with other accounts only", kind = { "keep" } },
  } }).params,
  needs = api.needs,
  source = function(params)
    if params.input == "api" then return api.records(params) end
    return listing.records(params.input, {
      lists = LISTS, has = { "id", "_id" },
      ldif = function(path) return ldap.source { input = path, roles = params.roles } end,
    })
  end,
  map = function(record, params)
    if record.dn then return ldap.map(record, params) end
    if not (value.null_if(record.email) or value.first(record.mail)) then
      return nil, "no e-mail address"
    end
    if record._id or record.userName then return of_idm(record, params) end
    return of_pingone(record, params)
  end,
})
