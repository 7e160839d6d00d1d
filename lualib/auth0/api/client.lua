--- The Management API: requests with a token, retried where that is safe and useful.

local cjson = require "cjson"
local expect = require "auth0.api.expect"
local foreign = require "base.foreign"
local guard = require "base.guard"
local json = require "host.json"
local outages = require "base.outages"
local rate = require "auth0.api.rate"
local scheduler = require "base.scheduler"
local token = require "auth0.api.token"
local url = require "base.url"

local client = {}

local MOST_LAPSES <const> = 5 -- tokens that expire during one request
local MOST_REFUSALS <const> = 5 -- new tokens rejected during one request
local PATIENCE <const> = 7200 -- seconds
local DOWNLOAD_TIMEOUT <const> = 3600 -- seconds
local TIMEOUT <const>, STALL <const> = 60, 30 -- seconds; see host.http.Request
local LEAST_TIMEOUT <const> = 5 -- real seconds: a faster clock does not speed up a loaded machine
local LONGEST_FLIGHT <const> = 2 -- seconds that one request waits for another's response
local BROKEN_TRIES <const> = 5 -- for error responses that may come from another server
local IDEMPOTENT <const> = { GET = true, HEAD = true, PUT = true, DELETE = true }
-- Failures that a retry would repeat.
local HOPELESS <const> = {
  tls = true, parse = true, full = true, io = true, missing = true, interrupted = true,
}

local NO_TLS <const> = "cannot establish a TLS connection to %s: %s; for a private "
  .. "certificate authority, use --ca-file"

---@class ClientOptions
---@field base string               "https://acme.eu.auth0.com"
---@field credentials Credentials
---@field fetch Fetch
---@field clock Clock
---@field log? fun(event: string, fields: table)
---@field patience? number          own seconds to keep retrying, default two hours
---@field connection? string        for callers
---@field random? fun(): number     0 to 1, for the jitter
---@field outages? Outages          counts them; default its own

---@class ApiRequest
---@field method string
---@field path string               below /api/v2
---@field query? table<string, string|number|boolean>
---@field body? any                 a table is sent as JSON, a string verbatim
---@field parts? host.http.Part[]
---@field timeout? number           own seconds, default 60
---@field limit? integer            bytes
---@field save? string              path
---@field fresh? boolean            see host.http.Request
---@field recent? number            see host.http.Request; real seconds
---@field on_sent? fun()            see base.fetch; called for each attempt
---@field idempotent? boolean       safe to retry; default by method
---@field retry? boolean            false: retried after a 401 only; the caller waits
---@field patient? boolean          wait out a rejected token like an outage
---@field expects? Expected         of a success; default JSON, or, except for GET, an empty body

---@class ApiResponse
---@field status integer
---@field headers table<string, string>  names in lower case
---@field body any      decoded JSON; nil if it is not JSON
---@field text string

---@class Client
---@field base string
---@field connection? string
---@field clock_offset number  seconds that the tenant's clock is ahead of ours
---@field clock Clock
---@field random fun(): number
---@field private fetch Fetch
---@field private log fun(event: string, fields: table)
---@field private patience number
---@field private held_until number  own seconds: the bucket is empty until then
---@field private room number        known remaining requests of the bucket
---@field private flying integer     requests in flight
---@field private answered Condition
---@field outages Outages
---@field private token Token
---@field private json table   cjson, an instance of our own
local Client = {}
Client.__index = Client

---@param options ClientOptions
---@return Client
function client.new(options)
  local self = setmetatable({
    base = (options.base:gsub("/+$", "")), fetch = options.fetch, clock = options.clock,
    log = options.log or function() end, patience = options.patience or PATIENCE,
    connection = options.connection, random = options.random or math.random,
    json = cjson.new(), clock_offset = 0, held_until = -math.huge,
    room = math.huge, flying = 0, answered = scheduler.condition(), outages = options.outages
      or outages.new { clock = options.clock, log = options.log },
  }, Client)
  self.token = token.new {
    base = self.base, credentials = options.credentials, clock = self.clock,
    post = function(path, body) return self:ask_token(path, body) end, log = self.log,
    ahead = function() return self.clock_offset end,
  }
  return self
end

---The name of a request in messages, without its query and without ids of users.
local function label(method, path)
  path = path:gsub("^(/?users/)[^/]+", "%1{id}"):gsub("^/*", "/")
  return method .. " " .. path
end

---@param times Clock
---@param seconds number  own seconds
---@return number
function client.deadline(times, seconds)
  return math.max(times.real(seconds), math.min(seconds, LEAST_TIMEOUT))
end

local function wire(request, bearer, times)
  local headers = { Accept = "application/json" }
  if bearer then headers.Authorization = "Bearer " .. bearer end
  local body = request.body
  if type(body) == "table" then
    body = assert(json.encode(body))
    headers["Content-Type"] = "application/json"
  end
  return {
    method = request.method, url = request.url, headers = headers, body = body,
    parts = request.parts, limit = request.limit, save = request.save, fresh = request.fresh,
    recent = request.recent, announce = request.on_sent ~= nil, on_sent = request.on_sent,
    timeout = client.deadline(times, request.timeout or TIMEOUT),
    stall = client.deadline(times, STALL),
  }
end

---The message in a response of the tenant, redacted.
---@param response ApiResponse
---@return string
function client.explain(response)
  local body = response.body
  local said = type(body) == "table" and (body.message or body.error_description or body.error)
  return type(said) == "string" and foreign.words(said) or "status " .. response.status
end

---A failure for an unexpected response. One that is not JSON does not come from the tenant and is
---temporary.
---@param what string
---@param response ApiResponse
---@return nil
---@return string message
---@return Kind kind
function client.unexpected(what, response)
  local is_refusal = response.status >= 400 and type(response.body) == "table"
  local kind = is_refusal and "usage" or "temporary"
  return nil, string.format("%s: unexpected response (%d): %s", what, response.status,
    client.explain(response)), kind
end

function Client:decode(response)
  local kind = response.headers["content-type"] or "application/json"
  local body
  if response.body ~= "" and kind:find("json", 1, true) then
    local ok, value = guard.call(self.json.decode, response.body)
    if ok then body = value end
  end
  local now = rate.server_time(response.headers)
  -- Dates are truncated to whole seconds.
  if now then self.clock_offset = now + 0.5 - self.clock.now() end
  return {
    status = response.status, headers = response.headers, body = body, text = response.body,
  }
end

---What is wrong with a response that is truncated, empty, of the wrong type, or from a proxy: the
---tenant sends JSON.
---@param request ApiRequest
---@param response ApiResponse
---@return string? wrong  "is empty"
function client.flaw(request, response)
  local status, is_empty = response.status, not response.text:find("%S")
  if status < 200 or status >= 300 then
    return response.text ~= "" and not request.save and expect.json(response) or nil
  elseif request.expects then
    return request.expects(response)
  end
  local may_be_empty = request.save or request.method ~= "GET" or status == 204
  return not (is_empty and may_be_empty) and expect.json(response) or nil
end

---Whether a response is due to a rate limit or a server failure, not to the request.
local function is_passing(request, response, state)
  local status = response.status
  if status == 408 or status == 429 or status >= 500 then return true end
  local flaw = client.flaw(request, response)
  if not flaw then return false end
  state.why = string.format("the response (%d) %s", status, flaw)
  if status < 300 then return true end
  state.broken = (state.broken or 0) + 1
  return state.broken < BROKEN_TRIES
end

---Whether a retry cannot apply the request twice.
local function is_repeatable(request, response, sent)
  if request.retry == false then return false end
  if request.idempotent ~= nil then
    if request.idempotent then return true end
  elseif IDEMPOTENT[request.method] then
    return true
  end
  -- A request that was not sent, or met a rate limit, had no effect.
  if response then return response.status == 429 end
  return not sent
end

-- Statuses of a tenant that is there, but does not process the request now.
local BUSY <const> = { [408] = true, [429] = true }

---Waits before the next attempt. False when the patience is exhausted.
function Client:pause(state, response)
  local clock, headers = self.clock, response and response.headers
  state.began = state.began or clock.elapsed()
  state.attempt = state.attempt + 1
  local seconds, dictated = rate.delay(state.attempt, headers, clock.now(), self.random)
  local left = self.patience - (clock.elapsed() - state.began)
  if seconds > left then return false end
  if response and BUSY[response.status] then
    self.outages:over(state)
  else
    self.outages:wait(state, { why = state.why, patience = left,
      seconds = dictated and seconds or clock.real(seconds) })
  end
  self.log("retry", { request = state.label, attempt = state.attempt, why = state.why,
    seconds = seconds })
  if dictated then clock.sleep_dictated(seconds) else clock.sleep(seconds) end
  return true
end

---Waits until the bucket, according to the last responses, allows another request. After the reset
---of an empty bucket it releases one request, to learn from its response.
function Client:wait_for_bucket()
  local clock = self.clock
  while true do
    local wait = clock.real(self.held_until - clock.elapsed())
    if wait > 0 then
      clock.sleep_dictated(math.min(wait, rate.LONGEST))
      if wait > rate.LONGEST then self.held_until = -math.huge end
    elseif self.room > 0 or self.flying == 0 or not self.answered:wait(clock.real(LONGEST_FLIGHT))
    then
      return
    end
  end
end

---@param headers? table<string, string>
function Client:note_bucket(headers)
  self.flying = self.flying - 1
  local remaining = headers and rate.remaining(headers)
  self.room = remaining and remaining - 1 - self.flying or self.room + 1
  if headers and rate.is_exhausted(headers) then
    local wait = rate.until_reset(headers, self.clock.now())
    if wait then
      local till = self.clock.elapsed() + math.min(wait, rate.LONGEST) / self.clock.real(1)
      self.held_until = math.max(self.held_until, till)
    end
  end
  self.answered:notify()
end

---Of the transport's message it returns only the reason: the URL may contain a user id.
function Client:send(request, bearer)
  self.room, self.flying = self.room - 1, self.flying + 1
  local raw, _, kind, sent, reason = self.fetch(wire(request, bearer, self.clock))
  local response = raw and self:decode(raw)
  self:note_bucket(bearer and response and response.headers) -- without: another bucket
  return response, reason, kind, sent
end

---One exchange, retried while that is safe and the patience lasts. Each attempt gets a valid token,
---because an outage may outlast the first one.
---@return ApiResponse? response
---@return string? message
---@return Kind? kind
---@return boolean? sent  whether it may have taken effect
function Client:exchange(request, state)
  while true do
    local response, message, kind, sent
    if state.has_token then
      self:wait_for_bucket()
      state.bearer, message, kind = self.token:get()
      if not state.bearer then return nil, message, kind, false end
      state.left = self.token:left()
    end
    if request.make then
      request.body, message, kind = request.make()
      if not request.body then return nil, message, kind, false end
    end
    response, message, kind, sent = self:send(request, state.bearer)
    state.why = nil
    if response and not is_passing(request, response, state) then return response end
    local hopeless = not response and HOPELESS[kind]
    if hopeless or not is_repeatable(request, response, sent) then
      if response then return response end
      if kind == "tls" then message = NO_TLS:format(self.base, message) end
      return nil, state.label .. ": " .. message, kind, sent
    end
    local why = state.why or (response and client.explain(response)) or message
    state.why = state.why or (response and "status " .. response.status) or kind
    if not self:pause(state, response) then
      return nil, string.format("%s: giving up after %d %s: %s", state.label, state.attempt,
        state.attempt == 1 and "attempt" or "attempts", why),
        "temporary", response == nil and sent or false
    end
  end
end

---An exchange that nothing follows: no outage waits for it any longer.
function Client:exchange_once(request, label_)
  local state = { label = label_, attempt = 0 }
  local response, message, kind, sent = self:exchange(request, state)
  self.outages:over(state)
  return response, message, kind, sent
end

---The token endpoint: a POST that may be retried, each time with a new body.
function Client:ask_token(path, make)
  return self:exchange_once({
    method = "POST", url = self.base .. path, make = make, idempotent = true,
    expects = expect.object { access_token = "string" },
  }, "POST " .. path)
end

---Whether a 401 is due to an expired token: "Expired token received for JSON Web Token validation".
local function is_lapse(response)
  return client.explain(response):find("^Expired token") ~= nil
end

local function missing_scope(request_label, response)
  local said = client.explain(response)
  local scopes = said:match("expected any of: *(.-)%.?$")
  if scopes then
    return string.format("%s: insufficient scope; grant the client one of: %s",
      request_label, (scopes:gsub(" *, *", ", ")))
  end
  return request_label .. ": forbidden (403): " .. said
end

---What to do about a 401: "again" with another token, "wait" for the caller, or nil to fail.
---@return "again"|"wait"|nil
function Client:after_refusal(request, state, response)
  self.log("token_refused", { request = state.label, left = state.left })
  if not self.token:renew(state.bearer) then return nil end
  -- An expired token says nothing about the credentials.
  if state.lapses < MOST_LAPSES and is_lapse(response) then
    state.lapses = state.lapses + 1
    return "again"
  end
  state.refusals = state.refusals + 1
  if state.refusals == 1 then return "again" end
  if request.retry == false then return "wait" end
  state.why = "status 401"
  local bears = request.patient or state.refusals <= MOST_REFUSALS
  return bears and self:pause(state, response) and "again" or nil
end

function Client:refusal(state, response)
  local why = ""
  if self.token:describe().ready_made then
    why = " (a ready-made token cannot be renewed)"
  elseif state.refusals > 1 then
    why = string.format(" (%d new tokens in a row)", state.refusals)
  end
  return string.format("%s: the tenant rejected the access token%s: %s", state.label, why,
    client.explain(response))
end

---Exchanges a request until its response is final.
function Client:insist(request, state)
  while true do
    local response, message, kind, sent = self:exchange(request, state)
    if not response then return nil, message, kind, sent end
    if response.status == 403 then
      return nil, missing_scope(state.label, response), "credentials", false
    elseif response.status ~= 401 then
      return response
    end
    local step = self:after_refusal(request, state, response)
    if step == "wait" then return response end
    if not step then return nil, self:refusal(state, response), "credentials", false end
  end
end

---Calls the Management API. Returns every final response, whatever its status; a token that stays
---rejected or lacks a scope is a failure. With `retry = false` it also returns a 401 for a renewed
---token: the request had no effect, and the caller waits.
---@param request ApiRequest
---@return ApiResponse? response
---@return string? message
---@return Kind? kind     "credentials", "temporary", or the transport's
---@return boolean? sent  whether it may have taken effect
function Client:request(request)
  local inner = setmetatable({
    url = url.with_query(self.base .. "/api/v2/" .. request.path:gsub("^/+", ""), request.query),
  }, { __index = request })
  local state = {
    label = label(request.method, request.path), attempt = 0, has_token = true, refusals = 0,
    lapses = 0,
  }
  local response, message, kind, sent = self:insist(inner, state)
  self.outages:over(state)
  return response, message, kind, sent
end

---Downloads from a link of the API, without a token: it is another host.
---@param link string
---@param path string
---@param expects? Expected  of the file
---@return ApiResponse? response
---@return string? message
---@return Kind? kind
function Client:download(link, path, expects)
  local request = {
    method = "GET", url = link, save = path, timeout = DOWNLOAD_TIMEOUT, expects = expects,
  }
  return self:exchange_once(request, "downloading an export")
end

---Fetches the token if there is none; returns its expiry and scopes.
---@return {expires?: number, scopes?: table<string, true>, ready_made: boolean}?
---@return string? message
---@return Kind? kind
function Client:grant()
  local text, message, kind = self.token:get()
  if not text then return nil, message, kind end
  return self.token:describe()
end

return client
