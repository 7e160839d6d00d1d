--- Supabase's admin API, and its users as rows of auth.users. It gives neither passwords nor
--- secrets.

local http = require "source.http"
local value = require "source.value"

return {
  params = {
    domain = { help = "host of the project, such as abc.supabase.co, for input=api" },
    token = { help = "the service role key, for input=api", kind = "secret" },
  },
  needs = { net = { "{domain}" } },
  records = function(params)
    if not (params.domain and params.token) then
      error("input=api needs the parameters `domain` and `token`, the service role key", 0)
    end
    return http.records {
      url = http.address(params.domain) .. "/auth/v1/admin/users",
      headers = { apikey = params.token, Authorization = "Bearer " .. params.token },
      items = "/users",
      next = {
        page = { query = "page" }, size = { query = "per_page", value = 1000 },
        total = { header = "X-Total-Count" },
      },
      total = { header = "X-Total-Count" },
      id = "/id", optional = true,
    }
  end,

  ---The row of a record, without nulls; members of the API have the names of the columns.
  row = function(record)
    local row = {}
    for name, member in pairs(record) do row[name] = value.null_if(member) end
    row.raw_app_meta_data = row.raw_app_meta_data or row.app_metadata
    row.raw_user_meta_data = row.raw_user_meta_data or row.user_metadata
    return row
  end,
}
