--- SIGINT and SIGTERM: the first asks the run to end, the second ends it now.

local loop = require "host.loop"
local scheduler = require "base.scheduler"

local signals = {}

---@class Signals
---@field handles host.loop.signal[]
local Signals = {}
Signals.__index = Signals

---@param first fun()
---@param second fun()
---@return Signals
function signals.watch(first, second)
  local self = setmetatable({ handles = {}, n = 0 }, Signals)
  for _, name in ipairs { "INT", "TERM" } do
    local handle = loop.signal(name)
    table.insert(self.handles, handle)
    scheduler.spawn(function()
      while true do
        scheduler.await(handle)
        local n = handle:count()
        if n > 0 then
          self.n = self.n + n
          if self.n == n and n == 1 then first() else second() end
        end
      end
    end)
  end
  return self
end

function Signals:close()
  for _, handle in ipairs(self.handles) do handle:close() end
  self.handles = {}
end

Signals.__close = Signals.close

return signals
