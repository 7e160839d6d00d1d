--- Amazon Cognito's ListUsers: a signed POST, a token in the body; pages may be short or empty.

local clock = require "host.clock"
local json = require "host.json"
local server = require "tests.apis.server"
local sigv4 = require "tests.apis.sigv4"

local cognito = {}

local TARGET <const> = "AWSCognitoIdentityProviderService.ListUsers"
local TYPE <const> = "application/x-amz-json-1.1"
local STATUSES <const> = { "CONFIRMED", "UNCONFIRMED", "FORCE_CHANGE_PASSWORD", "RESET_REQUIRED" }

cognito.credentials = {
  id = "AKIDEXAMPLE", secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", region = "eu-west-1",
  service = "cognito-idp", pool = "eu-west-1_Example",
}
cognito.id = "/Username"
cognito.empty_pages = true

function cognito.user(person)
  local sub = string.format("%x%07x-0000-4000-8000-000000000000", person.key % 16, person.number)
  return {
    Username = sub, Enabled = true,
    UserStatus = STATUSES[person.key % #STATUSES + 1], UserCreateDate = person.created + 0.25,
    Attributes = {
      { Name = "sub", Value = sub },
      { Name = "email", Value = person.email }, { Name = "email_verified", Value = "true" },
      { Name = "family_name", Value = person.family },
      { Name = "phone_number", Value = person.phone },
    },
  }
end

---Signs a request as clients do.
---@param request table  method, url, headers, body as text
---@return table
function cognito.sign(request)
  local given = cognito.credentials
  local stamp = os.date("!%Y%m%dT%H%M%SZ", math.tointeger(clock.now() // 1))
  local host, path = request.url:match("^%a+://([^/]+)([^?]*)")
  local signed = { host = host, ["x-amz-date"] = stamp, ["x-amz-target"] = TARGET }
  local scope = string.format("%s/%s/%s/aws4_request", stamp:sub(1, 8), given.region, given.service)
  local headers = { ["X-Amz-Date"] = stamp }
  for name, value in pairs(request.headers) do headers[name] = value end
  headers.Authorization = sigv4.authorization({
    method = request.method, path = path, query = "", headers = signed, body = request.body,
  }, { "host", "x-amz-date", "x-amz-target" }, scope, given.id, given.secret)
  local copy = {}
  for name, value in pairs(request) do copy[name] = value end
  copy.headers = headers
  return copy
end

cognito.walks = { {
  name = "list", items = "/Users",
  pages = { cursor = "/PaginationToken", as = { body = "/PaginationToken" } },
  request = function(base, size)
    return {
      method = "POST", url = base .. "/",
      headers = { ["X-Amz-Target"] = TARGET, ["Content-Type"] = TYPE },
      body = { UserPoolId = cognito.credentials.pool, Limit = size },
    }
  end,
} }

---Which users a filter shows: those whose `sub` begins with a text.
local function shown_by(filter)
  local prefix = (filter or ""):match('^sub %^= "(%x+)"$')
  return prefix and function(user)
    for _, attribute in ipairs(user.Attributes) do
      if attribute.Name == "sub" then return attribute.Value:sub(1, #prefix) == prefix end
    end
    return false
  end
end

local function refuse(name, message)
  return server.answer(400, { __type = name, message = message }, { ["Content-Type"] = TYPE })
end

function cognito.throttled()
  return refuse("TooManyRequestsException", "Rate exceeded")
end

local function check(request)
  local given = cognito.credentials
  local wrong = sigv4.check({
    method = request.method, path = request.raw_path, query = request.raw_query,
    headers = request.headers, body = request.body,
  }, given.id, given.secret, given.region, given.service, clock.now())
  if wrong then return refuse("InvalidSignatureException", "The signature " .. wrong) end
  if request.headers["x-amz-target"] ~= TARGET or request.headers["content-type"] ~= TYPE then
    return refuse("UnknownOperationException")
  end
end

function cognito.handle(self, request)
  if request.method ~= "POST" or request.path ~= "/" then return server.answer(404) end
  local refused = check(request)
  if refused then return refused end
  local body = json.decode(request.body)
  if type(body) ~= "table" or body.UserPoolId ~= cognito.credentials.pool then
    return refuse("ResourceNotFoundException", "User pool does not exist.")
  end
  if body.PaginationToken == json.null or body.PaginationToken == "" then
    return refuse("InvalidParameterException", "1 validation error detected")
  end
  local position = self:position(body.PaginationToken)
  if not position then return refuse("InvalidParameterException", "Invalid pagination token.") end
  if body.Filter and not shown_by(body.Filter) then
    return refuse("InvalidParameterException", "Error while parsing filter.")
  end
  local at = self:at(position .. (body.Filter or "")):sub(1, #position)
  local list, next_ = self:from(at, server.size(body.Limit, 60, 60), shown_by(body.Filter))
  return server.answer(200, { Users = list, PaginationToken = next_ and self:cursor(next_) },
    { ["Content-Type"] = TYPE })
end

return cognito
