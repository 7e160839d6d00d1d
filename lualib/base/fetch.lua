--- Performs one HTTP exchange in a task.

local scheduler = require "base.scheduler"

local fetch = {}

---@class FetchRequest : host.http.Request
---@field on_sent? fun()  with `announce`: called when the request begins to be sent, if it does

---@alias Fetch fun(request: FetchRequest): host.http.Response?, string?, host.Kind?, ...
--- The fourth result: whether the server may have received a byte; the fifth: the reason of a
--- failure, without method and URL.

---@param client host.http.client
---@return Fetch
function fetch.new(client)
  return function(request)
    local transfer <close> = client:start(request)
    local on_sent = request.on_sent
    while not transfer:done() do
      scheduler.await(transfer)
      if on_sent and transfer:sent() then
        on_sent()
        on_sent = nil
      end
    end
    local response, message, kind, reason = transfer:result()
    return response, message, kind, transfer:sent(), reason
  end
end

return fetch
