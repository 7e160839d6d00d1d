--- Cognito's ListUsers, in sixteen parts by the first digit of `sub`: a part whose token expired is
--- read again alone. A page may be short or empty; only a missing token ends the list.

local concat = require "source.concat"
local http = require "source.http"

local function part(params, digit)
  return http.records {
    url = http.address(params.domain or "cognito-idp." .. params.region .. ".amazonaws.com") .. "/",
    method = "POST",
    headers = {
      ["X-Amz-Target"] = "AWSCognitoIdentityProviderService.ListUsers",
      ["Content-Type"] = "application/x-amz-json-1.1", ["X-Amz-Security-Token"] = params.token,
    },
    body = { UserPoolId = params.pool, Limit = 60, Filter = 'sub ^= "' .. digit .. '"' },
    sign = {
      aws = "aws:amz:" .. params.region .. ":cognito-idp",
      access_key = params.access_key, secret_key = params.secret_key,
    },
    items = "/Users", next = { cursor = "/PaginationToken", as = { body = "/PaginationToken" } },
    id = "/Username", optional = true, name = "users " .. digit,
  }
end

return {
  params = {
    pool = { help = "id of the user pool, for input=api: eu-west-1_aB3dE6gHi" },
    region = { help = "of the pool, for input=api: eu-west-1" },
    access_key = { help = "of a user who may list users, for input=api", kind = "secret" },
    secret_key = { help = "the same", kind = "secret" },
    token = { help = "session token of temporary keys, for input=api", kind = "secret" },
    domain = { help = "host of the API; default cognito-idp.REGION.amazonaws.com" },
  },
  needs = { net = { "cognito-idp.{region}.amazonaws.com", "{domain}" } },
  records = function(params)
    if not (params.pool and params.region and params.access_key and params.secret_key) then
      error("input=api needs the parameters pool, region, access_key and secret_key", 0)
    end
    local parts = {}
    for digit in ("0123456789abcdef"):gmatch "." do parts[#parts + 1] = part(params, digit) end
    return concat(table.unpack(parts))
  end,
}
