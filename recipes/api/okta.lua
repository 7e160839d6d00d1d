--- Okta's API: all users, those who are deprovisioned by a search of their own, and the factors of
--- up to a thousand users.

local concat = require "source.concat"
local http = require "source.http"
local migrate = require "migrate"
local value = require "source.value"

local MOST_ASKED <const> = 998 -- a source may ask a thousand times, and the lists are two of these

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

  ---The same records, and the factors of each: Okta has no list of them, so each user is asked for.
  ---@return fun(): any, string?
  ---@return {all: fun(self: table, id: string): table}  like a lookup
  with_factors = function(records, params)
    local base, known, asked = http.address(params.domain) .. "/api/v1/users/", {}, 0
    local function next_record()
      local record, at = records()
      if type(record) == "table" or type(record) == "userdata" then
        if record.id and record.status ~= "DEPROVISIONED" then
          asked = asked + 1
          if asked > MOST_ASKED then
            error("factors=api asks for each user, of whom there are too many: save the factors, "
              .. "and name the file, as in factors=factors.json", 0)
          end
          known[record.id] = http.get {
            url = base .. record.id .. "/factors", headers = headers(params.token),
          }
        end
      end
      return record, at
    end
    return next_record, { all = function(_, id) return known[id] or {} end }
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
