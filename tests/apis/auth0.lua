--- Auth0's export job: it ends after some looks, and its file is at another host, behind a link
--- that takes no other credentials. What is to be imported into is the built-in tenant.

local digest = require "host.digest"
local json = require "host.json"
local server = require "tests.apis.server"
local url = require "base.url"

local auth0 = {}

local START <const>, JOB <const> = "/api/v2/jobs/users-exports", "/api/v2/jobs/job_0123456789abcdef"
local FILE <const> = "/exports/old.json.gz"
local LOOKS <const> = 2 -- at a job before its end
local CLIENT <const> = { client_id = "client", client_secret = "secret-of-the-client" }

auth0.id = "/user_id"
auth0.credentials = {}
auth0.walks = {} -- its users are in no pages
auth0.token = { path = "/oauth/token", seconds = 86400 }

function auth0.token.request(base)
  local form = { grant_type = "client_credentials", audience = base .. "/api/v2/" }
  for name, value in pairs(CLIENT) do form[name] = value end
  return { method = "POST", url = base .. auth0.token.path, form = form }
end

function auth0.user(person)
  local id = string.format("%024x", person.number)
  return {
    user_id = "auth0|" .. id, email = person.email, email_verified = true,
    name = person.given .. " " .. person.family, given_name = person.given,
    family_name = person.family, phone_number = person.phone, logins_count = 3,
    identities = json.array {
      { connection = "Users", provider = "auth0", user_id = id, isSocial = false },
    },
  }
end

local function refused(status, error, message)
  return server.answer(status, { statusCode = status, error = error, message = message })
end

local function grant(self, request)
  local form = server.form(request.body)
  for name, value in pairs(CLIENT) do
    if form[name] ~= value then return refused(401, "access_denied", "Unauthorized") end
  end
  if form.audience ~= self.url .. "/api/v2/" then
    return refused(403, "access_denied", "Service not enabled within domain")
  end
  return self:grant()
end

local function begin(self, request)
  local asked = json.decode(request.body)
  if type(asked) ~= "table" or asked.format ~= "json" then
    return refused(400, "Bad Request", "Payload validation error")
  end
  self.job = { fields = asked.fields, looks = 0 }
  return server.answer(200, { id = JOB:match("[^/]+$"), type = "users_export", status = "pending" })
end

local function look(self)
  local job = self.job
  if not job then return refused(404, "Not Found", "Job not found.") end
  job.looks = job.looks + 1
  local view = { id = JOB:match("[^/]+$"), type = "users_export", status = "pending" }
  if job.looks > LOOKS then
    self:at "file"
    view.status = "completed"
    view.location = self.other .. FILE .. "?" .. url.query { key = self:cursor "file" }
    self.page = nil -- this is none
  end
  return server.answer(200, view)
end

---A user with the fields that were asked for.
local function line_of(user, fields)
  local shown = fields and {} or user
  for _, field in ipairs(fields or {}) do
    shown[field.export_as or field.name] = user[field.name]
  end
  return json.encode(shown)
end

local function save(self, request)
  if request.headers.authorization then
    return server.answer(400, "<Code>InvalidArgument</Code>Only one auth mechanism allowed")
  elseif not self.job or not self:position(request.query.key or "none") then
    return server.answer(403, "<Code>AccessDenied</Code>Request has expired")
  end
  self:at "file"
  local lines = {}
  for i, user in ipairs(self.users:slice(0, self.users:count())) do
    lines[i] = line_of(user, self.job.fields) .. "\n"
  end
  return server.answer(200, digest.gzip(table.concat(lines)),
    { ["Content-Type"] = "application/gzip" })
end

function auth0.handle(self, request)
  local asked = request.method .. " " .. request.path
  if asked == "GET " .. FILE then return save(self, request) end
  if asked == "POST " .. auth0.token.path then return grant(self, request) end
  if not self:bearer(request) then return refused(401, "Unauthorized", "Invalid token.") end
  if asked == "POST " .. START then return begin(self, request) end
  if asked == "GET " .. JOB then return look(self) end
  return refused(404, "Not Found", "Not Found")
end

return auth0
