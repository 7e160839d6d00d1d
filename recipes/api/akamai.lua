--- The entity API of Akamai Identity Cloud: the records of a type, in the order of their numbers.

local http = require "source.http"

return {
  params = {
    domain = { help = "for input=api: the application, such as acme.janraincapture.com" },
    client_id = { help = "a client that may read the entity type, for input=api" },
    client_secret = { help = "its secret, for input=api", kind = "secret" },
    entity = { help = "the entity type, for input=api", default = "user" },
  },
  needs = { net = { "{domain}" } },

  records = function(params)
    if not (params.domain and params.client_id and params.client_secret) then
      error("input=api needs the parameters domain (such as acme.janraincapture.com), client_id "
        .. "and client_secret", 0)
    end
    return http.records {
      url = http.address(params.domain) .. "/entity.find",
      query = { type_name = params.entity, sort_on = '["id"]', max_results = 1000 },
      basic = { params.client_id, params.client_secret },
      items = "/results", next = { last = "/id", as = { query = "filter", template = "id > {}" } },
      id = "/uuid", name = "users", optional = true,
    }
  end,
}
