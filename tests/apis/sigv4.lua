--- Amazon's signature, version 4, of a request: made, and checked as the service checks it.

local digest = require "host.digest"

local sigv4 = {}

---@class SignedRequest
---@field method string
---@field path string       as sent
---@field query string      as sent, sorted
---@field headers table<string, string>  names in lower case
---@field body string

local function sha256(text) return digest.hex(assert(digest.hash("sha256", text))) end
local function hmac(key, text) return assert(digest.hmac("sha256", key, text)) end

---@param request SignedRequest
---@param names string[]  signed headers, sorted
---@param scope string    "20150830/us-east-1/iam/aws4_request"
---@param secret string
---@return string
function sigv4.signature(request, names, scope, secret)
  local lines = { request.method, request.path, request.query }
  for _, name in ipairs(names) do
    local value = (request.headers[name] or ""):gsub("^%s+", ""):gsub("%s+$", ""):gsub(" +", " ")
    lines[#lines + 1] = name .. ":" .. value
  end
  table.move({ "", table.concat(names, ";"), sha256(request.body) }, 1, 3, #lines + 1, lines)
  local canonical = table.concat(lines, "\n")
  local text = table.concat({
    "AWS4-HMAC-SHA256", request.headers["x-amz-date"] or "", scope, sha256(canonical),
  }, "\n")
  local key = "AWS4" .. secret
  for part in scope:gmatch("[^/]+") do key = hmac(key, part) end
  return digest.hex(hmac(key, text))
end

---The Authorization header of a request.
---@param request SignedRequest
---@param names string[]
---@param scope string
---@param id string
---@param secret string
---@return string
function sigv4.authorization(request, names, scope, id, secret)
  return string.format("AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s", id,
    scope, table.concat(names, ";"), sigv4.signature(request, names, scope, secret))
end

---What is wrong with the signature of a request.
---@param request SignedRequest
---@param id string
---@param secret string
---@param region string
---@param service string
---@param now number  unix seconds
---@return string? wrong  nil: nothing
function sigv4.check(request, id, secret, region, service, now)
  local given = request.headers.authorization or ""
  local who, scope = given:match("^AWS4%-HMAC%-SHA256 Credential=([^/]+)/([^,%s]+)")
  local signed, signature = given:match("SignedHeaders=([^,%s]+)"), given:match("Signature=(%x+)$")
  if not who or not signed or not signature then return "is missing" end
  if who ~= id then return "is of another key" end
  local date = (request.headers["x-amz-date"] or ""):match("^%d%d%d%d%d%d%d%dT%d%d%d%d%d%dZ$")
  if not date then return "has no date" end
  local today = os.date("!%Y%m%d", math.tointeger(now // 1))
  if date:sub(1, 8) ~= today then return "is of another day" end
  if scope ~= string.format("%s/%s/%s/aws4_request", today, region, service) then
    return "is for another scope"
  end
  local names, has = {}, {}
  for name in signed:gmatch("[^;]+") do names[#names + 1], has[name] = name, true end
  if not has.host or not has["x-amz-date"] then return "does not cover host and date" end
  if not digest.equal(sigv4.signature(request, names, scope, secret), signature:lower()) then
    return "does not match"
  end
end

return sigv4
