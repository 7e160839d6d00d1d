--- A user's login as an application performs it: with a password, in one connection.
--- Source: Auth0 docs, Authentication API, "Resource Owner Password" (November 2026).

local client = require "auth0.api.client"
local expect = require "auth0.api.expect"
local foreign = require "base.foreign"
local http = require "host.http"
local identifiers = require "auth0.identifiers"
local json = require "host.json"
local rate = require "auth0.api.rate"
local users = require "auth0.api.users"

local login = {}

local TRIES <const> = 10 -- against rate limits and broken responses
local BLOCKED <const> = "user is blocked" -- as Auth0 says it; "unauthorized" has other reasons, too
local IS_TOKEN <const> = expect.object { access_token = "string" }
local GRANT <const> = "http://auth0.com/oauth/grant-type/password-realm"

---@alias LoginResult
---| "yes"      the password is right
---| "no"       the password is wrong
---| "blocked"  the password is right, but the user is blocked
---| "missing"  no user has this identifier
---| "untold"   unknown

---@class LoginAnswer
---@field result LoginResult
---@field reason? string  why it is not a yes; for a yes, what else is required
---@field user? table      whose login was tried, as the tenant shows it

---@class LoginTarget
---@field base string
---@field connection string     its name
---@field credentials Credentials  with client_secret
---@field client Client         for lookups
---@field fetch Fetch

---@type table<string, fun(description: string): LoginAnswer>
local REFUSALS <const> = {
  invalid_grant = function() return { result = "no", reason = "the password is wrong" } end,
  mfa_required = function()
    return { result = "yes", reason = "the tenant asks for a second factor next" }
  end,
  unauthorized = function(description)
    if description ~= BLOCKED then return { result = "untold", reason = description } end
    return { result = "blocked", reason = "the password is right, but the user is blocked" }
  end,
  server_error = function(description) return { result = "untold", reason = description } end,
}

---Sends a request; retries after a broken response or a rate limit, which all logins of the tenant
---share.
---@return ApiResponse? response  a success has a token
---@return string? message
---@return Kind? kind
local function ask(target, request)
  local clock = target.client.clock
  for attempt = 1, TRIES do
    local raw, message, kind = target.fetch(request)
    if not raw then return nil, message, kind end
    local response = { status = raw.status, headers = raw.headers, text = raw.body,
      body = json.decode(raw.body) }
    local flaw = client.flaw(request, response)
    if response.status ~= 429 and not flaw then return response end
    if attempt == TRIES then
      if response.status >= 300 then return response end
      return nil, string.format("the response (%d) %s", response.status, flaw), "temporary"
    end
    local seconds, dictated = rate.delay(attempt, response.headers, clock.now(), math.random)
    if dictated then clock.sleep_dictated(seconds) else clock.sleep(seconds) end
  end
end

---@param target LoginTarget
---@param name string      address, username or phone number
---@param password string
---@return LoginAnswer?
---@return string? message
---@return Kind? kind
local function enter(target, name, password)
  local response, message, kind = ask(target, {
    method = "POST", url = target.base .. "/oauth/token",
    headers = { ["Content-Type"] = "application/json" },
    body = json.encode {
      grant_type = GRANT, realm = target.connection, username = name, password = password,
      client_id = target.credentials.client_id, client_secret = target.credentials.client_secret,
      scope = "openid",
    },
    expects = IS_TOKEN,
  })
  if not response then return nil, "trying a login: " .. message, kind end
  if response.status == 200 then return { result = "yes" } end
  local body = type(response.body) == "table" and response.body or {}
  local answer = REFUSALS[body.error]
  if answer then return answer(foreign.words(tostring(body.error_description))) end
  return nil, string.format("trying a login: the tenant responded with %d: %s", response.status,
    foreign.words(tostring(body.error_description or body.error or "no reason given"))), "temporary"
end

---Finds a user by e-mail address, username, phone number, or user_id.
---@param target LoginTarget
---@param id string
---@return table? user    nil, nil if there is none
---@return string? message
---@return Kind? kind
function login.find(target, id)
  local query = { connection = target.connection }
  if id:find("@", 1, true) then query.emails = { id } end
  query.others = { { username = id, phone_number = identifiers.dialled(id) } }
  local found, message, kind = users.find(target.client, query)
  if not found then return nil, message, kind end
  if found[1] then return found[1] end
  for _, user_id in ipairs { id, identifiers.with_prefix(id) } do
    local response
    response, message, kind = target.client:request {
      method = "GET", path = "/users/" .. http.escape(user_id), expects = expect.USER,
    }
    if not response then return nil, message, kind end
    if response.status == 200 then return response.body end
  end
  return nil
end

---Tries the login of a user with any identifier.
---@param target LoginTarget
---@param id string
---@param password string
---@return LoginAnswer?
---@return string? message
---@return Kind? kind
function login.try(target, id, password)
  local user, message, kind = login.find(target, id)
  if message then return nil, message, kind end
  if not user then
    return { result = "missing",
      reason = "no user in " .. target.connection .. " has this identifier" }
  end
  local name = user.email or user.username or user.phone_number
  if not name then return { result = "untold", reason = "the user has no login identifier" } end
  local answer
  answer, message, kind = enter(target, name, password)
  if answer then answer.user = user end
  return answer, message, kind
end

return login
