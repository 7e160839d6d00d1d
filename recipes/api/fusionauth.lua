--- FusionAuth's search for users, and its users as rows of the database. It gives neither passwords
--- nor secrets.

local http = require "source.http"
local value = require "source.value"

local NAMES <const> = {
  firstName = "first_name", lastName = "last_name", fullName = "full_name",
  mobilePhone = "mobile_phone", imageUrl = "image_url", insertInstant = "insert_instant",
  passwordChangeRequired = "password_change_required", twoFactor = "two_factor",
}

return {
  params = {
    domain = { help = "host of FusionAuth, for input=api" },
    token = { help = "an API key, for input=api", kind = "secret" },
    tenant = { help = "the id of the tenant, if there are several and input=api" },
  },
  needs = { net = { "{domain}" } },
  records = function(params)
    if not (params.domain and params.token) then
      error("input=api needs the parameters `domain` and `token`, an API key", 0)
    end
    return http.records {
      url = http.address(params.domain) .. "/api/user/search",
      headers = { Authorization = params.token, ["X-FusionAuth-TenantId"] = params.tenant },
      body = { search = { queryString = "*", numberOfResults = 500 } },
      items = "/users", next = { cursor = "/nextResults", as = { body = "/search/nextResults" } },
      id = "/id", name = "users", optional = true,
    }
  end,

  ---The row of a record, without nulls; members of the API have the names of the columns.
  row = function(record)
    local row = {}
    for name, member in pairs(record) do row[NAMES[name] or name] = value.null_if(member) end
    return row
  end,
}
