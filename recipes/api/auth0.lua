--- The export job of Auth0's Management API: the users of all connections, as its file has them.

local export = require "source.auth0_export"
local http = require "source.http"

---What is asked for of each user.
local function fields()
  local list = {}
  for i, name in ipairs(export.FIELDS) do list[i] = { name = name } end
  return list
end

return {
  params = {
    domain = { help = "for input=api: the old tenant, such as old.eu.auth0.com" },
    client_id = { help = "of an application with the scope read:users there, for input=api" },
    client_secret = { help = "of the same application", kind = "secret" },
  },
  needs = { net = { "{domain}" } },

  records = function(params)
    if not (params.domain and params.client_id and params.client_secret) then
      error("input=api needs the parameters domain, client_id and client_secret", 0)
    end
    local base = http.address(params.domain)
    return http.export {
      url = base .. "/api/v2/jobs/users-exports", body = { format = "json", fields = fields() },
      job = {
        id = "/id", url = base .. "/api/v2/jobs/{id}", state = "/status", done = { "completed" },
        failed = { "failed", "expired", "canceled", "cancelled" }, message = "/status_details",
        file = "/location",
      },
      token = {
        url = base .. "/oauth/token",
        form = {
          client_id = params.client_id, client_secret = params.client_secret,
          audience = base .. "/api/v2/",
        },
      },
      name = "users", optional = true,
    }
  end,
}
