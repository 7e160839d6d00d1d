--- Client assertions: authentication of a client with its private key.
--- Source: Auth0 docs, "Authenticate with Private Key JWT" (August 2026).

local digest = require "host.digest"
local json = require "host.json"

local assertion = {}

assertion.TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

local ALGORITHMS <const> = { RS256 = true, RS384 = true, PS256 = true }
local BYTES <const>, ID <const>, ALGORITHM <const> = 2048, 64, 16 -- maximum lengths
local LIFE <const> = 300 -- seconds
local SKEW <const> = 10  -- seconds

local function decoded(part)
  local text = digest.unbase64(part)
  local value = text and json.decode(text)
  return type(value) == "table" and value or nil
end

local function is_id(value)
  return type(value) == "string" and value ~= "" and #value <= ID
end

local function bad_time(claims, now)
  if math.type(claims.exp) == nil then return "exp is missing" end
  if claims.exp + SKEW <= now then return "the assertion has expired" end
  if claims.exp - now > LIFE + SKEW then return "exp is more than 5 minutes from now" end
  for _, name in ipairs { "iat", "nbf" } do
    local value = claims[name]
    if value ~= nil and (math.type(value) == nil or value - SKEW > now) then
      return name .. " is in the future"
    end
  end
end

local function bad_claims(tenant, claims, now)
  for _, name in ipairs { "iss", "sub" } do
    if claims[name] ~= tenant.client_id or not is_id(claims[name]) then
      return name .. " is not the client_id"
    end
  end
  if not is_id(claims.jti) then return "jti is missing or longer than 64 characters" end
  if not tenant:is_issuer(claims.aud) then return "aud is not the tenant's URL ending in /" end
  return bad_time(claims, now)
end

---Records the use of an assertion; forgets expired ones.
local function used(tenant, claims, now)
  for jti, till in pairs(tenant.used_assertions) do
    if till < now then tenant.used_assertions[jti] = nil end
  end
  if tenant.used_assertions[claims.jti] then return "the assertion was already used" end
  tenant.used_assertions[claims.jti] = claims.exp + SKEW
end

---Why the assertion does not authenticate the client; nil when it does.
---@param tenant Tenant
---@param given table  parameters of the token request
---@return string? reason
function assertion.objection(tenant, given)
  local text = given.client_assertion
  if given.client_assertion_type ~= assertion.TYPE then return "unknown client_assertion_type" end
  if type(text) ~= "string" then return "client_assertion is missing" end
  if #text > BYTES then return "the assertion is longer than 2048 bytes" end
  local signed, head, payload, signature = text:match("^(([%w_-]+)%.([%w_-]+))%.([%w_-]+)$")
  head, payload = head and decoded(head), payload and decoded(payload)
  signature = signature and digest.unbase64(signature)
  if not head or not payload or not signature then return "the assertion is not a JWT" end
  if type(head.alg) ~= "string" or #head.alg > ALGORITHM or not ALGORITHMS[head.alg] then
    return "alg must be RS256, RS384 or PS256"
  elseif not digest.verify(head.alg, tenant.options.public_key, signed, signature) then
    return "the signature does not match the registered key"
  end
  local now = tenant.wall()
  return bad_claims(tenant, payload, now) or used(tenant, payload, now)
end

return assertion
