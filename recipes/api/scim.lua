--- A SCIM 2.0 server: pages by index (RFC 7644), which every server has, or by cursor (RFC 9865).

local http = require "source.http"

local COUNT <const> = 100 -- what many servers allow; one that gives less says so
local BY <const> = {
  cursor = { cursor = "/nextCursor", as = { query = "cursor" } },
  index = {
    offset = { query = "startIndex" }, start = 1, total = "/totalResults", by = "/itemsPerPage",
    size = { query = "count", value = COUNT },
  },
}

return {
  params = {
    domain = { help = "the base of the server, for input=api: https://acme.com/scim/v2" },
    token = { help = "a bearer token, for input=api", kind = "secret" },
    paging = { help = "for input=api: cursor, if the server offers it; default index",
      kind = { "cursor", "index" } },
  },
  needs = { net = { "{domain}" } },
  records = function(params)
    if not params.domain then error("input=api needs the parameter domain", 0) end
    local headers = {
      Accept = "application/scim+json", Authorization = params.token and "Bearer " .. params.token,
    }
    local by = params.paging or "index"
    return http.records {
      url = http.address(params.domain) .. "/Users", headers = headers, items = "/Resources",
      next = BY[by], id = "/id",
      query = by == "cursor" and { cursor = "", count = COUNT } or nil, optional = true,
    }
  end,
}
