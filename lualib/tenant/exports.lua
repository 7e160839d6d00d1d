--- POST /jobs/users-exports: the tenant's users as JSON lines or CSV, behind a short-lived link.

local answers = require "tenant.answers"
local digest = require "host.digest"
local jobs = require "tenant.jobs"
local json = require "host.json"
local scheduler = require "base.scheduler"
local users = require "tenant.users"

local exports = {}

local ALLOWED <const> = { connection_id = true, format = true, limit = true, fields = true }
local CSV_FIELDS <const> = 30
local NAME_LENGTH <const> = 100
local DATES <const> = { created_at = true, updated_at = true }
local METADATA <const> = { app_metadata = true, user_metadata = true }

-- Columns of a CSV when the request names no fields.
local DEFAULT <const> = {
  "user_id", "email", "email_verified", "username", "phone_number", "name", "given_name",
  "family_name", "nickname", "picture", "blocked", "created_at", "updated_at",
}

local function bad_field(field, format)
  if type(field) ~= "table" then return "'Expected type object'" end
  for key, value in pairs(field) do
    if key ~= "name" and key ~= "export_as" then
      return "'Additional properties not allowed: " .. tostring(key) .. "'"
    elseif type(value) ~= "string" then
      return "'Expected type string'"
    elseif utf8.len(value) > NAME_LENGTH then
      return string.format("'String is too long (%d chars), maximum %d'", utf8.len(value),
        NAME_LENGTH)
    end
  end
  if not field.name then return "'Missing required property: name'" end
  if format == "csv" and METADATA[field.name] then
    return "'" .. field.name .. " cannot be exported as CSV as a whole'"
  end
end

local function bad_fields(fields, format)
  if fields == nil then return nil end
  if not json.is_array(fields) then return answers.invalid("'Expected type array'", "fields") end
  if format == "csv" and #fields > CSV_FIELDS then
    return answers.invalid(string.format("'Array is too long (%d), maximum %d'", #fields,
      CSV_FIELDS), "fields")
  end
  for _, field in ipairs(fields) do
    local wrong = bad_field(field, format)
    if wrong then return answers.invalid(wrong, "fields") end
  end
end

---The request's body, or nil and the error response.
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
  if body.format ~= nil and body.format ~= "json" and body.format ~= "csv" then
    return nil, answers.invalid("'No enum match for: " .. tostring(body.format) .. "'", "format")
  elseif body.limit ~= nil and (math.type(body.limit) ~= "integer" or body.limit < 1) then
    return nil, answers.invalid("'Value is less than minimum 1'", "limit")
  elseif body.connection_id ~= nil and type(body.connection_id) ~= "string" then
    return nil, answers.invalid("'Expected type string'", "connection_id")
  elseif body.connection_id and not tenant:connection(body.connection_id) then
    return nil, answers.refuse(400, "The connection does not exist.", "inexistent_connection")
  end
  local refusal = bad_fields(body.fields, body.format)
  if refusal then return nil, refusal end
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

---Starts a job's task. The file is generated on download.
---@param tenant Tenant
---@param job StoredJob
function exports.begin(tenant, job)
  scheduler.spawn(function()
    scheduler.pass()
    if not tenant.ended then jobs.finish(tenant, job.id) end
  end)
end

---The value at a path such as "app_metadata.plan" or "identities[0].connection".
local function value_at(shown, name)
  local value = shown
  for part, index in name:gmatch("([^.%[%]]+)(%]?)") do
    if index == "]" then part = math.tointeger(tonumber(part)) + 1 end
    if type(value) == "table" then value = value[part] else value = nil end
  end
  return value
end

local function json_line(shown, fields)
  if not fields then return json.encode(shown) end
  local out = {}
  for _, field in ipairs(fields) do
    out[field.export_as or field.name] = value_at(shown, field.name)
  end
  return json.encode(out)
end

local function quoted(text)
  return '"' .. text:gsub('"', '""') .. '"'
end

---Strings get an apostrophe prefix against formula injection; the tenant's own dates do not.
local function cell(value, name)
  if value == nil or value == json.null then return "" end
  if type(value) == "table" then value = json.encode(value) end
  if type(value) ~= "string" or DATES[name] then return tostring(value) end
  return quoted("'" .. value)
end

local function csv_line(shown, fields)
  local cells = {}
  for i, field in ipairs(fields) do cells[i] = cell(value_at(shown, field.name), field.name) end
  return table.concat(cells, ",")
end

local function header_of(fields)
  local cells = {}
  for i, field in ipairs(fields) do
    local name = field.export_as or field.name
    cells[i] = name:find('[",\r\n]') and quoted(name) or name
  end
  return table.concat(cells, ",")
end

local function default_fields()
  local fields = {}
  for i, name in ipairs(DEFAULT) do fields[i] = { name = name } end
  return fields
end

---The content of an export and its type.
local function written(tenant, asked)
  local is_csv = asked.format == "csv"
  local fields = asked.fields or (is_csv and default_fields() or nil)
  local line_of = is_csv and csv_line or json_line
  local lines = is_csv and { header_of(fields) } or {}
  for row in tenant.db:rows([[SELECT * FROM user WHERE ?1 IS NULL OR connection = ?1
    ORDER BY id LIMIT ?2]], asked.connection_id, asked.limit or -1) do
    lines[#lines + 1] = line_of(users.show(tenant, row), fields)
  end
  lines[#lines + 1] = ""
  return table.concat(lines, "\n"), is_csv and "text/csv" or "application/x-ndjson"
end

---GET /__tenant/exports/{job}/{expires}/{key}/{file}: requires no token, like Auth0's link.
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
  local text, kind = written(tenant, json.decode(job.request))
  if tenant.doubts.export == "gzip" then text, kind = digest.gzip(text), "application/gzip" end
  return { status = 200, body = text, headers = { ["content-type"] = kind } }
end

return exports
