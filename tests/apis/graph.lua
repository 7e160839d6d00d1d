--- Microsoft Graph's list of users: a whole URL in the body leads on; headers must be sent again.

local json = require "host.json"
local server = require "tests.apis.server"
local url = require "base.url"

local graph = {}

local PATH <const> = "/v1.0/users"
local SELECT <const> = "id,displayName,givenName,surname,identities,mail,accountEnabled"
-- Without $select.
local DEFAULT <const> = {
  "businessPhones", "displayName", "givenName", "id", "jobTitle", "mail", "mobilePhone",
  "officeLocation", "preferredLanguage", "surname", "userPrincipalName",
}

graph.credentials = { client_id = "graph-app", client_secret = "graph-secret" }
graph.id = "/id"

function graph.user(person)
  return {
    id = string.format("%08x-0000-4000-8000-00000000000a", person.number),
    displayName = person.given .. " " .. person.family, givenName = person.given,
    surname = person.family, mail = person.email, mobilePhone = person.phone,
    userPrincipalName = person.key .. "@acme.onmicrosoft.com", accountEnabled = true,
    identities = { {
      signInType = "emailAddress", issuer = "acme.onmicrosoft.com", issuerAssignedId = person.email,
    } },
  }
end

graph.token = {
  path = "/acme/oauth2/v2.0/token",
  request = function(base)
    return { method = "POST", url = base .. graph.token.path, form = {
      grant_type = "client_credentials", client_id = graph.credentials.client_id,
      client_secret = graph.credentials.client_secret,
      scope = "https://graph.microsoft.com/.default",
    } }
  end,
}

graph.walks = { {
  name = "list", items = "/value", pages = { url = "/@odata.nextLink" },
  request = function(base, size)
    return {
      method = "GET", url = base .. PATH, headers = { ConsistencyLevel = "eventual" },
      query = { ["$top"] = size, ["$select"] = SELECT, ["$count"] = true },
    }
  end,
} }

local function refuse(status, code, message)
  return server.answer(status, { error = { code = code, message = message } })
end

function graph.throttled(bucket)
  local answer = refuse(429, "TooManyRequests", "Too many requests")
  answer.headers = {
    ["Retry-After"] = string.format("%g", bucket.wait), ["x-ms-throttle-scope"] = "Tenant",
  }
  return answer
end

local function token(self, request)
  local form = server.form(request.body)
  local is_known = form.client_id == graph.credentials.client_id
    and form.client_secret == graph.credentials.client_secret
  if not is_known then return server.answer(401, { error = "invalid_client" }) end
  if not (form.scope or ""):find("/.default", 1, true) then
    return server.answer(400, { error = "invalid_scope" })
  end
  return self:grant()
end

---Only what was asked for.
local function selected(list, names)
  local wanted = names and {} or DEFAULT
  for name in (names or ""):gmatch("[^,]+") do wanted[#wanted + 1] = name end
  local shown = json.array {}
  for i, user in ipairs(list) do
    shown[i] = {}
    for _, name in ipairs(wanted) do shown[i][name] = user[name] end
  end
  return shown
end

function graph.handle(self, request)
  if request.path == graph.token.path then return token(self, request) end
  if request.path ~= PATH then return refuse(404, "Request_ResourceNotFound") end
  if not self:bearer(request) then
    return refuse(401, "InvalidAuthenticationToken", "Access token has expired or is not valid.")
  end
  local query = request.query
  if query["$skip"] then return refuse(400, "Request_BadRequest", "$skip is not supported") end
  if query["$count"] and request.headers.consistencylevel ~= "eventual" then
    return refuse(400, "Request_BadRequest", "$count needs ConsistencyLevel")
  end
  local position = self:position(query["$skiptoken"])
  if not position or query["$skiptoken"] and not self:is_linked(request) then
    return refuse(400, "Directory_ExpiredPageToken", "The specified page token is not valid.")
  end
  local list, next_ = self:from(self:at(position), server.size(query["$top"], 100, 999))
  return server.answer(200, {
    ["@odata.count"] = position == server.START and query["$count"] and self.users:count() or nil,
    ["@odata.nextLink"] = next_ and self:link(PATH, url.query {
      ["$top"] = query["$top"], ["$select"] = query["$select"], ["$count"] = query["$count"],
      ["$skiptoken"] = self:cursor(next_),
    }),
    value = selected(list, query["$select"]),
  })
end

return graph
