--- The token endpoint, and the check of tokens and scopes for the Management API.

local answers = require "tenant.answers"
local assertion = require "tenant.assertion"
local digest = require "host.digest"
local json = require "host.json"
local login = require "tenant.login"
local url = require "base.url"

local oauth = {}

local LIFE <const> = 86400 -- seconds; Auth0's default for the Management API

oauth.SCOPES = {
  "create:users", "read:users", "update:users", "delete:users", "update:users_app_metadata",
  "read:connections", "read:connections_options", "delete:connections", "create:user_tickets",
  "create:authentication_methods",
}

local function url64(data)
  return digest.base64(data, { url = true, pad = false })
end

local function decoded(part)
  local text = digest.unbase64(part)
  local value = text and json.decode(text)
  return type(value) == "table" and value or nil
end

local function sign(tenant, text)
  return url64(assert(digest.hmac("sha256", tenant.signing_key, text)))
end

local function jwt(tenant, claims)
  local head = url64(json.encode { alg = "HS256", typ = "JWT" })
  local signed = head .. "." .. url64(json.encode(claims))
  return signed .. "." .. sign(tenant, signed)
end

---The claims of a token, nil if it is malformed, and whether its signature is valid.
local function claims_of(tenant, token)
  local signed, payload, signature = token:match("^([%w_-]+%.([%w_-]+))%.([%w_-]+)$")
  local claims = payload and decoded(payload)
  if not claims then return nil, false end
  return claims, digest.equal(signature, sign(tenant, signed))
end

local function issue(tenant, scopes, seconds)
  local now = math.floor(tenant.wall())
  return jwt(tenant, {
    iss = tenant.domain .. "/", sub = tenant.client_id .. "@clients",
    aud = tenant.domain .. "/api/v2/", azp = tenant.client_id, gty = "client-credentials",
    iat = now, exp = now + seconds, scope = table.concat(scopes, " "),
    jti = digest.hex(digest.random(8)),
  })
end

---The scopes of a request's token, or the error response.
---@param tenant Tenant
---@param request host.server.request
---@return table<string, true>? scopes
---@return Answer? refusal
function oauth.check(tenant, request)
  local header = request.headers.authorization
  if not header then return nil, answers.unauthorized("Missing authentication") end
  local bearer = header:match("^[Bb]earer +(%S+)$")
  if not bearer then
    return nil, answers.refuse(400, "Bad HTTP authentication header format", "Bearer")
  end
  local claims, genuine = claims_of(tenant, bearer)
  if not claims then return nil, answers.unauthorized("Invalid token.") end
  if not genuine then
    return nil, answers.unauthorized(
      "Invalid signature received for JSON Web Token validation.")
  elseif claims.exp <= tenant.wall() then
    return nil, answers.unauthorized("Expired token received for JSON Web Token validation")
  elseif not claims.aud:find("/api/v2/$") then -- of a user who logged in
    return nil, answers.unauthorized(tenant.doubts["foreign-token"] == "not-global"
      and "Client is not global."
      or string.format("Bad audience: %s; expected audience: %s/api/v2/", claims.aud,
        tenant.domain))
  end
  local scopes = {}
  for scope in claims.scope:gmatch("%S+") do scopes[scope] = true end
  return scopes
end

---Client and secret of an HTTP Basic header.
local function basic(request)
  local header = request.headers.authorization
  local encoded = header and header:match("^[Bb]asic +(%S+)$")
  local text = encoded and digest.unbase64(encoded)
  local id, secret = (text or ""):match("^([^:]*):(.*)$")
  return id and url.unescape(id), secret and url.unescape(secret)
end

---The parameters of a request, from JSON or a form.
local function parameters(request)
  local kind, fields = request.headers["content-type"] or "", {}
  if kind:find("application/json", 1, true) then
    local value = json.decode(request.body)
    if type(value) ~= "table" then return nil end
    for name, given in pairs(value) do
      if given ~= json.null then fields[name] = given end
    end
    return fields
  end
  for name, value in request.body:gmatch("([^&=]+)=([^&]*)") do
    fields[url.unescape(name)] = url.unescape(value)
  end
  return fields
end

---A parameter for an error message.
local function shown(value)
  return type(value) == "string" and value or json.encode(value)
end

---The error response to a client that fails to authenticate. A client has either a secret or a key.
local function stranger(tenant, given)
  local known = given.client_id == tenant.client_id
  if tenant.options.public_key then
    -- The assertion names the client.
    local reason = (given.client_id ~= nil and not known) and "unknown client"
      or assertion.objection(tenant, given)
    return reason and answers.oauth(401, "invalid_client", "Client assertion: " .. reason)
  elseif given.client_assertion then
    return answers.oauth(401, "invalid_client", "The client has no registered public key")
  end
  local secret = type(given.client_secret) == "string" and given.client_secret or ""
  if known and digest.equal(secret, tenant.client_secret) then return nil end
  return answers.oauth(401, "access_denied", "Unauthorized")
end

-- Grants that Auth0 does not allow for a client of this kind.
local OTHER_GRANTS <const> = {
  ["authorization_code"] = true, ["implicit"] = true, ["refresh_token"] = true,
  ["urn:ietf:params:oauth:grant-type:device_code"] = true,
}

---The error response to an audience for which the client has no grant.
local function bad_audience(tenant, audience)
  if tenant:is_audience(audience) then return nil end
  if audience == nil or audience == "" then
    return answers.oauth(403, "access_denied", "No audience parameter was provided, and no default "
      .. "audience has been configured")
  elseif audience == tenant.domain .. "/userinfo" then -- of the tenant, but for users
    return answers.oauth(401, "access_denied", "Unauthorized")
  end
  return answers.oauth(403, "access_denied", "Service not found: " .. shown(audience))
end

---POST /oauth/token
---@param tenant Tenant
---@param request host.server.request
---@return Answer
function oauth.token(tenant, request)
  local given = parameters(request)
  if not given then return answers.oauth(400, "invalid_request", "Invalid JSON body") end
  if tenant.doubts.basic == "taken" and given.client_secret == nil then
    local id, secret = basic(request)
    given.client_id, given.client_secret = given.client_id or id, secret
  end
  local person = login.GRANTS[given.grant_type or ""]
  if given.grant_type == nil then
    return answers.oauth(400, "invalid_request", "Missing required parameter: grant_type")
  elseif OTHER_GRANTS[given.grant_type] then
    return answers.oauth(403, "unauthorized_client",
      string.format("Grant type '%s' not allowed for the client.", given.grant_type))
  elseif given.grant_type ~= "client_credentials" and not person then
    return answers.oauth(403, "unsupported_grant_type",
      "Unsupported grant type: " .. shown(given.grant_type))
  end
  local refusal = stranger(tenant, given)
  if refusal then return refusal end
  if person then
    return person(tenant, given, function(claims) return jwt(tenant, claims) end, function(token)
      local claims, genuine = claims_of(tenant, token)
      return genuine and claims or nil
    end)
  end
  refusal = bad_audience(tenant, given.audience)
  if refusal then return refusal end
  local seconds = request.token_seconds or tenant.options.token_seconds or LIFE
  local scopes = tenant.options.scopes or oauth.SCOPES
  return answers.json {
    access_token = issue(tenant, scopes, seconds), expires_in = seconds,
    scope = table.concat(scopes, " "), token_type = "Bearer",
  }
end

return oauth
