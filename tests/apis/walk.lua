--- A plain reader of an API of this folder: one page after another, with the rules of source.http.
--- It keeps nothing and reads nothing ahead: it tests the server, and the rules against it.

local fetch = require "base.fetch"
local http = require "host.http"
local json = require "host.json"
local paging = require "source.http.paging"
local pointer = require "base.pointer"
local scheduler = require "base.scheduler"
local url = require "base.url"
local waits = require "source.http.waits"

local walk = {}

local ATTEMPTS <const> = 6
local HASTE <const> = 1000 -- how much faster waits are, without `patient`

---@class WalkResult
---@field users table[]
---@field pages integer
---@field waited Wait[]
---@field message? string  why it ended, if not at the end of the list
---@field kind? string

local function wire(api, request, bearer)
  local headers = {}
  for name, value in pairs(request.headers or {}) do headers[name] = value end
  if bearer then headers.Authorization = "Bearer " .. bearer end
  local body = request.body
  if type(body) == "table" then
    body = assert(json.encode(body))
    headers["Content-Type"] = headers["Content-Type"] or "application/json"
  end
  local made = { method = request.method, url = url.with_query(request.url, request.query),
    headers = headers, body = body }
  return api.sign and api.sign(made) or made
end

---@param api Api
---@param base string
---@param send Fetch
---@return string? token
local function token_of(api, base, send)
  if not api.token then return nil end
  local request = api.token.request(base)
  local response = assert(send {
    method = request.method, url = request.url, body = url.query(request.form),
    headers = { ["Content-Type"] = "application/x-www-form-urlencoded" },
  })
  return assert(json.decode(response.body).access_token, response.body)
end

---One exchange: the decoded response, or what went wrong and whether it may be repeated.
local function exchange(self, request)
  local response, message = self.send(wire(self.api, request, self.bearer))
  if not response then
    return nil, message, waits.after(nil, nil, nil, self.attempt, os.time(), math.random)
  end
  local body, broken = json.decode(response.body)
  local wait = waits.after(response.status, response.headers, body, self.attempt, os.time(),
    math.random)
  if wait then return nil, wait.why, wait end
  if response.status == 401 and self.api.token and self.attempt == 1 then
    self.bearer = token_of(self.api, self.base, self.send)
    return nil, "status 401", { wait = 0, dictated = false, why = "status 401" }
  end
  if response.status ~= 200 then return nil, "status " .. response.status end
  if broken then return nil, broken, { wait = 0, dictated = false, why = "not JSON" } end
  return { headers = response.headers, body = body }
end

---A page, asked for until it comes whole.
local function page_of(self, request, waited)
  self.attempt = 0
  while true do
    self.attempt = self.attempt + 1
    local page, message, wait = exchange(self, request)
    if page then return page end
    if not wait or self.attempt == ATTEMPTS then return nil, message end
    waited[#waited + 1] = wait
    scheduler.sleep(self.patient and wait.wait or wait.wait / HASTE)
  end
end

---Reads a list to its end; within base.scheduler.
---@param server ApiServer  or a table with its `api` and `url`
---@param way ApiWalk
---@param size integer  of pages, where the way lets the client choose
---@param options? {most?: integer, patient?: boolean}  pages to read, default all; whether waits
---  take as long as they say
---@return WalkResult
function walk.all(server, way, size, options)
  options = options or {}
  local self = { api = server.api, base = server.url, send = fetch.new(http.new()),
    patient = options.patient }
  self.bearer = token_of(self.api, self.base, self.send)
  local result = { users = {}, pages = 0, waited = {} }
  local first = paging.first(way.pages, way.request(server.url, size))
  local request, mark = first, nil
  while request and result.pages < (options.most or math.huge) do
    local page, message = page_of(self, request, result.waited)
    if not page then
      result.message = message
      return result
    end
    local list = way.items == "" and page.body or pointer.get(page.body, way.items) or {}
    table.move(list, 1, #list, #result.users + 1, result.users)
    result.pages = result.pages + 1
    local state = {
      first = first, request = request, headers = page.headers, body = page.body, list = list,
      items = #list, total = #result.users, mark = mark,
    }
    request, result.message, result.kind = paging.next(way.pages, state)
    mark = state.mark
  end
  return result
end

return walk
