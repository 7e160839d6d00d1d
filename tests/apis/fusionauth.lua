--- FusionAuth's search for users: a token in the body, or row numbers up to 10 000.

local json = require "host.json"
local server = require "tests.apis.server"

local fusionauth = {}

local PATH <const> = "/api/user/search"
local MOST_ROWS <const> = 10000

fusionauth.credentials = { Authorization = "fusionauth-key" }
fusionauth.id = "/id"

function fusionauth.user(person)
  return {
    id = string.format("%08x-0000-4000-8000-00000000000c", person.number), active = true,
    email = person.email, firstName = person.given, lastName = person.family,
    mobilePhone = person.phone, insertInstant = person.created * 1000, verified = true,
  }
end

local function post(base, size, rows)
  return {
    method = "POST", url = base .. PATH, headers = fusionauth.credentials,
    body = { search = { queryString = "*", numberOfResults = size, startRow = rows } },
  }
end

fusionauth.walks = {
  { name = "token", items = "/users", request = post,
    pages = { cursor = "/nextResults", as = { body = "/search/nextResults" } } },
  { name = "get", items = "/users",
    pages = { cursor = "/nextResults", as = { query = "nextResults" } },
    request = function(base, size)
      return { method = "GET", url = base .. PATH .. "?queryString=*&numberOfResults=" .. size,
        headers = fusionauth.credentials }
    end },
  { name = "rows", items = "/users", request = function(base) return post(base, nil, 0) end,
    pages = { offset = { body = "/search/startRow" }, total = "/total",
      size = { body = "/search/numberOfResults", value = 25 } } },
}

local function refuse(status, message)
  return server.answer(status, { generalErrors = { { message = message } } })
end

local function by_rows(self, search, total)
  local row = math.tointeger(tonumber(search.startRow))
  local size = server.size(search.numberOfResults, 25, 500)
  if row + size > MOST_ROWS then return refuse(400, "Result window is too large") end
  return server.answer(200, { total = total, users = self.users:slice(self:at(row), size) })
end

function fusionauth.handle(self, request)
  if request.path ~= PATH then return server.answer(404) end
  if request.headers.authorization ~= fusionauth.credentials.Authorization then
    return server.answer(401)
  end
  local body = request.method == "POST" and json.decode(request.body) or { search = request.query }
  local search = type(body) == "table" and body.search
  if type(search) ~= "table" or search.queryString ~= "*" then
    return refuse(400, "queryString is missing")
  end
  local count = self.users:count()
  local total = search.accurateTotal and count or math.min(count, MOST_ROWS)
  if search.startRow then return by_rows(self, search, total) end
  local position = self:position(search.nextResults)
  if not position then return refuse(400, "nextResults is not valid") end
  local list, next_ = self:from(self:at(position), server.size(search.numberOfResults, 25, 500))
  return server.answer(200, { total = total, users = list,
    nextResults = next_ and self:cursor(next_) })
end

return fusionauth
