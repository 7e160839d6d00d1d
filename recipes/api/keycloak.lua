--- Keycloak's admin API: profiles of all users, without hashes, secrets, roles and groups, which an
--- older export has.

local http = require "source.http"
local value = require "source.value"

return {
  params = {
    domain = { help = "for input=api: the server, such as id.example.com, with /auth if its "
      .. "release is before 17" },
    client_id = { help = "of a client with a service account that may view users, for input=api" },
    client_secret = { help = "of the same", kind = "secret" },
  },
  needs = { net = { "{domain}" } },
  records = function(params)
    if not (params.domain and params.realm and params.client_id and params.client_secret) then
      error("input=api needs the parameters domain, realm, client_id and client_secret", 0)
    end
    local base = http.address(params.domain)
    local users = base .. "/admin/realms/" .. params.realm .. "/users"
    return http.records {
      url = users, query = { briefRepresentation = "false" },
      next = { offset = { query = "first" }, size = { query = "max", value = 500 } },
      id = "/id", total = { url = users .. "/count", at = "" }, optional = true,
      token = {
        url = base .. "/realms/" .. params.realm .. "/protocol/openid-connect/token",
        form = { client_id = params.client_id, client_secret = params.client_secret },
      },
    }
  end,

  ---A profile with what a record of an older export has besides.
  joined = function(profile, older)
    if not older then return profile end
    return setmetatable({}, { __index = function(_, name)
      local member = value.null_if(profile[name])
      if member == nil then return older[name] end
      return member
    end })
  end,
}
