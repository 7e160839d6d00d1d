--- A client whose network and clock are tables, to test the policy of auth0.api.client.

local client = require "auth0.api.client"
local json = require "host.json"

local rig = {}

rig.NOW = 1795000000 -- unix seconds; an HTTP date of it is rig.DATE
rig.DATE = "Wed, 18 Nov 2026 11:06:40 GMT"

---A response of the transport.
---@param status integer
---@param body? any
---@param headers? table<string, string>
function rig.answer(status, body, headers)
  return {
    status = status, headers = headers or {}, seconds = 0,
    body = body == nil and "" or type(body) == "string" and body or json.encode(body),
  }
end

---The response of the token endpoint.
function rig.token(text, seconds, scope)
  return rig.answer(200, { access_token = text, expires_in = seconds or 86400, scope = scope })
end

---A client whose exchanges return the entries of `script` in order: responses, {reason, kind, sent}
---failures, or functions of the request that return either; then empty lists.
---Token requests return `options.token`.
---@return table made  {client, calls, tokens, slept, time}
function rig.client(script, options)
  options = options or {}
  local made = { calls = {}, tokens = {}, slept = {}, time = rig.NOW, events = {} }
  local function sleeper(kind)
    return function(seconds)
      made.slept[#made.slept + 1] = { kind, seconds }
      made.time = made.time + seconds
    end
  end
  local function fetch(request)
    if request.url:find("/oauth/token", 1, true) then
      made.tokens[#made.tokens + 1] = request
      if options.token then return options.token(#made.tokens, request) end
      return rig.token("token" .. #made.tokens)
    end
    made.calls[#made.calls + 1] = request
    local next_step = table.remove(script, 1) or rig.answer(200, "[]")
    if type(next_step) == "function" then next_step = next_step(request, made) end
    if next_step.status then return next_step, nil, nil, true end
    local reason, kind, sent = table.unpack(next_step)
    return nil, request.method .. " " .. request.url .. ": " .. reason, kind, sent, reason
  end
  made.client = client.new {
    base = options.base or "https://acme.eu.auth0.com",
    credentials = options.credentials or { client_id = "me", client_secret = "s3cret" },
    fetch = fetch, patience = options.patience or 600, random = function() return 0 end,
    log = function(event, fields) table.insert(made.events, { event, fields }) end,
    clock = {
      now = function() return made.time end, elapsed = function() return made.time end,
      sleep = sleeper("own"), sleep_dictated = sleeper("dictated"),
      real = function(seconds) return seconds end,
    },
  }
  return made
end

function rig.get(made, path)
  return made.client:request { method = "GET", path = path or "/jobs/job_1" }
end

return rig
