--- What the import's validator says about a user: the rules of auth0.schema, without our kindness
--- to empty values, in Auth0's wording and with the paths of its internal profile.

local host_schema = require "host.schema"
local json = require "host.json"
local schema = require "auth0.schema"

local verdict = {}

---Copies a rule. Empty values are judged, doubts are not voiced, and with `lax` neither is what
---only a login would show (the length of a hash).
local function strict(rule, lax, copied)
  if type(rule) ~= "table" then return rule end
  if copied[rule] then return copied[rule] end
  local copy = {}
  copied[rule] = copy
  for key, value in pairs(rule) do
    local dropped = key == "omit_empty" or key == "warn" or (lax and key == "check")
    if not dropped then copy[key] = strict(value, lax, copied) end
  end
  return copy
end

-- The names that the validator itself has for two of the codes.
local RENAMED <const> = { format = "INVALID_FORMAT", required = "OBJECT_MISSING_REQUIRED_PROPERTY" }

-- What the server takes; our own rule is narrower. Auth0's pattern, as its errors show it.
local BCRYPT <const> = "^%$2[ab]?%$10+%$" .. ("[./A-Za-z0-9]"):rep(53) .. "$"

local function codes_of(doubts)
  local codes = {}
  for keyword, code in pairs(schema.CODES) do
    codes[keyword] = doubts.codes == "validator" and RENAMED[keyword] or code
  end
  return codes
end

---@param settings Connection
---@param doubts table<string, string>
---@return host.schema.validator
function verdict.validator(settings, doubts)
  local rule = schema.rule(settings)
  local hash = rule.properties.custom_password_hash
  rule.properties.custom_password_hash = nil
  local copy = strict(rule, false, {})
  copy.properties.custom_password_hash = strict(hash, true, {})
  rule.properties.custom_password_hash = hash
  copy.properties.password_hash.pattern = BCRYPT
  return host_schema.compile(copy, codes_of(doubts))
end

local PROFILE <const> = { email = true, username = true, phone_number = true }

local function internal(path, keyword)
  local head, rest = path:match("^([%w_]+)(.*)$")
  if head == "password_hash" then return "passwordHash" .. rest end
  if head == "custom_password_hash" then return "customPasswordHash" .. rest end
  if PROFILE[head] and keyword ~= "type" then return "identities[0].profileData." .. path end
  return path
end

---@param finding host.schema.Finding
---@return {code: string, message: string, path?: string}
local function told(finding)
  if finding.path == "" then return { code = finding.code, message = finding.message } end
  local path = internal(finding.path, finding.keyword)
  local message = string.format("Error in %s property - %s", path, finding.message)
  if finding.keyword == "type" then
    message = string.format("Error in %s property, %s", path,
      finding.message:gsub("^%u", string.lower))
  end
  return { code = finding.code, message = message, path = path }
end

---@param validator host.schema.validator
---@param user any
---@return table[]? errors  nil when there is none
function verdict.errors(validator, user)
  local findings = validator:check(user)
  if not findings then return nil end
  local errors = {}
  for i, finding in ipairs(findings) do errors[i] = told(finding) end
  return errors
end

local HIDDEN <const> = "*****"

local function factors_without_secrets(factors)
  local list = json.array {}
  for i, factor in ipairs(factors) do
    local hidden = type(factor) == "table" and type(factor.totp) == "table"
    list[i] = hidden and { totp = { secret = HIDDEN } } or factor
  end
  return list
end

---The record as the errors of a job show it: hashes and keys are hidden.
---@param user any
---@param doubts table<string, string>
---@return table
function verdict.echo(user, doubts)
  if type(user) ~= "table" then return {} end
  local copy = {}
  for key, value in pairs(user) do copy[key] = value end
  if doubts["echo-email"] == "lower" and type(copy.email) == "string" then
    copy.email = copy.email:lower()
  end
  if doubts.totp == "hidden" and type(copy.mfa_factors) == "table" then
    copy.mfa_factors = factors_without_secrets(copy.mfa_factors)
  end
  if copy.password_hash ~= nil then copy.password_hash = HIDDEN end
  local custom = copy.custom_password_hash
  if type(custom) ~= "table" then return copy end
  local shown = {}
  for key, value in pairs(custom) do shown[key] = value end
  if type(custom.hash) == "table" then
    shown.hash = {}
    for key, value in pairs(custom.hash) do shown.hash[key] = value end
    shown.hash.value = HIDDEN
    if type(custom.hash.key) == "table" then
      shown.hash.key = { value = HIDDEN, encoding = custom.hash.key.encoding }
    end
  end
  copy.custom_password_hash = shown
  return copy
end

return verdict
