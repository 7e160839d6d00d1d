--- Sends requests to the API of one origin, with the credentials of the recipe, and waits: as long
--- as the server says, and during an outage as long as patience lasts.

local digest = require "host.digest"
local foreign = require "base.foreign"
local json = require "host.json"
local scheduler = require "base.scheduler"
local url = require "base.url"
local waits = require "source.http.waits"

local exchange = {}

local TIMEOUT <const>, STALL <const> = 300, 60 -- seconds; see host.http.Request
local MOST_REDIRECTS <const> = 5
local MOST_BROKEN <const> = 5 -- responses in a row that are cut or not JSON
local TOLD <const> = 3 -- attempts in a row without an answer, after which it is said why
local GLANCE <const> = 0.2 -- real seconds between looks whether a wait is to end
-- Failures that a retry would repeat.
local HOPELESS <const> = { tls = true, parse = true, full = true, io = true, missing = true }

local NO_TLS <const> = "cannot establish a TLS connection: %s; for a private certificate "
  .. "authority, use --ca-file"

---@class ExchangeOptions
---@field name string         for messages: "api.example.com/users"
---@field origin Url          of the first request
---@field fetch Fetch
---@field clock Clock
---@field patience number     own seconds
---@field outages Outages
---@field secrets Secrets
---@field interrupted fun(): boolean?
---@field limit integer       bytes of a response
---@field token? PageToken    of another origin, or the same
---@field basic? string[]     user and password
---@field sign? host.http.Signature
---@field save? string        path: bodies go there as they are
---@field timeout? number     seconds of a transfer
---@field follows? fun(to: Url): string?  why a redirect to another host is not followed; default:
---  none is
---@field log fun(event: string, fields: table)
---@field say fun(text: string)
---@field random? fun(): number

---@class Exchange
---@field name string
---@field over? true          nothing is asked any longer
---@field private held_until number  own seconds: the server wants no request before
local Exchange = {}
Exchange.__index = Exchange

---@param options ExchangeOptions
---@return Exchange
function exchange.new(options)
  local self = setmetatable({ held_until = -math.huge }, Exchange)
  for name, value in pairs(options) do self[name] = value end
  self.random = self.random or math.random
  return self
end

---@class PageResponse
---@field status integer
---@field headers table<string, string[]>
---@field body any       decoded; nil if it is not JSON
---@field text string

---Decodes a response. One in pieces is not JSON.
---@return PageResponse
local function decoded(raw)
  local headers = {}
  for name, value in pairs(raw.headers) do headers[name] = { value } end
  local body = raw.body ~= "" and json.decode(raw.body) or nil
  return { status = raw.status, headers = headers, body = body, text = raw.body }
end

-- Where APIs say what was wrong.
local WORDS <const> = { "errorSummary", "error_description", "message", "detail", "title", "error" }

---What the server says about a failure, without values and secrets.
local function said(self, body)
  if type(body) ~= "table" then return nil end
  if type(body.error) == "table" then body = body.error end
  for _, name in ipairs(WORDS) do
    if type(body[name]) == "string" and body[name] ~= "" then
      return foreign.words(self.secrets:hide(body[name]))
    end
  end
end

local ADVICE <const> = {
  [401] = { "the API rejected the credentials: check the token or key", "login" },
  [403] = { "the credentials lack a permission", "login" },
  [404] = { "there is nothing at this address: check the url of the recipe", "usage" },
}

---@param response PageResponse
---@return nil
---@return string message
---@return Kind kind
function Exchange:refused(response)
  local advice = ADVICE[response.status] or { "the API refused the request", "usage" }
  local words = said(self, response.body)
  return nil, string.format("%s: %s (status %d%s)", self.name, advice[1], response.status,
    words and ": " .. words or ""), advice[2]
end

---The request as it is sent, with credentials, and with secrets in the place of their marks.
local function wire(self, request, bearer)
  request = self.secrets:with {
    method = request.method, url = request.url, query = request.query, body = request.body,
    headers = request.headers,
  }
  local headers = { Accept = self.save and "*/*" or "application/json" }
  local body = request.body
  if type(body) == "table" then
    headers["Content-Type"] = "application/json"
    body = assert(json.encode(body))
  end
  local by_name = { authorization = "Authorization" }
  for name in pairs(headers) do by_name[name:lower()] = name end
  for name, value in pairs(request.headers or {}) do
    headers[by_name[name:lower()] or name] = value
  end
  if bearer then headers.Authorization = "Bearer " .. bearer end
  if self.basic then
    headers.Authorization = "Basic " .. digest.base64(table.concat(self.basic, ":"))
  end
  return {
    method = request.method or "GET", url = url.with_query(request.url, request.query),
    headers = headers, body = body, limit = self.limit, compressed = not self.save,
    save = self.save, sign = self.sign, timeout = self.timeout or TIMEOUT, stall = STALL,
  }
end

---Whether no response is wanted any longer.
---@private
---@return boolean
function Exchange:is_over()
  return self.over or self.interrupted() or false
end

---Waits, unless nothing is wanted any longer.
---@param seconds number  own
---@param dictated boolean  real seconds then
---@return boolean ended  false: interrupted
function Exchange:sleep(seconds, dictated)
  local left = dictated and seconds or self.clock.real(seconds)
  while left > 0 and not self:is_over() do
    scheduler.sleep(math.min(left, GLANCE))
    left = left - GLANCE
  end
  return not self:is_over()
end

---Waits until the server wants requests again.
function Exchange:wait_for_turn()
  while not self:is_over() do
    local left = self.held_until - self.clock.elapsed()
    if left <= 0 then return true end
    self:sleep(left, false)
  end
  return false
end

---No request is sent for so long: of several that are in flight, each would be refused.
---@param seconds number  real
function Exchange:hold(seconds)
  self.held_until = math.max(self.held_until, self.clock.elapsed() + seconds / self.clock.real(1))
end

local INTERRUPTED <const> = "interrupted"

---Waits before the next attempt. False when the patience is exhausted; nil when interrupted.
local function pause(self, state, wait, is_answer)
  local clock = self.clock
  state.began = state.began or clock.elapsed()
  local left = self.patience - (clock.elapsed() - state.began)
  local own = wait.dictated and wait.wait / clock.real(1) or wait.wait
  if wait.wait > left then return false end
  if is_answer then
    self.outages:over(state)
  else
    self.outages:wait(state, { why = wait.why, patience = left, seconds = clock.real(own) })
  end
  self.log("retry", { request = self.name, attempt = state.attempt, why = wait.why,
    seconds = wait.wait })
  if wait.dictated then self:hold(wait.wait) end
  return self:sleep(wait.wait, wait.dictated) or nil
end

---Why a redirect is not followed.
local function objection(self, to)
  if url.same_origin(to, self.origin) then return nil end
  if self.follows then return self.follows(to) end
  return "is another host; if it is the API, write its address into the recipe"
end

---The request that a redirect leads to; to another host it is refused, unless `follows` allows it.
local function redirected(self, state, request, response)
  local to = (response.headers.location or {})[1]
  local target = to and url.resolve(request.url, to)
  local parsed = target and url.parse(target)
  state.redirects = state.redirects + 1
  if not parsed or state.redirects > MOST_REDIRECTS or (request.method or "GET") ~= "GET" then
    return self:refused(response)
  end
  local wrong = objection(self, parsed)
  if wrong then
    return nil, string.format("%s: redirected to %s (status %d), which is not followed: it %s",
      self.name, foreign.words(parsed.origin), response.status, wrong), "usage"
  end
  local copy = {}
  for name, value in pairs(request) do copy[name] = value end
  copy.url, copy.query = target, nil
  return copy
end

---Whether the credentials were refused and others are there now: once for each request.
local function is_renewed(self, state, response, bearer)
  local is_refusal = response.status == 401 or response.status == 403
  if not is_refusal or not self.token or state.renewed then return false end
  state.renewed = true
  self.token:discard(bearer)
  return true
end

---What a response means: a result, or another request, or how long to wait.
---@return any result
---@return string? message
---@return Kind? kind
---@return Wait? wait   to try again
---@return table? again  a request in place of this one
local function judge(self, state, request, response, read, bearer)
  local status = response.status
  if status >= 200 and status < 300 then
    local result, message, kind = read(response)
    if result ~= nil or kind ~= "again" then return result, message, kind end
    state.broken = state.broken + 1
    if state.broken >= MOST_BROKEN then
      return nil, self.name .. ": " .. message, "temporary"
    end
    return nil, message, "again", waits.after(nil, nil, nil, state.broken, self.clock.now(),
      self.random)
  elseif status >= 300 and status < 400 then
    local again, message, kind = redirected(self, state, request, response)
    return nil, message, kind, nil, again
  elseif is_renewed(self, state, response, bearer) then
    return nil, nil, nil, nil, request
  end
  local wait = waits.after(status, response.headers, response.body, state.attempt + 1,
    self.clock.now(), self.random)
  if wait then return nil, said(self, response.body) or wait.why, "again", wait end
  local _, message, kind = self:refused(response)
  return nil, message, kind
end

-- Statuses of a server that is there, but does not process the request now.
local BUSY <const> = { [400] = true, [408] = true, [429] = true }

---@return any result
---@return string? message
---@return Kind? kind
---@return PageResponse? response  that was refused
local function attempts(self, state, request, read)
  while true do
    if not self:wait_for_turn() then return nil, INTERRUPTED, "interrupted" end
    local bearer, message, kind
    if self.token then
      bearer, message, kind = self.token:get()
      if not bearer then return nil, message, kind end
      if self:is_over() then return nil, INTERRUPTED, "interrupted" end
    end
    local raw, _, failed, _, reason = self.fetch(wire(self, request, bearer))
    if self.over then return nil, INTERRUPTED, "interrupted" end -- the transfer was closed
    local response = raw and decoded(raw)
    local result, wait, again
    if response then
      result, message, kind, wait, again = judge(self, state, request, response, read, bearer)
      local rest = waits.before_next(response.headers, self.clock.now(), self.random)
      if rest then self:hold(rest.wait) end
    elseif HOPELESS[failed] then
      message = failed == "tls" and NO_TLS:format(reason) or reason
      return nil, self.name .. ": " .. message, failed
    else
      wait = waits.after(nil, nil, nil, state.attempt + 1, self.clock.now(), self.random)
      message, wait.why = reason, failed
    end
    if not wait and not again then return result, message, kind, response end
    request = again or request
    if wait then
      state.attempt = state.attempt + 1
      local is_answer = response and BUSY[response.status]
      if state.attempt == TOLD and not is_answer then
        self.say(string.format("%s: %s; trying again (--patience says how long)", self.name,
          message))
      end
      local waited = pause(self, state, wait, is_answer)
      if waited == nil then return nil, INTERRUPTED, "interrupted" end
      if not waited then
        return nil, string.format("%s: giving up after %d %s: %s", self.name, state.attempt,
          state.attempt == 1 and "attempt" or "attempts", message), "temporary"
      end
    end
  end
end

---Sends a request until it is answered. `read` takes a success: what it returns is the result; with
---the kind "again" the request is sent again.
---@generic T
---@param request PageRequest
---@param read fun(response: PageResponse): T?, string?, Kind|"again"|nil
---@return T? result
---@return string? message
---@return Kind? kind
---@return PageResponse? response  that was refused
function Exchange:ask(request, read)
  local state = { attempt = 0, broken = 0, redirects = 0 }
  local result, message, kind, response = attempts(self, state, request, read)
  self.outages:over(state)
  return result, message, kind, response
end

---Ends all waits.
function Exchange:close()
  self.over = true
  if self.token then self.token:close() end
end

return exchange
