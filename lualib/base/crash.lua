--- Crash points of test builds: AUTH0_MIGRATE_CRASH="sent.after:3" ends the process, as `kill -9`
--- would, the third time it reaches that point. In other builds these functions do nothing.

local host = require "host"
local process = require "host.process"

local crash = {}

local VARIABLE <const> = "AUTH0_MIGRATE_CRASH"

---Whether this is a test build.
crash.possible = host.kill_self ~= nil

---@class Crashing  kept in the owner of the crash points
---@field name string
---@field left integer  passes until the crash

---@return Crashing
local function wanted()
  local name, n = (process.env(VARIABLE) or ""):match("^([%w._]+):(%d+)$")
  return { name = name, left = math.tointeger(tonumber(n)) or 0 }
end

---@param owner table  its lifetime is that of the count
---@param name string  "upload.answer"
function crash.point(owner, name)
  if not crash.possible then return end
  owner.crashing = owner.crashing or wanted()
  local crashing = owner.crashing
  if crashing.name ~= name then return end
  crashing.left = crashing.left - 1
  if crashing.left == 0 then host.kill_self() end
end

local function after(owner, name, ...)
  crash.point(owner, name)
  return ...
end

---Adds a crash point before and after each of these methods: "sent.before", "sent.after".
---@param class table
---@param names string[]
function crash.around(class, names)
  if not crash.possible then return end
  for _, name in ipairs(names) do
    local method = class[name]
    class[name] = function(self, ...)
      crash.point(self, name .. ".before")
      return after(self, name .. ".after", method(self, ...))
    end
  end
end

return crash
