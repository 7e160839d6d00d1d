--- Keycloak's admin API: an offset, and access tokens that live for a minute.

local server = require "tests.apis.server"

local keycloak = {}

local PATH <const> = "/admin/realms/acme/users"

keycloak.credentials = { client_id = "reader", client_secret = "keycloak-secret" }
keycloak.id = "/id"

function keycloak.user(person)
  return {
    id = string.format("%08x-0000-4000-8000-00000000000b", person.number), username = person.email,
    email = person.email, emailVerified = true, enabled = true, firstName = person.given,
    lastName = person.family, createdTimestamp = person.created * 1000,
    attributes = { phone = { person.phone } }, requiredActions = { "UPDATE_PASSWORD" },
  }
end

keycloak.token = {
  path = "/realms/acme/protocol/openid-connect/token", seconds = 60,
  request = function(base)
    return { method = "POST", url = base .. keycloak.token.path, form = {
      grant_type = "client_credentials", client_id = keycloak.credentials.client_id,
      client_secret = keycloak.credentials.client_secret,
    } }
  end,
}

keycloak.walks = { {
  name = "list", items = "",
  pages = { offset = { query = "first" }, size = { query = "max", value = 25 } },
  request = function(base)
    return { method = "GET", url = base .. PATH, query = { briefRepresentation = false } }
  end,
} }

local function token(self, request)
  local form, known = server.form(request.body), keycloak.credentials
  if form.client_id ~= known.client_id or form.client_secret ~= known.client_secret then
    return server.answer(401, { error = "unauthorized_client" })
  end
  return self:grant()
end

function keycloak.handle(self, request)
  if request.path == keycloak.token.path then return token(self, request) end
  if not self:bearer(request) then
    return server.answer(401, { error = "HTTP 401 Unauthorized" })
  end
  if request.path == PATH .. "/count" then
    return server.answer(200, tostring(self.users:count()),
      { ["Content-Type"] = "application/json" })
  end
  if request.path ~= PATH then return server.answer(404, { error = "Not found" }) end
  local query = request.query
  local first = math.tointeger(tonumber(query.first)) or 0
  local list = self.users:slice(self:at(first), server.size(query.max, 100, math.maxinteger))
  for _, user in ipairs(query.briefRepresentation == "true" and list or {}) do
    user.attributes, user.requiredActions = nil, nil
  end
  return server.answer(200, list)
end

return keycloak
