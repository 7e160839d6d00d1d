--- Logins: the grants that check a user's password or one-time password.
--- Source: Auth0 docs, Authentication API, "Resource Owner Password" and "Multi-factor
--- Authentication" (November 2026).

local answers = require "tenant.answers"
local connections = require "tenant.connections"
local digest = require "host.digest"
local json = require "host.json"
local text = require "host.text"
local verify = require "auth0.hash.verify"

local login = {}

local MFA <const> = "http://auth0.com/oauth/grant-type/mfa-otp"
local COST <const> = 10 -- of Auth0's own bcrypt hashes
local MFA_SECONDS <const> = 600
local LIFE <const> = 86400 -- seconds
local PURPOSE <const> = "mfa"

local FIND <const> = [[SELECT * FROM user WHERE connection = ?1
  AND (email = ?2 OR username = ?2 OR phone_number = ?3) ORDER BY id]]

local WRONG <const> = "Wrong email or password."

local function wrong()
  return answers.oauth(403, "invalid_grant", WRONG)
end

---The connection of a login, or nil and the error response.
local function connection_of(tenant, given)
  if given.grant_type == "password" then return tenant.default end
  if type(given.realm) ~= "string" then
    return nil, answers.oauth(400, "invalid_request", "Missing required parameter: realm")
  end
  local found = connections.by_name(tenant, given.realm)
  if found then return found end
  return nil, answers.oauth(403, "unauthorized_client",
    "Grant type 'http://auth0.com/oauth/grant-type/password-realm' is not allowed for the realm.")
end

---The user and record that match name and password, or nil and the error response. Tries every user
---with the name, since email addresses may not be unique.
local function authenticated(tenant, connection, name, password)
  local refusal = wrong()
  for row in tenant.db:rows(FIND, connection.id, text.lower(name), name) do
    local record = json.decode(row.record)
    local fits, reason = verify.password(record, password)
    if fits then
      if record.blocked then return nil, answers.oauth(401, "unauthorized", "user is blocked") end
      return row, record
    elseif fits == nil and row.password ~= "random" then
      refusal = answers.oauth(501, "server_error",
        "The rehearsal tenant cannot check this password: " .. reason)
    end
  end
  return nil, refusal
end

---The imported hash if it already has Auth0's format: rehashing would double the time of a login.
local function kept_already(record)
  local custom = record.custom_password_hash
  if not custom then return record.password_hash end
  if custom.algorithm ~= "bcrypt" or custom.salt or custom.password then return nil end
  local rest = custom.hash.value:match("^%$2[aby](%$10%$.*)$")
  return rest and "$2b" .. rest
end

---Replaces the imported hash with Auth0's own bcrypt hash, as Auth0 does at the first login. From
---then on an import cannot change it.
local function rehash(tenant, row, record, password)
  if row.password ~= "imported" then return end
  local kept = kept_already(record) or digest.bcrypt(password, COST)
  if not kept then return end
  record.password_hash, record.custom_password_hash = kept, nil
  assert(tenant.db:run("UPDATE user SET record = ?, password = 'set' WHERE id = ?",
    json.encode(record), row.id))
end

local function entered(tenant, row, given, jwt)
  assert(tenant.db:run("UPDATE user SET logins = logins + 1 WHERE id = ?", row.id))
  local now = math.floor(tenant.wall())
  local scope = type(given.scope) == "string" and given.scope or "openid profile email"
  local claims = {
    iss = tenant.domain .. "/", sub = row.user_id, azp = given.client_id, iat = now,
    exp = now + LIFE, gty = "password",
  }
  claims.aud, claims.scope = tenant.domain .. "/userinfo", scope
  local access = jwt(claims)
  claims.aud, claims.scope, claims.email = given.client_id, nil, row.email
  return answers.json {
    access_token = access, id_token = jwt(claims), scope = scope, expires_in = LIFE,
    token_type = "Bearer",
  }
end

---The response that asks for the second factor, with a token for a user whose password matched.
local function mfa_required(tenant, row, jwt)
  local answer = answers.oauth(403, "mfa_required", "Multifactor authentication required")
  answer.body.mfa_token = jwt {
    sub = row.user_id, aud = tenant.domain .. "/mfa/", purpose = PURPOSE, scope = "",
    exp = math.floor(tenant.wall()) + MFA_SECONDS,
  }
  return answer
end

local function by_password(tenant, given, jwt)
  for _, name in ipairs { "username", "password" } do
    if type(given[name]) ~= "string" or given[name] == "" then
      return answers.oauth(400, "invalid_request", "Missing required parameter: " .. name)
    end
  end
  local connection, refusal = connection_of(tenant, given)
  if not connection then return refusal end
  local row, record = authenticated(tenant, connection, given.username, given.password)
  if not row then return record end
  rehash(tenant, row, record, given.password)
  if record.mfa_factors and #record.mfa_factors > 0 then return mfa_required(tenant, row, jwt) end
  return entered(tenant, row, given, jwt)
end

---The user of an `mfa_required` token, or nil and the error response.
local function user_of(tenant, claims)
  if not claims or claims.purpose ~= PURPOSE then
    return nil, answers.oauth(403, "invalid_grant", "Malformed mfa_token")
  elseif claims.exp <= tenant.wall() then
    return nil, answers.oauth(403, "expired_token", "mfa_token is expired")
  end
  local row = tenant.db:row("SELECT * FROM user WHERE user_id = ?", claims.sub)
  if row then return row end
  return nil, answers.oauth(403, "invalid_grant", "Malformed mfa_token")
end

local function by_otp(tenant, given, jwt, read)
  if type(given.mfa_token) ~= "string" or type(given.otp) ~= "string" then
    return answers.oauth(400, "invalid_request", "Missing required parameter: "
      .. (type(given.mfa_token) == "string" and "otp" or "mfa_token"))
  end
  local row, refusal = user_of(tenant, read(given.mfa_token))
  if not row then return refusal end
  for _, factor in ipairs(json.decode(row.record).mfa_factors or {}) do
    if factor.totp and verify.totp(factor.totp.secret, given.otp, tenant.wall()) then
      return entered(tenant, row, given, jwt)
    end
  end
  return answers.oauth(403, "invalid_grant", "Invalid otp_code.")
end

---By grant_type. `given` are the parameters; `jwt` and `read` encode and decode tokens.
---@type table<string, fun(tenant: Tenant, given: table, jwt: function, read: function): Answer>
login.GRANTS = {
  ["password"] = by_password,
  ["http://auth0.com/oauth/grant-type/password-realm"] = by_password,
  [MFA] = by_otp,
}

return login
