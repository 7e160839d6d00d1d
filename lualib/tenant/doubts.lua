--- Switches of the rehearsal tenant for behaviour that Auth0's documentation leaves open or
--- describes in contradictory ways. docs/tenant.md has the same list.

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
      .. "OBJECT_MISSING_REQUIRED_PROPERTY as in its validator",
  },
  {
    name = "username", values = { "taken", "refused" },
    about = "a username in a connection without usernames: accepted, or an error of the user",
  },
  {
    name = "unknown", values = { "user", "job" },
    about = "an unknown property fails its user, or the whole job as if the file were not JSON",
  },
  {
    name = "null-email", values = { "user", "rest", "lost" },
    about = "a null email address fails only its user, all later users too, or the later users are "
      .. "never processed",
  },
  {
    name = "conflict", values = { "seen", "any", "named", "plain" },
    about = "an existing user, without upsert: DUPLICATED_USER for the email address, as observed, "
      .. "or for any identifier; or CONFLICT_EMAIL, CONFLICT_USERNAME and CONFLICT as in Auth0's "
      .. "list; or CONFLICT for all, also with upsert",
  },
  {
    name = "ghost", values = { "own", "ordinary" },
    about = "DUPLICATED_USER of a ghost: with its own message, or with that of an existing user",
  },
  {
    name = "match", values = { "email", "user-id" },
    about = "an upsert matches users by email address, or by user_id (set by a flag of the tenant)",
  },
  {
    name = "two-hashes", values = { "not", "forbidden" },
    about = "password_hash together with custom_password_hash: NOT_PASSED, or \"Forbidden "
      .. "attribute in appUser\" without a code",
  },
  {
    name = "hash-shape", values = { "rule", "any-of" },
    about = "a custom_password_hash that matches no algorithm: the code of the violated rule, or "
      .. "ANY_OF_MISSING",
  },
  {
    name = "profile-size", values = { "warn", "refuse" },
    about = "a user of more than 10 KB: imported, as Auth0 does with an entry in the tenant's log, "
      .. "or PROFILE_SIZE_EXCEEDED, as announced for 4 March 2027",
  },
  {
    name = "null-object", values = { "type", "required" },
    about = "null where an object is expected: INVALID_TYPE, or OBJECT_REQUIRED",
  },
  {
    name = "path", values = { "present", "absent", "pointer", "camel" },
    about = "the path in a user's errors: present, absent, as #/a/0/b, or with all names in camel "
      .. "case",
  },
  {
    name = "totp", values = { "shown", "hidden" },
    about = "the secret of a one-time password in a user's errors",
  },
  {
    name = "echo-email", values = { "given", "lower" },
    about = "the email address in a user's errors: as sent, or in lower case",
  },
  {
    name = "failed-errors", values = { "job", "none" },
    about = "the errors of a job that failed as a whole: the job (200), or nothing (204)",
  },
  {
    name = "no-errors", values = { "none", "list" },
    about = "the errors of a job without errors: nothing (204), or an empty list (200)",
  },
  {
    name = "job-id", values = { "checked", "any" },
    about = "a malformed job id: 400, or 404 as for an unknown job",
  },
  {
    name = "progress", values = { "percentage", "full", "absent" },
    about = "the progress of a running job: percentage_done, time_left_seconds too, or neither",
  },
  {
    name = "running", values = { "pending", "processing" }, about = "the status of a running job",
  },
  {
    name = "timeout", values = { "failed", "expired" },
    about = "the status of a job that exceeds two hours",
  },
  {
    name = "kept", values = { "created", "ended" },
    about = "a job is deleted 24 hours after it was created, or after it ended",
  },
  {
    name = "upsert-verified", values = { "kept", "reset" },
    about = "email_verified after an upsert without it: unchanged, or false",
  },
  {
    name = "upsert-factors", values = { "changed", "kept" }, about = "MFA factors in an upsert",
  },
  {
    name = "slots-code", values = { "absent", "present" },
    about = "errorCode too_many_requests in the 429 when all slots are in use",
  },
  {
    name = "retry-after", values = { "absent", "present" },
    about = "Retry-After in the 429 of a rate limit bucket",
  },
  {
    name = "refill", values = { "second", "minute" },
    about = "limits per minute: refilled in part each second, or in full at the start of a minute",
  },
  {
    name = "foreign-token", values = { "not-global", "bad-audience" },
    about = "a valid token with another audience than the Management API: \"Client is not "
      .. "global.\", or \"Bad audience\"",
  },
  {
    name = "basic", values = { "refused", "taken" },
    about = "the client's secret in an HTTP Basic header at /oauth/token",
  },
  {
    name = "scope-text", values = { "comma", "semicolon" },
    about = "\"Insufficient scope, expected any of\" or \"Insufficient scope; expected any of\"",
  },
  {
    name = "search", values = { "at-once", "late" },
    about = "GET /users finds new users immediately, or after 5 seconds",
  },
  {
    name = "export", values = { "gzip", "plain" }, about = "the encoding of an export's file",
  },
}

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
    return nil, "a NAME listed in docs/tenant.md" .. (near and ", such as " .. near or "")
  end
  for _, known in ipairs(doubt.values) do
    if known == value then return { name = name, value = value } end
  end
  return nil, name .. "=" .. table.concat(doubt.values, "|")
end

---@param chosen? {name: string, value: string}[]  the last choice of a name counts
---@return table<string, string>  the value of every doubt, by name
function doubts.settle(chosen)
  local settled = {}
  for _, doubt in ipairs(doubts.LIST) do settled[doubt.name] = doubt.values[1] end
  for _, choice in ipairs(chosen or {}) do settled[choice.name] = choice.value end
  return settled
end

return doubts
