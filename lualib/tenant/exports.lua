--- POST /jobs/users-exports: the tenant's users as lines of JSON, behind a link that is soon old.

local answers = require "tenant.answers"
local jobs = require "tenant.jobs"
local json = require "host.json"
local scheduler = require "base.scheduler"
local users = require "tenant.users"

local exports = {}

local ALLOWED <const> = { connection_id = true, format = true, limit = true, fields = true }

---The request's body, or the answer that refuses it.
local function asked_of(tenant, request)
  local body, message = {}, nil
  if request.body ~= "" then body, message = json.decode(request.body) end
  if type(body) ~= "table" or json.is_array(body) then
    return nil, answers.invalid("'" .. (message or "Expected type object") .. "'")
  end
  for name in pairs(body) do
    if not ALLOWED[name] then
      return nil, answers.invalid("'Additional properties not allowed: " .. name .. "'")
    end
  end
  if body.format ~= nil and body.format ~= "json" then
    return nil, answers.invalid("'No enum match for: this tenant exports json only'", "format")
  elseif body.limit ~= nil and (math.type(body.limit) ~= "integer" or body.limit < 1) then
    return nil, answers.invalid("'Value is less than minimum 1'", "limit")
  elseif body.fields ~= nil and not json.is_array(body.fields) then
    return nil, answers.invalid("'Expected type array'", "fields")
  elseif body.connection_id and not tenant:connection(body.connection_id) then
    return nil, answers.refuse(400, "The connection does not exist.", "inexistent_connection")
  end
  return body
end

---POST /api/v2/jobs/users-exports
---@param tenant Tenant
---@param request host.server.request
---@return Answer
function exports.accept(tenant, request)
  local asked, refusal = asked_of(tenant, request)
  if not asked then return refusal end
  local job = jobs.add(tenant, {
    type = "users_export", connection = asked.connection_id, request = json.encode(asked),
  })
  exports.begin(tenant, job)
  return answers.json(jobs.show(tenant, job))
end

---Starts a job's task. The file is only made when it is fetched.
---@param tenant Tenant
---@param job StoredJob
function exports.begin(tenant, job)
  scheduler.spawn(function()
    scheduler.pass()
    if not tenant.ended then jobs.finish(tenant, job.id) end
  end)
end

---A user with the fields that were asked for, under their new names.
local function line_of(shown, fields)
  if not fields then return json.encode(shown) end
  local out = {}
  for _, field in ipairs(fields) do
    local value = shown
    for name in tostring(field.name):gmatch("[^.]+") do
      value = type(value) == "table" and value[name] or nil
    end
    out[field.export_as or field.name] = value
  end
  return json.encode(out)
end

---GET /__tenant/exports/{job}/{expires}/{key}: needs no token, as the real one.
---@param tenant Tenant
---@param request host.server.request
---@return Answer
function exports.download(tenant, request)
  local id, expires, key = request.ids[1], request.ids[2], request.ids[3]
  local good = key == jobs.link_key(tenant, id, expires)
  local job = good and jobs.get(tenant, id)
  if not job or tonumber(expires) < tenant.wall() then
    return answers.refuse(403, "Request has expired")
  end
  local asked, lines = json.decode(job.request), {}
  for row in tenant.db:rows([[SELECT * FROM user WHERE ?1 IS NULL OR connection = ?1
    ORDER BY id LIMIT ?2]], asked.connection_id, asked.limit or -1) do
    lines[#lines + 1] = line_of(users.show(tenant, row), asked.fields)
  end
  lines[#lines + 1] = ""
  return {
    status = 200, body = table.concat(lines, "\n"),
    headers = { ["content-type"] = "application/x-ndjson" },
  }
end

return exports
