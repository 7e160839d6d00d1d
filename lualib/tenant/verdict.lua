--- Validation of an imported user: the rules of auth0.schema, but strict about empty values, with
--- Auth0's messages and the paths of its internal profile.

local host_schema = require "host.schema"
local json = require "host.json"
local limits = require "auth0.limits"
local schema = require "auth0.schema"
local text = require "host.text"

local verdict = {}

---Copies a rule without warnings and without the exemption of empty values. `lax` also drops checks
---of what Auth0 detects only at a login, such as the length of a hash.
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

-- Names of two codes in the validator, other than in the documentation.
local RENAMED <const> = { format = "INVALID_FORMAT", required = "OBJECT_MISSING_REQUIRED_PROPERTY" }

-- Auth0's pattern, as its errors show it.
local BCRYPT <const> = "^%$2[ab]?%$10+%$" .. ("[./A-Za-z0-9]"):rep(53) .. "$"

-- Binary hashes and salts: hex of any even length, both Base64 alphabets.
local BYTES <const> = { on = "encoding", cases = {
  hex = { properties = { value = { format = "hex" } } },
  base64 = { properties = { value = {
    pattern = "^[A-Za-z0-9+/_-]+=?=?$", pattern_name = "^[A-Za-z0-9+/_-]+={0,2}$",
  } } },
} }
local HEX_PATTERN <const> = "^([0-9a-fA-F]{2})+$"

-- Algorithms whose value is self-describing.
local TEXTS <const> = { bcrypt = true, argon2 = true, pbkdf2 = true, ldap = true }

---Replaces our narrower rules with the published ones.
local function publish(copy)
  local properties = copy.properties
  properties.password_hash.pattern = BCRYPT
  properties.picture.pattern = nil
  properties.mfa_factors.items.min_properties = nil
  local hash = properties.custom_password_hash
  hash.properties.salt.properties.value.min_length = nil
  hash.properties.hash.properties.key.properties.value.min_length = nil
  for name, case in pairs(hash.switch.cases) do
    case.forbidden = TEXTS[name] and name ~= "bcrypt" and { "salt" } or nil
    if not TEXTS[name] then case.properties.hash.switch = BYTES end
  end
end

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
  publish(copy)
  if doubts["profile-size"] == "refuse" then copy.max_bytes = limits.PROFILE_BYTES end
  return host_schema.compile(copy, codes_of(doubts))
end

local ANY_OF <const> = "Data does not match any schemas from 'anyOf'"
local TOO_LARGE <const> = "The profile is larger than 10 KB." -- ours: Auth0's is not known
local NOT <const> = "Data matches schema from 'not'"

local function value_at(user, path)
  for name, close in path:gmatch("([^.%[%]]+)(%]?)") do
    user = type(user) == "table" and user[close == "]" and tonumber(name) + 1 or name] or nil
  end
  return user
end

-- By keyword: Auth0's message where ours says more.
---@type table<string, fun(finding: host.schema.Finding, user: any): string>
local WORDS <const> = {
  format = function(finding, user)
    if finding.message:find("format hex", 1, true) then
      return "String does not match pattern " .. HEX_PATTERN
    end
    return finding.message:match("^[^:]*") .. ": " .. tostring(value_at(user, finding.path))
  end,
  any_required = function() return ANY_OF end,
  exclusive = function() return NOT end,
  forbidden = function() return NOT end,
  max_bytes = function() return TOO_LARGE end,
  minimum = function(finding) return (finding.message:gsub("%.0%f[%D]", "")) end,
  type = function(finding) return (finding.message:gsub("^%u", string.lower)) end,
}
WORDS.maximum = WORDS.minimum

local PROFILE <const> = { email = true, username = true, phone_number = true }

local function camel(name)
  return (name:gsub("_(%l)", string.upper))
end

---A path with the names of Auth0's internal profile.
local function internal(path, keyword, doubts)
  local head, rest = path:match("^([%w_]+)(.*)$")
  if head == "password_hash" or head == "custom_password_hash" then return camel(head) .. rest end
  if doubts.path == "camel" and head then head = camel(head) end
  if PROFILE[path] and keyword ~= "type" then return "identities[0].profileData." .. head end
  return head and head .. rest or path
end

---@class UserError
---@field code? string
---@field message string
---@field path? string

local function described(finding, user, doubts)
  local words, keyword = WORDS[finding.keyword], finding.keyword
  if finding.path == "" then
    local message = keyword ~= "type" and words and words(finding, user) or finding.message
    return { code = finding.code, message = message }
  end
  local path = internal(finding.path, keyword, doubts)
  local message = words and words(finding, user) or finding.message
  local code = finding.code
  if message:find(HEX_PATTERN, 1, true) then code = schema.CODES.pattern end
  return {
    code = code, path = path,
    message = string.format("Error in %s property%s %s", path, keyword == "type" and "," or " -",
      message),
  }
end

---The error of a finding where a doubt changes it, or nil.
local function doubted(finding, user, doubts)
  if doubts["two-hashes"] == "forbidden" and finding.keyword == "exclusive" then
    return { message = "Forbidden attribute in appUser: " }
  elseif doubts["hash-shape"] == "any-of"
    and finding.path:find("^custom_password_hash%f[^%w_]") then
    local path = internal("custom_password_hash", "any_required", doubts)
    return {
      code = schema.CODES.any_required, path = path,
      message = string.format("Error in %s property - %s", path, ANY_OF),
    }
  elseif doubts["null-object"] == "required" and finding.keyword == "type"
    and finding.message:find("type object but found type null", 1, true) then
    local err = described(finding, user, doubts)
    err.code = doubts.codes == "validator" and RENAMED.required or schema.CODES.required
    return err
  end
end

---The first finding about a user of a single call, with the validator's message.
---@param validator host.schema.validator
---@param user table
---@param given? table<string, any>  members that the call changes; findings of others are ignored
---@return string? message
---@return string? member
function verdict.objection(validator, user, given)
  for _, finding in ipairs(validator:check(user) or {}) do
    local member = finding.path:match("^[%w_]+")
    if not member or not given or given[member] ~= nil then
      local words = finding.keyword ~= "type" and WORDS[finding.keyword]
      return words and words(finding, user) or finding.message, member
    end
  end
end

---@param validator host.schema.validator
---@param user any
---@param doubts table<string, string>
---@param draft? host.json.draft  receives the JSON of a user without errors
---@return UserError[]? errors  nil when there is none
function verdict.errors(validator, user, doubts, draft)
  local findings = validator:check(user, draft)
  if not findings then return nil end
  local errors, seen = {}, {}
  for _, finding in ipairs(findings) do
    local err = doubted(finding, user, doubts) or described(finding, user, doubts)
    local key = (err.path or "") .. err.message
    if not seen[key] then errors[#errors + 1] = err end
    seen[key] = true
  end
  return errors
end

---The path of an error in a job's errors.
---@param path? string
---@param doubts table<string, string>
---@return string?
function verdict.shown_path(path, doubts)
  if not path or doubts.path == "absent" then return nil end
  if doubts.path ~= "pointer" then return path end
  return "#/" .. path:gsub("%[(%d+)%]", "/%1"):gsub("%.", "/")
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

---The user in a job's errors: hashes and keys are redacted.
---@param user any
---@param doubts table<string, string>
---@return table
function verdict.echo(user, doubts)
  if type(user) ~= "table" then return {} end
  local copy = {}
  for key, value in pairs(user) do copy[key] = value end
  if doubts["echo-email"] == "lower" and type(copy.email) == "string" then
    copy.email = text.lower(copy.email)
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
