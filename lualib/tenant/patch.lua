--- PATCH /api/v2/users/{id}: single changes, metadata merged on the first level.

local answers = require "tenant.answers"
local json = require "host.json"
local users = require "tenant.users"

local patch = {}

local ROOT <const> = {
  app_metadata = "table", blocked = "boolean", email = "string", email_verified = "boolean",
  family_name = "string", given_name = "string", name = "string", nickname = "string",
  password = "string", phone_number = "string", phone_verified = "boolean", picture = "string",
  username = "string", user_metadata = "table", verify_email = "boolean", connection = "string",
  client_id = "string",
}

-- Of the call, not of the user.
local MEANS <const> = { password = true, verify_email = true, connection = true, client_id = true }

local APART <const> = {
  { "password", "email" }, { "password", "email_verified" }, { "username", "email" },
  { "username", "email_verified" }, { "username", "password" },
}

local function objection(body)
  if type(body) ~= "table" or json.is_array(body) then
    return answers.invalid("'Expected type object but found type " .. type(body) .. "'")
  elseif not next(body) then
    return answers.invalid("'Too few properties defined (0), minimum 1'")
  end
  for name, value in pairs(body) do
    if not ROOT[name] then
      return answers.invalid("'Additional properties not allowed: " .. name .. "'")
    elseif value ~= json.null and type(value) ~= ROOT[name] then
      return answers.invalid(string.format("'Expected type %s but found type %s'", ROOT[name],
        type(value)), name)
    end
  end
  for _, two in ipairs(APART) do
    if body[two[1]] ~= nil and body[two[2]] ~= nil then
      return answers.refuse(400, string.format("Cannot update %s and %s simultaneously", two[1],
        two[2]), "invalid_body")
    end
  end
end

local function merged(old, new)
  if new == json.null then return nil end
  local out = {}
  for key, value in pairs(type(old) == "table" and old or {}) do out[key] = value end
  for key, value in pairs(new) do
    if value == json.null then out[key] = nil else out[key] = value end
  end
  return out
end

local function apply(record, body)
  for name, value in pairs(body) do
    if name == "app_metadata" or name == "user_metadata" then
      record[name] = merged(record[name], value)
    elseif not MEANS[name] then
      if (name == "email" or name == "username") and value ~= json.null then
        value = value:lower()
      end
      record[name] = value ~= json.null and value or nil
    end
  end
  if body.email ~= nil and body.email_verified == nil then record.email_verified = false end
end

local function is_taken(tenant, row, record)
  local keys = { email = record.email, username = record.username,
    phone_number = record.phone_number }
  local connection = tenant:connection(row.connection)
  for _, other in ipairs(users.clashes(tenant.db, connection, keys) or {}) do
    if other.id ~= row.id then return true end
  end
  return false
end

---@param tenant Tenant
---@param request host.server.request
---@param scopes table<string, true>
---@return Answer
function patch.user(tenant, request, scopes)
  local body, message = json.decode(request.body)
  if body == nil then return answers.invalid("'" .. message .. "'") end
  local refusal = objection(body)
  if refusal then return refusal end
  for name in pairs(body) do
    if name ~= "app_metadata" and not scopes["update:users"] then
      return answers.refuse(403, "Insufficient scope, expected any of: update:users",
        "insufficient_scope")
    end
  end
  local row = users.by_id(tenant.db, request.ids[1])
  if not row then
    return answers.refuse(404, "The user does not exist.", "inexistent_user")
  end
  local record = json.decode(row.record)
  apply(record, body)
  if is_taken(tenant, row, record) then
    return answers.refuse(400, "The specified new email already exists", "auth0_idp_error")
  end
  if body.password then
    row.password, record.password_hash, record.custom_password_hash = "set", nil, nil
  end
  users.update(tenant.db, row, record, tenant.wall())
  return answers.json(users.show(tenant, users.by_id(tenant.db, row.user_id)))
end

return patch
