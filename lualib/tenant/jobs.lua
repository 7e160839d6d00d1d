--- Jobs of the rehearsal tenant: storage and the endpoints that read them.

local answers = require "tenant.answers"
local clock = require "host.clock"
local connections = require "tenant.connections"
local digest = require "host.digest"
local json = require "host.json"
local limits = require "auth0.limits"

local jobs = {}

jobs.SQL = [[
CREATE TABLE job (
  id TEXT PRIMARY KEY, type TEXT NOT NULL, status TEXT NOT NULL, details TEXT,
  connection TEXT, upsert INTEGER, external_id TEXT, mail INTEGER,
  request TEXT,          -- JSON: what an export was asked for
  created REAL NOT NULL, -- unix seconds
  begun REAL NOT NULL,   -- seconds of the tenant's scaled time
  ended REAL,            -- likewise
  payload TEXT,          -- of an unfinished import that a restart resumes: its users
  total INTEGER, done INTEGER NOT NULL DEFAULT 0,
  inserted INTEGER NOT NULL DEFAULT 0, updated INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE job_error (
  job TEXT NOT NULL, place INTEGER NOT NULL, entry TEXT NOT NULL, -- JSON
  PRIMARY KEY (job, place)
) WITHOUT ROWID;]]

-- Without the payload, which is as large as the file.
local GET <const> = [[
SELECT id, type, status, details, connection, upsert, external_id, mail, request, created, begun,
  ended, total, done, inserted, updated, failed FROM job WHERE id = ?]]

---@class StoredJob
---@field id string
---@field type "users_import"|"users_export"
---@field connection? string
---@field request? string
---@field upsert integer
---@field status "pending"|"completed"|"failed"
---@field done integer  processed users
---@field payload? string  of a job to begin: the users of an import

---@class NewJob
---@field type "users_import"|"users_export"
---@field connection? string  id
---@field upsert? boolean
---@field external_id? string
---@field mail? boolean       a completion email was requested
---@field payload? string     the users of an import
---@field request? string     JSON: the request of an export

---@param tenant Tenant
---@param fields NewJob
---@return StoredJob
function jobs.add(tenant, fields)
  local id = connections.new_id("job")
  local stored = tenant.options.state and fields.payload or nil -- only a restart reads it
  assert(tenant.db:run([[INSERT INTO job (id, type, connection, upsert, external_id, mail, status,
    created, begun, payload, request) VALUES (?, ?, ?, ?, ?, ?, 'pending', ?, ?, ?, ?)]], id,
    fields.type, fields.connection, fields.upsert, fields.external_id, fields.mail, tenant.wall(),
    tenant:now(), stored, fields.request))
  local job = jobs.get(tenant, id)
  job.payload = fields.payload
  return job
end

local function forget_old(tenant)
  local oldest = tenant:now() - limits.JOB_KEPT_SECONDS
  local old = (tenant.doubts.kept == "ended" and "ended" or "begun")
    .. " < ? AND status <> 'pending'"
  if not tenant.db:value("SELECT 1 FROM job WHERE " .. old .. " LIMIT 1", oldest) then return end
  tenant.db:run("DELETE FROM job_error WHERE job IN (SELECT id FROM job WHERE " .. old .. ")",
    oldest)
  tenant.db:run("DELETE FROM job WHERE " .. old, oldest)
end

---@param tenant Tenant
---@param id string
---@return StoredJob|false|nil
function jobs.get(tenant, id)
  forget_old(tenant)
  return tenant.db:row(GET, id)
end

---@param tenant Tenant
---@return StoredJob[]
function jobs.pending(tenant)
  local list = {}
  for row in tenant.db:rows("SELECT * FROM job WHERE status = 'pending' ORDER BY created") do
    list[#list + 1] = row
  end
  return list
end

---@param tenant Tenant
---@param id string
---@param details? string  why it failed; nil: it completed, unless `status` says otherwise
---@param status? string
function jobs.finish(tenant, id, details, status)
  tenant.db:run("UPDATE job SET status = ?, details = ?, payload = NULL, ended = ? WHERE id = ?",
    status or (details and "failed" or "completed"), details, tenant:now(), id)
end

local LINK_SECONDS <const> = 60
local ID <const> = "^job_" .. ("%w"):rep(16) .. "$"

---The signature of an export's link.
---@param tenant Tenant
---@param id string
---@param expires string  unix seconds
---@return string
function jobs.link_key(tenant, id, expires)
  local key = assert(digest.hmac("sha256", tenant.signing_key, id .. "/" .. expires))
  return digest.hex(key)
end

---The URL of an export's file, which is named after the tenant.
local function link_to(tenant, id, format)
  local expires = tostring(math.floor(tenant.wall()) + LINK_SECONDS)
  return string.format("%s/__tenant/exports/%s/%s/%s/tenant.%s%s", tenant.domain, id, expires,
    jobs.link_key(tenant, id, expires), format, tenant.doubts.export == "gzip" and ".gz" or "")
end

---An export's link expires after a minute; each request returns a new one.
local function show_export(tenant, row, view)
  local asked = json.decode(row.request)
  view.format, view.limit, view.fields = asked.format or "json", asked.limit, asked.fields
  if row.status == "completed" then view.location = link_to(tenant, row.id, view.format) end
end

local function show_progress(tenant, row, view)
  local doubts = tenant.doubts
  view.status = doubts.running
  if doubts.progress == "absent" or (row.total or 0) == 0 then return end
  view.percentage_done = 100 * row.done // row.total
  if doubts.progress ~= "full" or row.done == 0 then return end
  local spent = tenant:now() - row.begun
  view.time_left_seconds = math.ceil(spent / row.done * (row.total - row.done) / tenant.scale)
end

---@param tenant Tenant
---@param row StoredJob
---@return table  as the Management API shows it
function jobs.show(tenant, row)
  local view = {
    id = row.id, type = row.type, status = row.status, created_at = clock.iso(row.created),
    connection_id = row.connection, status_details = row.details,
    connection = row.connection and tenant:connection_name(row.connection),
  }
  if row.type == "users_export" then
    show_export(tenant, row, view)
    return view
  end
  view.upsert, view.external_id = row.upsert == 1, row.external_id
  view.send_completion_email = row.mail == 1
  if row.status == "completed" then
    view.summary = {
      total = row.total or row.done, inserted = row.inserted, updated = row.updated,
      failed = row.failed,
    }
  elseif row.status == "pending" then
    show_progress(tenant, row, view)
  end
  return view
end

---The job, or nil and the error response. A lost job is reported as missing, although it may run.
local function known(tenant, id, message)
  if tenant.doubts["job-id"] == "checked" and not id:find(ID) then
    return nil, answers.invalid_path("'String does not match pattern ^job_[A-Za-z0-9]{16}$'", "id")
  end
  local row = not tenant.lost[id] and jobs.get(tenant, id)
  if row then return row end
  return nil, answers.refuse(404, message, "inexistent_job")
end

---GET /api/v2/jobs/{id}
---@param tenant Tenant
---@param request host.server.request
---@return Answer
function jobs.read(tenant, request)
  local row, refusal = known(tenant, request.ids[1], "Job not found.")
  if not row then return refusal end
  return answers.json(jobs.show(tenant, row))
end

---GET /api/v2/jobs/{id}/errors: a list, nothing, or the job itself if it failed as a whole.
---@param tenant Tenant
---@param request host.server.request
---@return Answer
function jobs.errors(tenant, request)
  local row, refusal = known(tenant, request.ids[1], "The job does not exist.")
  if not row then return refusal end
  local whole = row.status == "failed" and row.details
  if whole and tenant.doubts["failed-errors"] == "none" then return answers.none() end
  if whole then return answers.json(jobs.show(tenant, row)) end
  local list = json.array {}
  for found in tenant.db:rows("SELECT entry FROM job_error WHERE job = ? ORDER BY place",
    row.id) do
    list[#list + 1] = json.decode(found.entry)
  end
  if #list == 0 and (row.status == "failed" or tenant.doubts["no-errors"] == "none") then
    return answers.none()
  end
  return answers.json(list)
end

return jobs
