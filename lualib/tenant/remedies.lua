--- Endpoints for users who were imported without a password or without factors:
--- POST /api/v2/tickets/password-change and POST /api/v2/users/{id}/authentication-methods.

local answers = require "tenant.answers"
local clock = require "host.clock"
local connections = require "tenant.connections"
local digest = require "host.digest"
local json = require "host.json"
local text = require "host.text"
local users = require "tenant.users"

local remedies = {}

-- By type: the member of the request, its pattern, and the stored factor.
local PHONE <const> = "^%+%d" .. ("%d?"):rep(14) .. "$"
local METHODS <const> = {
  phone = { member = "phone_number", pattern = PHONE, factor = "phone" },
  email = { member = "email", pattern = "^[^%s@]+@[^%s@]+%.[^%s@]+$", factor = "email" },
  totp = { member = "totp_secret", pattern = "^[A-Z2-7]+$", factor = "totp" },
}

local function missing()
  return answers.refuse(404, "User not found.", "inexistent_user")
end

---POST /api/v2/users/{id}/authentication-methods
---@param tenant Tenant
---@param request host.server.request
---@return Answer
function remedies.enrol(tenant, request)
  local body, refusal = answers.object_of(request)
  if not body then return refusal end
  local method = METHODS[body.type]
  if not method then
    return answers.invalid("'No enum match for: " .. tostring(body.type) .. "'", "type")
  end
  local value = body[method.member]
  if type(value) ~= "string" or not value:find(method.pattern) then
    return answers.invalid("'String does not match pattern'", method.member)
  end
  local row = users.by_id(tenant.db, request.ids[1])
  if not row then return missing() end
  local record = json.decode(row.record)
  local factors = json.array(record.mfa_factors or {})
  for _, factor in ipairs(factors) do
    if factor[method.factor] then
      return answers.refuse(409, "The authentication method already exists.")
    end
  end
  factors[#factors + 1] = {
    [method.factor] = { [method.factor == "totp" and "secret" or "value"] = value },
  }
  record.mfa_factors = factors
  users.update(tenant.db, row, record, tenant.wall())
  return answers.json({
    id = body.type .. "|" .. connections.new_id("dev"), type = body.type, name = body.name,
    [method.member] = body.type ~= "totp" and value or nil, confirmed = true,
    created_at = clock.iso(tenant.wall()),
  }, 201)
end

---The user of a ticket, or nil and the error response.
local function user_of(tenant, body)
  if type(body.user_id) == "string" then
    local row = users.by_id(tenant.db, body.user_id)
    if row then return row end
    return nil, missing()
  elseif type(body.connection_id) ~= "string" or type(body.email) ~= "string" then
    return nil, answers.invalid("'Missing required property: user_id'", "user_id")
  elseif not tenant:connection(body.connection_id) then
    return nil, answers.refuse(400, "The connection does not exist.", "inexistent_connection")
  end
  local row = tenant.db:row("SELECT * FROM user WHERE connection = ? AND email = ?",
    body.connection_id, text.lower(body.email))
  if row then return row end
  return nil, missing()
end

---POST /api/v2/tickets/password-change: no page exists behind the link.
---@param tenant Tenant
---@param request host.server.request
---@return Answer
function remedies.ticket(tenant, request)
  local body, refusal = answers.object_of(request)
  if not body then return refusal end
  local row
  row, refusal = user_of(tenant, body)
  if not row then return refusal end
  local secret = digest.base64(digest.random(24), { url = true, pad = false })
  return answers.json({ ticket = tenant.domain .. "/u/reset-verify?ticket=" .. secret .. "#" }, 201)
end

return remedies
