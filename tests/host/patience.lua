--- Waiting in tests of the loop: as long as a slow machine may need, and no longer.

local clock = require "host.clock"
local loop = require "host.loop"

local patience = {}

patience.SECONDS = 10 -- only a failing test waits that long

---Waits until `ready()` returns a value, and returns it.
---@generic T
---@param ready fun(): T?
---@return T
function patience.until_ready(ready)
  local deadline = clock.monotonic() + patience.SECONDS
  local result = ready()
  while not result do
    assert(clock.monotonic() < deadline, "the program does not end")
    loop.wait(0.5)
    result = ready()
  end
  return result
end

return patience
