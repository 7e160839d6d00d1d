--- Frontegg's list of users: an offset and a limit.

local json = require "host.json"
local server = require "tests.apis.server"

local frontegg = {}

local PATH <const> = "/identity/resources/users/v2"

frontegg.credentials = { Authorization = "Bearer frontegg-token" }
frontegg.id = "/id"

function frontegg.user(person)
  return {
    id = string.format("%08x-0000-4000-8000-000000000012", person.number), email = person.email,
    name = person.given .. " " .. person.family, provider = "local", verified = true,
    isLocked = false, metadata = json.encode { number = person.key },
    tenants = { { tenantId = "t-1", roles = { { name = "reader" } } } },
  }
end

frontegg.walks = { {
  name = "list", items = "/items", pages = {
    offset = { query = "_offset" }, size = { query = "_limit", value = 25 },
    total = "/_metadata/totalItems",
  },
  request = function(base)
    return { method = "GET", url = base .. PATH, headers = frontegg.credentials }
  end,
} }

function frontegg.handle(self, request)
  if request.path ~= PATH then return server.answer(404) end
  if request.headers.authorization ~= frontegg.credentials.Authorization then
    return server.answer(401, { errors = { "Unauthorized" } })
  end
  local query = request.query
  local at = self:at(math.tointeger(tonumber(query._offset)) or 0)
  return server.answer(200, { items = self.users:slice(at, server.size(query._limit, 50, 200)),
    _metadata = { totalItems = self.users:count() } })
end

return frontegg
