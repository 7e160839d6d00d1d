--- Akamai Identity Cloud's entity.find: users whose id is greater than that of the last one.

local json = require "host.json"
local server = require "tests.apis.server"
local users = require "tests.apis.users"

local akamai = {}

local PATH <const> = "/entity.find"

akamai.credentials = { Authorization = "Basic YWthbWFpOnNlY3JldA==" }
akamai.id = "/uuid"

function akamai.user(person)
  return {
    id = person.number, uuid = string.format("%08x-0000-4000-8000-000000000011", person.number),
    email = person.email, emailVerified = "2020-01-01 00:00:00 +0000", givenName = person.given,
    familyName = person.family, mobileNumber = person.phone, mobileNumberVerified = json.null,
    password = { type = "password-bcrypt", value = "$2b$10$" .. ("a"):rep(53) },
  }
end

akamai.walks = { {
  name = "filter", items = "/results",
  pages = { last = "/id", as = { query = "filter", template = "id > {}" } },
  request = function(base, size)
    return { method = "GET", url = base .. PATH, headers = akamai.credentials,
      query = { type_name = "user", sort_on = '["id"]', max_results = size } }
  end,
} }

function akamai.handle(self, request)
  if request.path ~= PATH then return server.answer(404) end
  if request.headers.authorization ~= akamai.credentials.Authorization then
    return server.answer(401, { stat = "error", error = "authorization_error" })
  end
  local query = request.query
  local number = (query.filter or "id > 0"):match("^id > (%d+)$")
  if not number or query.type_name ~= "user" then
    return server.answer(200, { stat = "error", error = "invalid_argument" })
  end
  local position = self:at(tonumber(number))
  local size = server.size(query.max_results, 100, 10000)
  if query.sort_on ~= '["id"]' then -- then the order is not promised
    return server.answer(200, { stat = "ok", results = self.users:slice(0, size, true) })
  end
  local list = self.users:after(users.key(position), size)
  return server.answer(200, { stat = "ok", result_count = #list, results = list })
end

return akamai
