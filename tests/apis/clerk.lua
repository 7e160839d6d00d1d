--- Clerk's list of users: after the last id, in the order of creation, or by offset. A short page
--- is the last one.

local server = require "tests.apis.server"
local users = require "tests.apis.users"

local clerk = {}

local PATH <const> = "/v1/users"

clerk.credentials = { Authorization = "Bearer sk_test_example" }
clerk.id = "/id"

function clerk.user(person)
  return {
    id = string.format("user_%d", person.number), first_name = person.given,
    last_name = person.family, password_enabled = true, created_at = person.created * 1000,
    email_addresses = { { email_address = person.email, verification = { status = "verified" } } },
  }
end

local function request(base)
  return { method = "GET", url = base .. PATH, headers = clerk.credentials,
    query = { order_by = "+created_at" } }
end

local SIZE <const> = { query = "limit", value = 25 }

clerk.walks = {
  { name = "last id", items = "", request = request, pages = {
    last = "/id", as = { query = "starting_after" }, size = SIZE, short_ends = true,
  } },
  { name = "offset", items = "", request = request, pages = {
    offset = { query = "offset" }, size = SIZE, short_ends = true,
  } },
}

local function refuse(status, message)
  return server.answer(status, { errors = { { message = message } } })
end

local function by_id(self, query, size)
  local number = tonumber((query.starting_after or ""):match("^user_(%d+)$"))
  if not number then return refuse(422, "starting_after is not an id") end
  if query.offset then return refuse(422, "starting_after and offset exclude each other") end
  if not query.order_by then return refuse(422, "starting_after needs the order by created_at") end
  local position = self:at(number)
  local list = self.users:after(users.key(position), size)
  return server.answer(200, list)
end

function clerk.handle(self, asked)
  if asked.path ~= PATH then return refuse(404) end
  if asked.headers.authorization ~= clerk.credentials.Authorization then return refuse(401) end
  local query = asked.query
  local order = query.order_by or "-created_at"
  if order ~= "+created_at" and order ~= "-created_at" then return refuse(422, "unknown order") end
  local size = server.size(query.limit, 10, 500)
  if query.starting_after then return by_id(self, query, size) end
  local offset = math.tointeger(tonumber(query.offset)) or 0
  return server.answer(200, self.users:slice(self:at(offset), size, order == "-created_at"))
end

return clerk
