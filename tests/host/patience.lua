--- Waiting in tests of the loop: for as long as a slow machine may need, and no longer than that.

local clock = require "host.clock"
local loop = require "host.loop"

local patience = {}

patience.SECONDS = 10 -- only a broken test waits so long

---Waits until `ready()` returns something, which it returns.
---@generic T
---@param ready fun(): T?
---@return T
function patience.until_ready(ready)
  local deadline = clock.monotonic() + patience.SECONDS
  local result = ready()
  while not result do
    assert(clock.monotonic() < deadline, "waited in vain")
    loop.wait(0.5)
    result = ready()
  end
  return result
end

return patience
