--- Stytch's search for users: a POST with Basic authentication and a cursor in the body.

local digest = require "host.digest"
local json = require "host.json"
local server = require "tests.apis.server"

local stytch = {}

local PATH <const> = "/v1/users/search"

stytch.credentials = {
  Authorization = "Basic " .. digest.base64("project-test-1:secret-test-1"),
}
stytch.id = "/user_id"

function stytch.user(person)
  return {
    user_id = string.format("user-test-%d", person.number), status = "active",
    name = { first_name = person.given, last_name = person.family },
    emails = { { email = person.email, verified = true } },
  }
end

stytch.walks = { {
  name = "search", items = "/results",
  pages = { cursor = "/results_metadata/next_cursor", as = { body = "/cursor" } },
  request = function(base, size)
    return { method = "POST", url = base .. PATH, headers = stytch.credentials,
      body = { limit = size } }
  end,
} }

function stytch.handle(self, request)
  if request.path ~= PATH or request.method ~= "POST" then return server.answer(404) end
  if request.headers.authorization ~= stytch.credentials.Authorization then
    return server.answer(401, { error_type = "unauthorized_credentials" })
  end
  local body = json.decode(request.body)
  if type(body) ~= "table" then return server.answer(400, { error_type = "invalid_json" }) end
  local position = self:position(body.cursor)
  if not position then return server.answer(400, { error_type = "invalid_cursor" }) end
  local list, next_ = self:from(self:at(position), server.size(body.limit, 100, 1000))
  return server.answer(200, { results = list, results_metadata = {
    next_cursor = next_ and self:cursor(next_) or json.null, total = self.users:count(),
  } })
end

return stytch
