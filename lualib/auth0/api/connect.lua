--- A client for the tenant and the settings of the connection, checked before staging, so that a
--- wrong secret costs seconds.

local client = require "auth0.api.client"
local connection = require "auth0.connection"
local connections = require "auth0.api.connections"
local fetch = require "base.fetch"
local file = require "host.file"
local http = require "host.http"

local connect = {}

-- Required for an import: to send users, and to look up what became of them.
connect.SCOPES = { "create:users", "read:users" }

-- A tenant that does not respond must not delay the stage, which needs none, for hours.
local FIRST_PATIENCE <const> = 15 -- own seconds
local CONNECT_TIMEOUT <const> = 30 -- own seconds

---@class Tenant
---@field client table
---@field connection table  settings of auth0.connection

---@param settings Settings
---@return boolean
function connect.has_credentials(settings)
  local c = settings.credentials or {}
  local secret = c.client_secret or c.private_key
  return settings.base ~= nil and (c.access_token ~= nil or (c.client_id and secret) ~= nil)
end

---@param settings Settings
---@return string
function connect.missing(settings)
  local c = settings.credentials or {}
  local missing = {}
  if not settings.base then missing[#missing + 1] = "AUTH0_DOMAIN" end
  if not c.access_token then
    if not c.client_id then missing[#missing + 1] = "AUTH0_CLIENT_ID" end
    if not (c.client_secret or c.private_key) then
      missing[#missing + 1] = "AUTH0_CLIENT_SECRET"
    end
  end
  if not settings.connection then missing[#missing + 1] = "AUTH0_CONNECTION (or --connection)" end
  return table.concat(missing, ", ")
end

local function check_scopes(made, scopes, what)
  local grant, message, kind = made:grant()
  if not grant then return nil, message, kind end
  local lacking = {}
  for _, scope in ipairs(grant.scopes and scopes or {}) do
    if not grant.scopes[scope] then lacking[#lacking + 1] = scope end
  end
  if #lacking == 0 then return true end
  return nil, string.format("the client is not allowed to %s: grant it %s of the Management API",
    what, table.concat(lacking, " and ")), "credentials"
end

---Checks the scopes of a client and reads the connection with `read`.
local function reach(made, settings, scopes, what, read)
  if not settings.connection then
    return nil, "no connection: set AUTH0_CONNECTION or use --connection NAME", "usage"
  end
  local allowed, message, kind = check_scopes(made, scopes, what)
  if not allowed then return nil, message, kind end
  local settled
  settled, message, kind = read(made, settings.connection)
  if not settled then return nil, message, kind end
  made.patience = settings.patience
  return { client = made, connection = settled }
end

---@class ConnectOptions
---@field log? Log
---@field hasty? boolean      do not wait out an outage
---@field outages? Outages    counts them

---A client of the tenant; sends nothing yet.
---@param settings Settings
---@param clock Clock
---@param options ConnectOptions
---@return Client
function connect.client(settings, clock, options)
  local transport = http.new {
    ca_file = settings.ca_file, user_agent = "auth0-migrate/" .. require("host").version,
    connect_timeout = client.deadline(clock, CONNECT_TIMEOUT),
    http1 = true, -- an upload follows on the connection of a look, and must not be resent there
  }
  return client.new {
    base = settings.base, credentials = settings.credentials, fetch = fetch.new(transport),
    clock = clock, log = options.log, outages = options.outages,
    patience = options.hasty and FIRST_PATIENCE or settings.patience,
  }
end

---A tenant and a connection that accepts an import.
---@param settings Settings
---@param clock Clock
---@param options ConnectOptions
---@return Tenant? tenant
---@return string? message
---@return Kind? kind
function connect.open(settings, clock, options)
  local made = connect.client(settings, clock, options)
  return reach(made, settings, connect.SCOPES, "import users", connections.read)
end

---A tenant and a connection, whether or not it accepts an import.
---@param settings Settings
---@param clock Clock
---@param scopes string[]  needed
---@param watching? Outages
---@return Tenant? tenant
---@return string? message
---@return Kind? kind
function connect.look(settings, clock, scopes, watching)
  local made = connect.client(settings, clock, { hasty = true, outages = watching })
  return reach(made, settings, scopes, "do this", connections.look)
end

---Settings of the connection for offline commands: from --connection-file, else nil for Auth0's
---defaults.
---@param settings Settings
---@return table? connection
---@return string? message
---@return Kind? kind
function connect.offline(settings)
  if not settings.connection_file then return nil end
  local text, message, kind = file.read(settings.connection_file)
  if not text then return nil, message, kind end
  return connection.decode(text)
end

return connect
