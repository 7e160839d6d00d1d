--- Supabase's list of users: by number of the page, by Link header, or by cursor.

local json = require "host.json"
local server = require "tests.apis.server"
local url = require "base.url"

local supabase = {}

local PATH <const> = "/auth/v1/admin/users"

supabase.credentials = { apikey = "service-key", Authorization = "Bearer service-key" }
supabase.id = "/id"

function supabase.user(person)
  return {
    id = string.format("%08x-0000-4000-8000-000000000010", person.number), aud = "authenticated",
    email = person.email, phone = person.phone:sub(2),
    user_metadata = { full_name = person.given .. " " .. person.family },
  }
end

local function request(base, query)
  return { method = "GET", url = base .. PATH, headers = supabase.credentials, query = query }
end

supabase.walks = {
  { name = "page", items = "/users",
    request = function(base, size) return request(base, { per_page = size }) end,
    pages = { page = { query = "page" }, total = { header = "X-Total-Count" } } },
  { name = "link", items = "/users", pages = { link = "next" },
    request = function(base, size) return request(base, { page = 1, per_page = size }) end },
  { name = "cursor", items = "/users",
    request = function(base, size) return request(base, { limit = size }) end,
    pages = { cursor = "/pagination/next_cursor", more = "/pagination/has_more",
      as = { query = "cursor" } } },
}

local function by_cursor(self, query)
  local position = self:position(query.cursor)
  if not position then return server.answer(400, { msg = "Invalid cursor" }) end
  local list, next_ = self:from(self:at(position), server.size(query.limit, 50, 1000))
  return server.answer(200, { users = list, aud = "authenticated", pagination = {
    has_more = next_ ~= nil, next_cursor = next_ and self:cursor(next_) or json.null,
  } })
end

local function by_page(self, query)
  local number = self:at(math.max(1, math.tointeger(tonumber(query.page)) or 1))
  local size, count = server.size(query.per_page, 50, 1000), self.users:count()
  local list = self.users:slice((number - 1) * size, size)
  local links = {}
  local function add(relation, page)
    links[#links + 1] = string.format('<%s>; rel="%s"', self:link(PATH, url.query {
      page = page, per_page = size,
    }, true), relation)
  end
  if number * size < count then add("next", number + 1) end
  add("last", math.max(1, (count + size - 1) // size))
  return server.answer(200, { users = list, aud = "authenticated" },
    { ["X-Total-Count"] = tostring(count), Link = table.concat(links, ", ") })
end

function supabase.handle(self, asked)
  if asked.path ~= PATH then return server.answer(404) end
  for name, value in pairs(supabase.credentials) do
    if asked.headers[name:lower()] ~= value then
      return server.answer(401, { msg = "No API key" })
    end
  end
  local query = asked.query
  return ((query.limit or query.cursor) and by_cursor or by_page)(self, query)
end

return supabase
