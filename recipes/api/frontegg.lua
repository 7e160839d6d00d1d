--- Frontegg's management API: the users of all accounts (tenants), counted through.

local http = require "source.http"

return {
  params = {
    domain = { help = "for input=api: the region's host; default api.frontegg.com" },
    token = { help = "a token of the environment, for input=api", kind = "secret" },
  },
  needs = { net = { "api.frontegg.com", "{domain}" } },

  records = function(params)
    if not params.token then
      error("input=api needs the parameter token, see the page of this recipe", 0)
    end
    return http.records {
      url = http.address(params.domain or "api.frontegg.com") .. "/identity/resources/users/v2",
      headers = { Authorization = "Bearer " .. params.token }, items = "/items",
      next = {
        offset = { query = "_offset" }, size = { query = "_limit", value = 200 },
        total = "/_metadata/totalItems",
      },
      total = "/_metadata/totalItems", id = "/id", name = "users", optional = true,
    }
  end,
}
