--- What Auth0 accepts as a user of an import file: rules as data, with Auth0's error codes.
--- Sources: Auth0 docs "User Data JSON Schema for Bulk User Imports", "Metadata Field Names and
--- Data Types", "Import User MFA Authenticator Enrollments", Management API v2 (November 2026).
--- Where the sources contradict each other, the rule only warns.

local rules = require "auth0.hash.rules"
local identifiers = require "auth0.identifiers"
local limits = require "auth0.limits"
local sizes = require "auth0.profile"
local schema_host = require "host.schema"
local text = require "host.text"

local schema = {}

---@class ConnectionSettings  settings of a database connection that decide which users are valid
---@field id? string
---@field name? string
---@field identifiers? table<string, boolean>       active: email, username, phone_number; nil:
---                                                 a classic connection
---@field profile_required? table<string, boolean>  required of each user; default email
---@field requires_username? boolean  classic: usernames exist, and each user needs one
---@field username? {min?: integer, max?: integer, allow_email?: boolean, allow_phone?: boolean}
---@field custom_database? boolean    disables the validation of usernames
---@field options_known? boolean     false: defaults, because the settings could not be read
---@field unique? any                 identifiers that are unique, to find duplicates

---Auth0's error code for each keyword of the rules.
---@type table<string, string>
schema.CODES = {
  type = "INVALID_TYPE", min_length = "MIN_LENGTH", max_length = "MAX_LENGTH",
  pattern = "PATTERN", format = "FORMAT", enum = "ENUM_MISMATCH", minimum = "MINIMUM",
  maximum = "MAXIMUM", required = "OBJECT_REQUIRED", forbidden = "NOT_PASSED",
  additional = "OBJECT_ADDITIONAL_PROPERTIES", key_without = "PATTERN",
  any_required = "ANY_OF_MISSING", exclusive = "NOT_PASSED",
  min_properties = "OBJECT_PROPERTIES_MINIMUM", max_properties = "OBJECT_PROPERTIES_MAXIMUM",
  min_items = "ARRAY_LENGTH_SHORT", max_items = "ARRAY_LENGTH_LONG",
  max_bytes = "PROFILE_SIZE_EXCEEDED", -- ours is only a warning
}

-- Auth0 docs, "Adding Username for Database Connections": 1 to 15 unless the connection differs.
local USERNAME_MIN <const>, USERNAME_MAX <const> = 1, 15

local PHONE <const> = {
  type = "string", pattern = "^%+%d" .. ("%d?"):rep(14) .. "$",
  pattern_name = "^\\+[0-9]{1,15}$",
}

---Names in metadata must not contain "." or "$", at any depth.
local ANY <const> = { key_without = ".$" }
ANY.additional, ANY.items = ANY, ANY

---Names that app_metadata must not have.
---@type string[]
schema.APP_METADATA_RESERVED = {
  "__tenant", "_id", "blocked", "clientID", "created_at", "email_verified", "email",
  "globalClientID", "global_client_id", "identities", "lastIP", "lastLogin", "loginsCount",
  "metadata", "multifactor_last_modified", "multifactor", "updated_at", "user_id",
}

local function factor(member, rule)
  return {
    type = "object", omit_empty = true, additional = false, required = { member },
    properties = { [member] = rule },
  }
end

local MFA_FACTORS <const> = {
  type = "array", min_items = 1, max_items = limits.MFA_FACTORS,
  items = {
    type = "object", omit_empty = true, additional = false,
    min_properties = 1, max_properties = 1,
    properties = {
      totp = factor("secret", { type = "string", pattern = "^[A-Z2-7]+$" }),
      phone = factor("value", PHONE),
      email = factor("value", { type = "string", format = "email" }),
    },
  },
}

local function name_rule(most, doubtful)
  return {
    type = "string", min_length = 1, max_length = most,
    warn = doubtful and { max_length = doubtful },
  }
end

local PROPERTIES <const> = {
  email = { type = "string", format = "email" },
  email_verified = { type = "boolean" },
  phone_number = PHONE,
  phone_verified = { type = "boolean" },
  user_id = {
    type = "string", min_length = 1, max_length = 255, pattern = "^%S+$", pattern_name = "^\\S+$",
  },
  given_name = name_rule(150),
  family_name = name_rule(150),
  name = name_rule(300, 150), -- the profile page says 150, the Management API 300
  nickname = name_rule(350, 300), -- the profile page says 350, the Management API 300
  picture = {
    type = "string", format = "uri", pattern = "^[Hh][Tt][Tt][Pp][Ss]?:",
    pattern_name = "^https?://",
  },
  blocked = { type = "boolean" },
  password_hash = {
    type = "string", pattern = "^%$2[ab]%$10%$" .. ("[./A-Za-z0-9]"):rep(53) .. "$",
    pattern_name = "^\\$2[ab]?\\$10+\\$[./A-Za-z0-9]{53}$",
  },
  custom_password_hash = rules.RULE,
  app_metadata = {
    type = "object", forbidden = schema.APP_METADATA_RESERVED, key_without = ".$", additional = ANY,
  },
  user_metadata = { type = "object", key_without = ".$", additional = ANY },
  mfa_factors = MFA_FACTORS,
}

-- Characters of usernames in sets: all but "@", without digits, without "+", without ".".
local USERNAME <const> = "A-Za-z0-9_+%-.!#$'^`~"
local NO_DIGIT <const> = "A-Za-z_+%-.!#$'^`~"
local NO_PLUS <const> = "A-Za-z0-9_%-.!#$'^`~"
local NO_DOT <const> = "A-Za-z0-9_+%-!#$'^`~"

---Usernames that look like an e-mail address or a phone number are rejected unless the connection
---allows them. Patterns, because a `check` costs as much as all other rules.
---@return string[] patterns
---@return string name
local function username_patterns(username)
  local any = "[" .. USERNAME .. "@]*"
  local name = "^[A-Za-z0-9_+\\-.!#$'^`~@]+$"
  local list = { "^[" .. NO_PLUS .. "][" .. USERNAME .. "]*$" } -- most usernames
  if username.allow_phone then
    list[#list + 1] = "^[" .. USERNAME .. "]+$"
  else
    list[#list + 1] = "^%+%d*[" .. NO_DIGIT .. "][" .. USERNAME .. "]*$"
    list[#list + 1] = "^%+$"
    name = name .. " and not a phone number"
  end
  if username.allow_email then
    list[#list + 1] = "^" .. any .. "@" .. any .. "$"
  else
    list[#list + 1] = "^" .. any .. "@[" .. NO_DOT .. "]*$"
    list[#list + 1] = "^@" .. any .. "$"
    list[#list + 1] = "^" .. any .. "@" .. any .. "@" .. any .. "$"
    name = name .. " and not an e-mail address"
  end
  return list, name
end

local function username_rule(settings)
  if settings.custom_database then return { type = "string", min_length = 1 } end
  local username = settings.username or {}
  local patterns, name = username_patterns(username)
  return {
    type = "string",
    min_length = username.min or USERNAME_MIN,
    max_length = username.max or USERNAME_MAX,
    pattern = patterns, pattern_name = name,
  }
end

---Members that every user of the connection must have, and those of which one is required.
---@return string[] required
---@return string[]? any
local function needed(settings)
  local required = {}
  local profile = settings.profile_required or { email = not settings.identifiers }
  for _, name in ipairs(identifiers.LOGINS) do
    if profile[name] or (name == "username" and settings.requires_username) then
      required[#required + 1] = name
    end
  end
  local any = {}
  for _, name in ipairs(identifiers.LOGINS) do
    if (settings.identifiers or {})[name] then any[#any + 1] = name end
  end
  if #required == 0 and #any == 0 then any = identifiers.LOGINS end
  return required, #any > 0 and any or nil
end

---@param settings? ConnectionSettings  nil: Auth0's defaults
---@return host.schema.Rule
function schema.rule(settings)
  settings = settings or {}
  local properties = {}
  for name, rule in pairs(PROPERTIES) do properties[name] = rule end
  properties.username = username_rule(settings)
  local required, any = needed(settings)
  local unwelcome = settings.requires_username == false and not settings.identifiers
    and settings.options_known ~= false
  return {
    type = "object", omit_empty = true, additional = false, properties = properties,
    required = required, any_required = any,
    exclusive = { "password_hash", "custom_password_hash" },
    warn = {
      max_bytes = limits.PROFILE_WARN_BYTES, forbidden = unwelcome and { "username" } or nil,
    },
  }
end

---The rule for a path; an empty one if there is none.
local function rule_at(rule, path)
  for name in path:gsub("%[%d+%]", ".[]"):gmatch("[^.]+") do
    rule = name == "[]" and rule.items or (rule.properties or {})[name] or rule.additional
    if type(rule) ~= "table" then return {} end
  end
  return rule
end

-- Common names of other systems, and Auth0's names.
local HABITS <const> = {
  firstname = "given_name", lastname = "family_name", first_name = "given_name",
  last_name = "family_name", surname = "family_name", phone = "phone_number",
  mobile = "phone_number", id = "user_id", mail = "email", password = "custom_password_hash",
  avatar = "picture", fullname = "name", metadata = "app_metadata", verified = "email_verified",
}

---The closest of the known names and their common aliases.
local function nearest(name, names)
  local best, least = nil, math.max(1, #name // 3) + 1
  local function try(written, meant)
    if not names[meant] then return end
    local distance = text.distance(name:lower(), written)
    if distance < least or (distance == least and best and meant < best) then
      best, least = meant, distance
    end
  end
  for candidate in pairs(names) do try(candidate, candidate) end
  for habit, meant in pairs(HABITS) do try(habit, meant) end
  return best
end

---@class UserFinding : host.schema.Finding
---@field fix? string      what to do
---@field wanted? string   of keyword "type": the type of the rule; "any" for any JSON type
---@field maximum? integer of keyword "max_length": characters
---@field near? string     of keyword "additional": the name probably meant

---@class UserValidator
---@field private inner host.schema.validator
---@field rule host.schema.Rule
local UserValidator = {}
UserValidator.__index = UserValidator

local function suggest(rule, finding)
  local up, name = finding.path:match("^(.*)%.([^.]+)$")
  local near = nearest(name or finding.path, rule_at(rule, up or "").properties or {})
  if not near then return end
  finding.near = near
  finding.message = finding.message .. ' (did you mean "' .. near .. '"?)'
  finding.fix = 'Write "' .. near .. '", or move the value into user_metadata or app_metadata.'
end

---Adds the fields of a finding that the advice needs and only the message has.
---@type table<string, fun(rule: host.schema.Rule, finding: UserFinding)>
local FIGURES <const> = {
  type = function(rule, finding)
    local wanted = rule.type or "any"
    finding.wanted = type(wanted) == "table" and wanted[1] or wanted
  end,
  max_length = function(rule, finding)
    finding.maximum = (finding.warning and rule.warn or rule).max_length
  end,
}

---One rule warns of both; the user says whether the limit is exceeded.
local function explain_size(finding, user)
  if sizes.is_exceeded(sizes.bytes(user)) then
    finding.message = "the user is larger than 10 KB: Auth0 will reject it from "
      .. limits.PROFILE_ENFORCED
  else
    finding.code = "PROFILE_SIZE_NEAR"
    finding.message = "the user is larger than 8 KB, and Auth0's limit is 10 KB"
  end
end

---Adds the words to findings that the rules alone do not know.
---@param findings UserFinding[]  of the validator of `compile`
---@param user_of fun(): any      the user, called only if a finding needs it
---@return UserFinding[] findings  the same
function UserValidator:explain(findings, user_of)
  for _, finding in ipairs(findings) do
    local add_figures = FIGURES[finding.keyword]
    if add_figures then add_figures(rule_at(self.rule, finding.path), finding) end
    if finding.keyword == "additional" then
      suggest(self.rule, finding)
    elseif finding.keyword == "max_length" and finding.path == "username" then
      finding.fix = "If the connection allows longer usernames, pass --connection-file."
    elseif finding.keyword == "forbidden" and finding.path == "username" then
      finding.message = "the connection does not use usernames and may reject this user"
    elseif finding.keyword == "max_length" and finding.warning then
      finding.message = finding.message .. " on Auth0's profile page; Auth0 may reject it"
    elseif finding.keyword == "max_bytes" then
      explain_size(finding, user_of())
    end
  end
  return findings
end

---Checks a user (normalized by auth0.user) and removes its empty members.
---@param user any
---@param draft? host.json.draft  receives the JSON of a user without errors
---@return UserFinding[]? findings  nil if there are none
function UserValidator:check(user, draft)
  local findings = self.inner:check(user, draft)
  return findings and self:explain(findings, function() return user end)
end

---The validator of the rules alone; `explain` adds the words to its findings.
---@param settings? ConnectionSettings  nil: Auth0's defaults
---@return host.schema.validator
function schema.compile(settings)
  return schema_host.compile(schema.rule(settings), schema.CODES)
end

---@param settings? ConnectionSettings  nil: Auth0's defaults
---@return UserValidator
function schema.for_connection(settings)
  local rule = schema.rule(settings)
  return setmetatable({
    rule = rule, inner = schema_host.compile(rule, schema.CODES),
  }, UserValidator)
end

return schema
