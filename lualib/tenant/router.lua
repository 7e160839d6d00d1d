--- Routes of the rehearsal tenant: their handlers, scopes and rate limit buckets.

local answers = require "tenant.answers"
local connections = require "tenant.connections"
local edit = require "tenant.edit"
local exports = require "tenant.exports"
local guardian = require "tenant.guardian"
local jobs = require "tenant.jobs"
local metrics = require "tenant.metrics"
local oauth = require "tenant.oauth"
local remedies = require "tenant.remedies"
local uploads = require "tenant.uploads"
local users = require "tenant.users"

local router = {}

local LIMIT_REACHED <const> = "Global limit has been reached"

---@class Route
---@field method string
---@field path string       segments; "{}" matches any one
---@field handler fun(tenant: Tenant, request: host.server.request, scopes: table): Answer
---@field scopes? string[]  one of these is required; nil: no token is required
---@field group? string     endpoints that share a bucket

local function entry(method, path, handler, group, ...)
  return {
    method = method, path = path, handler = handler, group = group, scopes = ... and { ... },
  }
end

---@type Route[]
local ROUTES <const> = {
  entry("POST", "/oauth/token", oauth.token, "token"),
  entry("GET", "/__tenant/metrics", metrics.show),
  entry("GET", "/__tenant/exports/{}/{}/{}/{}", exports.download),
  entry("POST", "/api/v2/jobs/users-imports", uploads.accept, "other", "create:users"),
  entry("POST", "/api/v2/jobs/users-exports", exports.accept, "other", "read:users"),
  entry("GET", "/api/v2/jobs/{}", jobs.read, "other", "create:users", "read:users"),
  entry("GET", "/api/v2/jobs/{}/errors", jobs.errors,
    "other", "create:users", "read:users"),
  entry("GET", "/api/v2/users-by-email", users.by_email, "read_users", "read:users"),
  entry("GET", "/api/v2/users", users.search, "read_users", "read:users"),
  entry("POST", "/api/v2/users", edit.create, "write_users", "create:users"),
  entry("GET", "/api/v2/users/{}", users.get, "read_users", "read:users"),
  entry("PATCH", "/api/v2/users/{}", edit.change,
    "write_users", "update:users", "update:users_app_metadata"),
  entry("DELETE", "/api/v2/users/{}", users.delete, "delete_users", "delete:users"),
  entry("POST", "/api/v2/users/{}/authentication-methods", remedies.enrol,
    "other", "create:authentication_methods"),
  entry("POST", "/api/v2/tickets/password-change", remedies.ticket,
    "other", "create:user_tickets"),
  entry("GET", "/api/v2/connections", connections.list,
    "read_connections", "read:connections"),
  entry("GET", "/api/v2/connections/{}", connections.get,
    "read_connections", "read:connections"),
  entry("DELETE", "/api/v2/connections/{}", connections.delete,
    "other", "delete:connections"),
  entry("GET", "/api/v2/connections/{}/clients", connections.clients,
    "read_connections", "read:connections"),
  entry("GET", "/api/v2/guardian/factors", guardian.factors,
    "other", "read:guardian_factors"),
  entry("DELETE", "/api/v2/connections/{}/users", users.delete_by_email,
    "delete_users", "delete:users"),
}

local function segments_of(path)
  local list = {}
  for segment in path:gmatch("[^/]+") do list[#list + 1] = segment end
  return list
end

local SEGMENTS <const> = {}
for i, route in ipairs(ROUTES) do SEGMENTS[i] = segments_of(route.path) end

local function unescape(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

---The values of the "{}" segments, or nil if the path does not match.
local function match(pattern, given)
  if #pattern ~= #given then return nil end
  local ids = {}
  for i, segment in ipairs(pattern) do
    if segment == "{}" then
      ids[#ids + 1] = unescape(given[i])
    elseif segment ~= given[i] then
      return nil
    end
  end
  return ids
end

---The route and the ids of its path, or nil and the error response.
local function find(request)
  local given, known = segments_of(request.raw_path), false
  for i, route in ipairs(ROUTES) do
    local ids = match(SEGMENTS[i], given)
    if ids and route.method == request.method then return route, ids end
    known = known or ids ~= nil
  end
  if known then return nil, answers.refuse(405, "Method Not Allowed") end
  return nil, answers.refuse(404, "Not Found")
end

local function has_any(scopes, needed)
  for _, scope in ipairs(needed) do
    if scopes[scope] then return true end
  end
  return false
end

---Counts the request: the rate limit headers, and the 429 if its bucket is empty.
local function limited(tenant, route)
  local now = tenant.wall()
  local headers, empty = tenant.buckets:take(route.group, now)
  if not empty then return headers end
  if tenant.doubts["retry-after"] == "present" then
    local wait = math.ceil(tonumber(headers["x-ratelimit-reset"]) - now)
    headers["retry-after"] = string.format("%d", math.max(0, wait))
  end
  if route.scopes then
    return headers, answers.refuse(429, LIMIT_REACHED, "too_many_requests")
  end
  return headers, answers.oauth(429, "too_many_requests", LIMIT_REACHED)
end

---Checks token, rate limit and scope: the scopes, an error response if any, the headers of either.
local function admit(tenant, route, request)
  if not route.group then return {} end
  local scopes, refused = {}, nil
  if route.scopes then scopes, refused = oauth.check(tenant, request) end
  if refused then return nil, refused end
  local headers, refusal = limited(tenant, route)
  if not refusal and route.scopes and not has_any(scopes, route.scopes) then
    refusal = answers.out_of_scope(route.scopes, tenant.doubts)
  end
  return scopes, refusal, headers
end

---@param tenant Tenant
---@param request host.server.request
---@param fault? {token_seconds?: integer}
---@return Answer
function router.handle(tenant, request, fault)
  local route, ids = find(request)
  if not route then
    tenant.metrics:answered("unknown", ids.status)
    return ids
  end
  local call = setmetatable({ ids = ids, token_seconds = fault and fault.token_seconds }, {
    __index = function(_, name) return request[name] end,
  })
  local scopes, refusal, headers = admit(tenant, route, request)
  local answer = refusal or route.handler(tenant, call, scopes)
  answer.headers = headers or answer.headers
  tenant.metrics:answered(route.method .. " " .. route.path:gsub("{}", "{id}"), answer.status)
  return answer
end

return router
