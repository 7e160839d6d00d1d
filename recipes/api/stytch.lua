--- Stytch's search for the users of a consumer project.

local http = require "source.http"

return {
  params = {
    domain = { help = "for input=api: the host; default api.stytch.com, or test.stytch.com for a "
      .. "test project" },
    project = { help = "the id of the project (project-live-…), for input=api" },
    client_secret = { help = "its secret, for input=api", kind = "secret" },
  },
  needs = { net = { "api.stytch.com", "test.stytch.com", "{domain}" } },

  records = function(params)
    if not (params.project and params.client_secret) then
      error("input=api needs the parameters project and client_secret", 0)
    end
    local is_test = params.project:find("^project%-test%-")
    local host = params.domain or is_test and "test.stytch.com" or "api.stytch.com"
    return http.records {
      url = http.address(host) .. "/v1/users/search", body = { limit = 1000 },
      basic = { params.project, params.client_secret }, items = "/results",
      next = { cursor = "/results_metadata/next_cursor", as = { body = "/cursor" } },
      total = "/results_metadata/total", id = "/user_id", name = "users", optional = true,
    }
  end,
}
