--- Single users of the Management API.
--- Source: Auth0 Management API v2, users (November 2026).

local client = require "auth0.api.client"
local expect = require "auth0.expect"
local http = require "host.http"

local users = {}

---Deletes a user. One that is not there is no failure: the API does not tell.
---@param made Client
---@param user_id string  with its prefix
---@return true?
---@return string? message
---@return Kind? kind
function users.delete(made, user_id)
  local response, message, kind = made:request {
    method = "DELETE", path = "/users/" .. http.escape(user_id), expects = expect.nothing,
  }
  if not response then return nil, message, kind end
  if response.status == 204 or response.status == 404 then return true end
  return client.unexpected("deleting a user", response)
end

return users
