--- Access tokens of an API by client credentials: fetched when needed, renewed before they expire.
--- Source: RFC 6749, section 4.4.

local scheduler = require "base.scheduler"
local url = require "base.url"

local token = {}

local SPARE_SHARE <const>, MOST_SPARE <const> = 0.2, 60 -- of a token's life, when it is renewed

---@class TokenSpec  as a recipe writes it
---@field url string
---@field form? table<string, string|number|boolean>
---@field headers? table<string, string>
---@field basic? string[]

---@class PageToken
---@field private spec TokenSpec
---@field private exchange Exchange  with the origin of the token's URL
---@field private clock Clock
---@field private secrets Secrets
---@field private text? string
---@field private renew_at number    unix seconds
---@field private fetching? Condition
local Token = {}
Token.__index = Token

---@param spec TokenSpec
---@param exchange Exchange
---@param clock Clock
---@param secrets Secrets  gets the tokens
---@return PageToken
function token.new(spec, exchange, clock, secrets)
  return setmetatable({
    spec = spec, exchange = exchange, clock = clock, secrets = secrets, renew_at = math.huge,
  }, Token)
end

local function read(response)
  local body = response.body
  local text = type(body) == "table" and body.access_token
  if type(text) ~= "string" or not text:find("^[!-~]+$") then
    return nil, "the response has no access_token", "again"
  end
  return body
end

local function fetch(self)
  local form = { grant_type = "client_credentials" }
  for name, value in pairs(self.spec.form or {}) do form[name] = value end
  local headers = { ["Content-Type"] = "application/x-www-form-urlencoded" }
  for name, value in pairs(self.spec.headers or {}) do headers[name] = value end
  local asked = self.clock.now()
  local body, message, kind, response = self.exchange:ask({
    method = "POST", url = self.spec.url, headers = headers, body = url.query(form),
  }, read)
  if not body then
    local is_refusal = response and response.status >= 400 and response.status < 500
    return nil, message, is_refusal and "login" or kind
  end
  local life = tonumber(body.expires_in)
  self.text = body.access_token
  self.renew_at = life and asked + life - math.min(life * SPARE_SHARE, MOST_SPARE) or math.huge
  self.secrets:add("access_token", self.text, true)
  return self.text
end

---A token that is valid for some time. One task at a time fetches it.
---@return string? token
---@return string? message
---@return Kind? kind
function Token:get()
  while self.fetching do self.fetching:wait() end
  if self.text and self.clock.now() < self.renew_at then return self.text end
  self.fetching = scheduler.condition()
  local text, message, kind = fetch(self)
  local waited = self.fetching
  self.fetching = nil
  waited:notify()
  return text, message, kind
end

---The API refused a token: the next one is a new one.
---@param refused string
function Token:discard(refused)
  if self.text == refused then self.text = nil end
end

function Token:close()
  self.exchange:close()
end

return token
