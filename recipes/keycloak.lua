--- Keycloak: a realm file or directory of `kc.sh export`. Keeps passwords (PBKDF2, Argon2id,
--- bcrypt) and one-time codes; skips service accounts.

local json = require "source.json"
local migrate = require "migrate"
local password = require "auth0.password"
local value = require "source.value"

-- Attributes that become fields; each is a list of strings.
local PHONES <const> = { "phoneNumber", "phone_number", "phone", "mobile" }
local PICTURES <const> = { "picture", "avatar" }
local VERIFIED <const> = { "phoneNumberVerified", "phone_number_verified" }
local FEDERATED <const> = "^LDAP_" -- internals of LDAP federation

local function copy(attributes)
  local copied = {}
  for name, list in pairs(value.null_if(attributes) or {}) do copied[name] = list end
  return copied
end

---The first value among these attributes, which are removed up to it.
local function take(attributes, names)
  for _, name in ipairs(names) do
    local found = value.first(attributes[name])
    attributes[name] = nil
    if found then return found end
  end
end

---The other attributes; a list of one value becomes the value.
local function metadata(attributes)
  local rest = {}
  for name, list in pairs(attributes) do
    if not name:find(FEDERATED) then
      rest[name:gsub("[.$]", "_")] = (type(list) == "table" and #list == 1) and list[1] or list
    end
  end
  return next(rest) and rest
end

local function filled(list)
  return type(list) == "table" and next(list) ~= nil and list or nil
end

---Roles without the realm's default role, which every user has.
local function roles(list)
  local kept = {}
  for _, role in ipairs(filled(list) or {}) do
    if not role:find("^default%-roles%-") then kept[#kept + 1] = role end
  end
  return filled(kept)
end

---The secret of a one-time code: raw text unless its encoding is BASE32.
local function one_time_code(credential)
  local secret, data = value.json(credential.secretData), value.json(credential.credentialData)
  if not secret or not data then return nil, "the credential cannot be read" end
  if data.subType ~= "totp" then return nil, "only time-based codes can be imported" end
  return value.totp(secret.value, {
    encoding = data.secretEncoding == "BASE32" and "base32" or "raw",
    digits = data.digits, period = data.period, algorithm = data.algorithm,
  })
end

---Sets password and MFA factor. Returns whether there is a password.
local function credentials(user, list)
  local has_password = false
  for _, credential in ipairs(filled(list) or {}) do
    local kept, why = true, nil
    if credential.type == "password" then
      has_password = true
      local hash = password.fields(password.keycloak_credential(credential))
      local is_text = type(hash) == "string"
      user.password_hash = is_text and hash or nil
      user.custom_password_hash = not is_text and hash or nil
    elseif credential.type == "otp" and not user.mfa_factors then
      kept, why = one_time_code(credential)
      user.mfa_factors = kept and { { totp = { secret = kept } } } or nil
    elseif credential.type ~= "password" then
      kept, why = false, "users must enroll again"
    end
    if not kept then
      migrate.warn(credential.type .. "_not_kept", credential.type .. ": " .. tostring(why))
    end
  end
  return has_password
end

---@type Recipe
return {
  name = "keycloak",
  params = {
    input = { help = "the realm file or the export directory", kind = "input", required = true },
    country = { help = "calling code for phone numbers without one: 44" },
  },
  source = function(params) return json.records(params.input, { pointer = "/users" }) end,
  map = function(record, params)
    if record.serviceAccountClientId then return nil, "service account" end
    local email = value.email(record.email)
    if not email and not value.null_if(record.email) then return nil, "no e-mail address" end

    local attributes = copy(record.attributes)
    local written, verified = take(attributes, PHONES), take(attributes, VERIFIED)
    local phone = value.phone(written, params.country)
    if written and not phone then
      attributes.phone = written
      migrate.warn("no_country_code",
        "phone numbers that are not international; see the parameter `country`")
    end
    local user = {
      user_id = record.id,
      email = email or record.email,
      email_verified = record.emailVerified == true,
      username = value.username(record.username, record.id),
      given_name = record.firstName,
      family_name = record.lastName,
      phone_number = phone,
      phone_verified = phone and value.boolean(verified),
      picture = take(attributes, PICTURES),
      blocked = record.enabled == false or nil,
      user_metadata = metadata(attributes),
      app_metadata = filled {
        roles = roles(record.realmRoles), client_roles = filled(record.clientRoles),
        groups = filled(record.groups), required_actions = filled(record.requiredActions),
        keycloak_created = value.date(record.createdTimestamp),
      },
    }
    if not credentials(user, record.credentials) then
      migrate.warn("no_password", "users without a password; they must set a new one")
    end
    return user
  end,
}
