--- One HTTP exchange, from start to result, for a task.

local scheduler = require "base.scheduler"

local fetch = {}

---@alias Fetch fun(request: host.http.Request): host.http.Response?, string?, host.Kind?, ...
--- The fourth result says whether the other side may have seen a byte; the fifth is the reason of a
--- failure, without what was asked of whom.

---@param client host.http.client
---@return Fetch
function fetch.new(client)
  return function(request)
    local transfer <close> = client:start(request)
    while not transfer:done() do scheduler.await(transfer) end
    local response, message, kind, reason = transfer:result()
    return response, message, kind, transfer:sent(), reason
  end
end

return fetch
