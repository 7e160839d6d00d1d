--- The rehearsal tenant: Auth0's documented behaviour for imports, on loopback, stored in one file.
--- Tokens and rate limits use real time, jobs use scaled time.

local buckets = require "tenant.buckets"
local clock = require "host.clock"
local connection_settings = require "auth0.connection"
local connections = require "tenant.connections"
local digest = require "host.digest"
local request_faults = require "tenant.faults.requests"
local doubts = require "tenant.doubts"
local exports = require "tenant.exports"
local faults = require "tenant.faults"
local file = require "host.file"
local ghosts = require "tenant.ghosts"
local imports = require "tenant.imports"
local jobs = require "tenant.jobs"
local json = require "host.json"
local limits = require "auth0.limits"
local metrics = require "tenant.metrics"
local scheduler = require "base.scheduler"
local server = require "host.server"
local state = require "tenant.state"
local tls = require "tenant.tls"
local verdict = require "tenant.verdict"

local tenant = {}

-- Above Auth0's limit, so that the size of an oversized request is known.
local REQUEST_LIMIT <const> = 4 * 1024 * 1024 -- bytes

local OPENING <const> = 5 -- seconds for the first request of a connection

---@class TenantOptions
---@field port? integer           0 (default): any free port
---@field state? string           file that stores the tenant; default: a temporary one
---@field existing? string        file with existing users: a JSON array, as for an import
---@field connection? Connection  settings of the default connection
---@field connections? TenantConnection[]  additional connections
---@field tier? "free"|"production"|"enterprise"  job speed and rate limits; default: unlimited
---@field time_scale? number      multiplies the speed of jobs and their ageing
---@field client_id? string       default: that of the state file, or a new one
---@field client_secret? string
---@field scopes? string[]        scopes of tokens
---@field token_seconds? integer  lifetime of tokens
---@field faults? string|table[]   a file with rules, or the rules; see tenant.faults
---@field doubts? {name: string, value: string}[]  see tenant.doubts
---@field tls? boolean            serve HTTPS, with a certificate of the tenant's own authority
---@field public_key? string      PEM; the client authenticates with the private key, not a secret
---@field on_ready? fun(info: TenantInfo)

---@class TenantInfo
---@field domain string         "http://127.0.0.1:PORT"
---@field client_id string
---@field client_secret? string nil with a public key
---@field ca_file? string       with TLS only
---@field connection string     name
---@field connection_id string
---@field stop fun()            ends `serve`

---@class Tenant
---@field options TenantOptions
---@field db host.store.database
---@field listener host.server.listener
---@field default StoredConnection
---@field began number            unix seconds
---@field scale number            speed of tenant time
---@field ended? boolean
---@field stopped Condition
---@field domain string
---@field client_id string
---@field client_secret string
---@field signing_key string
---@field metrics Metrics
---@field doubts table<string, string>  values by name
---@field tls? TenantTls
---@field used_assertions table<string, number>  by jti: unix seconds until which it is remembered
---@field faults? Faults
---@field foreign integer         slots that simulated jobs of other clients use
---@field lost table<string, true>  jobs reported as not found
---@field stalled host.server.request[]  requests that are never answered
---@field buckets Buckets
---@field private validators table<string, host.schema.validator>  by connection id
---@field scheme "http"|"https"
---@field wall fun(): number       unix seconds
---@field monotonic fun(): number  seconds
local Tenant = {}
Tenant.__index = Tenant

---A setting stored with the state: the given value, else the stored one, else a new one.
function Tenant:setting(name, given, make)
  local value = given or self.db:value("SELECT value FROM setting WHERE name = ?", name) or make()
  assert(self.db:run("INSERT OR REPLACE INTO setting VALUES (?, ?)", name, value))
  return value
end

---@return number seconds  tenant time: the time since the start runs faster by the scale
function Tenant:now()
  return self.began + (self.wall() - self.began) * self.scale
end

---Users per second that one job imports. Auth0's figures are for two concurrent jobs.
---@return number  math.huge: unlimited
function Tenant:import_speed()
  local per_hour = limits.USERS_PER_HOUR[self.options.tier]
  return per_hour and per_hour / limits.JOBS / 3600 * self.scale or math.huge
end

---@param id string
---@return StoredConnection?
function Tenant:connection(id)
  return connections.by_id(self, id)
end

---The cached validator of a connection's users; compiling it takes longer than a small job.
---@param connection StoredConnection
---@return host.schema.validator
function Tenant:validator(connection)
  local made = self.validators[connection.id] or verdict.validator(connection.settings, self.doubts)
  self.validators[connection.id] = made
  return made
end

---Whether a connection exists and is enabled for at least one application.
---@param id string
---@return boolean
function Tenant:takes_users(id)
  return self.db:value("SELECT 1 FROM connection WHERE id = ? AND clients <> '[]'", id) ~= nil
end

---@param id string
---@return string?
function Tenant:connection_name(id)
  return self.db:value("SELECT name FROM connection WHERE id = ?", id)
end

---Whether this is the tenant's own URL with a trailing slash: the audience of assertions.
---@param address any
---@return boolean
function Tenant:is_issuer(address)
  for _, host in ipairs { "127.0.0.1", "localhost" } do
    local own = string.format("%s://%s:%d/", self.scheme, host, self.listener:port())
    if address == own then return true end
  end
  return false
end

---Whether this is the audience of a Management API token.
---@param audience any
---@return boolean
function Tenant:is_audience(audience)
  local base = type(audience) == "string" and audience:match("^(.*/)api/v2/$")
  return self:is_issuer(base)
end

local function random_text(bytes)
  return function() return digest.base64(digest.random(bytes), { url = true, pad = false }) end
end

local function prepare(self)
  local options = self.options
  self.client_id = self:setting("client_id", options.client_id, random_text(24))
  self.client_secret = self:setting("client_secret", options.client_secret, random_text(48))
  self.signing_key = self:setting("signing_key", nil, random_text(32))
  local settings = options.connection or connection_settings.defaults()
  local given = { {
    id = settings.id, name = settings.name, strategy = settings.strategy,
    options = connections.options_of(settings),
    clients = settings.enabled == false and {} or nil,
  } }
  for _, more in ipairs(options.connections or {}) do given[#given + 1] = more end
  for _, connection in ipairs(given) do
    if not connections.by_name(self, connection.name) then connections.add(self, connection) end
  end
  self.default = connections.by_name(self, settings.name)
end

---Loads the users of `existing` into the default connection, once.
local function load_existing(self)
  local path = self.options.existing
  if not path or ghosts.any(self.db) or self.db:value("SELECT 1 FROM user LIMIT 1") then
    return true
  end
  local text, message, kind = file.read(path)
  if not text then return nil, message, kind end
  local list
  list, message = json.decode(text)
  if type(list) ~= "table" or not json.is_array(list) then
    return nil, string.format("%s: %s", path, message or "not a JSON array of users"), "usage"
  end
  local done
  done, message = imports.put(self, self.default, list)
  if not done then return nil, string.format("%s: %s", path, message), "usage" end
  return true
end

---Rejects an invalid public key at the start instead of at the first request.
local function check_key(self)
  local pem = self.options.public_key
  if not pem then return true end
  local checked, message = digest.verify("RS256", pem, "", "")
  if checked == nil then return nil, "cannot use the client's public key: " .. message, "usage" end
  return true
end

local function load_faults(self)
  local given = self.options.faults
  if not given then return true end
  local message, kind
  self.faults, message, kind = (type(given) == "string" and faults.load or faults.new)(given)
  return self.faults and true, message, kind
end

local function listen(self)
  local options = self.options
  if options.tls then
    local message, kind
    self.tls, message, kind = tls.open(self)
    if not self.tls then return nil, message, kind end
  end
  local opened = self.tls or {}
  local listener, message, kind = server.listen {
    port = options.port, limit = REQUEST_LIMIT, cert = opened.cert, key = opened.key,
    opening = OPENING,
  }
  self.listener = listener
  return listener, message, kind
end

---@param options? TenantOptions
---@return Tenant?
---@return string? message
---@return Kind? kind
function tenant.open(options)
  options = options or {}
  local self = setmetatable({
    options = options, scale = options.time_scale or 1, wall = clock.now,
    monotonic = clock.monotonic, began = clock.now(), metrics = metrics.new(),
    stopped = scheduler.condition(),
    validators = {}, foreign = 0, lost = {}, stalled = {}, used_assertions = {},
    scheme = options.tls and "https" or "http", doubts = doubts.settle(options.doubts),
  }, Tenant)
  self.buckets = buckets.new(options.tier, options.time_scale, self.doubts.refill)
  local message, kind
  self.db, message, kind = state.open(options.state)
  if not self.db then return nil, message, kind end
  prepare(self)
  local done
  done, message, kind = load_existing(self)
  if done then done, message, kind = load_faults(self) end
  if done then done, message, kind = check_key(self) end
  if done then done, message, kind = listen(self) end
  if not done then
    self:close()
    return nil, message, kind
  end
  self.domain = string.format("%s://127.0.0.1:%d", self.scheme, self.listener:port())
  return self
end

---@return TenantInfo
function Tenant:info()
  return {
    domain = self.domain, client_id = self.client_id,
    client_secret = not self.options.public_key and self.client_secret or nil,
    ca_file = self.tls and self.tls.ca_file, connection = self.default.name,
    connection_id = self.default.id,
    stop = function() self:stop() end,
  }
end

local function respond(request, answer)
  local headers = answer.headers or {}
  local body
  if type(answer.body) == "string" then
    body = answer.body
  elseif answer.body ~= nil then
    body = assert(json.encode(answer.body))
    headers["content-type"] = "application/json; charset=utf-8"
  end
  request:respond(answer.status, headers, body)
end

function Tenant:listen()
  while not self.ended do
    local request = self.listener:accept()
    while request do
      request_faults.serve(self, request, respond)
      request = self.listener:accept()
    end
    scheduler.await(self.listener)
  end
end

---Runs until it is stopped; within base.scheduler.
function Tenant:run()
  if self.ended then return end
  for _, job in ipairs(jobs.pending(self)) do
    local part = job.type == "users_export" and exports or imports
    part.begin(self, job)
  end
  scheduler.spawn(function() self:listen() end)
  while not self.ended do self.stopped:wait() end
end

function Tenant:stop()
  self.ended = true
  self.stopped:notify()
end

function Tenant:close()
  if self.listener then self.listener:close() end
  if self.tls then tls.close(self.tls) end
  if self.db then self.db:close() end
end

---Opens a tenant and runs it until it is stopped; within base.scheduler.
---@param options TenantOptions
---@return true?
---@return string? message
---@return Kind? kind
function tenant.serve(options)
  local self, message, kind = tenant.open(options)
  if not self then return nil, message, kind end
  if options.on_ready then options.on_ready(self:info()) end
  self:run()
  self:close()
  return true
end

return tenant
