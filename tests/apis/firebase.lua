--- Identity Platform's and Firebase's accounts:batchGet: a page token in the body.

local server = require "tests.apis.server"

local firebase = {}

local PATH <const> = "/v1/projects/acme/accounts:batchGet"

firebase.credentials = { Authorization = "Bearer ya29.example" }
firebase.id = "/localId"

function firebase.user(person)
  return {
    localId = string.format("fb%d", person.number), email = person.email, emailVerified = true,
    displayName = person.given .. " " .. person.family, createdAt = tostring(person.created * 1000),
    passwordHash = "cGFzc3dvcmQtaGFzaA-_", salt = "c2FsdA==", version = 0,
  }
end

firebase.walks = { {
  name = "list", items = "/users",
  pages = { cursor = "/nextPageToken", as = { query = "nextPageToken" } },
  request = function(base, size)
    return { method = "GET", url = base .. PATH, headers = firebase.credentials,
      query = { maxResults = size } }
  end,
} }

function firebase.handle(self, request)
  if request.path ~= PATH then return server.answer(404) end
  if request.headers.authorization ~= firebase.credentials.Authorization then
    return server.answer(401, { error = { code = 401, status = "UNAUTHENTICATED" } })
  end
  local query = request.query
  local position = self:position(query.nextPageToken)
  if not position then
    return server.answer(400, { error = { code = 400, message = "INVALID_PAGE_SELECTION" } })
  end
  local list, next_ = self:from(self:at(position), server.size(query.maxResults, 20, 1000))
  return server.answer(200, { users = #list > 0 and list or nil,
    nextPageToken = next_ and self:cursor(next_) })
end

return firebase
