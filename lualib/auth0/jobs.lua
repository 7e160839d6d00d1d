--- Jobs of the Management API and the look-ups that tell what became of their users.
--- Source: Auth0 Management API v2, jobs and users (November 2026).

local client = require "auth0.client"
local http = require "host.http"
local rate = require "auth0.rate"

local jobs = {}

local UPLOAD_TIMEOUT <const> = 300 -- seconds for half a megabyte
local BATCH <const> = 50           -- values in one search; keeps the URL short
local PAGE <const> = 100           -- users; the API's most

-- Fifty values of one identifier can match more users than a page only with non-unique addresses.
local PAGES <const> = 10           -- the API shows the first 1 000 results only

---@class Submission
---@field file? string      path of a JSON array; or
---@field data? string      the array itself
---@field connection_id string
---@field upsert? boolean
---@field external_id? string
---@field send_completion_email? boolean

---@class SubmitAnswer
---@field outcome "accepted"|"full"|"limited"|"refused"|"uncertain"|"unsent"
---@field id? string        accepted
---@field job? table        accepted: the job as the tenant tells it
---@field active? integer   full: active jobs of the tenant
---@field wait? number      limited: seconds
---@field status? integer   refused
---@field message? string
---@field kind? Kind        refused: "usage", "credentials", "data"; unsent: why

local function integer(value)
  local number = tonumber(value)
  return number and math.floor(number) or nil
end

local function text(value)
  return type(value) == "string" and value or nil
end

local function parts_of(submission)
  local parts = {
    {
      name = "users", file = submission.file, data = submission.data, filename = "users.json",
      type = "application/json",
    },
    { name = "connection_id", data = submission.connection_id },
    { name = "upsert", data = tostring(submission.upsert or false) },
    -- The server's default is true: a mail to every owner of the tenant for each job.
    { name = "send_completion_email", data = tostring(submission.send_completion_email or false) },
  }
  if submission.external_id then
    parts[#parts + 1] = { name = "external_id", data = submission.external_id }
  end
  return parts
end

local function limited(made, response, said)
  local active = said:match("(%d+) active import users jobs")
  if active or said:find("active import users jobs", 1, true) then
    return { outcome = "full", active = integer(active) or 2 }
  end
  local wait = rate.delay(1, response.headers, made.clock.now(), made.random)
  return { outcome = "limited", wait = wait }
end

local function refused(response, said)
  local data = response.status == 413 or said:find("must not be empty", 1, true)
  return {
    outcome = "refused", status = response.status, kind = data and "data" or "usage",
    message = string.format("the tenant refuses the import (%d): %s", response.status, said),
  }
end

---Uploads users as an import job, once: waiting for a slot or after a failure is the caller's.
---@param made Client
---@param submission Submission
---@return SubmitAnswer
function jobs.submit(made, submission)
  local response, message, kind, sent = made:request {
    method = "POST", path = "/jobs/users-imports", parts = parts_of(submission),
    timeout = UPLOAD_TIMEOUT, retry = false, fresh = true,
  }
  if not response then
    if kind == "credentials" then
      return { outcome = "refused", message = message, kind = kind }
    end
    return { outcome = sent and "uncertain" or "unsent", message = message, kind = kind }
  end
  local status, said = response.status, client.explain(response)
  if status == 429 then return limited(made, response, said) end
  if status >= 300 and status < 500 and status ~= 408 then return refused(response, said) end
  local job = type(response.body) == "table" and response.body or {}
  if status < 300 and text(job.id) then
    return { outcome = "accepted", id = job.id, job = job }
  end
  return { outcome = "uncertain", message = string.format(
    "the answer to the upload does not tell whether there is a job (%d): %s", status, said) }
end

---@class JobStatus
---@field state "running"|"completed"|"failed"|"lost"
---@field summary {total?: integer, inserted?: integer, updated?: integer, failed?: integer}
---@field percentage? number
---@field details? string   why it failed
---@field created_at? string
---@field location? string  of an export's file
---@field raw string        the answer

-- Every other word means that it still runs.
local ENDED <const> = {
  completed = "completed", failed = "failed", expired = "failed", canceled = "failed",
  cancelled = "failed",
}

local function unexpected(what, response)
  local kind = response.status < 400 and "temporary" or "usage"
  return nil, string.format("%s: unexpected answer (%d): %s", what, response.status,
    client.explain(response)), kind
end

---@param made Client
---@param id string
---@return JobStatus?
---@return string? message
---@return Kind? kind
function jobs.status(made, id)
  local path = "/jobs/" .. http.escape(id)
  local response, message, kind = made:request { method = "GET", path = path }
  if not response then return nil, message, kind end
  local body = response.body
  if response.status == 404 then
    return { state = "lost", summary = {}, raw = response.text }
  elseif response.status ~= 200 or type(body) ~= "table" then
    return unexpected("GET " .. path, response)
  end
  local summary = type(body.summary) == "table" and body.summary or {}
  return {
    state = ENDED[body.status] or "running",
    summary = {
      total = integer(summary.total), inserted = integer(summary.inserted),
      updated = integer(summary.updated), failed = integer(summary.failed),
    },
    percentage = tonumber(body.percentage_done), details = text(body.status_details),
    created_at = text(body.created_at), location = text(body.location), raw = response.text,
  }
end

---@class JobEntry
---@field user table     as the tenant echoes it: redacted, only good for recognising it
---@field errors {code?: string, message?: string, path?: string}[]

---One entry, whatever of it is missing.
local function entry_of(value)
  local errors = {}
  local given = type(value.errors) == "table" and value.errors or {}
  if given.code or given.message then given = { given } end
  for _, e in ipairs(given) do
    if type(e) == "table" then
      errors[#errors + 1] = { code = text(e.code), message = text(e.message), path = text(e.path) }
    elseif type(e) == "string" then
      errors[#errors + 1] = { message = e }
    end
  end
  return { user = type(value.user) == "table" and value.user or {}, errors = errors }
end

---The users that a job refused, and what it says of itself when it failed as a whole.
---@param made Client
---@param id string
---@return JobEntry[]? entries
---@return string? details  of the whole job; or the message of a failure
---@return Kind? kind
function jobs.errors(made, id)
  local path = "/jobs/" .. http.escape(id) .. "/errors"
  local response, message, kind = made:request { method = "GET", path = path }
  if not response then return nil, message, kind end
  local body = response.body
  if response.status == 204 then return {} end
  if response.status == 404 then return {}, "the tenant no longer has the job's errors" end
  if response.status ~= 200 or type(body) ~= "table" then
    return unexpected("GET " .. path, response)
  end
  if body.user or body.errors then body = { body } end
  local entries = {}
  for _, value in ipairs(body) do
    if type(value) == "table" then entries[#entries + 1] = entry_of(value) end
  end
  return entries, text(body.status_details)
end

---A value inside the quotes of a search.
local function quoted(value)
  return '"' .. value:gsub('[\\"]', "\\%0") .. '"'
end

local function is_of(user, connection)
  if type(user.identities) ~= "table" then return true end
  for _, identity in ipairs(user.identities) do
    if type(identity) == "table" and identity.connection == connection then return true end
  end
  return false
end

---What the look-ups of one jobs.users share.
---@class Lookup
---@field made Client
---@field connection string
---@field list table[]
---@field seen table<string, boolean>   user ids and addresses found
local Lookup = {}
Lookup.__index = Lookup

function Lookup:take(user)
  if type(user) ~= "table" or type(user.user_id) ~= "string" then return end
  if not is_of(user, self.connection) or self.seen[user.user_id] then return end
  self.seen[user.user_id] = true
  if text(user.email) then self.seen[user.email:lower()] = true else user.email = nil end
  for _, name in ipairs { "username", "phone_number", "created_at" } do
    user[name] = text(user[name])
  end
  self.list[#self.list + 1] = user
end

---GET that gives a list of users, an object with one, or one user.
function Lookup:get(path, query)
  local response, message, kind = self.made:request { method = "GET", path = path, query = query }
  if not response then return nil, message, kind end
  if response.status == 404 then return 0 end
  local body = response.body
  if response.status ~= 200 or type(body) ~= "table" then
    return unexpected("looking users up", response)
  end
  if body.user_id then body = { body } end
  local users = type(body.users) == "table" and body.users or body
  for _, user in ipairs(users) do self:take(user) end
  return #users
end

function Lookup:search(field, values)
  for first = 1, #values, BATCH do
    local words = {}
    for i = first, math.min(first + BATCH - 1, #values) do words[#words + 1] = quoted(values[i]) end
    local q = string.format("%s:(%s) AND identities.connection:%s", field,
      table.concat(words, " OR "), quoted(self.connection))
    for page = 0, PAGES - 1 do
      local n, message, kind = self:get("/users", {
        q = q, search_engine = "v3", per_page = PAGE, page = page,
      })
      if not n then return nil, message, kind end
      if n < PAGE then break end
    end
  end
  return true
end

local function unique(values, fold)
  local list, seen = {}, {}
  for _, value in ipairs(values or {}) do
    value = fold and value:lower() or value
    if value ~= "" and not seen[value] then
      seen[value] = true
      list[#list + 1] = value
    end
  end
  return list
end

---The search lags behind: what it does not show is asked for by name.
function Lookup:exactly(ids, emails)
  for _, id in ipairs(ids) do
    if not self.seen[id] then
      local n, message, kind = self:get("/users/" .. http.escape(id))
      if not n then return nil, message, kind end
    end
  end
  for _, email in ipairs(emails) do
    if not self.seen[email] then
      local n, message, kind = self:get("/users-by-email", { email = email })
      if not n then return nil, message, kind end
    end
  end
  return true
end

---@class UsersQuery
---@field connection string  its name
---@field ids? string[]      with "auth0|"
---@field emails? string[]
---@field others? table[]    users that are looked for by username and phone number too

---Users of a connection that have one of these identifiers.
---@param made Client
---@param query UsersQuery
---@return table[]? users  {user_id, email, username, phone_number, created_at, ...}
---@return string? message
---@return Kind? kind
function jobs.users(made, query)
  local lookup = setmetatable({
    made = made, connection = query.connection, list = {}, seen = {},
  }, Lookup)
  local usernames, phones = {}, {}
  for _, user in ipairs(query.others or {}) do
    usernames[#usernames + 1] = text(user.username)
    phones[#phones + 1] = text(user.phone_number)
  end
  local ids, emails = unique(query.ids), unique(query.emails, true)
  local searches = {
    { "user_id", ids }, { "email", emails }, { "username", unique(usernames, true) },
    { "phone_number", unique(phones) },
  }
  for _, search in ipairs(searches) do
    local done, message, kind = lookup:search(search[1], search[2])
    if not done then return nil, message, kind end
  end
  local done, message, kind = lookup:exactly(ids, emails)
  if not done then return nil, message, kind end
  return lookup.list
end

return jobs
