--- Jobs of the Management API: imports, and exports of the existing users.
--- Source: Auth0 Management API v2, jobs (November 2026).

local client = require "auth0.api.client"
local expect = require "auth0.api.expect"
local file = require "host.file"
local foreign = require "base.foreign"
local http = require "host.http"
local json = require "host.json"
local printable = require("host.text").printable
local rate = require "auth0.api.rate"

local jobs = {}

local UPLOAD_TIMEOUT <const> = 300 -- seconds for half a megabyte

-- Seconds since the last response on a connection that an upload may use, such as that of the look
-- that saw a job's end. One that was idle for longer may be about to close: an upload that meets
-- that end is uncertain.
local RECENT <const> = 2

local LONGEST_ID <const> = 100 -- characters; Auth0's ids have 20

local HAS_ID <const> = expect.object { id = "string" }

---A job, with an id that can be stored, requested and shown.
---@type Expected
local function is_job(response)
  local wrong = HAS_ID(response)
  if wrong then return wrong end
  local id = response.body.id
  local n = utf8.len(id)
  if not n or n > LONGEST_ID or printable(id, #id) ~= id then
    return string.format("has an id that is not 1 to %d printable characters", LONGEST_ID)
  end
end

local IS_STATUS <const> = expect.object { status = "string" }
-- A list, or nothing; the job, if it failed as a whole; or a single entry.
local IS_ERRORS <const> = expect.any(expect.list(), expect.nothing, IS_STATUS,
  expect.object { status_details = "string" }, expect.object { user = "table" },
  expect.object { errors = "table" })

---@class Submission
---@field file? string      path of a JSON array; or
---@field data? string      the array itself
---@field connection_id string
---@field upsert? boolean
---@field external_id? string
---@field send_completion_email? boolean
---@field on_sent? fun()     called when the upload begins to be sent

---@class SubmitAnswer
---@field outcome "accepted"|"full"|"limited"|"unauthorized"|"refused"|"uncertain"|"unsent"
---@field id? string        accepted
---@field job? table        accepted: the job as the tenant returns it
---@field active? integer   full: active jobs of the tenant
---@field wait? number      limited: seconds
---@field dictated? boolean limited: by the server
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

---What the tenant says of a whole job.
local function details_of(body)
  local said = text(body.status_details)
  return said and foreign.words(said)
end

local function parts_of(submission)
  local parts = {
    {
      name = "users", file = submission.file, data = submission.data, filename = "users.json",
      type = "application/json",
    },
    { name = "connection_id", data = submission.connection_id },
    { name = "upsert", data = tostring(submission.upsert or false) },
    -- The server's default is true: an e-mail to every owner of the tenant for each job.
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
  local wait, dictated = rate.delay(1, response.headers, made.clock.now(), made.random)
  return { outcome = "limited", wait = wait, dictated = dictated }
end

local function refused(response, said)
  local data = response.status == 413 or said:find("must not be empty", 1, true)
  return {
    outcome = "refused", status = response.status, kind = data and "data" or "usage",
    message = string.format("the tenant rejected the import (%d): %s", response.status, said),
  }
end

---Uploads users as an import job, once: the caller waits for a slot or after a failure.
---@param made Client
---@param submission Submission
---@return SubmitAnswer
function jobs.submit(made, submission)
  local response, message, kind, sent = made:request {
    method = "POST", path = "/jobs/users-imports", parts = parts_of(submission),
    timeout = UPLOAD_TIMEOUT, retry = false, fresh = true, recent = RECENT,
    expects = is_job, on_sent = submission.on_sent,
  }
  if not response then
    if kind == "credentials" then
      return { outcome = "refused", message = message, kind = kind }
    end
    return { outcome = sent and "uncertain" or "unsent", message = message, kind = kind }
  end
  local status, said = response.status, client.explain(response)
  if status == 429 then return limited(made, response, said) end
  if status == 401 then
    return { outcome = "unauthorized",
      message = "POST /jobs/users-imports: the tenant rejected the renewed access token: " .. said }
  end
  if status >= 300 and status < 500 and status ~= 408 then return refused(response, said) end
  local flaw = status < 300 and is_job(response)
  if status < 300 and not flaw then
    return { outcome = "accepted", id = response.body.id, job = response.body }
  end
  return { outcome = "uncertain", message = string.format(
    "the response to the upload (%d) does not show whether the job exists: %s", status,
    flaw and "it " .. flaw or said) }
end

---@class JobStatus
---@field state "running"|"completed"|"failed"|"lost"
---@field summary {total?: integer, inserted?: integer, updated?: integer, failed?: integer}
---@field percentage? number
---@field details? string   why it failed
---@field created_at? string
---@field location? string  of an export's file
---@field raw string        the response

-- Any other status means that it still runs.
local ENDED <const> = {
  completed = "completed", failed = "failed", expired = "failed", canceled = "failed",
  cancelled = "failed",
}

---@param made Client
---@param id string
---@param expects? Expected
---@return JobStatus?
---@return string? message
---@return Kind? kind
function jobs.status(made, id, expects)
  local path = "/jobs/" .. http.escape(id)
  local response, message, kind = made:request {
    method = "GET", path = path, patient = true, expects = expects or IS_STATUS,
  }
  if not response then return nil, message, kind end
  local body = response.body
  if response.status == 404 then
    return { state = "lost", summary = {}, raw = response.text }
  elseif response.status ~= 200 or type(body) ~= "table" then
    return client.unexpected("GET " .. path, response)
  end
  local summary = type(body.summary) == "table" and body.summary or {}
  return {
    state = ENDED[body.status] or "running",
    summary = {
      total = integer(summary.total), inserted = integer(summary.inserted),
      updated = integer(summary.updated), failed = integer(summary.failed),
    },
    percentage = tonumber(body.percentage_done), details = details_of(body),
    created_at = text(body.created_at), location = text(body.location), raw = response.text,
  }
end

---@class JobEntry
---@field user table     as the tenant echoes it: redacted, only good for identification
---@field errors {code?: string, message?: string, path?: string}[]

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

---The users that failed in a job, and its details if it failed as a whole.
---@param made Client
---@param id string
---@return JobEntry[]? entries
---@return string? details  of the whole job; or the message of a failure
---@return Kind? kind
function jobs.errors(made, id)
  local path = "/jobs/" .. http.escape(id) .. "/errors"
  local response, message, kind = made:request {
    method = "GET", path = path, patient = true, expects = IS_ERRORS,
  }
  if not response then return nil, message, kind end
  local body = response.body
  if response.status == 204 then return {} end
  if response.status == 404 then return {}, "the tenant no longer has the job's errors" end
  if response.status ~= 200 or type(body) ~= "table" then
    return client.unexpected("GET " .. path, response)
  end
  if body.user or body.errors then body = { body } end
  local entries = {}
  for _, value in ipairs(body) do
    if type(value) == "table" then entries[#entries + 1] = entry_of(value) end
  end
  return entries, details_of(body)
end

---@class ExportRequest
---@field connection_id? string  default: every connection
---@field save string            path for the file: one JSON object per line, perhaps compressed
---@field fields? {name: string, export_as?: string}[]  default: what Auth0 exports

local FIRST_LOOK <const>, LONGEST_LOOK <const> = 1, 10 -- seconds between polls of an export
local LINKS <const> = 3 -- tried before giving up; each is valid for a minute

---The status of an export; a completed one has a link.
---@type Expected
local function is_export(response)
  local wrong, body = IS_STATUS(response), response.body
  if not wrong and ENDED[body.status] == "completed" and not text(body.location) then
    wrong = "has no location"
  end
  return wrong
end

---What is wrong with a file of one JSON object per line, compressed or not.
local function file_flaw(path, url)
  local stat = file.stat(path)
  if not stat or stat.size == 0 then
    -- A connection without users: only a compressed file would not be empty.
    return url:find("%.gz%f[?#\0]") and "is empty" or nil
  end
  local input <close>, message = file.open(path)
  local first
  if input then first, message = input:read(1) end
  if message or (first and first ~= "{") then return "is not an export of users" end
end

local function wait_for_export(made, id)
  local wait = FIRST_LOOK
  while true do
    made.clock.sleep(wait)
    local status, message, kind = jobs.status(made, id, is_export)
    if not status then return nil, message, kind end
    if status.state == "completed" then return status end
    if status.state ~= "running" then
      return nil, "the export of the users failed: " .. (status.details or status.state),
        "temporary"
    end
    wait = math.min(wait * 1.5, LONGEST_LOOK)
  end
end

---Saves the users of a connection to a file; takes minutes for a large one.
---@param made Client
---@param request ExportRequest
---@return true?
---@return string? message
---@return Kind? kind
function jobs.export(made, request)
  local response, message, kind = made:request {
    method = "POST", path = "/jobs/users-exports", idempotent = true, -- it changes nothing
    expects = is_job,
    body = {
      connection_id = request.connection_id, format = "json",
      fields = request.fields and json.array(request.fields),
    },
  }
  if not response then return nil, message, kind end
  if response.status >= 300 then
    return client.unexpected("requesting an export of the users", response)
  end
  local id, status = response.body.id
  status, message, kind = wait_for_export(made, id)
  for _ = 1, LINKS do
    if not status then return nil, message, kind end
    local url = status.location
    response, message, kind = made:download(url, request.save, function()
      return file_flaw(request.save, url)
    end)
    if not response then return nil, message, kind end
    if response.status == 200 then return true end
    status, message, kind = jobs.status(made, id, is_export) -- a fresh link
  end
  return nil, string.format("cannot download the export of the users (%d)", response.status),
    "temporary"
end

return jobs
