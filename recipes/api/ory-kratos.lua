--- The admin API of Ory Kratos: identities with hashes and secrets of authenticator apps, without
--- tokens of other accounts.

local http = require "source.http"

return {
  params = {
    domain = { help = "for input=api: the admin API, as in http://127.0.0.1:4434 or "
      .. "SLUG.projects.oryapis.com" },
    token = { help = "an API key of Ory Network (ory_pat_…), for input=api", kind = "secret" },
  },
  needs = { net = { "{domain}" } },
  records = function(params)
    if not params.domain then error("input=api needs domain=HOST, the admin API", 0) end
    return http.records {
      url = http.address(params.domain) .. "/admin/identities",
      query = { page_size = 500, include_credential = { "password", "totp" } },
      headers = params.token and { Authorization = "Bearer " .. params.token },
      next = { link = "next" }, id = "/id", optional = true,
    }
  end,
}
