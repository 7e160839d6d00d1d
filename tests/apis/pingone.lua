--- PingOne's list of users: a link in the body whose cursor is bound to the access token. Pages may
--- have fewer users than asked for.

local digest = require "host.digest"
local server = require "tests.apis.server"
local url = require "base.url"

local pingone = {}

local ENVIRONMENT <const> = "6d4f2e0c-0000-4000-8000-000000000001"
local PATH <const> = "/v1/environments/" .. ENVIRONMENT .. "/users"

pingone.credentials = { client_id = "worker", client_secret = "pingone-secret" }
pingone.id = "/id"
pingone.empty_pages = true

function pingone.user(person)
  return {
    id = string.format("%08x-0000-4000-8000-00000000000d", person.number), enabled = true,
    username = person.email, email = person.email, mobilePhone = person.phone,
    name = { given = person.given, family = person.family },
  }
end

pingone.token = {
  path = "/" .. ENVIRONMENT .. "/as/token",
  request = function(base)
    return { method = "POST", url = base .. pingone.token.path, form = {
      grant_type = "client_credentials", client_id = pingone.credentials.client_id,
      client_secret = pingone.credentials.client_secret,
    } }
  end,
}

pingone.walks = { {
  name = "list", items = "/_embedded/users", pages = { url = "/_links/next/href" },
  request = function(base, size)
    return { method = "GET", url = base .. PATH, query = { limit = size } }
  end,
} }

local function token(self, request)
  local form, known = server.form(request.body), pingone.credentials
  local pair = digest.unbase64((request.headers.authorization or ""):match("^Basic (.+)$") or "")
  if pair == known.client_id .. ":" .. known.client_secret then return self:grant() end
  if form.client_id ~= known.client_id or form.client_secret ~= known.client_secret then
    return server.answer(401, { error = "invalid_client" })
  end
  return self:grant()
end

function pingone.handle(self, request)
  if request.path == pingone.token.path then return token(self, request) end
  if request.path ~= PATH then return server.answer(404, { code = "NOT_FOUND" }) end
  local bearer = self:bearer(request)
  if not bearer then return server.answer(401, { code = "ACCESS_FAILED" }) end
  local query = request.query
  local position = self:position(query.cursor, query.cursor and bearer)
  if not position then
    return server.answer(400, { code = "INVALID_REQUEST", message = "The cursor is not valid" })
  end
  position = self:at(position)
  local size = server.size(query.limit, 200, 200)
  if self.page.ordinal % 3 == 0 then size = math.max(1, size // 2) end
  local list, next_ = self:from(position, size)
  local links = { self = { href = self.url .. PATH } }
  if next_ then
    links.next = { href = self:link(PATH, url.query {
      limit = query.limit, cursor = self:cursor(next_, bearer),
    }) }
  end
  return server.answer(200, { _links = links, _embedded = { users = list }, size = #list })
end

return pingone
