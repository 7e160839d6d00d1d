--- Performs one HTTP exchange in a task.

local scheduler = require "base.scheduler"

local fetch = {}

---@alias Fetch fun(request: host.http.Request): host.http.Response?, string?, host.Kind?, ...
--- The fourth result: whether the server may have received a byte; the fifth: the reason of a
--- failure, without method and URL.

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
