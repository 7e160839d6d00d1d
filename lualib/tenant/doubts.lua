--- Where Auth0's documents contradict each other or are silent: what may be true, as switches of
--- the rehearsal tenant. docs/tenant.md has the same list.

local spelling = require "base.spelling"

local doubts = {}

---@class Doubt
---@field name string
---@field values string[]  the first is the default
---@field about string

---@type Doubt[]
doubts.LIST = {
  {
    name = "codes", values = { "listed", "validator" },
    about = "FORMAT and OBJECT_REQUIRED as in Auth0's list of codes, or INVALID_FORMAT and "
      .. "OBJECT_MISSING_REQUIRED_PROPERTY as its validator has them",
  },
  {
    name = "username", values = { "taken", "refused" },
    about = "a username in a connection without usernames",
  },
  {
    name = "unknown", values = { "user", "job" },
    about = "an unknown property fails its user, or the whole job as if it were no JSON",
  },
  {
    name = "null-email", values = { "user", "rest", "lost" },
    about = "a null address fails its user only, all users after it too, or these are never "
      .. "looked at",
  },
  {
    name = "conflict", values = { "seen", "any", "named", "plain" },
    about = "a user who is there, without upsert: DUPLICATED_USER for the address, as seen, or for "
      .. "any identifier; or CONFLICT_EMAIL, CONFLICT_USERNAME and CONFLICT as in Auth0's list; or "
      .. "CONFLICT for all, with upsert too",
  },
  {
    name = "ghost", values = { "own", "ordinary" },
    about = "DUPLICATED_USER of a ghost: with a message of its own, or with that of a user who is "
      .. "there",
  },
  {
    name = "match", values = { "email", "user-id" },
    about = "an upsert finds its user by address, or by user_id as a flag of the tenant has it",
  },
  {
    name = "two-hashes", values = { "not", "forbidden" },
    about = "password_hash beside custom_password_hash: NOT_PASSED, or \"Forbidden attribute in "
      .. "appUser\" without a code",
  },
  {
    name = "hash-shape", values = { "rule", "any-of" },
    about = "a custom_password_hash that fits no algorithm: the rule that it breaks, or "
      .. "ANY_OF_MISSING",
  },
  {
    name = "null-object", values = { "type", "required" },
    about = "null where an object is wanted: INVALID_TYPE, or OBJECT_REQUIRED",
  },
  {
    name = "path", values = { "present", "absent", "pointer", "camel" },
    about = "the path in the errors of a user: given, not given, as #/a/0/b, or with all names in "
      .. "camel case",
  },
  {
    name = "totp", values = { "shown", "hidden" },
    about = "secrets of one-time passwords in the errors of a user",
  },
  {
    name = "echo-email", values = { "given", "lower" },
    about = "addresses in the errors of a user: as sent, or in lower case",
  },
  {
    name = "failed-errors", values = { "job", "none" },
    about = "the errors of a job that failed as a whole: the job (200), or nothing (204)",
  },
  {
    name = "no-errors", values = { "none", "list" },
    about = "the errors of a job that has none: nothing (204), or an empty list (200)",
  },
  {
    name = "job-id", values = { "checked", "any" },
    about = "a malformed id of a job: 400, or 404 as of an unknown one",
  },
  {
    name = "progress", values = { "percentage", "full", "absent" },
    about = "percentage_done of a job that runs, time_left_seconds too, or neither",
  },
  {
    name = "running", values = { "pending", "processing" }, about = "the status of a job that runs",
  },
  {
    name = "timeout", values = { "failed", "expired" },
    about = "the status of a job after two hours",
  },
  {
    name = "kept", values = { "created", "ended" },
    about = "the 24 hours of a job's data begin when it was created, or when it ended",
  },
  {
    name = "upsert-verified", values = { "kept", "reset" },
    about = "email_verified after an upsert that does not give it: as it was, or false",
  },
  {
    name = "upsert-factors", values = { "changed", "kept" }, about = "MFA factors under upsert",
  },
  {
    name = "slots-code", values = { "absent", "present" },
    about = "errorCode too_many_requests in the 429 for a full slot",
  },
  {
    name = "retry-after", values = { "absent", "present" },
    about = "Retry-After in the 429 of a bucket",
  },
  {
    name = "refill", values = { "second", "minute" },
    about = "limits of a minute: their share is added each second, or all at the top of a minute",
  },
  {
    name = "foreign-token", values = { "not-global", "bad-audience" },
    about = "a good token that is not for the Management API: \"Client is not global.\", or "
      .. "\"Bad audience\"",
  },
  {
    name = "basic", values = { "refused", "taken" },
    about = "the client's secret in a header of HTTP Basic at /oauth/token",
  },
  {
    name = "scope-text", values = { "comma", "semicolon" },
    about = "\"Insufficient scope, expected any of\" or \"Insufficient scope; expected any of\"",
  },
  {
    name = "search", values = { "at-once", "late" },
    about = "GET /users finds new users at once, or after 5 seconds",
  },
  {
    name = "export", values = { "gzip", "plain" }, about = "the file of an export",
  },
}

---@param name string
---@return Doubt?
local function find(name)
  for _, doubt in ipairs(doubts.LIST) do
    if doubt.name == name then return doubt end
  end
end

local function names()
  local list = {}
  for i, doubt in ipairs(doubts.LIST) do list[i] = doubt.name end
  return list
end

---Reads "codes=validator".
---@param text string
---@return {name: string, value: string}?
---@return string? expected
function doubts.parse(text)
  local name, value = text:match("^([%w-]+)=(.*)$")
  if not name then return nil, "NAME=VALUE" end
  local doubt = find(name)
  if not doubt then
    local near = spelling.find(name, names())
    return nil, "a doubt of docs/tenant.md" .. (near and ", such as " .. near or "")
  end
  for _, known in ipairs(doubt.values) do
    if known == value then return { name = name, value = value } end
  end
  return nil, name .. "=" .. table.concat(doubt.values, "|")
end

---What is taken for true.
---@param chosen? {name: string, value: string}[]
---@return table<string, string>  by name
function doubts.settle(chosen)
  local settled = {}
  for _, doubt in ipairs(doubts.LIST) do settled[doubt.name] = doubt.values[1] end
  for _, choice in ipairs(chosen or {}) do settled[choice.name] = choice.value end
  return settled
end

return doubts
