--- Environment variables. Those with secrets are read once and removed, so that no child process,
--- no recipe that reads /proc and no other program of the user sees them.

local process = require "host.process"

local environment = {}

-- Removed before a recipe is loaded, whether the command uses them or not.
local SECRETS <const> = { "AUTH0_CLIENT_SECRET", "AUTH0_ACCESS_TOKEN" }

---@alias Environment fun(name: string, is_secret?: boolean): string?

---@return Environment
function environment.take()
  local taken = {}
  local function env(name, is_secret)
    if is_secret and not taken[name] then taken[name] = process.take_env(name) end
    return taken[name] or process.env(name)
  end
  for _, name in ipairs(SECRETS) do env(name, true) end
  return env
end

return environment
