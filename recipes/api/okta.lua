--- Okta's API: all users, those who are deprovisioned by a search of their own, and the factors of
--- each user.

local concat = require "source.concat"
local http = require "source.http"
local migrate = require "migrate"
local value = require "source.value"

---A token of OAuth is a JWT.
local function headers(token)
  return { Authorization = (token:find("^eyJ") and "Bearer " or "SSWS ") .. token }
end

---Without a search, deprovisioned users are not in the list.
local function users(params, search)
  return http.records {
    url = http.address(params.domain) .. "/api/v1/users",
    query = { limit = 200, search = search }, headers = headers(params.token),
    next = { link = "next" }, id = "/id", optional = true,
    name = search and "deprovisioned users" or "users",
  }
end

local LOST <const> = {
  ["token:software:totp"] = { "totp", "Okta does not hand out the secrets of authenticator apps" },
  ["token:hotp"] = { "totp", "only time-based codes can be imported" },
  push = { "totp", "Okta Verify works with Okta only" },
  signed_nonce = { "totp", "Okta Verify works with Okta only" },
  u2f = { "passkey", "a security key belongs to the domain of its server" },
  webauthn = { "passkey", "a passkey belongs to the domain of its server" },
}

---The factors of a user: in the record, or looked up.
local function factors_of(record, factors)
  local inside = value.null_if(record._embedded)
  local list = value.null_if(inside and inside.factors or record.factors)
  if list then return value.objects(list) end
  list = {}
  for _, found in ipairs(factors and factors:all(record.id) or {}) do
    local several = value.null_if(found.factors)
    table.move(several or { found }, 1, several and #several or 1, #list + 1, list)
  end
  return value.objects(list)
end

return {
  params = {
    domain = { help = "for input=api: the organization, such as acme.okta.com" },
    token = { help = "an API token, for input=api", kind = "secret" },
  },
  needs = { net = { "{domain}" } },

  records = function(params)
    if not (params.domain and params.token) then
      error("input=api needs the parameters domain (such as acme.okta.com) and token", 0)
    end
    return concat(users(params), users(params, 'status eq "DEPROVISIONED"'))
  end,

  ---The same records with the factors of each: Okta has no list of them, so each user is asked for.
  ---@return fun(): any, string?
  with_factors = function(records, params)
    local base = http.address(params.domain) .. "/api/v1/users/"
    local factors = http.each {
      url = base, headers = headers(params.token), name = "factors",
      rate = { header = "x-rate-limit-limit", seconds = 60 },
    }
    return function()
      local record, at = records()
      local is_user = type(record) == "userdata" and record ~= http.null
        and value.null_if(record.id) and record.status ~= "DEPROVISIONED"
      if not is_user then return record, at end
      local user = { factors = factors(base .. record.id .. "/factors") }
      for name, member in pairs(record) do user[name] = member end
      return user, at
    end
  end,

  ---The user of a factor, which only its links name.
  user_of = function(factor)
    local links = value.null_if(factor._links)
    local own = type(links) == "table" and (links.user or links.self)
    return factor.userId or factor.user_id
      or own and (own.href or ""):match("/users/([^/]+)") or factor.id
  end,

  ---The phone of text messages, or else of calls; what else is active is lost.
  ---@param record table
  ---@param factors? Lookup
  ---@return table[]? mfa_factors
  second_factors = function(record, factors)
    local numbers, calls, lost = {}, {}, {}
    for _, factor in ipairs(factors_of(record, factors)) do
      local kind, is_active = factor.factorType, factor.status == "ACTIVE"
      if is_active and (kind == "sms" or kind == "call") then
        local profile = value.null_if(factor.profile)
        local list = kind == "sms" and numbers or calls
        list[#list + 1] = value.null_if(profile and profile.phoneNumber)
      elseif is_active and LOST[kind] then
        lost[LOST[kind][1]] = LOST[kind][2]
      end
    end
    for what, why in pairs(lost) do migrate.lost(what, why) end
    local factor = migrate.phone_factor(table.move(calls, 1, #calls, #numbers + 1, numbers))
    return factor and { factor }
  end,
}
