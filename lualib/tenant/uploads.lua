--- POST /jobs/users-imports: validates an upload and starts its job.
--- Source: Auth0 Management API v2, jobs (November 2026).

local answers = require "tenant.answers"
local imports = require "tenant.imports"
local job_faults = require "tenant.faults.jobs"
local jobs = require "tenant.jobs"
local limits = require "auth0.limits"

local uploads = {}

local CONNECTION_ID <const> = "^con_" .. ("%w"):rep(16) .. "$"

local function boolean(part, default)
  if part == nil then return default end
  if part == "true" then return true end
  if part == "false" then return false end
  return nil
end

---The form's fields, or nil and the error response.
local function form_of(request)
  if not request.parts or request.malformed then
    return nil, answers.invalid("'Invalid multipart payload format'")
  end
  local form = {}
  for _, part in ipairs(request.parts) do
    if part.name ~= "users" then
      form[part.name] = part.data
    elseif part.filename then
      form.users = part.data
    end
  end
  if not form.users then
    return nil, answers.refuse(400, "Must provide 'users' file as multipart part.")
  elseif form.users == "" then
    return nil, answers.refuse(400, "Users file must not be empty.")
  end
  for _, name in ipairs { "upsert", "send_completion_email" } do
    if boolean(form[name], false) == nil then
      return nil, answers.invalid("'Expected type boolean but found type string'", name)
    end
  end
  return form
end

---The form's connection, or nil and the error response.
local function connection_of(tenant, form)
  local id = form.connection_id
  if not id then
    return nil, answers.refuse(400, "Must provide 'connection_id' as multipart part.")
  elseif not id:find(CONNECTION_ID) then
    return nil, answers.invalid("'String does not match pattern ^con_[A-Za-z0-9]{16}$'",
      "connection_id")
  end
  local connection = tenant:connection(id)
  if not connection then
    return nil, answers.refuse(400, "The connection does not exist.", "inexistent_connection")
  elseif connection.strategy ~= "auth0" then
    return nil, answers.refuse(400, "Connection must be a database connection.")
  elseif #connection.clients == 0 then
    return nil, answers.refuse(400, "Connection must be enabled.")
  elseif connection.settings.custom_database and not connection.settings.import_mode then
    return nil, answers.refuse(400,
      "Custom Database Connections without import mode are not allowed.")
  end
  return connection
end

---POST /api/v2/jobs/users-imports
---@param tenant Tenant
---@param request host.server.request
---@return Answer
function uploads.accept(tenant, request)
  if request.too_large or request.size > limits.REQUEST_BYTES then
    return answers.refuse(413, "Payload content length greater than maximum allowed: 512000.")
  end
  local form, refusal = form_of(request)
  if not form then return refusal end
  local connection
  connection, refusal = connection_of(tenant, form)
  if not connection then return refusal end
  local active = tenant.metrics.active + tenant.foreign
  if active >= limits.JOBS then return answers.slots_taken(active, tenant.doubts) end
  local job = jobs.add(tenant, {
    type = "users_import", connection = connection.id, payload = form.users,
    external_id = form.external_id, upsert = boolean(form.upsert, false),
    mail = boolean(form.send_completion_email, true),
  })
  tenant.metrics:upload(request.size, job.mail == 1)
  imports.begin(tenant, job, job_faults.choose(tenant, job))
  local view = jobs.show(tenant, job)
  view.status = "pending"
  return answers.json(view, 202)
end

return uploads
