--- Okta's list of users: the next page by a Link header; without `search`, deprovisioned users are
--- left out.

local json = require "host.json"
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

---Which users a search shows; without one, those who are not deprovisioned.
local function shown_by(search)
  local status = (search or ""):match('^status eq "(%u+)"$')
  if search and not status then return nil end
  return function(user)
    if status then return user.status == status end
    return user.status ~= "DEPROVISIONED"
  end
end

---The factors of a user: in the record of a file as `factors`, which the list does not show.
local function factors_of(self, id)
  if not self.by_id then
    self.by_id = {}
    for _, user in ipairs(self.users:slice(0, self.users:count())) do self.by_id[user.id] = user end
  end
  local user = self.by_id[id]
  if not user then return server.answer(404, { errorSummary = "Not found" }) end
  return server.answer(200, user.factors or json.array {})
end

local function without_factors(list)
  local shown = json.array {}
  for i, user in ipairs(list) do
    shown[i] = {}
    for name, member in pairs(user) do
      if name ~= "factors" then shown[i][name] = member end
    end
  end
  return shown
end

function okta.handle(self, asked)
  local of_user = asked.path:match("^" .. PATH .. "/([^/]+)/factors$")
  if asked.path ~= PATH and not of_user then
    return server.answer(404, { errorSummary = "Not found" })
  end
  if asked.headers.authorization ~= okta.credentials.Authorization then
    return server.answer(401, { errorSummary = "Invalid token provided" })
  end
  if of_user then return factors_of(self, of_user) end
  local query = asked.query
  local position = self:position(query.after)
  if not position or query.after and not self:is_linked(asked) then
    return server.answer(400, { errorSummary = "The cursor is not valid" })
  end
  position = self:at(position)
  local size = server.size(query.limit, 200, 200)
  local list, next_ = self:from(position, size, shown_by(query.search))
  local headers = { Link = string.format('<%s%s?limit=%d>; rel="self"', self.url, PATH, size) }
  if next_ then
    local link = self:link(PATH, url.query {
      after = self:cursor(next_), limit = size, search = query.search,
    })
    headers.link = string.format('<%s>; rel="next"', link)
  end
  return server.answer(200, without_factors(list), headers)
end

return okta
