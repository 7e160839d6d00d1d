--- One HTTP exchange, from start to result, for a task.

local scheduler = require "base.scheduler"

local fetch = {}

---@alias Fetch fun(request: host.http.Request): host.http.Response?, string?, host.Kind?, boolean?

---@param client host.http.client
---@return Fetch  the fourth result: whether the other side may have seen a byte
function fetch.new(client)
  return function(request)
    local transfer <close> = client:start(request)
    while not transfer:done() do scheduler.await(transfer) end
    local response, message, kind = transfer:result()
    return response, message, kind, transfer:sent()
  end
end

return fetch
