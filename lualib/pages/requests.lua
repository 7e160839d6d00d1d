--- Requests for further pages: whether one may be sent, and how it is kept, without credentials.

local json = require "host.json"
local kept = require "pages.kept"
local spec_rules = require "source.http.spec"
local url = require "base.url"

local requests = {}

---@class PageRequests  of one reading
---@field private first PageRequest
---@field private origin Url
---@field private secrets Secrets
local Requests = {}
Requests.__index = Requests

---@param first PageRequest
---@param origin Url  of the API
---@param secrets Secrets
---@return PageRequests
function requests.new(first, origin, secrets)
  return setmetatable({ first = first, origin = origin, secrets = secrets }, Requests)
end

---The headers that differ from those of the first request, which has the credentials.
local function changed_headers(request, first)
  local found
  for name, value in pairs(request.headers or {}) do
    if (first.headers or {})[name] ~= value then
      found = found or {}
      found[name] = value
    end
  end
  return found
end

---A request as it is kept.
---@param request PageRequest
---@return PageRequest
function Requests:written(request)
  return self.secrets:without {
    method = request.method, url = request.url, query = request.query, body = request.body,
    headers = changed_headers(request, self.first),
  }
end

---A digest of a request, without its credentials.
---@param request PageRequest
---@return string
function Requests:key(request)
  return kept.digest(self:written(request))
end

---Why a request cannot be sent, or not be kept.
---@param request PageRequest
---@return string? wrong
---@return Kind? kind  "parse"; "refused": it is for another host
function Requests:objection(request)
  local wrong = spec_rules.check_request(request)
  if wrong then return wrong, "parse" end
  if not url.same_origin(assert(url.parse(request.url)), self.origin) then
    return "the next page is at another host than " .. self.origin.origin, "refused"
  end
  local text, why = json.encode { url = request.url, query = request.query, body = request.body,
    headers = request.headers }
  return not text and why or nil, "parse"
end

---A request that was kept; secrets are put back when it is sent.
---@param written any
---@return PageRequest?
function Requests:read(written)
  if type(written) ~= "table" then return nil end
  local headers = {}
  for _, from in ipairs { self.first.headers or {}, written.headers or {} } do
    for name, value in pairs(from) do headers[name] = value end
  end
  written.headers = headers
  return not self:objection(written) and written or nil
end

return requests
