--- Keycloak: a realm file, a list of realms, the directory of `kc.sh export`, or the admin API with
--- an older export. Keeps passwords (PBKDF2, Argon2id, bcrypt) and one-time codes, also those of
--- releases before 8; skips service accounts.

local api = require "recipes.api.keycloak"
local json = require "source.json"
local lookup = require "source.lookup"
local metadata = require "auth0.metadata"
local migrate = require "migrate"
local password = require "auth0.password"
local realms = require "source.realms"
local value = require "source.value"

-- Attributes that become fields; each is a list of strings.
local PHONES <const> = { "phoneNumber", "phone_number", "phone", "mobile" }
local PICTURES <const> = { "picture", "avatar" }
local VERIFIED <const> = { "phoneNumberVerified", "phone_number_verified" }
local FEDERATED <const> = "^LDAP_" -- internals of LDAP federation

---The older export, opened by `source`, read by `map`.
---@type Lookup?
local older

---The first value among these attributes, which are removed up to it, and its name.
local function take(attributes, names)
  for _, name in ipairs(names) do
    local found = value.first(attributes[name])
    attributes[name] = nil
    if found then return found, name end
  end
end

---The other attributes that say something; a list of one value becomes the value.
local function others(attributes)
  local rest = {}
  for name, list in pairs(attributes) do
    if type(name) ~= "string" or not name:find(FEDERATED) then
      local is_list = type(list) == "table" and (list[1] ~= nil or next(list) == nil)
      if is_list and #list < 2 then list = list[1] end
      rest[tostring(name)] = value.null_if(list)
    end
  end
  return next(rest) and metadata.safe(rest)
end

local CODES <const> = { otp = true, totp = true, hotp = true }
local LOST <const> = {
  otp = "totp", totp = "totp", hotp = "totp", webauthn = "passkey",
  ["webauthn-passwordless"] = "passkey", ["recovery-authn-codes"] = "recovery_codes",
}
local NO_LOSS <const> = { ["password-history"] = true } -- earlier passwords

---Sets password and MFA factor. Returns whether there is a password.
local function credentials(user, list)
  local has_password, lost = false, {}
  for _, credential in ipairs(value.objects(list)) do
    local kind, kept, why = credential.type, true, nil
    if kind == "password" then
      has_password = true
      local hash = password.fields(password.keycloak_credential(credential))
      local is_text = type(hash) == "string"
      user.password_hash = is_text and hash or nil
      user.custom_password_hash = not is_text and hash or nil
    elseif CODES[kind] and not user.mfa_factors then
      kept, why = realms.one_time_code(credential)
      user.mfa_factors = kept and { { totp = { secret = kept } } } or nil
    elseif not NO_LOSS[kind] then
      kept, why = false, "users must enroll again"
    end
    if not kept then
      migrate.warn(kind .. "_not_kept", kind .. ": " .. tostring(why),
        CODES[kind] and "totp" or nil)
      if LOST[kind] then lost[LOST[kind]] = tostring(why) end
    end
  end
  if user.mfa_factors then lost.totp = nil end
  for what, why in pairs(lost) do migrate.lost(what, why) end
  return has_password
end

---@type Recipe
return {
  name = "keycloak",
  about = { system = "Keycloak", passwords = "yes", factors = "authenticator apps",
    reads = { "files", "API" } },
  params = {
    input = { help = "the realm file or the export directory, or api", kind = "input",
      required = true },
    hashes = { help = "an older export, for what the API does not give: hashes, apps, roles",
      kind = "input" },
    realm = { help = "the realm to read, if the export has several" },
    country = { help = "country of phone numbers without one", kind = "country" },
    social = { help = "keep: also users who sign in with other accounts only", kind = { "keep" } },
    domain = api.params.domain, client_id = api.params.client_id,
    client_secret = api.params.client_secret,
  },
  needs = api.needs,
  source = function(params)
    older = params.hashes and lookup(realms.records(params.hashes, params.realm), "id")
    if params.input == "api" then return api.records(params) end
    return realms.records(params.input, params.realm)
  end,
  map = function(profile, params)
    if type(profile) ~= "table" and type(profile) ~= "userdata" or profile == json.null then
      return migrate.reject("not an object, and so not a user", "SOURCE")
    end
    local record = api.joined(profile, older and older:get(profile.id))
    if record.serviceAccountClientId then return nil, "service account" end
    local email = value.email(record.email)
    if not email and not value.null_if(record.email) then return nil, "no e-mail address" end

    local attributes = realms.attributes(record.attributes)
    local written, name = take(attributes, PHONES)
    local verified = take(attributes, VERIFIED)
    local phone, unread = migrate.phone(written, params.country)
    if unread then attributes[attributes.phone == nil and "phone" or name] = unread end
    local user = {
      user_id = record.id,
      email = email or record.email,
      email_verified = record.emailVerified == true,
      username = value.username(record.username, record.id, email),
      given_name = record.firstName,
      family_name = record.lastName,
      phone_number = phone,
      phone_verified = phone and value.confirmed(verified),
      picture = value.url((take(attributes, PICTURES))),
      blocked = value.switch(record.enabled, nil, "enabled") == false or nil,
      user_metadata = others(attributes),
      app_metadata = value.filled {
        roles = realms.roles(record.realmRoles),
        client_roles = metadata.safe(value.filled(record.clientRoles)),
        groups = value.filled(record.groups),
        required_actions = value.filled(record.requiredActions),
        keycloak_created = value.date(record.createdTimestamp),
      },
    }
    local is_linked = value.filled(record.federatedIdentities) ~= nil
    local has_password = credentials(user, record.credentials)
    local is_social = is_linked and not (has_password or record.federationLink)
    if is_social and params.social ~= "keep" then return nil, "signs in elsewhere (social)" end
    if is_linked then
      migrate.lost("social", "sign-in with another account belongs to another connection")
    end
    if not has_password then
      if not record.credentials then migrate.lost("password", "not in the export of `hashes`") end
      migrate.warn("no_password", "users without a password; they must set a new one")
    end
    return user
  end,
}
