--- Okta's list of users: the next page by a Link header; without `search`, deprovisioned users are
--- left out.

local server = require "tests.apis.server"
local url = require "base.url"

local okta = {}

local PATH <const> = "/api/v1/users"
local ALL <const> = 'status lt "STAGED" or status gt "STAGED" or status eq "STAGED"'

okta.credentials = { Authorization = "SSWS 00-okta-token" }
okta.id = "/id"

function okta.user(person)
  return {
    id = string.format("00u%d", person.number),
    status = person.key % 10 == 3 and "DEPROVISIONED" or "ACTIVE",
    created = os.date("!%Y-%m-%dT%H:%M:%S.000Z", person.created),
    profile = {
      login = person.email, email = person.email, firstName = person.given,
      lastName = person.family, mobilePhone = person.phone,
    },
  }
end

local function request(base, size, search)
  return {
    method = "GET", url = base .. PATH, query = { limit = size, search = search },
    headers = okta.credentials,
  }
end

okta.walks = {
  { name = "search", items = "", pages = { link = "next" },
    request = function(base, size) return request(base, size, ALL) end },
  { name = "plain", items = "", pages = { link = "next" }, request = request,
    expects = function(user) return user.status ~= "DEPROVISIONED" end },
}

function okta.rate(bucket)
  local limit = bucket.concurrency and 0 or bucket.limit
  return {
    ["X-Rate-Limit-Limit"] = tostring(limit),
    ["X-Rate-Limit-Remaining"] = tostring(bucket.remaining),
    ["X-Rate-Limit-Reset"] = tostring(bucket.reset),
  }
end

function okta.throttled()
  return server.answer(429, { errorSummary = "API call exceeded rate limit" })
end

local function is_shown(user) return user.status ~= "DEPROVISIONED" end

function okta.handle(self, asked)
  if asked.path ~= PATH then return server.answer(404, { errorSummary = "Not found" }) end
  if asked.headers.authorization ~= okta.credentials.Authorization then
    return server.answer(401, { errorSummary = "Invalid token provided" })
  end
  local query = asked.query
  local position = self:position(query.after)
  if not position or query.after and not self:is_linked(asked) then
    return server.answer(400, { errorSummary = "The cursor is not valid" })
  end
  position = self:at(position)
  local size = server.size(query.limit, 200, 200)
  local list, next_ = self:from(position, size, not query.search and is_shown or nil)
  local headers = { Link = string.format('<%s%s?limit=%d>; rel="self"', self.url, PATH, size) }
  if next_ then
    local link = self:link(PATH, url.query {
      after = self:cursor(next_), limit = size, search = query.search,
    })
    headers.link = string.format('<%s>; rel="next"', link)
  end
  return server.answer(200, list, headers)
end

return okta
