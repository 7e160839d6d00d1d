--- Effects of faults on requests to the rehearsal tenant.

local answers = require "tenant.answers"
local clock = require "host.clock"
local json = require "host.json"
local limits = require "auth0.limits"
local loopback = require "base.loopback"
local router = require "tenant.router"
local scheduler = require "base.scheduler"

local request_faults = {}

-- The page of a proxy that cannot reach its server.
local PAGE <const> = "<html>\n<head><title>502 Bad Gateway</title></head>\n<body>\n"
  .. "<center><h1>502 Bad Gateway</h1></center>\n</body>\n</html>\n"
local BLANK <const> = " \n"
local MESSAGES <const> = { [429] = "Global limit has been reached", [500] = "Internal error." }
local CODES <const> = { [429] = "too_many_requests" }

local function add_limits(headers, fault, now)
  if fault.reset then
    headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"] = "10", "0"
    headers["x-ratelimit-reset"] = string.format("%d", math.floor(now + fault.reset))
  end
  if not fault.retry_after then return end
  headers["retry-after"] = fault.as_date
    and os.date("!%a, %d %b %Y %H:%M:%S GMT", math.ceil(now + fault.retry_after))
    or string.format("%d", math.ceil(fault.retry_after))
end

---The response of a "status" fault.
---@param fault table
---@param now number    unix seconds
---@return Answer
function request_faults.refusal(fault, now)
  local headers = {}
  add_limits(headers, fault, now)
  if fault.status < 300 then return { status = fault.status, headers = headers } end
  local answer = answers.refuse(fault.status, MESSAGES[fault.status] or "Service unavailable.",
    CODES[fault.status])
  answer.headers = headers
  return answer
end

local function written(answer)
  if type(answer.body) == "string" then return answer.body end
  return answer.body ~= nil and assert(json.encode(answer.body)) or ""
end

local function half(answer)
  local body = written(answer)
  return body:sub(1, math.max(1, #body // 2)), body
end

local function handled(tenant, request, fault)
  return router.handle(tenant, request, fault)
end

---Occupies slots as import jobs of another client do.
local function occupy(tenant, fault)
  local n = fault.jobs or limits.JOBS
  tenant.foreign = tenant.foreign + n
  scheduler.spawn(function()
    scheduler.sleep(fault.seconds)
    tenant.foreign = tenant.foreign - n
  end)
end

-- By action: fn(tenant, request, fault, respond).
local acts = {}

function acts.close(tenant, request, fault)
  if fault.processed then handled(tenant, request) end
  request:drop()
end

function acts.slow(tenant, request, fault, respond)
  local answer = handled(tenant, request)
  scheduler.spawn(function()
    scheduler.sleep(fault.seconds)
    if not tenant.ended then respond(request, answer) end
  end)
end

---Holds the request, neither answered nor closed, until the tenant stops.
function acts.stall(tenant, request, fault)
  if fault.processed then handled(tenant, request) end
  table.insert(tenant.stalled, request)
end

function acts.truncate(tenant, request)
  local answer = handled(tenant, request)
  local part, body = half(answer)
  request:respond(answer.status, { ["content-type"] = "application/json; charset=utf-8" }, part,
    math.max(#body, #part + 1))
end

function acts.malformed(tenant, request, _, respond)
  local answer = handled(tenant, request)
  local part = half(answer)
  respond(request, {
    status = answer.status ~= 204 and answer.status or 200, body = part == "" and "{" or part,
    headers = { ["content-type"] = "application/json; charset=utf-8" },
  })
end

function acts.empty(tenant, request, fault, respond)
  if fault.processed then handled(tenant, request) end
  respond(request, { status = fault.status or 200, body = fault.space and BLANK or "" })
end

function acts.html(tenant, request, fault, respond)
  if fault.processed then handled(tenant, request) end
  respond(request, {
    status = fault.status or 502, body = PAGE, headers = { ["content-type"] = "text/html" },
  })
end

function acts.status(tenant, request, fault, respond)
  if fault.processed then handled(tenant, request) end
  respond(request, request_faults.refusal(fault, tenant.wall()))
end

function acts.slots(_, request, _, respond)
  respond(request, answers.slots_taken(limits.JOBS))
end

function acts.unauthorized(_, request, fault, respond)
  respond(request, answers.unauthorized(fault.message or "Invalid token."))
end

function acts.token(tenant, request, fault, respond)
  respond(request, handled(tenant, request, { token_seconds = fault.seconds }))
end

function acts.foreign(tenant, request, fault, respond)
  occupy(tenant, fault)
  respond(request, handled(tenant, request))
end

---Answers a request, or applies the fault that hits it. Faults never hit the tenant's metrics. What
---is addressed to another host is not answered.
---@param tenant Tenant
---@param request host.server.request
---@param respond fun(request: host.server.request, answer: Answer)
function request_faults.serve(tenant, request, respond)
  -- A page in a browser may reach 127.0.0.1 by a name of its own, and would read users and hashes.
  if not loopback.is(request.headers.host) then
    return respond(request, answers.refuse(421, "The Host header must be a loopback name."))
  end
  local rules, path = tenant.faults, request.raw_path
  local fault = rules and path ~= "/__tenant/metrics"
    and rules:of_request(request.method, path, clock.now() - tenant.began)
  if not fault then return respond(request, router.handle(tenant, request)) end
  acts[fault.action](tenant, request, fault, respond)
end

return request_faults
