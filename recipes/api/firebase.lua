--- The API of Firebase and Identity Platform: accounts:batchGet of a project, or of a tenant in it,
--- whose users are not among those of the project.

local http = require "source.http"

local HOST <const> = "identitytoolkit.googleapis.com"

return {
  params = {
    domain = { help = "host of the API, for input=api; default " .. HOST },
    token = { help = "an access token with the scope cloud-platform, for input=api",
      kind = "secret" },
    project = { help = "id of the project, for input=api" },
  },
  needs = { net = { HOST, "{domain}" } },
  records = function(params)
    if not (params.project and params.token) then
      error("input=api needs the parameters project and token", 0)
    end
    return http.records {
      url = string.format("%s/v1/projects/%s%s/accounts:batchGet",
        http.address(params.domain or HOST), params.project,
        params.tenant and "/tenants/" .. params.tenant or ""),
      query = { maxResults = 1000 }, headers = { Authorization = "Bearer " .. params.token },
      items = "/users", next = { cursor = "/nextPageToken", as = { query = "nextPageToken" } },
      id = "/localId", optional = true, name = "users",
    }
  end,
}
