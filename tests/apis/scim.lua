--- A SCIM 2.0 server: pages by index (RFC 7644) or by cursor (RFC 9865), at most 30 users each.

local server = require "tests.apis.server"

local scim = {}

local PATH <const> = "/scim/v2/Users"
local TYPE <const> = "application/scim+json"
local MOST <const> = 30

scim.credentials = { Authorization = "Bearer scim-token", Accept = TYPE }
scim.id = "/id"

function scim.user(person)
  return {
    schemas = { "urn:ietf:params:scim:schemas:core:2.0:User" }, id = tostring(person.number),
    externalId = tostring(person.key), userName = person.email, active = true,
    name = { givenName = person.given, familyName = person.family },
    emails = { { value = person.email, primary = true, type = "work" } },
    phoneNumbers = { { value = person.phone, type = "mobile" } },
  }
end

scim.walks = {
  {
    name = "index", items = "/Resources", request = function(base)
      return { method = "GET", url = base .. PATH, headers = scim.credentials }
    end,
    pages = {
      offset = { query = "startIndex" }, start = 1, total = "/totalResults", by = "/itemsPerPage",
      size = { query = "count", value = 1000 }, -- more than the server gives
    },
  },
  {
    name = "cursor", items = "/Resources",
    pages = { cursor = "/nextCursor", as = { query = "cursor" } },
    request = function(base, size)
      return { method = "GET", url = base .. PATH, headers = scim.credentials,
        query = { cursor = "", count = size } }
    end,
  },
}

local function answer(status, body)
  return server.answer(status, body, { ["Content-Type"] = TYPE })
end

local function refuse(status, kind)
  return answer(status, {
    schemas = { "urn:ietf:params:scim:api:messages:2.0:Error" }, status = tostring(status),
    scimType = kind,
  })
end

local function list_of(records, more)
  more.schemas = { "urn:ietf:params:scim:api:messages:2.0:ListResponse" }
  more.itemsPerPage = #records
  more.Resources = #records > 0 and records or nil
  return answer(200, more)
end

local function by_cursor(self, query)
  local position = self:position(query.cursor)
  if not position then return refuse(400, "expiredCursor") end
  local records, next_ = self:from(self:at(position), server.size(query.count, MOST, MOST))
  return list_of(records, { totalResults = self.users:count(),
    nextCursor = next_ and self:cursor(next_) })
end

local function by_index(self, query)
  local index = math.max(1, math.tointeger(tonumber(query.startIndex)) or 1)
  local at = self:at(index)
  local records = self.users:slice(at - 1, server.size(query.count, MOST, MOST))
  return list_of(records, { totalResults = self.users:count(), startIndex = index })
end

function scim.handle(self, request)
  if request.path == "/scim/v2/ServiceProviderConfig" and self.config ~= nil then
    self.counts.configs = (self.counts.configs or 0) + 1
    if type(self.config) == "function" then return self.config() end
    return answer(self.config and 200 or 403, self.config or nil)
  elseif request.path == "/scim/v2/ServiceProviderConfig" then
    return answer(200, { pagination = {
      cursor = true, index = true, defaultPaginationMethod = "index", defaultPageSize = MOST,
      maxPageSize = MOST, cursorTimeout = 3600,
    } })
  end
  if request.path ~= PATH then return refuse(404) end
  if request.headers.authorization ~= scim.credentials.Authorization then return refuse(401) end
  return (request.query.cursor and by_cursor or by_index)(self, request.query)
end

return scim
