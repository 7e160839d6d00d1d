--- Single users: POST /api/v2/users and PATCH /api/v2/users/{id}.

local answers = require "tenant.answers"
local connections = require "tenant.connections"
local digest = require "host.digest"
local ghosts = require "tenant.ghosts"
local identifiers = require "auth0.identifiers"
local json = require "host.json"
local text = require "host.text"
local users = require "tenant.users"
local verdict = require "tenant.verdict"

local edit = {}

local BCRYPT_COST <const> = 10

local ROOT <const> = {
  app_metadata = "object", blocked = "boolean", email = "string", email_verified = "boolean",
  family_name = "string", given_name = "string", name = "string", nickname = "string",
  password = "string", phone_number = "string", phone_verified = "boolean", picture = "string",
  username = "string", user_metadata = "object", verify_email = "boolean", connection = "string",
  client_id = "string",
}

local NICKNAME <const> = 300 -- characters; an import accepts more

local REMOVABLE <const> = {}
for name in pairs(ROOT) do REMOVABLE[name] = name ~= "password" end

-- Parameters of the request that are not fields of the user.
local MEANS <const> = { password = true, verify_email = true, connection = true, client_id = true }

local APART <const> = {
  { "password", "email" }, { "password", "email_verified" }, { "username", "email" },
  { "username", "email_verified" }, { "username", "password" },
}

---The name of a value's JSON type.
local function type_of(value)
  if value == json.null then return "null" end
  if type(value) == "table" then return json.is_array(value) and "array" or "object" end
  return math.type(value) == "integer" and "integer" or type(value)
end

---The error response to members of a wrong type, or too long for a single call. Null removes the
---members of `may_be_null`.
local function mistyped(body, may_be_null)
  for name, value in pairs(body) do
    local found = type_of(value)
    if ROOT[name] and found ~= ROOT[name] and not (found == "null" and may_be_null[name]) then
      return answers.invalid(string.format("'Expected type %s but found type %s'", ROOT[name],
        found), name)
    elseif name == "nickname" and found == "string" and utf8.len(value) > NICKNAME then
      return answers.invalid(string.format("'String is too long (%d chars), maximum %d'",
        utf8.len(value), NICKNAME), name)
    end
  end
end

local function set_password(record, password)
  record.password_hash = assert(digest.bcrypt(password, BCRYPT_COST))
  record.custom_password_hash = nil
end

local function objection(body)
  if not next(body) then
    return answers.invalid("'Too few properties defined (0), minimum 1'")
  end
  for name in pairs(body) do
    if not ROOT[name] then
      return answers.invalid("'Additional properties not allowed: " .. name .. "'")
    end
  end
  local refusal = mistyped(body, REMOVABLE)
  if refusal then return refusal end
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
        value = text.lower(value)
      end
      if value == json.null then record[name] = nil else record[name] = value end
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

local function has_usernames(settings)
  if settings.identifiers then return settings.identifiers.username == true end
  return settings.requires_username
end

local function no_usernames()
  return answers.refuse(400, "Cannot set username for connection without requires_username.",
    "invalid_body")
end

---The error response to changed members that the connection does not accept.
local function unfit(tenant, row, record, body)
  local connection = tenant:connection(row.connection)
  if type(body.username) == "string" and not has_usernames(connection.settings) then
    return no_usernames()
  end
  local wrong, member = verdict.objection(tenant:validator(connection), record, body)
  if member then return answers.invalid("'" .. wrong .. "'", member) end
end

---PATCH /api/v2/users/{id}: metadata is merged at the first level, null removes.
---@param tenant Tenant
---@param request host.server.request
---@param scopes table<string, true>
---@return Answer
function edit.change(tenant, request, scopes)
  local body, refusal = answers.object_of(request)
  if not body then return refusal end
  refusal = objection(body)
  if refusal then return refusal end
  for name in pairs(body) do
    if name ~= "app_metadata" and not scopes["update:users"] then
      return answers.out_of_scope({ "update:users" }, tenant.doubts)
    end
  end
  local row = users.by_id(tenant.db, request.ids[1])
  if not row then
    return answers.refuse(404, "User not found.", "inexistent_user")
  end
  local record = json.decode(row.record)
  apply(record, body)
  refusal = unfit(tenant, row, record, body)
  if refusal then return refusal end
  if is_taken(tenant, row, record) then
    return answers.refuse(400, "The specified new email already exists", "auth0_idp_error")
  end
  if body.password then
    row.password = "set"
    set_password(record, body.password)
  end
  users.update(tenant.db, row, record, tenant.wall())
  return answers.json(users.show(tenant, users.by_id(tenant.db, row.user_id)))
end

---The user of a POST and its connection, or nil and the error response.
local function new_user(tenant, body)
  if body.connection == nil then
    return nil, answers.invalid("'Missing required property: connection'", "connection")
  end
  local connection = connections.by_name(tenant, body.connection)
  if not connection then
    return nil, answers.refuse(400, "The connection does not exist.", "inexistent_connection")
  end
  local user = {}
  for name, value in pairs(body) do
    if not MEANS[name] then user[name] = value end
  end
  local settings = connection.settings
  if user.username and not has_usernames(settings) then return nil, no_usernames() end
  if user.user_id == "" then user.user_id = nil end -- an empty id counts as absent
  local wrong, member = verdict.objection(tenant:validator(connection), user)
  if wrong then return nil, answers.invalid("'" .. wrong .. "'", member) end
  return user, connection
end

---POST /api/v2/users
---@param tenant Tenant
---@param request host.server.request
---@return Answer
function edit.create(tenant, request)
  local body, refusal = answers.object_of(request)
  if not body then return refusal end
  if body.password_hash or body.custom_password_hash or body.mfa_factors then
    return answers.invalid("'Additional properties not allowed'")
  end
  refusal = mistyped(body, {})
  if refusal then return refusal end
  local user, connection = new_user(tenant, body)
  if not user then return connection end
  local keys = identifiers.stored(user)
  if users.clashes(tenant.db, connection, keys) or ghosts.stands(tenant.db, connection, keys) then
    return answers.refuse(409, "User already exists.", "user_exists")
  end
  if body.password then set_password(user, body.password) end
  keys.user_id = keys.user_id or users.new_id()
  users.insert(tenant.db, connection, keys, tenant.wall(), users.record(user, keys),
    user.password_hash or user.custom_password_hash)
  return answers.json(users.show(tenant, users.by_id(tenant.db, keys.user_id)), 201)
end

return edit
