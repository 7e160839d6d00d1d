--- The APIs of Ping: PingOne (with `environment`), and IDM, which PingOne Advanced Identity Cloud
--- has, too. PingOne gives no hashes, IDM gives them where the password is not private.

local http = require "source.http"

---A list of PingOne. Its cursors live as long as the access token.
local function pingone(params)
  local function host(name)
    return http.address(params.domain or name .. ".pingone." .. params.region)
  end
  if not (params.client_id and params.client_secret) then
    error("environment= needs client_id and client_secret of a worker application", 0)
  end
  return http.records {
    url = host "api" .. "/v1/environments/" .. params.environment .. "/users",
    query = { limit = 200 }, items = "/_embedded/users", next = { url = "/_links/next/href" },
    id = "/id", optional = true,
    token = {
      url = host "auth" .. "/" .. params.environment .. "/as/token", form = {},
      basic = { params.client_id, params.client_secret },
    },
  }
end

---Managed users of IDM: of a realm of the cloud ("alpha"), or of a server.
local function idm(params)
  if not (params.domain and params.token) then
    error("input=api needs environment= of PingOne, or domain and token of IDM", 0)
  end
  local object = params.realm and params.realm .. "_user" or "user"
  return http.records {
    url = http.address(params.domain) .. "/openidm/managed/" .. object,
    query = { _queryFilter = "true" },
    headers = { Authorization = "Bearer " .. params.token }, items = "/result",
    next = {
      cursor = "/pagedResultsCookie", as = { query = "_pagedResultsCookie" },
      size = { query = "_pageSize", value = 1000 },
    },
    id = "/_id", optional = true,
  }
end

return {
  params = {
    domain = { help = "for input=api: the server of IDM, such as openam-acme.forgeblocks.com; "
      .. "PingOne has default hosts" },
    environment = { help = "the id of the environment of PingOne, for input=api" },
    region = { help = "of PingOne: com, eu, asia, ca", default = "com" },
    realm = { help = "of PingOne Advanced Identity Cloud, for input=api: alpha or bravo" },
    client_id = { help = "of a worker application of PingOne, for input=api" },
    client_secret = { help = "of the same", kind = "secret" },
    token = { help = "an access token of IDM, for input=api", kind = "secret" },
  },
  needs = { net = { "api.pingone.{region}", "auth.pingone.{region}", "{domain}" } },
  records = function(params)
    if params.environment then return pingone(params) end
    return idm(params)
  end,
}
