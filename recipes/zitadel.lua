--- ZITADEL: the export of the admin API, with hashes and authenticator apps, or the answers of its
--- searches, which have neither. Machine users are skipped. Ids are text: they exceed 2^53.

local listing = require "source.listing"
local lookup = require "source.lookup"
local migrate = require "migrate"
local password = require "auth0.password"
local value = require "source.value"

-- Where the export and the answers of searches have users.
local USERS <const> = {
  "/orgs/*/humanUsers", "/orgs/*/human_users", "result", "users", "humanUsers",
}
local GRANTS <const> = { "/orgs/*/userGrants", "/orgs/*/user_grants" }

---Opened by `source`, read by `map`: the grants of the same export.
---@type Lookup?
local grants

---The first of these members that says something. The API writes names with humps, its libraries
---with underscores.
local function of(object, ...)
  for _, name in ipairs { ... } do
    local snake = name:gsub("%u", function(letter) return "_" .. letter:lower() end)
    local member = value.null_if(object[name])
    if member == nil then member = value.null_if(object[snake]) end
    if member ~= nil then return member end
  end
end

local function filled(members)
  return next(members) and members
end

local function object(given)
  return type(given) == "table" and given or {}
end

---The user in a record: of the export, or of a search.
local function user_of(record)
  return object(of(record, "user", "human"))
end

---A hash; before there were hashes in exports, the password itself.
local function hash_of(record, user, id)
  local hashed = of(record, "hashedPassword") or of(user, "hashedPassword")
  hashed = type(hashed) == "table" and of(hashed, "value", "hash") or hashed
  local plain = of(record, "password") or of(user, "password")
  plain = type(plain) == "table" and of(plain, "value", "password") or plain
  local text = hashed or plain
  if not text then return nil end
  local hash, why = password.zitadel(text)
  if not hash and not hashed and not tostring(text):find "^%$" then
    return password.cleartext(text, id)
  end
  return hash, why
end

---@param id string
local function roles_of(id)
  local roles, seen = {}, {}
  for _, grant in ipairs(grants and id and grants:all(id) or {}) do
    for _, role in ipairs(object(of(grant, "roleKeys"))) do
      if not seen[role] then roles[#roles + 1], seen[role] = role, true end
    end
  end
  return roles[1] and roles
end

---@type Recipe
return {
  name = "zitadel",
  about = {
    system = "ZITADEL", passwords = "mixed", factors = "authenticator apps", reads = { "files" },
  },
  params = {
    input = { help = "the export (.json; may be compressed)", kind = "input", required = true },
    country = { help = "country of phone numbers without one", kind = "country" },
    social = { help = "keep: also users who sign in with other accounts only", kind = { "keep" } },
  },
  source = function(params)
    local found = listing.find(params.input, { lists = GRANTS })
    grants = found and lookup(found, function(grant) return of(grant, "userId") end, { few = true })
    return listing.records(params.input, {
      lists = USERS, has = { "userId", "id" }, mark = "orgId",
    })
  end,
  map = function(record, params)
    local user, state = user_of(record), tostring(of(record, "state") or "")
    if of(record, "machine") then return nil, "machine user" end
    if state:find "DELETED" then return nil, "deleted account" end
    local id = of(record, "userId", "id")
    local profile, address = object(of(user, "profile")), object(of(user, "email"))
    local written = of(address, "email")
    if not written then return nil, "no e-mail address" end
    local email = value.email(written) or written -- which is rejected
    local linked = of(user, "idps", "idpLinks")
    local hash, why = hash_of(record, user, tostring(id or email))
    local is_linked = next(object(linked)) ~= nil
    if is_linked and not hash and not why and params.social ~= "keep" then
      return nil, "signs in elsewhere (social)"
    end
    if is_linked then migrate.lost("social", "it belongs to another connection") end
    if not hash then migrate.lost("password", why or "exported without with_passwords") end

    local numbers = object(of(user, "phone"))
    local phone, unread = migrate.phone(of(numbers, "phone"), params.country)
    local secret = value.totp(of(record, "otpCode") or of(user, "otpCode"))
    local verified = of(numbers, "isPhoneVerified", "isVerified")
    return {
      user_id = id and tostring(id), email = email,
      email_verified = of(address, "isEmailVerified", "isVerified") == true,
      username = value.username(of(user, "userName") or of(record, "userName", "username"), id,
        email),
      name = of(profile, "displayName"), nickname = of(profile, "nickName"),
      given_name = of(profile, "firstName", "givenName"),
      family_name = of(profile, "lastName", "familyName"),
      phone_number = phone, phone_verified = phone and verified == true,
      blocked = state:find "INACTIVE" ~= nil or nil, custom_password_hash = hash,
      mfa_factors = secret and { { totp = { secret = secret } } },
      user_metadata = filled { locale = of(profile, "preferredLanguage"), phone = unread },
      app_metadata = filled {
        organization = of(record, "orgId") or of(object(of(record, "details")), "resourceOwner"),
        roles = roles_of(id),
      },
    }
  end,
}
