--- Places where a build for tests dies on demand, as by `kill -9`:
--- AUTH0_MIGRATE_CRASH="sent.after:3" ends the process at the third passing of that place. In other
--- builds these functions are empty and the variable means nothing.

local host = require "host"
local process = require "host.process"

local crash = {}

local VARIABLE <const> = "AUTH0_MIGRATE_CRASH"

---Whether this build can die on demand.
crash.possible = host.kill_self ~= nil

---@class Crashing  kept by what owns the places
---@field name string
---@field left integer  passings until the end

---@return Crashing
local function wanted()
  local name, n = (process.env(VARIABLE) or ""):match("^([%w._]+):(%d+)$")
  return { name = name, left = math.tointeger(tonumber(n)) or 0 }
end

---A place that is passed.
---@param owner table  lives as long as the passings are counted
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

---Makes a place before and one after each of these methods: "sent.before", "sent.after".
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
