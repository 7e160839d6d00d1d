--- Reads the settings of the tenant's connections.
--- Source: Auth0 Management API v2, connections (November 2026).

local client = require "auth0.api.client"
local connection = require "auth0.connection"
local expect = require "auth0.api.expect"
local http = require "host.http"

local connections = {}

local SHOWN <const> = { id = "string", name = "string", strategy = "string" }
local IS_LIST <const> = expect.any(expect.list(SHOWN), expect.object { connections = "table" })
local IS_ENABLED <const> = expect.object { clients = "table" }

local function unknown(name)
  return nil, string.format("the tenant has no connection %s; check the exact name under "
    .. "Authentication > Database in the dashboard", name), "usage"
end

local function find(api, name)
  local request = {
    method = "GET", path = "/connections", query = { name = name }, expects = IS_LIST,
  }
  if name:find("^con_%w+$") and #name == 20 then
    request = { method = "GET", path = "/connections/" .. name, expects = expect.object(SHOWN) }
  end
  local response, message, kind = api:request(request)
  if not response then return nil, message, kind end
  if response.status == 404 then return unknown(name) end
  local body = response.body
  if response.status ~= 200 or type(body) ~= "table" then
    return client.unexpected("reading connection " .. name, response)
  end
  if type(body.id) == "string" then return body end
  for _, value in ipairs(type(body.connections) == "table" and body.connections or body) do
    if type(value) == "table" and (value.name == name or value.id == name) then return value end
  end
  return unknown(name)
end

---Whether an application may use it; nil, message, kind on failure.
local function is_enabled(api, id)
  local response, message, kind = api:request {
    method = "GET", path = "/connections/" .. http.escape(id) .. "/clients", query = { take = 1 },
    expects = IS_ENABLED,
  }
  if not response then return nil, message, kind end
  if response.status ~= 200 then return true end -- unknown; the import will show
  return #response.body.clients > 0
end

---Reads a connection's settings, but not whether an application may use it.
---@param api Client
---@param name string  its name or id
---@return Connection? settings
---@return string? message
---@return Kind? kind  "usage": unknown
function connections.look(api, name)
  local value, message, kind = find(api, name)
  if not value then return nil, message, kind end
  return connection.from_api(value)
end

---@param api Client
---@param name string  its name or id
---@return Connection? settings
---@return string? message
---@return Kind? kind  "usage": unknown
function connections.settings(api, name)
  local settings, message, kind = connections.look(api, name)
  if not settings then return nil, message, kind end
  settings.enabled, message, kind = is_enabled(api, settings.id)
  if settings.enabled == nil then return nil, message, kind end
  return settings
end

---Reads a connection; fails if it does not accept an import.
---@param api Client
---@param name string  its name or id
---@return Connection? settings
---@return string? message
---@return Kind? kind  "usage": unknown, not a database, not enabled, no import mode
function connections.read(api, name)
  local settings, message, kind = connections.settings(api, name)
  if not settings then return nil, message, kind end
  local why, fix = connection.objection(settings)
  if why then return nil, why .. "; " .. fix, "usage" end
  return settings
end

return connections
