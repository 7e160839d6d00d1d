--- What the import's validator says about a user: the rules of auth0.schema, without our kindness
--- to empty values, in Auth0's wording and with the paths of its internal profile.

local host_schema = require "host.schema"
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

---@param settings Connection
---@return host.schema.validator
function verdict.validator(settings)
  local rule = schema.rule(settings)
  local hash = rule.properties.custom_password_hash
  rule.properties.custom_password_hash = nil
  local copy = strict(rule, false, {})
  copy.properties.custom_password_hash = strict(hash, true, {})
  rule.properties.custom_password_hash = hash
  return host_schema.compile(copy, schema.CODES)
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

---The record as the errors of a job show it: hashes and keys are hidden.
---@param user any
---@return table
function verdict.echo(user)
  if type(user) ~= "table" then return {} end
  local copy = {}
  for key, value in pairs(user) do copy[key] = value end
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
