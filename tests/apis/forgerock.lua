--- ForgeRock IDM, and PingOne Advanced Identity Cloud: a cookie in the body; null ends the list.

local json = require "host.json"
local server = require "tests.apis.server"

local forgerock = {}

local PATH <const> = "/openidm/managed/alpha_user"

forgerock.credentials = { Authorization = "Bearer forgerock-token" }
forgerock.id = "/_id"

function forgerock.user(person)
  return {
    _id = string.format("%08x-0000-4000-8000-00000000000e", person.number), userName = person.email,
    mail = person.email, givenName = person.given, sn = person.family,
    telephoneNumber = person.phone, accountStatus = "active",
  }
end

forgerock.walks = { {
  name = "list", items = "/result",
  pages = { cursor = "/pagedResultsCookie", as = { query = "_pagedResultsCookie" } },
  request = function(base, size)
    return { method = "GET", url = base .. PATH, headers = forgerock.credentials,
      query = { _queryFilter = true, _pageSize = size } }
  end,
} }

local function refuse(code, message)
  return server.answer(code, { code = code, message = message })
end

function forgerock.handle(self, request)
  if request.path ~= PATH then return refuse(404) end
  local known = forgerock.credentials.Authorization
  if request.headers.authorization ~= known then return refuse(401) end
  local query = request.query
  if query._queryFilter ~= "true" then return refuse(400, "_queryFilter is missing") end
  local size = math.tointeger(tonumber(query._pageSize)) or 0
  if size <= 0 then -- no pages at all, as the real one
    return server.answer(200, { result = self.users:slice(self:at(0), math.maxinteger // 2),
      pagedResultsCookie = json.null })
  end
  local position = self:position(query._pagedResultsCookie)
  if not position then return refuse(400, "Invalid pagedResultsCookie") end
  local list, next_ = self:from(self:at(position), size)
  return server.answer(200, {
    result = list, resultCount = #list,
    pagedResultsCookie = next_ and self:cursor(next_) or json.null,
    totalPagedResultsPolicy = "NONE", totalPagedResults = -1, remainingPagedResults = -1,
  })
end

return forgerock
