--- Access tokens of the Management API: fetched when needed, renewed before they expire.
--- Source: Auth0 docs, "Get Management API Access Tokens for Production" and "Authenticate with
--- Private Key JWT" (November 2026).

local digest = require "host.digest"
local foreign = require "base.foreign"
local json = require "host.json"
local scheduler = require "base.scheduler"

local token = {}

local RENEW_SHARE <const> = 0.9    -- of its life, when a token is renewed at the latest
local RENEW_LEFT <const> = 300     -- seconds left, when a token is renewed at the latest
-- What is left of a token's life when it is no longer used while another is fetched.
local SPARE_SHARE <const>, LEAST_SPARE <const>, MOST_SPARE <const> = 0.1, 1, 60 -- seconds
local ASSERTION_LIFE <const> = 60  -- seconds
local ASSERTION_TYPE <const> = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

---@class Credentials
---@field client_id? string
---@field client_secret? string
---@field private_key? string   PEM text, in place of the secret
---@field access_token? string  a ready-made token, in place of all else
---@field audience? string      the Management API's identifier; default `base`/api/v2/

---@alias TokenBody fun(): table?, string?, Kind?  makes the body of one attempt

---@class Grant
---@field token string
---@field obtained number   unix seconds
---@field expires? number   unix seconds; nil: unknown
---@field scopes? table<string, true>  nil: unknown

---@class Token
---@field private base string
---@field private credentials Credentials
---@field private clock Clock
---@field private log fun(event: string, fields: table)
---@field private post fun(path: string, body: TokenBody): ApiResponse?, string?, Kind?  a success
---has an access_token
---@field private ahead fun(): number  seconds that the tenant's clock is ahead of ours
---@field private grant? Grant
---@field private fetching? Condition
local Token = {}
Token.__index = Token

local function url64(data)
  return digest.base64(data, { url = true, pad = false })
end

---A signed client assertion, for one use.
---@param client_id string
---@param base string
---@param pem string
---@param now number
---@return string? jwt
---@return string? message
---@return Kind? kind
function token.assertion(client_id, base, pem, now)
  now = math.floor(now)
  local head = url64(json.encode { alg = "RS256", typ = "JWT" })
  local claims = url64(json.encode {
    iss = client_id, sub = client_id, aud = base .. "/", iat = now, exp = now + ASSERTION_LIFE,
    jti = digest.hex(digest.random(16)),
  })
  local signed = head .. "." .. claims
  local signature, message = digest.sign("RS256", pem, signed)
  if not signature then
    return nil, "cannot sign with the private key: " .. message, "usage"
  end
  return signed .. "." .. url64(signature)
end

local function scopes_of(text)
  if type(text) ~= "string" then return nil end
  local scopes = {}
  for scope in text:gmatch("%S+") do scopes[scope] = true end
  return scopes
end

local function read_claims(text)
  local payload = text:match("^[%w_-]+%.([%w_-]+)%.[%w_-]*$")
  local decoded = payload and digest.unbase64(payload)
  local claims = decoded and json.decode(decoded)
  return type(claims) == "table" and claims or {}
end

local function ready_made(text)
  local claims = read_claims(text)
  return {
    token = text, obtained = tonumber(claims.iat) or 0, expires = tonumber(claims.exp),
    scopes = scopes_of(claims.scope),
  }
end

---@class TokenOptions
---@field base string
---@field credentials Credentials
---@field clock Clock
---@field post fun(path: string, body: TokenBody): ApiResponse?, string?, Kind?  without a token
---@field ahead? fun(): number
---@field log? Log

---@param options TokenOptions
---@return Token
function token.new(options)
  local self = setmetatable({
    base = options.base, credentials = options.credentials, clock = options.clock,
    post = options.post, log = options.log or function() end,
    ahead = options.ahead or function() return 0 end,
  }, Token)
  local given = self.credentials.access_token
  if given then self.grant = ready_made(given) end
  return self
end

---The body of one attempt: an assertion is valid once, for a minute of the tenant's clock.
function Token:body()
  local c = self.credentials
  local body = {
    grant_type = "client_credentials", client_id = c.client_id,
    audience = c.audience or self.base .. "/api/v2/",
  }
  if c.private_key then
    local now = self.clock.now() + self.ahead()
    local jwt, message, kind = token.assertion(c.client_id, self.base, c.private_key, now)
    if not jwt then return nil, message, kind end
    body.client_assertion_type, body.client_assertion = ASSERTION_TYPE, jwt
  else
    body.client_secret = c.client_secret
  end
  return body
end

local function refusal(response)
  local said = type(response.body) == "table" and response.body or {}
  local why = said.error_description or said.error
  return string.format("the tenant rejected the credentials (%d%s); check client id, secret "
    .. "and audience", response.status, type(why) == "string" and ": " .. foreign.words(why) or "")
end

---Why a token cannot be sent in a header; nil if it can.
local function flaw_of(text)
  return not text:find("^[!-~]+$") and "the access token contains a line end or another character "
    .. "that is not printable" or nil
end

function Token:fetch()
  local asked
  local response, message, kind = self.post("/oauth/token", function()
    asked = self.clock.now()
    return self:body()
  end)
  if not response then return nil, message, kind end
  if response.status ~= 200 then return nil, refusal(response), "credentials" end
  local answer = response.body
  local flaw = flaw_of(answer.access_token)
  if flaw then return nil, "POST /oauth/token: " .. flaw, "credentials" end
  self.grant = {
    token = answer.access_token, obtained = asked,
    expires = tonumber(answer.expires_in) and asked + tonumber(answer.expires_in),
    scopes = scopes_of(answer.scope),
  }
  self.log("token", { seconds = tonumber(answer.expires_in) })
  return self.grant.token
end

function Token:is_due()
  local grant = self.grant
  if not grant then return true end
  if not grant.expires or self.credentials.access_token then return false end
  local life = grant.expires - grant.obtained
  local left = grant.expires - self.clock.now()
  if left > life then return true end -- the clock was set back by an unknown time
  return left <= math.max(life * (1 - RENEW_SHARE), math.min(RENEW_LEFT, life / 2))
end

---Whether the current token can be used until another is available.
function Token:will_do()
  local grant = self.grant
  if not grant or not grant.expires then return false end
  local life, left = grant.expires - grant.obtained, self:left()
  return left <= life and left > math.max(LEAST_SPARE, math.min(life * SPARE_SHARE, MOST_SPARE))
end

---A valid token. One task at a time renews it; the others use the current one while it is valid,
---then wait.
---@return string? token
---@return string? message
---@return Kind? kind  "credentials" if rejected, "temporary" if unavailable
function Token:get()
  local given = self.credentials.access_token
  local flaw = given and flaw_of(given)
  if flaw then return nil, flaw, "credentials" end
  while self.fetching do
    if self:will_do() then return self.grant.token end
    self.fetching:wait()
  end
  if not self:is_due() then return self.grant.token end
  self.fetching = scheduler.condition()
  local text, message, kind = self:fetch()
  local waited = self.fetching
  self.fetching = nil
  waited:notify()
  return text, message, kind
end

---Remaining seconds of the current token; nil if unknown.
---@return number?
function Token:left()
  local grant = self.grant
  return grant and grant.expires and grant.expires - self.clock.now()
end

---Discards a token that the tenant rejected; false if it cannot be renewed.
---@param refused string
---@return boolean
function Token:renew(refused)
  if self.credentials.access_token then return false end
  if self.grant and self.grant.token == refused then self.grant = nil end
  return true
end

---@return {expires?: number, scopes?: table<string, true>, ready_made: boolean}
function Token:describe()
  local grant = self.grant or {}
  return {
    expires = grant.expires, scopes = grant.scopes,
    ready_made = self.credentials.access_token ~= nil,
  }
end

return token
