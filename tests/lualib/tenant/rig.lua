--- A rehearsal tenant and its clients in one process, over real HTTP on loopback.

local client = require "auth0.api.client"
local fetch = require "base.fetch"
local http = require "host.http"
local jobs = require "auth0.api.jobs"
local json = require "host.json"
local scheduler = require "base.scheduler"
local tap = require "tests.tap"
local tenant = require "tenant"

local rig = {}

---@class TenantRig
---@field tenant Tenant
---@field info TenantInfo
---@field client Client
local Rig = {}
Rig.__index = Rig

---Sends a request; `token`: a string in place of a valid one, false for none.
---@return host.http.Response response  with `json`, its decoded body
function Rig:call(method, path, options)
  options = options or {}
  local headers = options.headers or {}
  local bearer = options.token
  if bearer == nil then bearer = self:token() end
  if bearer then headers.Authorization = "Bearer " .. bearer end
  local body = options.body
  if type(body) == "table" then
    body, headers["Content-Type"] = json.encode(body), "application/json"
  end
  local response = assert(self.fetch {
    method = method, url = self.info.domain .. path, headers = headers, body = body,
    parts = options.parts,
  })
  if response.body ~= "" then response.json = json.decode(response.body) end
  return response
end

---A valid token, requested once.
---@return string
function Rig:token()
  self.good = self.good or self:call("POST", "/oauth/token", { token = false, body = {
    grant_type = "client_credentials", client_id = self.info.client_id,
    client_secret = self.info.client_secret, audience = self.info.domain .. "/api/v2/",
  } }).json.access_token
  return self.good
end

---Uploads users (a list, or the file's content) and waits until the job ends.
---@return JobStatus status
---@return JobEntry[]? errors
---@return string? details
function Rig:import(users, options)
  options = options or {}
  local answer = jobs.submit(self.client, {
    data = type(users) == "string" and users or json.encode(json.array(users)),
    connection_id = options.connection_id or self.info.connection_id, upsert = options.upsert,
  })
  assert(answer.id, answer.message)
  local status
  repeat
    scheduler.sleep(0.002)
    status = assert(jobs.status(self.client, answer.id))
  until status.state ~= "running"
  status.id = answer.id
  return status, jobs.errors(self.client, answer.id)
end

---The user as the API shows it, or nil.
function Rig:user(id)
  local response = self:call("GET", "/api/v2/users/" .. http.escape(id))
  return response.status == 200 and response.json or nil
end

-- The validator of the default connection, shared by all tests: compiling it is slow.
local rules

---Runs `fn(rig)` with a tenant.
---@param options TenantOptions
---@param fn fun(rig: TenantRig)
function rig.with(options, fn)
  scheduler.run(function()
    local transport <close> = http.new { http1 = true }
    local made <close> = setmetatable({}, { __close = function(self)
      if self.tenant then
        self.tenant:stop()
        self.tenant:close()
      end
    end })
    made.tenant = assert(tenant.open(options))
    if not options.connection and not options.doubts then
      rules = rules or made.tenant:validator(made.tenant.default)
      made.tenant.validators[made.tenant.default.id] = rules
    end
    scheduler.spawn(function() made.tenant:run() end)
    local self = setmetatable({
      tenant = made.tenant, info = made.tenant:info(), fetch = fetch.new(transport),
    }, Rig)
    self.client = client.new {
      base = self.info.domain, fetch = self.fetch, clock = scheduler.clock(20), patience = 100,
      credentials = {
        client_id = self.info.client_id, client_secret = self.info.client_secret,
      },
    }
    fn(self)
  end)
end

---A test with a tenant.
---@param name string
---@param options TenantOptions
---@param fn fun(rig: TenantRig)
function rig.served(name, options, fn)
  tap.test(name, function() rig.with(options, fn) end)
end

---Asserts that a response is an error of the Management API.
function rig.refused(response, status, message)
  tap.equal(response.status, status)
  tap.equal(response.json.statusCode, status)
  tap.contains(response.json.message, message)
  assert(response.json.error)
end

---The errors of the only failed user.
function rig.only(errors)
  tap.equal(#errors, 1)
  return errors[1]
end

return rig
