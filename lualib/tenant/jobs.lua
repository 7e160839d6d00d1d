--- Import jobs as the tenant keeps and shows them.

local answers = require "tenant.answers"
local clock = require "host.clock"
local connections = require "tenant.connections"
local json = require "host.json"
local limits = require "auth0.limits"

local jobs = {}

jobs.SQL = [[
CREATE TABLE IF NOT EXISTS job (
  id TEXT PRIMARY KEY, connection TEXT NOT NULL, upsert INTEGER NOT NULL, external_id TEXT,
  mail INTEGER NOT NULL, status TEXT NOT NULL, details TEXT,
  created REAL NOT NULL, -- unix seconds
  begun REAL NOT NULL,   -- seconds of the tenant's scaled time
  payload TEXT, total INTEGER, done INTEGER NOT NULL DEFAULT 0,
  inserted INTEGER NOT NULL DEFAULT 0, updated INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS job_error (
  job TEXT NOT NULL, place INTEGER NOT NULL, entry TEXT NOT NULL, -- JSON
  PRIMARY KEY (job, place)
) WITHOUT ROWID;]]

---@class StoredJob
---@field id string
---@field connection string
---@field upsert integer
---@field status "pending"|"completed"|"failed"
---@field done integer  users dealt with

---@class NewJob
---@field connection string  id
---@field upsert boolean
---@field external_id? string
---@field mail boolean       a completion mail was asked for
---@field payload string

---@param tenant Tenant
---@param fields NewJob
---@return StoredJob
function jobs.add(tenant, fields)
  local id = connections.new_id("job")
  assert(tenant.db:run([[INSERT INTO job (id, connection, upsert, external_id, mail, status,
    created, begun, payload) VALUES (?, ?, ?, ?, ?, 'pending', ?, ?, ?)]], id, fields.connection,
    fields.upsert, fields.external_id, fields.mail, tenant.wall(), tenant:now(), fields.payload))
  return jobs.get(tenant, id)
end

---Forgets jobs whose time is over.
local function forget_old(tenant)
  local oldest = tenant:now() - limits.JOB_KEPT_SECONDS
  if not tenant.db:value("SELECT 1 FROM job WHERE begun < ? LIMIT 1", oldest) then return end
  tenant.db:run([[DELETE FROM job_error WHERE job IN
    (SELECT id FROM job WHERE begun < ? AND status <> 'pending')]], oldest)
  tenant.db:run("DELETE FROM job WHERE begun < ? AND status <> 'pending'", oldest)
end

---@param tenant Tenant
---@param id string
---@return StoredJob|false|nil
function jobs.get(tenant, id)
  forget_old(tenant)
  return tenant.db:row("SELECT * FROM job WHERE id = ?", id)
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
---@param details? string  why it failed; nil: it has not
---@param status? string
function jobs.finish(tenant, id, details, status)
  tenant.db:run("UPDATE job SET status = ?, details = ?, payload = NULL WHERE id = ?",
    status or (details and "failed" or "completed"), details, id)
end

local function shown(tenant, row)
  local view = {
    id = row.id, type = "users_import", status = row.status, created_at = clock.iso(row.created),
    connection_id = row.connection, connection = tenant:connection_name(row.connection),
    upsert = row.upsert == 1, external_id = row.external_id,
    send_completion_email = row.mail == 1, status_details = row.details,
  }
  if row.status == "completed" then
    view.summary = {
      total = row.total or row.done, inserted = row.inserted, updated = row.updated,
      failed = row.failed,
    }
  elseif row.status == "pending" and (row.total or 0) > 0 then
    view.percentage_done = 100 * row.done // row.total
  end
  return view
end

---@param tenant Tenant
---@param row StoredJob
---@return table
function jobs.show(tenant, row)
  return shown(tenant, row)
end

---GET /api/v2/jobs/{id}
function jobs.read(tenant, request)
  local row = jobs.get(tenant, request.ids[1])
  if not row then return answers.refuse(404, "Job not found.", "inexistent_job") end
  return answers.json(shown(tenant, row))
end

---GET /api/v2/jobs/{id}/errors: a list, nothing, or the job itself when it failed as a whole.
function jobs.errors(tenant, request)
  local row = jobs.get(tenant, request.ids[1])
  if not row then return answers.refuse(404, "The job does not exist.", "inexistent_job") end
  if row.status == "failed" and row.details then return answers.json(shown(tenant, row)) end
  local list = json.array {}
  for found in tenant.db:rows("SELECT entry FROM job_error WHERE job = ? ORDER BY place",
    row.id) do
    list[#list + 1] = json.decode(found.entry)
  end
  if #list == 0 then return answers.none() end
  return answers.json(list)
end

return jobs
