--- Facts about a tenant: rate limits, and the MFA factors it offers.
--- Source: Auth0 docs, "Rate Limit Configurations" and Management API v2, guardian (August 2026).

local client = require "auth0.api.client"
local expect = require "auth0.api.expect"

local tenant = {}

tenant.FACTORS_SCOPE = "read:guardian_factors"

-- The bucket size of a subscription for reading users.
local TIERS <const> = { [2] = "free", [40] = "production", [50] = "enterprise" }

---@class RateFacts
---@field limit? integer      bucket
---@field remaining? integer
---@field tier? string        inferred from the bucket size

---Reads one user, which shows that users can be read and the size of the bucket.
---@param api Client
---@return RateFacts?
---@return string? message
---@return Kind? kind
function tenant.rate(api)
  local response, message, kind = api:request {
    method = "GET", path = "/users", query = { per_page = 1, fields = "user_id" },
    expects = expect.list { user_id = "string" },
  }
  if not response then return nil, message, kind end
  if response.status ~= 200 then return client.unexpected("reading users", response) end
  local headers = response.headers
  local limit = math.tointeger(tonumber(headers["x-ratelimit-limit"]))
  return {
    limit = limit, remaining = math.tointeger(tonumber(headers["x-ratelimit-remaining"])),
    tier = TIERS[limit],
  }
end

---@param api Client
---@return string[]? names  sorted
---@return string? message  why they cannot be read
---@return Kind? kind
function tenant.factors(api)
  local response, message, kind = api:request {
    method = "GET", path = "/guardian/factors", expects = expect.list { name = "string" },
  }
  if not response then return nil, message, kind end
  if response.status ~= 200 or type(response.body) ~= "table" then
    return client.unexpected("reading the MFA factors", response)
  end
  local names = {}
  for _, factor in ipairs(response.body) do
    if factor.enabled == true then names[#names + 1] = factor.name end
  end
  table.sort(names)
  return names
end

return tenant
