--- A small API on loopback, in this process: answers with what a test says, and remembers what it
--- was asked.

local json = require "host.json"
local scheduler = require "base.scheduler"
local server = require "host.server"

local rig = {}

---@class RigApi
---@field url string      "http://127.0.0.1:8080"
---@field host string     "127.0.0.1:8080"
---@field asked string[]  "GET /users?after=2", in order
---@field respond fun(request: host.server.request, api: RigApi)
local Api = {}
Api.__index = Api

---Starts it, in a task.
---@param respond fun(request: host.server.request, api: RigApi)
---@param options? host.server.Options
---@return RigApi
function rig.serve(respond, options)
  local listener = assert(server.listen(options))
  local host = "127.0.0.1:" .. listener:port()
  local api = setmetatable({
    listener = listener, host = host, asked = {}, respond = respond,
    url = (options and options.cert and "https" or "http") .. "://" .. host,
  }, Api)
  scheduler.spawn(function()
    while not api.closed do
      for request in function() return not api.closed and listener:accept() or nil end do
        local query = request.raw_query ~= "" and "?" .. request.raw_query or ""
        table.insert(api.asked, request.method .. " " .. request.path .. query)
        api.respond(request, api)
      end
      scheduler.await(listener, 0.05)
    end
  end)
  return api
end

function Api:close()
  self.closed = true
  self.listener:close()
end

Api.__close = Api.close

---How often each request came that came more than once.
---@return table<string, integer>
function Api:repeated()
  local counts, more = {}, {}
  for _, one in ipairs(self.asked) do
    counts[one] = (counts[one] or 0) + 1
    if counts[one] > 1 then more[one] = counts[one] end
  end
  return more
end

---Answers with JSON.
---@param request host.server.request
---@param value any
---@param headers? table<string, string>
---@param status? integer
function rig.json(request, value, headers, status)
  local all = { ["Content-Type"] = "application/json" }
  for name, text in pairs(headers or {}) do all[name] = text end
  request:respond(status or 200, all, type(value) == "string" and value or json.encode(value))
end

---Users `first` to `last`, as records.
---@param first integer
---@param last integer
---@return table[]
function rig.users(first, last)
  local list = json.array {}
  for i = first, last do
    list[#list + 1] = { id = "u" .. i, email = string.format("person%d@example.com", i) }
  end
  return list
end

---Answers with pages of `size` users of `n`, linked by a header.
---@param n integer
---@param size integer
---@return fun(request: host.server.request, api: RigApi)
function rig.linked(n, size)
  return function(request)
    local first = math.tointeger(tonumber(request.query.after)) or 0
    local last = math.min(n, first + size)
    rig.json(request, rig.users(first + 1, last), last < n and {
      Link = string.format('<%s?after=%d>; rel="next"', request.path, last),
    } or nil)
  end
end

---Answers with pages that are counted through: `first` and `max`.
---@param n integer
---@return fun(request: host.server.request, api: RigApi)
function rig.counted(n)
  return function(request)
    local first, max = tonumber(request.query.first), tonumber(request.query.max)
    rig.json(request, {
      users = rig.users(math.tointeger(first) + 1, math.tointeger(math.min(n, first + max))),
      total = n,
    })
  end
end

---A recipe that reads an API, of the table's text that `http.records` gets.
---@param spec string  with `params`
---@param more? string  further fields
---@return string
function rig.recipe(spec, more)
  return string.format([[
    local http = require "source.http"
    return {
      name = "acme",
      params = {
        host = { required = true }, token = { kind = "secret" },
      },
      needs = { net = { "{host}" } },
      source = function(params)
        local base = "http://" .. params.host
        return http.records { %s }
      end,
      map = function(row)
        return { email = row.email, email_verified = true, user_id = row.id }
      end, %s
    }
  ]], spec, more or "")
end

return rig
