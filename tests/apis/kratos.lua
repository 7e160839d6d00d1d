--- Ory Kratos and Ory Network: a relative Link header with a page token; hashes on demand.

local server = require "tests.apis.server"
local url = require "base.url"

local kratos = {}

local PATH <const> = "/admin/identities"
local MOST_BY_NUMBER <const> = 1000 -- items that the old form, by number of the page, reaches

kratos.credentials = { Authorization = "Bearer ory_pat_example" }
kratos.id = "/id"

function kratos.user(person)
  return {
    id = string.format("%08x-0000-4000-8000-00000000000f", person.number), state = "active",
    schema_id = "default", traits = {
      email = person.email, name = { first = person.given, last = person.family },
    },
    credentials = { password = {
      type = "password", identifiers = { person.email },
      config = { hashed_password = "$2a$10$" .. ("k"):rep(53) },
    } },
  }
end

kratos.walks = { {
  name = "list", items = "", pages = { link = "next" },
  request = function(base, size)
    return { method = "GET", url = base .. PATH, headers = kratos.credentials,
      query = { page_size = size, include_credential = { "password", "totp" } } }
  end,
} }

function kratos.rate(bucket)
  return {
    ["x-ratelimit-limit"] = tostring(bucket.limit),
    ["x-ratelimit-remaining"] = tostring(bucket.remaining),
    ["x-ratelimit-reset"] = tostring(bucket.reset),
  }
end

function kratos.throttled()
  return server.answer(429, { error = { code = 429, status = "Too Many Requests" } })
end

local function shown(list, included)
  for _, identity in ipairs(list) do
    for name, credential in pairs(identity.credentials or {}) do
      if not included[name] then credential.config = nil end
    end
  end
  return list
end

function kratos.handle(self, request)
  if request.path ~= PATH then return server.answer(404) end
  if request.headers.authorization ~= kratos.credentials.Authorization then
    return server.answer(401, { error = { code = 401 } })
  end
  local query, included = request.query, {}
  for _, one in ipairs(server.parameters(request.raw_query)) do
    if one.name == "include_credential" then included[one.value] = true end
  end
  local size = server.size(query.page_size, 250, 500)
  local page = query.page and math.tointeger(tonumber(query.page))
  if page then
    if (page + 1) * size > MOST_BY_NUMBER then
      return server.answer(400, { error = { code = 400 } })
    end
    return server.answer(200, shown(self.users:slice(self:at(page) * size, size), included))
  end
  local position = self:position(query.page_token)
  if not position then return server.answer(400, { error = { code = 400 } }) end
  local list, next_ = self:from(self:at(position), size)
  local links = { string.format('<%s?page_size=%d>; rel="first"', PATH, size) }
  if next_ then
    local names = {}
    for name in pairs(included) do names[#names + 1] = name end
    links[2] = string.format('<%s>; rel="next"', self:link(PATH, url.query {
      page_size = size, page_token = self:cursor(next_), include_credential = names,
    }, true))
  end
  return server.answer(200, shown(list, included), { Link = table.concat(links, ",") })
end

return kratos
